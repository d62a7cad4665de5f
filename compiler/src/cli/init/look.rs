//! What a directory holds, as targets.

use crate::cli::Failure;
use crate::config::{Chart, Target};
use crate::load::{self, LoadOptions};
use crate::source::Sources;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The objects that each file defines.
type Objects = BTreeMap<PathBuf, BTreeSet<(String, Option<String>, String)>>;

/// What was found on the way.
#[derive(Debug, Default)]
struct Seen {
    objects: Objects,
    charts: Vec<PathBuf>,
    cni_values: Vec<PathBuf>,
    kustomizations: BTreeSet<PathBuf>,
}

/// The clusters below a directory. Directories beside each other that define the same object are
/// different clusters; everything else belongs to each of them.
pub(super) fn targets(root: &Path) -> Result<Vec<Target>, Failure> {
    let seen = look(root)?;
    let overlays = overlays(&seen);
    let shared = shared(&seen, &overlays);
    let charts: Vec<Chart> = (seen.charts.iter())
        .map(|path| Chart {
            path: path.clone(),
            ..Chart::default()
        })
        .collect();
    if overlays.is_empty() {
        let target = Target {
            name: "default".to_owned(),
            paths: shared,
            charts,
            cni_values: seen.cni_values,
            ..Target::default()
        };
        let empty = target.paths.is_empty() && target.charts.is_empty();
        return Ok(if empty { Vec::new() } else { vec![target] });
    }
    let names = names(&overlays);
    let targets = overlays.iter().zip(names).map(|(overlay, name)| {
        let mut paths = vec![overlay.clone()];
        paths.extend(shared.iter().cloned());
        // Values that lie with one cluster are that one's; the others are everybody's.
        let of_another =
            |file: &PathBuf| overlays.iter().any(|o| o != overlay && file.starts_with(o));
        Target {
            name,
            paths,
            charts: charts.clone(),
            cni_values: (seen.cni_values.iter())
                .filter(|f| !of_another(f))
                .cloned()
                .collect(),
            ..Target::default()
        }
    });
    Ok(targets.collect())
}

/// What belongs to every cluster: whole directories, or single files where overlays lie below.
fn shared(seen: &Seen, overlays: &[PathBuf]) -> Vec<PathBuf> {
    let of_everybody = seen
        .objects
        .keys()
        .filter(|file| !overlays.iter().any(|o| file.starts_with(o)) && !is_base(file, seen));
    let paths = of_everybody.map(|file| {
        let directory = file.parent().unwrap_or(Path::new(""));
        let above = overlays.iter().any(|o| o.starts_with(directory));
        if above {
            file.clone()
        } else {
            directory.to_path_buf()
        }
    });
    topmost(paths)
}

fn look(root: &Path) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let mut walk = WalkDir::new(root).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| {
            Failure::new(format!(
                "{} cannot be looked through: {error}",
                root.display()
            ))
        })?;
        let path = entry.path();
        let relative = path.strip_prefix(root).unwrap_or(path).to_path_buf();
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_dir() {
            let hidden = entry.depth() > 0 && name.starts_with('.');
            if path.join("Chart.yaml").is_file() {
                seen.charts.push(relative);
                walk.skip_current_dir();
            } else if hidden {
                walk.skip_current_dir();
            }
            continue;
        }
        let directory = relative.parent().unwrap_or(Path::new("")).to_path_buf();
        match name.as_ref() {
            "kustomization.yaml" | "kustomization.yml" | "Kustomization" => {
                seen.kustomizations.insert(directory);
            }
            _ if is_yaml(path) => of_file(path, relative, &mut seen),
            _ => {}
        }
    }
    Ok(seen)
}

/// Takes the objects of a file, or remembers it as values of a CNI's chart.
fn of_file(path: &Path, relative: PathBuf, seen: &mut Seen) {
    let mut sources = Sources::default();
    // As found in a directory, so that a file that holds no object is none.
    let mut loaded = load::load(&[path.to_path_buf()], &LoadOptions::default(), &mut sources);
    loaded
        .objects
        .retain(|o| !o.kind.is_empty() && !o.api_version.is_empty());
    let is_cilium = relative
        .file_name()
        .is_some_and(|n| n.to_string_lossy().contains("cilium"));
    if loaded.objects.is_empty() {
        if is_cilium {
            seen.cni_values.push(relative);
        }
        return;
    }
    let objects = seen.objects.entry(relative).or_default();
    for object in loaded.objects {
        objects.insert((object.kind, object.namespace, object.name));
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"))
}

/// Directories for one cluster each: those that define an object which a directory beside them
/// defines too, and Kustomize overlays.
fn overlays(seen: &Seen) -> Vec<PathBuf> {
    let mut found: BTreeSet<PathBuf> = BTreeSet::new();
    let mut defined: BTreeMap<_, BTreeSet<&Path>> = BTreeMap::new();
    for (file, objects) in &seen.objects {
        for object in objects {
            let directories = defined.entry(object).or_default();
            directories.insert(file.parent().unwrap_or(Path::new("")));
        }
    }
    for directories in defined.values() {
        for (at, a) in directories.iter().enumerate() {
            for b in directories.iter().skip(at + 1) {
                let (a, b) = siblings(a, b).unwrap_or_default();
                found.extend([a, b].into_iter().filter(|p| !p.as_os_str().is_empty()));
            }
        }
    }
    for directory in &seen.kustomizations {
        let parent = directory.parent().and_then(Path::file_name);
        if parent.is_some_and(|name| name == "overlays") {
            found.insert(directory.clone());
        }
    }
    topmost(found)
}

/// The directories at which two ways part; none when one leads through the other.
fn siblings(a: &Path, b: &Path) -> Option<(PathBuf, PathBuf)> {
    let common = a
        .components()
        .zip(b.components())
        .take_while(|(x, y)| x == y)
        .count();
    let part = |path: &Path| -> Option<PathBuf> {
        let parts: PathBuf = path.components().take(common + 1).collect();
        (path.components().count() > common).then_some(parts)
    };
    Some((part(a)?, part(b)?))
}

/// Is it what overlays are made from, so that nobody applies it alone?
fn is_base(directory: &Path, seen: &Seen) -> bool {
    let named = directory
        .components()
        .any(|part| part.as_os_str() == "base");
    named && !seen.kustomizations.is_empty()
}

/// Without those that lie below others of them.
fn topmost(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut sorted: Vec<PathBuf> = paths.into_iter().collect();
    sorted.sort();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in sorted {
        if !kept.iter().any(|above| path.starts_with(above)) {
            kept.push(path);
        }
    }
    kept
}

/// The last parts of the paths, longer where they would be the same.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let last = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let whole = |path: &Path| path.to_string_lossy().replace('/', "-");
    let count = |name: &str| paths.iter().filter(|path| last(path) == name).count();
    let name = |path: &PathBuf| {
        let short = last(path);
        if count(&short) > 1 {
            whole(path)
        } else {
            short
        }
    };
    paths.iter().map(name).collect()
}

/// The text of the configuration.
pub(super) fn written(targets: &[Target]) -> String {
    let mut text = String::from(
        "# The clusters that this repository holds. Paths are relative to this file;\n\
         # `netpolc check --target NAME` reads one of them, without --target each is read apart.\n",
    );
    for target in targets {
        let _ = write!(text, "\n[[target]]\nname = {}\n", quoted(&target.name));
        for (key, paths) in [("paths", &target.paths), ("cni-values", &target.cni_values)] {
            if !paths.is_empty() {
                let _ = writeln!(text, "{key} = [{}]", listed(paths));
            }
        }
        for chart in &target.charts {
            let path = quoted(&shown(&chart.path));
            let _ = write!(text, "\n[[target.charts]]\npath = {path}\n");
        }
    }
    text
}

fn listed(paths: &[PathBuf]) -> String {
    let texts: Vec<String> = paths.iter().map(|path| quoted(&shown(path))).collect();
    texts.join(", ")
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.is_empty() {
        ".".to_owned()
    } else {
        text.into_owned()
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
