//! One line per finding: `path:line:column: CODE [severity] message (other side: …)`.

use super::Report;
use super::text::{summary, suppressed, visible};
use crate::finding::Finding;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        writeln!(out, "{}", line(report, finding))?;
    }
    for one in report.listed() {
        writeln!(out, "{}", suppressed(report.sources, one))?;
    }
    for sentence in report.incomplete {
        writeln!(out, "incomplete: {}", visible(sentence))?;
    }
    writeln!(out, "{}", summary(&report.counts()))
}

fn line(report: &Report<'_>, finding: &Finding) -> String {
    let severity = finding.severity.name();
    let place = |at| visible(&report.sources.display(at)).into_owned();
    let said = format!(
        "{} [{severity}] {}",
        finding.code,
        visible(&finding.message)
    );
    let Some(at) = finding.location() else {
        return said;
    };
    // The last label names the side that wins; those before it lead there.
    let other = finding.labels.iter().rev().find(|l| !l.primary);
    match other {
        Some(label) => format!("{}: {said} (other side: {})", place(at), place(label.at)),
        None => format!("{}: {said}", place(at)),
    }
}
