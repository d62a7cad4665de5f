//! What kustomizations say about the files around them, where a tree is read and not built: which files are manifests and which are patches, and the namespaces that the manifests get
//! (`namespace` of a kustomization, `spec.targetNamespace` of a Kustomization of Flux).
//!
//! The outermost namespace wins, as in `kustomize build`. A file that several kustomizations take up
//! for several namespaces stands for one object in each of them.

use super::super::beside::manifests_below;
use super::super::charts::real;
use super::super::files::{is_hidden, is_manifest};
use super::super::{Kustomized, Limits, Loaded, Object};
use super::said::{Home, Said, said};
use super::tell;
use super::walk::{Deployed, Walk, deployed, is_kustomization};
use crate::source::Sources;
use crate::source::names::shown;
use netpol_yaml::NodeRef;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No more steps are taken from kustomization to kustomization; trees have thousands.
pub(super) const MOST_STEPS: usize = 100_000;

/// So many objects components may make of a tree.
const MOST_OBJECTS: usize = 200_000;

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

    /// What a directory is made of, where reading its files says the same as building it: the
    /// directories of the kustomizations, and the files.
    pub(in crate::load) fn plainly(
        directory: &Path,
        limits: &Limits,
    ) -> Option<(Vec<PathBuf>, Vec<PathBuf>)> {
        let (mut directories, mut files) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![real(directory)];
        while let Some(path) = open.pop() {
            if directories.len() > MOST_STEPS || files.len() > MOST_STEPS {
                return None;
            }
            if path.is_file() {
                files.insert(is_manifest(&path).then_some(path)?);
            } else if directories.insert(path.clone()) {
                let said = said(&path, limits)?;
                if !said.is_plain || !said.missing.is_empty() {
                    return None;
                }
                open.extend(said.resources);
                open.extend(said.components);
            }
        }
        Some((
            directories.into_iter().collect(),
            files.into_iter().collect(),
        ))
    }

    /// Manifests below a directory that its kustomization does not take up, by way of others either.
    pub(in crate::load) fn beside(directory: &Path, limits: &Limits) -> BTreeSet<String> {
        let all = manifests_below(directory, is_hidden);
        let names: BTreeSet<PathBuf> = all.iter().filter_map(|f| Some(real(f.parent()?))).collect();
        let layout = Self::read(names.iter().map(PathBuf::as_path), limits);
        let files: BTreeMap<PathBuf, Range<usize>> =
            all.iter().map(|file| (real(file), 0..0)).collect();
        let root = real(directory);
        let mut steps = MOST_STEPS;
        let used = layout.files_of(&root, &files, &mut steps);
        let is_used = |file: &PathBuf| {
            let name = file.file_name().unwrap_or_default();
            used.contains(file.as_path()) || layout.parts.contains(file) || super::is_name(name)
        };
        let unused = files.keys().filter(|file| !is_used(file));
        unused
            .map(|file| shown(file.strip_prefix(&root).unwrap_or(file)))
            .collect()
    }

    /// What a directory refers to and the tree does not hold, by way of other kustomizations too:
    /// Kustomize would look for it on the network.
    pub(super) fn remote(directory: &Path, limits: &Limits) -> Option<String> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![real(directory)]);
        while let Some(path) = open.pop().filter(|_| seen.len() < MOST_STEPS) {
            if !seen.insert(path.clone()) {
                continue;
            }
            let Some(said) = said(&path, limits) else {
                continue;
            };
            if let Some(missing) = said.missing.into_iter().next() {
                return Some(missing);
            }
            open.extend(said.resources);
            open.extend(said.components);
            open.extend(said.parts);
        }
        None
    }

    /// Puts the objects of the files into the namespaces that they get. An object in several of
    /// them is added once for each of the others. What is not known of them is said.
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
            let kustomized = self.role_of(file, homes.contains_key(file));
            let objects = loaded.objects.get_mut(range.clone()).into_iter().flatten();
            objects.for_each(|object| object.kustomized = mark(object, kustomized));
        }
        self.mark_patched(&files, &targets, loaded);
        tell::not_read(self, &files, loaded);
        move_home(&files, homes, loaded);
    }

    fn role_of(&self, file: &Path, is_taken_up: bool) -> Kustomized {
        let mut around = file.ancestors().skip(1);
        if is_taken_up {
            Kustomized::TakenUp
        } else if around
            .next()
            .is_some_and(|beside| self.said.contains_key(beside))
        {
            Kustomized::LeftOut
        } else if around.any(|around| self.said.contains_key(around)) {
            Kustomized::PassedOver
        } else {
            Kustomized::No
        }
    }

    /// Marks the objects that patches are for.
    fn mark_patched(
        &self,
        files: &BTreeMap<PathBuf, Range<usize>>,
        targets: &[Deployed],
        loaded: &mut Loaded,
    ) {
        let said = self.said.iter().map(|(path, said)| (path, &said.patches));
        let deployed = targets.iter().map(|target| (&target.path, &target.patches));
        let mut steps = MOST_STEPS;
        for (path, patches) in said.chain(deployed).filter(|(_, all)| !all.is_empty()) {
            for file in self.files_of(path, files, &mut steps) {
                let range = files.get(file).cloned().unwrap_or_default();
                for object in loaded.objects.get_mut(range).into_iter().flatten() {
                    let is_built = object.kustomized == Kustomized::TakenUp;
                    if is_built && patches.iter().any(|target| target.is(object)) {
                        object.kustomized = Kustomized::Patched;
                    }
                }
            }
        }
    }

    /// What a kustomization takes up, by way of others too; all below a directory without one.
    fn files_of<'a>(
        &'a self,
        directory: &'a Path,
        files: &'a BTreeMap<PathBuf, Range<usize>>,
        steps: &mut usize,
    ) -> BTreeSet<&'a Path> {
        let mut found = BTreeSet::new();
        if !self.said.contains_key(directory) {
            let below = files
                .range(directory.to_path_buf()..)
                .map(|(path, _)| path.as_path());
            found.extend(below.take_while(|path| path.starts_with(directory)));
            return found;
        }
        let mut open = vec![directory];
        while let Some(path) = open.pop().filter(|_| *steps > 0) {
            *steps -= 1;
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

/// Kustomize drops what is marked as local.
fn mark(object: &Object, kustomized: Kustomized) -> Kustomized {
    let annotations = object.get("/metadata/annotations");
    let local = annotations.and_then(|all| all.get("config.kubernetes.io/local-config"));
    match local.and_then(NodeRef::as_str) {
        Some("true") if kustomized == Kustomized::TakenUp => Kustomized::LeftOut,
        _ => kustomized,
    }
}

/// Puts objects into the namespaces of their files.
fn move_home(
    files: &BTreeMap<PathBuf, Range<usize>>,
    homes: BTreeMap<PathBuf, BTreeSet<Home>>,
    loaded: &mut Loaded,
) {
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
            } else if loaded.objects.len() < MOST_OBJECTS {
                loaded.objects.extend(moved);
            } else {
                let sentence = "components stand for more objects than are looked at";
                if loaded.incomplete.last().is_none_or(|last| last != sentence) {
                    loaded.incomplete.push(sentence.to_owned());
                }
            }
        }
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
