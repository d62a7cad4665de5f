//! From what is deployed by name, and from the kustomizations that nobody takes up, to the files.

use super::layout::{Home, Layout, MOST_STEPS};
use crate::load::Object;
use crate::load::charts::{real, repository};
use crate::source::Sources;
use netpol_yaml::NodeRef;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// From kustomization to kustomization, with the outermost namespace.
pub(super) struct Walk<'a> {
    layout: &'a Layout,
    files: &'a BTreeMap<PathBuf, Range<usize>>,
    /// By file.
    pub homes: BTreeMap<PathBuf, BTreeSet<Home>>,
    seen: BTreeSet<(PathBuf, Home)>,
}

impl<'a> Walk<'a> {
    pub(super) fn of(
        layout: &'a Layout,
        files: &'a BTreeMap<PathBuf, Range<usize>>,
        targets: &[(PathBuf, Home)],
    ) -> Self {
        let mut walk = Self {
            layout,
            files,
            homes: BTreeMap::new(),
            seen: BTreeSet::new(),
        };
        for (path, home) in targets {
            walk.enter(path, home.as_ref());
        }
        // What nobody deploys by name is deployed as it is. A component is nothing by itself.
        let mut inner: BTreeSet<&PathBuf> = layout.taken_up.iter().collect();
        inner.extend(layout.said.values().flat_map(|said| &said.components));
        for directory in layout.said.keys() {
            let reached = walk.seen.range((directory.clone(), None)..).next();
            let is_reached = reached.is_some_and(|(seen, _)| seen == directory);
            if !inner.contains(directory) && !is_reached {
                walk.enter(directory, None);
            }
        }
        walk
    }

    /// Goes from a path wherever it leads.
    fn enter(&mut self, path: &Path, outer: Option<&Arc<str>>) {
        let mut open = vec![(path.to_path_buf(), outer.cloned())];
        while let Some((path, outer)) = open.pop() {
            if self.files.contains_key(&path) {
                self.homes.entry(path).or_default().insert(outer);
            } else if self.seen.len() < MOST_STEPS
                && self.seen.insert((path.clone(), outer.clone()))
            {
                open.extend(self.next(&path, outer.as_ref()));
            }
        }
    }

    /// Where a directory leads.
    fn next(&self, path: &Path, outer: Option<&Arc<str>>) -> Vec<(PathBuf, Home)> {
        let Some(said) = self.layout.said.get(path) else {
            let all = self.everything_below(path).into_iter();
            return all.map(|path| (path, outer.cloned())).collect();
        };
        let home = outer.or(said.namespace.as_ref());
        // A directory that is taken up must have a kustomization; no other is walked.
        let leads = |path: &&PathBuf| {
            self.layout.said.contains_key(*path) || self.files.contains_key(*path)
        };
        let inside = said.resources.iter().chain(&said.components).filter(leads);
        inside.map(|path| (path.clone(), home.cloned())).collect()
    }

    /// Flux makes a kustomization where there is none: of all kustomizations and files below.
    fn everything_below(&self, directory: &Path) -> Vec<PathBuf> {
        let said = &self.layout.said;
        let below = |path: &&PathBuf| path.starts_with(directory);
        let is_inner = |path: &Path| {
            let mut around = path.ancestors().skip(1).take_while(|a| *a != directory);
            around.any(|around| said.contains_key(around))
        };
        let kustomizations = said.range(directory.to_path_buf()..).map(|(path, _)| path);
        let files = self.files.range(directory.to_path_buf()..);
        let files = files.map(|(path, _)| path).take_while(below);
        (kustomizations.take_while(below).chain(files))
            .filter(|path| path.as_path() != directory && !is_inner(path))
            .cloned()
            .collect()
    }
}

/// What Kustomizations of Flux deploy, and into which namespace.
pub(super) fn deployed(
    paths: &[PathBuf],
    sources: &Sources,
    objects: &[Object],
) -> Vec<(PathBuf, Home)> {
    let flux = objects.iter().filter(|object| {
        object.kind == "Kustomization" && object.group() == "kustomize.toolkit.fluxcd.io"
    });
    let text = |object: &'_ Object, pointer: &str| {
        let text = object.get(pointer).and_then(NodeRef::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut found = Vec::new();
    for object in flux {
        let path = text(object, "/spec/path").unwrap_or_else(|| "./".to_owned());
        let file = sources.get(object.source).map(|s| PathBuf::from(&s.path));
        let Some(target) = file.and_then(|file| below_root(&file, paths, &path)) else {
            continue;
        };
        let home: Home = text(object, "/spec/targetNamespace").map(Into::into);
        let components = object.get("/spec/components").into_iter();
        for component in components.flat_map(NodeRef::items) {
            let named = component.as_str().map(|name| real(&target.join(name)));
            found.extend(named.map(|component| (component, home.clone())));
        }
        found.push((target, home));
    }
    found
}

/// A path from the root of the repository; where no `.git` tells the root, from the first directory
/// around the file that has it.
fn below_root(file: &Path, paths: &[PathBuf], path: &str) -> Option<PathBuf> {
    let relative = Path::new(path.trim_start_matches('/'));
    let given = paths.iter().filter(|path| path.is_dir()).cloned();
    let file = real(file);
    let around = file.ancestors().skip(1).map(Path::to_path_buf);
    let mut roots = std::iter::once(repository(&file))
        .chain(given)
        .chain(around);
    let root = roots.find(|root| root.join(relative).exists())?;
    Some(real(&root.join(relative)))
}
