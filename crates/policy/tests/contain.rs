//! What the text proves holds for packets: over generated worlds, a rule within another one allows
//! nothing that the other one does not, and two rules that are apart allow no packet in common.

use netpol_policy::{
    Action, Cluster, Direction, Flow, Options, Policy, PolicySet, Rule, Subject, Tier, Verdict,
    decide_side,
};
use netpol_testgen::{Gen, Size};

const WORLDS: u64 = 120;
const FLOWS: usize = 120;

/// What a rule alone says, whatever its policy does with it: it allows, and nothing else does.
fn alone(policy: &Policy, rule: &Rule, options: Options) -> PolicySet {
    let rule = Rule {
        action: Action::Allow,
        condition: None,
        ..rule.clone()
    };
    let policy = Policy {
        tier: Tier::Admin { priority: 0 },
        rules: vec![rule],
        ..policy.clone()
    };
    let everybody = |subject: Subject| Policy {
        tier: Tier::Namespace,
        subject,
        isolates: [true, true],
        rules: Vec::new(),
        ..policy.clone()
    };
    let isolation = everybody(policy.subject.clone());
    let options = Options {
        enforced: true,
        ..options
    };
    PolicySet::with_options(options, vec![policy, isolation])
}

/// Does the rule speak of this packet? It is the only one of the admin tier.
fn speaks(set: &PolicySet, cluster: &Cluster, flow: &Flow, direction: Direction) -> Verdict {
    let side = decide_side(set, cluster, flow, direction, &[0, 1]);
    let by_rule = side.rule == set.rule_id(0, 0);
    match side.verdict {
        Verdict::Allow if by_rule => Verdict::Allow,
        Verdict::Unknown if by_rule => Verdict::Unknown,
        _ => Verdict::Deny,
    }
}

#[test]
fn proofs_hold_for_packets() {
    let (mut within, mut apart, mut spoken) = (0, 0, 0);
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let options = world.policies.options();
        let policies = world.policies.policies().iter();
        let rules: Vec<(&Policy, &Rule)> = policies
            .flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)))
            .collect();
        let sets: Vec<PolicySet> = (rules.iter())
            .map(|(policy, rule)| alone(policy, rule, options))
            .collect();
        let flows = Gen::flows(seed, &world, FLOWS);
        let said: Vec<Vec<Verdict>> = (sets.iter().zip(&rules))
            .map(|(set, (_, rule))| {
                let flows = flows.iter();
                flows
                    .map(|flow| speaks(set, &world.cluster, flow, rule.direction))
                    .collect()
            })
            .collect();
        for ((a, a_rule), a_said) in rules.iter().zip(&said) {
            for ((b, b_rule), b_said) in rules.iter().zip(&said) {
                let is_within =
                    a.subject.is_within(&b.subject) && a_rule.is_within(b_rule, options);
                let is_apart = a_rule.direction == b_rule.direction
                    && (a.subject.is_apart(&b.subject) || a_rule.is_apart(b_rule, options));
                for ((flow, a_says), b_says) in flows.iter().zip(a_said).zip(b_said) {
                    if *a_says != Verdict::Allow {
                        continue;
                    }
                    spoken += usize::from(is_within || is_apart);
                    let told = format!("seed {seed}: {a_rule:?}\n{b_rule:?}\n{flow:?}");
                    assert!(!is_within || *b_says == Verdict::Allow, "within: {told}");
                    // What can match nothing may still be unknown (S-UNKNOWN).
                    assert!(!is_apart || *b_says != Verdict::Allow, "apart: {told}");
                }
                within += usize::from(is_within);
                apart += usize::from(is_apart);
            }
        }
    }
    // Every rule lies within itself; there must be more than that.
    assert!(
        within > 3000 && apart > 3000 && spoken > 3000,
        "{within} {apart} {spoken}"
    );
}
