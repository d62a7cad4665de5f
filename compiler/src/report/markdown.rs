//! Markdown for a pull request or a job summary.

use super::Report;
use super::text::{summary, visible};
use crate::finding::{Finding, Severity};
use std::fmt::Write as _;
use std::io::{self, Write};

/// A comment on GitHub holds 65,536 characters; what does not fit is counted.
const ROOM: usize = 60_000;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut text = format!("### netpolc: {}\n", summary(&report.counts()));
    if !report.findings.is_empty() {
        text.push_str("\n| | finding | where |\n|---|---|---|\n");
    }
    let mut left_out = 0_usize;
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        for finding in report.findings.iter().filter(|f| f.severity == severity) {
            let row = row(report, finding);
            if text.len() + row.len() > ROOM {
                left_out += 1;
            } else {
                text.push_str(&row);
            }
        }
    }
    if left_out > 0 {
        // Writing to a String does not fail.
        let _ = writeln!(text, "\n{left_out} more findings do not fit here.");
    }
    if !report.incomplete.is_empty() {
        text.push_str("\n<details><summary>Not taken into account</summary>\n\n");
        for sentence in report.incomplete {
            let line = format!("- {}\n", cell(sentence));
            if text.len() + line.len() > ROOM {
                text.push_str("- …\n");
                break;
            }
            text.push_str(&line);
        }
        text.push_str("\n</details>\n");
    }
    out.write_all(text.as_bytes())
}

fn row(report: &Report<'_>, finding: &Finding) -> String {
    let severity = finding.severity.name();
    let mut said = format!("**{}** {}", finding.code, cell(&finding.message));
    if let Some(help) = &finding.help {
        said += "<br>";
        said += &cell(help);
    }
    let mut places: Vec<String> = Vec::new();
    for label in &finding.labels {
        let place = format!("`{}`", code(&report.sources.display(label.at)));
        if !places.contains(&place) {
            places.push(place);
        }
    }
    format!("| {severity} | {said} | {} |\n", places.join("<br>"))
}

/// Text in a table: nothing of it starts a cell, a tag, a link or a mention. Backticks stay, they
/// are how messages quote.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            '|' | '*' | '_' | '[' | ']' | '#' => {
                safe.push('\\');
                safe.push(c);
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// Text between backticks.
fn code(text: &str) -> String {
    visible(text).replace('`', "'").replace('|', "\\|")
}
