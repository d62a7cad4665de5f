//! S-TWO under mutation: one rule of a world is changed at a time, as an editor would change it, and
//! both evaluators still agree; and the changes are such that answers change with them.
#![expect(clippy::indexing_slicing, reason = "tests fail by panicking")]

use netpol_policy::{
    Action, Condition, Decision, Flow, Matrix, Policy, PolicySet, PortMatch, Protocol, Rule, Tier,
    decide,
};
use netpol_testgen::{Gen, Rng, Size, World};
use std::collections::BTreeMap;

const WORLDS: u64 = 150;
const MUTANTS: usize = 40;
const FLOWS: usize = 150;

/// What an edit does; by name, so that the test can say that each one counts.
type Edit = (&'static str, fn(&mut Policy, usize));

const EDITS: [Edit; 10] = [
    ("rule removed", |policy, rule| {
        policy.rules.remove(rule);
    }),
    ("rule twice", |policy, rule| {
        let copy = policy.rules[rule].clone();
        policy.rules.insert(rule, copy);
    }),
    ("rules swapped", |policy, rule| {
        let other = (rule + 1) % policy.rules.len();
        policy.rules.swap(rule, other);
    }),
    ("every peer", |policy, rule| policy.rules[rule].peers = None),
    ("no peer", |policy, rule| {
        policy.rules[rule].peers = Some(Vec::new());
    }),
    ("every port", |policy, rule| policy.rules[rule].ports = None),
    ("one port more", |policy, rule| {
        let ports = policy.rules[rule].ports.get_or_insert_default();
        ports.push(PortMatch::Range {
            protocol: Protocol::Tcp,
            first: 80,
            last: 443,
        });
    }),
    ("action turned", |policy, rule| {
        let ordered = policy.tier != Tier::Namespace;
        let rule = &mut policy.rules[rule];
        rule.action = match rule.action {
            Action::Allow if ordered => Action::Pass,
            Action::Allow | Action::Pass => Action::Deny,
            Action::Deny => Action::Allow,
        };
        rule.condition = None;
    }),
    ("condition", |policy, rule| {
        let rule: &mut Rule = &mut policy.rules[rule];
        if rule.action == Action::Allow {
            rule.condition = match rule.condition {
                None => Some(Condition::L7),
                Some(_) => None,
            };
        }
    }),
    ("isolation turned", |policy, rule| {
        let at = policy.rules[rule].direction.index();
        if policy.tier == Tier::Namespace {
            policy.isolates[at] = !policy.isolates[at];
        }
    }),
];

fn answers(world: &World, flows: &[Flow]) -> Vec<Decision> {
    let slow = |flow| decide(&world.policies, &world.cluster, flow);
    flows.iter().map(slow).collect()
}

/// The world with one edit, and which one it was.
fn mutant(world: &World, rng: &mut Rng) -> Option<(World, &'static str)> {
    let mut policies = world.policies.policies().to_vec();
    let policy = rng.below(policies.len());
    let rules = policies[policy].rules.len();
    if rules == 0 {
        return None;
    }
    let rule = rng.below(rules);
    let (name, edit) = *rng.pick(&EDITS);
    edit(&mut policies[policy], rule);
    let policies = PolicySet::with_options(world.policies.options(), policies);
    let cluster = world.cluster.clone();
    Some((World { cluster, policies }, name))
}

/// S-TWO: and verdicts, rules or conditions change where an edit meets a flow.
#[test]
fn both_evaluators_agree_on_every_mutant() {
    let mut changed: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let flows = Gen::flows(seed, &world, FLOWS);
        let before = answers(&world, &flows);
        let mut rng = Rng::new(seed);
        for _ in 0..MUTANTS {
            let Some((mutant, edit)) = mutant(&world, &mut rng) else {
                continue;
            };
            let matrix = Matrix::new(&mutant.policies, &mutant.cluster);
            let after = answers(&mutant, &flows);
            for (flow, slow) in flows.iter().zip(&after) {
                let fast = matrix.decide(flow);
                assert_eq!(fast, Some(*slow), "seed {seed}, {edit}, {flow:?}");
            }
            let moved = |(a, b): &(&Decision, &Decision)| {
                (a.verdict, a.condition()) != (b.verdict, b.condition())
            };
            let moved = before.iter().zip(&after).filter(moved).count();
            *changed.entry(edit).or_default() += moved;
        }
    }
    for (edit, _) in EDITS {
        let moved = changed.get(edit).copied().unwrap_or_default();
        // A rule said twice says no more than once.
        assert_eq!(moved == 0, edit == "rule twice", "{edit}: {changed:?}");
    }
}
