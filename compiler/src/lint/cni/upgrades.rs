//! Defaults that an upgrade of the chart changes (`schemas/cni/cilium-upgrades.json`).

use super::condition::Condition;
use super::read::built_in;
use crate::model::{ChartVersion, Feature};
use serde::Deserialize;
use serde_json::Value;
use std::sync::LazyLock;

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// What the file is.
    pub comment: String,
    /// Changes that are told.
    pub rows: Vec<Row>,
    /// Changes that are not.
    pub harmless: Vec<Harmless>,
}

/// A default that changes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// Whose default.
    pub key: String,
    /// The first version with the new one.
    pub since: ChartVersion,
    /// The old one.
    pub before: Value,
    /// The new one.
    pub after: Value,
    /// When it matters; always otherwise.
    #[serde(default, rename = "if")]
    pub condition: Option<Condition>,
    /// It matters to policies that have this.
    #[serde(default)]
    pub feature: Option<Feature>,
    /// Keys that it is told at: the first one that was written.
    pub keys: Vec<String>,
    /// What becomes of the cluster.
    pub changes: String,
    /// The way out.
    pub help: String,
    /// Where that is written.
    pub source: String,
}

/// A default that changes and does no harm.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Harmless {
    /// Whose default.
    pub key: String,
    /// The first version with the new one.
    pub since: ChartVersion,
    /// Why it is not told.
    pub reason: String,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| built_in(include_str!("../../../../schemas/cni/cilium-upgrades.json")));

/// The changes between two versions that may matter.
pub fn between(from: ChartVersion, to: ChartVersion) -> impl Iterator<Item = &'static Row> {
    let rows = TABLE.rows.iter();
    rows.filter(move |row| from < row.since && row.since <= to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::cni::chart::{Tree, versions};
    use crate::lint::cni::flags;

    fn table() -> Table {
        let text = include_str!("../../../../schemas/cni/cilium-upgrades.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_row_is_what_the_charts_say() {
        for row in table().rows {
            let known = versions();
            let at = known.iter().position(|version| *version == row.since);
            let before = known.get(at.unwrap() - 1).unwrap();
            let default = |version: ChartVersion| {
                let fact = Tree { version }.fact(&row.key);
                fact.map(|fact| fact.default.clone())
            };
            assert_eq!(default(*before), Some(row.before), "{}", row.key);
            assert_eq!(default(row.since), Some(row.after), "{}", row.key);
            for text in [&row.changes, &row.help, &row.source] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}", row.key);
            }
            assert!(!row.keys.is_empty() || row.feature.is_some(), "{}", row.key);
        }
    }

    /// A new version of the chart cannot change what matters to policies unseen.
    #[test]
    fn every_changed_default_of_a_key_that_matters_is_told_or_known_to_be_harmless() {
        let table = table();
        let known = versions();
        for pair in known.windows(2) {
            let [before, after] = pair else { continue };
            for row in flags::rows() {
                let default = |version: ChartVersion| Tree { version }.fact(&row.key);
                let (Some(old), Some(new)) = (default(*before), default(*after)) else {
                    continue;
                };
                let told = table
                    .rows
                    .iter()
                    .any(|r| r.key == row.key && r.since == *after);
                let mut harmless = table.harmless.iter();
                let harmless = harmless.any(|h| h.key == row.key && h.since == *after);
                let changed = old.default != new.default;
                assert_eq!(changed, told || harmless, "{} in {after}", row.key);
            }
        }
        assert!(table.harmless.iter().all(|h| !h.reason.is_empty()));
    }
}
