//! What the patches of a kustomization are for, by kind and name.

use super::said::text_of;
use crate::load::charts::real;
use crate::load::{Limits, Object};
use netpol_yaml::NodeRef;
use std::path::Path;

/// Objects that a patch changes.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// Any kind where none is given.
    kind: Option<String>,
    /// Any name where none is given. An expression stands for any name, too.
    name: Option<String>,
}

impl Target {
    /// Is the object one of them?
    pub(super) fn is(&self, object: &Object) -> bool {
        self.kind.as_ref().is_none_or(|kind| *kind == object.kind)
            && self.name.as_ref().is_none_or(|name| *name == object.name)
    }

    fn of(node: NodeRef<'_>, name: &str) -> Self {
        let text = |node: Option<NodeRef<'_>>| node.and_then(|n| n.as_str().map(str::to_owned));
        let is_plain = |name: &String| {
            let mut chars = name.chars();
            chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        };
        Self {
            kind: text(node.get("kind")),
            name: text(node.pointer(name)).filter(is_plain),
        }
    }
}

/// What the patches and replacements of a kustomization are for.
pub(super) fn targets_of(root: NodeRef<'_>, directory: &Path, limits: &Limits) -> Vec<Target> {
    let items = |field: &str| root.get(field).into_iter().flat_map(NodeRef::items);
    // Nobody knows what a transformer is for.
    let transformers = items("transformers").map(|_| Target::default());
    let mut found: Vec<Target> = transformers.take(1).collect();
    for patch in items("patches").chain(items("patchesJson6902")) {
        if let Some(target) = patch.get("target").filter(|target| !target.is_null()) {
            found.push(Target::of(target, "/name"));
        } else {
            let text = patch.get("patch").or_else(|| patch.get("path"));
            found.extend(of_patch(text, directory, limits));
        }
    }
    for patch in items("patchesStrategicMerge") {
        found.extend(of_patch(Some(patch), directory, limits));
    }
    for replacement in items("replacements") {
        let targets = replacement.get("targets").into_iter();
        let selected = targets
            .flat_map(NodeRef::items)
            .filter_map(|t| t.get("select"));
        found.extend(selected.map(|select| Target::of(select, "/name")));
    }
    found
}

/// A patch says by itself what it is for: its text, or the name of its file.
fn of_patch(node: Option<NodeRef<'_>>, directory: &Path, limits: &Limits) -> Vec<Target> {
    let Some(written) = node.and_then(NodeRef::as_str) else {
        return Vec::new();
    };
    let read = if written.contains('\n') {
        Some(written.to_owned())
    } else {
        let file = real(&directory.join(written));
        let is_inside = file.starts_with(directory);
        is_inside.then(|| text_of(&file, limits)).flatten()
    };
    let parsed = netpol_yaml::parse(&read.unwrap_or_default(), limits);
    let documents = parsed
        .documents
        .iter()
        .filter(|document| !document.is_empty());
    documents
        .map(|document| Target::of(document.root(), "/metadata/name"))
        // Without a target, a list of changes is for nothing.
        .filter(|target| target.kind.is_some())
        .collect()
}
