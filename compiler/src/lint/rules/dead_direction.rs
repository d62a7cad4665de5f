//! NP309: rules in a direction that `policyTypes` leaves out. The server accepts them and no
//! implementation reads them (`networking/v1 NetworkPolicySpec.policyTypes`). And the other way
//! round in Cilium's policies: `enableDefaultDeny` that asks for isolation in a direction without
//! rules, where it has no effect (S-CILIUM-ISOLATION).

use crate::finding::Finding;
use crate::lint::context::Context;
use crate::lint::groups::GroupId;
use crate::lint::{Rule, edit, words};
use crate::model::{DeadRule, PolicyOrigin, Unheard};
use netpol_policy::{Direction, Policy};

/// Finds them: one finding per policy and direction.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, policy, origin) in context.written() {
        for direction in Direction::BOTH {
            let dead = origin.dead_rules.iter();
            let dead: Vec<&DeadRule> = dead.filter(|d| d.direction == direction).collect();
            let Some(first) = dead.first() else { continue };
            let (name, word) = (&origin.key.name, direction.name());
            let capital = match direction {
                Direction::Ingress => "Ingress",
                Direction::Egress => "Egress",
            };
            let label = match dead.len() {
                1 => format!("this {word} rule has no effect …"),
                n => format!(
                    "this and {} have no effect …",
                    words::count(n - 1, "more rule")
                ),
            };
            let message = format!("{word} rules of `{name}` are never read");
            let closed = closed(context, (at, policy), direction);
            let mut finding = rule
                .finding(message)
                .at(first.rule, label)
                .see(
                    first.policy_types,
                    format!("… because `{capital}` is not among these"),
                )
                .help(help(capital, word, &dead, closed));
            // Where others close the direction, a rule for everybody would open it.
            if !opens_to_everybody(&dead, closed) {
                let edit = edit::append_item(context.sources, first.policy_types, capital);
                finding.edits = edit.into_iter().collect();
            }
            finding.object = Some(super::object(&origin.key));
            findings.push(finding);
        }
        let unheard = origin.unheard.iter();
        findings.extend(unheard.map(|unheard| isolates_nobody(context, rule, origin, unheard)));
    }
    findings
}

/// Which of the pods that a policy selects do other policies isolate?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    All,
    Some,
    None,
    /// No pod of the input is selected.
    Unknown,
}

fn closed(context: &Context<'_>, (at, policy): (usize, &Policy), direction: Direction) -> Closed {
    let Some(selector) = policy.subject.endpoints() else {
        return Closed::Unknown;
    };
    let groups: Vec<GroupId> = context.groups.certain(selector).collect();
    let isolated = |group: &&GroupId| {
        let mut others = context.isolating(**group, direction);
        others.any(|(by, _)| by != at)
    };
    let n = groups.iter().filter(isolated).count();
    match n {
        _ if groups.is_empty() => Closed::Unknown,
        0 => Closed::None,
        n if n == groups.len() => Closed::All,
        _ => Closed::Some,
    }
}

/// Would the direction in policyTypes let everybody through where others let some?
fn opens_to_everybody(dead: &[&DeadRule], closed: Closed) -> bool {
    dead.iter().any(|rule| rule.everybody) && closed != Closed::None
}

fn help(capital: &str, word: &str, dead: &[&DeadRule], closed: Closed) -> String {
    let everything = dead.iter().any(|rule| rule.everybody && rule.every_port);
    if opens_to_everybody(dead, closed) {
        let others = match closed {
            Closed::Unknown => "other policies may close",
            _ => "other policies close",
        };
        return format!(
            "delete the rules, or name their peers first: with `{capital}` in policyTypes they \
             would allow everybody at {word}, also where {others}"
        );
    }
    let effect = if everything {
        format!("that closes nothing at {word}, because a rule allows everything")
    } else if closed == Closed::All {
        format!(
            "the selected pods are isolated at {word} already, so that opens what these rules list"
        )
    } else {
        format!("that isolates the selected pods at {word}, so list everything they need")
    };
    format!("add `{capital}` to policyTypes; {effect}")
}

/// Isolation is asked for, and no list of rules is there to bring it about.
fn isolates_nobody(
    context: &Context<'_>,
    rule: &Rule,
    origin: &PolicyOrigin,
    unheard: &Unheard,
) -> Finding {
    let (name, word) = (&origin.key.name, unheard.direction.name());
    let mut finding = rule
        .finding(format!("`{name}` isolates nobody at {word}"))
        .at(
            unheard.at,
            format!("has no effect, because there is no {word} rule"),
        )
        .help(format!(
            "add `{word}: [{{}}]`, which isolates and allows nothing, or list what is allowed"
        ));
    let entry = format!("{word}: [{{}}]");
    let edit = edit::insert_before_key(context.sources, unheard.entry, &entry);
    finding.edits = edit.into_iter().collect();
    finding.object = Some(super::object(&origin.key));
    finding
}
