//! `Chart.yaml` of both versions, and the `requirements.yaml` of the first.

mod read;
mod validate;

use netpol_yaml::Span;

pub(super) use read::{read, read_requirements};
pub(super) use validate::validate;

/// What `Chart.yaml` says. Strings are as Helm sees them: a number where a string belongs is
/// written out, and what is absent is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `name`.
    pub name: String,
    /// `home`.
    pub home: String,
    /// `sources`.
    pub sources: Vec<String>,
    /// `version`.
    pub version: String,
    /// `description`.
    pub description: String,
    /// `keywords`.
    pub keywords: Vec<String>,
    /// `maintainers`.
    pub maintainers: Vec<Maintainer>,
    /// `icon`.
    pub icon: String,
    /// `apiVersion`: `v1` or `v2`.
    pub api_version: String,
    /// `condition`.
    pub condition: String,
    /// `tags`.
    pub tags: String,
    /// `appVersion`.
    pub app_version: String,
    /// `deprecated`.
    pub deprecated: bool,
    /// `annotations`.
    pub annotations: Vec<(String, String)>,
    /// `kubeVersion`: a constraint on the cluster's version.
    pub kube_version: String,
    /// The place of `kubeVersion` in `Chart.yaml`.
    pub kube_version_span: Option<Span>,
    /// `dependencies`, of `requirements.yaml` for a v1 chart.
    pub dependencies: Vec<Dependency>,
    /// `type`: `application`, `library` or empty.
    pub kind: String,
}

impl Metadata {
    /// Whether the chart only lends named templates to others.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }
}

/// Somebody named in `Chart.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// `name`.
    pub name: String,
    /// `email`.
    pub email: String,
    /// `url`.
    pub url: String,
}

/// A chart that another one needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependency {
    /// `name`: as in the needed chart's own `Chart.yaml`.
    pub name: String,
    /// `version`: a constraint.
    pub version: String,
    /// `repository`.
    pub repository: String,
    /// `condition`: paths in the values, separated by commas; the first that is a boolean decides.
    pub condition: String,
    /// `tags`: switched together by `tags.NAME` in the values.
    pub tags: Vec<String>,
    /// `import-values`.
    pub imports: Vec<Import>,
    /// `alias`: the name it goes by instead.
    pub alias: String,
    /// The file that declares it: `Chart.yaml` or `requirements.yaml`.
    pub file: &'static str,
    /// Its place in that file.
    pub span: Span,
}

impl Dependency {
    /// The name of its values and of its directory in `# Source:` lines.
    pub fn known_as(&self) -> &str {
        if self.alias.is_empty() {
            &self.name
        } else {
            &self.alias
        }
    }
}

/// One entry of `import-values`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Import {
    /// `- data`: the child's `exports.data` becomes the parent's top level.
    Exported(String),
    /// `- child: a.b` with `parent: c`.
    Mapped {
        /// The path in the child's values.
        child: String,
        /// The path in the parent's values; `.` is the top.
        parent: String,
    },
}
