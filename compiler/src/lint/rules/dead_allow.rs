//! NP302: an allow that a deny or a higher tier makes dead.
//!
//! A permission is one peer and one port of an allow rule. It is dead when a rule that is asked
//! before denies all of it: proved by the text, or true of every pod of the input that it speaks
//! of. A permission that only some pods cannot use is an exception that somebody wants.

use crate::finding::Finding;
use crate::lint::context::{Context, Decider, Written};
use crate::lint::denial::{Denied, denied};
use crate::lint::order::same_tier;
use crate::lint::{Rule, words};
use netpol_policy::{Action, RuleId, Tier};

/// Finds them: one finding for each allowing and denying rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut rules = context.rules();
    if !rules.any(|w| w.rule.action == Action::Deny) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for written in context.rules().filter(|w| w.rule.action == Action::Allow) {
        for (by, dead) in &denied(context, written) {
            findings.extend(tell(context, rule, written, *by, dead));
        }
    }
    findings
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    w: Written<'_>,
    by: RuleId,
    dead: &Denied,
) -> Option<Finding> {
    let Some(Decider::Rule(by)) = context.decided_by(by) else {
        return None;
    };
    let (name, other) = (&w.policy.key.name, &by.policy.key.name);
    let direction = w.rule.direction.name();
    let (peer, port) = dead.part;
    let ports = w.rule.ports.as_ref();
    let on = words::port(port.and_then(|at| ports?.get(at)));
    let all = dead.parts == dead.of;
    let place = match (all, peer, port) {
        (true, ..) | (_, None, None) => None,
        (_, Some(peer), _) => w.place.peers.get(peer),
        (_, None, Some(port)) => w.place.ports.get(port),
    };
    let label = if all {
        format!("nothing that this {direction} rule allows gets through …")
    } else {
        format!("{direction} allows this on {on} …")
    };
    let because = match (by.policy.tier, w.policy.tier) {
        (Tier::Namespace, _) => "a deny beats every allow",
        (a, b) if same_tier(a, b) => "it is asked before",
        _ => "the admin tier is asked before all others",
    };
    let cure = match by.policy.tier {
        Tier::Namespace => format!("narrow the deny of `{other}`, or delete this allow"),
        _ => format!(
            "except it in the admin tier, with a rule before that of `{other}`, or delete this allow"
        ),
    };
    let mut finding = rule
        .finding(format!("`{other}` denies what `{name}` allows"))
        .at(*place.unwrap_or(&w.place.rule), label)
        .see(
            by.place.rule,
            format!("… because `{other}` denies it, and {because}"),
        )
        .help(cure);
    if dead.parts > 1 && !all {
        let more = words::count(dead.parts - 1, "more permission");
        finding = finding.note(format!("{more} of the rule lost in the same way"));
    }
    finding.witness = dead.shown.and_then(|flow| context.witness(&flow));
    finding.pairs = dead.pairs;
    finding.object = Some(super::object(&w.policy.key));
    Some(finding)
}
