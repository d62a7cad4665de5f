//! Which selectors may pick a pod: asked by its namespace and labels, not one selector after the
//! other.

use super::matched::Match;
use crate::decide::selects_because;
use crate::labels::NAMESPACE_NAME;
use crate::{
    Cluster, Endpoint, EndpointSelector, NamespaceScope, Operator, Party, Requirement, Selector,
};
use std::collections::HashMap;

/// The place of a selector in its [`Index`].
type Item = usize;

/// Endpoint selectors by what a pod must have to be picked: its namespace, a label, or both.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    /// With the number by which they were added.
    items: Vec<(usize, &'a EndpointSelector)>,
    /// Of one namespace and one label.
    narrow: HashMap<(&'a str, &'a str, &'a str), Vec<Item>>,
    /// Of one namespace.
    named: HashMap<&'a str, Vec<Item>>,
    /// Of one label, in any namespace.
    labelled: HashMap<(&'a str, &'a str), Vec<Item>>,
    /// Of whole namespaces, by the condition on their labels.
    matching: HashMap<&'a Selector, Vec<Item>>,
    /// The keys of `matching` in the order in which they came.
    conditions: Vec<&'a Selector>,
    /// Per namespace: those of `matching` that may pick its pods.
    of_namespace: HashMap<String, Vec<Item>>,
}

impl<'a> Index<'a> {
    /// Adds a selector under a number of the caller's.
    pub(super) fn add(&mut self, number: usize, selector: &'a EndpointSelector) {
        let item = self.items.len();
        self.items.push((number, selector));
        let label = narrowest(&selector.pods);
        match (names(&selector.namespaces), label) {
            (Some(names), Some(label)) => {
                for name in names {
                    for value in &label.values {
                        let key = (name, label.key.as_str(), value.as_str());
                        self.narrow.entry(key).or_default().push(item);
                    }
                }
            }
            (Some(names), None) => {
                for name in names {
                    self.named.entry(name).or_default().push(item);
                }
            }
            (None, Some(label)) => {
                for value in &label.values {
                    let key = (label.key.as_str(), value.as_str());
                    self.labelled.entry(key).or_default().push(item);
                }
            }
            (None, None) => {
                if let NamespaceScope::Matching(condition) = &selector.namespaces {
                    let same = self.matching.entry(condition).or_insert_with(|| {
                        self.conditions.push(condition);
                        Vec::new()
                    });
                    same.push(item);
                }
            }
        }
    }

    /// The numbers of the selectors that pick a pod or may, rising.
    pub(super) fn matches(
        &mut self,
        cluster: &Cluster,
        endpoint: &Endpoint,
        party: Party,
    ) -> Vec<(usize, Match)> {
        let mut found: Vec<(usize, Match)> = (self.candidates(cluster, endpoint).into_iter())
            .filter_map(|item| self.items.get(item))
            .map(|(number, selector)| (*number, selects_because(cluster, selector, party)))
            .filter(|(_, (tri, _))| tri.possible())
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A superset of the selectors that may pick the pod.
    fn candidates(&mut self, cluster: &Cluster, endpoint: &Endpoint) -> Vec<Item> {
        let namespace = endpoint.namespace.as_str();
        let declared = cluster.namespaces.get(namespace);
        if declared.and_then(|n| n.labels.get(NAMESPACE_NAME)) != Some(namespace) {
            // A cluster that was not normalized: names say nothing about labels there.
            return (0..self.items.len()).collect();
        }
        let mut found: Vec<Item> = Vec::new();
        for (key, value) in endpoint.labels.iter() {
            found.extend(
                self.narrow
                    .get(&(namespace, key, value))
                    .into_iter()
                    .flatten(),
            );
            found.extend(self.labelled.get(&(key, value)).into_iter().flatten());
        }
        found.extend(self.named.get(namespace).into_iter().flatten());
        if !self.of_namespace.contains_key(namespace) {
            let meant = self.conditions.iter().filter(|condition| match declared {
                Some(n) if n.undeclared => condition.matches_undeclared(&n.labels).possible(),
                Some(n) => condition.matches(&n.labels),
                None => true,
            });
            let items = meant.filter_map(|condition| self.matching.get(*condition));
            let items = items.flatten().copied().collect();
            self.of_namespace.insert(namespace.to_owned(), items);
        }
        found.extend(self.of_namespace.get(namespace).into_iter().flatten());
        found
    }
}

/// The namespaces outside of which nothing is picked, when they are named.
fn names(scope: &NamespaceScope) -> Option<Vec<&str>> {
    match scope {
        NamespaceScope::Named(name) => Some(vec![name]),
        NamespaceScope::Matching(condition) => {
            let of_name = condition.requirements.iter();
            let mut of_name =
                of_name.filter(|r| r.key == NAMESPACE_NAME && r.operator == Operator::In);
            Some(of_name.next()?.values.iter().map(String::as_str).collect())
        }
    }
}

/// A condition that only pods with one of a few labels meet.
fn narrowest(pods: &Selector) -> Option<&Requirement> {
    let of_values = pods.requirements.iter();
    let of_values = of_values.filter(|r| r.operator == Operator::In);
    of_values.min_by_key(|r| r.values.len())
}
