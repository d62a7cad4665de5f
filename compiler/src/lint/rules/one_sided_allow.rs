//! NP301: one side allows a connection that the other side drops.
//!
//! A permission is one peer and one port of an allow rule. It is one-sided when nothing of it
//! passes the other side, for none of the pods it speaks of; a permission that only some of its
//! pods cannot use is normal.

use crate::finding::Finding;
use crate::lint::context::{Context, Decider, Written};
use crate::lint::permission::Lost;
use crate::lint::{Rule, words};
use netpol_policy::{Direction, RuleId};

/// Finds them: one finding per granting and refusing rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    // Where both sides allow something, the ports are the mistake (NP308).
    let one_sided = context.losses().iter().filter(|l| l.counterpart.is_none());
    let told = one_sided.filter_map(|loss| {
        let written = context.rule_at(loss.granted)?;
        tell(context, rule, written, loss.by, &loss.lost)
    });
    told.collect()
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    written: Written<'_>,
    by: RuleId,
    lost: &Lost,
) -> Option<Finding> {
    let (mut subjects, mut peers) = (lost.subjects.clone(), lost.peers.clone());
    for groups in [&mut subjects, &mut peers] {
        groups.sort_unstable();
        groups.dedup();
    }
    let policy = &written.policy.key.name;
    let ports = written.rule.ports.as_ref();
    let port = words::port(lost.port.and_then(|at| ports?.get(at)));
    let (short, subjects) = (context.short_names(&peers), context.names(&subjects));
    let peers = context.names(&peers);
    let (what, grants, refuses, cure) = match written.rule.direction {
        Direction::Ingress => (
            format!("{short} may not open the connection that `{policy}` accepts"),
            format!("ingress accepts {peers} on {port} …"),
            "no egress rule lets this out",
            format!("let {peers} out to {subjects} on {port}"),
        ),
        Direction::Egress => (
            format!("{short} does not accept the connection that `{policy}` lets out"),
            format!("egress lets out to {peers} on {port} …"),
            "no ingress rule lets this in",
            format!("let {subjects} in to {peers} on {port}"),
        ),
    };
    let message = format!("allowed on one side only: {what}");
    let finding = if lost.narrow {
        rule.finding(message)
    } else {
        rule.remark(message)
    };
    let place = written.place.peers.get(lost.peer);
    let finding = finding
        .at(*place.unwrap_or(&written.place.rule), grants)
        .see(written.origin.subject, format!("… on behalf of {subjects}"));
    let mut finding = match context.decided_by(by)? {
        Decider::Isolation(origin, direction) => {
            let name = &origin.key.name;
            let text = format!(
                "`{name}` isolates {peers} at {}, and {refuses}",
                direction.name()
            );
            let cure = format!("{cure}, or take this peer out of `{policy}`");
            finding
                .see(origin.isolation.get(direction.index()).copied()?, text)
                .help(cure)
        }
        Decider::Rule(other) => {
            let name = &other.policy.key.name;
            let text = format!("`{name}` drops it here");
            let cure = format!("except it from `{name}`, or take this peer out of `{policy}`");
            finding.see(other.place.rule, text).help(cure)
        }
    };
    if lost.others > 0 {
        let more = words::count(lost.others, "more rule");
        finding = finding.note(format!(
            "{more} drop what is allowed here, and nothing lets it pass"
        ));
    }
    finding.witness = context.witness(&lost.shown.flow);
    finding.pairs = lost.pairs;
    finding.object = Some(super::object(&written.policy.key));
    Some(finding)
}
