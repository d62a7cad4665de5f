//! The label that was probably meant.

use super::groups::Groups;
use netpol_policy::{EndpointSelector, Operator, Selector};
use std::collections::BTreeSet;

/// Labels compared with one misspelt label at most; a namespace with more of them is searched in
/// part, so that one bad input cannot make a check slow.
const MOST: usize = 500;

/// How many letters two words may differ in and still be the same word misspelt.
pub fn tolerance(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    }
}

/// The word that is nearest to `word`, if it is near; the first one in order of equals.
pub fn word<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let most = tolerance(word);
    let length = word.len();
    let near = words
        .into_iter()
        .filter(|w| w.len().abs_diff(length) <= most * 4)
        .map(|w| (strsim::osa_distance(word, w), w));
    let near = near.filter(|(distance, w)| *distance <= most && *distance < w.chars().count());
    near.min_by_key(|(distance, _)| *distance).map(|(_, w)| w)
}

/// A label that a selector asks for and one that pods have instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead {
    /// `app: paymnets`.
    pub asked: String,
    /// `app: payments`.
    pub there: String,
}

/// Which label would have to be written differently for the selector to match some pod of its
/// namespaces.
pub fn label(groups: &Groups<'_>, selector: &EndpointSelector) -> Option<Instead> {
    let mut pairs = BTreeSet::new();
    for (namespace, _) in groups.scope(&selector.namespaces) {
        pairs.extend(groups.labels_in(namespace));
        if pairs.len() > MOST {
            break;
        }
    }
    let equalities = selector.pods.requirements.iter();
    let equalities = equalities.filter(|r| r.operator == Operator::In);
    for (key, value) in equalities.filter_map(|r| Some((r.key.as_str(), r.values.first()?))) {
        if pairs.contains(&(key, value.as_str())) {
            continue;
        }
        let known = || pairs.iter().take(MOST);
        let values = known().filter(|(k, _)| *k == key).map(|(_, v)| *v);
        let keys = known().filter(|(_, v)| v == value).map(|(k, _)| *k);
        let there = match (word(value, values), word(key, keys)) {
            (Some(near), _) => format!("{key}: {near}"),
            (None, Some(near)) => format!("{near}: {value}"),
            (None, None) => continue,
        };
        let asked = format!("{key}: {value}");
        return Some(Instead { asked, there });
    }
    None
}

/// The values that pods of the selector's namespaces have for a key that the selector asks for.
pub fn values<'g>(
    groups: &Groups<'g>,
    selector: &EndpointSelector,
) -> Option<(String, Vec<&'g str>)> {
    let first = |pods: &Selector| Some(pods.requirements.first()?.key.clone());
    let key = first(&selector.pods)?;
    let mut found = BTreeSet::new();
    for (namespace, _) in groups.scope(&selector.namespaces) {
        let pairs = groups.labels_in(namespace).into_iter();
        found.extend(pairs.filter(|(k, _)| *k == key).map(|(_, v)| v));
        if found.len() > MOST {
            break;
        }
    }
    (!found.is_empty()).then(|| (key, found.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_near() {
        let words = ["payments", "frontend", "api"];
        assert_eq!(word("paymnets", words), Some("payments"));
        assert_eq!(word("payment", words), Some("payments"));
        assert_eq!(word("database", words), None);
        assert_eq!(word("ap", words), Some("api"));
        assert_eq!(word("x", ["y"]), None);
    }
}
