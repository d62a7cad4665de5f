//! From what is deployed by name, and from the kustomizations that nobody takes up, to the files.

use super::layout::{Layout, MOST_STEPS};
use super::said::Home;
use super::target::{Target, targets_of};
use crate::load::charts::{real, repository};
use crate::load::{Limits, Object};
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
    steps: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn of(
        layout: &'a Layout,
        files: &'a BTreeMap<PathBuf, Range<usize>>,
        targets: &[Deployed],
    ) -> Self {
        let mut walk = Self {
            layout,
            files,
            homes: BTreeMap::new(),
            seen: BTreeSet::new(),
            steps: 0,
        };
        for target in targets {
            walk.enter(&target.path, target.home.as_ref());
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
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return;
            }
            if self.files.contains_key(&path) {
                self.homes.entry(path).or_default().insert(outer);
            } else if self.seen.insert((path.clone(), outer.clone())) {
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

/// Is it the name of a namespace, rather than a variable that Flux fills in?
pub(super) fn is_known(name: &str) -> bool {
    crate::source::names::is_dns_label(name)
}

/// Is it a Kustomization of Flux, which deploys a directory?
pub(super) fn is_kustomization(object: &Object) -> bool {
    object.kind == "Kustomization" && object.group() == "kustomize.toolkit.fluxcd.io"
}

/// What a Kustomization of Flux deploys.
pub(super) struct Deployed {
    /// A directory.
    pub path: PathBuf,
    /// `spec.targetNamespace`.
    pub home: Home,
    /// What `spec.patches` are for.
    pub patches: Vec<Target>,
}

/// What Kustomizations of Flux deploy, and into which namespace. One that is suspended deploys nothing.
pub(super) fn deployed(
    files: &BTreeMap<PathBuf, Range<usize>>,
    paths: &[PathBuf],
    sources: &Sources,
    objects: &[Object],
) -> Vec<Deployed> {
    let is_on = |object: &&Object| {
        let suspended = object.get("/spec/suspend").and_then(NodeRef::as_bool);
        suspended != Some(true)
    };
    let flux = objects
        .iter()
        .filter(|object| is_kustomization(object))
        .filter(is_on);
    let text = |object: &'_ Object, pointer: &str| {
        let text = object.get(pointer).and_then(NodeRef::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut found = Vec::new();
    for object in flux {
        let path = text(object, "/spec/path").unwrap_or_else(|| "./".to_owned());
        let Some(source) = sources.get(object.source) else {
            continue;
        };
        let home = text(object, "/spec/targetNamespace");
        let home: Home = home.filter(|name| is_known(name)).map(Into::into);
        let components = object.get("/spec/components").into_iter();
        let components: Vec<&str> = components
            .flat_map(NodeRef::items)
            .filter_map(NodeRef::as_str)
            .collect();
        for target in below_root(Path::new(&source.path), paths, &path, files) {
            let spec = object.get("/spec");
            let patches = || {
                let inline = spec.map(|spec| targets_of(spec, &target, &Limits::default()));
                inline.unwrap_or_default()
            };
            let of = |path: PathBuf| Deployed {
                path,
                home: home.clone(),
                patches: patches(),
            };
            found.extend(components.iter().map(|name| of(real(&target.join(name)))));
            found.push(of(target.clone()));
        }
    }
    found
}

/// A path from the root of the repository; where no `.git` tells the root, from the first directory
/// around the file that has it. A variable stands for each directory in its place.
fn below_root(
    file: &Path,
    paths: &[PathBuf],
    path: &str,
    files: &BTreeMap<PathBuf, Range<usize>>,
) -> Vec<PathBuf> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|p| !matches!(*p, "" | "."))
        .collect();
    let fixed = parts.iter().take_while(|part| !part.contains("${"));
    let relative: PathBuf = fixed.clone().collect();
    let given = paths.iter().filter(|path| path.is_dir()).cloned();
    let file = real(file);
    let around = file.ancestors().skip(1).map(Path::to_path_buf);
    let mut roots = std::iter::once(repository(&file))
        .chain(given)
        .chain(around);
    let Some(root) = roots.find(|root| root.join(&relative).exists()) else {
        return Vec::new();
    };
    let start = real(&root.join(&relative));
    let Some(rest) = parts.get(fixed.count() + 1..) else {
        return vec![start];
    };
    let rest: PathBuf = rest.iter().collect();
    let below = files.range(start.clone()..).map(|(path, _)| path);
    let below = below.take_while(|path| path.starts_with(&start));
    let first = |path: &PathBuf| {
        path.strip_prefix(&start)
            .ok()?
            .iter()
            .next()
            .map(PathBuf::from)
    };
    let named: BTreeSet<PathBuf> = below.filter_map(first).collect();
    named
        .iter()
        .map(|name| start.join(name).join(&rest))
        .collect()
}
