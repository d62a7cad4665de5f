//! The findings of one day in a file (`schemas/baseline.v1.json`), so that only new ones are told.

use crate::cli::{Failure, files};
use crate::finding::Finding;
use crate::report::fingerprints;
use crate::resolve::is_fatal;
use crate::source::Sources;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const VERSION: u32 = 1;

/// The file as it is written. Only the marks count; the rest is for people who review it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    object: String,
    message: String,
    fingerprint: String,
}

/// Findings that are known.
#[derive(Debug, Default)]
pub(super) struct Baseline(BTreeMap<String, Entry>);

impl Baseline {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or is no baseline.
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let text = files::read_findings(file)?;
        let shown = file.display();
        let document: Document = serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("{shown} is no baseline: {error}")))?;
        if document.version != VERSION {
            return Err(Failure::new(format!(
                "{shown} is a baseline of version {}; this netpolc knows version {VERSION}",
                document.version
            )));
        }
        let entries = document.findings.into_iter();
        Ok(Self(entries.map(|e| (e.fingerprint.clone(), e)).collect()))
    }

    /// Takes findings in, except those that keep the input from being read.
    pub(super) fn take(&mut self, findings: &[Finding], sources: &Sources) {
        for (mark, finding) in fingerprints(sources, findings).into_iter().zip(findings) {
            if is_fatal(finding) {
                continue;
            }
            let source = finding.location().and_then(|at| sources.get(at.source));
            let path = source.map_or("", |source| source.path.as_str());
            let entry = Entry {
                code: finding.code.0.to_owned(),
                object: finding.object.as_deref().unwrap_or(path).to_owned(),
                message: finding.message.clone(),
                fingerprint: mark.clone(),
            };
            self.0.insert(mark, entry);
        }
    }

    /// By what they are known again.
    pub(super) fn marks(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }

    /// The text of the file, sorted by code and object.
    pub(super) fn to_json(&self) -> Result<String, Failure> {
        let mut findings: Vec<Entry> = self.0.values().cloned().collect();
        findings.sort();
        let document = Document {
            version: VERSION,
            findings,
        };
        let mut text = serde_json::to_string_pretty(&document)?;
        text.push('\n');
        Ok(text)
    }
}
