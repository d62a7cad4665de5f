//! The label that was probably meant.

use super::{is_slip, word};
use crate::lint::groups::{Groups, Pairs};
use netpol_policy::labels::NAMESPACE_NAME;
use netpol_policy::{EndpointSelector, NamespaceScope, Operator, Selector};
use std::collections::BTreeSet;

/// Labels compared with one misspelt label at most; a namespace with more of them is searched in
/// part, so that one bad input cannot make a check slow.
const MOST: usize = 500;

/// Keys that name the same thing by different conventions: who writes the one for the other has
/// forgotten which convention the pods follow.
const CONVENTIONS: [&str; 6] = [
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/component",
    "component",
];

/// A label that a selector asks for and one that is there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead {
    /// `app: paymnets`.
    pub asked: String,
    /// `app: payments`.
    pub there: String,
    /// The condition, by its place in the selector.
    pub condition: usize,
    /// What would be written otherwise.
    pub word: Word,
    /// With it, the selector picks something.
    pub proved: bool,
    /// It is no other name that happens to look alike.
    pub slip: bool,
}

/// One half of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// The key that is there.
    Key(String),
    /// The value that is there.
    Value(String),
}

/// Which label would have to be written differently for the selector to match some pod of its
/// namespaces.
pub fn label(groups: &Groups<'_>, selector: &EndpointSelector) -> Option<Instead> {
    let mut pairs = Pairs::new();
    for (namespace, _) in groups.scope(&selector.namespaces) {
        pairs.extend(groups.labels_in(namespace));
        if pairs.len() > MOST {
            break;
        }
    }
    let matches = |pods: Selector| {
        let other = EndpointSelector {
            pods,
            ..selector.clone()
        };
        !groups.picks(&other).is_empty()
    };
    nearest(&selector.pods, &pairs, matches)
}

/// Which label would have to be written differently for the scope to hold a known namespace.
pub fn namespace(groups: &Groups<'_>, scope: &NamespaceScope) -> Option<Instead> {
    let named;
    let selector = match scope {
        NamespaceScope::Matching(selector) => selector,
        NamespaceScope::Named(name) => {
            named = Selector::match_labels([(NAMESPACE_NAME, name.as_str())]);
            &named
        }
    };
    nearest(selector, groups.labels_of_namespaces(), |other| {
        groups.knows(&NamespaceScope::Matching(other))
    })
}

/// The name of a namespace under a key that no namespace has: `name: kube-system`, where the API
/// server writes `kubernetes.io/metadata.name` (Kubernetes, "Automatic labelling" of namespaces).
/// Only names of namespaces whose labels are known.
pub fn by_name(groups: &Groups<'_>, scope: &NamespaceScope) -> Option<Instead> {
    let NamespaceScope::Matching(selector) = scope else {
        return None;
    };
    let mut conditions = selector.requirements.iter().enumerate();
    conditions.find_map(|(condition, r)| {
        let [name] = r.values.as_slice() else {
            return None;
        };
        if r.operator != Operator::In || groups.on_namespaces(&r.key) || !groups.declares(name) {
            return None;
        }
        let mut other = selector.clone();
        NAMESPACE_NAME.clone_into(&mut other.requirements.get_mut(condition)?.key);
        let known = groups.knows(&NamespaceScope::Matching(other));
        known.then(|| Instead {
            asked: format!("{}: {name}", r.key),
            there: format!("{NAMESPACE_NAME}: {name}"),
            condition,
            word: Word::Key(NAMESPACE_NAME.to_owned()),
            proved: true,
            slip: true,
        })
    })
}

/// The first condition that asks for what nobody has and for which there is something near. One
/// that makes the selector match is preferred.
fn nearest(
    selector: &Selector,
    pairs: &Pairs<'_>,
    matches: impl Fn(Selector) -> bool,
) -> Option<Instead> {
    let conditions = selector.requirements.iter().enumerate();
    let equalities = conditions.filter(|(_, r)| r.operator == Operator::In);
    let mut first = None;
    for (condition, r) in equalities {
        let Some(value) = r.values.first() else {
            continue;
        };
        let (key, value) = (r.key.as_str(), value.as_str());
        if pairs.contains(&(key, value)) {
            continue;
        }
        let Some((found, slip)) = instead(key, value, pairs) else {
            continue;
        };
        let there = match &found {
            Word::Key(near) => format!("{near}: {value}"),
            Word::Value(near) => format!("{key}: {near}"),
        };
        let mut other = selector.clone();
        if let Some(changed) = other.requirements.get_mut(condition) {
            match &found {
                Word::Key(near) => changed.key.clone_from(near),
                Word::Value(near) => changed.values = vec![near.clone()],
            }
        }
        let proved = matches(other);
        let found = Instead {
            asked: format!("{key}: {value}"),
            there,
            condition,
            word: found,
            proved,
            slip: slip && proved,
        };
        if proved {
            return Some(found);
        }
        first.get_or_insert(found);
    }
    first
}

/// A near value, else a near key with the value, else a key of another convention with it; and
/// whether it is a slip.
fn instead(key: &str, value: &str, pairs: &Pairs<'_>) -> Option<(Word, bool)> {
    let known = || pairs.iter().take(MOST);
    let values = known().filter(|(k, _)| *k == key).map(|(_, v)| *v);
    if let Some(near) = word(value, values) {
        return Some((Word::Value(near.to_owned()), is_slip(value, near)));
    }
    let keys = || known().filter(|(_, v)| *v == value).map(|(k, _)| *k);
    if let Some(near) = word(key, keys()) {
        return Some((Word::Key(near.to_owned()), is_slip(key, near)));
    }
    let convention = |key: &&str| keys().any(|there| there == *key);
    let other = CONVENTIONS
        .contains(&key)
        .then(|| CONVENTIONS.iter().find(|k| convention(k)));
    let unused = known().all(|(k, _)| *k != key);
    other
        .flatten()
        .map(|other| (Word::Key((*other).to_owned()), unused))
}

/// The values that pods of the selector's namespaces have for a key that the selector asks for.
pub fn values<'g>(
    groups: &'g Groups<'_>,
    selector: &EndpointSelector,
) -> Option<(String, Vec<&'g str>)> {
    let first = |pods: &Selector| Some(pods.requirements.first()?.key.clone());
    let key = first(&selector.pods)?;
    let mut found = BTreeSet::new();
    for (namespace, _) in groups.scope(&selector.namespaces) {
        let pairs = groups.labels_in(namespace);
        found.extend(pairs.filter(|(k, _)| *k == key).map(|(_, v)| v));
        if found.len() > MOST {
            break;
        }
    }
    (!found.is_empty()).then(|| (key, found.into_iter().collect()))
}
