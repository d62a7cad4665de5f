//! Who cannot be told apart.

use crate::cidr::{Family, bounds, number};
use crate::decide::{cause_of, in_block, selects};
use crate::verdict::UnknownCause;
use crate::{
    Cluster, ContainerPort, Dialect, EndpointSelector, IpBlock, NamespaceScope, Party, Peer,
    PolicySet, PortMatch, Tri,
};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// The number of an identity class within one [`super::Matrix`].
pub type ClassId = usize;

/// Addresses from `first` to the next interval's first, all of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The first address, as a number within its family.
    pub first: u128,
    /// The class of these addresses.
    pub class: ClassId,
}

/// Everything that policies can see of a party.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Signature {
    /// Policies that select it, or may, by their place.
    pub(super) subject_of: Vec<(usize, Tri)>,
    /// Distinct peers that speak of it, or may, sorted by their place.
    pub(super) peer_of: Vec<(usize, Tri)>,
    /// Its ports whose names some policy uses.
    pub(super) names: Vec<ContainerPort>,
}

/// What depends on namespace and labels alone: the policies that select, the peers that match.
type BySelectors = (Vec<(usize, Tri)>, Vec<(usize, Tri)>);

/// Selectors and blocks of a policy set, each once, and the classes that they make.
#[derive(Debug)]
pub(super) struct Classes<'a> {
    cluster: &'a Cluster,
    peers: Vec<&'a Peer>,
    /// Per policy and rule: `None` for every peer, else places in `peers`.
    rule_peers: Vec<Vec<Option<Vec<usize>>>>,
    by_signature: HashMap<Signature, ClassId>,
    members: Vec<(Signature, Party)>,
    /// By endpoint, then by address (one entry for endpoints without address).
    endpoints: Vec<Vec<ClassId>>,
    /// By node, then by address.
    nodes: Vec<Vec<ClassId>>,
    v4: Vec<Interval>,
    v6: Vec<Interval>,
}

impl<'a> Classes<'a> {
    pub(super) fn new(policies: &'a PolicySet, cluster: &'a Cluster) -> Self {
        let mut classes = Self {
            cluster,
            peers: Vec::new(),
            rule_peers: Vec::new(),
            by_signature: HashMap::new(),
            members: Vec::new(),
            endpoints: Vec::new(),
            nodes: Vec::new(),
            v4: Vec::new(),
            v6: Vec::new(),
        };
        classes.number_peers(policies);
        let sorter = Sorter::new(policies, cluster, &classes.peers);
        classes.class_for(Signature::default(), Party::Unknown);
        classes.sort_endpoints(&sorter);
        classes.sort_nodes(&sorter);
        classes.v4 = classes.sort_intervals(&sorter, Family::V4);
        classes.v6 = classes.sort_intervals(&sorter, Family::V6);
        classes
    }

    fn number_peers(&mut self, policies: &'a PolicySet) {
        let mut places: HashMap<&Peer, usize> = HashMap::new();
        for policy in policies.policies() {
            let mut of_policy = Vec::with_capacity(policy.rules.len());
            for rule in &policy.rules {
                let peers = rule.peers.as_ref().map(|peers| {
                    let place = |peer: &'a Peer| {
                        *places.entry(peer).or_insert_with(|| {
                            self.peers.push(peer);
                            self.peers.len() - 1
                        })
                    };
                    peers.iter().map(place).collect()
                });
                of_policy.push(peers);
            }
            self.rule_peers.push(of_policy);
        }
    }

    fn class_for(&mut self, signature: Signature, party: Party) -> ClassId {
        if let Some(&class) = self.by_signature.get(&signature) {
            return class;
        }
        let class = self.members.len();
        self.by_signature.insert(signature.clone(), class);
        self.members.push((signature, party));
        class
    }

    fn sort_endpoints(&mut self, sorter: &Sorter<'_>) {
        let cluster = self.cluster;
        let mut seen: HashMap<(&str, &crate::Labels), BySelectors> = HashMap::new();
        for (index, endpoint) in cluster.endpoints.iter().enumerate() {
            let mut of_endpoint = Vec::new();
            for address in addresses_or_none(&endpoint.addresses) {
                let party = Party::Endpoint(index, address);
                let mut signature = Signature::default();
                if !endpoint.host_network {
                    let key = (endpoint.namespace.as_str(), &endpoint.labels);
                    let by_labels = seen
                        .entry(key)
                        .or_insert_with(|| sorter.by_selectors(party, &endpoint.namespace));
                    signature.subject_of.clone_from(&by_labels.0);
                    signature.peer_of.clone_from(&by_labels.1);
                    signature.names = sorter.used_names(&endpoint.ports);
                }
                sorter.add_blocks(&mut signature, party);
                of_endpoint.push(self.class_for(signature, party));
            }
            self.endpoints.push(of_endpoint);
        }
    }

    fn sort_nodes(&mut self, sorter: &Sorter<'_>) {
        let cluster = self.cluster;
        for (index, node) in cluster.nodes.iter().enumerate() {
            let mut of_node = Vec::new();
            for address in addresses_or_none(&node.addresses) {
                let party = Party::Node(index, address);
                let mut signature = Signature::default();
                sorter.add_blocks(&mut signature, party);
                of_node.push(self.class_for(signature, party));
            }
            self.nodes.push(of_node);
        }
    }

    fn sort_intervals(&mut self, sorter: &Sorter<'_>, family: Family) -> Vec<Interval> {
        let mut intervals: Vec<Interval> = Vec::new();
        for first in sorter.cuts(family) {
            let address = family.address(first);
            let in_pod_cidr = self.cluster.pod_cidrs().any(|c| c.contains(&address));
            let party = if in_pod_cidr {
                Party::UnknownPod(address)
            } else {
                Party::External(address)
            };
            let mut signature = Signature::default();
            sorter.add_blocks(&mut signature, party);
            let class = self.class_for(signature, party);
            if intervals.last().is_none_or(|before| before.class != class) {
                intervals.push(Interval { first, class });
            }
        }
        intervals
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn signature(&self, class: ClassId) -> Option<&Signature> {
        self.members.get(class).map(|(signature, _)| signature)
    }

    pub(super) fn representative(&self, class: ClassId) -> Option<Party> {
        self.members.get(class).map(|(_, party)| *party)
    }

    pub(super) fn intervals(&self, family: Family) -> &[Interval] {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// Ports of any party whose names some policy uses.
    pub(super) fn named_ports(&self) -> impl Iterator<Item = &ContainerPort> {
        self.members
            .iter()
            .flat_map(|(signature, _)| &signature.names)
    }

    pub(super) fn of(&self, party: Party) -> Option<ClassId> {
        let by_address = |known: &[IpAddr], classes: &[ClassId], address: Option<IpAddr>| {
            let at = match address {
                None => 0,
                Some(address) => known.iter().position(|a| *a == address)?,
            };
            classes.get(at).copied()
        };
        match party {
            Party::Unknown => Some(0),
            Party::Endpoint(index, address) => by_address(
                &self.cluster.endpoints.get(index)?.addresses,
                self.endpoints.get(index)?,
                address,
            ),
            Party::Node(index, address) => by_address(
                &self.cluster.nodes.get(index)?.addresses,
                self.nodes.get(index)?,
                address,
            ),
            Party::UnknownPod(address) | Party::External(address) => {
                let intervals = self.intervals(Family::of(address));
                let after = intervals.partition_point(|i| i.first <= number(address));
                Some(intervals.get(after.checked_sub(1)?)?.class)
            }
        }
    }

    /// The distinct peers of a rule, by their place; none when it speaks of every peer.
    pub(super) fn peers_of_rule(&self, (policy, rule): (usize, usize)) -> &[usize] {
        let of_rule = self.rule_peers.get(policy).and_then(|p| p.get(rule));
        match of_rule {
            Some(Some(places)) => places,
            _ => &[],
        }
    }

    /// Does a rule speak of this peer, given how surely its policy selects the subject?
    pub(super) fn match_peers(
        &self,
        (policy, rule): (usize, usize),
        selected: Tri,
        peer: &Signature,
    ) -> (Tri, UnknownCause) {
        let of_rule = self.rule_peers.get(policy).and_then(|p| p.get(rule));
        let Some(Some(places)) = of_rule else {
            return (selected, cause_of(None));
        };
        let mut best = (Tri::No, UnknownCause::NoAddress);
        for place in places {
            let Ok(at) = peer.peer_of.binary_search_by_key(place, |(p, _)| *p) else {
                continue;
            };
            let matched = peer.peer_of.get(at).map_or(Tri::No, |(_, tri)| *tri);
            if matched > best.0 {
                best = (matched, cause_of(self.peers.get(*place).copied()));
            }
        }
        if selected < best.0 {
            (selected, cause_of(None))
        } else {
            best
        }
    }
}

/// Each known address, or one `None`.
fn addresses_or_none(addresses: &[IpAddr]) -> Vec<Option<IpAddr>> {
    if addresses.is_empty() {
        vec![None]
    } else {
        addresses.iter().copied().map(Some).collect()
    }
}

/// The selectors and blocks of all policies, indexed by what they can match.
struct Sorter<'a> {
    cluster: &'a Cluster,
    dialect: Dialect,
    subjects: Scoped<'a>,
    pod_peers: Scoped<'a>,
    blocks: Vec<(usize, &'a IpBlock)>,
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
    fn new(policies: &'a PolicySet, cluster: &'a Cluster, peers: &[&'a Peer]) -> Self {
        let mut sorter = Self {
            cluster,
            dialect: policies.dialect(),
            subjects: Scoped::default(),
            pod_peers: Scoped::default(),
            blocks: Vec::new(),
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

    fn add_blocks(&self, signature: &mut Signature, party: Party) {
        for (place, block) in &self.blocks {
            let matched = in_block(self.cluster, self.dialect, block, party);
            if matched.possible() {
                signature.peer_of.push((*place, matched));
            }
        }
        signature.peer_of.sort_unstable();
    }

    /// Where the class of an address may change.
    fn cuts(&self, family: Family) -> BTreeSet<u128> {
        let of_blocks = self
            .blocks
            .iter()
            .flat_map(|(_, b)| std::iter::once(&b.cidr).chain(&b.except));
        let nets = of_blocks.chain(self.cluster.pod_cidrs());
        let mut cuts = BTreeSet::from([0]);
        for net in nets.filter(|n| Family::of(n.addr()) == family) {
            let (first, last) = bounds(net);
            cuts.insert(first);
            if last < family.last() {
                cuts.insert(last + 1);
            }
        }
        cuts
    }
}
