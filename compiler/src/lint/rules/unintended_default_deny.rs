//! NP310: a policy of Cilium that isolates pods though it allows nothing.
//!
//! A list of rules isolates, also one that only denies, and also `[{}]`, which for a NetworkPolicy
//! allows everything and here allows nothing (S-CILIUM-ISOLATION, S-CILIUM-EMPTY). Reported where
//! no other policy isolates the pods, so that it is this one that cuts them off. `[{}]` is also the
//! usual way to deny by default, so it is reported only where the policy is called as if it allowed
//! and allows nothing at all.

use crate::finding::Finding;
use crate::lint::context::{Context, Written};
use crate::lint::groups::GroupId;
use crate::lint::{Rule, edit};
use netpol_policy::{Action, Direction, Policy, PolicyKind};

/// The kinds in which lists of rules isolate.
const CILIUM: [PolicyKind; 2] = [
    PolicyKind::CiliumNetworkPolicy,
    PolicyKind::CiliumClusterwideNetworkPolicy,
];
/// Words in names of policies that are meant to let something pass.
const ALLOWING: [&str; 4] = ["allow", "open", "permit", "accept"];
/// Words in names of those that are meant to let nothing pass but what they list.
const DENYING: [&str; 5] = ["deny", "default", "block", "isolate", "drop"];

/// Finds them: one finding for each policy and direction.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, ..) in context.written() {
        for direction in Direction::BOTH {
            if isolates_alone(context, at, direction) {
                findings.extend(tell(context, rule, at, direction));
            }
        }
    }
    findings
}

/// Does the policy isolate without saying so, and without allowing anything?
fn isolates_alone(context: &Context<'_>, at: usize, direction: Direction) -> bool {
    let policy = context.policies().policies().get(at);
    let origin = context.model.policy_origins.get(at);
    let (Some(policy), Some(origin)) = (policy, origin) else {
        return false;
    };
    let isolates = policy.isolates.get(direction.index()) == Some(&true);
    let stated = origin.stated.get(direction.index()) == Some(&true);
    CILIUM.contains(&policy.key.kind)
        && isolates
        && !stated
        && !has(policy, Action::Allow, direction)
        && (has(policy, Action::Deny, direction) || looks_allowing(policy))
}

/// Has the policy a rule that does this in the direction?
fn has(policy: &Policy, action: Action, direction: Direction) -> bool {
    let mut rules = policy.rules.iter();
    rules.any(|r| r.action == action && r.direction == direction)
}

/// Is `[{}]` written as if it allowed?
fn looks_allowing(policy: &Policy) -> bool {
    let words: Vec<&str> = policy.key.name.split(['-', '.']).collect();
    let called = |like: &[&str]| words.iter().any(|word| like.contains(word));
    let mut directions = Direction::BOTH.into_iter();
    called(&ALLOWING)
        && !called(&DENYING)
        && !directions.any(|direction| has(policy, Action::Allow, direction))
}

fn tell(context: &Context<'_>, rule: &Rule, at: usize, direction: Direction) -> Option<Finding> {
    let policy = context.policies().policies().get(at)?;
    let origin = context.model.policy_origins.get(at)?;
    let subjects: Vec<GroupId> = match policy.subject.endpoints() {
        Some(selector) => context.groups.certain(selector).collect(),
        None => return None,
    };
    let only_these = |group: &GroupId| {
        let mut isolating = context.isolating(*group, direction);
        isolating.all(|(by, _)| isolates_alone(context, by, direction))
    };
    let flipped: Vec<GroupId> = subjects.iter().copied().filter(only_these).collect();
    if flipped.is_empty() && !subjects.is_empty() {
        return None;
    }
    let (name, word) = (&policy.key.name, direction.name());
    let who = match flipped.as_slice() {
        [] => "the pods that it selects".to_owned(),
        some => context.names(some),
    };
    let message = format!("`{name}` cuts off {who} at {word}");
    let finding = if flipped.is_empty() {
        rule.remark(message)
            .note("no pod of the input is selected; another policy may allow what they need")
    } else {
        rule.finding(message)
    };
    let key = *origin.isolation.get(direction.index())?;
    let mut finding = if has(policy, Action::Deny, direction) {
        let first = context
            .rules_of(at)
            .find(|w| w.rule.direction == direction)?;
        denying(context, finding, first, at)
            .at(key, format!("this list isolates at {word} …"))
            .see(first.place.rule, "… and only denies: nothing is allowed")
    } else {
        finding
            .at(
                key,
                format!("this list isolates at {word}, and `{{}}` allows nothing"),
            )
            .help(format!(
                "for everything write `{}: [all]` in the rule",
                match direction {
                    Direction::Ingress => "fromEntities",
                    Direction::Egress => "toEntities",
                }
            ))
            .note("in a NetworkPolicy the same text allows everything")
    };
    let isolated = context.policies().isolation_id(at, direction);
    let mut flows = (flipped.iter()).flat_map(|group| context.some_packets(direction, *group));
    let shown = flows.find(|flow| context.side(direction, flow).rule == isolated);
    finding.witness = shown.and_then(|flow| context.witness(&flow));
    let members = flipped
        .iter()
        .map(|group| context.groups.members(*group).len());
    finding.pairs = members.sum();
    finding.object = Some(super::object(&policy.key));
    Some(finding)
}

/// What is done about a policy that only denies.
fn denying(context: &Context<'_>, finding: Finding, w: Written<'_>, at: usize) -> Finding {
    let word = w.rule.direction.name();
    let entry = format!("enableDefaultDeny: {{{word}: false}}");
    let mut finding = finding.help(format!(
        "add `{entry}`, so that the policy denies and does not isolate"
    ));
    let Some(origin) = context.model.policy_origins.get(at) else {
        return finding;
    };
    // Where it is said of the other direction, the entry is there already.
    let key = origin.isolation.get(w.rule.direction.index());
    if let (Some(key), [false, false]) = (key, origin.stated) {
        finding.edits = edit::insert_before_key(context.sources, *key, &entry)
            .into_iter()
            .collect();
    }
    finding
}
