//! The findings of one day in a file (`schemas/baseline.v1.json`), so that only new ones are told.

use super::settings::Settings;
use crate::cli::{Failure, Terminal, files};
use crate::finding::Finding;
use crate::lint;
use crate::load::Object;
use crate::report::fingerprints;
use crate::resolve::{Analysis, is_fatal};
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

/// Findings that are known, by their marks.
#[derive(Debug, Default)]
pub(super) struct Baseline(BTreeMap<String, Entry>);

/// What there was while a baseline was used, in all targets.
#[derive(Debug, Default)]
pub(super) struct Seen {
    marks: BTreeSet<String>,
    /// Objects and files by the names that findings have for them.
    objects: BTreeSet<String>,
}

impl Seen {
    /// Takes in what would be told without the baseline, and what was read.
    pub(super) fn take(&mut self, findings: &[Finding], analysis: &Analysis) {
        let sources = &analysis.sources;
        self.marks.extend(fingerprints(sources, findings));
        let objects = analysis.objects.iter().map(Object::display_name);
        self.objects.extend(objects);
        let files = sources.iter().map(|(_, source)| source.path.clone());
        self.objects.extend(files);
    }
}

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

    /// Says when the file holds more than it has to: entries that match nothing of what was seen, and
    /// could. Their codes were asked for, and their objects were read, or `everything` was.
    pub(super) fn note_stale(
        &self,
        seen: &Seen,
        settings: &Settings,
        everything: bool,
        terminal: &mut Terminal<'_>,
    ) {
        let asked = |entry: &&Entry| {
            let rule = lint::find(&entry.code);
            let wanted = rule.is_none_or(|rule| settings.selection.wants(rule.code));
            wanted && (everything || seen.objects.contains(&entry.object))
        };
        let asked = self.0.values().filter(asked);
        let stale = asked.filter(|entry| !seen.marks.contains(&entry.fingerprint));
        let entries = match stale.count() {
            0 => return,
            1 => "1 entry of the baseline matches".to_owned(),
            n => format!("{n} entries of the baseline match"),
        };
        let file = settings.baseline.as_ref();
        let file = file.map_or_else(String::new, |file| file.display().to_string());
        terminal.note(&format!(
            "{entries} nothing any more; --write-baseline {file} makes it shorter"
        ));
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
