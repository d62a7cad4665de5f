//! What a text means under another CNI than the configured one.

use super::context::{Context, Written};
use super::groups::GroupId;
use netpol_policy::{
    Dialect, Direction, EndpointSelector, Flow, Options, Peer, PolicySet, PortMatch, Protocol, Tri,
    decide_side, speaks_of,
};

/// Groups of subjects that are looked at for one rule.
const MOST_GROUPS: usize = 8;

/// The same policies in a dialect.
pub fn read_as(context: &Context<'_>, dialect: Dialect) -> PolicySet {
    let set = context.policies();
    let options = Options {
        dialect,
        ..set.options()
    };
    PolicySet::with_options(options, set.policies().to_vec())
}

/// A packet between a subject of a rule and one of some pods that the rule speaks of where the
/// policies are read as `elsewhere`, and on which the verdict of its side then is another one.
pub fn differs<'a>(
    context: &Context<'a>,
    w: Written<'a>,
    pods: &[usize],
    elsewhere: &PolicySet,
) -> Option<Flow> {
    let subject = w.policy.subject.endpoints()?;
    let (cluster, direction) = (context.cluster(), w.rule.direction);
    let differs = |group: GroupId, flow: &Flow| {
        let spoken = speaks_of(elsewhere, cluster, flow, (w.at, w.index)) == Tri::Yes;
        let selecting = context.selecting(group);
        let read = decide_side(elsewhere, cluster, flow, direction, selecting);
        spoken && read.verdict != context.side(direction, flow).verdict
    };
    let mut groups = context.groups.certain(subject).take(MOST_GROUPS);
    groups.find_map(|group| {
        let flows = context.packets_between(w, group, pods);
        flows.into_iter().find(|flow| differs(group, flow))
    })
}

/// A number and whose it is.
type Number = (u16, GroupId);

/// Two pods that a selector picks and that give one name to different ports.
pub fn two_numbers(
    context: &Context<'_>,
    selector: &EndpointSelector,
    (protocol, name): (Protocol, &str),
) -> Option<(Number, Number)> {
    let of = |group: GroupId| {
        let declared = context.pod(group)?.ports.iter();
        let mut named = declared.filter(|d| d.protocol == protocol);
        let port = named.find(|d| d.name.as_deref() == Some(name))?;
        Some((port.port, group))
    };
    let mut numbers = context.groups.certain(selector).filter_map(of);
    let first = numbers.next()?;
    let second = numbers.find(|(number, _)| *number != first.0)?;
    Some((first, second))
}

/// Has an egress rule a port's name for which Cilium finds several numbers among the pods of one
/// peer, so that it opens less than it reads (NP311)? Answers take the name at each pod.
pub fn opens_less(context: &Context<'_>, w: Written<'_>) -> bool {
    let is_cilium = context.policies().options().dialect == Dialect::Cilium;
    if !is_cilium || w.rule.direction != Direction::Egress {
        return false;
    }
    let named = |port: &PortMatch| match port {
        PortMatch::Named { protocol, name } => {
            let port = (protocol.unwrap_or(Protocol::Tcp), name.as_str());
            let mut peers = w.rule.peers.iter().flatten();
            peers.any(|peer| match peer {
                Peer::Pods(selector) => two_numbers(context, selector, port).is_some(),
                _ => false,
            })
        }
        PortMatch::Range { .. } => false,
    };
    w.rule.ports.iter().flatten().any(named)
}
