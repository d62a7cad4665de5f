//! How large the image of a node can become at the very most (`netpol_image::layout`), from counting
//! what is written: it takes no longer than reading the policies once more, and nobody has to link
//! what cannot come near a limit.
//!
//! Rows tell peers apart by which of the rules' peers they match, and ports by which of the rules'
//! ports cover them. Whatever a rule names makes at most so many classes; the sums here are of
//! these, so that they are never below what linking makes.

use super::context::Context;
use super::groups::GroupId;
use netpol_image::layout::{
    ENTRY4_LEN, ENTRY6_LEN, HEADER_LEN, MAX_INTERVALS, PAGE, PROTOCOLS, ROW_LEN, ROW_LIMIT,
};
use netpol_policy::{Peer, Policy, PortMatch, Rule};
use std::collections::{BTreeSet, HashMap};

/// Numbers of 16 bits.
const WORDS: usize = 1 << 16;
/// Beyond this many rules the peers that they name are fewer than their subsets.
const MANY: u32 = 30;

/// What is asked of the image of a node by whom it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rules, by direction.
    pub rules: [usize; 2],
    /// Groups of pods and blocks that they name, by direction.
    pub peers: [usize; 2],
    /// Runs of ports that they name.
    pub ports: usize,
    /// Nets that they name, holes too.
    pub nets: usize,
}

impl Cost {
    fn and(self, other: Self) -> Self {
        let add = |a: [usize; 2], b: [usize; 2]| {
            let [a, b] = [a, b].map(|[i, e]| (i, e));
            [a.0.saturating_add(b.0), a.1.saturating_add(b.1)]
        };
        Self {
            rules: add(self.rules, other.rules),
            peers: add(self.peers, other.peers),
            ports: self.ports.saturating_add(other.ports),
            nets: self.nets.saturating_add(other.nets),
        }
    }

    /// In words, with a verb in front of what is there.
    pub fn words(&self, verb: &str) -> String {
        // A block has two ends, but is one peer to whom wrote it.
        let peers = self.peers.iter().sum::<usize>().saturating_sub(self.nets);
        let parts = [
            (peers, "peer", "peers"),
            (self.ports, "run of ports", "runs of ports"),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts = parts.map(|(count, one, many)| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {many}"),
        });
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() {
            return format!("{verb} nothing");
        }
        format!("{verb} {}", parts.join(" and "))
    }

    /// The subsets of rules that a peer can match, by direction.
    fn subsets(&self) -> [usize; 2] {
        let [ingress, egress] = self.rules;
        let of = |rules: usize, peers: usize| {
            let rules = u32::try_from(rules).unwrap_or(MANY).min(MANY);
            (1_usize << rules).min(peers.saturating_add(1))
        };
        let [a, b] = self.peers;
        [of(ingress, a), of(egress, b)]
    }

    /// How many vectors a pod's two rows may have: of verdicts, which also depend on what is allowed
    /// in the other direction (by protocol, whole or not), and of rules.
    fn vectors(&self, services: usize) -> (usize, usize) {
        let [ingress, egress] = self.subsets();
        let replies = 1 << PROTOCOLS;
        let both = self
            .peers
            .iter()
            .fold(1, |sum: usize, n| sum.saturating_add(*n));
        let of = |own: usize, other: usize| own.saturating_mul(other.min(replies)).min(both);
        let verdicts = of(ingress, egress).saturating_add(of(egress, ingress));
        // A peer that is the node itself, and what leads to a peer's port, are told apart.
        let more = |vectors: usize| vectors.saturating_mul(2).saturating_add(services);
        (more(verdicts), more(ingress.saturating_add(egress)))
    }
}

/// The most that an image can have of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Local endpoints.
    pub rows: usize,
    /// Classes of peers.
    pub classes: usize,
    /// Classes of ports.
    pub port_classes: usize,
    /// Vectors of verdicts.
    pub vectors: usize,
    /// Intervals of addresses of each family.
    pub intervals: usize,
    /// Its length.
    pub bytes: usize,
}

impl Bound {
    /// May it be beyond a limit of the format, or longer than this?
    pub fn may_pass(&self, bytes: usize) -> bool {
        let limits = [
            (self.rows, usize::from(ROW_LIMIT)),
            (self.classes, WORDS),
            (self.port_classes, WORDS),
            (self.vectors, WORDS),
            (self.intervals, MAX_INTERVALS as usize),
            (self.bytes, bytes),
        ];
        limits.into_iter().any(|(most, limit)| most > limit)
    }
}

/// What policies and groups of pods cost.
#[derive(Debug)]
pub struct Costs<'a> {
    context: &'a Context<'a>,
    policies: Vec<Cost>,
    groups: Vec<Cost>,
    /// Addresses that an image knows.
    addresses: usize,
    /// Of these, those of nodes and services.
    apart: usize,
    /// Services that lead somewhere.
    services: usize,
    /// Ports of services.
    service_ports: usize,
    /// Everything that all policies name.
    all: Cost,
    /// How many numbers a name of a port stands for.
    named: HashMap<&'a str, usize>,
}

impl<'a> Costs<'a> {
    /// Counts.
    pub fn new(context: &'a Context<'a>) -> Self {
        let cluster = context.cluster();
        let led = cluster.services.iter().filter(|s| !s.addresses.is_empty());
        let ports = led.clone().map(|service| service.ports.len());
        let nodes = cluster.nodes.iter().map(|node| node.addresses.len().max(1));
        let host = cluster.endpoints.iter().filter(|e| e.host_network).count();
        let of_services = led.clone().map(|service| service.addresses.len());
        let apart = nodes.chain(of_services).sum::<usize>() + host;
        let pods = cluster.endpoints.iter().map(|e| e.addresses.len().max(1));
        let mut costs = Self {
            addresses: pods.sum::<usize>() + apart,
            apart,
            services: led.count(),
            service_ports: ports.sum(),
            context,
            policies: Vec::new(),
            groups: Vec::new(),
            all: Cost::default(),
            named: named(context),
        };
        let policies = context.policies().policies().iter();
        let of_policy = |policy: &Policy| {
            let rules = policy.rules.iter().map(|rule| costs.of_rule(rule));
            rules.fold(Cost::default(), Cost::and)
        };
        let policies: Vec<Cost> = policies.map(of_policy).collect();
        costs.all = policies
            .iter()
            .fold(Cost::default(), |sum, cost| sum.and(*cost));
        let groups = 0..context.groups.len();
        let of_group = |group| {
            let selecting = context.selecting(group).iter();
            let selecting = selecting.filter_map(|at| policies.get(*at));
            selecting.fold(Cost::default(), |sum, cost| sum.and(*cost))
        };
        costs.groups = groups.map(of_group).collect();
        costs.policies = policies;
        costs
    }

    /// What a policy costs.
    pub fn of_policy(&self, at: usize) -> Cost {
        self.policies.get(at).copied().unwrap_or_default()
    }

    /// What a rule costs.
    pub fn of_rule(&self, rule: &Rule) -> Cost {
        let mut cost = Cost::default();
        let at = rule.direction.index();
        let peers = rule.peers.iter().flatten();
        let (named, nets) = peers.fold((0_usize, 0_usize), |(named, nets), peer| {
            let (more, holes) = self.of_peer(peer);
            (named.saturating_add(more), nets.saturating_add(holes))
        });
        if let (Some(rules), Some(peers)) = (cost.rules.get_mut(at), cost.peers.get_mut(at)) {
            *rules = 1;
            *peers = named;
        }
        let ports = rule.ports.iter().flatten().map(|port| match port {
            PortMatch::Range { .. } => 1,
            PortMatch::Named { name, .. } => self.named.get(name.as_str()).copied().unwrap_or(0),
        });
        cost.ports = ports.sum();
        cost.nets = nets;
        cost
    }

    /// How many peers an item tells from others, and how many nets it names.
    fn of_peer(&self, peer: &Peer) -> (usize, usize) {
        match peer {
            Peer::Pods(selector) => (self.context.groups.matching(selector).len(), 0),
            Peer::IpBlock(block) | Peer::Outside(block) => {
                let nets = 1 + block.except.len();
                (2 * nets + self.context.pods_in(block).count(), nets)
            }
            // Never more than there are.
            Peer::Nodes(_) | Peer::Entity(_) => (self.apart + self.context.groups.len() + 2, 0),
            // Denied, whatever the name.
            Peer::Names(_) => (0, 0),
        }
    }

    /// The most that the image of a node can have that runs these groups of pods, or any `most` of
    /// them.
    pub fn bound(&self, groups: &[GroupId], most: usize) -> Bound {
        let costs = groups.iter().filter_map(|group| self.groups.get(*group));
        let costs: Vec<&Cost> = costs.collect();
        let sum = |of: &dyn Fn(&Cost) -> usize| top(costs.iter().map(|cost| of(cost)), most);
        let peers = sum(&|cost| cost.peers.iter().fold(0, |sum, n| sum.saturating_add(*n)));
        let nets = sum(&|cost| cost.nets).min(self.all.nets);
        let verdicts = sum(&|cost| cost.vectors(self.services).0);
        let attributions = sum(&|cost| cost.vectors(self.services).1);
        let ports = sum(&|cost| cost.ports).min(self.all.ports) + self.service_ports;
        let cidrs = self
            .context
            .cluster()
            .nodes
            .iter()
            .map(|n| n.pod_cidrs.len());
        let intervals = 2 * (1 + nets + self.apart + cidrs.sum::<usize>());
        let told_apart = peers.saturating_add(self.apart + 2);
        let rows = self.rows(groups, most);
        let mut bound = Bound {
            rows,
            classes: told_apart.min(self.addresses + intervals + 1),
            port_classes: ports.saturating_mul(2) + PROTOCOLS as usize,
            vectors: verdicts,
            intervals,
            bytes: 0,
        };
        bound.bytes = self.bytes(&bound, attributions);
        bound
    }

    /// Local endpoints.
    fn rows(&self, groups: &[GroupId], most: usize) -> usize {
        if most < groups.len() {
            return most;
        }
        let pods = groups
            .iter()
            .flat_map(|group| self.context.groups.members(*group));
        let pods = pods.filter_map(|pod| self.context.endpoint(*pod));
        pods.map(|pod| {
            if pod.several {
                pod.addresses.len().max(1)
            } else {
                1
            }
        })
        .sum()
    }

    fn bytes(&self, bound: &Bound, attributions: usize) -> usize {
        let table = |entry: u32| {
            let slots = (self.addresses + self.addresses / 8 + 1).next_power_of_two();
            let moves = (self.addresses / 4 + 1).next_power_of_two();
            slots.max(8) * entry as usize + moves.max(2) * 2
        };
        let pages = bound.port_classes.min((PROTOCOLS * PAGE) as usize);
        let cells = bound.rows.saturating_mul(2).saturating_mul(bound.classes);
        let words = bound.vectors.saturating_mul(2);
        let words = words.saturating_add(attributions.saturating_mul(4));
        let parts = [
            // Sections begin at multiples of a line; there are less than 32.
            HEADER_LEN as usize + 32 * 64,
            table(ENTRY4_LEN) + table(ENTRY6_LEN),
            bound.intervals.saturating_mul(18),
            (PROTOCOLS * PAGE) as usize * 2 + pages * PAGE as usize * 2,
            bound.rows.saturating_mul(ROW_LEN as usize),
            cells.saturating_mul(6),
            words.saturating_mul(bound.port_classes),
        ];
        parts.into_iter().fold(0, usize::saturating_add)
    }
}

/// The sum of the largest.
fn top(costs: impl Iterator<Item = usize>, most: usize) -> usize {
    let mut costs: Vec<usize> = costs.collect();
    if most < costs.len() {
        costs.sort_unstable_by(|a, b| b.cmp(a));
    }
    costs.into_iter().take(most).fold(0, usize::saturating_add)
}

/// How many numbers pods declare under each name.
fn named<'a>(context: &Context<'a>) -> HashMap<&'a str, usize> {
    let pods = context.cluster().endpoints.iter();
    let declared = pods.flat_map(|pod| &pod.ports);
    let mut numbers: HashMap<&str, BTreeSet<u16>> = HashMap::new();
    for port in declared {
        if let Some(name) = &port.name {
            numbers.entry(name).or_default().insert(port.port);
        }
    }
    let numbers = numbers.into_iter();
    numbers.map(|(name, ports)| (name, ports.len())).collect()
}
