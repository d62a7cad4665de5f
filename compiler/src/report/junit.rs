//! `JUnit` XML: every finding is a test case that fails, grouped by file, as CI services show it.

use super::Report;
use super::place::filed;
use crate::finding::{Finding, Severity};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for (_, source) in report.sources.files() {
        suites.entry(&source.path).or_default();
    }
    for finding in report.findings {
        let path = filed(report, finding).map_or("", |place| place.path);
        suites.entry(path).or_default().push(finding);
    }
    let failures = report.findings.iter().filter(|f| fails(f)).count();
    let clean = suites
        .values()
        .filter(|findings| findings.is_empty())
        .count();
    let tests = report.findings.len() + clean;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"netpolc\" tests=\"{tests}\" failures=\"{failures}\">"
    )?;
    for (path, findings) in &suites {
        suite(report, path, findings, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// Notes are worth knowing and nobody's failure.
fn fails(finding: &Finding) -> bool {
    finding.severity > Severity::Note
}

fn suite(
    report: &Report<'_>,
    path: &str,
    findings: &[&Finding],
    out: &mut dyn Write,
) -> io::Result<()> {
    let failures = findings.iter().filter(|f| fails(f)).count();
    let tests = findings.len().max(1);
    let name = escaped(if path.is_empty() { "netpolc" } else { path });
    writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">"
    )?;
    if findings.is_empty() {
        writeln!(
            out,
            "    <testcase name=\"no findings\" classname=\"{name}\"/>"
        )?;
    }
    for finding in findings {
        let line = filed(report, finding).map_or(1, |place| place.start.line);
        let title = escaped(&format!("{} {}", finding.code, finding.message));
        write!(
            out,
            "    <testcase name=\"{title}\" classname=\"{name}\" file=\"{name}\" line=\"{line}\""
        )?;
        let text = escaped(&details(report, finding));
        if fails(finding) {
            let kind = finding.code;
            writeln!(out, ">")?;
            writeln!(
                out,
                "      <failure type=\"{kind}\" message=\"{title}\">{text}</failure>"
            )?;
        } else {
            writeln!(out, ">\n      <system-out>{text}</system-out>")?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

/// What the full report says, without the lines of the files.
fn details(report: &Report<'_>, finding: &Finding) -> String {
    let mut text = String::new();
    for label in &finding.labels {
        let place = report.sources.display(label.at);
        // Writing to a String does not fail.
        let _ = writeln!(text, "{place}: {}", label.text);
    }
    for note in &finding.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(text, "help: {help}");
    }
    text
}

/// As XML 1.0 wants it; characters that it does not have become U+FFFD.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            '\t' => safe.push_str("&#9;"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                safe.push('\u{fffd}');
            }
            _ => safe.push(c),
        }
    }
    safe
}
