//! NP309: rules in a direction that `policyTypes` leaves out. The server accepts them and no
//! implementation reads them (`networking/v1 NetworkPolicySpec.policyTypes`). And the other way
//! round in Cilium's policies: `enableDefaultDeny` that asks for isolation in a direction without
//! rules, where it has no effect (S-CILIUM-ISOLATION).

use crate::finding::Finding;
use crate::lint::context::Context;
use crate::lint::{Rule, edit, words};
use crate::model::{DeadRule, PolicyOrigin, Unheard};
use netpol_policy::Direction;

/// Finds them: one finding per policy and direction.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, _, origin) in context.written() {
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
            let mut finding = rule
                .finding(message)
                .at(first.rule, label)
                .see(
                    first.policy_types,
                    format!("… because `{capital}` is not among these"),
                )
                .help(format!(
                    "add `{capital}` to policyTypes; that isolates the selected pods at {word}, \
                     so list everything they need"
                ));
            let edit = edit::append_item(context.sources, first.policy_types, capital);
            finding.edits = edit.into_iter().collect();
            finding.object = Some(super::object(&origin.key));
            findings.push(finding);
        }
        let unheard = origin.unheard.iter();
        findings.extend(unheard.map(|unheard| isolates_nobody(context, rule, origin, unheard)));
    }
    findings
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
