//! What policies can see of a party, worked out once for all that are alike.

use super::forest::{EMPTY, Forest, SetId};
use super::index::Index;
use super::matched::{Match, code};
use super::spans::{Block, Spans};
use crate::cidr::Family;
use crate::decide::{covers_one_of, in_sight_of_blocks, is_subject, peer_matches, places_of};
use crate::verdict::UnknownCause;
use crate::{
    Cluster, ContainerPort, Endpoint, Entity, Labels, Options, Party, Peer, PolicySet, PortMatch,
    Subject, Tri,
};
use ipnet::IpNet;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::net::IpAddr;

/// What depends on everything but addresses and ports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    /// Policies that select it, or may, by their place.
    pub(super) subject_of: Vec<(usize, Match)>,
    /// Distinct peers that speak of it, or may, by their place; blocks are left out. For the
    /// entities `host` and `remote-node`: it is one of the two.
    pub(super) peer_of: Vec<(usize, Match)>,
}

/// Everything that policies can see of a party, as numbers: parties of the same looks are of one
/// class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Looks {
    /// A node, or a pod on its network.
    pub(super) host: bool,
    /// The place in [`Sorter::seen`].
    pub(super) seen: usize,
    /// The place in [`Sorter::names`].
    pub(super) names: usize,
    /// The blocks that hold it, or may.
    pub(super) blocks: SetId,
}

/// Where blocks see a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// In this span of its family; `inside` of the cluster not all blocks count.
    Span {
        family: Family,
        span: usize,
        inside: bool,
    },
    /// Nowhere in particular: all that its looks tell.
    Elsewhere,
}

/// Distinct values in the order in which they came; the first one is the empty one.
#[derive(Debug)]
pub(super) struct Distinct<T> {
    places: HashMap<T, usize>,
    pub(super) values: Vec<T>,
}

impl<T: Clone + Default + Eq + Hash> Distinct<T> {
    pub(super) fn new() -> Self {
        let mut distinct = Self {
            places: HashMap::new(),
            values: Vec::new(),
        };
        distinct.place(T::default());
        distinct
    }

    pub(super) fn place(&mut self, value: T) -> usize {
        if let Some(known) = self.places.get(&value) {
            return *known;
        }
        self.values.push(value.clone());
        self.places.insert(value, self.values.len() - 1);
        self.values.len() - 1
    }
}

/// What selectors see of a pod: namespace, labels, service account.
type LabelKey<'a> = (&'a str, &'a Labels, Option<&'a str>);

/// The selectors and blocks of all policies, indexed by what they can match.
pub(super) struct Sorter<'a> {
    cluster: &'a Cluster,
    options: Options,
    subjects: Index<'a>,
    /// Policies that select nodes.
    host_subjects: Vec<(usize, &'a Subject)>,
    pod_peers: Index<'a>,
    /// Peers by name, which only addresses outside of the cluster can have.
    name_peers: Vec<(usize, &'a Peer)>,
    /// All others but pods and blocks: nodes and entities.
    other_peers: Vec<(usize, &'a Peer)>,
    pub(super) blocks: Vec<Block<'a>>,
    pub(super) spans: [Spans; 2],
    pub(super) forest: Forest,
    api_server: BTreeSet<IpAddr>,
    /// The names of ports that policies use.
    used: BTreeSet<&'a str>,
    pub(super) seen: Distinct<Seen>,
    pub(super) names: Distinct<Vec<ContainerPort>>,
    by_labels: HashMap<LabelKey<'a>, usize>,
    /// By whether it is outside of the cluster, its family, and whether it is the API server's.
    by_address: HashMap<(bool, Family, bool), usize>,
    /// The blocks that may hold a party without address, by what they can see and its node.
    unaddressed: HashMap<(bool, Option<&'a str>), SetId>,
}

impl<'a> Sorter<'a> {
    pub(super) fn new(policies: &'a PolicySet, cluster: &'a Cluster, peers: &[&'a Peer]) -> Self {
        let mut forest = Forest::new(peers.len());
        let blocks = blocks(peers);
        let pod_cidrs: Vec<_> = cluster.pod_cidrs().collect();
        let api_server = cluster.api_server().unwrap_or_default();
        // Single addresses that an entity tells from their neighbours.
        let single: Vec<IpNet> = api_server.iter().copied().map(IpNet::from).collect();
        let spans = [Family::V4, Family::V6]
            .map(|family| Spans::new(family, &blocks, &pod_cidrs, &single, &mut forest));
        let mut sorter = Self {
            cluster,
            options: policies.options(),
            subjects: Index::default(),
            host_subjects: Vec::new(),
            pod_peers: Index::default(),
            name_peers: Vec::new(),
            other_peers: Vec::new(),
            blocks,
            spans,
            forest,
            api_server,
            used: BTreeSet::new(),
            seen: Distinct::new(),
            names: Distinct::new(),
            by_labels: HashMap::new(),
            by_address: HashMap::new(),
            unaddressed: HashMap::new(),
        };
        sorter.index(policies, peers);
        sorter
    }

    fn index(&mut self, policies: &'a PolicySet, peers: &[&'a Peer]) {
        for (place, policy) in policies.policies().iter().enumerate() {
            match &policy.subject {
                Subject::Endpoints(selector) => self.subjects.add(place, selector),
                Subject::Nodes(_) => self.host_subjects.push((place, &policy.subject)),
            }
            for port in policy.rules.iter().flat_map(|r| r.ports.iter().flatten()) {
                if let PortMatch::Named { name, .. } = port {
                    self.used.insert(name);
                }
            }
        }
        for (place, peer) in peers.iter().copied().enumerate() {
            match peer {
                Peer::Pods(selector) => self.pod_peers.add(place, selector),
                Peer::IpBlock(_) | Peer::Outside(_) => {}
                Peer::Names(_) => self.name_peers.push((place, peer)),
                Peer::Nodes(_) | Peer::Entity(_) => self.other_peers.push((place, peer)),
            }
        }
    }

    /// The looks of a pod or of a host-network pod at one of its addresses.
    pub(super) fn of_endpoint(&mut self, endpoint: &'a Endpoint, party: Party) -> (Looks, Ground) {
        if endpoint.host_network {
            return self.of_host(party);
        }
        let (namespace, account) = (&endpoint.namespace, &endpoint.service_account);
        let key = (namespace.as_str(), &endpoint.labels, account.as_deref());
        let seen = if let Some(known) = self.by_labels.get(&key) {
            *known
        } else {
            let mut peer_of = self.pod_peers.matches(self.cluster, endpoint, party);
            peer_of.extend(self.others(party));
            peer_of.sort_unstable();
            let subject_of = self.subjects.matches(self.cluster, endpoint, party);
            let seen = self.seen.place(Seen {
                subject_of,
                peer_of,
            });
            self.by_labels.insert(key, seen);
            seen
        };
        let names = self.used_names(&endpoint.ports);
        let (blocks, ground) = self.ground(party);
        let looks = Looks {
            host: false,
            seen,
            names,
            blocks,
        };
        (looks, ground)
    }

    /// The looks of a node, or of a pod on its network.
    pub(super) fn of_host(&mut self, party: Party) -> (Looks, Ground) {
        let subjects = self.host_subjects.iter();
        let seen = Seen {
            subject_of: subjects
                .map(|(place, subject)| (*place, is_subject(self.cluster, subject, party)))
                .filter(|(_, (tri, _))| tri.possible())
                .collect(),
            peer_of: self.others(party),
        };
        let seen = self.seen.place(seen);
        let (blocks, ground) = self.ground(party);
        let looks = Looks {
            host: true,
            seen,
            names: 0,
            blocks,
        };
        (looks, ground)
    }

    /// The looks of an address at which nobody is known.
    pub(super) fn of_address(&mut self, party: Party, address: IpAddr) -> (Looks, Ground) {
        let key = (
            matches!(party, Party::External(_)),
            Family::of(address),
            self.api_server.contains(&address),
        );
        let seen = if let Some(known) = self.by_address.get(&key) {
            *known
        } else {
            let peer_of = self.others(party);
            let seen = self.seen.place(Seen {
                subject_of: Vec::new(),
                peer_of,
            });
            self.by_address.insert(key, seen);
            seen
        };
        let (blocks, ground) = self.ground(party);
        let looks = Looks {
            host: false,
            seen,
            names: 0,
            blocks,
        };
        (looks, ground)
    }

    /// The peers that are neither pods nor blocks. Which node is the subject's own is not known
    /// here: both entities that depend on it match every node.
    fn others(&self, party: Party) -> Vec<(usize, Match)> {
        let names: &[_] = match party {
            Party::External(_) => &self.name_peers,
            _ => &[],
        };
        let mut found: Vec<(usize, Match)> = (self.other_peers.iter().chain(names))
            .map(|(place, peer)| {
                let local = match peer {
                    Peer::Entity(Entity::RemoteNode) => Tri::No,
                    _ => Tri::Yes,
                };
                let matched = peer_matches(self.cluster, self.options, peer, party, local);
                (*place, matched)
            })
            .filter(|(_, (tri, _))| tri.possible())
            .collect();
        found.sort_unstable();
        found
    }

    /// The ports whose names some policy uses.
    fn used_names(&mut self, ports: &[ContainerPort]) -> usize {
        let is_used = |p: &&ContainerPort| p.name.as_deref().is_some_and(|n| self.used.contains(n));
        let mut used: Vec<ContainerPort> = ports.iter().filter(is_used).cloned().collect();
        if used.is_empty() {
            return 0;
        }
        used.sort_unstable();
        used.dedup();
        self.names.place(used)
    }

    pub(super) fn spans(&self, family: Family) -> &Spans {
        let [v4, v6] = &self.spans;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    /// The blocks that hold a party, or may.
    fn ground(&mut self, party: Party) -> (SetId, Ground) {
        let sees = |outside| in_sight_of_blocks(self.cluster, self.options, outside, party);
        if !sees(false) {
            return (EMPTY, Ground::Elsewhere);
        }
        let inside = !sees(true);
        if let Some(address) = self.cluster.address_of(party) {
            let family = Family::of(address);
            let spans = self.spans(family);
            let span = spans.of(address);
            let ground = Ground::Span {
                family,
                span,
                inside,
            };
            return (spans.set(span, inside), ground);
        }
        let node = match party {
            Party::Endpoint(index, _) => {
                let endpoint = self.cluster.endpoints.get(index);
                let on_host = endpoint.filter(|e| e.host_network);
                on_host.map(|e| e.node.as_deref().unwrap_or_default())
            }
            Party::Node(index, _) => self.cluster.nodes.get(index).map(|n| n.name.as_str()),
            _ => None,
        };
        if let Some(known) = self.unaddressed.get(&(inside, node)) {
            return (*known, Ground::Elsewhere);
        }
        let set = self.block_by_block(party, inside);
        self.unaddressed.insert((inside, node), set);
        (set, Ground::Elsewhere)
    }

    /// The blocks that may hold a party without address.
    fn block_by_block(&mut self, party: Party, inside: bool) -> SetId {
        let places = places_of(self.cluster, party);
        let mut set = EMPTY;
        for block in self.blocks.iter().filter(|b| !inside || !b.outside_only) {
            let matched = covers_one_of(block.range, &places);
            let code = code((matched, UnknownCause::NoAddress));
            set = self.forest.with(set, block.place, code);
        }
        set
    }
}

fn blocks<'a>(peers: &[&'a Peer]) -> Vec<Block<'a>> {
    let blocks = peers.iter().copied().enumerate();
    let blocks = blocks.filter_map(|(place, peer)| match peer {
        Peer::IpBlock(block) => Some(Block {
            place,
            range: block,
            outside_only: false,
        }),
        Peer::Outside(block) => Some(Block {
            place,
            range: block,
            outside_only: true,
        }),
        _ => None,
    });
    blocks.collect()
}
