//! A derivation says what `decide` says, and what it says of every policy is enough to come to the
//! same verdict.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use netpol_policy::decide::{Derivation, Role, Step};
use netpol_policy::{
    Action, Direction, Flow, PolicySet, RuleId, RuleRef, Tier, Tri, Verdict, decide, derive,
    from_local_node, is_self,
};
use netpol_testgen::{Gen, Size, World};

const WORLDS: u64 = 150;
const FLOWS: usize = 60;

/// What may come out, read off the steps: verdicts with whether they are certain.
fn outcomes(world: &World, flow: &Flow, derivation: &Derivation) -> Vec<(Verdict, bool)> {
    let mut out = Vec::new();
    if is_self(&world.cluster, flow) || !world.policies.options().enforced {
        return vec![(Verdict::Allow, true)];
    }
    if derivation.direction == Direction::Ingress {
        match from_local_node(&world.cluster, flow) {
            Tri::Yes => return vec![(Verdict::Allow, true)],
            Tri::Unknown => out.push((Verdict::Allow, false)),
            Tri::No => {}
        }
    }
    let of = |wanted: fn(Tier) -> bool| {
        let steps = derivation.steps.iter();
        let tier = |step: &Step| world.policies.policies()[step.policy].tier;
        steps
            .filter(move |step| wanted(tier(step)))
            .collect::<Vec<_>>()
    };
    let ended = ordered(
        &world.policies,
        &of(|t| matches!(t, Tier::Admin { .. })),
        &mut out,
    ) || additive(&world.policies, &of(|t| t == Tier::Namespace), &mut out)
        || ordered(
            &world.policies,
            &of(|t| matches!(t, Tier::Baseline { .. })),
            &mut out,
        );
    if !ended {
        out.push((Verdict::Allow, true));
    }
    out
}

/// Rules that match, as (action, conditional, certain), in the order given.
fn matching<'a>(
    policies: &'a PolicySet,
    steps: &'a [&Step],
) -> impl Iterator<Item = (Action, bool, bool)> + 'a {
    steps.iter().flat_map(move |step| {
        step.rules.iter().filter_map(move |rule| {
            let matched = if rule.covers_port {
                step.selects.and(rule.peer)
            } else {
                Tri::No
            };
            assert_eq!(matched == Tri::No, rule.role == Role::None, "{rule:?}");
            assert_eq!(matched == Tri::Unknown, rule.cause.is_some(), "{rule:?}");
            let written = &policies.policies()[step.policy].rules[rule.index];
            let conditional = written.condition.is_some();
            matched
                .possible()
                .then_some((written.action, conditional, matched == Tri::Yes))
        })
    })
}

fn ordered(policies: &PolicySet, steps: &[&Step], out: &mut Vec<(Verdict, bool)>) -> bool {
    let mut may_leave = false;
    for (action, _, certain) in matching(policies, steps) {
        match action {
            Action::Pass if certain => return false,
            Action::Pass => may_leave = true,
            Action::Allow => out.push((Verdict::Allow, certain)),
            Action::Deny => out.push((Verdict::Deny, certain)),
        }
        if certain {
            return !may_leave;
        }
    }
    false
}

fn additive(policies: &PolicySet, steps: &[&Step], out: &mut Vec<(Verdict, bool)>) -> bool {
    let rules: Vec<_> = matching(policies, steps).collect();
    let denies = rules.iter().filter(|r| r.0 == Action::Deny);
    let allows = rules.iter().filter(|r| r.0 == Action::Allow);
    for (action, _, certain) in denies.chain(allows) {
        let verdict = match action {
            Action::Deny => Verdict::Deny,
            _ => Verdict::Allow,
        };
        out.push((verdict, *certain));
        if *certain {
            return true;
        }
    }
    for step in steps.iter().filter(|step| step.isolation.is_some()) {
        out.push((Verdict::Deny, step.selects == Tri::Yes));
        if step.selects == Tri::Yes {
            return true;
        }
    }
    false
}

#[test]
fn a_derivation_concludes_what_decide_says() {
    let (mut sides, mut told_apart) = (0, [0; 3]);
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        for flow in Gen::flows(seed, &world, FLOWS) {
            let decision = decide(&world.policies, &world.cluster, &flow);
            for direction in Direction::BOTH {
                let derivation = derive(&world.policies, &world.cluster, &flow, direction);
                assert_eq!(derivation.side, decision.side(direction), "{seed} {flow:?}");
                let found = outcomes(&world, &flow, &derivation);
                let first = found.first().unwrap().0;
                let verdict = if found.iter().all(|(verdict, _)| *verdict == first) {
                    first
                } else {
                    Verdict::Unknown
                };
                assert_eq!(
                    verdict, derivation.side.verdict,
                    "{seed} {flow:?} {found:?}"
                );
                one_rule_is_credited(&world.policies, &derivation);
                sides += 1;
                told_apart[match verdict {
                    Verdict::Allow => 0,
                    Verdict::Deny => 1,
                    Verdict::Unknown => 2,
                }] += 1;
            }
        }
    }
    assert!(
        told_apart.iter().all(|n| *n > 100),
        "{told_apart:?} of {sides}"
    );
}

/// The rule that the answer names decides or holds back, and nothing else does; what was not asked
/// names the one that ended the search, which was.
fn one_rule_is_credited(policies: &PolicySet, derivation: &Derivation) {
    let mut parts: Vec<(RuleId, Role)> = derivation.builtin.clone();
    for step in &derivation.steps {
        parts.extend(step.rules.iter().map(|rule| (rule.id, rule.role)));
        let isolation = policies.isolation_id(step.policy, derivation.direction);
        parts.extend(step.isolation.map(|role| (isolation, role)));
    }
    let credited: Vec<&(RuleId, Role)> = parts
        .iter()
        .filter(|(_, role)| matches!(role, Role::Decides | Role::HoldsBack))
        .collect();
    let [(rule, role)] = credited.as_slice() else {
        panic!("one is credited: {credited:?} of {derivation:?}");
    };
    assert_eq!(*rule, derivation.side.rule);
    assert_eq!(*role == Role::HoldsBack, derivation.side.cause.is_some());
    for (_, role) in &parts {
        let Role::NotAsked(by) = role else { continue };
        let other = parts.iter().find(|(id, _)| id == by);
        let ended = other.is_some_and(|(_, role)| !matches!(role, Role::None | Role::NotAsked(_)));
        assert!(ended, "{by:?} in {derivation:?}");
        assert!(
            policies
                .rule_ref(*by)
                .is_some_and(|r| r != RuleRef::Builtin(RuleId::NOT_ISOLATED))
        );
    }
}
