//! What is to be rendered.
#![expect(
    clippy::disallowed_methods,
    reason = "the text of a chart's file that cannot be read is shown with the finding"
)]

use crate::finding::{Finding, Severity};
use crate::source::{Location, SourceId, Span};
use netpol_helm::render::Options;
use netpol_helm::values::{SetValue, ValuesFile, ValuesInput};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A chart, its values and what Helm is told besides.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The chart's directory or archive.
    pub path: PathBuf,
    /// Links are followed below this directory and nowhere else.
    pub root: PathBuf,
    /// How people are told of the chart.
    pub shown: String,
    /// Values files and texts that stand for them, the later over the earlier.
    pub values: Vec<ValuesText>,
    /// `--set` and its relatives.
    pub arguments: Vec<Argument>,
    /// `.Release.Name`; Helm's default when absent.
    pub release_name: Option<String>,
    /// `.Release.Namespace`.
    pub namespace: String,
    /// The version of Kubernetes; Helm's own when absent.
    pub kube_version: Option<String>,
    /// API versions beside Helm's own.
    pub api_versions: Vec<String>,
    /// Files of `crds/` are among the documents.
    pub include_crds: bool,
    /// `.Release.IsUpgrade`.
    pub is_upgrade: bool,
    /// Directories in which charts are looked for that are named and not there.
    pub chart_dirs: Vec<PathBuf>,
    /// Somebody wants this chart with these values: a refusal is an error. Of a chart that was
    /// merely found among manifests it is a warning, for nobody says that it is used so.
    pub wanted: bool,
    /// The object that asks for it: an Application, a HelmRelease.
    pub asked_at: Option<Location>,
}

/// Values, as text.
#[derive(Debug, Clone)]
pub struct ValuesText {
    /// How messages name it.
    pub name: String,
    /// YAML.
    pub text: Arc<str>,
    /// Where its bytes stand.
    pub places: ValuesPlaces,
}

/// Where the bytes of a text of values stand.
#[derive(Debug, Clone)]
pub enum ValuesPlaces {
    /// It is this source, byte for byte.
    Source(SourceId),
    /// Runs of bytes, rising, each with the place in an object that it was taken from.
    Parts(Vec<(Range<u32>, Location)>),
}

impl ValuesPlaces {
    /// Where a part of the text stands.
    pub(super) fn of(&self, span: Span) -> Option<Location> {
        match self {
            Self::Source(source) => Some(Location {
                source: *source,
                span,
            }),
            Self::Parts(parts) => {
                let after = parts.partition_point(|(range, _)| range.start <= span.start);
                parts.get(after.checked_sub(1)?).map(|(_, at)| *at)
            }
        }
    }
}

/// One `--set` or a relative of it.
#[derive(Debug, Clone)]
pub struct Argument {
    /// As given.
    pub set: SetValue,
    /// Where it stands, when an object gives it; otherwise the argument itself is shown.
    pub at: Option<Location>,
}

impl Request {
    /// The severity of a refusal.
    pub(super) fn severity(&self) -> Severity {
        if self.wanted {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// Names the object that asks for the chart.
    pub(super) fn asked_by(&self, finding: Finding) -> Finding {
        match self.asked_at {
            Some(at) => finding.see(at, "rendered for this"),
            None => finding,
        }
    }

    pub(super) fn input(&self) -> ValuesInput {
        let files = self.values.iter().map(|values| ValuesFile {
            name: values.name.clone(),
            text: Arc::clone(&values.text),
        });
        ValuesInput {
            files: files.collect(),
            sets: self.arguments.iter().map(|a| a.set.clone()).collect(),
        }
    }

    pub(super) fn options(&self) -> Options {
        let usual = Options::default();
        Options {
            release_name: self.release_name.clone().unwrap_or(usual.release_name),
            namespace: self.namespace.clone(),
            kube_version: self.kube_version.clone(),
            api_versions: self.api_versions.clone(),
            include_crds: self.include_crds,
            is_upgrade: self.is_upgrade,
            settings: usual.settings,
        }
    }

    /// The text of a file in the chart's directory, for showing it.
    pub(super) fn text_of(&self, inside: &str) -> Option<String> {
        const LONGEST: u64 = 1 << 20;
        let path = self.path.join(inside);
        let about = std::fs::metadata(&path).ok()?;
        let small = about.is_file() && about.len() <= LONGEST;
        let inside = std::fs::canonicalize(&path).ok()?;
        let below = inside.starts_with(std::fs::canonicalize(&self.root).ok()?);
        (small && below).then(|| std::fs::read_to_string(&path).ok())?
    }
}
