//! Who cannot be told apart.

use super::sorter::{Alike, Sorter};
use crate::cidr::{Family, number};
use crate::verdict::UnknownCause;
use crate::{Cluster, ContainerPort, Entity, Party, Peer, PolicySet, Tri};
use std::collections::HashMap;
use std::net::IpAddr;

/// How surely something matches, and why it may not be decidable.
pub(super) type Match = (Tri, UnknownCause);

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
    /// A node, or a pod on its network.
    pub(super) host: bool,
    /// Policies that select it, or may, by their place.
    pub(super) subject_of: Vec<(usize, Match)>,
    /// Distinct peers that speak of it, or may, sorted by their place. For the entities `host` and
    /// `remote-node`: it is one of the two.
    pub(super) peer_of: Vec<(usize, Match)>,
    /// Its ports whose names some policy uses.
    pub(super) names: Vec<ContainerPort>,
}

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
    /// Per distinct peer: the classes that it matches, or may.
    matching: Vec<Vec<(ClassId, Tri)>>,
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
            matching: Vec::new(),
        };
        classes.number_peers(policies);
        let sorter = Sorter::new(policies, cluster, &classes.peers);
        classes.class_for(Signature::default(), Party::Unknown);
        classes.sort_endpoints(&sorter);
        classes.sort_nodes(&sorter);
        classes.v4 = classes.sort_intervals(&sorter, Family::V4);
        classes.v6 = classes.sort_intervals(&sorter, Family::V6);
        classes.matching = vec![Vec::new(); classes.peers.len()];
        for (class, (signature, _)) in classes.members.iter().enumerate() {
            for (place, tri) in &signature.peer_of {
                if let Some(classes) = classes.matching.get_mut(*place) {
                    classes.push((class, tri.0));
                }
            }
        }
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
        let mut alike = Alike::default();
        for (index, endpoint) in cluster.endpoints.iter().enumerate() {
            let (by_labels, names) = alike.kinds(sorter, index, endpoint);
            let mut of_endpoint = Vec::with_capacity(endpoint.addresses.len().max(1));
            for address in addresses_or_none(&endpoint.addresses) {
                let party = Party::Endpoint(index, address);
                let Some(by_labels) = by_labels else {
                    // On the network of a node, whose labels and address tell it from others.
                    let signature = sorter.of_node(party);
                    of_endpoint.push(self.class_for(signature, party));
                    continue;
                };
                let key = (by_labels, names, sorter.ground(party));
                let class = alike.classes.get(&key).copied().unwrap_or_else(|| {
                    let mut signature = alike.signature(by_labels, names);
                    sorter.add_blocks(&mut signature, party);
                    self.class_for(signature, party)
                });
                alike.classes.insert(key, class);
                of_endpoint.push(class);
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
                let signature = sorter.of_node(party);
                of_node.push(self.class_for(signature, party));
            }
            self.nodes.push(of_node);
        }
    }

    fn sort_intervals(&mut self, sorter: &Sorter<'_>, family: Family) -> Vec<Interval> {
        let mut intervals: Vec<Interval> = Vec::new();
        for (first, in_pod_cidr) in sorter.spans(family).iter() {
            let address = family.address(first);
            let party = if in_pod_cidr {
                Party::UnknownPod(address)
            } else {
                Party::External(address)
            };
            let signature = sorter.of_address(party);
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

    /// The classes that a distinct peer matches, or may.
    pub(super) fn matching(&self, place: usize) -> &[(ClassId, Tri)] {
        self.matching
            .get(place)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The distinct peers of a rule, by their place; none when it speaks of every peer.
    pub(super) fn peers_of_rule(&self, (policy, rule): (usize, usize)) -> &[usize] {
        let of_rule = self.rule_peers.get(policy).and_then(|p| p.get(rule));
        match of_rule {
            Some(Some(places)) => places,
            _ => &[],
        }
    }

    /// Does a rule speak of this peer, given how surely its policy selects the subject, and whether
    /// the peer is the subject's own node?
    pub(super) fn match_peers(
        &self,
        (policy, rule): (usize, usize),
        selected: Match,
        peer: &Signature,
        local: Tri,
    ) -> Match {
        let of_rule = self.rule_peers.get(policy).and_then(|p| p.get(rule));
        let Some(Some(places)) = of_rule else {
            return selected;
        };
        let mut best = (Tri::No, UnknownCause::NoAddress);
        for place in places {
            let Ok(at) = peer.peer_of.binary_search_by_key(place, |(p, _)| *p) else {
                continue;
            };
            let Some((_, (matched, cause))) = peer.peer_of.get(at) else {
                continue;
            };
            let here = match self.peers.get(*place) {
                Some(Peer::Entity(Entity::Host)) => local,
                Some(Peer::Entity(Entity::RemoteNode)) => local.not(),
                _ => Tri::Yes,
            };
            let matched = matched.and(here);
            if matched > best.0 {
                best = (matched, *cause);
            }
        }
        if selected.0 < best.0 { selected } else { best }
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
