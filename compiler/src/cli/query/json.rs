//! Answers for programs: `schemas/query.v1.json`.

use crate::cli::{Failure, Terminal};
use crate::reach::answer::Overall;
use crate::reach::reason::Reason;
use crate::reach::why::Why;
use crate::reach::{Answers, PortRange, Reasons};
use netpol_policy::cidr::Family;
use netpol_policy::{Direction, Verdict};
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    verdict: Overall,
    answers: Vec<Answer<'a>>,
    notes: &'a [String],
    incomplete: &'a [String],
}

#[derive(Serialize)]
struct Answer<'a> {
    from: &'a str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'static str>,
    ports: &'a [PortRange],
    verdict: Verdict,
    ingress: Reason,
    egress: Reason,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a Why>,
}

pub(super) fn write(
    answers: &Answers,
    reasons: Reasons<'_>,
    whys: &[Why],
    incomplete: &[String],
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let list = answers
        .answers
        .iter()
        .enumerate()
        .map(|(at, answer)| Answer {
            from: &answer.from,
            to: &answer.to,
            family: answer.family.map(family_name),
            ports: &answer.ports,
            verdict: answer.decision.verdict,
            ingress: reasons.side(Direction::Ingress, answer.decision.ingress),
            egress: reasons.side(Direction::Egress, answer.decision.egress),
            why: whys.get(at),
        });
    let document = Document {
        version: 1,
        verdict: answers.overall(),
        answers: list.collect(),
        notes: &answers.notes,
        incomplete,
    };
    serde_json::to_writer_pretty(&mut *terminal.stdout, &document)?;
    writeln!(terminal.stdout)?;
    Ok(())
}

/// `IPv4` or `IPv6`.
pub(in crate::cli) fn family_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}
