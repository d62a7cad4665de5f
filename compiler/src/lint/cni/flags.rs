//! The keys that change what policies mean or whether they hold, with the agent's flags
//! (`schemas/cni/cilium-policy-keys.json`).

use super::read::{Table, built_in};
use serde::Deserialize;
use std::sync::LazyLock;

/// A key that matters to policies.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// Dotted path in the chart's values.
    pub key: String,
    /// The agent's flags that it becomes; none for keys that the agent never sees.
    #[serde(default)]
    pub flags: Vec<String>,
    /// What it changes, in one line.
    pub changes: String,
    /// Where that is written.
    pub source: String,
}

static TABLE: LazyLock<Table<Row>> = LazyLock::new(|| {
    built_in(include_str!(
        "../../../../schemas/cni/cilium-policy-keys.json"
    ))
});

/// Every key that matters.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLE.rows.iter()
}

/// What a key changes about policies, if it does.
pub fn changes(key: &str) -> Option<&'static Row> {
    TABLE.rows.iter().find(|row| row.key == key)
}

/// The chart's key for a flag of the agent.
pub fn key_of(flag: &str) -> Option<&'static str> {
    let row = TABLE
        .rows
        .iter()
        .find(|row| row.flags.iter().any(|f| f == flag));
    row.map(|row| row.key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::cni::chart::{Standing, Tree, versions};
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_complete_has_a_source_and_speaks_of_a_key() {
        let text = include_str!("../../../../schemas/cni/cilium-policy-keys.json");
        let table: Table<Row> = serde_json::from_str(text).unwrap();
        let mut keys = BTreeSet::new();
        for row in &table.rows {
            let key = &row.key;
            assert!(keys.insert(key), "{key} twice");
            assert!(!row.changes.is_empty() && !row.source.is_empty(), "{key}");
            let known = versions().into_iter().any(|version| {
                let standing = Tree { version }.standing(key);
                !matches!(standing, Standing::Unknown(_) | Standing::Below(..))
            });
            assert!(known, "{key} is a key of no version");
        }
        assert!(table.rows.len() > 100);
    }

    #[test]
    fn flags_lead_to_keys() {
        assert_eq!(key_of("enable-policy"), Some("policyEnforcementMode"));
        assert_eq!(key_of("enable-host-firewall"), Some("hostFirewall.enabled"));
        assert_eq!(key_of("nothing"), None);
    }
}
