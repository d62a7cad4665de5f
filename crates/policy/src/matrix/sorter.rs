//! What policies can see of a party, worked out once for all that are alike.

use super::classes::{ClassId, Match, Signature};
use super::spans::Spans;
use crate::cidr::Family;
use crate::decide::{
    covers_one_of, in_sight_of_blocks, is_subject, peer_matches, places_of, selects_because,
};
use crate::verdict::UnknownCause;
use crate::{
    Cluster, ContainerPort, EndpointSelector, IpBlock, NamespaceScope, Options, Party, Peer,
    PolicySet, PortMatch, Subject, Tri,
};
use ipnet::IpNet;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

/// What depends on namespace and labels alone: the policies that select, the peers that match.
type BySelectors = (Vec<(usize, Match)>, Vec<(usize, Match)>);

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

/// What selectors see of a pod: namespace, labels, service account.
type LabelKey<'a> = (&'a str, &'a crate::Labels, Option<&'a str>);

/// Endpoints that nothing but their addresses can tell apart, and the classes found so far: of a
/// hundred replicas one is looked at.
#[derive(Default)]
pub(super) struct Alike<'a> {
    places: HashMap<LabelKey<'a>, usize>,
    by_labels: Vec<BySelectors>,
    name_places: HashMap<Vec<ContainerPort>, usize>,
    names: Vec<Vec<ContainerPort>>,
    pub(super) classes: HashMap<(usize, usize, Ground), ClassId>,
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
        let account = endpoint.service_account.as_deref();
        let place = self.places.entry((namespace, &endpoint.labels, account));
        let by_labels = *place.or_insert_with(|| {
            let party = Party::Endpoint(index, None);
            self.by_labels.push(sorter.by_selectors(party, namespace));
            self.by_labels.len() - 1
        });
        (Some(by_labels), names)
    }

    /// All but the blocks.
    pub(super) fn signature(&self, by_labels: usize, names: usize) -> Signature {
        let selected = self.by_labels.get(by_labels);
        let (subject_of, peer_of) = selected.cloned().unwrap_or_default();
        Signature {
            host: false,
            subject_of,
            peer_of,
            names: self.names.get(names).cloned().unwrap_or_default(),
        }
    }
}

/// The selectors and blocks of all policies, indexed by what they can match.
pub(super) struct Sorter<'a> {
    cluster: &'a Cluster,
    options: Options,
    subjects: Scoped<'a>,
    /// Policies that select nodes.
    host_subjects: Vec<(usize, &'a Subject)>,
    pod_peers: Scoped<'a>,
    /// All peers but pods and blocks: nodes, entities, names.
    other_peers: Vec<(usize, &'a Peer)>,
    blocks: Vec<(usize, &'a IpBlock)>,
    /// The places of blocks that never cover the cluster's own addresses.
    outside_only: BTreeSet<usize>,
    spans: [Spans; 2],
    /// The blocks that may hold a pod without address, once somebody asks.
    no_address: OnceCell<Vec<(usize, Match)>>,
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

    fn matches(&self, cluster: &Cluster, party: Party, namespace: &str) -> Vec<(usize, Match)> {
        let named = self.named.get(namespace).into_iter().flatten();
        let mut found: Vec<(usize, Match)> = named
            .chain(&self.matching)
            .map(|(place, selector)| (*place, selects_because(cluster, selector, party)))
            .filter(|(_, (tri, _))| tri.possible())
            .collect();
        found.sort_unstable();
        found
    }
}

impl<'a> Sorter<'a> {
    pub(super) fn new(policies: &'a PolicySet, cluster: &'a Cluster, peers: &[&'a Peer]) -> Self {
        let mut sorter = Self {
            cluster,
            options: policies.options(),
            subjects: Scoped::default(),
            host_subjects: Vec::new(),
            pod_peers: Scoped::default(),
            other_peers: Vec::new(),
            blocks: Vec::new(),
            outside_only: BTreeSet::new(),
            spans: [Family::V4, Family::V6].map(|f| Spans::new(f, &[], &[], &[])),
            no_address: OnceCell::new(),
            nodes: HashMap::new(),
            names: BTreeSet::new(),
        };
        for (place, policy) in policies.policies().iter().enumerate() {
            match &policy.subject {
                Subject::Endpoints(selector) => sorter.subjects.add(place, selector),
                Subject::Nodes(_) => sorter.host_subjects.push((place, &policy.subject)),
            }
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
                Peer::Outside(block) => {
                    sorter.blocks.push((place, block));
                    sorter.outside_only.insert(place);
                }
                Peer::Nodes(_) | Peer::Entity(_) | Peer::Names(_) => {
                    sorter.other_peers.push((place, peer));
                }
            }
        }
        for (place, node) in cluster.nodes.iter().enumerate() {
            sorter.nodes.entry(&node.name).or_insert(place);
        }
        let pod_cidrs: Vec<_> = cluster.pod_cidrs().collect();
        // Single addresses that an entity tells from their neighbours.
        let single: Vec<IpNet> = cluster
            .api_server()
            .into_iter()
            .flatten()
            .map(IpNet::from)
            .collect();
        sorter.spans = [Family::V4, Family::V6]
            .map(|family| Spans::new(family, &sorter.blocks, &pod_cidrs, &single));
        sorter
    }

    fn by_selectors(&self, party: Party, namespace: &str) -> BySelectors {
        let mut peers = self.pod_peers.matches(self.cluster, party, namespace);
        peers.extend(self.others(party));
        (self.subjects.matches(self.cluster, party, namespace), peers)
    }

    /// What policies see of a node, or of a pod on its network.
    pub(super) fn of_node(&self, party: Party) -> Signature {
        let subjects = self.host_subjects.iter();
        let mut signature = Signature {
            host: true,
            subject_of: subjects
                .map(|(place, subject)| (*place, is_subject(self.cluster, subject, party)))
                .filter(|(_, (tri, _))| tri.possible())
                .collect(),
            peer_of: self.others(party).collect(),
            names: Vec::new(),
        };
        self.add_blocks(&mut signature, party);
        signature
    }

    /// What policies see of an address at which nobody is known.
    pub(super) fn of_address(&self, party: Party) -> Signature {
        let mut signature = Signature {
            peer_of: self.others(party).collect(),
            ..Signature::default()
        };
        self.add_blocks(&mut signature, party);
        signature
    }

    /// The peers that are neither pods nor blocks. Which node is the subject's own is not known
    /// here: both entities that depend on it match every node.
    fn others(&self, party: Party) -> impl Iterator<Item = (usize, Match)> {
        (self.other_peers.iter())
            .map(move |(place, peer)| {
                let local = match peer {
                    Peer::Entity(crate::Entity::RemoteNode) => Tri::No,
                    _ => Tri::Yes,
                };
                let matched = peer_matches(self.cluster, self.options, peer, party, local);
                (*place, matched)
            })
            .filter(|(_, (tri, _))| tri.possible())
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
        if !in_sight_of_blocks(self.cluster, self.options, false, party) {
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
        let also_outside = in_sight_of_blocks(self.cluster, self.options, true, party);
        let seen = |place: &usize| also_outside || !self.outside_only.contains(place);
        let certain = (Tri::Yes, UnknownCause::NoAddress);
        match self.ground(party) {
            Ground::Unseen => {}
            Ground::Span(family, span) => {
                let blocks = self.spans(family).blocks(span).iter();
                let blocks = blocks.filter(|place| seen(place));
                signature.peer_of.extend(blocks.map(|b| (*b, certain)));
            }
            Ground::NoAddress => {
                let blocks = self.no_address.get_or_init(|| self.block_by_block(party));
                let blocks = blocks.iter().filter(|(place, _)| seen(place));
                signature.peer_of.extend(blocks);
            }
            Ground::OnNode(_) => {
                let blocks = self.block_by_block(party).into_iter();
                let blocks = blocks.filter(|(place, _)| seen(place));
                signature.peer_of.extend(blocks);
            }
        }
        signature.peer_of.sort_unstable();
    }

    /// The blocks that may hold a party without address.
    fn block_by_block(&self, party: Party) -> Vec<(usize, Match)> {
        let places = places_of(self.cluster, party);
        let blocks = self.blocks.iter();
        blocks
            .map(|(place, block)| {
                let matched = covers_one_of(block, &places);
                (*place, (matched, UnknownCause::NoAddress))
            })
            .filter(|(_, (matched, _))| matched.possible())
            .collect()
    }
}
