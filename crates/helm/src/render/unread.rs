//! Which values the user gave and nothing read: what NP201 is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::mentions::Mentions;
use super::tree::{Disabled, MissingDependency, Node};
use crate::value::{Data, Map, Origin, Reads, Value};

/// One leaf (or empty map or list) that the user set and no template read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The path in the root chart's values.
    pub path: Vec<Rc<str>>,
    /// The leaf.
    pub origin: Origin,
    /// Why nothing read it, as far as that can be told.
    pub why: WhyUnread,
}

/// Why nothing read a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyUnread {
    /// The chart does not know the key: neither its own values nor its templates name it.
    Unknown {
        /// Which part of the path is the first unknown one.
        part: usize,
        /// Keys that the chart knows in that place, sorted.
        known: Vec<Rc<str>>,
        /// Paths of the chart's own values that end in the same key as the unread one.
        elsewhere: Vec<Vec<Rc<str>>>,
    },
    /// The chart knows the key, but under these values nothing asked for it.
    Inert,
    /// The subchart it is for does not take part.
    Disabled {
        /// The path of the subchart's values.
        subchart: Vec<Rc<str>>,
        /// Why it does not: "its condition `redis.enabled` is false".
        why: String,
    },
    /// The subchart it is for is not there.
    Missing {
        /// The path of the subchart's values.
        subchart: Vec<Rc<str>>,
    },
}

/// A path of the values and a key that was asked of it.
type Asked = (Rc<[Rc<str>]>, Rc<str>);

/// What is looked at.
pub(super) struct Facts<'a> {
    pub(super) root: &'a Node,
    pub(super) reads: &'a Reads,
    /// What the user gave.
    pub(super) given: &'a Map,
    pub(super) disabled: &'a [Disabled],
    pub(super) missing: &'a [MissingDependency],
    /// Keys that were asked for and not there, with the path of the map.
    pub(super) asked: Vec<Asked>,
}

impl Facts<'_> {
    /// Whether a template took the user's value of this path out of the map or list it is in.
    fn is_read(&self, path: &[Rc<str>]) -> bool {
        let mut value = Value::from(self.given.clone());
        for key in path {
            let below = match &value.data {
                Data::Map(map) => map.get(key),
                Data::List(list) => key.parse().ok().and_then(|at| list.get(at)),
                _ => None,
            };
            match below {
                Some(below) => value = below,
                None => return false,
            }
        }
        self.reads.is_read(value.origin)
    }
}

/// The most paths named as places where the key would be known.
const MOST_ELSEWHERE: usize = 3;

/// The unread leaves of what the user gave, in the order of their paths.
pub(super) fn unread(facts: &Facts<'_>) -> Vec<Unread> {
    let mut leaves = Vec::new();
    let given = Value::from(facts.given.clone());
    collect(&given, &mut Vec::new(), &mut leaves);
    leaves.retain(|(_, origin, _)| !origin.is_none() && !facts.reads.is_read(*origin));
    if leaves.is_empty() {
        return Vec::new();
    }
    let mut known = Known::default();
    known.read(facts.root);
    leaves
        .into_iter()
        .filter_map(|(path, origin, null)| {
            let why = known.why(facts, &path);
            // A null that takes a default away has done its work.
            let deletes = null && why == WhyUnread::Inert;
            (!deletes).then_some(Unread { path, origin, why })
        })
        .collect()
}

fn collect(value: &Value, path: &mut Vec<Rc<str>>, out: &mut Vec<(Vec<Rc<str>>, Origin, bool)>) {
    let entries = match &value.data {
        Data::Map(map) => map.entries(),
        Data::List(list) => (0_usize..)
            .zip(list.items())
            .map(|(index, item)| (index.to_string().into(), item))
            .collect(),
        _ => Vec::new(),
    };
    if entries.is_empty() && !path.is_empty() {
        out.push((path.clone(), value.origin, value.is_null()));
    }
    for (key, value) in entries {
        path.push(key);
        collect(&value, path, out);
        path.pop();
    }
}

/// What the charts of the tree know, by the paths of their values.
#[derive(Default)]
struct Known<'a> {
    nodes: Vec<&'a Node>,
    mentions: BTreeMap<Vec<Rc<str>>, Mentions>,
    paths: Vec<Vec<Rc<str>>>,
}

impl<'a> Known<'a> {
    fn read(&mut self, node: &'a Node) {
        let mut mentions = Mentions::default();
        for template in &node.chart.templates {
            mentions.read(&template.text());
        }
        self.mentions.insert(node.path.clone(), mentions);
        let mut leaves = Vec::new();
        collect(
            &Value::from(node.values.clone()),
            &mut node.path.clone(),
            &mut leaves,
        );
        self.paths
            .extend(leaves.into_iter().map(|(path, _, _)| path));
        self.nodes.push(node);
        for child in &node.nodes {
            self.read(child);
        }
    }

    fn why(&self, facts: &Facts<'_>, path: &[Rc<str>]) -> WhyUnread {
        if let Some(disabled) = facts
            .disabled
            .iter()
            .find(|off| path.starts_with(&off.path))
        {
            return WhyUnread::Disabled {
                subchart: disabled.path.clone(),
                why: disabled.why.clone(),
            };
        }
        for missing in facts.missing {
            let mut subchart = missing.of.clone();
            subchart.push(missing.dependency.known_as().into());
            if path.starts_with(&subchart) {
                return WhyUnread::Missing { subchart };
            }
        }
        let node = self
            .nodes
            .iter()
            .filter(|node| path.starts_with(&node.path))
            .max_by_key(|node| node.path.len());
        let Some(node) = node else {
            return WhyUnread::Inert;
        };
        // What a template took out is known, by whatever name: it went through the map.
        let read = (node.path.len()..path.len()).rev().find(|length| {
            path.get(..*length)
                .is_some_and(|above| facts.is_read(above))
        });
        let first = read.unwrap_or(node.path.len()).max(node.path.len());
        for part in first..path.len() {
            if let Some(known) = self.unknown(facts, node, path, part) {
                return WhyUnread::Unknown {
                    part,
                    known,
                    elsewhere: self.elsewhere(path),
                };
            }
        }
        WhyUnread::Inert
    }

    /// The keys known in the place of a part of the path, if that part is none of them.
    fn unknown(
        &self,
        facts: &Facts<'_>,
        node: &Node,
        path: &[Rc<str>],
        part: usize,
    ) -> Option<Vec<Rc<str>>> {
        let key = path.get(part)?;
        let above = path.get(..part)?;
        let own = above.get(node.path.len()..)?;
        let defaults = own.iter().try_fold(node.values.clone(), |map, key| {
            map.get(key)?.as_map().cloned()
        });
        // Items of lists have no names, and what a chart leaves empty may hold anything. So may
        // what it says nothing of and did not look into.
        let free = match &defaults {
            Some(map) => map.is_empty() && !own.is_empty(),
            None => !facts.is_read(above),
        };
        if free || key.parse::<usize>().is_ok() {
            return None;
        }
        let mut known: BTreeSet<Rc<str>> = defaults.iter().flat_map(Map::keys).collect();
        known.extend(node.nodes.iter().map(|child| Rc::clone(&child.name)));
        let asked = facts.asked.iter().filter(|(branch, _)| **branch == *above);
        known.extend(asked.map(|(_, key)| Rc::clone(key)));
        let global = own.first().is_some_and(|first| &**first == "global");
        let helm = own.is_empty() && matches!(&**key, "global" | "tags" | "exports");
        if known.contains(key) || helm {
            return None;
        }
        let parent = own.last().map_or("Values", |last| &**last);
        // Globals are for every chart of the tree, and a library's templates work on others'
        // values.
        let all = global || own.len() > 1;
        let mentioned = self.mentions.iter().any(|(path, mentions)| {
            (all || *path == node.path || self.is_library(path)) && mentions.knows(parent, key)
        });
        (!mentioned).then(|| known.into_iter().collect())
    }

    fn is_library(&self, path: &[Rc<str>]) -> bool {
        self.nodes
            .iter()
            .any(|node| node.path == path && node.chart.metadata.is_library())
    }

    fn elsewhere(&self, path: &[Rc<str>]) -> Vec<Vec<Rc<str>>> {
        let ends = |known: &&Vec<Rc<str>>| known.last() == path.last();
        self.paths
            .iter()
            .filter(ends)
            .take(MOST_ELSEWHERE)
            .cloned()
            .collect()
    }
}
