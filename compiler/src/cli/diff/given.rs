//! The two sides of a comparison, and reading them.

use crate::cli::files::read_bundle;
use crate::cli::git::{Checkout, GitPlace, checkout};
use crate::cli::inputs::{load_options, refuse_unread};
use crate::cli::{Failure, Inputs, Terminal};
use crate::load;
use crate::lower::Artefact;
use crate::resolve::{self, Analysis};
use crate::source::{Sources, names};
use netpol_policy::{Cluster, PolicySet};
use std::path::PathBuf;
use std::sync::Arc;

/// One side, as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    Path(PathBuf),
    Git(GitPlace),
    Dump(PathBuf),
    Bundle(PathBuf),
}

impl Given {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        if let Some(place) = text.strip_prefix("git:") {
            return GitPlace::parse(place).map(Self::Git);
        }
        if let Some(file) = text.strip_prefix("dump:") {
            return Ok(Self::Dump(PathBuf::from(file)));
        }
        let path = PathBuf::from(text);
        let is_bundle = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("npb"));
        Ok(if is_bundle {
            Self::Bundle(path)
        } else {
            Self::Path(path)
        })
    }
}

/// One side, as read.
#[derive(Debug)]
pub(super) enum Read {
    Sources(Box<Analysis>),
    Bundle(Box<Artefact>),
}

impl Read {
    /// Who is there; `None` for a bundle without an inventory.
    pub(super) fn cluster(&self) -> Option<&Cluster> {
        match self {
            Self::Sources(analysis) => Some(&analysis.model.cluster),
            Self::Bundle(artefact) => artefact.bundle().inventory.as_ref(),
        }
    }

    pub(super) fn policies(&self) -> &PolicySet {
        match self {
            Self::Sources(analysis) => &analysis.model.policies,
            Self::Bundle(artefact) => &artefact.bundle().policies,
        }
    }

    pub(super) fn incomplete(&self) -> &[String] {
        match self {
            Self::Sources(analysis) => &analysis.model.incomplete,
            Self::Bundle(_) => &[],
        }
    }
}

/// Reads both sides; the texts of the first stand among those of the second.
pub(super) fn read(
    sides: &[Given; 2],
    with: &[PathBuf],
    inputs: &Inputs,
    terminal: &mut Terminal<'_>,
) -> Result<[Read; 2], Failure> {
    let [before, after] = sides;
    let mut sources = Sources::default();
    let first = side(before, with, inputs, &mut sources, terminal)?;
    if let Read::Sources(analysis) = &first {
        sources = analysis.sources.clone();
    }
    let second = side(after, with, inputs, &mut sources, terminal)?;
    Ok([first, second])
}

fn side(
    given: &Given,
    with: &[PathBuf],
    inputs: &Inputs,
    sources: &mut Sources,
    terminal: &mut Terminal<'_>,
) -> Result<Read, Failure> {
    let mut inputs = inputs.clone();
    let mut kept: Option<Checkout> = None;
    let root = match given {
        Given::Bundle(path) => return Ok(Read::Bundle(Box::new(read_bundle(path)?))),
        Given::Path(path) => Some(path.clone()),
        Given::Dump(path) => {
            inputs.cluster_state.push(path.clone());
            None
        }
        Given::Git(place) => Some(kept.insert(checkout(place)?).path()),
    };
    let mut paths: Vec<PathBuf> = root.iter().cloned().collect();
    if inputs.target.is_some() && root.is_some() {
        // The files of a target lie at the same places below either root.
        (paths, inputs) = inputs.aimed(root.as_deref())?;
    }
    paths.extend(with.iter().cloned());
    let asked = inputs.asked(&paths, terminal)?;
    let mut analysis = resolve::read_after(&asked, std::mem::take(sources));
    if let Some(checkout) = &kept {
        let (root, label) = (checkout.root(), checkout.label());
        analysis.sources.relabel(&root, &label);
        for finding in &mut analysis.findings {
            finding.message = finding.message.replace(&format!("{root}/"), &label);
        }
        for sentence in &mut analysis.model.incomplete {
            *sentence = sentence.replace(&format!("{root}/"), &label);
        }
    }
    refuse(&analysis, terminal)?;
    Ok(Read::Sources(Box::new(analysis)))
}

/// Fails when what was read could not be read whole.
pub(super) fn refuse(analysis: &Analysis, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    refuse_unread(&analysis.findings, &analysis.sources, terminal)
}

/// A side that is a file (of values): how it is shown, and its text.
pub(super) fn text(
    given: &Given,
    terminal: &mut Terminal<'_>,
) -> Result<(String, Arc<str>), Failure> {
    let mut kept: Option<Checkout> = None;
    let path = match given {
        Given::Path(path) => path.clone(),
        Given::Git(place) => kept.insert(checkout(place)?).path(),
        Given::Dump(_) | Given::Bundle(_) => {
            return Err(Failure::new(
                "with --chart both sides are values files: FILE or git:REF:FILE",
            ));
        }
    };
    let options = load_options([&path], terminal)?;
    let (text, findings) = load::read_text(&path, &options, &mut Sources::default());
    match (text, findings.first(), kept) {
        (Some((_, text)), None, None) => Ok((names::shown(&path), text)),
        (Some((_, text)), None, Some(checkout)) => {
            let below = path.strip_prefix(checkout.root()).unwrap_or(&path);
            Ok((format!("{}{}", checkout.label(), below.display()), text))
        }
        (_, finding, _) => Err(Failure::new(finding.map_or_else(
            || format!("{} cannot be read", path.display()),
            |finding| finding.message.clone(),
        ))),
    }
}
