//! What of an allow rule is denied on its own side, and by which rule.

use super::context::{Context, Written};
use super::order::{is_before, is_ordered, same_tier};
use netpol_policy::{Action, Flow, Peer, Rule, RuleId, Tier};
use std::collections::BTreeMap;

/// A permission by the places of its peer and port in the rule; `None` where the rule names none.
pub type Part = (Option<usize>, Option<usize>);

/// Pairs of groups that are looked at for one permission.
const MOST_PAIRS: usize = 4096;

/// What one rule denies of what another one allows.
#[derive(Debug)]
pub struct Denied {
    /// The first permission that is lost.
    pub part: Part,
    /// How many permissions of the rule are lost to this one.
    pub parts: usize,
    /// How many permissions the rule has.
    pub of: usize,
    /// A packet that shows it, where somebody in the input can send it.
    pub shown: Option<Flow>,
    /// Pairs of endpoints.
    pub pairs: usize,
}

/// The permissions of an allow rule that are dead, by the rule that denies them: proved by the
/// text, or by asking about all pods of the input that a permission speaks of.
pub fn denied<'a>(context: &Context<'a>, w: Written<'a>) -> BTreeMap<RuleId, Denied> {
    let mut found: BTreeMap<RuleId, Denied> = BTreeMap::new();
    let denies: Vec<Written<'a>> = (context.wider(w))
        .filter(|o| may_deny(context, w, *o))
        .collect();
    if denies.is_empty() && !is_ordered(w.policy.tier) && !has_denies(context, w) {
        return found;
    }
    let parts = parts(w.rule);
    for (part, rule) in &parts {
        let Some((by, shown, pairs)) = deny_of(context, Written { rule, ..w }, &denies) else {
            continue;
        };
        let entry = found.entry(by).or_insert(Denied {
            part: *part,
            parts: 0,
            of: parts.len(),
            shown,
            pairs: 0,
        });
        entry.parts += 1;
        entry.pairs = entry.pairs.max(pairs);
    }
    found
}

/// What denies one permission, a packet that shows it, and pairs of endpoints.
fn deny_of<'c>(
    context: &Context<'c>,
    part: Written<'c>,
    denies: &[Written<'c>],
) -> Option<(RuleId, Option<Flow>, usize)> {
    let by = match context.overtaken_by(part) {
        Some(by) if by.rule.action == Action::Deny => Some(by),
        Some(_) => return None,
        None => (denies.iter().copied()).find(|o| context.says_all(part, *o)),
    };
    let Some(by) = by else {
        return by_pods(context, part);
    };
    let denied = |flow: &Flow| context.side(part.rule.direction, flow).rule == by.id;
    let shown = context.sample(part, denied);
    Some((by.id, shown, context.pairs(part)))
}

/// Does the other rule deny what it speaks of before this one is asked? (One of the same ordered
/// tier: [`Context::overtaken_by`].)
fn may_deny<'a>(context: &Context<'a>, w: Written<'a>, o: Written<'a>) -> bool {
    let tiers = (o.policy.tier, w.policy.tier);
    o.rule.action == Action::Deny
        && is_before(o, w)
        && match tiers {
            (Tier::Namespace, Tier::Namespace) => true,
            (a, b) if same_tier(a, b) => false,
            _ => context.is_undisturbed(w, o, |other| other.rule.action == Action::Pass),
        }
}

/// Does any rule deny anything to the first pods that the policy selects?
fn has_denies(context: &Context<'_>, w: Written<'_>) -> bool {
    let subject = w.policy.subject.endpoints();
    let first = subject.and_then(|selector| context.groups.certain(selector).next());
    let selecting = first.map_or(&[][..], |group| context.selecting(group));
    let policies = context.policies().policies();
    let mut rules = selecting.iter().filter_map(|at| policies.get(*at));
    rules.any(|policy| {
        let mut rules = policy.rules.iter();
        rules.any(|r| r.action == Action::Deny && r.direction == w.rule.direction)
    })
}

/// Every peer with every port, each as a rule of its own.
fn parts(rule: &Rule) -> Vec<(Part, Rule)> {
    fn places<T>(list: Option<&Vec<T>>) -> Vec<Option<usize>> {
        list.map_or(vec![None], |list| (0..list.len()).map(Some).collect())
    }
    fn only<T: Clone>(list: Option<&Vec<T>>, at: Option<usize>) -> Option<Vec<T>> {
        let item = list?.get(at?)?;
        Some(vec![item.clone()])
    }
    let mut parts = Vec::new();
    for peer in places(rule.peers.as_ref()) {
        for port in places(rule.ports.as_ref()) {
            // Of a long rule with many parts, nothing else is copied.
            let part = Rule {
                direction: rule.direction,
                action: rule.action,
                peers: only(rule.peers.as_ref(), peer),
                ports: only(rule.ports.as_ref(), port),
                condition: rule.condition,
            };
            parts.push(((peer, port), part));
        }
    }
    parts
}

/// Asks about every pair of pods that the permission speaks of: all must be denied.
fn by_pods(context: &Context<'_>, part: Written<'_>) -> Option<(RuleId, Option<Flow>, usize)> {
    let Some([Peer::Pods(selector)]) = part.rule.peers.as_deref() else {
        return None;
    };
    let subject = part.policy.subject.endpoints()?;
    let port = part.rule.ports.as_ref().and_then(|ports| ports.first());
    let members = |group| context.groups.members(group).len();
    let (mut first, mut pairs) = (None, 0);
    let subjects = context.groups.certain(subject);
    let all = subjects.flat_map(|s| context.groups.certain(selector).map(move |o| (s, o)));
    for (own, other) in all.take(MOST_PAIRS) {
        if own == other && members(own) == 1 {
            continue;
        }
        let pair = part.rule.direction.pair(own, other);
        let shown = context.denial(part.rule.direction, pair, port)?;
        first.get_or_insert(shown);
        pairs += members(own) * members(other);
    }
    let first = first?;
    Some((first.by, Some(first.flow), pairs))
}
