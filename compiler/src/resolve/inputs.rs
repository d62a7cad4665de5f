//! What a verb was asked to read, and the changes that it is to imagine.

use crate::load::{LoadOptions, ObjectKey};
use crate::model::{ChartVersion, ImageBudget};
use netpol_policy::Dialect;
use std::path::PathBuf;
use std::str::FromStr;

/// What a verb was asked to read.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files, directories, `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// `--cni-values`: Helm values of the CNI's chart; later files override earlier ones.
    pub cni_values: Vec<PathBuf>,
    /// `--cni-version`: the version of that chart; the newest known one otherwise.
    pub cni_version: Option<ChartVersion>,
    /// `--cni-upgrade-to`: the version that it is to be upgraded to.
    pub cni_upgrade_to: Option<ChartVersion>,
    /// `--image-budget`: what the image of a node may take; what the format can hold otherwise.
    pub image_budget: Option<ImageBudget>,
    /// `--cluster-state`: a dump of everything there is; closes the world.
    pub cluster_state: Vec<PathBuf>,
    /// `--namespace`: of objects that name none; `default` otherwise.
    pub namespace: Option<String>,
    /// `--dialect`; detected from the input otherwise.
    pub dialect: Option<Dialect>,
    /// `--closed-world`: nothing exists but what is given.
    pub closed_world: bool,
    /// Changes that are to be judged as if they had been made.
    pub what_if: WhatIf,
    /// How texts are read.
    pub load: LoadOptions,
}

/// Changes to the input before it is analysed (`query --add --remove --label`).
#[derive(Debug, Clone, Default)]
pub struct WhatIf {
    /// Objects that are added, or replace the ones of the same kind, namespace and name.
    pub add: Vec<PathBuf>,
    /// Objects that are taken away.
    pub remove: Vec<ObjectKey>,
    /// Labels that are set or taken away.
    pub labels: Vec<LabelChange>,
}

/// A label that is set, or taken away when there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChange {
    /// Whose label.
    pub of: LabelTarget,
    /// The label's key.
    pub key: String,
    /// The label's value; `None` takes the label away.
    pub value: Option<String>,
}

/// Whose label changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelTarget {
    /// The namespace of this name.
    Namespace(String),
    /// The node of this name.
    Node(String),
    /// All pods of a pod or workload of this namespace and name.
    Endpoint {
        /// The namespace.
        namespace: String,
        /// The name of the pod or of the workload.
        name: String,
    },
}

/// Text that is no change of a label: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` changes no label: {why}; write ns/name=key=value, namespace/NAME=key=value or node/NAME=key=value, and key- to take a label away"
)]
pub struct NoLabelChange {
    text: String,
    why: &'static str,
}

impl FromStr for LabelChange {
    type Err = NoLabelChange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = |why| NoLabelChange {
            text: text.to_owned(),
            why,
        };
        let (of, label) = text.split_once('=').ok_or_else(|| bad("it has no `=`"))?;
        let of = match of.split('/').collect::<Vec<_>>().as_slice() {
            [space, name] if space.is_empty() || name.is_empty() => None,
            ["namespace", name] => Some(LabelTarget::Namespace((*name).to_owned())),
            ["node", name] => Some(LabelTarget::Node((*name).to_owned())),
            [namespace, name] => Some(LabelTarget::Endpoint {
                namespace: (*namespace).to_owned(),
                name: (*name).to_owned(),
            }),
            _ => None,
        };
        let of = of.ok_or_else(|| bad("it does not say whose"))?;
        let (key, value) = match (label.split_once('='), label.strip_suffix('-')) {
            (Some((key, value)), _) => (key, Some(value)),
            (None, Some(key)) => (key, None),
            (None, None) => return Err(bad("it gives no value")),
        };
        if !is_key(key) {
            return Err(bad("the key is none that a label may have"));
        }
        if !value.is_none_or(|value| value.is_empty() || is_word(value)) {
            return Err(bad("the value is none that a label may have"));
        }
        Ok(Self {
            of,
            key: key.to_owned(),
            value: value.map(str::to_owned),
        })
    }
}

/// A label's key: a word, perhaps behind a DNS name and a slash (`meta/v1 ObjectMeta.labels`).
fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => {
            let label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            !prefix.is_empty() && prefix.len() <= 253 && prefix.chars().all(label) && is_word(name)
        }
        None => is_word(key),
    }
}

/// 1 to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_word(word: &str) -> bool {
    let within = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let ends = [word.chars().next(), word.chars().next_back()];
    word.len() <= 63
        && word.chars().all(within)
        && ends
            .into_iter()
            .all(|c| c.is_some_and(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_changes_are_read_in_all_forms() {
        let change = |of: LabelTarget, key: &str, value: Option<&str>| LabelChange {
            of,
            key: key.to_owned(),
            value: value.map(str::to_owned),
        };
        let web = || LabelTarget::Endpoint {
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
        };
        let shop = LabelTarget::Namespace("shop".to_owned());
        let node = LabelTarget::Node("n1".to_owned());
        for (text, expected) in [
            ("shop/web=app=api", change(web(), "app", Some("api"))),
            ("shop/web=app=", change(web(), "app", Some(""))),
            ("shop/web=app-", change(web(), "app", None)),
            ("shop/web=a-b=c", change(web(), "a-b", Some("c"))),
            (
                "namespace/shop=a.example/b=c",
                change(shop, "a.example/b", Some("c")),
            ),
            ("node/n1=zone=a", change(node, "zone", Some("a"))),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for bad in [
            "",
            "shop/web",
            "web=a=b",
            "shop/web=a",
            "a/b/c=d=e",
            "shop/=a=b",
            "s/w==b",
            "s/w=a=b=c",
            "s/w=a=b-",
        ] {
            assert!(bad.parse::<LabelChange>().is_err(), "{bad}");
        }
    }
}
