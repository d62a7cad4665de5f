//! NP307: a rule that an earlier or wider one leaves nothing to do.
//!
//! Three ways. A rule of the admin or baseline tier of which every packet is decided before, and
//! otherwise (a dead allow is NP302, the same once more NP303). A `Pass` behind which no rule of
//! its tier speaks of its packets. A rule for requests (L7) beside one that lets every request
//! through (S-CONDITION). All are proved by the text alone.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::context::{Context, Written};
use crate::lint::order::{is_ordered, is_undefined, same_tier};
use netpol_policy::{Action, Condition};

/// Finds them: one finding for each rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let found = context.rules().filter_map(|w| {
        let overtaken = overtaken(context, rule, w);
        let passes = || idle_pass(context, rule, w);
        let requests = || requests(context, rule, w);
        overtaken.or_else(passes).or_else(requests)
    });
    let mut findings: Vec<Finding> = found.collect();
    findings.dedup_by(|a, b| a.labels == b.labels);
    findings
}

/// Every packet is decided before.
fn overtaken(context: &Context<'_>, rule: &Rule, w: Written<'_>) -> Option<Finding> {
    let by = context.overtaken_by(w)?;
    let same = by.rule.action == w.rule.action;
    let dead = by.rule.action == Action::Deny && w.rule.action == Action::Allow;
    if same || dead {
        return None;
    }
    let (name, direction) = (&w.policy.key.name, w.rule.direction.name());
    let verb = super::done(by.rule.action);
    let whose = if by.at == w.at {
        "this earlier rule".to_owned()
    } else {
        format!("`{}`, which is asked before,", by.policy.key.name)
    };
    let mut finding = rule
        .finding(format!("a rule of `{name}` is never asked"))
        .at(w.place.rule, format!("no {direction} packet comes here …"))
        .see(
            by.place.rule,
            format!("… because {whose} {verb} all of them"),
        )
        .help("put it before the other rule, or delete it");
    finding.edits = context.deletion(w);
    Some(shown(context, w, finding, |flow| context.speaks(by, flow)))
}

/// Nothing is behind it that it could spare its packets.
fn idle_pass(context: &Context<'_>, rule: &Rule, w: Written<'_>) -> Option<Finding> {
    if w.rule.action != Action::Pass || context.overtaken_by(w).is_some() {
        return None;
    }
    let mut later = context.ordered_near(w).filter(|o| {
        let behind = (o.at, o.index) > (w.at, w.index) || is_undefined(*o, w);
        same_tier(o.policy.tier, w.policy.tier) && behind && o.id != w.id
    });
    if later.any(|o| context.may_meet(w, o)) {
        return None;
    }
    let name = &w.policy.key.name;
    let message = format!("`{name}` passes packets that no later rule speaks of");
    let finding = if context.model.closed_world {
        rule.finding(message)
    } else {
        rule.remark(message)
            .note("other policies of the tier may be outside of the input")
    };
    let finding = finding
        .at(
            w.place.rule,
            "without this rule these packets come to the next tier as well",
        )
        .help("put it before the rule that it is to be an exception of, or delete it");
    Some(shown(context, w, finding, |_| true))
}

/// Requests are looked at, and all of them pass.
fn requests(context: &Context<'_>, rule: &Rule, w: Written<'_>) -> Option<Finding> {
    if w.rule.condition != Some(Condition::L7) || is_ordered(w.policy.tier) {
        return None;
    }
    let by = context.wider(w).find(|o| {
        o.rule.action == Action::Allow
            && o.rule.condition.is_none()
            && same_tier(o.policy.tier, w.policy.tier)
            && context.says_all(w, *o)
    })?;
    let (name, other) = (&w.policy.key.name, &by.policy.key.name);
    let finding = rule
        .finding(format!("`{name}` looks at requests, and all of them pass"))
        .at(w.place.rule, "some requests are allowed here …")
        .see(
            by.place.rule,
            format!("… and `{other}` allows every one of them"),
        )
        .help("take the peer or the port out of the rule that allows every request");
    let open = |flow: &_| context.side(w.rule.direction, flow).rule == by.id;
    Some(shown(context, w, finding, open))
}

/// With a packet that shows it.
fn shown<'a>(
    context: &Context<'a>,
    w: Written<'a>,
    mut finding: Finding,
    holds: impl Fn(&netpol_policy::Flow) -> bool,
) -> Finding {
    let sample = context.sample(w, holds);
    finding.witness = sample.and_then(|flow| context.witness(&flow));
    finding.pairs = context.pairs(w);
    finding.object = Some(super::object(&w.policy.key));
    finding
}
