//! Charts with their dependencies in `charts/`, put together below `target/VERB`.

use super::charts::{Found, Index, split_version};
use crate::root;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Charts in charts deeper than this are a loop.
const DEPTH: usize = 6;

/// The chart as it lies, or a copy with what it lacked; `Err` inside names a dependency that is
/// nowhere.
pub(crate) fn assemble(
    found: &Found,
    index: &Index,
    verb: &str,
) -> Result<Result<PathBuf, String>, String> {
    if lacking(found).is_empty() {
        return Ok(Ok(found.path.clone()));
    }
    let copy = root()
        .join("target")
        .join(verb)
        .join(found.shown().replace('/', "__"));
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(|error| error.to_string())?;
    }
    put(found, index, &copy, 0)
        .map(|missing| match missing {
            None => Ok(copy),
            Some(missing) => Err(missing),
        })
        .map_err(|error| format!("{}: {error}", found.path.display()))
}

/// Copies a chart and what it needs; gives the first dependency that is nowhere.
fn put(found: &Found, index: &Index, to: &Path, depth: usize) -> std::io::Result<Option<String>> {
    copy(&found.path, to)?;
    for name in lacking(found) {
        let dependency = index.named(&name, found);
        let Some(dependency) = dependency.filter(|_| depth < DEPTH) else {
            return Ok(Some(name));
        };
        let below = to.join("charts").join(&name);
        if let Some(missing) = put(dependency, index, &below, depth + 1)? {
            return Ok(Some(missing));
        }
    }
    Ok(None)
}

/// Declared and not in `charts/`.
fn lacking(found: &Found) -> BTreeSet<String> {
    let mut lacking: BTreeSet<String> = found.dependencies.iter().cloned().collect();
    let entries = fs::read_dir(found.path.join("charts"))
        .into_iter()
        .flatten();
    for entry in entries.filter_map(Result::ok) {
        let file = entry.file_name().to_string_lossy().into_owned();
        match split_version(&file) {
            Some((name, _)) => lacking.remove(&name),
            None => lacking.remove(&name_of(&entry.path()).unwrap_or(file)),
        };
    }
    lacking
}

fn name_of(chart: &Path) -> Option<String> {
    let text = fs::read_to_string(chart.join("Chart.yaml")).ok()?;
    let parsed = netpol_yaml::parse(&text, &netpol_yaml::Limits::default());
    let name = parsed.documents.first()?.root().get("name")?.as_str()?;
    Some(name.to_owned())
}

/// Copies a directory; links become what they lead to.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else if path.is_file() {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
