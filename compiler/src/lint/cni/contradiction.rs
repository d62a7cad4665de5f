//! Values that contradict each other (`schemas/cni/cilium-contradictions.json`): NP603, NP604 and
//! NP605, one row each.

use super::condition::Condition;
use super::read::built_in;
use super::{Merged, text};
use crate::finding::{Finding, Severity};
use crate::lint::Rule;
use crate::model::ChartVersion;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// What the file is.
    pub comment: String,
    /// The contradictions.
    pub rows: Vec<Row>,
    /// What is known and not told, and why.
    pub left_out: Vec<LeftOut>,
}

/// One contradiction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// What it is called, for tests and people.
    pub id: String,
    /// Who minds.
    pub class: Class,
    /// The first version of the chart that it holds for.
    #[serde(default)]
    pub since: Option<ChartVersion>,
    /// The last one.
    #[serde(default)]
    pub until: Option<ChartVersion>,
    /// For what an agent does: the minor versions whose source says so. Under any other one the
    /// finding is a warning that says which agent it was seen in.
    #[serde(default)]
    pub agents: Vec<ChartVersion>,
    /// When it holds.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// What it is about: the first one that was written is where the finding is filed.
    pub keys: Vec<String>,
    /// The message; `{key}` stands for a value.
    pub says: String,
    /// What happens: the label at the first key.
    pub why: String,
    /// The way out.
    pub help: String,
    /// Lower than the rule's.
    #[serde(default)]
    pub severity: Option<super::accepted::RowSeverity>,
    /// Where that is written.
    pub source: String,
}

/// Who minds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The chart does not render (NP603).
    Chart,
    /// The agent ends (NP604).
    Agent,
    /// A value is taken and has no effect, or another one (NP605).
    Lost,
}

/// A contradiction that is known and not told.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeftOut {
    /// The contradiction.
    pub rule: String,
    /// Why it is not told.
    pub reason: String,
    /// Where it is written.
    pub source: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    built_in(include_str!(
        "../../../../schemas/cni/cilium-contradictions.json"
    ))
});

/// The table of the Cilium chart.
pub fn table() -> &'static Table {
    &TABLE
}

/// The findings of one class, one per row that holds.
pub fn tell(values: &Merged<'_>, class: Class, rule: &Rule) -> Vec<Finding> {
    let rows = table().rows.iter().filter(|row| row.class == class);
    rows.filter(|row| row.holds(values))
        .filter_map(|row| row.finding(values, rule))
        .collect()
}

/// The keys that a contradiction speaks of: what it says of them is all there is to say.
pub fn spoken_of(values: &Merged<'_>) -> BTreeSet<&'static str> {
    let rows = table().rows.iter().filter(|row| row.holds(values));
    rows.flat_map(|row| row.keys.iter().map(String::as_str))
        .collect()
}

impl Row {
    /// Do these values contradict each other in this way? Something of it must have been written:
    /// defaults do not contradict each other.
    pub fn holds(&self, values: &Merged<'_>) -> bool {
        let version = values.tree.version;
        let from = self.since.is_none_or(|since| since <= version);
        let to = self.until.is_none_or(|until| version <= until);
        from && to
            && self.keys.iter().any(|key| values.place(key).is_some())
            && self.condition.holds(values)
    }

    fn finding(&self, values: &Merged<'_>, rule: &Rule) -> Option<Finding> {
        let mut written = self.keys.iter();
        let mut written = written
            .by_ref()
            .filter_map(|key| Some((key, values.place(key)?)));
        let (first, at) = written.next()?;
        let mut finding = rule.finding(self.message(values)).at(at, self.why.clone());
        for (key, at) in written {
            let shown = text(&values.value(key));
            let label = match shown {
                Some(value) if !value.is_empty() => format!("`{key}` is `{value}`"),
                _ => format!("`{key}` is here"),
            };
            finding = finding.see(at, label);
        }
        for key in self.keys.iter().filter(|key| values.place(key).is_none()) {
            let default = text(&values.value(key)).filter(|text| !text.is_empty());
            let default = default.map_or_else(|| "not set".to_owned(), |d| format!("`{d}`"));
            finding = finding.note(format!("`{key}` is {default} by default"));
        }
        let version = values.tree.version;
        if !self.agents.is_empty() && !self.agents.contains(&version) {
            let seen: Vec<String> = self.agents.iter().map(ToString::to_string).collect();
            finding.severity = Severity::Warning;
            finding = finding.note(format!(
                "seen in the agent of {}; not looked up for {version}",
                seen.join(", ")
            ));
        }
        if let Some(severity) = self.severity {
            finding.severity = finding.severity.min(severity.into());
        }
        finding.object = Some(format!("values/{first}"));
        let source = format!("source: {}", self.source);
        Some(
            finding
                .note(source)
                .note(values.judged_by())
                .help(self.help.clone()),
        )
    }

    /// What it says of these values.
    pub fn message(&self, values: &Merged<'_>) -> String {
        let mut message = self.says.clone();
        for key in &self.keys {
            message = message.replace(&format!("{{{key}}}"), &values.text(key));
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::cni::chart::{Standing, Tree, versions};

    #[test]
    fn every_row_is_complete_and_has_a_source() {
        let text = include_str!("../../../../schemas/cni/cilium-contradictions.json");
        let table: Table = serde_json::from_str(text).unwrap();
        let mut ids = BTreeSet::new();
        for row in &table.rows {
            let id = &row.id;
            assert!(ids.insert(id), "{id} twice");
            for text in [&row.says, &row.why, &row.help, &row.source] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{id}: {text}");
            }
            assert!(!row.keys.is_empty(), "{id}");
            let unwritten = row.says.contains('{')
                && !row
                    .keys
                    .iter()
                    .any(|key| row.says.contains(&format!("{{{key}}}")));
            assert!(!unwritten, "{id}: {}", row.says);
        }
        for row in &table.left_out {
            for text in [&row.rule, &row.reason, &row.source] {
                assert!(!text.is_empty(), "{row:?}");
            }
        }
    }

    /// A misspelt key in a condition would make a row that never holds.
    #[test]
    fn rows_speak_of_keys_that_some_version_has() {
        for row in &table().rows {
            let removed = row.condition.keys();
            for key in removed
                .into_iter()
                .chain(row.keys.iter().map(String::as_str))
            {
                let known = versions().into_iter().any(|version| {
                    !matches!(
                        Tree { version }.standing(key),
                        Standing::Unknown(_) | Standing::Below(..)
                    )
                });
                let refused = row.id.starts_with("removed-");
                assert!(known || refused, "{}: {key}", row.id);
            }
        }
    }
}
