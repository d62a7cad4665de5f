//! Which charts lie below the directories.

use netpol_yaml::{Limits, NodeRef, parse};
use std::fs;
use std::path::{Path, PathBuf};

/// A chart on disk.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The chart's directory, or its archive.
    pub path: PathBuf,
    /// The directory that was searched.
    pub base: PathBuf,
    /// `name` of `Chart.yaml`; of an archive its file name.
    pub name: String,
    /// `version` of `Chart.yaml`.
    pub version: String,
    /// Names of the declared dependencies.
    pub dependencies: Vec<String>,
    library: bool,
    /// It lies in the `charts/` of another one.
    inside: bool,
}

impl Found {
    /// The path below the searched directory.
    pub(crate) fn shown(&self) -> String {
        let path = self.path.strip_prefix(&self.base).unwrap_or(&self.path);
        path.to_string_lossy().into_owned()
    }

    /// The first directory below the searched one: a repository, where many lie side by side.
    pub(crate) fn repository(&self) -> Option<PathBuf> {
        let path = self.path.strip_prefix(&self.base).ok()?;
        Some(self.base.join(path.components().next()?))
    }
}

/// The values files of a chart's `ci/`, which people keep for trying the chart out: names and paths,
/// sorted.
pub(crate) fn ci_files(chart: &Path) -> Vec<(String, PathBuf)> {
    let is_yaml = |path: &PathBuf| {
        let extension = path.extension();
        extension.is_some_and(|ext| ext == "yaml" || ext == "yml")
    };
    let entries = fs::read_dir(chart.join("ci")).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths.filter(is_yaml).collect();
    paths.sort();
    let named = paths.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some((name, path))
    });
    named.collect()
}

/// All charts found, sorted by their paths.
pub(crate) struct Index(Vec<Found>);

impl Index {
    /// The charts to render: no libraries, no parts of other charts.
    pub(crate) fn renderable(&self) -> impl Iterator<Item = &Found> {
        self.0
            .iter()
            .filter(|found| !found.library && !found.inside)
    }

    /// A chart of this name for another one: out of its own repository if there is one.
    pub(crate) fn named(&self, name: &str, of: &Found) -> Option<&Found> {
        let fits =
            |found: &&Found| found.name == name && found.path.is_dir() && found.path != of.path;
        let own = of.repository();
        let mut all = self.0.iter().filter(fits);
        let near = all.clone().find(|found| found.repository() == own);
        near.or_else(|| all.find(|found| !found.inside))
    }
}

/// Looks for charts.
pub(crate) fn find(dirs: &[PathBuf]) -> Result<Index, String> {
    let mut charts = Vec::new();
    for dir in dirs {
        let base = fs::canonicalize(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        walk(&base, &base, false, &mut charts);
    }
    charts.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Index(charts))
}

fn walk(dir: &Path, base: &Path, inside: bool, charts: &mut Vec<Found>) {
    let own = found(dir, base, inside);
    let is_chart = own.is_some();
    charts.extend(own);
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_symlink() || name == ".git" || name == "testdata" {
            continue;
        }
        if path.is_dir() {
            walk(
                &path,
                base,
                inside || (is_chart && name == "charts"),
                charts,
            );
        } else if !inside && !is_chart && name.ends_with(".tgz") {
            charts.extend(archive(&path, base, &name));
        }
    }
}

/// Archives are taken by their names, `NAME-1.2.3.tgz`.
fn archive(path: &Path, base: &Path, name: &str) -> Option<Found> {
    let (chart, version) = split_version(name)?;
    Some(Found {
        path: path.to_owned(),
        base: base.to_owned(),
        name: chart,
        version,
        dependencies: Vec::new(),
        library: false,
        inside: false,
    })
}

/// `redis-1.2.3.tgz` is chart `redis` of version `1.2.3`.
pub(crate) fn split_version(file: &str) -> Option<(String, String)> {
    let stem = file.strip_suffix(".tgz")?;
    let (at, _) = stem.match_indices('-').find(|(at, _)| {
        let rest = stem.get(at + 1..).unwrap_or_default();
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        rest.starts_with(|first: char| first.is_ascii_digit()) && rest.contains('.')
    })?;
    Some((stem.get(..at)?.to_owned(), stem.get(at + 1..)?.to_owned()))
}

fn found(dir: &Path, base: &Path, inside: bool) -> Option<Found> {
    let text = fs::read_to_string(dir.join("Chart.yaml")).ok()?;
    let parsed = parse(&text, &Limits::default());
    let root = parsed
        .documents
        .iter()
        .find(|document| !document.is_empty())?
        .root();
    let string = |node: NodeRef<'_>, key: &str| {
        let value = node.get(key).and_then(NodeRef::scalar_text);
        value.unwrap_or_default().into_owned()
    };
    let names = |node: NodeRef<'_>| -> Vec<String> {
        let list = node.get("dependencies");
        let items = list.iter().flat_map(|list| list.items());
        items.map(|item| string(item, "name")).collect()
    };
    let mut dependencies = names(root);
    if let Ok(text) = fs::read_to_string(dir.join("requirements.yaml")) {
        let parsed = parse(&text, &Limits::default());
        if let Some(document) = parsed
            .documents
            .iter()
            .find(|document| !document.is_empty())
        {
            dependencies = names(document.root());
        }
    }
    Some(Found {
        path: dir.to_owned(),
        base: base.to_owned(),
        name: string(root, "name"),
        version: string(root, "version"),
        dependencies,
        library: string(root, "type") == "library",
        inside,
    })
}
