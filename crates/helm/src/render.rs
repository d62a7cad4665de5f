//! `helm template`: a chart and values in, documents out, with where every byte came from.
//!
//! [`render`] never fails as a whole: what Helm would refuse stands in [`Rendering::failure`],
//! [`Rendering::schema`] and [`Rendering::missing`], and what could be rendered in spite of it in
//! [`Rendering::documents`].

mod capabilities;
mod chart_object;
mod context;
mod document;
mod failure;
mod files_object;
mod glob;
mod kinds;
mod manifest;
mod mentions;
mod output;
mod run;
mod tree;
mod unread;

use std::rc::Rc;

use crate::chart::Chart;
use crate::exec::{Executor, Notes, Settings, Trace};
use crate::value::{Leaf, Origins};
use crate::values::{SchemaProblem, SchemaViolation, Sources, ValuesInput};

pub use capabilities::{DEFAULT_API_VERSIONS, DEFAULT_KUBE_VERSION};
pub use document::{Document, Hook};
pub use failure::{Failure, FailureKind};
pub use tree::{Disabled, MissingDependency};
pub use unread::{Unread, WhyUnread};

/// What `helm template` takes beside the chart and the values.
#[derive(Clone, Debug)]
pub struct Options {
    /// `.Release.Name`; Helm's default is `release-name`.
    pub release_name: String,
    /// `.Release.Namespace`; Helm's default is `default`.
    pub namespace: String,
    /// `--kube-version`; without it [`DEFAULT_KUBE_VERSION`].
    pub kube_version: Option<String>,
    /// `--api-versions`: known beside [`DEFAULT_API_VERSIONS`].
    pub api_versions: Vec<String>,
    /// `--include-crds`: the files of `crds/` come first among the documents.
    pub include_crds: bool,
    /// `--is-upgrade`: `.Release.IsUpgrade` instead of `.Release.IsInstall`.
    pub is_upgrade: bool,
    /// Bounds, and the pinned time and seed behind `now` and the random functions.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            release_name: "release-name".to_owned(),
            namespace: "default".to_owned(),
            kube_version: None,
            api_versions: Vec::new(),
            include_crds: false,
            is_upgrade: false,
            settings: Settings::default(),
        }
    }
}

/// What came of a rendering.
#[derive(Debug)]
pub struct Rendering {
    /// The documents in the order in which Helm prints them, hooks last; `NOTES.txt` is none.
    pub documents: Vec<Document>,
    /// Why Helm refuses the chart or the values, other than by a schema.
    pub failure: Option<Failure>,
    /// What Helm warns of.
    pub warnings: Vec<String>,
    /// What the schemas of the charts refuse. Helm renders nothing then.
    pub schema: Vec<SchemaViolation>,
    /// Schemas that cannot be used.
    pub schema_problems: Vec<SchemaProblem>,
    /// Declared dependencies that `charts/` does not hold. Helm renders nothing when the root's
    /// are missing.
    pub missing: Vec<MissingDependency>,
    /// Declared dependencies that the values switch off.
    pub disabled: Vec<Disabled>,
    /// What the user gave and nothing read.
    pub unread: Vec<Unread>,
    /// The Kubernetes version it was rendered for, with its `v`.
    pub kube_version: String,
    /// The API versions that templates saw.
    pub api_versions: Vec<String>,
    /// The texts that values came from.
    pub sources: Sources,
    /// `(template name, file in the root chart)`: the former stands in `# Source:` lines and in
    /// traces, the latter can be opened. They differ for aliases and archives.
    pub templates: Vec<(String, String)>,
    executor: Executor,
}

/// Where some bytes of a document came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The first byte, as an offset into the document's text.
    pub start: usize,
    /// The offset behind the last byte.
    pub end: usize,
    /// Whether they are the template's own text, so that the n-th byte stands n bytes further in
    /// the template.
    pub verbatim: bool,
    /// The action or text of a template that wrote them, and the calls that led there.
    pub trace: Option<Trace>,
    /// The leaves of the values they show or were made of.
    pub leaves: Vec<Leaf>,
    /// The leaves that conditions and ranges around them looked at: had they been others, the bytes
    /// might not be there.
    pub guards: Vec<Leaf>,
}

impl Rendering {
    /// Whether `helm template` would print documents at all.
    pub fn is_refused(&self) -> bool {
        self.failure.is_some()
            || !self.schema.is_empty()
            || !self.schema_problems.is_empty()
            || self.missing.iter().any(|missing| missing.of.is_empty())
    }

    /// All documents as `helm template` prints them.
    pub fn print(&self) -> String {
        output::print(&self.documents)
    }

    /// Where the bytes of a range of a document came from, in their order. Bytes of files in
    /// `crds/` came from no template.
    pub fn provenance(
        &self,
        document: &Document,
        range: std::ops::Range<usize>,
    ) -> Vec<Provenance> {
        let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
        document
            .text
            .marks(range)
            .map(|mark| {
                let trace = self.executor.trace(&mark);
                let guards = trace.iter().flat_map(|trace| &trace.guards);
                Provenance {
                    start: at(mark.start),
                    end: at(mark.end),
                    verbatim: mark.site.verbatim,
                    leaves: self.leaves(mark.origin),
                    guards: guards.flat_map(|guard| self.leaves(*guard)).collect(),
                    trace,
                }
            })
            .collect()
    }

    /// The leaves behind an origin.
    pub fn leaves(&self, origin: crate::value::Origin) -> Vec<Leaf> {
        let origins = self.origins();
        let singles = origins.singles(origin).into_iter();
        singles
            .filter_map(|single| origins.leaf(single).cloned())
            .collect()
    }

    /// Where values came from.
    pub fn origins(&self) -> &Origins {
        self.executor.origins()
    }

    /// Random, certificate and time functions that were called, and what was asked of a cluster.
    pub fn notes(&self) -> &Notes {
        self.executor.notes()
    }

    /// The text of a template, by its name; none for a text given to `tpl`.
    pub fn template_text(&self, template: &str) -> Option<&str> {
        self.executor.text_of(template)
    }

    /// The file in the root chart behind a template's name.
    pub fn file_of(&self, template: &str) -> Option<&str> {
        let found = self.templates.iter().find(|(name, _)| name == template)?;
        Some(&found.1)
    }
}

/// Renders a chart as `helm template` 3.17 does.
pub fn render(chart: &Rc<Chart>, values: &ValuesInput, options: &Options) -> Rendering {
    run::run(chart, values, options)
}
