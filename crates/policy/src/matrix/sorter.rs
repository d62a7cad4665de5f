//! What policies can see of a party, worked out once for all that are alike.

use super::classes::{ClassId, Signature};
use super::spans::Spans;
use crate::cidr::Family;
use crate::decide::{covers_one_of, places_of, selects};
use crate::{
    Cluster, ContainerPort, Dialect, EndpointSelector, IpBlock, NamespaceScope, Party, Peer,
    PolicySet, PortMatch, Tri,
};
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

/// What depends on namespace and labels alone: the policies that select, the peers that match.
type BySelectors = (Vec<(usize, Tri)>, Vec<(usize, Tri)>);

/// What blocks can see of a party: parties on the same ground are in the same blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ground {
    /// Blocks do not speak of such parties.
    Unseen,
    /// Somewhere among the pods' addresses.
    NoAddress,
    /// At an address of this node, by its place, or of one that is not known.
    OnNode(Option<usize>),
    /// In this span of its family.
    Span(Family, usize),
}

/// Endpoints that nothing but their addresses can tell apart, and the classes found so far: of a
/// hundred replicas one is looked at.
#[derive(Default)]
pub(super) struct Alike<'a> {
    places: HashMap<(&'a str, &'a crate::Labels), usize>,
    by_labels: Vec<BySelectors>,
    name_places: HashMap<Vec<ContainerPort>, usize>,
    names: Vec<Vec<ContainerPort>>,
    pub(super) classes: HashMap<(Option<usize>, usize, Ground), ClassId>,
}

impl<'a> Alike<'a> {
    /// The kinds of an endpoint by its labels (none on the host network) and by its port names.
    pub(super) fn kinds(
        &mut self,
        sorter: &Sorter<'_>,
        index: usize,
        endpoint: &'a crate::Endpoint,
    ) -> (Option<usize>, usize) {
        let used = if endpoint.host_network {
            Vec::new()
        } else {
            sorter.used_names(&endpoint.ports)
        };
        let names = if let Some(known) = self.name_places.get(&used) {
            *known
        } else {
            self.names.push(used.clone());
            self.name_places.insert(used, self.names.len() - 1);
            self.names.len() - 1
        };
        if endpoint.host_network {
            return (None, names);
        }
        let namespace = endpoint.namespace.as_str();
        let place = self.places.entry((namespace, &endpoint.labels));
        let by_labels = *place.or_insert_with(|| {
            let party = Party::Endpoint(index, None);
            self.by_labels.push(sorter.by_selectors(party, namespace));
            self.by_labels.len() - 1
        });
        (Some(by_labels), names)
    }

    /// All but the blocks.
    pub(super) fn signature(&self, by_labels: Option<usize>, names: usize) -> Signature {
        let selected = by_labels.and_then(|place| self.by_labels.get(place));
        let (subject_of, peer_of) = selected.cloned().unwrap_or_default();
        Signature {
            subject_of,
            peer_of,
            names: self.names.get(names).cloned().unwrap_or_default(),
        }
    }
}

/// The selectors and blocks of all policies, indexed by what they can match.
pub(super) struct Sorter<'a> {
    cluster: &'a Cluster,
    dialect: Dialect,
    subjects: Scoped<'a>,
    pod_peers: Scoped<'a>,
    blocks: Vec<(usize, &'a IpBlock)>,
    spans: [Spans; 2],
    /// The blocks that may hold a pod without address, once somebody asks.
    no_address: OnceCell<Vec<(usize, Tri)>>,
    nodes: HashMap<&'a str, usize>,
    names: BTreeSet<&'a str>,
}

/// Endpoint selectors, those of one namespace apart.
#[derive(Default)]
struct Scoped<'a> {
    named: HashMap<&'a str, Vec<(usize, &'a EndpointSelector)>>,
    matching: Vec<(usize, &'a EndpointSelector)>,
}

impl<'a> Scoped<'a> {
    fn add(&mut self, place: usize, selector: &'a EndpointSelector) {
        match &selector.namespaces {
            NamespaceScope::Named(name) => self
                .named
                .entry(name.as_str())
                .or_default()
                .push((place, selector)),
            NamespaceScope::Matching(_) => self.matching.push((place, selector)),
        }
    }

    fn matches(&self, cluster: &Cluster, party: Party, namespace: &str) -> Vec<(usize, Tri)> {
        let named = self.named.get(namespace).into_iter().flatten();
        let mut found: Vec<(usize, Tri)> = named
            .chain(&self.matching)
            .map(|(place, selector)| (*place, selects(cluster, selector, party)))
            .filter(|(_, tri)| tri.possible())
            .collect();
        found.sort_unstable();
        found
    }
}

impl<'a> Sorter<'a> {
    pub(super) fn new(policies: &'a PolicySet, cluster: &'a Cluster, peers: &[&'a Peer]) -> Self {
        let mut sorter = Self {
            cluster,
            dialect: policies.dialect(),
            subjects: Scoped::default(),
            pod_peers: Scoped::default(),
            blocks: Vec::new(),
            spans: [Family::V4, Family::V6].map(|f| Spans::new(f, &[], &[])),
            no_address: OnceCell::new(),
            nodes: HashMap::new(),
            names: BTreeSet::new(),
        };
        for (place, policy) in policies.policies().iter().enumerate() {
            sorter.subjects.add(place, &policy.subject);
            for port in policy.rules.iter().flat_map(|r| r.ports.iter().flatten()) {
                if let PortMatch::Named { name, .. } = port {
                    sorter.names.insert(name);
                }
            }
        }
        for (place, peer) in peers.iter().enumerate() {
            match peer {
                Peer::Pods(selector) => sorter.pod_peers.add(place, selector),
                Peer::IpBlock(block) => sorter.blocks.push((place, block)),
            }
        }
        for (place, node) in cluster.nodes.iter().enumerate() {
            sorter.nodes.entry(&node.name).or_insert(place);
        }
        let pod_cidrs: Vec<_> = cluster.pod_cidrs().collect();
        sorter.spans =
            [Family::V4, Family::V6].map(|family| Spans::new(family, &sorter.blocks, &pod_cidrs));
        sorter
    }

    fn by_selectors(&self, party: Party, namespace: &str) -> BySelectors {
        (
            self.subjects.matches(self.cluster, party, namespace),
            self.pod_peers.matches(self.cluster, party, namespace),
        )
    }

    fn used_names(&self, ports: &[ContainerPort]) -> Vec<ContainerPort> {
        let mut used: Vec<ContainerPort> = ports
            .iter()
            .filter(|p| p.name.as_deref().is_some_and(|n| self.names.contains(n)))
            .cloned()
            .collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    pub(super) fn spans(&self, family: Family) -> &Spans {
        let [v4, v6] = &self.spans;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    /// Where blocks see a party.
    pub(super) fn ground(&self, party: Party) -> Ground {
        let outside = matches!(party, Party::External(_));
        if party == Party::Unknown || (self.dialect == Dialect::Cilium && !outside) {
            return Ground::Unseen;
        }
        if let Some(address) = self.cluster.address_of(party) {
            let family = Family::of(address);
            return Ground::Span(family, self.spans(family).of(address));
        }
        match self.cluster.host_of(party) {
            None => Ground::NoAddress,
            Some(name) => Ground::OnNode(name.and_then(|name| self.nodes.get(name).copied())),
        }
    }

    pub(super) fn add_blocks(&self, signature: &mut Signature, party: Party) {
        match self.ground(party) {
            Ground::Unseen => {}
            Ground::Span(family, span) => {
                let blocks = self.spans(family).blocks(span);
                signature
                    .peer_of
                    .extend(blocks.iter().map(|b| (*b, Tri::Yes)));
            }
            Ground::NoAddress => {
                let blocks = self.no_address.get_or_init(|| self.block_by_block(party));
                signature.peer_of.extend(blocks);
            }
            Ground::OnNode(_) => signature.peer_of.extend(self.block_by_block(party)),
        }
        signature.peer_of.sort_unstable();
    }

    /// The blocks that may hold a party without address.
    fn block_by_block(&self, party: Party) -> Vec<(usize, Tri)> {
        let places = places_of(self.cluster, party);
        let blocks = self.blocks.iter();
        blocks
            .map(|(place, block)| (*place, covers_one_of(block, &places)))
            .filter(|(_, matched)| matched.possible())
            .collect()
    }
}
