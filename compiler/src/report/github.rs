//! Workflow commands of GitHub Actions: findings as annotations of a pull request.

use super::Report;
use super::place::filed;
use super::text::summary;
use crate::finding::{Finding, Severity};
use std::io::{self, Write};

/// A step shows ten annotations of each kind and drops the rest, so the most severe come first.
const SHOWN: usize = 10;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_severity = || report.findings.iter().filter(|f| f.severity == severity);
        for finding in of_severity() {
            writeln!(out, "{}", command(report, finding))?;
        }
        let found = of_severity().count();
        if found > SHOWN {
            let kind = kind(severity);
            let more = found - SHOWN;
            writeln!(
                out,
                "{more} more {kind} annotations than GitHub shows of one step; the log has them all"
            )?;
        }
    }
    for sentence in report.incomplete {
        writeln!(out, "::notice title=incomplete::{}", message(sentence))?;
    }
    writeln!(out, "{}", summary(&report.counts()))
}

fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn command(report: &Report<'_>, finding: &Finding) -> String {
    let mut fields = Vec::new();
    if let Some(place) = filed(report, finding) {
        fields.push(format!("file={}", property(place.path)));
        fields.push(format!("line={}", place.start.line));
        fields.push(format!("endLine={}", place.end.line));
        // Columns count within one line; with several, GitHub refuses them.
        if place.start.line == place.end.line {
            fields.push(format!("col={}", place.start.column));
            fields.push(format!("endColumn={}", place.end.column));
        }
    }
    let title = format!("{} {}", finding.code, finding.message);
    fields.push(format!("title={}", property(&title)));
    let mut text = finding.message.clone();
    for label in finding.labels.iter().filter(|l| !l.primary) {
        let place = report.sources.display(label.at);
        text.push('\n');
        text.push_str(&place);
        text.push_str(": ");
        text.push_str(&label.text);
    }
    for more in finding.notes.iter().chain(&finding.help) {
        text.push('\n');
        text.push_str(more);
    }
    let kind = kind(finding.severity);
    format!("::{kind} {}::{}", fields.join(","), message(&text))
}

/// `toolkit/packages/core/src/command.ts`, `escapeData`.
fn message(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// The same, `escapeProperty`.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(message("50%\r\n::error::x"), "50%25%0D%0A::error::x");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
