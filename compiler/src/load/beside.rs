//! Manifests that lie where nobody looks for them: in hidden directories, beside the templates of a
//! chart, below a kustomization that does not take them up. They are not read, and this is said: moving
//! a file must not take it out of a report without a word.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the beginnings of files are looked at"
)]

use super::charts;
use super::files::{is_hidden, is_manifest};
use super::names::shown;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Hidden directories that hold what is no manifest.
const KNOWN: [&str; 5] = [".git", ".github", ".gitlab", ".devcontainer", ".vscode"];
/// No more entries are looked at of what is passed over.
const LOOKED_AT: usize = 2_000;
/// So much of each file.
const HEAD: u64 = 64 * 1024;

/// Manifests below a directory, as far as a look at their beginnings tells.
pub(super) fn manifests_below(
    directory: &Path,
    is_passed: impl Fn(&DirEntry) -> bool,
) -> Vec<PathBuf> {
    let walk = WalkDir::new(directory).sort_by_file_name().into_iter();
    let entries = walk.filter_entry(|entry| entry.depth() == 0 || !is_passed(entry));
    let files = entries.filter_map(Result::ok).take(LOOKED_AT);
    let files = files.filter(|entry| entry.file_type().is_file() && is_manifest(entry.path()));
    files
        .filter(|entry| looks_like_one(entry.path()))
        .map(DirEntry::into_path)
        .collect()
}

fn looks_like_one(file: &Path) -> bool {
    let mut head = Vec::new();
    let read = fs::File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    let text = String::from_utf8_lossy(&head);
    let is_template = text.contains("{{");
    read.is_ok() && !is_template && text.contains("apiVersion") && text.contains("kind")
}

/// Which hidden directories hold manifests.
pub(super) fn hidden(directories: &[PathBuf]) -> Option<String> {
    let is_known = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        KNOWN.iter().any(|known| name == *known)
    };
    let asked = directories.iter().filter(|path| !is_known(path));
    let found = asked.filter(|path| !manifests_below(path, |_| false).is_empty());
    let names: Vec<String> = found.map(|path| format!("`{}`", shown(path))).collect();
    let names = (!names.is_empty()).then(|| names.join(", "))?;
    Some(format!(
        "hidden directories with manifests are not read: {names}"
    ))
}

/// Manifests beside the parts of charts, which are rendered and not read.
pub(super) fn of_charts(charts: &[PathBuf]) -> Option<String> {
    let beside = charts.iter().flat_map(|chart| {
        manifests_below(chart, |entry| {
            is_hidden(entry) || (entry.depth() == 1 && charts::is_part(entry))
        })
    });
    let beside: Vec<PathBuf> = beside.collect();
    let first = shown(beside.first()?);
    let more = match beside.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    Some(format!(
        "charts are rendered; manifests beside their templates are not read: `{first}`{more}"
    ))
}
