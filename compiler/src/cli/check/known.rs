//! Findings that were there before: at a commit, or in a baseline.

use super::Args;
use super::settings::Settings;
use crate::cli::git::{self, GitPlace};
use crate::cli::{Failure, Inputs, Terminal};
use crate::lint;
use crate::lint::suppress::{self, By, Sifted, Suppressed};
use crate::report::fingerprints;
use crate::resolve::{self, Analysis, is_fatal};
use crate::source::Sources;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Moves the findings of these marks from what is told to what is not. What keeps the input from
/// being read is told however old it is.
pub(super) fn take_out(sifted: &mut Sifted, sources: &Sources, marks: &BTreeSet<String>, by: By) {
    let own = fingerprints(sources, &sifted.told);
    let mut told = Vec::new();
    for (finding, mark) in std::mem::take(&mut sifted.told).into_iter().zip(own) {
        if marks.contains(&mark) && !is_fatal(&finding) {
            sifted.suppressed.push(Suppressed {
                finding,
                by,
                reason: String::new(),
            });
        } else {
            told.push(finding);
        }
    }
    sifted.told = told;
}

/// The marks of what is found in the same paths at a commit.
///
/// # Errors
/// git cannot give the commit, or a path lies where it cannot be looked up.
pub(super) fn at_commit(
    reference: &str,
    args: &Args,
    settings: &Settings,
    terminal: &mut Terminal<'_>,
) -> Result<BTreeSet<String>, Failure> {
    let place = GitPlace {
        path: Some(".".to_owned()),
        ..GitPlace::parse(reference)?
    };
    if place.reference != reference {
        return Err(Failure::new(format!(
            "--since takes a commit, branch or tag; `{reference}` is none"
        )));
    }
    let prefix = git::prefix()?;
    let checkout = git::checkout(&place)?;
    let root = checkout.path();
    let tree = Tree {
        root: &root,
        prefix: &prefix,
    };
    let (paths, inputs) = tree.inputs(args, settings)?;
    if paths.is_empty() && inputs.cluster_state.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut analysis = resolve::read(&inputs.asked(&paths, terminal)?);
    tree.relabel(&mut analysis);
    if analysis.is_fatal() {
        terminal.note(&format!(
            "not all of the input can be read at {reference}; what is found there may be incomplete"
        ));
    }
    let wishes = settings.wishes(&mut analysis.sources);
    let found = lint::everything(&analysis, &settings.selection);
    let mut sifted = suppress::sift(found, &analysis, &settings.selection, &wishes);
    sifted
        .told
        .extend(sifted.idle.into_iter().map(|idle| idle.finding));
    lint::sort(&mut sifted.told);
    Ok(fingerprints(&analysis.sources, &sifted.told)
        .into_iter()
        .collect())
}

/// The files of a commit, and where in them the working directory lies.
struct Tree<'a> {
    root: &'a Path,
    prefix: &'a Path,
}

impl Tree<'_> {
    fn inputs(&self, args: &Args, settings: &Settings) -> Result<(Vec<PathBuf>, Inputs), Failure> {
        if args.inputs.target.is_some() {
            let directory = settings
                .found
                .as_ref()
                .map(|found| found.directory.as_path());
            let root = self.moved(directory.unwrap_or(Path::new("")))?;
            let (mut paths, mut inputs) = args.inputs.aimed(Some(&root))?;
            for files in [
                &mut paths,
                &mut inputs.cni_values,
                &mut inputs.cluster_state,
            ] {
                files.retain(|file| file.exists());
            }
            return Ok((paths, inputs));
        }
        let mut paths = Vec::new();
        for path in &args.paths {
            let moved = self.moved(path)?;
            if moved.exists() {
                paths.push(moved);
            }
        }
        let mut inputs = args.inputs.clone();
        for file in inputs
            .cni_values
            .iter_mut()
            .chain(&mut inputs.cluster_state)
        {
            // Dumps usually lie beside the repository and are the same before and after.
            if let Ok(moved) = self.moved(file)
                && moved.exists()
            {
                *file = moved;
            }
        }
        Ok((paths, inputs))
    }

    /// The same path in the commit.
    fn moved(&self, path: &Path) -> Result<PathBuf, Failure> {
        let shown = path.display();
        if path == Path::new("-") || path.is_absolute() {
            return Err(Failure::new(format!(
                "--since compares with files of a commit, and `{shown}` cannot be looked up there; \
                 give paths relative to the working directory"
            )));
        }
        let mut inside = self.prefix.to_path_buf();
        for part in path.components() {
            let stays = match part {
                Component::ParentDir => inside.pop(),
                Component::Normal(name) => {
                    inside.push(name);
                    true
                }
                _ => true,
            };
            if !stays {
                return Err(Failure::new(format!(
                    "`{shown}` leads out of the repository"
                )));
            }
        }
        Ok(self.root.join(inside))
    }

    /// Shows paths as those of the working directory, so that findings without an object are known
    /// again by them.
    fn relabel(&self, analysis: &mut Analysis) {
        let here = self.root.join(self.prefix);
        let up = "../".repeat(self.prefix.components().count());
        for (directory, label) in [(here.as_path(), ""), (self.root, up.as_str())] {
            let directory = format!("{}/", directory.display().to_string().trim_end_matches('/'));
            analysis.sources.relabel(&directory, label);
            for finding in &mut analysis.findings {
                finding.message = finding.message.replace(&directory, label);
            }
        }
    }
}
