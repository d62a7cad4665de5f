//! The files that are edited: which may be, and writing them.
#![expect(
    clippy::disallowed_methods,
    reason = "--fix reads and writes the files of the input"
)]

use super::apply::apply;
use super::proof::{Candidate, Texts};
use crate::cli::Failure;
use crate::cli::check::judge::Judged;
use crate::load::Layer;
use crate::resolve::Analysis;
use crate::source::SourceId;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tempfile::NamedTempFile;

/// Texts before and after the edits.
#[derive(Debug)]
pub(super) struct Files {
    /// Nothing will be written.
    only_shown: bool,
    before: Texts,
    after: Texts,
    /// What was found out about a text, which is asked once.
    asked: BTreeMap<String, Result<(), String>>,
}

/// A text that is edited.
#[derive(Debug)]
pub(super) struct Changed<'a> {
    pub(super) path: &'a str,
    pub(super) before: &'a str,
    pub(super) after: &'a str,
}

impl Files {
    pub(super) fn new(only_shown: bool) -> Self {
        Self {
            only_shown,
            before: Texts::new(),
            after: Texts::new(),
            asked: BTreeMap::new(),
        }
    }

    /// May every text of these edits be edited? Else one sentence.
    pub(super) fn may_edit(
        &mut self,
        candidate: &Candidate,
        read: &Analysis,
    ) -> Result<(), String> {
        for path in candidate.changes.keys() {
            if self.after.contains_key(path) {
                continue;
            }
            if !self.asked.contains_key(path) {
                // The newest reading of the path is the one that is judged.
                let source = read.sources.iter().filter(|(_, s)| s.path == *path).last();
                let answer = match source {
                    Some((id, source)) => self.may_begin(path, &source.text, id, read),
                    None => Err("its text is not at hand".to_owned()),
                };
                self.asked.insert(path.clone(), answer);
            }
            if let Some(Err(why)) = self.asked.get(path) {
                return Err(why.clone());
            }
        }
        Ok(())
    }

    fn may_begin(
        &self,
        path: &str,
        text: &str,
        id: SourceId,
        read: &Analysis,
    ) -> Result<(), String> {
        if path == "<stdin>" {
            return if self.only_shown {
                Ok(())
            } else {
                Err("standard input cannot be written back; --diff prints a patch".to_owned())
            };
        }
        let of_text = read.objects.iter().find(|object| object.source == id);
        if of_text.is_some_and(|object| object.layer == Layer::State) {
            return Err(format!("`{path}` is a dump of a cluster"));
        }
        let file = Path::new(path);
        let about = fs::metadata(file);
        if !about.as_ref().is_ok_and(fs::Metadata::is_file) {
            return Err(format!("`{path}` is no file that can be written back"));
        }
        let same = fs::read(file).is_ok_and(|bytes| bytes == text.as_bytes());
        if !same {
            return Err(format!(
                "the text of `{path}` was not read from it as it is"
            ));
        }
        if !self.only_shown && about.is_ok_and(|about| about.permissions().readonly()) {
            return Err(format!("`{path}` is not writable"));
        }
        Ok(())
    }

    /// The texts with these edits made as well.
    pub(super) fn with(&self, judged: &Judged, candidates: &[&Candidate]) -> Texts {
        let mut changes: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (path, list) in candidates.iter().flat_map(|c| &c.changes) {
            changes.entry(path).or_default().extend_from_slice(list);
        }
        let mut texts = self.after.clone();
        for (path, changes) in changes {
            let sources = judged.analysis.sources.iter();
            let source = sources.filter(|(_, s)| s.path == path).last();
            let edited = source.and_then(|(_, source)| apply(&source.text, &changes));
            if let Some(edited) = edited {
                texts.insert(path.to_owned(), Arc::from(edited));
            }
        }
        texts
    }

    /// Keeps the edits, and what stood there before the first of them.
    pub(super) fn take(&mut self, texts: Texts, read: &Analysis) {
        for path in texts.keys() {
            if !self.before.contains_key(path) {
                let source = read.sources.iter().find(|(_, s)| s.path == *path);
                let text = source.map(|(_, source)| Arc::clone(&source.text));
                self.before.extend(text.map(|text| (path.clone(), text)));
            }
        }
        self.after = texts;
    }

    /// What is read in place of the files.
    pub(super) fn overlay(&self) -> &Texts {
        &self.after
    }

    /// Texts that are other than before, by path.
    pub(super) fn changed(&self) -> impl Iterator<Item = Changed<'_>> {
        self.after.iter().filter_map(|(path, after)| {
            let before = self.before.get(path)?;
            (before != after).then_some(Changed {
                path,
                before,
                after,
            })
        })
    }

    /// Writes every file or none: all are written beside their places first, then each takes its
    /// place at once.
    ///
    /// # Errors
    /// A file cannot be written, or somebody else has written it in the meantime.
    pub(super) fn save(&self) -> Result<(), Failure> {
        let mut ready = Vec::new();
        for change in self.changed() {
            let written = prepare(&change).map_err(|error| cannot(&change, &error))?;
            ready.push((change, written));
        }
        for (change, (file, place)) in ready {
            file.persist(place)
                .map_err(|error| cannot(&change, &error.error))?;
        }
        Ok(())
    }
}

fn cannot(change: &Changed<'_>, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written: {error}", change.path))
}

/// The new text in a file beside the old one, with its permissions. A link stays a link: what it
/// leads to is written.
fn prepare(change: &Changed<'_>) -> std::io::Result<(NamedTempFile, std::path::PathBuf)> {
    let place = fs::canonicalize(change.path)?;
    if fs::read(&place)? != change.before.as_bytes() {
        return Err(std::io::Error::other(
            "it has changed while it was analysed",
        ));
    }
    let directory = place.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".netpolc-")
        .tempfile_in(directory)?;
    file.write_all(change.after.as_bytes())?;
    file.as_file()
        .set_permissions(fs::metadata(&place)?.permissions())?;
    file.as_file().sync_all()?;
    Ok((file, place))
}
