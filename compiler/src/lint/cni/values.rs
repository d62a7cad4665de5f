//! Somebody's values over the chart's defaults, as templates see them.

use super::chart::{self, Tree};
use crate::lint::context::Context;
use crate::model::{CniValue, CniValues};
use crate::source::Location;
use serde_json::Value;
use std::borrow::Cow;

/// The values that the templates see.
#[derive(Debug, Clone, Copy)]
pub struct Merged<'a> {
    /// What was written.
    pub written: &'a CniValues,
    /// The chart.
    pub tree: Tree,
    /// Nobody said which version it is.
    pub assumed: bool,
    /// `cilium.` where a chart carries Cilium as a dependency, else nothing.
    prefix: &'static str,
}

impl<'a> Merged<'a> {
    /// The values of the input; `None` when there are none, or no version of the chart is known.
    pub fn of(context: &Context<'a>) -> Option<Self> {
        let written = context.model.cni.as_ref()?;
        let known = chart::versions();
        let newest = known.last().copied()?;
        let version = written.version.filter(|version| known.contains(version));
        let nested = written.branches.contains_key("cilium");
        Some(Self {
            written,
            tree: Tree {
                version: version.unwrap_or(newest),
            },
            assumed: version.is_none(),
            prefix: if nested { "cilium." } else { "" },
        })
    }

    /// The same values under another version of the chart.
    #[must_use]
    pub fn under(self, tree: Tree) -> Self {
        Self { tree, ..self }
    }

    /// What was written at a leaf.
    pub fn given(&self, key: &str) -> Option<&'a CniValue> {
        if self.prefix.is_empty() {
            return self.written.leaves.get(key);
        }
        self.written.leaves.get(&format!("{}{key}", self.prefix))
    }

    /// Where a leaf or a mapping was written: the value of a leaf, the key of a mapping.
    pub fn place(&self, path: &str) -> Option<Location> {
        let branch = || self.written.branches.get(&format!("{}{path}", self.prefix));
        let leaf = self.given(path).map(|value| value.at);
        leaf.or_else(|| branch().copied())
    }

    /// Where the key of a leaf or of a mapping was written.
    pub fn key_place(&self, path: &str) -> Option<Location> {
        let branch = || self.written.branches.get(&format!("{}{path}", self.prefix));
        let leaf = self.given(path).map(|value| value.key);
        leaf.or_else(|| branch().copied())
    }

    /// Every leaf that is meant for Cilium's chart, by its path in that chart. `global` is Helm's
    /// own.
    pub fn leaves(&self) -> impl Iterator<Item = (&'a str, &'a CniValue)> {
        let prefix = self.prefix;
        let leaves = self.written.leaves.iter();
        leaves
            .filter_map(move |(path, value)| Some((path.strip_prefix(prefix)?, value)))
            .filter(|(path, _)| *path != "global" && !path.starts_with("global."))
    }

    /// Is it known what templates see? Not where a variable stands that somebody fills in before Helm
    /// does: `${NAME}` (postBuild of Flux, `envsubst`).
    pub fn is_known(&self, key: &str) -> bool {
        let paths = std::iter::once(key).chain(chart::above(key));
        let mut given = paths.filter_map(|path| self.given(path));
        given.all(|value| is_settled(&value.value))
    }

    /// The value that templates see; `Null` where there is none. A mapping is told apart from an
    /// empty one, its contents are not told.
    pub fn value(&self, key: &str) -> Cow<'a, Value> {
        if let Some(given) = self.given(key) {
            return Cow::Borrowed(&given.value);
        }
        // A scalar in place of a mapping takes the defaults away.
        let taken =
            chart::above(key).any(|path| self.given(path).is_some_and(|v| !is_empty_map(v)));
        let full = || Cow::Owned(serde_json::json!({"…": null}));
        if self.place(key).is_some() {
            return full();
        }
        match self.tree.fact(key) {
            _ if taken => Cow::Owned(Value::Null),
            Some(fact) => Cow::Borrowed(&fact.default),
            None if self.tree.is_branch(key) => full(),
            None => Cow::Owned(Value::Null),
        }
    }

    /// What Helm's `if` makes of a value.
    pub fn on(&self, key: &str) -> bool {
        match self.value(key).as_ref() {
            Value::Null => false,
            Value::Bool(on) => *on,
            Value::Number(number) => number.as_f64().is_some_and(|n| n != 0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(entries) => !entries.is_empty(),
        }
    }

    /// A scalar as templates print it; nothing for null.
    pub fn text(&self, key: &str) -> String {
        super::text(&self.value(key)).unwrap_or_default()
    }

    /// A number, also one that is written as a text.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.text(key).trim().parse().ok()
    }

    /// `chart 1.20, the newest that is known; --cni-version names another`.
    pub fn judged_by(&self) -> String {
        let version = self.tree.version;
        if self.assumed {
            format!("judged by chart {version}, the newest known; --cni-version names another")
        } else {
            format!("judged by chart {version}")
        }
    }
}

/// Holds the value no variable that is still to be filled in?
pub(crate) fn is_settled(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains("${"),
        Value::Array(items) => items.iter().all(is_settled),
        Value::Object(entries) => entries.values().all(is_settled),
        _ => true,
    }
}

fn is_empty_map(value: &CniValue) -> bool {
    value
        .value
        .as_object()
        .is_some_and(serde_json::Map::is_empty)
}
