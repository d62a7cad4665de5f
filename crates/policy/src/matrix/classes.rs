//! Who cannot be told apart.

use super::forest::{Code, EMPTY, SetId};
use super::matched::{CERTAIN, code};
use super::sorter::{Ground, Looks, Seen, Sorter};
use super::stretch::{Stretch, Stretches, push, tidy};
use crate::cidr::{Family, number};
use crate::{Cluster, ContainerPort, Party, Peer, PolicySet};
use std::collections::HashMap;
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

/// Selectors and blocks of a policy set, each once, and the classes that they make.
#[derive(Debug)]
pub(super) struct Classes<'a> {
    cluster: &'a Cluster,
    peers: Vec<&'a Peer>,
    /// Per policy and rule: `None` for every peer, else places in `peers`.
    rule_peers: Vec<Vec<Option<Vec<usize>>>>,
    by_looks: HashMap<Looks, ClassId>,
    members: Vec<(Looks, Party)>,
    seen: Vec<Seen>,
    names: Vec<Vec<ContainerPort>>,
    /// By endpoint, then by address (one entry for endpoints without address).
    endpoints: Vec<Vec<ClassId>>,
    /// By node, then by address.
    nodes: Vec<Vec<ClassId>>,
    v4: Vec<Interval>,
    v6: Vec<Interval>,
    /// Per distinct peer: the classes that it matches, or may.
    matching: Vec<Vec<Stretch>>,
    /// The places of names by class, those without names left out.
    named: Vec<(ClassId, usize)>,
}

/// What is needed while classes are made.
#[derive(Default)]
struct Making {
    /// The classes that blocks see by their address, by family and whether they are inside of the
    /// cluster: the span of their first member.
    by_span: [[Vec<(usize, ClassId)>; 2]; 2],
    /// The classes that blocks see otherwise, by the set of the blocks.
    elsewhere: HashMap<SetId, Vec<Stretch>>,
}

impl<'a> Classes<'a> {
    pub(super) fn new(policies: &'a PolicySet, cluster: &'a Cluster) -> Self {
        let mut classes = Self {
            cluster,
            peers: Vec::new(),
            rule_peers: Vec::new(),
            by_looks: HashMap::new(),
            members: Vec::new(),
            seen: Vec::new(),
            names: Vec::new(),
            endpoints: Vec::with_capacity(cluster.endpoints.len()),
            nodes: Vec::with_capacity(cluster.nodes.len()),
            v4: Vec::new(),
            v6: Vec::new(),
            matching: Vec::new(),
            named: Vec::new(),
        };
        classes.number_peers(policies);
        let mut sorter = Sorter::new(policies, cluster, &classes.peers);
        let mut making = Making::default();
        let nobody = (Looks::default(), Ground::Elsewhere);
        classes.class_for(nobody, Party::Unknown, &mut making);
        classes.sort_endpoints(&mut sorter, &mut making);
        classes.sort_nodes(&mut sorter, &mut making);
        classes.v4 = classes.sort_intervals(&mut sorter, &mut making, Family::V4);
        classes.v6 = classes.sort_intervals(&mut sorter, &mut making, Family::V6);
        classes.match_peers(&sorter, making);
        classes.seen = sorter.seen.values;
        classes.names = sorter.names.values;
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

    fn class_for(
        &mut self,
        (looks, ground): (Looks, Ground),
        party: Party,
        making: &mut Making,
    ) -> ClassId {
        if let Some(&class) = self.by_looks.get(&looks) {
            return class;
        }
        let class = self.members.len();
        self.by_looks.insert(looks, class);
        self.members.push((looks, party));
        if looks.names != 0 {
            self.named.push((class, looks.names));
        }
        if looks.blocks != EMPTY {
            making.add(class, looks.blocks, ground);
        }
        class
    }

    fn sort_endpoints(&mut self, sorter: &mut Sorter<'a>, making: &mut Making) {
        let cluster = self.cluster;
        for (index, endpoint) in cluster.endpoints.iter().enumerate() {
            let class_at = |address| {
                let party = Party::Endpoint(index, address);
                let looks = sorter.of_endpoint(endpoint, party);
                self.class_for(looks, party, making)
            };
            let classes = addresses_or_none(&endpoint.addresses)
                .map(class_at)
                .collect();
            self.endpoints.push(classes);
        }
    }

    fn sort_nodes(&mut self, sorter: &mut Sorter<'a>, making: &mut Making) {
        let cluster = self.cluster;
        for (index, node) in cluster.nodes.iter().enumerate() {
            let class_at = |address| {
                let party = Party::Node(index, address);
                let looks = sorter.of_host(party);
                self.class_for(looks, party, making)
            };
            let classes = addresses_or_none(&node.addresses).map(class_at).collect();
            self.nodes.push(classes);
        }
    }

    fn sort_intervals(
        &mut self,
        sorter: &mut Sorter<'a>,
        making: &mut Making,
        family: Family,
    ) -> Vec<Interval> {
        let mut intervals: Vec<Interval> = Vec::new();
        let spans: Vec<(u128, bool)> = sorter.spans(family).iter().collect();
        for (first, in_pod_cidr) in spans {
            let address = family.address(first);
            let party = if in_pod_cidr {
                Party::UnknownPod(address)
            } else {
                Party::External(address)
            };
            let looks = sorter.of_address(party, address);
            let class = self.class_for(looks, party, making);
            if intervals.last().is_none_or(|before| before.class != class) {
                intervals.push(Interval { first, class });
            }
        }
        intervals
    }

    /// Works out which classes every distinct peer matches.
    fn match_peers(&mut self, sorter: &Sorter<'a>, making: Making) {
        let mut matching: Vec<Vec<Stretch>> = vec![Vec::new(); self.peers.len()];
        let mut add = |place: usize, stretch: Stretch| {
            if let Some(stretches) = matching.get_mut(place) {
                push(stretches, stretch);
            }
        };
        for (class, (looks, _)) in self.members.iter().enumerate() {
            let seen = sorter.seen.values.get(looks.seen);
            for (place, matched) in seen.iter().flat_map(|s| &s.peer_of) {
                add(*place, Stretch::one(class, code(*matched)));
            }
        }
        let mut elsewhere: Vec<_> = making.elsewhere.into_iter().collect();
        elsewhere.sort_unstable_by_key(|(set, _)| *set);
        for (set, stretches) in elsewhere {
            for (place, code) in sorter.forest.members(set) {
                for stretch in &stretches {
                    add(place, Stretch { code, ..*stretch });
                }
            }
        }
        let by_span = making.by_span.map(|both| both.map(Stretches::new));
        for block in &sorter.blocks {
            for (family, [outside, inside]) in [Family::V4, Family::V6].into_iter().zip(&by_span) {
                for spans in sorter.spans(family).pieces(block.range) {
                    outside.within(&spans, |stretch| add(block.place, stretch));
                    if !block.outside_only {
                        inside.within(&spans, |stretch| add(block.place, stretch));
                    }
                }
            }
        }
        for stretches in &mut matching {
            tidy(stretches);
        }
        self.matching = matching;
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn looks(&self, class: ClassId) -> Option<&Looks> {
        self.members.get(class).map(|(looks, _)| looks)
    }

    /// The looks of all classes in their order.
    pub(super) fn all_looks(&self) -> impl Iterator<Item = &Looks> {
        self.members.iter().map(|(looks, _)| looks)
    }

    pub(super) fn seen(&self, looks: &Looks) -> Option<&Seen> {
        self.seen.get(looks.seen)
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
        self.names.iter().flatten()
    }

    /// The ports at a place of names.
    pub(super) fn names(&self, place: usize) -> &[ContainerPort] {
        self.names.get(place).map_or(&[], Vec::as_slice)
    }

    /// The classes of a range that have names, with the places of their names.
    pub(super) fn named_in(&self, classes: &std::ops::Range<ClassId>) -> &[(ClassId, usize)] {
        let from = self
            .named
            .partition_point(|(class, _)| *class < classes.start);
        let to = self
            .named
            .partition_point(|(class, _)| *class < classes.end);
        self.named.get(from..to).unwrap_or_default()
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
    pub(super) fn matching(&self, place: usize) -> &[Stretch] {
        self.matching.get(place).map_or(&[], Vec::as_slice)
    }

    /// A distinct peer.
    pub(super) fn peer(&self, place: usize) -> Option<&'a Peer> {
        self.peers.get(place).copied()
    }

    /// The distinct peers of a rule, by their place; `None` when it speaks of every peer.
    pub(super) fn peers_of_rule(&self, policy: usize, rule: usize) -> Option<&[usize]> {
        self.rule_peers.get(policy)?.get(rule)?.as_deref()
    }
}

impl Making {
    /// Notes how blocks see a new class. Members that come later may be seen otherwise, but by the
    /// same blocks.
    fn add(&mut self, class: ClassId, set: SetId, ground: Ground) {
        let whole: Code = CERTAIN;
        match ground {
            Ground::Span {
                family,
                span,
                inside,
            } => {
                let [v4, v6] = &mut self.by_span;
                let [all, some] = match family {
                    Family::V4 => v4,
                    Family::V6 => v6,
                };
                let list = if inside { some } else { all };
                list.push((span, class));
            }
            Ground::Elsewhere => {
                let list = self.elsewhere.entry(set).or_default();
                push(list, Stretch::one(class, whole));
            }
        }
    }
}

/// Each known address, or one `None`.
fn addresses_or_none(addresses: &[IpAddr]) -> impl Iterator<Item = Option<IpAddr>> {
    let none = addresses.is_empty().then_some(None);
    addresses.iter().copied().map(Some).chain(none)
}
