//! Places as programs want them: path, line, column, byte; and marks by which a finding is known
//! again after lines have moved.

use super::Report;
use crate::finding::Finding;
use crate::source::{LineColumn, Location, Sources};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;

/// From the first byte to the one after the last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) start: Point,
    pub(super) end: Point,
}

/// Lines and columns count from 1, columns in characters; bytes from 0.
#[derive(Serialize)]
pub(super) struct Point {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) byte: u32,
}

pub(super) fn place(sources: &Sources, at: Location) -> Option<Place<'_>> {
    let source = sources.get(at.source)?;
    let point = |byte| {
        let LineColumn { line, column } = source.line_column(byte);
        Point { line, column, byte }
    };
    Some(Place {
        path: &source.path,
        start: point(at.span.start),
        end: point(at.span.end),
    })
}

/// Where a finding is filed.
pub(super) fn filed<'a>(report: &Report<'a>, finding: &Finding) -> Option<Place<'a>> {
    place(report.sources, finding.location()?)
}

/// A mark for every finding, in their order: of its code, its object and what it says, not of its
/// line, so that it stays the same when something is inserted above. Findings that are alike in all
/// of these are counted.
pub fn fingerprints<'f>(
    sources: &Sources,
    findings: impl IntoIterator<Item = &'f Finding>,
) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let marks = findings.into_iter().map(|finding| {
        let filed = finding.location().and_then(|at| place(sources, at));
        let path = filed.map_or("", |place| place.path);
        let about = finding.object.as_deref().unwrap_or(path);
        let mut hash = Sha256::new();
        for part in [finding.code.0, about, &finding.message] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut mark = String::with_capacity(40);
        for byte in hash.finalize().iter().take(16) {
            // Writing to a String does not fail.
            let _ = write!(mark, "{byte:02x}");
        }
        let again = seen.entry(mark.clone()).or_default();
        *again += 1;
        if *again > 1 {
            let _ = write!(mark, "-{again}");
        }
        mark
    });
    marks.collect()
}
