//! `schemas/test.v1.json`, `$defs/results`.

use super::Told;
use super::outcome::Outcome;
use crate::cli::Failure;
use crate::reach::reason::Reason;
use netpol_policy::Verdict;
use serde::Serialize;
use std::io::Write;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    passed: usize,
    failed: usize,
    results: Vec<ResultForm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<CoverageForm<'a>>,
    incomplete: &'a [String],
}

#[derive(Serialize)]
struct ResultForm<'a> {
    title: &'a str,
    outcome: &'static str,
    expect: Verdict,
    #[serde(rename = "match")]
    matching: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    file: &'a str,
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<WrongForm<'a>>,
}

#[derive(Serialize)]
struct WrongForm<'a> {
    from: &'a str,
    to: &'a str,
    ports: &'a str,
    verdict: Verdict,
    ingress: &'a Reason,
    egress: &'a Reason,
}

#[derive(Serialize)]
struct CoverageForm<'a> {
    covered: usize,
    rules: usize,
    uncovered: Vec<RuleForm<'a>>,
}

#[derive(Serialize)]
struct RuleForm<'a> {
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

pub(super) fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let passed = told.outcomes.iter().filter(|o| o.holds()).count();
    let document = Document {
        version: 1,
        passed,
        failed: told.outcomes.len() - passed,
        results: told.outcomes.iter().map(result).collect(),
        coverage: told.coverage.map(|coverage| CoverageForm {
            covered: coverage.covered,
            rules: coverage.all,
            uncovered: (coverage.uncovered.iter())
                .map(|(rule, place)| RuleForm {
                    rule,
                    file: place.as_ref().map(|p| p.path.as_str()),
                    line: place.as_ref().map(|p| p.line),
                })
                .collect(),
        }),
        incomplete: told.incomplete,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn result(outcome: &Outcome) -> ResultForm<'_> {
    ResultForm {
        title: &outcome.title,
        outcome: match (outcome.holds(), &outcome.fault) {
            (true, _) => "passed",
            (_, Some(_)) => "error",
            _ => "failed",
        },
        expect: outcome.expect,
        matching: if outcome.any { "any" } else { "all" },
        because: outcome.because.as_deref(),
        file: &outcome.file,
        line: outcome.line,
        column: outcome.column,
        error: outcome.fault.as_deref(),
        wrong: (outcome.wrong.as_ref())
            .filter(|_| !outcome.holds())
            .map(|wrong| WrongForm {
                from: &wrong.from,
                to: &wrong.to,
                ports: &wrong.ports,
                verdict: wrong.verdict,
                ingress: &wrong.ingress,
                egress: &wrong.egress,
            }),
    }
}
