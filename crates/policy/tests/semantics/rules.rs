//! Part 5: rules, ports and `NetworkPolicy`.

use crate::world::{
    World, allow_from, allow_to, block, container_port, network_policy, pod, pods_of, tcp,
    tcp_named, with_rule,
};
use netpol_policy::{Action, ContainerPort, Direction, Endpoint, PortMatch, Protocol, Verdict};

const BOTH: &[Direction] = &Direction::BOTH;
const IN: &[Direction] = &[Direction::Ingress];
const OUT: &[Direction] = &[Direction::Egress];

/// `a/client` and `a/server`, the server with these container ports.
fn pair(ports: Vec<ContainerPort>) -> World {
    World::new()
        .namespace("a", &[])
        .pod("a/client", &[("app", "client")], &["10.0.0.1"])
        .endpoint(Endpoint {
            ports,
            ..pod("a/server", &[("app", "server")], &["10.0.0.2"])
        })
}

/// A policy of the server's that allows these ports from everybody.
fn serving(ports: Option<Vec<PortMatch>>) -> World {
    pair(vec![]).policy(with_rule(
        network_policy("a/server", &[("app", "server")], IN),
        Direction::Ingress,
        Action::Allow,
        None,
        ports,
    ))
}

/// S-RULE: peers and ports must both match; each list is an "or"; an absent one asks for nothing.
#[test]
fn one_of_the_peers_and_one_of_the_ports() {
    let world = |peers, ports| {
        pair(vec![]).policy(with_rule(
            network_policy("a/server", &[("app", "server")], IN),
            Direction::Ingress,
            Action::Allow,
            peers,
            ports,
        ))
    };
    let client = || pods_of("a", &[("app", "client")]);
    let nobody = || pods_of("a", &[("app", "nobody")]);
    let asks = |world: World, port| world.allows("a/client", "a/server", port);
    assert!(asks(
        world(Some(vec![nobody(), client()]), Some(vec![tcp(1), tcp(80)])),
        "TCP/80"
    ));
    assert!(!asks(
        world(Some(vec![client()]), Some(vec![tcp(1)])),
        "TCP/80"
    ));
    assert!(!asks(
        world(Some(vec![nobody()]), Some(vec![tcp(80)])),
        "TCP/80"
    ));
    assert!(asks(world(None, Some(vec![tcp(80)])), "TCP/80"));
    assert!(asks(world(Some(vec![client()]), None), "UDP/53"));
    assert!(asks(world(None, None), "SCTP/7"));
    // A list that is present but names nobody is not an absent list.
    assert!(!asks(world(Some(vec![]), None), "TCP/80"));
    assert!(!asks(world(None, Some(vec![])), "TCP/80"));
}

/// S-RULE: a rule speaks of its own direction only.
#[test]
fn rules_have_a_direction() {
    let world = pair(vec![]).policy(allow_to(
        network_policy("a/server", &[("app", "server")], BOTH),
        vec![pods_of("a", &[])],
        vec![],
    ));
    assert!(world.allows("a/server", "a/client", "TCP/80"));
    assert!(!world.allows("a/client", "a/server", "TCP/80"));
}

/// S-PORT: a range includes both ends and is of one protocol.
#[test]
fn ranges_include_both_ends() {
    let world = serving(Some(vec![PortMatch::Range {
        protocol: Protocol::Tcp,
        first: 8000,
        last: 8010,
    }]));
    for (port, expected) in [
        ("TCP/7999", false),
        ("TCP/8000", true),
        ("TCP/8005", true),
        ("TCP/8010", true),
        ("TCP/8011", false),
        ("UDP/8005", false),
        ("SCTP/8005", false),
    ] {
        assert_eq!(
            world.allows("a/client", "a/server", port),
            expected,
            "{port}"
        );
    }
}

/// S-PORT: a port entry without a number is every port of its protocol and of no other.
#[test]
fn a_protocol_alone_is_all_its_ports() {
    let world = serving(Some(vec![PortMatch::all_of(Protocol::Udp)]));
    for (port, expected) in [
        ("UDP/0", true),
        ("UDP/53", true),
        ("UDP/65535", true),
        ("TCP/53", false),
        ("ICMP/8", false),
    ] {
        assert_eq!(
            world.allows("a/client", "a/server", port),
            expected,
            "{port}"
        );
    }
}

/// S-PORT: absent ports cover every protocol, also those without ports; a list covers what it
/// names, so a pod with any list of ports gets no ICMP.
#[test]
fn absent_ports_cover_every_protocol() {
    let every = serving(None);
    let some = serving(Some(vec![tcp(80)]));
    for port in ["ICMP/8", "ICMPV6/128", "OTHER/0", "SCTP/1"] {
        assert!(every.allows("a/client", "a/server", port), "{port}");
        assert!(!some.allows("a/client", "a/server", port), "{port}");
    }
}

/// S-PORT: a range that ends before it begins covers nothing.
#[test]
fn an_inverted_range_is_empty() {
    let world = serving(Some(vec![PortMatch::Range {
        protocol: Protocol::Tcp,
        first: 90,
        last: 80,
    }]));
    for port in ["TCP/80", "TCP/85", "TCP/90"] {
        assert!(!world.allows("a/client", "a/server", port), "{port}");
    }
}

/// S-PORT-NAMED: a name is looked up at each destination pod, by name and protocol.
#[test]
fn names_resolve_at_the_destination() {
    let world = pair(vec![
        container_port("http", Protocol::Tcp, 8080),
        container_port("dns", Protocol::Udp, 53),
        container_port("dns", Protocol::Tcp, 5353),
    ])
    .endpoint(Endpoint {
        ports: vec![container_port("http", Protocol::Tcp, 9090)],
        ..pod("a/other", &[("app", "server")], &["10.0.0.3"])
    })
    .policy(allow_from(
        network_policy("a/server", &[("app", "server")], IN),
        vec![pods_of("a", &[])],
        vec![tcp_named("http"), tcp_named("dns")],
    ));
    for (to, port, expected) in [
        ("a/server", "TCP/8080", true),
        ("a/server", "TCP/9090", false),
        ("a/other", "TCP/9090", true),
        ("a/other", "TCP/8080", false),
        ("a/server", "UDP/8080", false),
        ("a/server", "TCP/5353", true),
        ("a/server", "UDP/53", false),
        ("a/server", "TCP/53", false),
    ] {
        assert_eq!(world.allows("a/client", to, port), expected, "{to} {port}");
    }
}

/// S-PORT-NAMED: on egress too it is the destination's port, not the subject's.
#[test]
fn names_of_egress_rules_are_the_peers() {
    let world = pair(vec![container_port("http", Protocol::Tcp, 8080)])
        .endpoint(Endpoint {
            ports: vec![container_port("http", Protocol::Tcp, 1)],
            ..pod("a/subject", &[("app", "subject")], &["10.0.0.4"])
        })
        .policy(allow_to(
            network_policy("a/subject", &[("app", "subject")], OUT),
            vec![pods_of("a", &[])],
            vec![tcp_named("http")],
        ));
    assert!(world.allows("a/subject", "a/server", "TCP/8080"));
    assert!(!world.allows("a/subject", "a/server", "TCP/1"));
}

/// S-PORT-NAMED: a name that the destination does not declare covers nothing, and nothing outside
/// of the cluster declares any.
#[test]
fn unresolved_names_cover_nothing() {
    let world = pair(vec![]).policy(allow_to(
        network_policy("a/client", &[("app", "client")], OUT),
        vec![pods_of("a", &[]), block("0.0.0.0/0", &[])],
        vec![tcp_named("http")],
    ));
    for port in ["TCP/0", "TCP/80", "TCP/8080"] {
        assert!(!world.allows("a/client", "a/server", port), "{port}");
        assert!(!world.allows("a/client", "203.0.113.7", port), "{port}");
    }
}

/// S-NP-TYPES: a policy isolates in the directions of its types and in no other.
#[test]
fn types_say_which_direction_is_isolated() {
    for (types, ingress, egress) in [
        (IN, false, true),
        (OUT, true, false),
        (BOTH, false, false),
        (&[][..], true, true),
    ] {
        let world = pair(vec![]).policy(network_policy("a/s", &[("app", "server")], types));
        assert_eq!(
            world.allows("a/client", "a/server", "TCP/80"),
            ingress,
            "{types:?}"
        );
        assert_eq!(
            world.allows("a/server", "a/client", "TCP/80"),
            egress,
            "{types:?}"
        );
    }
}

/// S-NP-ISOLATION: not selected means allowed; selected means that nothing passes unless allowed.
#[test]
fn selection_isolates() {
    let free = pair(vec![]);
    assert!(free.allows("a/client", "a/server", "TCP/80"));
    let shut = free.policy(network_policy("a/shut", &[("app", "server")], IN));
    let answer = shut.ask("a/client", "a/server", "TCP/80");
    assert_eq!(answer.verdict(), Verdict::Deny);
    assert_eq!(answer.ingress, "isolated by NetworkPolicy a/shut");
    // Others are untouched.
    assert!(shut.allows("a/server", "a/client", "TCP/80"));
}

/// S-NP-UNION: what one policy allows no other one takes away, and ports of one do not combine
/// with peers of another.
#[test]
fn policies_are_a_union() {
    let allowing = |name: &str, peer: &str, port| {
        allow_from(
            network_policy(name, &[("app", "server")], IN),
            vec![pods_of("a", &[("app", peer)])],
            vec![tcp(port)],
        )
    };
    let world = pair(vec![])
        .pod("a/admin", &[("app", "admin")], &["10.0.0.5"])
        .policy(network_policy("a/nothing", &[], IN))
        .policy(allowing("a/for-clients", "client", 80))
        .policy(allowing("a/for-admins", "admin", 22));
    assert!(world.allows("a/client", "a/server", "TCP/80"));
    assert!(world.allows("a/admin", "a/server", "TCP/22"));
    assert!(!world.allows("a/client", "a/server", "TCP/22"));
    assert!(!world.allows("a/admin", "a/server", "TCP/80"));
}

/// S-DENY: in the namespace tier a deny beats every allow, whichever policy comes first.
#[test]
fn denies_beat_allows() {
    let denying = |name| {
        with_rule(
            network_policy(name, &[("app", "server")], &[]),
            Direction::Ingress,
            Action::Deny,
            Some(vec![pods_of("a", &[("app", "client")])]),
            Some(vec![tcp(80)]),
        )
    };
    for name in ["a/a-first", "a/z-last"] {
        let world = pair(vec![]).policy(denying(name)).policy(allow_from(
            network_policy("a/m", &[("app", "server")], IN),
            vec![pods_of("a", &[])],
            vec![],
        ));
        assert!(!world.allows("a/client", "a/server", "TCP/80"), "{name}");
        assert!(world.allows("a/client", "a/server", "TCP/81"), "{name}");
    }
    // A deny alone isolates nobody.
    let alone = pair(vec![]).policy(denying("a/alone"));
    assert!(alone.allows("a/client", "a/server", "TCP/81"));
}
