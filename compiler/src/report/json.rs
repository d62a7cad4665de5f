//! `schemas/check.v1.json`: what other programs read.

use super::place::{Place, place};
use super::{Counts, Report};
use crate::finding::{Edit, Finding, Label, Severity, Witness};
use crate::lint;
use crate::lint::suppress::{By, Suppressed};
use crate::source::Sources;
use serde::Serialize;
use std::io::{self, Write};

/// The number of the form; a program that knows it may rely on every field of it.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    version: u32,
    summary: Counts,
    incomplete: &'a [String],
    findings: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressed: Vec<Unsaid<'a>>,
}

/// A finding that is not told.
#[derive(Serialize)]
struct Unsaid<'a> {
    by: &'static str,
    reason: &'a str,
    finding: Entry<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    message: &'a str,
    object: Option<&'a str>,
    location: Option<Place<'a>>,
    labels: Vec<Said<'a>>,
    related: Vec<Said<'a>>,
    witness: Option<&'a Witness>,
    pairs: usize,
    notes: &'a [String],
    help: Option<&'a str>,
    edits: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    location: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Change<'a> {
    location: Place<'a>,
    replacement: &'a str,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let sources = report.sources;
    let document = Document {
        version: VERSION,
        summary: report.counts(),
        incomplete: report.incomplete,
        findings: report.findings.iter().map(|f| entry(sources, f)).collect(),
        suppressed: report.listed().iter().map(|s| unsaid(sources, s)).collect(),
    };
    let text = serde_json::to_string_pretty(&document)?;
    writeln!(out, "{}", escaped(&text))
}

fn unsaid<'a>(sources: &'a Sources, one: &'a Suppressed) -> Unsaid<'a> {
    Unsaid {
        by: match one.by {
            By::Text => "text",
            By::Config => "config",
            By::Baseline => "baseline",
            By::Before => "before",
        },
        reason: &one.reason,
        finding: entry(sources, &one.finding),
    }
}

fn entry<'a>(sources: &'a Sources, finding: &'a Finding) -> Entry<'a> {
    let said = |primary: bool| -> Vec<Said<'a>> {
        let of_side = finding.labels.iter().filter(|l| l.primary == primary);
        of_side.filter_map(|label| said(sources, label)).collect()
    };
    let change = |edit: &'a Edit| {
        let location = place(sources, edit.at)?;
        let replacement = &edit.replacement;
        Some(Change {
            location,
            replacement,
        })
    };
    Entry {
        code: finding.code.0,
        name: lint::find(finding.code.0).map_or("", |rule| rule.name),
        severity: finding.severity,
        message: &finding.message,
        object: finding.object.as_deref(),
        location: finding.location().and_then(|at| place(sources, at)),
        labels: said(true),
        related: said(false),
        witness: finding.witness.as_ref(),
        pairs: finding.pairs,
        notes: &finding.notes,
        help: finding.help.as_deref(),
        edits: finding.edits.iter().filter_map(change).collect(),
    }
}

fn said<'a>(sources: &'a Sources, label: &'a Label) -> Option<Said<'a>> {
    Some(Said {
        location: place(sources, label.at)?,
        text: &label.text,
    })
}

/// JSON may hold C1 controls and writing-direction marks as they are; a terminal that shows the
/// text would obey them, so they are escaped like C0 controls.
fn escaped(json: &str) -> String {
    let steers = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) {
            let digits = format!("{:04x}", u32::from(c));
            safe.push_str("\\u");
            safe.push_str(&digits);
        } else {
            safe.push(c);
        }
    }
    safe
}
