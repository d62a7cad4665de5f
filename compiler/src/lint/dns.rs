//! Who answers DNS queries, and which rules let them out.

use super::context::{Context, Written};
use super::groups::GroupId;
use super::nearest;
use netpol_policy::labels::NAMESPACE_NAME;
use netpol_policy::{
    Action, Dialect, Direction, Endpoint, EndpointSelector, Entity, Labels, NamespaceScope,
    Operator, Peer, PortMatch, Protocol, Selector, Tier,
};

/// Where DNS servers listen: the standard port and the one of `OpenShift` and dnsmasq pods.
const PORTS: [u16; 2] = [53, 5353];
/// Names of DNS ports in the manifests of `CoreDNS` and kube-dns.
const NAMES: [&str; 4] = ["dns", "dns-tcp", "dns-udp", "domain"];
/// Where the usual DNS server of a cluster runs.
pub const NAMESPACE: &str = "kube-system";
/// The label of the usual DNS server: kube-dns and `CoreDNS` alike.
const LABEL: (&str, &str) = ("k8s-app", "kube-dns");

/// The pods of the input that answer DNS queries, ascending.
pub fn servers(context: &Context<'_>) -> Vec<GroupId> {
    let groups = 0..context.groups.len();
    groups
        .filter(|g| context.pod(*g).is_some_and(is_server))
        .collect()
}

fn is_server(pod: &Endpoint) -> bool {
    let called = |key| pod.labels.get(key).is_some_and(|v| v.contains("dns"));
    let mut udp = pod.ports.iter().filter(|p| p.protocol == Protocol::Udp);
    udp.any(|p| PORTS.contains(&p.port)) || called("k8s-app") || called("app.kubernetes.io/name")
}

/// Does a selector ask for the label of the usual DNS server?
pub fn is_usual(pods: &Selector) -> bool {
    let mut asked = pods.requirements.iter();
    asked.any(|r| r.key == LABEL.0 && r.operator == Operator::In && r.values == [LABEL.1])
}

/// Does the rule let anything out of pods that a policy isolates? The baseline is not asked for
/// those (S-TIERS).
pub fn lets_out(w: &Written<'_>) -> bool {
    w.rule.action == Action::Allow
        && !matches!(w.policy.tier, Tier::Baseline { .. })
        && w.rule.direction == Direction::Egress
        && w.rule.ports.as_ref().is_none_or(|ports| !ports.is_empty())
}

/// Does the rule let DNS queries out to something that may answer them?
pub fn resolves(context: &Context<'_>, servers: &[GroupId], w: &Written<'_>) -> bool {
    if !lets_out(w) {
        return false;
    }
    // A rule for port 53 is meant for DNS, whatever its peers are called.
    let meant = match &w.rule.ports {
        None => false,
        Some(ports) => match ports.iter().filter_map(covers).max() {
            Some(meant) => meant,
            None => return false,
        },
    };
    let cilium = context.policies().dialect() == Dialect::Cilium;
    let answers = |peer: &Peer| match peer {
        _ if is_dead(context, peer) => false,
        _ if meant => true,
        Peer::Pods(selector) => may_answer(context, servers, selector),
        // The server is a pod; where blocks do not cover pods, it is in none (S-OUTSIDE).
        Peer::IpBlock(_) => !cilium,
        Peer::Nodes(_) => true,
        Peer::Entity(entity) => {
            matches!(entity, Entity::Cluster | Entity::Host | Entity::RemoteNode)
        }
        Peer::Outside(_) | Peer::Names(_) => false,
    };
    let peers = w.rule.peers.as_ref();
    peers.is_none_or(|peers| peers.iter().any(answers))
}

/// Does it name a namespace under a key that no namespace has (NP402)?
fn is_dead(context: &Context<'_>, peer: &Peer) -> bool {
    let Peer::Pods(selector) = peer else {
        return false;
    };
    context.groups.matching(selector).is_empty()
        && nearest::by_name(&context.groups, &selector.namespaces).is_some()
}

/// Does the port cover DNS queries over UDP, and does it name their port?
fn covers(port: &PortMatch) -> Option<bool> {
    match port {
        PortMatch::Range {
            protocol: Protocol::Udp,
            first,
            last,
        } => {
            let within = PORTS.iter().any(|p| (*first..=*last).contains(p));
            within.then_some(first == last)
        }
        PortMatch::Range { .. } => None,
        PortMatch::Named { protocol, name } => {
            let udp = protocol.is_none_or(|p| p == Protocol::Udp);
            (udp && NAMES.contains(&name.as_str())).then_some(true)
        }
    }
}

/// Does a selector pick a DNS server of the input, or, when there is none, the usual one?
fn may_answer(context: &Context<'_>, servers: &[GroupId], selector: &EndpointSelector) -> bool {
    if !servers.is_empty() {
        let matching = context.groups.matching(selector);
        let picked = |server| matching.binary_search_by_key(server, |(g, _)| *g).is_ok();
        return servers.iter().any(picked);
    }
    let in_scope = match &selector.namespaces {
        NamespaceScope::Named(name) => (name == NAMESPACE).into(),
        NamespaceScope::Matching(wanted) => match context.cluster().namespaces.get(NAMESPACE) {
            Some(known) if !known.undeclared => wanted.matches(&known.labels).into(),
            _ => wanted.matches_undeclared(&Labels::from_iter([(NAMESPACE_NAME, NAMESPACE)])),
        },
    };
    let labels = Labels::from_iter([LABEL]);
    let pods = selector.pods.matches_undeclared(&labels);
    in_scope.and(pods).possible()
}
