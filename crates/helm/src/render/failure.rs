//! Why Helm refuses to render.

use netpol_yaml::Span;

use crate::exec::Place;
use crate::value::SourceId;
use crate::values::ValuesError;

/// What kind of refusal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// A values file or argument cannot be read.
    Values,
    /// The chart does not want this Kubernetes version, or the version is none.
    KubeVersion,
    /// The chart says no: `fail` or `required`.
    Refused,
    /// A template does not parse.
    Parse,
    /// A template fails.
    Execution,
    /// What a template wrote is no YAML document.
    Output,
    /// Anything else about the chart: a library is none to render, a subchart's values are no
    /// table.
    Chart,
}

/// Why Helm refuses to render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of refusal.
    pub kind: FailureKind,
    /// The sentence as `helm template` prints it, as far as it can be the same.
    pub message: String,
    /// For [`FailureKind::Refused`]: the chart's own words.
    pub refusal: Option<String>,
    /// The place in a template; its file is a template's name.
    pub place: Option<Place>,
    /// The calls that led to the place, the outermost first.
    pub calls: Vec<Place>,
    /// The place in a values file or argument.
    pub source: Option<(SourceId, Span)>,
    /// The file in the root chart, when it is neither a template nor values.
    pub file: Option<(String, Option<Span>)>,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            refusal: None,
            place: None,
            calls: Vec::new(),
            source: None,
            file: None,
        }
    }
}

impl From<ValuesError> for Failure {
    fn from(error: ValuesError) -> Self {
        Self {
            source: Some((error.source, error.span)),
            ..Self::new(FailureKind::Values, error.message)
        }
    }
}
