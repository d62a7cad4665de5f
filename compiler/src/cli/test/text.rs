//! For people.

use super::Told;
use super::outcome::{Outcome, Wrong};
use crate::cli::Failure;
use netpol_policy::Verdict;
use std::io::Write;

pub(super) fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    for outcome in told.outcomes {
        one(outcome, out)?;
    }
    let holds = told.outcomes.iter().filter(|o| o.holds()).count();
    let all = told.outcomes.len();
    writeln!(out, "{holds} of {all} assertions hold")?;
    if let Some(coverage) = told.coverage {
        let (covered, all, percent) = (coverage.covered, coverage.all, coverage.percent());
        writeln!(out, "coverage: {covered} of {all} rules ({percent} %)")?;
        for (words, place) in &coverage.uncovered {
            let place = place
                .as_ref()
                .map_or_else(String::new, |p| format!("  ({p})"));
            writeln!(out, "  no assertion rests on {words}{place}")?;
        }
    }
    Ok(())
}

fn one(outcome: &Outcome, out: &mut dyn Write) -> Result<(), Failure> {
    let (title, expect) = (&outcome.title, name(outcome.expect));
    let any = if outcome.any { " for some" } else { "" };
    if outcome.holds() {
        writeln!(out, "ok    {title}  {expect}{any}")?;
        return Ok(());
    }
    let (file, line) = (&outcome.file, outcome.line);
    writeln!(
        out,
        "FAIL  {title}  expected {expect}{any}  ({file}:{line})"
    )?;
    if let Some(because) = &outcome.because {
        writeln!(out, "      because: {because}")?;
    }
    if let Some(fault) = &outcome.fault {
        writeln!(out, "      cannot be asked: {fault}")?;
    } else if let Some(wrong) = &outcome.wrong {
        writeln!(out, "      {}", in_words(wrong))?;
        for (side, reason) in wrong.deciding() {
            writeln!(out, "        {side}: {}", reason.reason)?;
        }
    }
    Ok(())
}

/// `shop/web → shop/api TCP/80: deny`.
pub(super) fn in_words(wrong: &Wrong) -> String {
    let Wrong {
        from, to, ports, ..
    } = wrong;
    format!("{from} → {to}  {ports}: {}", name(wrong.verdict))
}

pub(super) fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::Unknown => "unknown",
    }
}
