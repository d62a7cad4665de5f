//! What single values mean: the table `schemas/cni/cilium-values.json`, in which every row names
//! its source.

use super::condition::Shape;
use super::read::built_in;
use crate::finding::Severity;
use crate::model::ChartVersion;
use serde::Deserialize;
use std::sync::LazyLock;

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// What the file is.
    pub comment: String,
    /// The chart's version that the rows were taken from.
    pub chart_version: String,
    /// Keys whose values are one of a set.
    pub accepted: Vec<Accepted>,
    /// Values that keep policies from being enforced.
    pub off: Vec<Off>,
}

/// A key and what it accepts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accepted {
    /// Dotted path.
    pub key: String,
    /// The accepted texts; of every item, when the value is a list. Empty when a range or a shape is
    /// given.
    #[serde(default)]
    pub values: Vec<String>,
    /// The accepted numbers, both ends inclusive.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// What an accepted text looks like.
    #[serde(default)]
    pub shape: Option<Shape>,
    /// Does the chart write it in lower case?
    #[serde(default)]
    pub fold_case: bool,
    /// The first version of the chart that it holds for.
    #[serde(default)]
    pub since: Option<ChartVersion>,
    /// The last one.
    #[serde(default)]
    pub until: Option<ChartVersion>,
    /// How sure it is, and how bad.
    pub severity: RowSeverity,
    /// What becomes of any other value: a sentence's end, "the agent …".
    pub otherwise: String,
    /// Where that is written.
    pub source: String,
}

/// The severities that a row may have.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowSeverity {
    /// Refused, or silently something else.
    Error,
    /// Documented set only, or known of another minor version.
    Warning,
}

impl From<RowSeverity> for Severity {
    fn from(severity: RowSeverity) -> Self {
        match severity {
            RowSeverity::Error => Self::Error,
            RowSeverity::Warning => Self::Warning,
        }
    }
}

/// A value that keeps policies from being enforced.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Off {
    /// Dotted path.
    pub key: String,
    /// The value, as text.
    pub value: String,
    /// The kinds of policies it concerns; empty for all.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// A key that overrides this one when it is set.
    #[serde(default)]
    pub overridden_by: Option<String>,
    /// What it does: "every packet passes".
    pub effect: String,
    /// What to write instead.
    pub instead: String,
    /// Where that is written.
    pub source: String,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| built_in(include_str!("../../../../schemas/cni/cilium-values.json")));

/// The table of the Cilium chart.
pub fn table() -> &'static Table {
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_complete_and_has_a_source() {
        let text = include_str!("../../../../schemas/cni/cilium-values.json");
        let table: Table = serde_json::from_str(text).expect("the table reads");
        let mut keys = BTreeSet::new();
        for row in &table.accepted {
            assert!(keys.insert(&row.key), "{} twice", row.key);
            let ways = [
                !row.values.is_empty(),
                row.range.is_some(),
                row.shape.is_some(),
            ];
            let ways = ways.into_iter().filter(|given| *given).count();
            assert_eq!(ways, 1, "{}", row.key);
            assert!(
                !row.source.is_empty() && !row.otherwise.is_empty(),
                "{}",
                row.key
            );
        }
        for row in &table.off {
            assert!(
                !row.source.is_empty() && !row.effect.is_empty(),
                "{}",
                row.key
            );
        }
    }
}
