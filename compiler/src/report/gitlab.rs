//! GitLab's Code Quality report (a subset of Code Climate's form).

use super::Report;
use super::place::{filed, fingerprints};
use crate::finding::Severity;
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let marks = fingerprints(report.sources, report.findings);
    let entries = report.findings.iter().zip(&marks).map(|(finding, mark)| {
        let place = filed(report, finding);
        let path = place.as_ref().map_or("", |place| place.path);
        let (first, last) = (place.as_ref()).map_or((1, 1), |p| (p.start.line, p.end.line));
        let severity = match finding.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
            Severity::Note => "info",
        };
        json!({
            "description": format!("{} {}", finding.code, finding.message),
            "check_name": finding.code.0,
            "fingerprint": mark,
            "severity": severity,
            "location": {"path": path, "lines": {"begin": first, "end": last}},
        })
    });
    let entries: Vec<Value> = entries.collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}
