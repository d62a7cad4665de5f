//! Dependencies that a chart declares and `charts/` does not hold: they are taken from where they lie
//! in the tree (`file://` repositories) and from `--chart-dir`, as `helm dependency build` would.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the charts that a chart depends on are looked for"
)]

use super::Request;
use super::origin::Texts;
use crate::finding::{Code, Finding, Severity};
use netpol_helm::chart::{Chart, ChartError, ChartFiles, ChartLimits, Dependency};
use std::path::{Path, PathBuf};

/// Charts may depend on charts that do; a circle ends here.
const DEEPEST: usize = 10;

/// So many charts are taken in all: one that several depend on is there several times, so that they
/// may grow with the power of their depth.
const MOST: usize = 256;

/// The files with what could be found below `charts/`, and whether more of it is left out.
pub(super) fn vendored(
    files: ChartFiles,
    request: &Request,
    limits: &ChartLimits,
) -> Result<(ChartFiles, bool), ChartError> {
    let mut finder = Finder {
        request,
        limits,
        left: MOST,
        left_out: false,
    };
    let files = finder.complete(files, &request.path, 0)?;
    Ok((files, finder.left_out))
}

/// NP204: more charts than are taken.
pub(super) fn too_many(request: &Request, texts: &mut Texts<'_>) -> Finding {
    let message = format!(
        "the chart `{}` depends on more than {MOST} charts in the tree",
        request.shown
    );
    Finding::new(Code("NP204"), Severity::Warning, message)
        .at(
            texts.file("Chart.yaml", None),
            "what the others render is left out of the analysis",
        )
        .help("`helm dependency build` puts them into `charts/`")
}

struct Finder<'a> {
    request: &'a Request,
    limits: &'a ChartLimits,
    /// How many more charts may be taken.
    left: usize,
    /// More were wanted.
    left_out: bool,
}

impl Finder<'_> {
    fn complete(
        &mut self,
        mut files: ChartFiles,
        at: &Path,
        depth: usize,
    ) -> Result<ChartFiles, ChartError> {
        let chart = Chart::load(files.clone(), self.limits)?;
        if depth >= DEEPEST {
            return Ok(files);
        }
        for dependency in &chart.metadata.dependencies {
            let there = (chart.subcharts.iter()).any(|c| c.metadata.name == dependency.name);
            let found = (!there).then(|| self.find(dependency, at)).flatten();
            if let Some((path, root)) = found {
                let Some(left) = self.left.checked_sub(1) else {
                    self.left_out = true;
                    break;
                };
                self.left = left;
                let below = ChartFiles::from_disk(&path, &root, self.limits)?;
                let below = self.complete(below, &path, depth + 1)?;
                files.add_subchart(&dependency.name, below);
            }
        }
        Ok(files)
    }

    /// The dependency's directory or archive, and the directory that it may not leave.
    fn find(&self, dependency: &Dependency, at: &Path) -> Option<(PathBuf, PathBuf)> {
        if let Some(relative) = dependency.repository.strip_prefix("file://") {
            let path = at.join(relative);
            let inside = std::fs::canonicalize(&path).ok()?;
            let root = std::fs::canonicalize(&self.request.root).ok()?;
            return inside.starts_with(&root).then_some((path, root));
        }
        let mut dirs = self.request.chart_dirs.iter();
        dirs.find_map(|dir| in_directory(dir, &dependency.name, &dependency.version))
    }
}

/// A chart of this name in a directory of charts: `NAME-VERSION.tgz`, `NAME/Chart.yaml`, or the only
/// archive `NAME-….tgz`. The second path is the directory itself.
pub(crate) fn in_directory(
    directory: &Path,
    name: &str,
    version: &str,
) -> Option<(PathBuf, PathBuf)> {
    let plain = |text: &str| !text.is_empty() && !text.contains(['/', '\\']) && text != "..";
    if !plain(name) {
        return None;
    }
    let root = directory.to_path_buf();
    let exact = directory.join(format!("{name}-{version}.tgz"));
    if plain(version) && exact.is_file() {
        return Some((exact, root));
    }
    let unpacked = directory.join(name);
    if unpacked.join("Chart.yaml").is_file() {
        return Some((unpacked, root));
    }
    let mut archives: Vec<PathBuf> = std::fs::read_dir(directory)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let file = path.file_name().and_then(|file| file.to_str());
            let rest = file.and_then(|f| f.strip_prefix(name)?.strip_suffix(".tgz"));
            rest.is_some_and(|rest| {
                rest.strip_prefix('-')
                    .is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
            })
        })
        .collect();
    archives.sort();
    match archives.as_slice() {
        [only] => Some((only.clone(), root)),
        _ => None,
    }
}
