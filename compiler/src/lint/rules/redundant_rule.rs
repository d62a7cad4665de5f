//! NP303: a rule that says nothing that another one does not say.
//!
//! Proved by the text alone, in every cluster: the other rule's policy selects everybody whom this
//! one's selects, its peers hold this one's peers, its ports this one's ports. A rule that only
//! several others cover together is not found. Of two that say the same, the later one in canonical
//! order (S-REASON) is redundant.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::context::{Context, Written};
use crate::lint::differs::opens_less;
use crate::lint::order::{is_ordered, is_undefined, same_tier};
use netpol_policy::{Action, Condition};

/// Finds them: one finding for each redundant item of a list.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, ..) in context.written() {
        let mut rules = context.rules_of(at).peekable();
        while let Some(first) = rules.next() {
            let mut said = said_by(context, first);
            // One item may be several rules, by their conditions: all of them must be said.
            while let Some(more) = rules.next_if(|w| w.place.rule == first.place.rule) {
                said = said.filter(|_| said_by(context, more).is_some());
            }
            findings.extend(said.map(|by| tell(context, rule, first, by)));
        }
    }
    findings
}

/// The rule that makes this one redundant.
fn said_by<'a>(context: &Context<'a>, w: Written<'a>) -> Option<Written<'a>> {
    // What a proxy lets through is not compared.
    if w.rule.condition == Some(Condition::L7) {
        return None;
    }
    if let Some(earlier) = context.overtaken_by(w) {
        return Some(earlier)
            .filter(|o| o.rule.action == w.rule.action && !opens_less(context, *o));
    }
    context.wider(w).find(|o| {
        o.rule.action == w.rule.action
            && o.rule.condition == w.rule.condition
            && same_tier(o.policy.tier, w.policy.tier)
            && !is_undefined(*o, w)
            && context.says_all(w, *o)
            && counts(context, w, *o)
            && !opens_less(context, *o)
    })
}

/// Does the other rule say it for all packets, and is it not the one of two that is reported?
fn counts<'a>(context: &Context<'a>, w: Written<'a>, o: Written<'a>) -> bool {
    let earlier = (o.at, o.index) < (w.at, w.index);
    let mutual = || o.policy.subject.is_within(&w.policy.subject) && context.says_all(o, w);
    if !is_ordered(w.policy.tier) {
        return earlier || !mutual();
    }
    // A later rule stands in for this one where nothing between them decides otherwise.
    let otherwise = |other: Written<'_>| other.rule.action != w.rule.action;
    !earlier && !mutual() && context.is_undisturbed(w, o, otherwise)
}

fn tell(context: &Context<'_>, rule: &Rule, w: Written<'_>, o: Written<'_>) -> Finding {
    let (name, other) = (&w.policy.key.name, &o.policy.key.name);
    let verb = match w.rule.action {
        Action::Allow => "allows",
        Action::Deny => "denies",
        Action::Pass => "passes",
    };
    let direction = w.rule.direction.name();
    let (message, beyond) = if w.at == o.at {
        (
            format!("a rule of `{name}` repeats what another one says"),
            "this one".to_owned(),
        )
    } else {
        (
            format!("a rule of `{name}` repeats what `{other}` says"),
            format!("`{other}`"),
        )
    };
    // The same for the same pods is a copy; a policy that says for some pods what another one says
    // for many more may be there to stay when that one goes.
    let copied = w.at == o.at || o.policy.subject.is_within(&w.policy.subject);
    let finding = if copied {
        rule.finding(message)
    } else {
        rule.remark(message)
    };
    let mut finding = finding
        .at(
            w.place.rule,
            format!("this {direction} rule {verb} nothing …"),
        )
        .see(
            o.place.rule,
            format!("… that {beyond} does not say already"),
        )
        .help("delete it; nothing changes in who reaches whom");
    finding.edits = context.deletion(w);
    let decided = |flow: &_| context.side(w.rule.direction, flow).rule == o.id;
    let shown = context.sample(w, |flow| context.speaks(o, flow) && decided(flow));
    finding.witness = shown.and_then(|flow| context.witness(&flow));
    finding.pairs = context.pairs(w);
    finding.object = Some(super::object(&w.policy.key));
    finding
}
