//! Pods on the host's network, which no policy selects: to the others they are the node
//! (S-HOSTNET).

use super::groups::Groups;
use netpol_policy::{Cluster, EndpointSelector, NamespaceScope};
use std::collections::BTreeMap;

/// Host-network pods by namespace.
#[derive(Debug)]
pub struct HostPods<'a> {
    cluster: &'a Cluster,
    by_namespace: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> HostPods<'a> {
    /// Finds them.
    pub fn new(cluster: &'a Cluster) -> Self {
        let mut by_namespace: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, endpoint) in cluster.endpoints.iter().enumerate() {
            if endpoint.host_network {
                let pods = by_namespace.entry(&endpoint.namespace).or_default();
                pods.push(index);
            }
        }
        Self {
            cluster,
            by_namespace,
        }
    }

    /// The places of those that a selector means by its words, though it cannot pick them.
    pub fn meant(&self, groups: &Groups<'_>, selector: &EndpointSelector) -> Vec<usize> {
        let scope = &selector.namespaces;
        let pods: Vec<usize> = match scope {
            NamespaceScope::Named(name) => {
                let pods = self.by_namespace.get(name.as_str());
                pods.cloned().unwrap_or_default()
            }
            NamespaceScope::Matching(_) => {
                let known = self.by_namespace.iter();
                let known = known.filter(|(name, _)| groups.in_scope(scope, name).possible());
                known.flat_map(|(_, pods)| pods).copied().collect()
            }
        };
        let named = |index: &usize| {
            let endpoint = self.cluster.endpoints.get(*index);
            endpoint.is_some_and(|e| selector.pods.matches(&e.labels))
        };
        pods.into_iter().filter(named).collect()
    }
}
