//! `policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy`.

use crate::admins::{NAMESPACED, admin, all, ask, object, reason, verdict, world, world_of_cilium};
use crate::support::{everyone_in, inputs, text_at};
use netpol_policy::Verdict::{Allow, Deny, Unknown};
use netpol_policy::{
    Action, Direction, EndpointSelector, IpBlock, NamespaceScope, Peer, PortMatch, Protocol,
    Selector, Subject, Tier, UnknownCause,
};
use netpolc::finding::{Code, Severity};
use netpolc::resolve::read;

const FULL: &str = "\
priority: 7
subject:
  pods: {namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: web}}}
ingress:
- name: in
  action: Pass
  from:
  - namespaces: {matchLabels: {team: b}}
  - pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}
egress:
- action: Allow
  to:
  - nodes: {matchLabels: {role: edge}}
  - networks: [10.1.2.3/8, 'fd00::/8']
  - domainNames: [example.com, '*.example.org']
  ports:
  - portNumber: {port: 80}
  - portNumber: {port: 53, protocol: UDP}
  - portRange: {start: 1, end: 9, protocol: SCTP}
- action: Deny
  to: [{namespaces: {}}]
  ports: [{namedPort: http}]
";

#[test]
fn every_field_has_its_meaning() {
    let analysis = world(&object("v1alpha1", "AdminNetworkPolicy", "full", FULL));
    let [policy] = analysis.model.policies.policies() else {
        panic!("one policy");
    };
    assert_eq!(policy.tier, Tier::Admin { priority: 7 });
    assert_eq!(policy.key.to_string(), "AdminNetworkPolicy full");
    assert_eq!(policy.isolates, [false, false]);
    let label = |key: &str, value: &str| Selector::match_labels([(key, value)]);
    let subject = EndpointSelector::new(
        NamespaceScope::Matching(label("team", "a")),
        label("app", "web"),
    );
    assert_eq!(policy.subject, Subject::Endpoints(subject));

    let [first, second, third] = policy.rules.as_slice() else {
        panic!("three rules");
    };
    assert_eq!(
        (first.direction, first.action),
        (Direction::Ingress, Action::Pass)
    );
    let any = Selector::everything;
    assert_eq!(
        first.peers.clone().unwrap(),
        [
            everyone_in(label("team", "b"), any()),
            everyone_in(any(), label("app", "web")),
        ]
    );
    assert_eq!(first.ports, None);

    let block = |net: &str| Peer::IpBlock(IpBlock::new(net.parse().unwrap(), []));
    assert_eq!(
        (second.direction, second.action),
        (Direction::Egress, Action::Allow)
    );
    assert_eq!(
        second.peers.clone().unwrap(),
        [
            Peer::Nodes(label("role", "edge")),
            block("10.0.0.0/8"),
            block("fd00::/8"),
            Peer::Names(vec!["example.com".to_owned(), "*.example.org".to_owned()]),
        ]
    );
    let range = |protocol, first, last| PortMatch::Range {
        protocol,
        first,
        last,
    };
    assert_eq!(
        second.ports.clone().unwrap(),
        [
            range(Protocol::Tcp, 80, 80),
            range(Protocol::Udp, 53, 53),
            range(Protocol::Sctp, 1, 9),
        ]
    );
    assert_eq!(
        (third.direction, third.action),
        (Direction::Egress, Action::Deny)
    );
    let named = PortMatch::Named {
        protocol: None,
        name: "http".to_owned(),
    };
    assert_eq!(third.ports.clone().unwrap(), [named]);
}

#[test]
fn every_part_has_its_place() {
    let analysis = world(&object("v1alpha1", "AdminNetworkPolicy", "full", FULL));
    let origin = &analysis.model.policy_origins[0];
    let text = |at| text_at(&analysis, at);
    assert_eq!(text(origin.name), "full");
    assert!(text(origin.subject).starts_with("pods: {namespaceSelector"));
    assert!(text(origin.rules[0].rule).starts_with("name: in"));
    assert_eq!(
        text(origin.rules[0].peers[0]),
        "namespaces: {matchLabels: {team: b}}"
    );
    // One place for each canonical peer: a network is one of its own.
    let peers: Vec<&str> = origin.rules[1].peers.iter().map(|at| text(*at)).collect();
    assert_eq!(
        peers,
        [
            "nodes: {matchLabels: {role: edge}}",
            "10.1.2.3/8",
            "'fd00::/8'",
            "domainNames: [example.com, '*.example.org']",
        ]
    );
    assert_eq!(
        text(origin.rules[1].ports[2]),
        "portRange: {start: 1, end: 9, protocol: SCTP}"
    );
    assert_eq!(text(origin.rules[2].ports[0]), "{namedPort: http}");
}

/// The message of the one finding that an edit of [`FULL`] gives, and its severity.
fn refusal(from: &str, to: &str) -> (Code, Severity, String) {
    let spec = FULL.replacen(from, to, 1);
    assert_ne!(spec, FULL, "{from}");
    let text = object("v1alpha1", "AdminNetworkPolicy", "full", &spec);
    let analysis = read(&inputs(&text));
    let [finding] = analysis.findings.as_slice() else {
        panic!("{to}: {:#?}", analysis.findings);
    };
    let kept = usize::from(finding.severity != Severity::Error);
    assert_eq!(analysis.model.policies.policies().len(), kept, "{to}");
    assert_eq!(analysis.model.incomplete.len(), 1 - kept, "{to}");
    let help = finding.help.clone().unwrap_or_default();
    (
        finding.code,
        finding.severity,
        format!("{}; {help}", finding.message),
    )
}

#[test]
fn what_the_server_refuses() {
    let cases = [
        (
            "priority: 7",
            "priority: 1001",
            "`spec.priority`: must be between 0 and 1000",
        ),
        (
            "priority: 7",
            "priority: -1",
            "`spec.priority`: must be between 0 and 1000",
        ),
        ("priority: 7\n", "", "`spec.priority`: must be given"),
        (
            "subject:\n",
            "subject:\n  namespaces: {}\n",
            "`spec.subject`: may have only one of `namespaces`, `pods`",
        ),
        (
            "action: Pass",
            "action: Accept",
            "must be `Allow`, `Deny` or `Pass`; write `action: Allow`",
        ),
        (
            "  action: Pass\n",
            "",
            "`spec.ingress[0].action`: must be `Allow`",
        ),
        (
            "- namespaces: {matchLabels: {team: b}}",
            "- {}",
            "`spec.ingress[0].from[0]`: must have one of `namespaces`, `pods`",
        ),
        (
            "namespaceSelector: {}, ",
            "",
            "from[1].pods.namespaceSelector`: must be given",
        ),
        (
            "to: [{namespaces: {}}]",
            "to: []",
            "`spec.egress[1].to`: must have at least one item",
        ),
        (
            "10.1.2.3/8",
            "10.1.2.3",
            "to[1].networks[0]`: must be a valid CIDR value",
        ),
        (
            "'fd00::/8'",
            "10.1.2.3/8",
            "to[1].networks[1]`: is in the list twice",
        ),
        (
            "[example.com, '*.example.org']",
            "[com]",
            "domainNames[0]`: must be a domain name",
        ),
        (
            "action: Allow",
            "action: Pass",
            "domainNames`: may only be given in `Allow` rules",
        ),
        (
            "portNumber: {port: 80}",
            "portNumber: {port: 0}",
            "port`: must be between 1 and 65535",
        ),
        (
            "portNumber: {port: 80}",
            "portNumber: {}",
            "ports[0].portNumber.port`: must be given",
        ),
        (
            "- portNumber: {port: 80}",
            "- {portNumber: {port: 80}, portRange: {start: 1, end: 2}}",
            "may have only one of `portNumber`, `portRange`",
        ),
        (
            "- portNumber: {port: 80}",
            "- namedPort: http",
            "may not be a name in a rule with `nodes`",
        ),
        (
            "name: in",
            &format!("name: {}", "n".repeat(101)),
            "must be no more than 100 characters",
        ),
    ];
    for (from, to, message) in cases {
        let (code, severity, said) = refusal(from, to);
        assert_eq!((code, severity), (Code("NP103"), Severity::Error), "{to}");
        assert!(said.contains(message), "{to}: {said}");
    }
    let many = |count: usize| "- {action: Deny, from: [{namespaces: {}}]}\n".repeat(count);
    let (_, _, said) = refusal("ingress:\n", &format!("ingress:\n{}", many(100)));
    assert!(
        said.contains("`spec.ingress`: may not have more than 100 rules"),
        "{said}"
    );
}

#[test]
fn what_the_server_takes_and_implementations_do_not() {
    let cases = [
        (
            "namespaces: {matchLabels: {team: b}}",
            "namespaces: {matchExpressions: [{key: team, operator: Is, values: [b]}]}",
            "namespaces.matchExpressions[0].operator`: must be one of `In`",
        ),
        (
            "{matchLabels: {role: edge}}",
            "{matchLabels: {role: \"-\"}}",
            "nodes.matchLabels`: a label value must consist",
        ),
        (
            "action: Allow",
            "action: Pass",
            "domainNames`: may only be given in `Allow` rules",
        ),
    ];
    for (from, to, message) in cases {
        let (code, severity, said) = refusal(from, to);
        assert_eq!((code, severity), (Code("NP103"), Severity::Error), "{to}");
        assert!(said.starts_with("no implementation takes `spec."), "{said}");
        assert!(said.contains(message), "{to}: {said}");
    }
}

#[test]
fn unknown_fields_and_what_was_meant() {
    let cases = [
        (
            "  - namespaces: {m",
            "  - namespace: {m",
            "unknown field `spec.ingress[0].from[0].namespace`; did you mean `namespaces`?",
        ),
        (
            "priority: 7",
            "priority: 7\nPriority: 7",
            "did you mean `priority`?",
        ),
        (
            "portNumber: {port: 80}",
            "portNumber: {port: 80, endPort: 90}",
            "unknown field",
        ),
    ];
    for (from, to, message) in cases {
        let (code, severity, said) = refusal(from, to);
        assert_eq!((code, severity), (Code("NP102"), Severity::Error), "{to}");
        assert!(said.contains(message), "{to}: {said}");
    }
}

#[test]
fn what_the_server_takes_and_nobody_can_mean() {
    let (code, severity, said) = refusal("start: 1, end: 9", "start: 9, end: 1");
    assert_eq!((code, severity), (Code("NP103"), Severity::Warning));
    assert!(said.contains("the range is empty"), "{said}");
}

/// Ingress rules for packets from team a, `ACTION` or `ACTION/PORT`.
fn from_a(rules: &[&str]) -> String {
    let lines = rules.iter().map(|rule| {
        let (action, port) = rule.split_once('/').unwrap_or((rule, ""));
        let ports = match port {
            "" => String::new(),
            port => format!(", ports: [{{portNumber: {{port: {port}}}}}]"),
        };
        format!(
            "- {{action: {action}, from: [{{namespaces: {{matchLabels: {{team: a}}}}}}]{ports}}}"
        )
    });
    format!("ingress:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn selecting_isolates_nobody() {
    let analysis = world(&admin("p", 1, &from_a(&["Allow/80"])));
    assert_eq!(verdict(&analysis, "TCP/80"), Allow);
    assert_eq!(verdict(&analysis, "TCP/81"), Allow);
    let silent = world(&admin("p", 1, "egress: []"));
    assert_eq!(verdict(&silent, "TCP/80"), Allow);
}

#[test]
fn the_first_match_decides() {
    let low = || admin("z", 1, &from_a(&["Allow/80"]));
    let high = || admin("a", 2, &from_a(&["Deny"]));
    for policies in [[low(), high()], [high(), low()]] {
        let analysis = world(&all(&policies));
        assert_eq!(verdict(&analysis, "TCP/80"), Allow);
        // Ports that no earlier rule covers go on.
        assert_eq!(verdict(&analysis, "TCP/81"), Deny);
    }
    let swapped = [(["Allow/80", "Deny"], Allow), (["Deny", "Allow/80"], Deny)];
    for (rules, expected) in swapped {
        let analysis = world(&admin("p", 1, &from_a(&rules)));
        assert_eq!(verdict(&analysis, "TCP/80"), expected, "{rules:?}");
    }
    // Which of two with one priority is asked first is not said; here it is the first by name.
    let tie = world(&all(&[
        admin("b", 3, &from_a(&["Deny"])),
        admin("a", 3, &from_a(&["Allow"])),
    ]));
    assert_eq!(verdict(&tie, "TCP/80"), Allow);
}

#[test]
fn allow_and_deny_are_final_and_pass_goes_on() {
    let with = |rule: &str| {
        world(&all(&[
            admin("p", 1, &from_a(&[rule])),
            NAMESPACED.to_owned(),
        ]))
    };
    assert_eq!(verdict(&with("Allow"), "TCP/81"), Allow);
    assert_eq!(verdict(&with("Deny"), "TCP/80"), Deny);
    assert_eq!(verdict(&with("Pass"), "TCP/80"), Allow);
    assert_eq!(verdict(&with("Pass"), "TCP/81"), Deny);
    let passed = world(&all(&[
        admin("p", 1, &from_a(&["Pass/80"])),
        admin("q", 2, &from_a(&["Deny"])),
    ]));
    assert_eq!(verdict(&passed, "TCP/80"), Allow);
    assert_eq!(verdict(&passed, "TCP/81"), Deny);
}

#[test]
fn an_allow_on_egress_leaves_ingress_to_its_policies() {
    let out = admin(
        "out",
        1,
        "egress: [{action: Allow, to: [{namespaces: {}}]}]",
    );
    let analysis = world(&all(&[out, NAMESPACED.to_owned()]));
    let decision = ask(&analysis, "a/web", "b/api", "TCP/81");
    assert_eq!((decision.verdict, decision.egress.verdict), (Deny, Allow));
    let reason = reason(&analysis.model.policies, decision.ingress);
    assert_eq!(reason, "isolated by NetworkPolicy b/np");
}

#[test]
fn a_named_port_is_the_destinations() {
    let deny = "egress: [{action: Deny, to: [{namespaces: {}}], ports: [{namedPort: PORT}]}]";
    let named = |port: &str| world(&admin("p", 1, &deny.replace("PORT", port)));
    // The source calls 8080 by this name; what counts is the destination.
    assert_eq!(verdict(&named("http"), "TCP/80"), Deny);
    assert_eq!(verdict(&named("http"), "TCP/8080"), Allow);
    assert_eq!(verdict(&named("http"), "UDP/80"), Allow);
    assert_eq!(verdict(&named("dns"), "UDP/53"), Deny);
    assert_eq!(verdict(&named("dns"), "TCP/53"), Allow);
    assert_eq!(verdict(&named("nobody"), "TCP/80"), Allow);
}

#[test]
fn networks_are_addresses_of_pods_too() {
    let deny = admin(
        "p",
        1,
        "egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]",
    );
    let analysis = world(&deny);
    for (to, port) in [
        ("b/api", "TCP/80"),
        ("b/api", "ICMP/8"),
        ("192.168.0.1", "TCP/80"),
        ("203.0.113.9", "UDP/1"),
    ] {
        assert_eq!(ask(&analysis, "a/web", to, port).verdict, Deny, "{to}");
    }
    assert_eq!(
        ask(&analysis, "a/web", "2001:db8::1", "TCP/80").verdict,
        Allow
    );
    // Where the CNI is Cilium, they never cover pods and nodes.
    let cilium = world_of_cilium(&deny);
    assert_eq!(ask(&cilium, "a/web", "b/api", "TCP/80").verdict, Allow);
    assert_eq!(
        ask(&cilium, "a/web", "192.168.0.1", "TCP/80").verdict,
        Allow
    );
    assert_eq!(ask(&cilium, "a/web", "203.0.113.9", "TCP/80").verdict, Deny);
}

#[test]
fn nodes_are_their_addresses_and_the_pods_there() {
    let rule = "egress: [{action: Deny, to: [{nodes: {matchLabels: {role: edge}}}]}]";
    let analysis = world(&admin("p", 1, rule));
    assert_eq!(
        ask(&analysis, "a/web", "192.168.0.1", "TCP/80").verdict,
        Deny
    );
    assert_eq!(ask(&analysis, "a/web", "b/host", "TCP/80").verdict, Deny);
    assert_eq!(ask(&analysis, "a/web", "b/api", "TCP/80").verdict, Allow);
}

#[test]
fn names_are_known_at_run_time() {
    let allow = "egress:\n- {action: Allow, to: [{domainNames: [example.com]}]}\n\
                 - {action: Deny, to: [{networks: [0.0.0.0/0]}]}";
    let analysis = world(&admin("p", 1, allow));
    let decision = ask(&analysis, "a/web", "203.0.113.9", "TCP/443");
    assert_eq!(decision.verdict, Unknown);
    assert_eq!(decision.egress.cause, Some(UnknownCause::DnsName));
    // No pod is outside of the cluster.
    assert_eq!(verdict(&analysis, "TCP/443"), Deny);
}

#[test]
fn host_network_pods_are_neither_subject_nor_peer() {
    let deny = "ingress: [{action: Deny, from: [{namespaces: {}}]}]\n\
                egress: [{action: Deny, to: [{namespaces: {}}]}]";
    let analysis = world(&admin("p", 1, deny));
    assert_eq!(verdict(&analysis, "TCP/80"), Deny);
    for (from, to) in [("b/host", "b/api"), ("a/web", "b/host")] {
        assert_eq!(ask(&analysis, from, to, "TCP/80").verdict, Allow, "{from}");
    }
}
