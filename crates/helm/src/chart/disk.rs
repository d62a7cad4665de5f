//! Charts on disk: the only place of this package that opens files.
//!
//! Helm follows every link. Here a link is followed as long as it stays below the root that the
//! caller names (a repository, say); one that leads out of it is refused.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{ChartError, ChartErrorKind};
use super::files::{ChartFile, ChartFiles};
use super::ignore::Rules;
use super::limits::{Budget, ChartLimits};

impl ChartFiles {
    /// Reads a chart directory or a `.tgz` below `root`.
    ///
    /// # Errors
    /// What cannot be opened, links out of `root`, files that are no regular ones, a broken
    /// archive, and exceeded limits.
    pub fn from_disk(chart: &Path, root: &Path, limits: &ChartLimits) -> Result<Self, ChartError> {
        let root = fs::canonicalize(root).map_err(|error| unreadable("", &error))?;
        let chart = fs::canonicalize(chart).map_err(|error| unreadable("", &error))?;
        if !chart.starts_with(&root) {
            return Err(leaves(""));
        }
        let mut budget = Budget::new(limits);
        if chart.is_file() {
            let bytes = fs::read(&chart).map_err(|error| unreadable("", &error))?;
            return super::archive::read(&bytes, &mut budget);
        }
        let rules = match fs::read(chart.join(".helmignore")) {
            Ok(bytes) => Rules::parse(&String::from_utf8_lossy(&bytes))?,
            Err(_) => Rules::default(),
        };
        let mut walk = Walk {
            root: &root,
            rules: &rules,
            budget,
            files: Vec::new(),
        };
        walk.directory(&chart, "", 0)?;
        Ok(Self { files: walk.files })
    }
}

struct Walk<'a> {
    root: &'a Path,
    rules: &'a Rules,
    budget: Budget<'a>,
    files: Vec<ChartFile>,
}

/// Directories in directories; more is a loop of links.
const MAX_DEPTH: usize = 64;

impl Walk<'_> {
    fn directory(&mut self, real: &Path, prefix: &str, depth: usize) -> Result<(), ChartError> {
        if depth > MAX_DEPTH {
            let message =
                format!("directories lie more than {MAX_DEPTH} deep, or links form a loop");
            return Err(ChartError::new(ChartErrorKind::Limit, prefix, message));
        }
        let listing = fs::read_dir(real).map_err(|error| unreadable(prefix, &error))?;
        let mut names = Vec::new();
        for entry in listing {
            let entry = entry.map_err(|error| unreadable(prefix, &error))?;
            let name = entry.file_name().into_string().map_err(|_| {
                let message = "a file's name is not UTF-8";
                ChartError::new(ChartErrorKind::Metadata, prefix, message)
            })?;
            names.push((name, entry.path()));
        }
        names.sort();
        for (name, path) in names {
            let inside = if prefix.is_empty() {
                name
            } else {
                format!("{prefix}/{name}")
            };
            self.entry(&path, &inside, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, inside: &str, depth: usize) -> Result<(), ChartError> {
        let mut kind = fs::symlink_metadata(path).map_err(|error| unreadable(inside, &error))?;
        let mut real = PathBuf::from(path);
        if kind.is_symlink() {
            // Rules can take a link away before it is followed; what it is decides nothing then.
            if self.rules.ignores(inside, false) || self.rules.ignores(inside, true) {
                return Ok(());
            }
            real = fs::canonicalize(path).map_err(|error| unreadable(inside, &error))?;
            if !real.starts_with(self.root) {
                return Err(leaves(inside));
            }
            kind = fs::symlink_metadata(&real).map_err(|error| unreadable(inside, &error))?;
        }
        if self.rules.ignores(inside, kind.is_dir()) {
            return Ok(());
        }
        if kind.is_dir() {
            return self.directory(&real, inside, depth + 1);
        }
        if !kind.is_file() {
            let message = "it is no regular file";
            return Err(ChartError::new(ChartErrorKind::Metadata, inside, message));
        }
        let size = usize::try_from(kind.len()).unwrap_or(usize::MAX);
        self.budget.take(inside, size)?;
        let data = fs::read(&real).map_err(|error| unreadable(inside, &error))?;
        self.files.push(ChartFile::new(inside, &data));
        Ok(())
    }
}

fn leaves(path: &str) -> ChartError {
    ChartError::new(
        ChartErrorKind::Link,
        path,
        "it leads out of the root, so it is not read",
    )
}

fn unreadable(path: &str, error: &std::io::Error) -> ChartError {
    ChartError::new(
        ChartErrorKind::Missing,
        path,
        format!("cannot be read: {error}"),
    )
}
