//! Values files, and which of a chart's own values users override.

use super::typo::{self, Path};
use crate::helm_compare::charts::{Found, ci_files};
use netpol_yaml::{Limits, parse};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;

/// The files of a chart's `ci/`: names and texts, sorted.
pub(crate) fn of_ci(chart: &std::path::Path) -> Vec<(String, String)> {
    let files = ci_files(chart).into_iter();
    let read = files.filter_map(|(name, path)| Some((name, fs::read_to_string(path).ok()?)));
    read.collect()
}

/// The first document of a text, if it is a mapping.
pub(crate) fn values(text: &str) -> Option<Value> {
    let parsed = parse(text, &Limits::default());
    let document = parsed.documents.iter().find(|one| !one.is_empty())?;
    let value = document.root().to_json();
    value.is_object().then_some(value)
}

/// The names of leaves that the `ci/` files of all charts set, each with the name above it: what
/// users override.
pub(crate) struct Names(BTreeSet<(String, String)>);

impl Names {
    pub(crate) fn of(charts: &[&Found]) -> Self {
        let texts = charts.iter().flat_map(|found| of_ci(&found.path));
        let all = texts.filter_map(|(_, text)| values(&text));
        let names = all.flat_map(|value| {
            let leaves = typo::leaves(&value);
            leaves.iter().map(ends).collect::<Vec<_>>()
        });
        Self(names.collect())
    }

    /// Whether some `ci/` file sets a leaf of this name below a key of this name.
    pub(crate) fn overrides(&self, path: &Path) -> bool {
        self.0.contains(&ends(path))
    }
}

/// The last two names of a path.
fn ends(path: &Path) -> (String, String) {
    let mut names = path.iter().rev().cloned();
    let last = names.next().unwrap_or_default();
    (names.next().unwrap_or_default(), last)
}

/// The values with nothing in them but these leaves.
pub(crate) fn only(values: &Value, leaves: &[Path]) -> Value {
    let mut out = Map::new();
    for leaf in leaves {
        if let (Some(value), Some((last, above))) = (typo::at(values, leaf), leaf.split_last()) {
            let below = above.iter().try_fold(&mut out, |map, key| {
                let below = map.entry(key.clone()).or_insert_with(|| Map::new().into());
                below.as_object_mut()
            });
            below.map(|map| map.insert(last.clone(), value.clone()));
        }
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::{only, values};
    use serde_json::json;

    #[test]
    fn values_are_cut_down_to_leaves() {
        let all = values("a: {b: 1, c: [x]}\nd: 2\n").unwrap_or_default();
        let path = |text: &str| text.split('.').map(str::to_owned).collect();
        assert_eq!(only(&all, &[path("a.b")]), json!({"a": {"b": 1}}));
        assert_eq!(only(&all, &[path("d"), path("x.y")]), json!({"d": 2}));
    }
}
