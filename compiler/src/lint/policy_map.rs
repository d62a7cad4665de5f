//! How many entries Cilium writes into the policy map of a pod: one for each peer identity, port
//! prefix and direction that a rule speaks of (cilium/cilium `pkg/policy/mapstate.go`,
//! `bpf/lib/policy.h struct policy_key`; ranges of ports become prefixes since 1.16,
//! `pkg/policy/types/portrange.go`).
//!
//! Identities are counted as Cilium makes them: pods with other labels, each block of any policy
//! by itself (a wider block has the identities of the blocks within), one address for each name.
//! What is not in the input has no identity, so that the count is the least there can be.

use super::context::Context;
use super::groups::GroupId;
use ipnet::IpNet;
use netpol_policy::{
    Direction, Entity, IpBlock, Peer, Policy, PortMatch, Protocol, Rule, Subject, Tier,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Labels that are no part of an identity (`Documentation/operations/performance/scalability/
/// identity-relevant-labels.rst`).
const IGNORED: [&str; 6] = [
    "controller-revision-hash",
    "pod-template-generation",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
];

/// Who a packet comes from or goes to, in a policy map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Identity {
    /// Everybody.
    Any,
    /// Pods with these labels.
    Pod(u32),
    /// A block.
    Block(u32),
    /// An address of a name.
    Name(u32),
    /// What Cilium reserves: nodes, the world …
    Reserved(u8),
}

/// What makes an identity: the namespace, and the labels that count.
type Seen<'a> = (&'a str, Vec<(&'a str, &'a str)>);
/// One key of a policy map.
type Entry = (Direction, Identity, Option<Protocol>, u16, u8);
/// One key of a policy map but for the direction: protocol (`None`: any), port and prefix length.
type Ports = Vec<(Option<Protocol>, u16, u8)>;

/// What is there to be counted.
#[derive(Debug)]
pub struct Counter<'a> {
    context: &'a Context<'a>,
    /// By group.
    identities: Vec<BTreeSet<u32>>,
    /// Every block of every policy, holes too; sorted.
    blocks: Vec<IpNet>,
    /// Every name of every policy.
    names: BTreeMap<&'a str, u32>,
    /// How many identities peers have that were looked up before.
    counts: HashMap<&'a Peer, usize>,
}

/// Nobody has a map of this size: counting ends here.
pub const ENOUGH: usize = 1 << 20;

/// Does Cilium read this policy?
fn is_read(tier: Tier, subject: &Subject) -> bool {
    let read = !matches!(tier, Tier::Baseline { .. });
    read && subject.endpoints().is_some()
}

impl<'a> Counter<'a> {
    /// Numbers all identities.
    pub fn new(context: &'a Context<'a>) -> Self {
        let mut numbers: HashMap<Seen<'_>, u32> = HashMap::new();
        let groups = 0..context.groups.len();
        let identities = groups.map(|group| {
            let pods = context.groups.members(group).iter();
            let pods = pods.filter_map(|pod| context.endpoint(*pod));
            pods.map(|pod| {
                let labels = pod.labels.iter();
                let labels = labels.filter(|(key, _)| !IGNORED.contains(key)).collect();
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                *numbers.entry((&pod.namespace, labels)).or_insert(next)
            })
            .collect()
        });
        let identities = identities.collect();
        let rules = context.policies().policies().iter().flat_map(|p| &p.rules);
        let peers = rules.flat_map(|rule| rule.peers.iter().flatten());
        let mut blocks = BTreeSet::new();
        let mut names = BTreeMap::new();
        for peer in peers {
            match peer {
                Peer::IpBlock(block) | Peer::Outside(block) => {
                    blocks.insert(block.cidr);
                    blocks.extend(&block.except);
                }
                Peer::Names(some) => {
                    for name in some {
                        let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
                        names.entry(name.as_str()).or_insert(next);
                    }
                }
                Peer::Pods(_) | Peer::Nodes(_) | Peer::Entity(_) => {}
            }
        }
        Self {
            context,
            identities,
            blocks: blocks.into_iter().collect(),
            names,
            counts: HashMap::new(),
        }
    }

    /// The entries that a policy needs in the map of each pod that it selects: the most that they
    /// can be, with what its rules have in common counted again.
    pub fn of_policy(&mut self, at: usize) -> usize {
        let context = self.context;
        let policy = context.policies().policies().get(at);
        let Some(policy) = policy.filter(|p| is_read(p.tier, &p.subject)) else {
            return 0;
        };
        let mut sum = 0_usize;
        for rule in &policy.rules {
            let (peers, ports) = self.peers_and_ports(rule);
            sum = sum.saturating_add(peers.saturating_mul(ports));
        }
        sum
    }

    /// How many peer identities and how many port prefixes a rule speaks of.
    pub fn peers_and_ports(&mut self, rule: &'a Rule) -> (usize, usize) {
        let peers = match &rule.peers {
            None => 1,
            Some(peers) => {
                let counts = peers.iter().map(|peer| self.of_peer(peer));
                counts.fold(0, usize::saturating_add)
            }
        };
        (peers, prefixes(rule).len())
    }

    fn of_peer(&mut self, peer: &'a Peer) -> usize {
        if let Some(known) = self.counts.get(peer) {
            return *known;
        }
        let count = if let Peer::Pods(selector) = peer {
            let groups = self.context.groups.matching(selector).iter();
            let sizes = groups.filter_map(|(group, _)| self.identities.get(*group));
            sizes.map(BTreeSet::len).sum()
        } else {
            let mut found = Vec::new();
            self.look_up(peer, &mut found);
            each_once(&mut found);
            found.len()
        };
        self.counts.insert(peer, count);
        count
    }

    /// The entries in the map of a pod that these policies select, each once; [`ENOUGH`] or a bit
    /// more when there are more.
    pub fn together(&self, policies: &[usize]) -> usize {
        let mut entries: Vec<Entry> = Vec::new();
        let all = self.context.policies().policies();
        let read = policies.iter().filter_map(|at| all.get(*at));
        let read: Vec<_> = read.filter(|p| is_read(p.tier, &p.subject)).collect();
        for rule in read.iter().flat_map(|policy| &policy.rules) {
            let mut peers = Vec::new();
            match &rule.peers {
                None => peers.push(Identity::Any),
                Some(some) => {
                    for peer in some {
                        self.look_up(peer, &mut peers);
                    }
                }
            }
            each_once(&mut peers);
            let ports = prefixes(rule);
            for peer in peers {
                let keys = ports
                    .iter()
                    .map(|(p, n, l)| (rule.direction, peer, *p, *n, *l));
                entries.extend(keys);
            }
            if entries.len() > ENOUGH {
                each_once(&mut entries);
                if entries.len() > ENOUGH {
                    break;
                }
            }
        }
        each_once(&mut entries);
        let open = Direction::BOTH.into_iter().filter(|direction| {
            let isolates = |p: &&Policy| p.isolates.get(direction.index()) == Some(&true);
            !read.iter().any(isolates)
        });
        // The node reaches its pods, and a direction that is open is an entry.
        entries.len() + 1 + open.count()
    }

    /// The identities that a peer stands for; may repeat.
    fn look_up(&self, peer: &Peer, found: &mut Vec<Identity>) {
        match peer {
            Peer::Pods(selector) => {
                let groups = self.context.groups.matching(selector).iter();
                found.extend(groups.flat_map(|(group, _)| self.pods(*group)));
            }
            Peer::IpBlock(block) | Peer::Outside(block) => found.extend(self.within(block)),
            Peer::Names(names) => {
                let numbers = names
                    .iter()
                    .filter_map(|name| self.names.get(name.as_str()));
                found.extend(numbers.map(|number| Identity::Name(*number)));
            }
            Peer::Nodes(_) => found.push(Identity::Reserved(0)),
            Peer::Entity(entity) => self.entity(*entity, found),
        }
    }

    fn pods(&self, group: GroupId) -> impl Iterator<Item = Identity> + '_ {
        let numbers = self.identities.get(group).into_iter().flatten();
        numbers.map(|number| Identity::Pod(*number))
    }

    /// The blocks of all policies that lie within one, but for its holes.
    fn within<'s>(&'s self, block: &'s IpBlock) -> impl Iterator<Item = Identity> + 's {
        let from = self
            .blocks
            .partition_point(|other| other.addr() < block.cidr.addr());
        let behind = self.blocks.iter().enumerate().skip(from);
        let near = behind.take_while(|(_, other)| block.cidr.contains(&other.addr()));
        let inside = near.filter(|(_, other)| {
            let hole = block.except.iter().any(|hole| hole.contains(*other));
            block.cidr.contains(*other) && !hole
        });
        let numbers = inside.filter_map(|(at, _)| u32::try_from(at).ok());
        numbers.map(Identity::Block)
    }

    /// Names of Cilium for parties; the world has all blocks and names with it.
    fn entity(&self, entity: Entity, found: &mut Vec<Identity>) {
        let all = |count: usize| 0..u32::try_from(count).unwrap_or(u32::MAX);
        match entity {
            Entity::World | Entity::WorldIpv4 | Entity::WorldIpv6 => {
                found.push(Identity::Reserved(1));
                found.extend(all(self.blocks.len()).map(Identity::Block));
                found.extend(all(self.names.len()).map(Identity::Name));
            }
            Entity::Cluster => {
                let groups = 0..self.identities.len();
                found.extend(groups.flat_map(|group| self.pods(group)));
                found.extend([0, 2, 3, 4, 5].map(Identity::Reserved));
            }
            Entity::Host => found.push(Identity::Reserved(2)),
            Entity::RemoteNode => found.push(Identity::Reserved(0)),
            Entity::KubeApiserver => found.push(Identity::Reserved(6)),
            Entity::Ingress | Entity::Health | Entity::Init | Entity::Unmanaged => {
                found.push(Identity::Reserved(3));
            }
        }
    }
}

/// Sorts and takes out what is there twice.
fn each_once<T: Ord>(items: &mut Vec<T>) {
    items.sort_unstable();
    items.dedup();
}

/// The ports of a rule as prefixes.
fn prefixes(rule: &Rule) -> Ports {
    let Some(ports) = &rule.ports else {
        return vec![(None, 0, 0)];
    };
    let mut found = Ports::new();
    for port in ports {
        match port {
            // One number for each pod; which one does not matter to the count.
            PortMatch::Named { protocol, .. } => found.push((*protocol, 0, 16)),
            PortMatch::Range {
                protocol,
                first,
                last,
            } if *first == 0 && *last >= protocol.last_port() => {
                found.push((Some(*protocol), 0, 0));
            }
            PortMatch::Range {
                protocol,
                first,
                last,
            } => {
                let prefixes = split(*first, *last).into_iter();
                found.extend(prefixes.map(|(port, length)| (Some(*protocol), port, length)));
            }
        }
    }
    each_once(&mut found);
    found
}

/// The fewest prefixes that cover a run of ports exactly, with their lengths.
fn split(first: u16, last: u16) -> Vec<(u16, u8)> {
    let mut prefixes = Vec::new();
    let (mut at, end) = (u32::from(first), u32::from(last) + 1);
    while at < end {
        // As large as its beginning is round and as the rest allows.
        let round = if at == 0 {
            16
        } else {
            at.trailing_zeros().min(16)
        };
        let fits = (end - at).ilog2();
        let bits = round.min(fits);
        let length = u8::try_from(16 - bits).unwrap_or(16);
        prefixes.extend(u16::try_from(at).ok().map(|port| (port, length)));
        at += 1 << bits;
    }
    prefixes
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn ranges_are_split_into_the_fewest_prefixes() {
        assert_eq!(split(80, 80), [(80, 16)]);
        assert_eq!(split(0, 65535), [(0, 0)]);
        assert_eq!(split(8080, 8083), [(8080, 14)]);
        assert_eq!(split(1, 3), [(1, 16), (2, 15)]);
        // The worst range: two prefixes of every length but the shortest.
        assert_eq!(split(1, 65534).len(), 30);
        assert_eq!(split(1, 65535).len(), 16);
        assert_eq!(split(65535, 65535), [(65535, 16)]);
        for (first, last) in [(0, 0), (3, 1000), (1024, 65535), (5, 6), (30000, 32767)] {
            let ports = split(first, last);
            let covered = ports.iter().map(|(_, length)| 1_u32 << (16 - length));
            let expected = u32::from(last) - u32::from(first) + 1;
            assert_eq!(covered.sum::<u32>(), expected, "{first}-{last}");
        }
    }
}
