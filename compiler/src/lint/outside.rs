//! Who comes from outside of the cluster, and what leads them to which pods.

use super::context::Context;
use super::fronts::Front;
use super::groups::GroupId;
use crate::model::PolicyOrigin;
use netpol_policy::labels::NAMESPACE_NAME;
use netpol_policy::{
    Action, Direction, Endpoint, EndpointSelector, Entity, NamespaceScope, Operator, Peer,
    PortMatch, Rule,
};

/// Who asks the pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// The pods of an ingress controller or gateway, wherever they are.
    Controller,
    /// An address outside of the cluster.
    Outside,
}

/// Parts of names by which the pods of ingress controllers, gateways and proxies are known. Pods
/// that merely sound like it are given the benefit of the doubt.
const CONTROLLERS: [&str; 14] = [
    "ingress",
    "nginx",
    "traefik",
    "haproxy",
    "envoy",
    "gateway",
    "kong",
    "contour",
    "istio",
    "apisix",
    "ambassador",
    "emissary",
    "proxy",
    "router",
];

/// Does the group look like something that asks in the stead of clients outside?
pub fn is_controller(context: &Context<'_>, group: GroupId) -> bool {
    let Some(pod) = context.pod(group) else {
        return false;
    };
    let sounds = |text: &str| CONTROLLERS.iter().any(|part| text.contains(part));
    sounds(&pod.name) || pod.labels.iter().any(|(_, value)| sounds(value))
}

/// Does the peer stand for every address outside, at least of one family?
pub fn is_world(peer: &Peer) -> bool {
    match peer {
        Peer::IpBlock(block) | Peer::Outside(block) => block.is_whole_family(),
        Peer::Entity(entity) => matches!(
            entity,
            Entity::World | Entity::WorldIpv4 | Entity::WorldIpv6
        ),
        _ => false,
    }
}

/// Does a rule let anybody in on a port of a pod?
fn opens(rule: &Rule, pod: &Endpoint, front: &Front<'_>) -> bool {
    let ports = rule.ports.as_ref();
    let covers = |port: &PortMatch| port.covers(front.port.protocol, front.target, &pod.ports);
    rule.direction == Direction::Ingress
        && rule.action == Action::Allow
        && ports.is_none_or(|ports| ports.iter().any(covers))
}

/// The policy that isolates a group, if nothing lets the client in.
pub fn cut_off<'a>(
    context: &Context<'a>,
    group: GroupId,
    front: &Front<'_>,
    client: Client,
) -> Option<&'a PolicyOrigin> {
    let (_, isolation) = context.isolating(group, Direction::Ingress).next()?;
    let pod = context.pod(group)?;
    let may_be = |peer: &Peer| match peer {
        Peer::Pods(selector) => client == Client::Controller && may_be_it(context, selector),
        _ => true,
    };
    let selecting = context.selecting(group).iter();
    let mut rules = selecting.flat_map(|at| context.rules_of(*at));
    let lets_in = rules.any(|w| {
        let peers = w.rule.peers.as_ref();
        opens(w.rule, pod, front) && peers.is_none_or(|peers| peers.iter().any(may_be))
    });
    (!lets_in).then_some(isolation)
}

/// May the pods of a peer be a controller? Those of namespaces that the input shows are what they
/// are called.
fn may_be_it(context: &Context<'_>, selector: &EndpointSelector) -> bool {
    let matching = context.groups.matching(selector);
    let shown = |name: &String| !context.groups.in_namespace(name).is_empty();
    let known = match &selector.namespaces {
        NamespaceScope::Named(name) => shown(name),
        NamespaceScope::Matching(labels) => labels.requirements.iter().any(|r| {
            let by_name = r.key == NAMESPACE_NAME && r.operator == Operator::In;
            by_name && r.values.iter().all(shown)
        }),
    };
    let mut groups = matching.iter();
    !known || matching.is_empty() || groups.any(|(group, _)| is_controller(context, *group))
}
