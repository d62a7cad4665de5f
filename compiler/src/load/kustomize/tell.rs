//! What reading a tree with Kustomize leaves out, in words: nothing may go missing without one.

use super::layout::Layout;
use crate::load::Loaded;
use crate::source::names::{self, quoted, shown};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Resources that are on the network, have another ending, or are not there.
pub(super) fn not_read(
    layout: &Layout,
    files: &BTreeMap<PathBuf, Range<usize>>,
    loaded: &mut Loaded,
) {
    let mut names = BTreeSet::new();
    for said in layout.said.values() {
        names.extend(said.missing.iter().map(|name| quoted(name)));
        let inside = said.resources.iter().chain(&said.components);
        let is_read = |path: &Path| layout.said.contains_key(path) || files.contains_key(path);
        names.extend(inside.filter(|path| !is_read(path)).map(|path| shown(path)));
    }
    if !names.is_empty() {
        let sentence = format!(
            "what kustomizations refer to is not all read: {}",
            some(&names)
        );
        loaded.incomplete.push(sentence);
    }
}

/// `a`, `b`, `c` and 4 more.
pub(super) fn some(names: &BTreeSet<String>) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names::some(&quoted)
}
