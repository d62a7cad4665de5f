//! The keys of Cilium's chart in each version that is known, with their defaults
//! (`schemas/cni/cilium-chart.json`, made by `cargo xtask cni-keys`).

use super::read::built_in;
use crate::model::ChartVersion;
use netpol_helm::values::type_of;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chart {
    /// What the file is.
    #[serde(rename = "comment")]
    _comment: String,
    /// The charts that were read, the oldest first.
    versions: Vec<String>,
    /// Dotted path of every leaf.
    keys: BTreeMap<String, Runs>,
    /// Maps that a template prints as they are: any key may stand in them.
    open: BTreeMap<String, Runs>,
    /// Keys that only templates know, with the template.
    hidden: BTreeMap<String, Runs>,
}

/// What is said of one key, from version to version.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<Vec<Value>>")]
struct Runs(Vec<(ChartVersion, Option<Fact>)>);

/// What one version says of one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The default; for a hidden key the template that reads it.
    pub default: Value,
    /// The types that the chart's schema takes, in the words of JSON Schema.
    pub types: Vec<String>,
}

impl TryFrom<Vec<Vec<Value>>> for Runs {
    type Error = String;

    fn try_from(runs: Vec<Vec<Value>>) -> Result<Self, Self::Error> {
        let run = |run: Vec<Value>| {
            let mut parts = run.into_iter();
            let since = parts.next();
            let since = since.as_ref().and_then(Value::as_str).unwrap_or_default();
            let since = since.parse().map_err(|error| format!("{error}"))?;
            let fact = parts.next().map(|default| {
                let types = parts.next();
                let types = types.as_ref().and_then(Value::as_str);
                let types = types.unwrap_or_else(|| type_of(&default));
                Fact {
                    types: types.split('|').map(str::to_owned).collect(),
                    default,
                }
            });
            Ok((since, fact))
        };
        runs.into_iter()
            .map(run)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Runs {
    fn at(&self, version: ChartVersion) -> Option<&Fact> {
        let said = self.0.iter().rfind(|(since, _)| *since <= version);
        said.and_then(|(_, fact)| fact.as_ref())
    }
}

static CHART: LazyLock<Chart> =
    LazyLock::new(|| built_in(include_str!("../../../../schemas/cni/cilium-chart.json")));

/// The versions that are known, the oldest first.
pub fn versions() -> Vec<ChartVersion> {
    let known = CHART.versions.iter();
    known.filter_map(|full| full.parse().ok()).collect()
}

/// The paths above a path, the longest first. Dots within a key are written `\.`.
pub fn above(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut end = text.len();
        rest = loop {
            end = match text.get(..end)?.rfind('.') {
                Some(dot) if dot > 0 && text.as_bytes().get(dot - 1) == Some(&b'\\') => dot - 1,
                Some(dot) => break text.get(..dot),
                None => break None,
            };
        };
        rest
    })
}

/// The keys of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// Which one.
    pub version: ChartVersion,
}

/// How a path of somebody's values stands to the chart.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// A leaf of the chart.
    Leaf(&'static Fact),
    /// A mapping of the chart.
    Branch,
    /// Within a map that takes any key, or a key that only a template knows.
    Free,
    /// Below a leaf that takes no mapping: the leaf's path and what is said of it.
    Below(String, &'static Fact),
    /// Nothing of the chart; the longest part of the path that the chart has.
    Unknown(String),
}

impl Tree {
    /// A leaf.
    pub fn fact(self, key: &str) -> Option<&'static Fact> {
        CHART.keys.get(key)?.at(self.version)
    }

    /// Is there anything below this path?
    pub fn is_branch(self, path: &str) -> bool {
        below(&CHART.keys, path).any(|runs| runs.at(self.version).is_some())
    }

    /// Is this a key that only templates know, or the way to one?
    fn is_hidden(self, path: &str) -> bool {
        let itself = CHART.hidden.get(path).into_iter();
        let any = |runs: &Runs| runs.at(self.version).is_some();
        itself.chain(below(&CHART.hidden, path)).any(any)
    }

    /// How a path stands to the chart.
    pub fn standing(self, path: &str) -> Standing {
        if let Some(fact) = self.fact(path) {
            return Standing::Leaf(fact);
        }
        if self.is_branch(path) {
            return Standing::Branch;
        }
        if self.is_hidden(path) {
            return Standing::Free;
        }
        let mut known = String::new();
        for path in above(path) {
            let open = CHART
                .open
                .get(path)
                .is_some_and(|r| r.at(self.version).is_some());
            let hidden = CHART
                .hidden
                .get(path)
                .is_some_and(|r| r.at(self.version).is_some());
            if open || hidden {
                return Standing::Free;
            }
            if let Some(fact) = self.fact(path) {
                let takes = |t: &String| t == "object" || t == "any";
                return if fact.types.iter().any(takes) {
                    Standing::Free
                } else {
                    Standing::Below(path.to_owned(), fact)
                };
            }
            if known.is_empty() && self.is_branch(path) {
                path.clone_into(&mut known);
            }
        }
        Standing::Unknown(known)
    }

    /// Every key that may be written, hidden ones too, in order.
    pub fn keys(self) -> impl Iterator<Item = &'static str> {
        let all = CHART.keys.iter().chain(&CHART.hidden);
        let there = all.filter(move |(_, runs)| runs.at(self.version).is_some());
        there.map(|(key, _)| key.as_str())
    }

    /// The keys with what is said of them, hidden ones not among them.
    pub fn facts(self) -> impl Iterator<Item = (&'static str, &'static Fact)> {
        let all = CHART.keys.iter();
        all.filter_map(move |(key, runs)| Some((key.as_str(), runs.at(self.version)?)))
    }
}

fn below<'m>(map: &'m BTreeMap<String, Runs>, path: &str) -> impl Iterator<Item = &'m Runs> {
    let prefix = format!("{path}.");
    let from = map.range(prefix.clone()..);
    from.take_while(move |(key, _)| key.starts_with(&prefix))
        .map(|(_, runs)| runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(version: &str) -> Tree {
        Tree {
            version: version.parse().unwrap(),
        }
    }

    #[test]
    fn the_list_reads_and_is_in_order() {
        let text = include_str!("../../../../schemas/cni/cilium-chart.json");
        let chart: Chart = serde_json::from_str(text).unwrap();
        let known = versions();
        assert!(known.len() >= 5 && known.is_sorted(), "{known:?}");
        for (key, runs) in chart.keys.iter().chain(&chart.open).chain(&chart.hidden) {
            let sorted = runs.0.is_sorted_by(|(a, _), (b, _)| a < b);
            assert!(sorted && !runs.0.is_empty(), "{key}");
            assert!(
                runs.0.iter().all(|(since, _)| known.contains(since)),
                "{key}"
            );
        }
    }

    #[test]
    fn defaults_change_and_keys_come_and_go() {
        let default = |version: &str, key: &str| {
            let fact = tree(version).fact(key);
            fact.map(|fact| fact.default.clone())
        };
        assert_eq!(default("1.18", "authentication.enabled"), Some(true.into()));
        assert_eq!(
            default("1.19", "authentication.enabled"),
            Some(false.into())
        );
        assert_eq!(default("1.18", "svcSourceRangeCheck"), Some(true.into()));
        assert_eq!(default("1.19", "svcSourceRangeCheck"), None);
    }

    #[test]
    fn every_path_has_a_standing() {
        let tree = tree("1.20");
        let standing = |path: &str| tree.standing(path);
        assert!(matches!(standing("l7Proxy"), Standing::Leaf(_)));
        assert_eq!(standing("hubble"), Standing::Branch);
        for free in [
            "extraConfig.enable-policy",
            "policyAuditMode",
            "nodePort.range",
            "nodeSelector.pool",
            "affinity.podAffinity.x",
        ] {
            assert_eq!(standing(free), Standing::Free, "{free}");
        }
        assert!(
            matches!(standing("l7Proxy.enabled"), Standing::Below(leaf, _) if leaf == "l7Proxy")
        );
        let unknown = |known: &str| Standing::Unknown(known.to_owned());
        assert_eq!(standing("hubble.realy.enabled"), unknown("hubble"));
        assert_eq!(standing("policyEnforcmentMode"), unknown(""));
    }

    #[test]
    fn dots_within_keys_are_no_steps() {
        let all: Vec<&str> = above(r"a.b\.c.d").collect();
        assert_eq!(all, [r"a.b\.c", "a"]);
        assert_eq!(above("a").count(), 0);
        assert_eq!(above(r"b\.c").count(), 0);
    }
}
