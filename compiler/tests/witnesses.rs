//! Proof of no noise: over generated clusters, every finding about reachability shows a packet
//! that `netpol_policy::decide` judges as the finding says.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(clippy::panic, reason = "tests fail by panicking")]

use netpol_policy::{
    Decision, Dialect, Direction, Flow, NamespaceScope, Party, Policy, PolicySet, RuleRef, Verdict,
    decide,
};
use netpol_testgen::{Gen, Size, World};
use netpolc::finding::{Finding, Witness};
use netpolc::lint::{self, Selection};
use netpolc::model::{Model, Origin, PolicyOrigin, PolicyParts, RuleOrigin, RuleParts};
use netpolc::resolve::Analysis;
use netpolc::source::{Location, Sources, Span};
use std::collections::BTreeMap;

const WORLDS: u64 = 150;

/// The world as if it had been read from one text, in which every subject and rule has a byte of its
/// own.
fn analysis(world: World, closed_world: bool) -> Analysis {
    let mut sources = Sources::default();
    let source = sources.add("world.yaml", " ".repeat(20_000));
    let place = |start: u32| {
        let span = Span {
            start,
            end: start + 1,
        };
        Location { source, span }
    };
    let at = place(0);
    let next = std::cell::Cell::new(1);
    let origin = Origin {
        object: at,
        name: at,
        labels: at,
        containers: at,
        undeclared: false,
    };
    let of_policy = |policy: &Policy| PolicyOrigin {
        key: policy.key.clone(),
        object: at,
        name: at,
        subject: place(next.replace(next.get() + 1)),
        isolation: [at, at],
        stated: [false, false],
        rules: (policy.rules.iter())
            .map(|rule| RuleOrigin {
                rule: place(next.replace(next.get() + 1)),
                peers: vec![at; rule.peers.as_ref().map_or(0, Vec::len)],
                ports: vec![at; rule.ports.as_ref().map_or(0, Vec::len)],
                parts: RuleParts::default(),
            })
            .collect(),
        dead_rules: Vec::new(),
        parts: PolicyParts::default(),
        unheard: Vec::new(),
    };
    let model = Model {
        policy_origins: world.policies.policies().iter().map(of_policy).collect(),
        endpoint_origins: vec![origin; world.cluster.endpoints.len()],
        cluster: world.cluster,
        policies: world.policies,
        closed_world,
        ..Model::default()
    };
    Analysis {
        sources,
        model,
        ..Analysis::default()
    }
}

/// Every pair of pods that the words of a witness may mean.
fn decisions(analysis: &Analysis, witness: &Witness) -> Vec<Decision> {
    let cluster = &analysis.model.cluster;
    let parties = |text: &str| -> Vec<Party> {
        if let Ok(address) = text.parse() {
            return vec![cluster.party_of(address)];
        }
        let all = cluster.endpoints.iter().enumerate();
        let named = all.filter(|(_, e)| e.display_name() == text);
        let addressed = named.flat_map(|(index, e)| match e.addresses.as_slice() {
            [] => vec![Party::Endpoint(index, None)],
            some => (some.iter().map(|a| Party::Endpoint(index, Some(*a)))).collect(),
        });
        addressed.collect()
    };
    let (protocol, port) = witness.port.split_once('/').unwrap();
    let mut decided = Vec::new();
    for source in parties(&witness.from) {
        for destination in parties(&witness.to) {
            let flow = Flow {
                source,
                destination,
                protocol: protocol.parse().unwrap(),
                port: port.parse().unwrap(),
            };
            decided.push(decide(&analysis.model.policies, cluster, &flow));
        }
    }
    decided
}

/// Does one of the packets have the sides that the code speaks of?
fn holds(finding: &Finding, decisions: &[Decision]) -> bool {
    let sides = |d: &Decision| Direction::BOTH.map(|direction| d.side(direction).verdict);
    let is = |d: &Decision| match finding.code.0 {
        "NP301" => matches!(
            sides(d),
            [Verdict::Allow, Verdict::Deny] | [Verdict::Deny, Verdict::Allow]
        ),
        "NP302" | "NP308" => sides(d).contains(&Verdict::Deny),
        "NP405" | "NP406" | "NP409" | "NP411" => d.verdict == Verdict::Allow,
        "NP306" => d.egress.verdict == Verdict::Deny,
        // Asked further below.
        "NP303" | "NP304" | "NP305" | "NP307" | "NP311" => true,
        "NP503" => d.verdict == Verdict::Unknown,
        "NP310" | "NP402" | "NP404" | "NP410" | "NP504" => d.verdict == Verdict::Deny,
        other => panic!("{other} has a witness that nobody checks"),
    };
    decisions.iter().any(is)
}

#[test]
fn witnesses_of_generated_clusters_hold() {
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let analysis = analysis(world, seed % 3 == 0);
        let everything = Selection {
            select: vec!["NP".to_owned(), "NP406".to_owned()],
            ignore: Vec::new(),
        };
        let mut findings = lint::check(&analysis, &everything);
        findings.extend(lint::lowering(&analysis));
        for finding in &findings {
            let Some(witness) = &finding.witness else {
                continue;
            };
            let decided = decisions(&analysis, witness);
            assert!(
                holds(finding, &decided),
                "seed {seed}: {} {}: {witness:?} is {decided:?}",
                finding.code,
                finding.message
            );
            *held.entry(finding.code.0).or_default() += 1;
        }
    }
    for code in ["NP301", "NP306", "NP406", "NP503"] {
        assert!(
            held.get(code).is_some_and(|n| *n >= 10),
            "too few of {code}: {held:?}"
        );
    }
}

#[test]
fn a_selector_that_matches_nothing_matches_nothing() {
    let mut seen = 0;
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let analysis = analysis(world, true);
        let reported = lint::check(&analysis, &Selection::default());
        let reported: Vec<&str> = (reported.iter())
            .filter(|f| f.code.0 == "NP401")
            .map(|f| f.object.as_deref().unwrap())
            .collect();
        for policy in analysis.model.policies.policies() {
            let Some(subject) = policy.subject.endpoints() else {
                continue;
            };
            let NamespaceScope::Named(namespace) = &subject.namespaces else {
                continue;
            };
            // Those on the host's network are NP407.
            let mut pods = analysis.model.cluster.endpoints.iter();
            let selects =
                pods.any(|e| e.namespace == *namespace && subject.pods.matches(&e.labels));
            let everything = subject.pods.is_everything();
            let object = format!("{}/{namespace}/{}", policy.key.kind.name(), policy.key.name);
            let told = reported.contains(&object.as_str());
            assert_eq!(told, !selects && !everything, "seed {seed}: {object}");
            seen += usize::from(told);
        }
    }
    assert!(seen >= 10, "only {seen}");
}

/// The policy and rule that a label is about: every rule has a place of its own.
fn rule_at(model: &Model, at: Location) -> Option<(usize, usize)> {
    let origins = model.policy_origins.iter().enumerate();
    let mut rules = origins.flat_map(|(policy, origin)| {
        let rules = origin.rules.iter().enumerate();
        rules.map(move |(rule, place)| ((policy, rule), place.rule))
    });
    let found = rules.find(|(_, place)| *place == at && at.span.start > 0);
    found.map(|(found, _)| found)
}

/// The policies without one rule, or without one policy.
fn without(set: &PolicySet, policy: usize, rule: Option<usize>) -> PolicySet {
    let mut policies = set.policies().to_vec();
    match rule {
        Some(rule) => {
            policies.get_mut(policy).unwrap().rules.remove(rule);
        }
        None => {
            policies.remove(policy);
        }
    }
    PolicySet::with_options(set.options(), policies)
}

#[test]
fn rules_that_are_said_to_do_nothing_can_be_deleted() {
    let mut deleted: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let flows = Gen::flows(seed, &world, 200);
        let analysis = analysis(world, true);
        let (set, cluster) = (&analysis.model.policies, &analysis.model.cluster);
        for finding in lint::check(&analysis, &Selection::default()) {
            if !["NP302", "NP303", "NP307"].contains(&finding.code.0) {
                continue;
            }
            // Of NP302: only where the whole rule is dead.
            let Some((policy, rule)) = rule_at(&analysis.model, finding.location().unwrap()) else {
                continue;
            };
            let rest = without(set, policy, Some(rule));
            for flow in &flows {
                let with = decide(set, cluster, flow).verdict;
                let then = decide(&rest, cluster, flow).verdict;
                let certain = with != Verdict::Unknown && then != Verdict::Unknown;
                let told = || format!("seed {seed}: {}, {:?}: {flow:?}", finding.code, finding);
                assert!(!certain || with == then, "{}", told());
            }
            *deleted.entry(finding.code.0).or_default() += 1;
        }
    }
    for code in ["NP302", "NP303", "NP307"] {
        let enough = deleted.get(code).is_some_and(|n| *n >= 10);
        assert!(enough, "too few of {code}: {deleted:?}");
    }
}

#[test]
fn the_order_of_contradicting_policies_matters() {
    let mut held = 0;
    for seed in 0..WORLDS * 4 {
        let world = Gen::world(seed, Size::SMALL);
        let analysis = analysis(world, true);
        let set = &analysis.model.policies;
        for finding in lint::check(&analysis, &Selection::default()) {
            let Some(witness) = finding
                .witness
                .as_ref()
                .filter(|_| finding.code.0 == "NP304")
            else {
                continue;
            };
            let labels = finding.labels.iter();
            let places = labels.filter_map(|label| rule_at(&analysis.model, label.at));
            let sides: Vec<Vec<[Verdict; 2]>> = places
                .map(|(policy, _)| {
                    let model = Model {
                        policies: without(set, policy, None),
                        ..analysis.model.clone()
                    };
                    let asked = Analysis {
                        model,
                        ..Analysis::default()
                    };
                    let decided = decisions(&asked, witness);
                    let verdicts = decided.iter();
                    verdicts
                        .map(|d| Direction::BOTH.map(|direction| d.side(direction).verdict))
                        .collect()
                })
                .collect();
            let [first, second] = sides.as_slice() else {
                panic!("seed {seed}: {finding:?}");
            };
            assert_ne!(first, second, "seed {seed}: {}", finding.message);
            held += 1;
        }
    }
    assert!(held >= 5, "only {held}");
}

#[test]
fn an_idle_baseline_decides_nothing_and_the_dialect_matters() {
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..WORLDS * 2 {
        let world = Gen::world(seed, Size::SMALL);
        let analysis = analysis(world, true);
        let set = &analysis.model.policies;
        for finding in lint::check(&analysis, &Selection::default()) {
            let Some(witness) = &finding.witness else {
                continue;
            };
            let told = format!("seed {seed}: {}", finding.message);
            match finding.code.0 {
                "NP305" => {
                    let at = rule_at(&analysis.model, finding.location().unwrap()).unwrap();
                    let policy = set.policies().get(at.0).unwrap();
                    let direction = policy.rules.get(at.1).unwrap().direction;
                    for decision in decisions(&analysis, witness) {
                        let by = set.rule_ref(decision.side(direction).rule).unwrap();
                        let decided = matches!(by, RuleRef::Rule(of, ..) if of.key == policy.key);
                        assert!(!decided, "{told}: {decision:?}");
                    }
                }
                "NP311" => {
                    let policies = PolicySet::new(Dialect::Kubernetes, set.policies().to_vec());
                    let model = Model {
                        policies,
                        ..analysis.model.clone()
                    };
                    let elsewhere = Analysis {
                        model,
                        ..Analysis::default()
                    };
                    let verdicts = |analysis: &Analysis| -> Vec<[Verdict; 2]> {
                        let decided = decisions(analysis, witness);
                        let sides = |d: &Decision| {
                            Direction::BOTH.map(|direction| d.side(direction).verdict)
                        };
                        decided.iter().map(sides).collect()
                    };
                    assert_ne!(verdicts(&analysis), verdicts(&elsewhere), "{told}");
                }
                _ => continue,
            }
            *held.entry(finding.code.0).or_default() += 1;
        }
    }
    for code in ["NP305", "NP311"] {
        let enough = held.get(code).is_some_and(|n| *n >= 5);
        assert!(enough, "too few of {code}: {held:?}");
    }
}
