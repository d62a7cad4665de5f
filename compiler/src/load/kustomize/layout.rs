//! What kustomizations that are only found in a tree say about the files around them, read and not
//! built: which files are manifests and which are patches, and the namespaces that the manifests get
//! (`namespace` of a kustomization, `spec.targetNamespace` of a Kustomization of Flux).
//!
//! The outermost namespace wins, as in `kustomize build`. A file that several kustomizations take up
//! for several namespaces stands for one object in each of them.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where files are looked for and read"
)]

use super::super::charts::real;
use super::super::{Kustomized, Limits, Loaded, Object};
use super::NAMES;
use super::target::{Target, targets_of};
use super::walk::{Walk, deployed, is_known, is_kustomization};
use crate::source::Sources;
use netpol_yaml::{Kind, NodeRef};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No more steps are taken from kustomization to kustomization; trees have thousands.
pub(super) const MOST_STEPS: usize = 100_000;

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
    parts: Vec<PathBuf>,
    /// What its patches are for.
    patches: Vec<Target>,
}

/// What all kustomizations of a tree say.
#[derive(Debug, Default)]
pub(in crate::load) struct Layout {
    /// By directory.
    pub(super) said: BTreeMap<PathBuf, Said>,
    /// Files and directories that some kustomization takes up.
    pub(super) taken_up: BTreeSet<PathBuf>,
    parts: BTreeSet<PathBuf>,
}

impl Layout {
    /// Reads the kustomizations of these directories. One that cannot be read says nothing.
    pub(in crate::load) fn read<'p>(
        directories: impl Iterator<Item = &'p Path>,
        limits: &Limits,
    ) -> Self {
        let mut layout = Self::default();
        for directory in directories {
            let directory = real(directory);
            if let Some(said) = said(&directory, limits) {
                layout.taken_up.extend(said.resources.iter().cloned());
                layout.parts.extend(said.parts.iter().cloned());
                layout.said.insert(directory, said);
            }
        }
        layout
    }

    /// Is the file a patch, a setting or the like, and nowhere a manifest?
    pub(in crate::load) fn is_part(&self, file: &Path) -> bool {
        !self.said.is_empty() && {
            let file = real(file);
            self.parts.contains(&file) && !self.taken_up.contains(&file)
        }
    }

    /// Puts the objects of the files into the namespaces that they get. An object in several of
    /// them is added once for each of the others.
    pub(in crate::load) fn settle(
        &self,
        files: &[(PathBuf, Range<usize>)],
        paths: &[PathBuf],
        sources: &Sources,
        loaded: &mut Loaded,
    ) {
        if self.said.is_empty() && !loaded.objects.iter().any(is_kustomization) {
            return;
        }
        let files: BTreeMap<PathBuf, Range<usize>> = (files.iter())
            .map(|(path, range)| (real(path), range.clone()))
            .collect();
        let targets = deployed(&files, paths, sources, &loaded.objects);
        let homes = Walk::of(self, &files, &targets).homes;
        for (file, range) in &files {
            let around = || {
                file.ancestors()
                    .any(|around| self.said.contains_key(around))
            };
            let kustomized = if homes.contains_key(file) {
                Kustomized::TakenUp
            } else if around() {
                Kustomized::PassedOver
            } else {
                Kustomized::No
            };
            let objects = loaded.objects.get_mut(range.clone()).into_iter().flatten();
            objects.for_each(|object| object.kustomized = kustomized);
        }
        self.mark_patched(&files, loaded);
        for (file, homes) in homes {
            let range = files.get(&file).cloned().unwrap_or_default();
            let objects = loaded
                .objects
                .get(range.clone())
                .unwrap_or_default()
                .to_vec();
            for (nth, home) in homes.iter().enumerate() {
                let moved = objects
                    .iter()
                    .map(|object| into(object.clone(), home.as_ref()));
                if nth == 0 {
                    let places = loaded.objects.get_mut(range.clone()).into_iter().flatten();
                    places.zip(moved).for_each(|(place, moved)| *place = moved);
                } else {
                    loaded.objects.extend(moved);
                }
            }
        }
    }
}

impl Layout {
    /// Marks the objects that patches are for.
    fn mark_patched(&self, files: &BTreeMap<PathBuf, Range<usize>>, loaded: &mut Loaded) {
        for (directory, said) in self
            .said
            .iter()
            .filter(|(_, said)| !said.patches.is_empty())
        {
            for file in self.files_of(directory) {
                let range = files.get(file).cloned().unwrap_or_default();
                for object in loaded.objects.get_mut(range).into_iter().flatten() {
                    if said.patches.iter().any(|target| target.is(object)) {
                        object.kustomized = Kustomized::Patched;
                    }
                }
            }
        }
    }

    /// What a kustomization takes up, by way of others too.
    fn files_of<'a>(&'a self, directory: &'a Path) -> BTreeSet<&'a Path> {
        let mut found = BTreeSet::new();
        let mut open = vec![directory];
        while let Some(path) = open.pop().filter(|_| found.len() < MOST_STEPS) {
            if found.insert(path)
                && let Some(said) = self.said.get(path)
            {
                let inside = said.resources.iter().chain(&said.components);
                open.extend(inside.map(PathBuf::as_path));
            }
        }
        found
    }
}

/// An object in the namespace that it gets. A Namespace is renamed to it
/// (`kustomize`, `builtinpluginconsts/namespace.go`).
fn into(mut object: Object, home: Option<&Arc<str>>) -> Object {
    let Some(home) = home else { return object };
    if object.kind == "Namespace" && object.group().is_empty() {
        object.name = home.to_string();
        return object;
    }
    if object.namespace.is_some() {
        object.namespace = Some(home.to_string());
    }
    object.home = Some(Arc::clone(home));
    object
}

/// Reads the kustomization of a directory.
fn said(directory: &Path, limits: &Limits) -> Option<Said> {
    let mut names = NAMES.iter().map(|name| directory.join(name));
    let text = text_of(&names.find(|path| path.is_file())?, limits)?;
    let parsed = netpol_yaml::parse(&text, limits);
    let document = parsed.documents.first()?;
    let root = document.root();
    let namespace = root.get("namespace").and_then(NodeRef::as_str);
    let list = |field: &str| texts(root.get(field));
    let here = |names: Vec<String>| {
        names
            .iter()
            .map(|name| real(&directory.join(name)))
            .collect()
    };
    let mut parts: Vec<String> = PARTS.iter().flat_map(|field| list(field)).collect();
    for (field, keys) in PARTS_OF_ITEMS {
        for item in root.get(field).into_iter().flat_map(NodeRef::items) {
            parts.extend(keys.iter().flat_map(|key| texts(item.get(key))));
        }
    }
    parts.extend(texts(root.pointer("/openapi/path")));
    // `KEY=FILE` in the files of a generator.
    let parts = parts
        .iter()
        .map(|name| name.rsplit('=').next().unwrap_or(name).to_owned());
    let bases = list("bases");
    Some(Said {
        namespace: namespace.filter(|name| is_known(name)).map(Into::into),
        resources: here(list("resources").into_iter().chain(bases).collect()),
        components: here(list("components")),
        patches: targets_of(root, directory, limits),
        parts: here(parts.collect()),
    })
}

/// A file of Kustomize, if it is there and not too long.
pub(super) fn text_of(file: &Path, limits: &Limits) -> Option<String> {
    let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
    let is_read = length <= limits.bytes && file.is_file();
    is_read
        .then(|| std::fs::read_to_string(file).ok())
        .flatten()
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
