//! Packets that a rule speaks of, to show what a finding means.
//!
//! They are found by looking at what is written, and are kept only when `netpol_policy` says that
//! the rule speaks of them.

use super::context::{Context, Written};
use super::groups::GroupId;
use netpol_policy::cidr::{Family, bounds};
use netpol_policy::{
    Direction, Flow, IpBlock, Party, Peer, PortMatch, Protocol, Tri, is_self, speaks_of,
};
use std::net::{IpAddr, Ipv4Addr};

/// Other ends that are looked at for one peer of a rule.
const MOST_PARTIES: usize = 8;
/// Packets that are looked at for one rule and subject.
const MOST_FLOWS: usize = 64;
/// Somebody outside of the cluster (RFC 5737, for documentation).
const SOMEBODY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// What is asked for where a rule names no port.
pub(super) const SOME_PORT: (Protocol, u16) = (Protocol::Tcp, 443);

impl<'a> Context<'a> {
    /// Packets that certainly are the rule's, between a subject of its policy and others: a few
    /// of each kind, in the order of the text.
    pub fn samples(&self, w: Written<'a>, subject: GroupId) -> Vec<Flow> {
        let ends = match &w.rule.peers {
            None => self.anybody(subject),
            Some(peers) => {
                let each = peers.iter().map(|peer| self.ends(peer, subject));
                each.flat_map(|ends| ends.into_iter().take(MOST_PARTIES))
                    .collect()
            }
        };
        let mut flows = self.packets(w, subject, &ends);
        flows.retain(|flow| self.speaks(w, flow));
        flows
    }

    /// Those of a rule's packets that are also another rule's.
    pub fn common_samples(&self, a: Written<'a>, b: Written<'a>, subject: GroupId) -> Vec<Flow> {
        let mut flows = self.samples(a, subject);
        flows.extend(self.samples(b, subject));
        let both = |flow: &Flow| self.speaks(a, flow) && self.speaks(b, flow);
        flows.into_iter().filter(both).collect()
    }

    /// The first packet of a rule that a test holds for, among those of some of its subjects.
    pub fn sample(&self, w: Written<'a>, holds: impl Fn(&Flow) -> bool) -> Option<Flow> {
        let subject = w.policy.subject.endpoints()?;
        let groups = self.groups.certain(subject).take(MOST_PARTIES);
        let mut flows = groups.flat_map(|group| self.samples(w, group));
        flows.find(|flow| holds(flow))
    }

    /// Does the rule certainly speak of this packet?
    pub fn speaks(&self, w: Written<'_>, flow: &Flow) -> bool {
        let place = (w.at, w.index);
        speaks_of(self.policies(), self.cluster(), flow, place) == Tri::Yes
    }

    /// A few packets of a pod of a group, to or from others on a port that nobody names: some other
    /// pod, and somebody outside.
    pub fn some_packets(&self, direction: Direction, subject: GroupId) -> Vec<Flow> {
        let own = self.groups.first(subject);
        let ends = self.anybody(subject).into_iter();
        let each = own.into_iter().flat_map(move |own| {
            let ends = ends.clone();
            ends.filter_map(move |end| Some((self.party_towards(own, end)?, end)))
        });
        each.map(|(own, end)| {
            let (source, destination) = direction.pair(own, end);
            let (protocol, port) = SOME_PORT;
            Flow {
                source,
                destination,
                protocol,
                port,
            }
        })
        .collect()
    }

    /// Packets between a pod of a group and certain others on the ports of a rule, whether the rule
    /// speaks of them or not.
    pub fn packets_between(&self, w: Written<'a>, subject: GroupId, others: &[usize]) -> Vec<Flow> {
        let others = others.iter().filter_map(|index| self.party(*index));
        self.packets(w, subject, &others.collect::<Vec<_>>())
    }

    /// How many pairs of endpoints a rule is for; one for each subject where its other end is not
    /// pods alone.
    pub fn pairs(&self, w: Written<'_>) -> usize {
        let members = |selector| -> usize {
            let groups = self.groups.certain(selector);
            groups.map(|g| self.groups.members(g).len()).sum()
        };
        let subjects = w.policy.subject.endpoints().map_or(0, members);
        let peers = w.rule.peers.iter().flatten().map(|peer| match peer {
            Peer::Pods(selector) => members(selector),
            _ => 1,
        });
        subjects * peers.sum::<usize>().max(1)
    }

    /// Packets between a subject and others on the ports of a rule.
    fn packets(&self, w: Written<'a>, subject: GroupId, ends: &[Party]) -> Vec<Flow> {
        let Some(index) = self.groups.first(subject) else {
            return Vec::new();
        };
        let mut flows = Vec::new();
        for end in ends {
            let Some(own) = self.party_towards(index, *end) else {
                continue;
            };
            let (source, destination) = match w.rule.direction {
                Direction::Ingress => (*end, own),
                Direction::Egress => (own, *end),
            };
            for (protocol, port) in self.ports_at(w, destination) {
                flows.push(Flow {
                    source,
                    destination,
                    protocol,
                    port,
                });
            }
        }
        // What a pod sends to itself is nobody's business (S-SELF).
        flows.retain(|flow| !is_self(self.cluster(), flow));
        flows.truncate(MOST_FLOWS);
        flows
    }

    /// The first port of each of the rule's at a destination.
    fn ports_at(&self, w: Written<'_>, destination: Party) -> Vec<(Protocol, u16)> {
        let Some(ports) = &w.rule.ports else {
            return vec![SOME_PORT];
        };
        let pod = self.cluster().pod(destination);
        let first = |port: &PortMatch| match (port, pod) {
            (_, Some(pod)) => Self::ports(Some(port), pod),
            (
                PortMatch::Range {
                    protocol,
                    first,
                    last,
                },
                None,
            ) => vec![(*protocol, *first, *last)],
            (PortMatch::Named { .. }, None) => Vec::new(),
        };
        let runs = ports.iter().flat_map(first);
        // Nobody listens on port 0.
        runs.map(|(protocol, first, last)| (protocol, first.max(1).min(last)))
            .collect()
    }

    /// Those whom a peer means, as far as pods and addresses outside are concerned.
    pub(super) fn ends(&self, peer: &Peer, subject: GroupId) -> Vec<Party> {
        match peer {
            Peer::Pods(selector) => {
                let groups = self.groups.certain(selector).take(MOST_PARTIES);
                groups.filter_map(|g| self.another(g, subject)).collect()
            }
            Peer::IpBlock(block) | Peer::Outside(block) => {
                let pods = self.pods_in(block).take(1);
                let pods = pods.filter_map(|index| self.party(index));
                self.address_in(block).into_iter().chain(pods).collect()
            }
            Peer::Entity(_) | Peer::Nodes(_) | Peer::Names(_) => self.anybody(subject),
        }
    }

    /// Somebody outside, and some other pod.
    fn anybody(&self, subject: GroupId) -> Vec<Party> {
        let outside = self.party_of(IpAddr::V4(SOMEBODY));
        let groups = (0..self.groups.len()).filter(|group| *group != subject);
        let groups = groups.take(2).chain([subject]);
        let pods = groups.filter_map(|group| self.another(group, subject));
        pods.chain([outside]).collect()
    }

    /// A pod of a group, a different one than the first of `than` where that matters: a pod always
    /// reaches itself.
    fn another(&self, group: GroupId, than: GroupId) -> Option<Party> {
        let members = self.groups.members(group);
        let first = members.first().copied()?;
        let several = self.endpoint(first)?.several;
        let index = if group == than && !several {
            members.get(1).copied()?
        } else {
            first
        };
        self.party(index)
    }

    /// A pod as a party, by its first address.
    pub fn party(&self, index: usize) -> Option<Party> {
        let endpoint = self.endpoint(index)?;
        Some(Party::Endpoint(index, endpoint.addresses.first().copied()))
    }

    /// The same by an address of the family that the other end's address has.
    pub(super) fn party_towards(&self, index: usize, end: Party) -> Option<Party> {
        let addresses = &self.endpoint(index)?.addresses;
        let Some(other) = self.cluster().address_of(end) else {
            return self.party(index);
        };
        let mut same = addresses.iter().filter(|a| a.is_ipv4() == other.is_ipv4());
        match same.next() {
            None if !addresses.is_empty() => None,
            address => Some(Party::Endpoint(index, address.copied())),
        }
    }

    /// An address of a block at which nobody of the cluster is.
    fn address_in(&self, block: &IpBlock) -> Option<Party> {
        let family = Family::of(block.cidr.addr());
        let (first, last) = bounds(&block.cidr);
        let whole = block.cidr.prefix_len() == 0;
        // Behind each hole, so that the address lies in none of them.
        let behind = block
            .except
            .iter()
            .map(|hole| bounds(hole).1.saturating_add(1));
        let usual =
            (whole && family == Family::V4).then(|| netpol_policy::cidr::number(SOMEBODY.into()));
        let tried = usual
            .into_iter()
            .chain([first.saturating_add(1).min(last), first]);
        let mut tried = tried
            .chain(behind)
            .filter(|number| (first..=last).contains(number));
        let outside = |number| {
            let address = family.address(number);
            let party = self.party_of(address);
            (block.contains(address) && matches!(party, Party::External(_))).then_some(party)
        };
        tried.find_map(outside)
    }
}
