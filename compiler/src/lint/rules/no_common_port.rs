//! NP308: both sides allow, and share no port.
//!
//! The egress of one pod names another one on some ports, the ingress of the other one names the
//! first one on others, and nothing passes between the two. One mistake, so one finding: NP301
//! leaves these to this rule.

use crate::finding::Finding;
use crate::lint::context::{Context, Written};
use crate::lint::permission::Lost;
use crate::lint::{Rule, words};
use crate::source::Location;
use netpol_policy::{Direction, Endpoint, Party, PortMatch, RuleId};
use std::collections::BTreeMap;

/// Finds them: one finding for each pair of rules.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings: BTreeMap<(RuleId, RuleId), Finding> = BTreeMap::new();
    for loss in context.losses() {
        let other = loss.counterpart.and_then(|at| context.rule_at(at));
        let Some((written, other)) = context.rule_at(loss.granted).zip(other) else {
            continue;
        };
        let (out, into) = match written.rule.direction {
            Direction::Egress => (written, other),
            Direction::Ingress => (other, written),
        };
        let told = || tell(context, rule, (out, into), &loss.lost);
        findings.entry((out.id, into.id)).or_insert_with(told);
    }
    findings.into_values().collect()
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    (out, into): (Written<'_>, Written<'_>),
    lost: &Lost,
) -> Finding {
    let flow = &lost.shown.flow;
    let name = |party| match party {
        Party::Endpoint(index, _) => context.endpoint(index).map(Endpoint::display_name),
        _ => None,
    };
    let from = name(flow.source).unwrap_or_default();
    let to = name(flow.destination).unwrap_or_default();
    let (first, second) = (ports(out), ports(into));
    let mut finding = rule
        .finding(format!(
            "`{from}` may open {first} to `{to}`, which accepts {second}: no port is common"
        ))
        .at(place(out), format!("egress lets {first} out …"))
        .see(place(into), format!("… and ingress lets {second} in"))
        .help(help(context, flow.destination, (out, into)));
    finding.witness = context.witness(flow);
    finding.pairs = lost.pairs;
    finding.object = Some(super::object(&out.policy.key));
    finding
}

fn ports(w: Written<'_>) -> String {
    let ports = w.rule.ports.iter().flatten();
    let shown: Vec<String> = ports.map(|port| words::port(Some(port))).collect();
    words::some_of(&shown, 3)
}

/// The first port, or the rule.
fn place(w: Written<'_>) -> Location {
    w.place.ports.first().copied().unwrap_or(w.place.rule)
}

/// The port that the pod serves is most likely the one that was meant.
fn help(
    context: &Context<'_>,
    destination: Party,
    (out, into): (Written<'_>, Written<'_>),
) -> String {
    let pod = context.cluster().pod(destination);
    let served = |w: Written<'_>| -> Option<String> {
        let pod = pod?;
        let mut ports = w.rule.ports.iter().flatten();
        let is_served = |port: &&PortMatch| {
            let mut declared = pod.ports.iter();
            declared.any(|d| port.covers(d.protocol, d.port, &pod.ports))
        };
        ports.find(is_served).map(|port| words::port(Some(port)))
    };
    match (served(out), served(into)) {
        (None, Some(port)) => format!("the pod serves {port}: let that out"),
        (Some(port), None) => format!("the pod serves {port}: let that in"),
        _ => "name one port on both sides".to_owned(),
    }
}
