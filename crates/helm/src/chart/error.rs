//! Why a chart cannot be read.

use std::fmt;

use netpol_yaml::Span;

/// What kind of obstacle it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartErrorKind {
    /// A file that is not there: no `Chart.yaml`, no directory, not readable.
    Missing,
    /// A bound of [`ChartLimits`](super::ChartLimits) is exceeded.
    Limit,
    /// The archive is broken, or holds what a chart may not hold: a path out of the chart, a
    /// link, two entries with one name.
    Archive,
    /// A link that leads out of the root.
    Link,
    /// `Chart.yaml`, `requirements.yaml` or `.helmignore` says what Helm refuses.
    Metadata,
}

/// A refusal to read a chart: a sentence, and the place if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartError {
    /// What kind of obstacle.
    pub kind: ChartErrorKind,
    /// The file inside the chart, `/` between its parts; empty for the chart as a whole.
    pub path: String,
    /// The place in that file.
    pub span: Option<Span>,
    /// The sentence.
    pub message: String,
}

impl ChartError {
    pub(crate) fn new(
        kind: ChartErrorKind,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            path: path.into(),
            span: None,
            message: message.into(),
        }
    }

    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same error seen from the chart that holds this one below `prefix`.
    pub(crate) fn below(mut self, prefix: &str) -> Self {
        self.path = if self.path.is_empty() {
            prefix.to_owned()
        } else {
            format!("{prefix}/{}", self.path)
        };
        self
    }
}

impl fmt::Display for ChartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            formatter.write_str(&self.message)
        } else {
            write!(formatter, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for ChartError {}
