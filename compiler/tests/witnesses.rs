//! Proof of no noise: over generated clusters, every finding about reachability shows a packet
//! that `netpol_policy::decide` judges as the finding says.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(clippy::panic, reason = "tests fail by panicking")]

use netpol_policy::{Decision, Direction, Flow, NamespaceScope, Party, Policy, Verdict, decide};
use netpol_testgen::{Gen, Size, World};
use netpolc::finding::{Finding, Witness};
use netpolc::lint::{self, Selection};
use netpolc::model::{Model, Origin, PolicyOrigin, RuleOrigin};
use netpolc::resolve::Analysis;
use netpolc::source::{Location, Sources, Span};
use std::collections::BTreeMap;

const WORLDS: u64 = 150;

/// The world as if it had been read from one text: places matter to nobody here.
fn analysis(world: World, closed_world: bool) -> Analysis {
    let mut sources = Sources::default();
    let source = sources.add("world.yaml", "world");
    let span = Span { start: 0, end: 5 };
    let at = Location { source, span };
    let origin = Origin {
        object: at,
        name: at,
        labels: at,
        containers: at,
    };
    let of_policy = |policy: &Policy| PolicyOrigin {
        key: policy.key.clone(),
        object: at,
        name: at,
        subject: at,
        isolation: [at, at],
        rules: (policy.rules.iter())
            .map(|rule| RuleOrigin {
                rule: at,
                peers: vec![at; rule.peers.as_ref().map_or(0, Vec::len)],
                ports: vec![at; rule.ports.as_ref().map_or(0, Vec::len)],
            })
            .collect(),
        dead_rules: Vec::new(),
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
        "NP306" => d.egress.verdict == Verdict::Deny,
        "NP503" => d.verdict == Verdict::Unknown,
        "NP504" => d.verdict == Verdict::Deny,
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
        let mut findings = lint::check(&analysis, &Selection::default());
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
    for code in ["NP301", "NP306", "NP503"] {
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
            let mut pods = analysis.model.cluster.endpoints.iter();
            let selects = pods.any(|e| {
                !e.host_network && e.namespace == *namespace && subject.pods.matches(&e.labels)
            });
            let everything = subject.pods.is_everything();
            let object = format!("{}/{namespace}/{}", policy.key.kind.name(), policy.key.name);
            let told = reported.contains(&object.as_str());
            assert_eq!(told, !selects && !everything, "seed {seed}: {object}");
            seen += usize::from(told);
        }
    }
    assert!(seen >= 10, "only {seen}");
}
