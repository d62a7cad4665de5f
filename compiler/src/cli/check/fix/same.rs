//! When two readings mean the same in every cluster, though their texts differ.

use crate::lint::wider::Wider;
use crate::model::Route;
use netpol_policy::{Options, Policy, PolicySet, PortMatch, Rule, Tier};

/// Do services lead to the same backends? Where they stand in the texts does not matter.
pub(super) fn same_routes(a: &[Route], b: &[Route]) -> bool {
    let same_ports = |a: &Route, b: &Route| {
        a.ports.len() == b.ports.len()
            && a.ports.iter().zip(&b.ports).all(|(a, b)| {
                (&a.name, a.protocol, a.port, &a.backends)
                    == (&b.name, b.protocol, b.port, &b.backends)
            })
    };
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            let head = (&a.namespace, &a.name, a.from_outside);
            head == (&b.namespace, &b.name, b.from_outside) && same_ports(a, b)
        })
}

/// Are the policies the same but for rules that said nothing that another rule, which is left, does
/// not say of everybody they spoke of? Then nothing changes in any cluster.
pub(super) fn only_repeated(a: &PolicySet, b: &PolicySet) -> bool {
    let (before, after) = (a.policies(), b.policies());
    if a.options() != b.options() || before.len() != after.len() {
        return false;
    }
    let wider = Wider::new(after);
    before.iter().zip(after).enumerate().all(|(at, (was, is))| {
        let same = (was.tier, &was.key, &was.subject, was.isolates)
            == (is.tier, &is.key, &is.subject, is.isolates);
        let gone = without(&was.rules, &is.rules);
        same && gone.is_some_and(|gone| {
            gone.is_empty() || {
                let others = wider.of(at, after).iter();
                let others: Vec<&Policy> = others.filter_map(|at| after.get(*at)).collect();
                let said = |rule: &&Rule| others.iter().any(|o| says(o, was, rule, a.options()));
                gone.iter().all(said)
            }
        })
    })
}

/// The rules that are gone; `None` when there is one that was not there.
fn without<'r>(before: &'r [Rule], after: &[Rule]) -> Option<Vec<&'r Rule>> {
    let mut left = after.iter().peekable();
    let mut gone = Vec::new();
    for rule in before {
        if left.next_if(|next| *next == rule).is_none() {
            gone.push(rule);
        }
    }
    left.next().is_none().then_some(gone)
}

/// Does a rule of the policy, which selects everybody whom `of` selects, say all that this one says?
/// In ordered tiers it matters where, so that nothing is taken from there; a name of a port may open
/// nothing under Cilium (NP311).
fn says(policy: &Policy, of: &Policy, rule: &Rule, options: Options) -> bool {
    let named = |rule: &Rule| {
        let mut ports = rule.ports.iter().flatten();
        ports.any(|port| matches!(port, PortMatch::Named { .. }))
    };
    policy.tier == of.tier
        && of.tier == Tier::Namespace
        && rule.condition.is_none()
        && policy.rules.iter().any(|wide| {
            wide.action == rule.action
                && wide.condition.is_none()
                && !named(wide)
                && rule.is_within(wide, options)
        })
}
