//! Trees of a git repository, read by calling git. The work tree is never touched: files are
//! written to a private directory that is taken away again.
#![expect(
    clippy::disallowed_methods,
    reason = "git is started here, and its files are written to a private directory"
)]

use super::Failure;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// `git:REF` or `git:REF:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitPlace {
    /// A branch, tag or commit, as git reads it.
    pub reference: String,
    /// Below the root of the repository, or below the working directory when it begins with `./`;
    /// `None` is the working directory itself.
    pub path: Option<String>,
}

/// All files of a tree together are read up to this many bytes.
const MOST_BYTES: u64 = 1 << 30;

impl GitPlace {
    /// Reads what stands behind `git:`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (reference, path) = match text.split_once(':') {
            Some((reference, path)) => (reference, Some(path.to_owned())),
            None => (text, None),
        };
        if reference.is_empty() || reference.starts_with('-') {
            return Err(Failure::new(format!(
                "`git:{text}` names no commit; write git:REF or git:REF:PATH, for example git:main"
            )));
        }
        Ok(Self {
            reference: reference.to_owned(),
            path: path.filter(|path| !path.is_empty()),
        })
    }
}

/// A tree as files.
#[derive(Debug)]
pub struct Checkout {
    directory: TempDir,
    below: PathBuf,
    reference: String,
}

impl Checkout {
    /// Where the asked path lies.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join(&self.below)
    }

    /// The private directory, which paths are not to be shown with.
    pub fn root(&self) -> String {
        self.directory.path().display().to_string()
    }

    /// What paths are shown with instead: `main:`.
    pub fn label(&self) -> String {
        format!("{}:", self.reference)
    }
}

/// Takes a tree out of the repository around the working directory.
///
/// # Errors
/// git is missing, there is no repository, no such commit or path, or it cannot be written.
pub fn checkout(place: &GitPlace) -> Result<Checkout, Failure> {
    let prefix = prefix()?;
    let below = match &place.path {
        None => prefix,
        Some(path) => match path.strip_prefix("./") {
            Some(path) => prefix.join(path),
            None => PathBuf::from(path),
        },
    };
    let below: PathBuf = (below.components())
        .filter(|part| !matches!(part, Component::CurDir))
        .collect();
    if !is_inside(&below) {
        return Err(Failure::new(format!(
            "`{}` leads out of the repository",
            below.display()
        )));
    }
    let commit = format!("{}^{{commit}}", place.reference);
    let commit = git(&[
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &commit,
    ])
    .map_err(|error| match error {
        Failure::Sentence(sentence) if sentence.contains("git cannot") => {
            Failure::Sentence(sentence)
        }
        _ => Failure::new(format!(
            "git knows no commit `{}`; in a shallow clone, fetch it first",
            place.reference
        )),
    })?;
    let entries = tree(commit.trim(), &below)?;
    if entries.is_empty() {
        return Err(Failure::new(format!(
            "there is no `{}` in `{}`",
            below.display(),
            place.reference
        )));
    }
    let directory = (tempfile::Builder::new().prefix("netpolc-").tempdir())
        .map_err(|error| Failure::new(format!("no private directory can be made: {error}")))?;
    write(directory.path(), &entries)?;
    Ok(Checkout {
        directory,
        below,
        reference: place.reference.clone(),
    })
}

/// Where the working directory lies below the root of its repository; empty for the root itself.
///
/// # Errors
/// git is missing, or there is no repository.
pub fn prefix() -> Result<PathBuf, Failure> {
    let prefix = git(&["rev-parse", "--show-prefix"])?;
    Ok(PathBuf::from(prefix.trim_end_matches('\n')))
}

/// Runs git and takes what it prints.
fn git(args: &[&str]) -> Result<String, Failure> {
    let output = command(args).output().map_err(|error| no_git(&error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("fatal: ");
        return Err(Failure::new(format!("git: {said}")));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::new("git names a path that is not UTF-8"))
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-optional-locks", "--literal-pathspecs"])
        .args(args)
        .stdin(Stdio::null());
    command
}

fn no_git(error: &std::io::Error) -> Failure {
    Failure::new(format!("git cannot be started: {error}"))
}

/// A file of a tree.
struct Entry {
    is_link: bool,
    object: String,
    path: PathBuf,
}

/// The files of a commit at or below a path.
fn tree(commit: &str, below: &Path) -> Result<Vec<Entry>, Failure> {
    let mut args = vec!["ls-tree", "-r", "-z", "-l", "--full-tree", commit];
    let path = below.to_string_lossy();
    if !path.is_empty() {
        args.extend(["--", &path]);
    }
    let listed = git(&args)?;
    let mut entries = Vec::new();
    let mut bytes = 0_u64;
    for line in listed.split('\0').filter(|line| !line.is_empty()) {
        let Some((about, path)) = line.split_once('\t') else {
            continue;
        };
        let mut about = about.split_ascii_whitespace();
        let (mode, _, object, size) = (about.next(), about.next(), about.next(), about.next());
        let path = PathBuf::from(path);
        let (Some(mode @ ("100644" | "100755" | "120000")), Some(object)) = (mode, object) else {
            continue;
        };
        if !is_inside(&path) || !is_wanted(&path) {
            continue;
        }
        bytes = bytes.saturating_add(size.and_then(|s| s.parse().ok()).unwrap_or(0));
        entries.push(Entry {
            is_link: mode == "120000",
            object: object.to_owned(),
            path,
        });
    }
    if bytes > MOST_BYTES {
        return Err(Failure::new(format!(
            "the tree of `{commit}` holds more than {MOST_BYTES} bytes; name a PATH in it"
        )));
    }
    Ok(entries)
}

/// Does the path stay below where it begins?
fn is_inside(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, Component::Normal(_)))
}

/// Manifests, and what charts are made of. Others are never looked at.
fn is_wanted(path: &Path) -> bool {
    let known = ["yaml", "yml", "json", "toml", "tpl", "tgz", "txt", "lock"];
    path.extension().is_none_or(|extension| {
        known
            .iter()
            .any(|wanted| extension.eq_ignore_ascii_case(wanted))
    })
}

/// Writes the files below a directory.
fn write(root: &Path, entries: &[Entry]) -> Result<(), Failure> {
    let mut child = command(&["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| no_git(&error))?;
    let (Some(mut asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failure::new("git cannot be spoken to"));
    };
    let written = std::thread::scope(|scope| {
        // git answers while it is asked; neither must wait for the other.
        scope.spawn(move || {
            for entry in entries {
                if writeln!(asks, "{}", entry.object).is_err() {
                    break;
                }
            }
        });
        take(root, entries, BufReader::new(answers))
    });
    let ended = child.wait();
    written
        .map_err(|error| Failure::new(format!("files of the commit cannot be kept: {error}")))?;
    match ended {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Failure::new("git ended before it had given all files")),
    }
}

fn take(root: &Path, entries: &[Entry], mut answers: impl BufRead) -> std::io::Result<()> {
    for entry in entries {
        let mut header = String::new();
        answers.read_line(&mut header)?;
        let length = header
            .trim()
            .rsplit(' ')
            .next()
            .and_then(|n| n.parse::<u64>().ok());
        let Some(length) = length else {
            return Err(std::io::Error::other("git has no such object"));
        };
        let mut bytes = Vec::new();
        answers.by_ref().take(length).read_to_end(&mut bytes)?;
        let mut newline = [0];
        answers.read_exact(&mut newline)?;
        let path = root.join(&entry.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if entry.is_link {
            link(&bytes, &path)?;
        } else {
            fs::write(&path, bytes)?;
        }
    }
    Ok(())
}

/// A link as it was; the loader follows none out of the directory.
#[cfg(unix)]
fn link(target: &[u8], path: &Path) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), path)
}

#[cfg(not(unix))]
fn link(target: &[u8], path: &Path) -> std::io::Result<()> {
    fs::write(path, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_what_leads_out_is_refused() {
        let place = GitPlace::parse("main:policies").unwrap();
        assert_eq!(place.reference, "main");
        assert_eq!(place.path.as_deref(), Some("policies"));
        assert_eq!(GitPlace::parse("v1.0").unwrap().path, None);
        assert_eq!(GitPlace::parse("v1.0:").unwrap().path, None);
        for bad in ["", "-x", ":a"] {
            assert!(GitPlace::parse(bad).is_err(), "{bad}");
        }
        assert!(!is_inside(Path::new("../x")));
        assert!(!is_inside(Path::new("/x")));
        assert!(is_inside(Path::new("a/b")));
    }
}
