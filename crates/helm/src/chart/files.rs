//! The files of a chart, in memory.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::error::{ChartError, ChartErrorKind};
use super::ignore::Rules;
use super::limits::{Budget, ChartLimits};

/// One file of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartFile {
    /// The path inside its chart, `/` between its parts.
    pub path: String,
    /// Its bytes, without a byte order mark.
    pub data: Rc<[u8]>,
}

impl ChartFile {
    /// A file; a byte order mark is taken off, as Helm does.
    pub fn new(path: impl Into<String>, data: &[u8]) -> Self {
        let data = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
        Self {
            path: path.into(),
            data: data.into(),
        }
    }

    /// The text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

/// The files of one chart directory or archive, subcharts included, in the order of Helm's walk:
/// directories by their names, archives as they are packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartFiles {
    pub(crate) files: Vec<ChartFile>,
}

impl ChartFiles {
    /// The files of a directory that lies in memory: `(path, bytes)` in any order. `.helmignore`
    /// is applied as Helm applies it to a directory.
    ///
    /// # Errors
    /// A path that is not relative and plain, one that is there twice, a `.helmignore` that Helm
    /// refuses, and exceeded limits.
    pub fn from_memory<P: AsRef<str>, D: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (P, D)>,
        limits: &ChartLimits,
    ) -> Result<Self, ChartError> {
        let mut files: Vec<ChartFile> = files
            .into_iter()
            .map(|(path, data)| ChartFile::new(path.as_ref(), data.as_ref()))
            .collect();
        files.sort_by(|one, other| one.path.split('/').cmp(other.path.split('/')));
        let rules = match files.iter().find(|file| file.path == ".helmignore") {
            Some(file) => Rules::parse(&file.text())?,
            None => Rules::default(),
        };
        files.retain(|file| !rules.ignores_file(&file.path));
        let mut budget = Budget::new(limits);
        let mut seen = BTreeSet::new();
        for file in &files {
            check_path(&file.path)?;
            budget.take(&file.path, file.data.len())?;
            if !seen.insert(file.path.as_str()) {
                return Err(duplicate(&file.path));
            }
        }
        Ok(Self { files })
    }

    /// The files.
    pub fn iter(&self) -> impl Iterator<Item = &ChartFile> {
        self.files.iter()
    }

    /// Puts another chart's files below `charts/`, as `helm dependency build` does.
    pub fn add_subchart(&mut self, name: &str, files: Self) {
        self.files
            .extend(files.files.into_iter().map(|file| ChartFile {
                path: format!("charts/{name}/{}", file.path),
                data: file.data,
            }));
    }

    /// The file of this path.
    pub fn get(&self, path: &str) -> Option<&ChartFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

pub(super) fn duplicate(path: &str) -> ChartError {
    let message = "the chart holds two files of this name";
    ChartError::new(ChartErrorKind::Archive, path, message)
}

/// Refuses paths that could leave the chart.
pub(super) fn check_path(path: &str) -> Result<(), ChartError> {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if path.contains(['\\', '\0']) || !path.split('/').all(plain) {
        let message = "a path inside a chart may not leave it";
        return Err(ChartError::new(ChartErrorKind::Archive, path, message));
    }
    Ok(())
}
