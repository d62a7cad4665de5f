//! For people.

use super::{Told, words};
use crate::change::Change;
use crate::cli::Failure;
use crate::reach::reason::Reason;
use netpol_policy::Verdict;
use std::io::Write;

/// So many causes of one change are told.
const CAUSES: usize = 6;

pub(super) fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{}", words::summary(told))?;
    for change in &told.comparison.changes {
        writeln!(out)?;
        one(told, change, out)?;
    }
    for (names, what) in [
        (&told.comparison.added, "workloads that are new"),
        (&told.comparison.removed, "workloads that are gone"),
    ] {
        if !names.is_empty() {
            writeln!(out, "\n{what}: {}", names.join(", "))?;
        }
    }
    for (side, sentences) in ["before", "after"].into_iter().zip(told.incomplete) {
        for sentence in sentences {
            writeln!(out, "incomplete ({side}): {sentence}")?;
        }
    }
    Ok(())
}

fn one(told: &Told<'_>, change: &Change, out: &mut dyn Write) -> Result<(), Failure> {
    let mark = if change.opens() {
        "+"
    } else if change.closes() {
        "-"
    } else {
        "~"
    };
    writeln!(
        out,
        "{mark} {:<7} {} → {}  {}",
        words::kind(change),
        words::end(told, &change.ends.sources),
        words::destination(told, change),
        words::ports_of(change),
    )?;
    for cause in change.because.causes.iter().take(CAUSES) {
        if let Some(edit) = told.edits.get(cause.edit) {
            let (what, at) = (words::edit(edit), words::where_is(told, edit));
            let at = if at.is_empty() {
                String::new()
            } else {
                format!("  ({at})")
            };
            writeln!(out, "    {} {what}{at}", words::proof(change))?;
        }
    }
    if let Some(more) = change.because.causes.len().checked_sub(CAUSES + 1) {
        writeln!(out, "    and {} more", more + 1)?;
    }
    let ends = [("was", change.was, 0), ("now", change.now, 1)];
    for (word, standing, side) in ends {
        let reasons = change.reasons.get(side).and_then(Option::as_ref);
        let why = reasons.map_or_else(String::new, deciding);
        writeln!(out, "    {word} {}{why}", words::standing(standing))?;
    }
    Ok(())
}

/// The sides that decided: those that keep it from passing, else both.
fn deciding(reasons: &[Reason; 2]) -> String {
    let [ingress, egress] = reasons;
    let worst = |verdict: Verdict| -> Vec<String> {
        let named = [("ingress", ingress), ("egress", egress)];
        let of = named
            .into_iter()
            .filter(|(_, reason)| reason.verdict == verdict);
        of.map(|(side, reason)| format!("{side}: {}", reason.reason))
            .collect()
    };
    let told = [Verdict::Deny, Verdict::Unknown, Verdict::Allow]
        .into_iter()
        .map(worst)
        .find(|told| !told.is_empty());
    let told = told.unwrap_or_default();
    format!(" ({})", told.join("; "))
}
