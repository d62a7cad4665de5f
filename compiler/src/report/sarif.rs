//! SARIF 2.1.0 (OASIS), as code scanning services read it.

use super::Report;
use super::place::{fingerprints, place};
use crate::finding::{Edit, Finding, Label};
use crate::lint::suppress::{By, Suppressed};
use crate::lint::{REGISTRY, Rule};
use crate::source::{Location, Sources};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

/// GitHub takes no more results of one run (`sarif-results` limits); the most severe are kept.
const MOST_RESULTS: usize = 25_000;

/// GitHub takes 10 MB of a run, compressed. Not compressed it is never less, so that this holds
/// whatever the text is.
const MOST_BYTES: usize = 9_500_000;

/// GitHub shows no more related locations of one result.
const MOST_RELATED: usize = 100;

/// A finding, why it is not told if so, and the mark by which it is known again.
type Found<'a> = ((&'a Finding, Option<&'a Suppressed>), &'a String);

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = || {
        let unsaid = report.listed().iter().map(|s| (&s.finding, Some(s)));
        report.findings.iter().map(|f| (f, None)).chain(unsaid)
    };
    let used: BTreeSet<&str> = all().map(|(f, _)| f.code.0).collect();
    let rules: Vec<&Rule> = (REGISTRY.iter())
        .filter(|rule| used.contains(rule.code.0))
        .collect();
    let marks = fingerprints(report.sources, all().map(|(f, _)| f));
    let mut found: Vec<Found<'_>> = all().zip(&marks).collect();
    // Of those that are taken, GitHub shows the first: what matters most comes first.
    found.sort_by_key(|((finding, unsaid), _)| (unsaid.is_some(), Reverse(finding.severity)));
    let results = results(report.sources, &rules, &found);
    let left_out = found.len() - results.len();
    let mut said: Vec<Value> = report.incomplete.iter().map(|s| notice(s)).collect();
    if left_out > 0 {
        said.push(notice(&format!(
            "{left_out} findings are left out, the least severe ones: services take no more of a run"
        )));
    }
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "netpolc",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": said,
            }],
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the directory that netpolc was run in"}}},
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// As many results as services take, in this order.
fn results(sources: &Sources, rules: &[&Rule], found: &[Found<'_>]) -> Vec<Value> {
    let mut results = Vec::new();
    let mut room = MOST_BYTES;
    for ((finding, unsaid), mark) in found.iter().take(MOST_RESULTS) {
        let mut result = result(sources, rules, finding, mark);
        if let (Some(unsaid), Some(fields)) = (unsaid, result.as_object_mut()) {
            fields.insert("suppressions".to_owned(), json!([suppression(unsaid)]));
        }
        match room.checked_sub(weight(&result)) {
            Some(rest) => room = rest,
            None => break,
        }
        results.push(result);
    }
    results
}

/// The bytes of a result with the indentation that it has in the document.
fn weight(result: &Value) -> usize {
    const INDENT: usize = 8;
    let text = format!("{result:#}");
    text.len() + text.lines().count() * (INDENT + 1)
}

/// Section 3.35 of the standard. GitHub takes a suppressed result for an open one, which is why
/// they are written only when they are asked for.
fn suppression(one: &Suppressed) -> Value {
    let kind = match one.by {
        By::Text => "inSource",
        By::Config | By::Baseline | By::Before => "external",
    };
    let reason = match one.by {
        By::Baseline => "in the baseline",
        By::Before => "was there before",
        By::Text | By::Config => one.reason.as_str(),
    };
    json!({"kind": kind, "justification": reason})
}

fn notice(text: &str) -> Value {
    json!({"level": "warning", "message": {"text": text}})
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.code.0,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": rule.severity.name()},
        "properties": {"tags": ["kubernetes", "networkpolicy"]},
    })
}

fn result(sources: &Sources, rules: &[&Rule], finding: &Finding, mark: &str) -> Value {
    let mut text = finding.message.clone();
    for more in finding.notes.iter().chain(&finding.help) {
        text.push('\n');
        text.push_str(more);
    }
    let mut result = json!({
        "ruleId": finding.code.0,
        "level": finding.severity.name(),
        "message": {"text": text},
        "partialFingerprints": {"netpolc/v1": mark},
    });
    let Some(fields) = result.as_object_mut() else {
        return result;
    };
    let index = rules.iter().position(|rule| rule.code == finding.code);
    if let Some(index) = index {
        fields.insert("ruleIndex".to_owned(), json!(index));
    }
    let filed = finding.location();
    if let Some(at) = filed.and_then(|at| location(sources, at, None)) {
        fields.insert("locations".to_owned(), json!([at]));
    }
    let others = finding
        .labels
        .iter()
        .filter(|l| Some(l.at) != filed || !l.primary);
    let related: Vec<Value> = others
        .filter_map(|Label { at, text, .. }| location(sources, *at, Some(text)))
        .take(MOST_RELATED)
        .collect();
    if !related.is_empty() {
        fields.insert("relatedLocations".to_owned(), json!(related));
    }
    if !finding.edits.is_empty() {
        fields.insert("fixes".to_owned(), json!([fix(sources, finding)]));
    }
    if let Some(witness) = &finding.witness {
        let properties = json!({"witness": witness, "pairs": finding.pairs});
        fields.insert("properties".to_owned(), properties);
    }
    result
}

fn location(sources: &Sources, at: Location, text: Option<&str>) -> Option<Value> {
    let mut value = json!({"physicalLocation": physical(sources, at)?});
    if let (Some(text), Some(fields)) = (text, value.as_object_mut()) {
        fields.insert("message".to_owned(), json!({"text": text}));
    }
    Some(value)
}

fn physical(sources: &Sources, at: Location) -> Option<Value> {
    Some(json!({
        "artifactLocation": artifact(sources, at)?,
        "region": region(sources, at)?,
    }))
}

fn artifact(sources: &Sources, at: Location) -> Option<Value> {
    let path = place(sources, at)?.path;
    Some(if path.starts_with('/') {
        // Outside of the directory that the others are relative to.
        json!({"uri": format!("file://{}", uri(path))})
    } else {
        json!({"uri": uri(path), "uriBaseId": "SRCROOT"})
    })
}

fn region(sources: &Sources, at: Location) -> Option<Value> {
    let place = place(sources, at)?;
    Some(json!({
        "startLine": place.start.line,
        "startColumn": place.start.column,
        "endLine": place.end.line,
        "endColumn": place.end.column,
    }))
}

fn fix(sources: &Sources, finding: &Finding) -> Value {
    let change = |edit: &Edit| {
        Some(json!({
            "artifactLocation": artifact(sources, edit.at)?,
            "replacements": [{
                "deletedRegion": region(sources, edit.at)?,
                "insertedContent": {"text": edit.replacement},
            }],
        }))
    };
    let changes: Vec<Value> = finding.edits.iter().filter_map(change).collect();
    let text = finding.help.as_deref().unwrap_or(&finding.message);
    json!({"description": {"text": text}, "artifactChanges": changes})
}

/// A path as a relative URI reference (RFC 3986): what is not unreserved is escaped byte by byte.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => {
                // Writing to a String does not fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/ü#1.yaml"), "a%20b/%C3%BC%231.yaml");
    }
}
