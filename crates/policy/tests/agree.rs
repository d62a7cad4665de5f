//! S-TWO over random worlds: `decide` and `matrix` give the same verdict, rule and cause on both
//! sides, whatever the world and the flow.
#![expect(clippy::panic, reason = "tests fail by panicking")]

use netpol_policy::{
    Action, Condition, Matrix, RuleId, RuleRef, Tier, UnknownCause, Verdict, decide,
};
use netpol_testgen::{Gen, Size, World};
use std::collections::BTreeMap;

const WORLDS: u64 = 500;
const FLOWS: usize = 200;

#[test]
fn both_evaluators_agree() {
    let mut sides = 0_u32;
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let matrix = Matrix::new(&world.policies, &world.cluster);
        for flow in Gen::flows(seed, &world, FLOWS) {
            let slow = decide(&world.policies, &world.cluster, &flow);
            let fast = matrix.decide(&flow);
            assert_eq!(fast, Some(slow), "seed {seed}, {flow:?}");
            sides += 2;
        }
    }
    assert_eq!(u64::from(sides), WORLDS * FLOWS as u64 * 2);
}

#[test]
fn larger_worlds_agree_too() {
    for seed in 0..10 {
        let world = Gen::world(seed, Size::of_endpoints(300));
        let matrix = Matrix::new(&world.policies, &world.cluster);
        for flow in Gen::flows(seed, &world, 300) {
            let slow = decide(&world.policies, &world.cluster, &flow);
            assert_eq!(matrix.decide(&flow), Some(slow), "seed {seed}, {flow:?}");
        }
    }
}

/// What decided a side, in words that say which part of the model was at work.
fn kind(world: &World, rule: RuleId) -> &'static str {
    let tier = |tier| match tier {
        Tier::Admin { .. } => "admin",
        Tier::Namespace => "namespace",
        Tier::Baseline { .. } => "baseline",
    };
    match world.policies.rule_ref(rule) {
        Some(RuleRef::Builtin(RuleId::NOT_ISOLATED)) => "not isolated",
        Some(RuleRef::Builtin(RuleId::SELF)) => "self",
        Some(RuleRef::Builtin(RuleId::LOCAL_NODE)) => "local node",
        Some(RuleRef::Isolation(..)) => "isolation",
        Some(RuleRef::Rule(policy, rule, _)) => match (tier(policy.tier), rule.action) {
            ("admin", Action::Allow) => "admin allow",
            ("admin", _) => "admin deny",
            ("namespace", Action::Allow) => "namespace allow",
            ("namespace", _) => "namespace deny",
            (_, Action::Allow) => "baseline allow",
            _ => "baseline deny",
        },
        other => panic!("no such rule: {other:?}"),
    }
}

/// The same for what is not decidable, and for allows that ask for more: each cause and each
/// condition comes up.
#[test]
fn the_worlds_reach_every_cause_and_condition() {
    let mut causes: BTreeMap<UnknownCause, usize> = BTreeMap::new();
    let mut conditions: BTreeMap<Condition, usize> = BTreeMap::new();
    for seed in 0..1_000 {
        let world = Gen::world(seed, Size::SMALL);
        for flow in Gen::flows(seed, &world, 100) {
            let decision = decide(&world.policies, &world.cluster, &flow);
            for side in [decision.ingress, decision.egress] {
                assert_eq!(side.cause.is_some(), side.verdict == Verdict::Unknown);
                assert!(side.condition.is_none() || side.verdict == Verdict::Allow);
                if let Some(cause) = side.cause {
                    *causes.entry(cause).or_default() += 1;
                }
                if let Some(condition) = side.condition {
                    *conditions.entry(condition).or_default() += 1;
                }
            }
        }
    }
    for cause in [
        UnknownCause::NoAddress,
        UnknownCause::NamespaceLabels,
        UnknownCause::NoNode,
        UnknownCause::DnsName,
        UnknownCause::ApiServer,
        UnknownCause::NodeLabels,
        UnknownCause::NoEndpoint,
        UnknownCause::Identity,
    ] {
        let seen = causes.get(&cause).copied().unwrap_or_default();
        assert!(seen >= 3, "{cause:?}: {causes:?}");
    }
    for condition in [Condition::L7, Condition::Authentication] {
        let seen = conditions.get(&condition).copied().unwrap_or_default();
        assert!(seen >= 20, "{condition:?}: {conditions:?}");
    }
}

/// Agreement says little about worlds in which nothing happens: every kind of rule must decide
/// often, in both families, and nothing may be undecided all the time.
#[test]
fn the_worlds_reach_every_kind_of_answer() {
    let mut seen: BTreeMap<(&str, Verdict), [usize; 2]> = BTreeMap::new();
    let mut total = 0;
    for seed in 0..200 {
        let world = Gen::world(seed, Size::SMALL);
        for flow in Gen::flows(seed, &world, 100) {
            let family = flow.destination.address().or(flow.source.address());
            let v6 = usize::from(family.is_some_and(|a| a.is_ipv6()));
            let decision = decide(&world.policies, &world.cluster, &flow);
            for side in [decision.ingress, decision.egress] {
                let kind = kind(&world, side.rule);
                *seen
                    .entry((kind, side.verdict))
                    .or_default()
                    .get_mut(v6)
                    .unwrap() += 1;
                total += 1;
            }
        }
    }
    let count = |kind, verdict| seen.get(&(kind, verdict)).copied().unwrap_or_default();
    let wanted = [
        ("not isolated", Verdict::Allow, 500),
        ("self", Verdict::Allow, 100),
        ("local node", Verdict::Allow, 50),
        ("isolation", Verdict::Deny, 500),
        ("admin allow", Verdict::Allow, 100),
        ("admin deny", Verdict::Deny, 100),
        ("namespace allow", Verdict::Allow, 100),
        ("namespace deny", Verdict::Deny, 20),
        ("baseline allow", Verdict::Allow, 10),
        ("baseline deny", Verdict::Deny, 10),
    ];
    for (kind, verdict, least) in wanted {
        for of_family in count(kind, verdict) {
            assert!(of_family >= least, "{kind} {verdict:?}: {seen:?}");
        }
    }
    let of_verdict = |wanted| -> usize {
        let found = seen.iter().filter(|((_, verdict), _)| *verdict == wanted);
        found.flat_map(|(_, n)| n).sum()
    };
    assert!(of_verdict(Verdict::Unknown) * 200 > total, "{seen:?}");
    assert!(of_verdict(Verdict::Unknown) * 4 < total, "{seen:?}");
    assert!(of_verdict(Verdict::Deny) * 10 > total, "{seen:?}");
}
