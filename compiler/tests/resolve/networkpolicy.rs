//! `networking.k8s.io/v1 NetworkPolicy`.

use crate::support::{analyse, everyone_in, here, inputs, policy, rules, text_at};
use netpol_policy::{Direction, IpBlock, Operator, Peer, PortMatch, Protocol, Selector};
use netpolc::finding::Code;
use netpolc::resolve::read;

#[test]
fn policy_types_and_their_defaults() {
    let cases = [
        ("podSelector: {}", [true, false]),
        ("policyTypes:", [true, false]),
        ("policyTypes: []\negress: []", [true, false]),
        ("egress: [{}]", [true, true]),
        ("policyTypes: [Egress]", [false, true]),
        ("policyTypes: [Ingress]\negress: [{}]", [true, false]),
        ("policyTypes: [Egress, Ingress]", [true, true]),
    ];
    for (spec, isolates) in cases {
        let analysis = analyse(&policy(spec));
        assert_eq!(
            analysis.model.policies.policies()[0].isolates,
            isolates,
            "{spec}"
        );
    }
    let nothing = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n";
    let analysis = analyse(nothing);
    let policy = &analysis.model.policies.policies()[0];
    assert_eq!((policy.isolates, policy.rules.len()), ([true, false], 0));
    assert!(policy.subject.endpoints().unwrap().pods.is_everything());
    assert_eq!(policy.key.namespace.as_deref(), Some("default"));
}

#[test]
fn what_isolates_is_pointed_at() {
    let analysis = analyse(&policy("podSelector: {}\npolicyTypes: [Ingress, Egress]"));
    let [ingress, egress] = analysis.model.policy_origins[0].isolation;
    assert_eq!(
        (text_at(&analysis, ingress), text_at(&analysis, egress)),
        ("Ingress", "Egress")
    );
    let analysis = analyse(&policy("podSelector: {a: b}\negress:\n- {}").replace("{a: b}", "{}"));
    let origin = &analysis.model.policy_origins[0];
    assert_eq!(text_at(&analysis, origin.isolation[0]), "{}");
    assert_eq!(text_at(&analysis, origin.isolation[1]), "egress");
    assert_eq!(text_at(&analysis, origin.subject), "{}");
    assert_eq!(text_at(&analysis, origin.name), "p");
}

#[test]
fn rules_without_an_effect_are_kept_apart() {
    let analysis = analyse(&policy(
        "policyTypes: [Egress]\ningress:\n- from: [{podSelector: {}}]\n- {}\negress:\n- {}",
    ));
    let origin = &analysis.model.policy_origins[0];
    assert_eq!(analysis.model.policies.policies()[0].rules.len(), 1);
    assert_eq!(origin.rules.len(), 1);
    assert_eq!(origin.dead_rules.len(), 2);
    let dead = origin.dead_rules[0];
    assert_eq!(dead.direction, Direction::Ingress);
    assert_eq!(text_at(&analysis, dead.rule), "from: [{podSelector: {}}]");
    assert_eq!(text_at(&analysis, dead.policy_types), "[Egress]");
}

#[test]
fn absent_null_and_empty_lists_mean_everyone() {
    for rule in ["{}", "{from: , ports: }", "{from: [], ports: []}", "~"] {
        let rules = rules(&format!("ingress: [{rule}]"));
        assert_eq!((&rules[0].peers, &rules[0].ports), (&None, &None), "{rule}");
    }
    assert_eq!(rules("ingress: []").len(), 0);
}

#[test]
fn peers() {
    let any = Selector::everything;
    let web = || Selector::match_labels([("app", "web")]);
    let peers = rules(
        "ingress:\n- from:\n  - podSelector: {matchLabels: {app: web}}\n  - namespaceSelector: {}\n  \
         - {podSelector: {matchLabels: {app: web}}, namespaceSelector: {matchLabels: {app: web}}}\n  \
         - {podSelector: {}, namespaceSelector: null}\n  \
         - ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16, 10.1.0.0/16]}",
    );
    let block = IpBlock::new(
        "10.0.0.0/8".parse().unwrap(),
        [
            "10.1.0.0/16".parse().unwrap(),
            "10.2.0.0/16".parse().unwrap(),
        ],
    );
    assert_eq!(
        peers[0].peers.clone().unwrap(),
        [
            here(web()),
            everyone_in(any(), any()),
            everyone_in(web(), web()),
            here(any()),
            Peer::IpBlock(block),
        ]
    );
}

#[test]
fn selectors_have_four_operators() {
    let analysis = analyse(&policy(
        "podSelector:\n  matchLabels: {a: , b: \"\"}\n  matchExpressions:\n  \
         - {key: c, operator: In, values: [x, z]}\n  - {key: d, operator: NotIn, values: [x]}\n  \
         - {key: e, operator: Exists}\n  - {key: f, operator: DoesNotExist}",
    ));
    let selector = &analysis.model.policies.policies()[0]
        .subject
        .endpoints()
        .unwrap()
        .pods;
    let seen: Vec<(&str, Operator, Vec<&str>)> = selector
        .requirements
        .iter()
        .map(|r| {
            (
                r.key.as_str(),
                r.operator,
                r.values.iter().map(String::as_str).collect(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("a", Operator::In, vec![""]),
            ("b", Operator::In, vec![""]),
            ("c", Operator::In, vec!["x", "z"]),
            ("d", Operator::NotIn, vec!["x"]),
            ("e", Operator::Exists, vec![]),
            ("f", Operator::DoesNotExist, vec![]),
        ]
    );
}

#[test]
fn ports() {
    let range = |protocol, first, last| PortMatch::Range {
        protocol,
        first,
        last,
    };
    let name = |protocol, name: &str| PortMatch::Named {
        protocol: Some(protocol),
        name: name.to_owned(),
    };
    let rules = rules(
        "egress:\n- ports:\n  - {port: 80}\n  - {protocol: UDP, port: 8000, endPort: 8010}\n  \
         - {protocol: SCTP}\n  - {port: http}\n  - {protocol: UDP, port: dns}\n  - ~\n  - {port: 0120}",
    );
    assert_eq!(
        rules[0].ports.clone().unwrap(),
        [
            range(Protocol::Tcp, 80, 80),
            range(Protocol::Udp, 8000, 8010),
            range(Protocol::Sctp, 0, 65535),
            name(Protocol::Tcp, "http"),
            name(Protocol::Udp, "dns"),
            range(Protocol::Tcp, 0, 65535),
            range(Protocol::Tcp, 80, 80),
        ]
    );
}

#[test]
fn origins_follow_policies_and_rules() {
    let text = format!(
        "{}---\n{}",
        policy(
            "ingress: [{}]\negress:\n- ports: [{port: 1}, {port: 2}]\n- to: [{podSelector: {}}]"
        ),
        policy("{}").replace("name: p", "name: a")
    );
    let analysis = analyse(&text);
    let model = &analysis.model;
    let names: Vec<&str> = model
        .policies
        .policies()
        .iter()
        .map(|p| p.key.name.as_str())
        .collect();
    assert_eq!(names, ["a", "p"]);
    for (policy, origin) in model.policies.policies().iter().zip(&model.policy_origins) {
        assert_eq!(
            (&policy.key, policy.rules.len()),
            (&origin.key, origin.rules.len())
        );
    }
    let rules = &model.policy_origins[1].rules;
    assert_eq!(text_at(&analysis, rules[1].ports[1]), "{port: 2}");
    assert_eq!(text_at(&analysis, rules[2].peers[0]), "{podSelector: {}}");
}

#[test]
fn what_the_server_refuses_is_left_out_and_said() {
    for (spec, code) in [
        ("ingress: [{fron: []}]", "NP102"),
        ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", "NP103"),
        ("ingress: []\ningress: []", "NP104"),
    ] {
        let analysis = read(&inputs(&policy(spec)));
        let codes: Vec<Code> = analysis.findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, [Code(code)], "{spec}");
        assert_eq!(analysis.model.policies.policies().len(), 0, "{spec}");
        assert_eq!(analysis.model.incomplete.len(), 1, "{spec}");
        assert!(
            analysis.model.incomplete[0].contains("NetworkPolicy shop/p"),
            "{spec}"
        );
    }
}

#[test]
fn a_boolean_where_a_name_is_wanted_is_refused_and_taken_as_written() {
    let text = policy("podSelector: {matchLabels: {app: y}}\npolicyTypes: [Ingress]")
        .replace("namespace: shop", "namespace: y");
    let analysis = read(&inputs(&text));
    assert_eq!(analysis.findings.len(), 2, "{:?}", analysis.findings);
    assert!(
        analysis
            .findings
            .iter()
            .all(|f| f.code == Code("NP103") && f.edits.len() == 1)
    );
    let lowered = &analysis.model.policies.policies()[0];
    assert_eq!(lowered.key.namespace.as_deref(), Some("y"));
    assert_eq!(
        lowered.subject.endpoints().unwrap().pods,
        Selector::match_labels([("app", "y")])
    );
    assert_eq!(analysis.model.incomplete.len(), 0);

    for spec in [
        "policyTypes: [y]",
        "podSelector: {matchExpressions: [{key: a, operator: on}]}",
    ] {
        let analysis = read(&inputs(&policy(spec)));
        assert_eq!(analysis.model.policies.policies().len(), 0, "{spec}");
        assert_eq!(analysis.model.incomplete.len(), 1, "{spec}");
    }
}
