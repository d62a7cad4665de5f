//! The other half of a permission that is lost for want of a common port.

use super::ask::opposite;
use super::context::{Context, Decider, Written};
use super::groups::GroupId;
use super::permission::{Lost, is_narrow};
use netpol_policy::{Action, Direction, Flow, Party, Peer, RuleId, Tri, Verdict};

/// The rule on the refusing side that names the pods of a lost permission as narrowly as the
/// granting rule does, where no port at all passes between the two: each side allows something, and
/// neither what the other one allows. The answer is the same from either side.
pub fn counterpart<'a>(
    context: &Context<'a>,
    w: Written<'a>,
    by: RuleId,
    lost: &Lost,
) -> Option<Written<'a>> {
    let isolated = matches!(context.decided_by(by)?, Decider::Isolation(..));
    if !isolated || !lost.narrow || lost.others > 0 {
        return None;
    }
    let refusing = opposite(w.rule.direction);
    let source = group(context, lost.shown.flow.source)?;
    let destination = group(context, lost.shown.flow.destination)?;
    let (own, other) = match refusing {
        Direction::Ingress => (destination, source),
        Direction::Egress => (source, destination),
    };
    let mut rules = (context.selecting(own).iter()).flat_map(|at| context.rules_of(*at));
    let found = rules.find(|o| {
        o.rule.direction == refusing
            && o.rule.action == Action::Allow
            && o.rule.ports.as_ref().is_some_and(|ports| !ports.is_empty())
            && names(context, *o, other)
    })?;
    let nothing = passes_nothing(context, (source, destination));
    nothing.then_some(found)
}

fn group(context: &Context<'_>, party: Party) -> Option<GroupId> {
    match party {
        Party::Endpoint(index, _) => context.groups.of(index),
        _ => None,
    }
}

/// Does the rule name the pods of a group, and not many others?
fn names(context: &Context<'_>, w: Written<'_>, group: GroupId) -> bool {
    let mut peers = w.rule.peers.iter().flatten();
    peers.any(|peer| match peer {
        Peer::Pods(selector) => {
            let matching = context.groups.matching(selector);
            matching.binary_search(&(group, Tri::Yes)).is_ok() && is_narrow(context, selector)
        }
        _ => false,
    })
}

/// Is every port denied on one side or the other? Asked at every port at which either changes.
fn passes_nothing(context: &Context<'_>, pair: (GroupId, GroupId)) -> bool {
    let denied = |flow: &Flow| {
        let mut sides = Direction::BOTH.into_iter().map(|d| context.side(d, flow));
        sides.any(|side| side.verdict == Verdict::Deny)
    };
    let both = Direction::BOTH.into_iter();
    let mut flows = both.flat_map(|judging| context.flows(judging, pair, None));
    flows.all(|flow| denied(&flow))
}
