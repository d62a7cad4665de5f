//! NP406: a workload that no policy isolates, per direction. Opt-in: whoever has not adopted
//! policies everywhere would be told about most of the cluster. A missing isolation at ingress is a
//! warning, at egress a note, because many clusters leave egress open on purpose.
//!
//! An admin or baseline policy that denies pods from everywhere counts: what is not allowed is
//! denied under it as well.

use crate::finding::Finding;
use crate::lint::ask::opposite;
use crate::lint::context::Context;
use crate::lint::groups::GroupId;
use crate::lint::{Rule, words};
use netpol_policy::{Action, Direction, NamespaceScope, Peer};

/// Finds them: one finding per group of pods that look alike to policies, and direction.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    if !context.policies().options().enforced {
        // Nothing isolates anybody then, which NP606 says once.
        return Vec::new();
    }
    let mut findings = Vec::new();
    for group in 0..context.groups.len() {
        for direction in Direction::BOTH {
            let isolated = context.isolating(group, direction).next().is_some();
            if !isolated && !is_denied(context, group, direction) {
                findings.extend(tell(context, rule, group, direction));
            }
        }
    }
    findings
}

/// Does a rule deny the group all pods in this direction, whatever it lets through before?
fn is_denied(context: &Context<'_>, group: GroupId, direction: Direction) -> bool {
    let selecting = context.selecting(group).iter();
    let mut rules = selecting.flat_map(|at| context.rules_of(*at));
    rules.any(|w| {
        let all = |peer: &Peer| match peer {
            Peer::Pods(selector) => {
                let NamespaceScope::Matching(namespaces) = &selector.namespaces else {
                    return false;
                };
                namespaces.is_everything() && selector.pods.is_everything()
            }
            _ => false,
        };
        let everybody = w
            .rule
            .peers
            .as_ref()
            .is_none_or(|peers| peers.iter().any(all));
        let denies = w.rule.action == Action::Deny && w.rule.direction == direction;
        denies && w.rule.ports.is_none() && everybody
    })
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    group: GroupId,
    direction: Direction,
) -> Option<Finding> {
    let names = context.names(&[group]);
    let first = context.groups.first(group)?;
    let pod = context.endpoint(first)?;
    let message = format!("no policy isolates {names} at {}", direction.name());
    let (finding, label, capital) = match direction {
        Direction::Ingress => (
            rule.finding(message),
            "everybody may connect to it",
            "Ingress",
        ),
        Direction::Egress => (
            rule.remark(message),
            "it may connect to everybody",
            "Egress",
        ),
    };
    let mut finding = finding
        .at(context.model.endpoint_origins.get(first)?.name, label)
        .help(format!(
            "add a policy for namespace `{}` with `podSelector: {{}}` and `policyTypes: \
             [{capital}]`, and rules for what is needed",
            pod.namespace
        ));
    let other = opposite(direction);
    if let Some((_, origin)) = context.isolating(group, other).next() {
        let text = format!("`{}` isolates it at {} only", origin.key.name, other.name());
        finding = finding.see(*origin.isolation.get(other.index())?, text);
    }
    let port = match direction {
        Direction::Ingress => context.some_port(first),
        Direction::Egress => (netpol_policy::Protocol::Tcp, 443),
    };
    let flow = context.outside(first, direction, port);
    if let Some(flow) = flow.filter(|flow| context.passes(flow)) {
        finding.witness = context.witness(&flow);
    }
    let members = context.groups.members(group).len();
    if members > 1 {
        finding = finding.note(format!("{} affected", words::count(members, "workload")));
    }
    finding.object = Some(format!("{}/{}/{}", pod.kind, pod.namespace, pod.name));
    Some(finding)
}
