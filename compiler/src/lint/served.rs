//! Which ports of a rule its pods serve.
//!
//! `containerPort` is informational (`core/v1 ContainerPort`): a container may listen elsewhere,
//! and one that declares no port may listen anywhere.

use super::context::{Context, Written};
use super::groups::GroupId;
use netpol_policy::{ContainerPort, Direction, EndpointSelector, Peer, PortMatch, Protocol};

/// Ports of databases, caches, queues and shells (IANA service names): behind them is what nobody
/// shows to the world on purpose.
const INTERNAL: [(u16, &str); 16] = [
    (22, "SSH"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (2049, "NFS"),
    (2379, "etcd"),
    (2380, "etcd"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (5672, "AMQP"),
    (5984, "CouchDB"),
    (6379, "Redis"),
    (9042, "Cassandra"),
    (9092, "Kafka"),
    (9200, "Elasticsearch"),
    (11211, "memcached"),
    (27017, "MongoDB"),
];

/// The ports of a rule with their places, those that are written in the same place as one: a port
/// without protocol may stand for one of each.
pub fn written_ports(written: Written<'_>) -> impl Iterator<Item = (usize, &PortMatch)> {
    let ports = written.rule.ports.iter().flatten().enumerate();
    ports.filter(move |(at, _)| {
        let mut one_of = alternatives(written, *at);
        one_of.next().is_some_and(|(first, _)| first == *at)
    })
}

/// What is written in the same place.
pub fn alternatives(written: Written<'_>, at: usize) -> impl Iterator<Item = (usize, &PortMatch)> {
    let place = written.place.ports.get(at);
    let ports = written.rule.ports.iter().flatten().enumerate();
    ports.filter(move |(other, _)| *other == at || written.place.ports.get(*other) == place)
}

/// The selectors of the pods whose ports the rule speaks of: those that receive. None, when the rule
/// also speaks of others than pods.
fn receiving(written: Written<'_>) -> impl Iterator<Item = &EndpointSelector> {
    let peers = written.rule.peers.as_deref().unwrap_or_default();
    let pods = peers.iter().map(|peer| match peer {
        Peer::Pods(selector) => Some(selector),
        _ => None,
    });
    let selectors = match written.rule.direction {
        Direction::Ingress => written.policy.subject.endpoints().map(|s| vec![s]),
        Direction::Egress => pods.collect(),
    };
    selectors.into_iter().flatten()
}

/// The pods whose ports the rule speaks of; may repeat.
pub fn receivers<'c, 'm>(
    context: &'c Context<'m>,
    written: Written<'c>,
) -> impl Iterator<Item = GroupId> + use<'c, 'm> {
    let matching = |selector| context.groups.matching(selector).iter();
    let found = receiving(written).flat_map(matching);
    found.map(|(group, _)| *group)
}

/// May pods that the input does not show be among the receivers: all of a namespace?
fn may_be_others(context: &Context<'_>, written: Written<'_>) -> bool {
    !context.model.closed_world && receiving(written).any(|s| s.pods.is_everything())
}

/// The same, ascending and each once.
pub fn servers(context: &Context<'_>, written: Written<'_>) -> Vec<GroupId> {
    let mut found: Vec<GroupId> = receivers(context, written).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Does any of the pods serve the port? True when that cannot be said: a range may be for ports
/// that are taken at run time, and pods that the input does not show may be among all of a namespace.
pub fn is_served(context: &Context<'_>, written: Written<'_>, port: &PortMatch) -> bool {
    let named = match port {
        PortMatch::Named { .. } => true,
        // What has no ports is not declared.
        PortMatch::Range { protocol, .. } if !has_ports(*protocol) => return true,
        PortMatch::Range { .. } => false,
    };
    let open = |declared: &[ContainerPort]| !named && declared.is_empty();
    let mut ports = receivers(context, written)
        .filter_map(|g| Some(context.pod(g)?.ports.as_slice()))
        .peekable();
    let nobody = ports.peek().is_none();
    nobody
        || may_be_others(context, written)
        || ports.any(|declared| open(declared) || declared.iter().any(|d| serves(port, d)))
        || (!named && receivers(context, written).any(|g| may_serve_any(context, g)))
}

/// Has one of the pods a container that declares no port?
fn may_serve_any(context: &Context<'_>, group: GroupId) -> bool {
    let mut members = context.groups.members(group).iter();
    members.any(|pod| {
        let origin = context.model.endpoint_origins.get(*pod);
        origin.is_some_and(|origin| origin.undeclared)
    })
}

fn has_ports(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::Sctp)
}

fn serves(port: &PortMatch, declared: &ContainerPort) -> bool {
    let own = std::slice::from_ref(declared);
    match port {
        PortMatch::Range { first, last, .. } if first != last => true,
        _ => port.covers(declared.protocol, declared.port, own),
    }
}

/// A port that the pods declare, that the rule opens, and that is nobody's outside.
pub fn internal(
    context: &Context<'_>,
    written: Written<'_>,
    group: GroupId,
) -> Option<(u16, &'static str)> {
    let pod = context.pod(group)?;
    let opened = |port: u16| {
        let ports = written.rule.ports.as_ref();
        let covers = |p: &PortMatch| p.covers(Protocol::Tcp, port, &pod.ports);
        ports.is_none_or(|ports| ports.iter().any(covers))
    };
    let declared = pod.ports.iter().filter(|p| p.protocol == Protocol::Tcp);
    let mut known = declared.filter_map(|p| INTERNAL.iter().find(|(port, _)| *port == p.port));
    known.find(|(port, _)| opened(*port)).copied()
}
