//! NP305: a baseline policy that never applies.
//!
//! The baseline is asked for pods that no NetworkPolicy isolates (S-TIERS). Where every pod that it
//! selects is isolated in the direction of its rules, none of them is ever asked. Other pods may be
//! outside of the input, so without a closed world it is a note.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::context::{Context, Written};
use crate::lint::groups::GroupId;
use netpol_policy::{Action, Direction, Flow, Tier, Verdict};

/// Finds them: one finding for each policy and direction.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let baseline = |tier| matches!(tier, Tier::Baseline { .. });
    let policies = (context.written()).filter(|(_, policy, _)| baseline(policy.tier));
    let each = policies.flat_map(|(at, ..)| Direction::BOTH.map(|direction| (at, direction)));
    each.filter_map(|(at, direction)| idle(context, rule, at, direction))
        .collect()
}

fn idle(context: &Context<'_>, rule: &Rule, at: usize, direction: Direction) -> Option<Finding> {
    let rules = context.rules_of(at);
    let rules: Vec<Written<'_>> = rules.filter(|w| w.rule.direction == direction).collect();
    let first = rules.first()?;
    let subjects = context.groups.subjects(first.policy);
    let groups: Vec<GroupId> = subjects.iter().map(|(group, _)| *group).collect();
    let mut isolating = Vec::new();
    for group in &groups {
        isolating.push(context.isolating(*group, direction).next()?);
    }
    let (_, by) = isolating.first()?;
    let mut policies: Vec<usize> = isolating.iter().map(|(at, _)| *at).collect();
    policies.sort_unstable();
    policies.dedup();
    let (name, other, word) = (&first.policy.key.name, &by.key.name, direction.name());
    let message =
        format!("`{name}` never applies at {word}: all pods that it selects are isolated");
    let finding = if context.model.closed_world {
        rule.finding(message)
    } else {
        rule.remark(message)
            .note("other pods may be outside of the input; --closed-world rules that out")
    };
    let others = match policies.len() {
        1 => "isolates".to_owned(),
        n => format!("and {} more isolate", n - 1),
    };
    let because = format!("… because `{other}` {others} {}", context.names(&groups));
    let mut finding = finding
        .at(
            first.place.rule,
            format!("no {word} packet gets as far as the baseline's rules …"),
        )
        .see(by.isolation.get(direction.index()).copied()?, because)
        .help(
            "say it in the admin tier if it is to hold whatever namespaces say, or select pods \
             that no NetworkPolicy isolates",
        );
    let otherwise = |w: &Written<'_>, flow: &Flow| {
        let verdict = context.side(direction, flow).verdict;
        match w.rule.action {
            Action::Allow => verdict == Verdict::Deny,
            Action::Deny => verdict == Verdict::Allow,
            Action::Pass => false,
        }
    };
    let shown = rules
        .iter()
        .find_map(|w| context.sample(*w, |flow| otherwise(w, flow)));
    finding.witness = shown.and_then(|flow| context.witness(&flow));
    finding.pairs = rules.iter().map(|w| context.pairs(*w)).max().unwrap_or(0);
    finding.object = Some(super::object(&first.policy.key));
    Some(finding)
}
