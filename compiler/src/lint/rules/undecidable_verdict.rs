//! NP503: a verdict that the input does not decide. A compiled bundle has no third answer, so it
//! is lowered to deny, and `build` asks for `--accept-unknown`.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::ask::opposite;
use crate::lint::context::{Context, Written};
use crate::lint::groups::GroupId;
use netpol_policy::{Direction, Flow, Party, Peer, Protocol, Tri, UnknownCause, Verdict};

/// Finds them: one finding per rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let rules = context.rules();
    rules
        .filter_map(|w| at_run_time(rule, w).or_else(|| undecided(context, rule, w)))
        .collect()
}

/// What is decided while connections run, if at all: requests, authentication, DNS names.
fn at_run_time(rule: &Rule, written: Written<'_>) -> Option<Finding> {
    let mut peers = written.rule.peers.iter().flatten();
    let names = peers.position(|peer| matches!(peer, Peer::Names(_)));
    let (why, place) = match (written.rule.condition, names) {
        (Some(condition), _) => (condition.sentence(), written.place.ports.first()),
        (None, Some(at)) => (
            UnknownCause::DnsName.sentence(),
            written.place.peers.get(at),
        ),
        (None, None) => return None,
    };
    let name = &written.policy.key.name;
    let mut finding = rule
        .finding(format!("`{name}` allows what is decided at run time alone"))
        .at(*place.unwrap_or(&written.place.rule), why)
        .help("give a rule without this condition to what must pass, or take --accept-unknown")
        .note("the compiled bundle denies what no other rule allows");
    finding.object = Some(super::object(&written.policy.key));
    Some(finding)
}

fn undecided(context: &Context<'_>, rule: &Rule, written: Written<'_>) -> Option<Finding> {
    let subjects = context.groups.subjects(written.policy);
    for (at, peer) in written.rule.peers.iter().flatten().enumerate() {
        for &(subject, selected) in subjects {
            for &(other, named) in &candidates(context, peer) {
                if selected.and(named) != Tri::Unknown {
                    continue;
                }
                if let Some((flow, cause)) = ask(context, written, subject, other) {
                    let place = written.place.peers.get(at);
                    let place = *place.unwrap_or(&written.place.rule);
                    let name = &written.policy.key.name;
                    let mut finding = rule
                        .finding(format!(
                            "the input does not decide whether `{name}` matches"
                        ))
                        .at(
                            place,
                            format!("may or may not speak of {}", context.names(&[other])),
                        )
                        .help(cause.sentence())
                        .note("the compiled bundle denies what is not decided");
                    finding.witness = context.witness(&flow);
                    finding.object = Some(super::object(&written.policy.key));
                    return Some(finding);
                }
            }
        }
    }
    None
}

/// The groups that a peer picks or may pick.
fn candidates(context: &Context<'_>, peer: &Peer) -> Vec<(GroupId, Tri)> {
    match peer {
        Peer::Pods(selector) => context.groups.matching(selector).to_vec(),
        Peer::IpBlock(_) => {
            let groups = 0..context.groups.len();
            let unaddressed = groups.filter(|g| {
                let pod = context.pod(*g);
                pod.is_some_and(|pod| pod.addresses.is_empty())
            });
            // One is enough, but it must not be the subject itself, whom every pod reaches.
            unaddressed.map(|g| (g, Tri::Unknown)).take(2).collect()
        }
        // None of these is a pod whose match is open.
        Peer::Outside(_) | Peer::Nodes(_) | Peer::Entity(_) | Peer::Names(_) => Vec::new(),
    }
}

/// A packet between the two on which the rule's side does not decide.
fn ask(
    context: &Context<'_>,
    written: Written<'_>,
    subject: GroupId,
    other: GroupId,
) -> Option<(Flow, UnknownCause)> {
    let party = |group| {
        let index = context.groups.first(group)?;
        let address = context.endpoint(index)?.addresses.first().copied();
        Some(Party::Endpoint(index, address))
    };
    let (source, destination) = match written.rule.direction {
        Direction::Ingress => (party(other)?, party(subject)?),
        Direction::Egress => (party(subject)?, party(other)?),
    };
    let Party::Endpoint(target, _) = destination else {
        return None;
    };
    let port = written.rule.ports.as_ref().and_then(|ports| ports.first());
    let ports = Context::ports(port, context.endpoint(target)?);
    let (protocol, port, _) = ports.first().copied().unwrap_or((Protocol::Tcp, 0, 0));
    let flow = Flow {
        source,
        destination,
        protocol,
        port,
    };
    let side = context.side(written.rule.direction, &flow);
    // A packet that the other side drops is decided all the same.
    let other = context.side(opposite(written.rule.direction), &flow);
    let open = side.verdict == Verdict::Unknown && other.verdict != Verdict::Deny;
    let cause = side.cause.filter(|_| open && source != destination)?;
    Some((flow, cause))
}
