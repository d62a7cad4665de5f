//! From the paths of the command line to the files that are to be read.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where files are looked for and read"
)]

use super::charts::{self, Chart};
use super::kustomize;
use super::names::shown;
use super::{Limits, Report, beside};
use crate::source::Sources;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// A file to be read.
#[derive(Debug)]
pub(super) struct File {
    /// How to open it; `-` is standard input.
    pub path: PathBuf,
    /// How to show it.
    pub shown: String,
    /// Named by the user rather than found in a directory: then it must hold objects.
    pub named: bool,
}

/// Collects files, each of them once however often it is reached.
#[derive(Default)]
pub(super) struct Files {
    /// In the order of reading.
    pub list: Vec<File>,
    /// Charts, each once.
    pub charts: Vec<Chart>,
    /// Directories with a kustomization, each once.
    pub kustomizations: Vec<Kustomization>,
    /// Directories of kustomizations that reading says as much of as building.
    pub plain: Vec<PathBuf>,
    /// What was passed over, one sentence each.
    pub passed_over: Vec<String>,
    seen: BTreeSet<PathBuf>,
    kustomized: BTreeSet<PathBuf>,
}

/// A directory with a kustomization.
#[derive(Debug)]
pub(super) struct Kustomization {
    /// The directory.
    pub directory: PathBuf,
    /// Named by the user: then it is built rather than read.
    pub named: bool,
}

impl Files {
    /// Adds what one path of the command line stands for.
    pub fn add(
        &mut self,
        path: &Path,
        limits: &Limits,
        sources: &mut Sources,
        report: &mut Report,
    ) {
        if is_stream(path) {
            let name = if path == Path::new("-") {
                "<stdin>".to_owned()
            } else {
                shown(path)
            };
            self.push(path.to_path_buf(), path.to_path_buf(), name, true);
            return;
        }
        match fs::metadata(path) {
            Err(error) => unreadable(path, &error, sources, report),
            Ok(about) if about.is_dir() => self.add_directory(path, limits, sources, report),
            Ok(about) if about.is_file() => {
                if let Some(chart) = charts::of_template(path) {
                    charts::report(&chart, sources, report);
                } else if charts::is_archive(path) {
                    self.add_chart(path.to_path_buf(), true);
                } else {
                    self.add_file(path, true);
                }
            }
            Ok(about) => refuse(path, kind_of(about.file_type()), sources, report),
        }
    }

    fn add_file(&mut self, path: &Path, named: bool) {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        self.push(path.to_path_buf(), real, shown(path), named);
    }

    fn add_chart(&mut self, path: PathBuf, named: bool) {
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if self.seen.insert(real) {
            self.charts.push(Chart { path, named });
        }
    }

    fn add_kustomization(&mut self, directory: PathBuf, named: bool) {
        if self.kustomized.insert(directory.clone()) {
            self.kustomizations.push(Kustomization { directory, named });
        }
    }

    /// Adds what a kustomization is made of, where reading it says the same as building it: then
    /// findings stand in files. Not what lies above the working directory, which has no short name.
    fn add_plainly(&mut self, root: &Path, limits: &Limits) -> bool {
        let here = std::env::current_dir().and_then(fs::canonicalize);
        let Some((directories, files)) = kustomize::Layout::plainly(root, limits) else {
            return false;
        };
        let short =
            |path: &PathBuf| Some(path.strip_prefix(here.as_ref().ok()?).ok()?.to_path_buf());
        let short_ones: Option<Vec<PathBuf>> = files.iter().map(short).collect();
        let Some(files) = short_ones else {
            return false;
        };
        for directory in directories {
            if self.kustomized.insert(directory.clone()) {
                self.plain.push(directory);
            }
        }
        for file in &files {
            self.add_file(file, false);
        }
        let beside = kustomize::Layout::beside(root, limits);
        self.passed_over
            .extend(kustomize::not_taken_up(root, &beside));
        true
    }

    fn push(&mut self, path: PathBuf, identity: PathBuf, shown: String, named: bool) {
        if self.seen.insert(identity) {
            self.list.push(File { path, shown, named });
        }
    }

    fn add_directory(
        &mut self,
        root: &Path,
        limits: &Limits,
        sources: &mut Sources,
        report: &mut Report,
    ) {
        if charts::renders(root) {
            self.add_chart(root.to_path_buf(), true);
            self.passed_over
                .extend(beside::of_charts(&[root.to_path_buf()]));
            return;
        }
        if let Some(chart) = charts::of_template(root) {
            charts::report(&chart, sources, report);
            return;
        }
        if kustomize::is_here(root) {
            if self.add_plainly(root, limits) {
                return;
            }
            if kustomize::is_installed() {
                self.add_kustomization(root.to_path_buf(), true);
                return;
            }
        }
        let mut charts: Vec<PathBuf> = Vec::new();
        let mut hidden: Vec<PathBuf> = Vec::new();
        let Ok(real_root) = fs::canonicalize(root) else {
            refuse(root, "a directory that cannot be opened", sources, report);
            return;
        };
        let mut links = Vec::new();
        let mut walk = WalkDir::new(root)
            .follow_links(false)
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    walk_error(root, &error, sources, report);
                    continue;
                }
            };
            if entry.depth() == 0 {
                continue;
            }
            let kind = entry.file_type();
            if kind.is_dir() {
                if is_hidden(&entry) {
                    walk.skip_current_dir();
                    hidden.push(entry.into_path());
                } else if !utf8_name(entry.path(), sources, report) {
                    walk.skip_current_dir();
                } else if charts::renders(entry.path()) {
                    walk.skip_current_dir();
                    charts.push(entry.path().to_path_buf());
                    self.add_chart(entry.into_path(), false);
                }
            } else if kind.is_symlink() {
                links.push(entry.into_path());
            } else if kustomize::is_name(entry.file_name()) {
                let directory = entry.path().parent().unwrap_or(root).to_path_buf();
                self.add_kustomization(directory, false);
            } else if is_manifest(entry.path()) {
                if !kind.is_file() {
                    refuse(entry.path(), kind_of(kind), sources, report);
                } else if utf8_name(entry.path(), sources, report) {
                    self.add_file(entry.path(), false);
                }
            }
        }
        self.passed_over.extend(beside::hidden(&hidden));
        self.passed_over.extend(beside::of_charts(&charts));
        // Links come last, so that a file that is also reached by its own name is read by that.
        for link in links {
            self.add_link(&link, &real_root, sources, report);
        }
    }

    /// A link is followed to a file inside the root and nowhere else.
    fn add_link(&mut self, link: &Path, root: &Path, sources: &mut Sources, report: &mut Report) {
        let target = match fs::canonicalize(link) {
            Ok(target) => target,
            Err(error) if is_manifest(link) => {
                unreadable(link, &error, sources, report);
                return;
            }
            Err(error) if is_circle(&error) => {
                unreadable(link, &error, sources, report);
                return;
            }
            Err(_) => return,
        };
        let is_directory = target.is_dir();
        let inside = target.starts_with(root);
        if is_directory && link_directory(link).starts_with(&target) {
            refuse(
                link,
                "a symbolic link to a directory around it",
                sources,
                report,
            );
        } else if !inside && (is_directory || is_manifest(link)) {
            let what = "a symbolic link that leads out of the directory";
            refuse(link, what, sources, report);
        } else if !is_directory && is_manifest(link) && utf8_name(link, sources, report) {
            match fs::metadata(&target) {
                Ok(about) if about.is_file() => self.add_file(link, false),
                Ok(about) => refuse(link, kind_of(about.file_type()), sources, report),
                Err(error) => unreadable(link, &error, sources, report),
            }
        }
    }
}

/// Hidden directories (`.git`, `.github`) are no place for manifests.
pub(super) fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().first() == Some(&b'.')
}

/// Links that lead to each other. The kind is known to the standard library by this name, which
/// it does not let programs use yet.
fn is_circle(error: &io::Error) -> bool {
    format!("{:?}", error.kind()) == "FilesystemLoop"
}

/// The real directory that a link stands in.
fn link_directory(link: &Path) -> PathBuf {
    let parent = link.parent().unwrap_or(link);
    fs::canonicalize(parent).unwrap_or_else(|_| parent.to_path_buf())
}

/// Standard input, also in the form in which shells hand over a pipe (`<(helm template …)`).
fn is_stream(path: &Path) -> bool {
    let descriptor = |path: &Path| {
        path.file_name()
            .is_some_and(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit))
    };
    path == Path::new("-")
        || path == Path::new("/dev/stdin")
        || (path.parent() == Some(Path::new("/dev/fd")) && descriptor(path))
        || (path.parent() == Some(Path::new("/proc/self/fd")) && descriptor(path))
}

/// Does the name say YAML or JSON?
pub(super) fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn utf8_name(path: &Path, sources: &mut Sources, report: &mut Report) -> bool {
    let fine = path.file_name().is_none_or(|name| name.to_str().is_some());
    if !fine {
        refuse(path, "a file whose name is not UTF-8", sources, report);
    }
    fine
}

/// What a file is that is no regular file, in words.
fn kind_of(kind: fs::FileType) -> &'static str {
    #[cfg(unix)]
    if let Some(special) = special_kind(kind) {
        return special;
    }
    let _ = kind;
    "no regular file"
}

#[cfg(unix)]
fn special_kind(kind: fs::FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        Some("a named pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("a device")
    } else {
        None
    }
}

fn refuse(path: &Path, what: &str, sources: &mut Sources, report: &mut Report) {
    let name = shown(path);
    let message = format!("`{name}` is not read: it is {what}");
    report.unreadable(sources, &name, message);
}

pub(super) fn unreadable(
    path: &Path,
    error: &io::Error,
    sources: &mut Sources,
    report: &mut Report,
) {
    let name = shown(path);
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ if is_circle(error) => "its symbolic links go in a circle".to_owned(),
        kind => kind.to_string(),
    };
    report.unreadable(sources, &name, format!("`{name}` cannot be read: {why}"));
}

fn walk_error(root: &Path, error: &walkdir::Error, sources: &mut Sources, report: &mut Report) {
    let path = error.path().unwrap_or(root);
    match error.io_error() {
        Some(why) => unreadable(path, why, sources, report),
        None => refuse(path, "part of a circle of directories", sources, report),
    }
}
