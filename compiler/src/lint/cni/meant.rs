//! What somebody meant who wrote a key that the chart does not have.

use super::Merged;
use super::chart::{self, Standing, Tree};
use super::flags;
use crate::lint::nearest;
use crate::model::ChartVersion;

/// What was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// A key of another version of the chart.
    Elsewhere {
        /// The last version that has it, when it was removed.
        until: Option<ChartVersion>,
        /// The first version that has it, when it came later.
        since: Option<ChartVersion>,
    },
    /// The same letters in another case: the step in place of the wrong one.
    Case(String),
    /// A slip of the keys: the step in place of the wrong one.
    Spelt(String),
    /// A flag of the agent, for which the chart has this key.
    Flag(&'static str),
    /// The same key at another place.
    Moved(&'static str),
}

/// What was meant by a leaf whose path the chart knows up to `known`, if that can be said.
pub fn by(values: &Merged<'_>, leaf: &str, known: &str) -> Option<Meant> {
    let tree = values.tree;
    let (step, rest) = next_step(leaf, known);
    let there = |step: &str| {
        let path = join(known, step);
        let path = format!("{path}{rest}");
        !matches!(
            tree.standing(&path),
            Standing::Unknown(_) | Standing::Below(..)
        )
    };
    elsewhere(tree, leaf).or_else(|| {
        let siblings = children(tree, known);
        let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
        let wanted = plain(step);
        let same = siblings.iter().find(|s| plain(s) == wanted && there(s));
        if let Some(same) = same {
            return Some(Meant::Case((*same).to_owned()));
        }
        if let Some(key) = flags::key_of(step) {
            return Some(Meant::Flag(key));
        }
        let near = siblings.iter().copied().filter(|s| there(s));
        if let Some(near) = nearest::word(step, near) {
            return Some(Meant::Spelt(near.to_owned()));
        }
        moved(tree, leaf).map(Meant::Moved)
    })
}

/// The step of a path behind what is known of it, and what follows with its dot.
pub fn next_step<'p>(path: &'p str, known: &str) -> (&'p str, &'p str) {
    let behind = match known {
        "" => path,
        _ => path.get(known.len() + 1..).unwrap_or_default(),
    };
    // The shortest path above it is its first step.
    let first = chart::above(behind).last().unwrap_or(behind);
    (first, behind.get(first.len()..).unwrap_or_default())
}

/// A path and one step more.
pub fn join(known: &str, step: &str) -> String {
    match known {
        "" => step.to_owned(),
        _ => format!("{known}.{step}"),
    }
}

fn elsewhere(tree: Tree, leaf: &str) -> Option<Meant> {
    let known = |version: &ChartVersion| {
        let tree = Tree { version: *version };
        matches!(tree.standing(leaf), Standing::Leaf(_) | Standing::Free)
    };
    let having: Vec<ChartVersion> = chart::versions().into_iter().filter(known).collect();
    let until = having.iter().rfind(|v| **v < tree.version).copied();
    let since = having.iter().find(|v| **v > tree.version).copied();
    (until.is_some() || since.is_some()).then_some(Meant::Elsewhere { until, since })
}

/// The steps that stand below a path, each once.
fn children(tree: Tree, path: &str) -> Vec<&'static str> {
    let mut steps: Vec<&'static str> = tree
        .keys()
        .filter(|key| {
            let below = key.strip_prefix(path);
            below.is_some_and(|rest| path.is_empty() || rest.starts_with('.'))
        })
        .map(|key| next_step(key, path).0)
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The only key that ends like this path, by the longest end that any key has.
fn moved(tree: Tree, leaf: &str) -> Option<&'static str> {
    let mut tail = leaf;
    loop {
        let ends = |key: &str| {
            let before = key.strip_suffix(tail);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        let mut alike = tree.keys().filter(|key| ends(key));
        if let Some(one) = alike.next() {
            return alike.next().is_none().then_some(one);
        }
        let (_, rest) = next_step(tail, "");
        tail = rest.strip_prefix('.')?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_apart() {
        assert_eq!(next_step("a.b.c", "a"), ("b", ".c"));
        assert_eq!(next_step("a.b.c", ""), ("a", ".b.c"));
        assert_eq!(next_step("a.b", "a"), ("b", ""));
        assert_eq!(join("", "a"), "a");
        assert_eq!(join("a", "b"), "a.b");
    }

    #[test]
    fn a_key_at_another_place_is_found_when_it_is_the_only_one() {
        let tree = Tree {
            version: "1.20".parse().unwrap(),
        };
        assert_eq!(moved(tree, "policyMapMax"), Some("bpf.policyMapMax"));
        assert_eq!(
            moved(tree, "hubble.policyAuditMode"),
            Some("policyAuditMode")
        );
        assert_eq!(moved(tree, "somebody.enabled"), None);
    }
}
