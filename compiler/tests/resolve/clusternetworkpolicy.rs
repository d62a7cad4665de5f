//! `policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy`.

use crate::admins::{
    NAMESPACED, admin, all, ask, cluster, object, reason, verdict, world, world_of_state,
};
use crate::support::inputs;
use netpol_policy::Verdict::{Allow, Deny};
use netpol_policy::{PortMatch, Protocol, Tier};
use netpolc::resolve::read;

const DENY: &str = "ingress: [{action: Deny, from: [{namespaces: {}}]}]";

#[test]
fn tiers_and_priorities() {
    let analysis = world(&all(&[
        cluster("b", "Baseline", 1000, DENY),
        cluster("a", "Admin", 0, DENY),
        cluster("c", "Baseline", 9, DENY),
    ]));
    let policies = analysis.model.policies.policies();
    let tiers: Vec<(&str, Tier)> = (policies.iter())
        .map(|p| (p.key.name.as_str(), p.tier))
        .collect();
    assert_eq!(
        tiers,
        [
            ("a", Tier::Admin { priority: 0 }),
            ("c", Tier::Baseline { priority: 9 }),
            ("b", Tier::Baseline { priority: 1000 }),
        ]
    );
    for (policy, origin) in policies.iter().zip(&analysis.model.policy_origins) {
        assert_eq!(policy.key, origin.key);
    }
}

#[test]
fn several_of_the_baseline_tier() {
    let accept = DENY.replace("Deny", "Accept");
    let analysis = world(&all(&[
        cluster("late", "Baseline", 5, DENY),
        cluster("early", "Baseline", 4, &accept),
    ]));
    assert_eq!(verdict(&analysis, "TCP/80"), Allow);
    let pass = DENY.replace("Deny", "Pass");
    let analysis = world(&all(&[
        cluster("late", "Baseline", 5, DENY),
        cluster("early", "Baseline", 4, &pass),
    ]));
    // Behind the baseline tier comes the default.
    assert_eq!(verdict(&analysis, "TCP/80"), Allow);
    let analysis = world(&all(&[
        cluster("p", "Baseline", 5, DENY),
        NAMESPACED.to_owned(),
    ]));
    assert_eq!(verdict(&analysis, "TCP/80"), Allow);
}

#[test]
fn two_of_one_priority_are_asked_by_name() {
    let accept = DENY.replace("Deny", "Accept");
    for policies in [
        [
            cluster("a", "Admin", 5, &accept),
            cluster("b", "Admin", 5, DENY),
        ],
        [
            cluster("b", "Admin", 5, DENY),
            cluster("a", "Admin", 5, &accept),
        ],
    ] {
        let analysis = world(&all(&policies));
        let decision = ask(&analysis, "a/web", "b/api", "TCP/80");
        let reason = reason(&analysis.model.policies, decision.ingress);
        assert_eq!(reason, "ClusterNetworkPolicy a ingress[0]");
    }
}

#[test]
fn protocols() {
    let rules = "ingress:\n- action: Deny\n  from: [{namespaces: {}}]\n  protocols:\n  \
                 - tcp: {destinationPort: {number: 80}}\n  \
                 - udp: {destinationPort: {range: {start: 1, end: 9}}}\n  \
                 - sctp: {destinationPort: {number: 7}}\n  - destinationNamedPort: dns";
    let analysis = world(&cluster("p", "Admin", 1, rules));
    let range = |protocol, first, last| PortMatch::Range {
        protocol,
        first,
        last,
    };
    assert_eq!(
        analysis.model.policies.policies()[0].rules[0]
            .ports
            .clone()
            .unwrap(),
        [
            range(Protocol::Tcp, 80, 80),
            range(Protocol::Udp, 1, 9),
            range(Protocol::Sctp, 7, 7),
            PortMatch::Named {
                protocol: None,
                name: "dns".to_owned()
            },
        ]
    );
    let cases = [
        ("TCP/80", Deny),
        ("UDP/80", Allow),
        ("UDP/9", Deny),
        ("UDP/10", Allow),
        ("SCTP/7", Deny),
        ("UDP/53", Deny),
        ("TCP/53", Allow),
        ("ICMP/8", Allow),
    ];
    for (port, expected) in cases {
        assert_eq!(verdict(&analysis, port), expected, "{port}");
    }
}

#[test]
fn networks_cover_icmp_of_their_family() {
    let rules = "egress: [{action: Deny, to: [{networks: ['::/0']}]}]";
    let analysis = world(&cluster("p", "Admin", 1, rules));
    let ask = |to: &str, port: &str| ask(&analysis, "a/web", to, port).verdict;
    assert_eq!(ask("2001:db8::1", "ICMPV6/128"), Deny);
    assert_eq!(ask("2001:db8::1", "TCP/80"), Deny);
    assert_eq!(ask("203.0.113.9", "ICMP/8"), Allow);
}

#[test]
fn a_rule_before_networks_can_spare_the_pods() {
    let rules = "egress:\n- {action: Pass, to: [{namespaces: {}}]}\n\
                 - {action: Deny, to: [{networks: [0.0.0.0/0]}]}";
    let analysis = world(&cluster("p", "Admin", 1, rules));
    assert_eq!(verdict(&analysis, "TCP/80"), Allow);
    assert_eq!(
        ask(&analysis, "a/web", "203.0.113.9", "TCP/80").verdict,
        Deny
    );
}

#[test]
fn a_missing_namespace_selector_is_the_empty_one() {
    let rules =
        "ingress: [{action: Deny, from: [{pods: {podSelector: {matchLabels: {app: web}}}}]}]";
    let analysis = world(&cluster("p", "Admin", 1, rules));
    assert_eq!(verdict(&analysis, "TCP/80"), Deny);
    assert_eq!(ask(&analysis, "b/api", "a/web", "TCP/80").verdict, Allow);
}

#[test]
fn both_versions_say_the_same() {
    let older = "ingress:\n- action: Allow\n  from: [{namespaces: {matchLabels: {team: a}}}]\n  \
                 ports: [{portNumber: {port: 80}}, {portRange: {start: 1, end: 9, protocol: UDP}}, {namedPort: x}]\n\
                 - {action: Pass, from: [{namespaces: {}}]}";
    let newer = "ingress:\n- action: Accept\n  from: [{namespaces: {matchLabels: {team: a}}}]\n  \
                 protocols: [{tcp: {destinationPort: {number: 80}}}, {udp: {destinationPort: \
                 {range: {start: 1, end: 9}}}}, {destinationNamedPort: x}]\n\
                 - {action: Pass, from: [{namespaces: {}}]}";
    let of = |text: &str| world(text).model.policies.policies()[0].clone();
    let (older, newer) = (
        of(&admin("p", 5, older)),
        of(&cluster("p", "Admin", 5, newer)),
    );
    assert_eq!(
        (older.tier, older.subject, older.rules),
        (newer.tier, newer.subject, newer.rules)
    );
}

#[test]
fn what_the_server_refuses() {
    let rule = |rest: &str| {
        let rules = format!("egress:\n- action: Deny\n  {rest}");
        cluster("p", "Admin", 1, &rules)
    };
    let everyone = "to: [{namespaces: {}}]\n  protocols: [PORT]";
    let port = |port: &str| rule(&everyone.replace("PORT", port));
    let nodes = "to: [{nodes: {}}]\n  protocols: [{destinationNamedPort: http}]";
    let cases = [
        (
            cluster("p", "Normal", 1, DENY),
            "`spec.tier`: must be `Admin` or `Baseline`",
        ),
        (
            object(
                "v1alpha2",
                "ClusterNetworkPolicy",
                "p",
                "tier: Admin\npriority: 1",
            ),
            "`spec.subject`: must be given",
        ),
        (
            cluster("p", "Admin", 1, &DENY.replace("Deny", "Allow")),
            "must be `Accept`, `Deny` or `Pass`",
        ),
        (
            port("{tcp: {}}"),
            "protocols[0].tcp`: must say which `destinationPort`",
        ),
        (
            port("{}"),
            "protocols[0]`: must have one of `tcp`, `udp`, `sctp`",
        ),
        (
            port("{tcp: {destinationPort: {number: 1}}, udp: {destinationPort: {number: 1}}}"),
            "protocols[0]`: may have only one of `tcp`, `udp`",
        ),
        (
            port("{tcp: {destinationPort: {range: {start: 5, end: 5}}}}"),
            "range`: must have a `start` that is less than its `end`",
        ),
        (
            port("{tcp: {destinationPort: {number: 65536}}}"),
            "number`: must be between 1 and 65535",
        ),
        (rule(nodes), "may not be a name in a rule with `nodes`"),
        (
            rule("to: [{domainNames: [example.com]}]"),
            "may only be given in `Accept` rules",
        ),
        (
            rule("to: [{ipBlock: {cidr: 10.0.0.0/8}}]"),
            "unknown field `spec.egress[0].to[0].ipBlock`",
        ),
        (
            rule(&format!(
                "to: [{}]",
                vec!["{namespaces: {}}"; 26].join(", ")
            )),
            "`spec.egress[0].to`: may not have more than 25 items",
        ),
        (
            admin("p", 1, "ingress: []").replace("v1alpha1", "v1alpha2"),
            "the server has no `AdminNetworkPolicy` in `policy.networking.k8s.io/v1alpha2`",
        ),
    ];
    for (text, message) in cases {
        let analysis = read(&inputs(&text));
        let [finding] = analysis.findings.as_slice() else {
            panic!("{text}: {:#?}", analysis.findings);
        };
        assert!(finding.message.contains(message), "{}", finding.message);
        assert!(analysis.model.policies.policies().is_empty(), "{text}");
        assert_eq!(analysis.model.incomplete.len(), 1, "{text}");
    }
}

/// A newer server may have accepted what is not known here: such rules fail closed.
#[test]
fn what_is_not_known_fails_closed() {
    let rules = |action: &str, to: &str| {
        let rest = "- {action: Accept, to: [{namespaces: {}}]}";
        let text = format!("egress:\n- {{action: {action}, {to}}}\n{rest}");
        world_of_state(&cluster("p", "Admin", 1, &text))
    };
    let parts = [
        "to: [{}]",
        "to: [{services: {}}]",
        "to: [{namespaces: {}}, {services: {}}]",
        "to: [{namespaces: {}, nodes: {}}]",
        "to: [{namespaces: {}}], protocols: [{icmp: {}}]",
        "to: [{namespaces: {}}], protocols: [{tcp: {flags: [SYN]}}]",
    ];
    for part in parts {
        for action in ["Deny", "Pass", "Log"] {
            let analysis = rules(action, part);
            assert_eq!(verdict(&analysis, "ICMP/8"), Deny, "{action} {part}");
            assert_eq!(
                analysis.model.incomplete,
                [
                    "ClusterNetworkPolicy p, egress rule 1: a part of it is not known, so it denies everything"
                ]
            );
        }
        let analysis = rules("Accept", part);
        let decision = ask(&analysis, "a/web", "b/api", "TCP/80");
        let reason = reason(&analysis.model.policies, decision.egress);
        assert_eq!(reason, "ClusterNetworkPolicy p egress[1]", "{part}");
        assert_eq!(analysis.model.incomplete.len(), 1);
    }
    let names = rules("Deny", "to: [{domainNames: [example.com]}]");
    assert_eq!(verdict(&names, "TCP/80"), Deny);
    // Without a subject or a tier nobody knows whom it is for.
    let headless = world_of_state(&object(
        "v1alpha2",
        "ClusterNetworkPolicy",
        "p",
        "tier: Admin",
    ));
    assert!(headless.model.policies.policies().is_empty());
    assert_eq!(
        headless.model.incomplete,
        ["ClusterNetworkPolicy p is left out"]
    );
}
