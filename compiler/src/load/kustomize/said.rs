//! One kustomization: what it says of files.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where files are looked for and read"
)]

use super::NAMES;
use super::target::{Target, targets_of};
use super::walk::is_known;
use crate::load::Limits;
use crate::load::charts::real;
use netpol_yaml::{Kind, NodeRef};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Fields that name files which are no manifests: patches, settings, contents of `ConfigMap`s.
const PARTS: [&str; 6] = [
    "patchesStrategicMerge",
    "transformers",
    "generators",
    "validators",
    "configurations",
    "crds",
];

/// Lists of mappings, and the fields of those that name files which are no manifests.
const PARTS_OF_ITEMS: [(&str, &[&str]); 6] = [
    ("patches", &["path"]),
    ("patchesJson6902", &["path"]),
    ("replacements", &["path"]),
    ("helmCharts", &["valuesFile", "additionalValuesFiles"]),
    ("configMapGenerator", &["files", "env", "envs"]),
    ("secretGenerator", &["files", "env", "envs"]),
];

/// The namespace that a file's objects get; `None` where each keeps its own.
pub(super) type Home = Option<Arc<str>>;

/// A kustomization, by what it says of files. All paths are real ones.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub namespace: Home,
    /// Files and directories that it takes up.
    pub resources: Vec<PathBuf>,
    /// Directories of components, which work on what it takes up.
    pub components: Vec<PathBuf>,
    /// Files that are no manifests.
    pub parts: Vec<PathBuf>,
    /// What its patches are for.
    pub patches: Vec<Target>,
    /// What it refers to and is not there, as written.
    pub missing: Vec<String>,
    /// Does it change nothing but namespaces and what decides about no packet?
    pub is_plain: bool,
}

/// Reads the kustomization of a directory.
pub(super) fn said(directory: &Path, limits: &Limits) -> Option<Said> {
    let mut names = NAMES.iter().map(|name| directory.join(name));
    let text = text_of(&names.find(|path| path.is_file())?, limits)?;
    let parsed = netpol_yaml::parse(&text, limits);
    let document = parsed.documents.first()?;
    let root = document.root();
    let namespace = root.get("namespace").and_then(NodeRef::as_str);
    let list = |field: &str| texts(root.get(field));
    let mut parts: Vec<String> = PARTS.iter().flat_map(|field| list(field)).collect();
    for (field, keys) in PARTS_OF_ITEMS {
        for item in root.get(field).into_iter().flat_map(NodeRef::items) {
            parts.extend(keys.iter().flat_map(|key| texts(item.get(key))));
        }
    }
    parts.extend(texts(root.pointer("/openapi/path")));
    // `KEY=FILE` in the files of a generator; a text of several lines is no name.
    let parts: Vec<String> = (parts.iter())
        .filter(|name| !name.contains('\n'))
        .map(|name| name.rsplit('=').next().unwrap_or(name).to_owned())
        .collect();
    let resources: Vec<String> = list("resources").into_iter().chain(list("bases")).collect();
    let components = list("components");
    let mut missing: Vec<String> = Vec::new();
    let mut here = |names: Vec<String>, may_leave: bool| -> Vec<PathBuf> {
        let found = names.into_iter().filter_map(|name| {
            let path = real(&directory.join(&name));
            // Kustomize refuses files outside of the directory (`LoadRestrictionsRootOnly`).
            let is_inside = path.starts_with(directory) || (may_leave && path.is_dir());
            if !path.exists() || name.contains("://") {
                missing.push(name);
                return None;
            }
            is_inside.then_some(path)
        });
        found.collect()
    };
    Some(Said {
        namespace: namespace.filter(|name| is_known(name)).map(Into::into),
        resources: here(resources, true),
        components: here(components, true),
        patches: targets_of(root, directory, limits),
        parts: here(parts, false),
        is_plain: is_plain(root),
        missing,
    })
}

/// Fields that change no name, label or namespace of what is analysed beside `namespace` itself.
const PLAIN: [&str; 16] = [
    "apiVersion",
    "kind",
    "metadata",
    "namespace",
    "resources",
    "bases",
    "components",
    "images",
    "replicas",
    "commonAnnotations",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "buildMetadata",
    "sortOptions",
    "labels",
];

fn is_plain(root: NodeRef<'_>) -> bool {
    let known = |key: NodeRef<'_>| key.as_str().is_some_and(|key| PLAIN.contains(&key));
    let is_on = |item: &NodeRef<'_>, key: &str| {
        item.get(key)
            .is_some_and(|value| value.as_bool() != Some(false))
    };
    // Labels of the objects alone decide about nothing; those of templates and selectors do.
    let mut labels = root.get("labels").into_iter().flat_map(NodeRef::items);
    let relabels = labels.any(|item| {
        is_on(&item, "includeSelectors")
            || is_on(&item, "includeTemplates")
            || is_on(&item, "fields")
    });
    root.entries().all(|(key, _)| known(key)) && !relabels
}

/// A file of Kustomize, if it is there and not too long. What says that it is short is not believed.
pub(in crate::load) fn text_of(file: &Path, limits: &Limits) -> Option<String> {
    if !file.is_file() {
        return None;
    }
    let limit = u64::try_from(limits.bytes).unwrap_or(u64::MAX);
    let mut text = String::new();
    let opened = std::fs::File::open(file).ok()?;
    opened
        .take(limit.saturating_add(1))
        .read_to_string(&mut text)
        .ok()?;
    (text.len() <= limits.bytes).then_some(text)
}

/// The texts of a list, or a text alone.
fn texts(node: Option<NodeRef<'_>>) -> Vec<String> {
    let text = |node: NodeRef<'_>| node.as_str().map(str::to_owned);
    match node {
        Some(node) if node.kind() == Kind::Sequence => node.items().filter_map(text).collect(),
        Some(node) => text(node).into_iter().collect(),
        None => Vec::new(),
    }
}
