//! What policies need of the CNI's values (`schemas/cni/cilium-needs.json`).

use super::Merged;
use super::read::{Table, built_in};
use crate::model::{CniValue, Feature};
use serde::Deserialize;
use std::sync::LazyLock;

/// A feature of policies and the key that switches it on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// What a policy has.
    pub feature: Feature,
    /// The chart's key.
    pub key: String,
    /// The agent's flag, which wins in `extraConfig`.
    pub flag: String,
    /// The message.
    pub says: String,
    /// What becomes of the policy.
    pub effect: String,
    /// The way out.
    pub help: String,
    /// Where that is written.
    pub source: String,
}

static TABLE: LazyLock<Table<Row>> =
    LazyLock::new(|| built_in(include_str!("../../../../schemas/cni/cilium-needs.json")));

/// One row per feature.
pub fn rows() -> &'static [Row] {
    &TABLE.rows
}

impl Row {
    /// What was written that decides: the flag, else the key.
    pub fn given<'a>(&self, values: &Merged<'a>) -> Option<&'a CniValue> {
        let flag = values.given(&format!("extraConfig.{}", self.flag));
        flag.or_else(|| values.given(&self.key))
    }

    /// The key or flag that decides.
    pub fn decides(&self, values: &Merged<'_>) -> String {
        let flag = format!("extraConfig.{}", self.flag);
        match values.given(&flag) {
            Some(_) => flag,
            None => self.key.clone(),
        }
    }

    /// Is the feature there, or may it be?
    pub fn is_on(&self, values: &Merged<'_>) -> bool {
        let key = self.decides(values);
        if !values.is_known(&key) {
            return true;
        }
        let value = values.value(&key);
        let words = match value.as_ref() {
            serde_json::Value::Array(items) => {
                let texts = items.iter().filter_map(super::text);
                texts.collect::<Vec<_>>().join(" ")
            }
            other => super::text(other).unwrap_or_default(),
        };
        match self.feature {
            Feature::NodeAddress => words.split([' ', ',']).any(|word| word == "nodes"),
            // Flags without a key are on.
            Feature::Icmp => words != "false",
            _ => words == "true",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete_and_has_a_source() {
        let text = include_str!("../../../../schemas/cni/cilium-needs.json");
        let table: Table<Row> = serde_json::from_str(text).unwrap();
        let mut features: Vec<Feature> = table.rows.iter().map(|row| row.feature).collect();
        features.sort_unstable();
        features.dedup();
        assert_eq!(features.len(), table.rows.len());
        for row in &table.rows {
            for text in [&row.says, &row.effect, &row.help, &row.source, &row.flag] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{row:?}");
            }
        }
    }
}
