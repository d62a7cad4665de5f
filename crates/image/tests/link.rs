//! What linking promises, one small world each.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use netpol_image::layout::header as h;
use netpol_image::{
    Image, LinkError, LinkNote, LinkOptions, Local, Outcome, Packet, decode, eval, link, reason,
};
use netpol_policy::cluster::ServicePort;
use netpol_policy::{
    Action, Cluster, Dialect, Direction, Endpoint, EndpointSelector, Labels, NamespaceScope, Node,
    Peer, Policy, PolicyKey, PolicyKind, PolicySet, PortMatch, Protocol, Rule, RuleId, Selector,
    Service, Subject, Tier, Verdict,
};
use netpol_testgen::{Gen, Size};
use std::net::IpAddr;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn pod(name: &str, node: &str, address: &str) -> Endpoint {
    Endpoint {
        namespace: "shop".to_owned(),
        kind: "Pod".to_owned(),
        name: name.to_owned(),
        labels: Labels::from_iter([("app", name)]),
        addresses: vec![ip(address)],
        node: Some(node.to_owned()),
        ..Endpoint::default()
    }
}

/// Nodes n1 (10.0.0.1) and n2 (10.0.0.2); pods web and db on n1, far on n2.
fn cluster() -> Cluster {
    let node = |name: &str, address: &str, pods: &str| Node {
        name: name.to_owned(),
        addresses: vec![ip(address)],
        pod_cidrs: vec![pods.parse().unwrap()],
        ..Node::default()
    };
    let mut cluster = Cluster {
        nodes: vec![
            node("n1", "10.0.0.1", "10.1.1.0/24"),
            node("n2", "10.0.0.2", "10.1.2.0/24"),
        ],
        endpoints: vec![
            pod("web", "n1", "10.1.1.10"),
            pod("db", "n1", "10.1.1.11"),
            pod("far", "n2", "10.1.2.10"),
        ],
        ..Cluster::default()
    };
    cluster.normalize();
    cluster
}

fn app(name: &str) -> EndpointSelector {
    EndpointSelector::new(
        NamespaceScope::Named("shop".to_owned()),
        Selector::match_labels([("app", name)]),
    )
}

/// A NetworkPolicy of `shop` for one app and one direction.
fn policy(name: &str, subject: &str, direction: Direction, rules: Vec<Rule>) -> Policy {
    Policy {
        tier: Tier::Namespace,
        key: PolicyKey {
            kind: PolicyKind::NetworkPolicy,
            namespace: Some("shop".to_owned()),
            name: name.to_owned(),
            part: 0,
        },
        subject: Subject::Endpoints(app(subject)),
        isolates: [
            direction == Direction::Ingress,
            direction == Direction::Egress,
        ],
        rules,
    }
}

fn allow(direction: Direction, peer: Option<&str>, port: u16) -> Rule {
    Rule {
        direction,
        action: Action::Allow,
        peers: peer.map(|peer| vec![Peer::Pods(app(peer))]),
        ports: Some(vec![PortMatch::Range {
            protocol: Protocol::Tcp,
            first: port,
            last: port,
        }]),
        condition: None,
    }
}

fn set(policies: Vec<Policy>) -> PolicySet {
    PolicySet::new(Dialect::Kubernetes, policies)
}

fn linked(policies: &PolicySet, cluster: &Cluster) -> Image {
    link(policies, cluster, "n1", &LinkOptions::default()).unwrap()
}

fn ask(image: &Image, direction: Direction, from: &str, to: &str, port: u16) -> Outcome {
    let packet = Packet {
        direction,
        source: ip(from),
        destination: ip(to),
        protocol: 6,
        port,
        made_here: false,
        interface: None,
    };
    eval(&decode(image.bytes()).unwrap(), &packet)
}

const INGRESS: Direction = Direction::Ingress;
const EGRESS: Direction = Direction::Egress;

#[test]
fn only_endpoints_of_the_node_have_rows() {
    let image = linked(&set(vec![]), &cluster());
    let rows: Vec<_> = (image.rows().iter())
        .map(|r| (r.row, r.name.as_str()))
        .collect();
    assert_eq!(rows, [(0, "db"), (1, "web")]);
    let out = ask(&image, INGRESS, "10.1.1.10", "10.1.2.10", 80);
    assert_eq!(
        (out.verdict, out.rule),
        (Verdict::Deny, reason::NOT_OURS),
        "far is not here"
    );
}

#[test]
fn an_unplaced_endpoint_with_an_interface_is_here() {
    let mut cluster = cluster();
    let mut new = pod("new", "", "10.1.1.12");
    new.node = None;
    new.interface = Some("veth9".to_owned());
    cluster.endpoints.push(new);
    cluster.normalize();
    let image = linked(&set(vec![]), &cluster);
    let new = image.rows().iter().find(|r| r.name == "new").unwrap();
    assert_eq!(new.interface.as_deref(), Some("veth9"));
    assert_eq!(new.addresses, [ip("10.1.1.12")]);
}

#[test]
fn rules_keep_their_numbers_when_only_some_policies_matter() {
    let policies = set(vec![
        policy("a-elsewhere", "far", INGRESS, vec![allow(INGRESS, None, 1)]),
        policy(
            "b-here",
            "db",
            INGRESS,
            vec![allow(INGRESS, Some("web"), 5432)],
        ),
    ]);
    let image = linked(&policies, &cluster());
    let out = ask(&image, INGRESS, "10.1.1.10", "10.1.1.11", 5432);
    assert_eq!(out.rule, policies.rule_id(1, 0));
    let out = ask(&image, INGRESS, "10.1.1.10", "10.1.1.11", 5433);
    assert_eq!(out.rule, policies.isolation_id(1, INGRESS));
    assert_eq!(out.verdict, Verdict::Deny);
}

#[test]
fn a_forwarded_packet_with_a_node_address_is_an_unknown_source() {
    let policies = set(vec![policy("p", "db", INGRESS, vec![])]);
    let image = linked(&policies, &cluster());
    let view = decode(image.bytes()).unwrap();
    let from = |source: &str, made_here| {
        let packet = Packet {
            direction: INGRESS,
            source: ip(source),
            destination: ip("10.1.1.11"),
            protocol: 6,
            port: 80,
            made_here,
            interface: None,
        };
        let out = eval(&view, &packet);
        (out.verdict, out.rule)
    };
    let isolated = (Verdict::Deny, policies.isolation_id(0, INGRESS));
    let own = (Verdict::Allow, RuleId::LOCAL_NODE);
    assert_eq!(from("10.0.0.1", true), own);
    assert_eq!(from("10.0.0.1", false), isolated);
    assert_eq!(from("10.0.0.2", true), isolated, "another node's address");
    assert_eq!(from("10.0.0.2", false), isolated);
}

#[test]
fn a_host_network_pod_is_its_node_even_when_the_node_does_not_list_its_address() {
    let policies = set(vec![policy("p", "db", INGRESS, vec![])]);
    let mut cluster = cluster();
    let mut agent = pod("agent", "n1", "10.0.0.77");
    agent.host_network = true;
    cluster.endpoints.push(agent);
    cluster.normalize();
    let image = linked(&policies, &cluster);
    let view = decode(image.bytes()).unwrap();
    let mut packet = Packet {
        direction: INGRESS,
        source: ip("10.0.0.77"),
        destination: ip("10.1.1.11"),
        protocol: 6,
        port: 80,
        made_here: true,
        interface: None,
    };
    assert_eq!(eval(&view, &packet).rule, RuleId::LOCAL_NODE);
    packet.made_here = false;
    assert_eq!(eval(&view, &packet).verdict, Verdict::Deny);
}

#[test]
fn interfaces_bind_addresses() {
    let mut image = linked(&set(vec![]), &cluster());
    let before = image.portable_digest();
    let local = Local {
        generation: 3,
        flags: 0,
        bundle_digest: [7; 32],
        interfaces: vec![(40, 0), (41, 1)],
    };
    image.set_local(&local).unwrap();
    assert_eq!(image.portable_digest(), before);
    let view = decode(image.bytes()).unwrap();
    assert_eq!(view.field(h::GENERATION), 3);
    assert_eq!(view.digest(h::BUNDLE_DIGEST), [7; 32]);
    let ask = |direction, source: &str, destination: &str, interface| {
        let packet = Packet {
            direction,
            source: ip(source),
            destination: ip(destination),
            protocol: 17,
            port: 53,
            made_here: false,
            interface: Some(interface),
        };
        eval(&view, &packet).rule
    };
    let (db, web, out) = ("10.1.1.11", "10.1.1.10", "8.8.8.8");
    assert_eq!(ask(EGRESS, db, out, 40), RuleId::NOT_ISOLATED);
    assert_eq!(ask(EGRESS, web, out, 40), reason::SPOOFED);
    assert_eq!(ask(EGRESS, out, db, 40), reason::SPOOFED);
    assert_eq!(ask(INGRESS, out, db, 40), RuleId::NOT_ISOLATED);
    assert_eq!(ask(INGRESS, out, web, 40), reason::NOT_OURS);
    assert_eq!(ask(EGRESS, db, out, 42), reason::NOT_OURS);
    assert_eq!(ask(INGRESS, web, web, 41), RuleId::SELF);
    image.set_local(&Local::default()).unwrap();
    assert_eq!(image, linked(&set(vec![]), &cluster()));
}

#[test]
fn interfaces_that_make_no_sense_are_errors() {
    let mut image = linked(&set(vec![]), &cluster());
    let local = |interfaces| Local {
        interfaces,
        ..Local::default()
    };
    let error = image.set_local(&local(vec![(1, 2)])).unwrap_err();
    assert_eq!(
        error,
        LinkError::NoSuchRow {
            interface: 1,
            row: 2
        }
    );
    let twice = image.set_local(&local(vec![(1, 0), (1, 1)]));
    assert!(matches!(twice, Err(LinkError::NoHash { .. })));
    let error = netpol_image::set_local(&mut b"NPIM".to_vec(), &Local::default());
    assert_eq!(error, Err(LinkError::NotAnImage));
}

fn service(address: &str, backends: &[(&str, u16)]) -> Service {
    Service {
        namespace: "shop".to_owned(),
        name: "svc".to_owned(),
        addresses: vec![ip(address)],
        ports: vec![ServicePort {
            protocol: Protocol::Tcp,
            port: 80,
            backends: backends.iter().map(|(a, p)| (ip(a), *p)).collect(),
        }],
    }
}

/// web may send to db:5432 only.
fn web_to_db() -> PolicySet {
    let rules = vec![allow(EGRESS, Some("db"), 5432)];
    set(vec![policy("p", "web", EGRESS, rules)])
}

#[test]
fn a_service_is_allowed_when_all_of_its_backends_are() {
    let policies = web_to_db();
    let mut cluster = cluster();
    cluster.services = vec![service("10.9.0.1", &[("10.1.1.11", 5432)])];
    let image = linked(&policies, &cluster);
    let out = ask(&image, EGRESS, "10.1.1.10", "10.9.0.1", 80);
    assert_eq!(
        (out.verdict, out.rule),
        (Verdict::Allow, policies.rule_id(0, 0))
    );
    // The target port is not a port of the service.
    let out = ask(&image, EGRESS, "10.1.1.10", "10.9.0.1", 5432);
    assert_eq!(out.verdict, Verdict::Deny);
    assert_eq!(image.notes(), []);
}

#[test]
fn a_service_with_mixed_backends_is_denied_and_noted() {
    let policies = web_to_db();
    let mut cluster = cluster();
    let backends = [("10.1.1.11", 5432), ("10.1.2.10", 5432)];
    cluster.services = vec![service("10.9.0.1", &backends)];
    let image = linked(&policies, &cluster);
    let out = ask(&image, EGRESS, "10.1.1.10", "10.9.0.1", 80);
    assert_eq!(out.verdict, Verdict::Deny);
    assert_eq!(out.rule, policies.isolation_id(0, EGRESS));
    let note = LinkNote::MixedService {
        address: ip("10.9.0.1"),
        protocol: Protocol::Tcp,
        port: 80,
        endpoint: "shop/web".to_owned(),
        allowed: vec![(ip("10.1.1.11"), 5432)],
        denied: vec![(ip("10.1.2.10"), 5432)],
    };
    assert_eq!(note.code(), Some("NP504"));
    assert_eq!(image.notes(), [note]);
}

#[test]
fn a_service_without_backends_is_a_peer_of_whom_nothing_is_known() {
    let policies = web_to_db();
    let mut cluster = cluster();
    cluster.services = vec![service("10.9.0.1", &[])];
    let image = linked(&policies, &cluster);
    let out = ask(&image, EGRESS, "10.1.1.10", "10.9.0.1", 80);
    assert_eq!(out.verdict, Verdict::Deny, "web is isolated");
    let out = ask(&image, EGRESS, "10.1.1.11", "10.9.0.1", 80);
    assert_eq!(out.rule, RuleId::NOT_ISOLATED, "db is not");
}

#[test]
fn siblings_of_one_endpoint_are_not_itself() {
    let policies = set(vec![policy("p", "web", INGRESS, vec![])]);
    let mut cluster = cluster();
    for endpoint in cluster.endpoints.iter_mut().filter(|e| e.name == "web") {
        endpoint.several = true;
        endpoint.addresses.push(ip("10.1.1.20"));
    }
    let image = linked(&policies, &cluster);
    let out = ask(&image, INGRESS, "10.1.1.10", "10.1.1.20", 80);
    assert_eq!(out.rule, policies.isolation_id(0, INGRESS));
    let out = ask(&image, INGRESS, "10.1.1.20", "10.1.1.20", 80);
    assert_eq!(out.rule, RuleId::SELF);
}

#[test]
fn all_addresses_of_one_pod_are_itself() {
    let policies = set(vec![policy("p", "web", INGRESS, vec![])]);
    let mut cluster = cluster();
    for endpoint in cluster.endpoints.iter_mut().filter(|e| e.name == "web") {
        endpoint.addresses.push(ip("10.1.1.20"));
    }
    let image = linked(&policies, &cluster);
    let out = ask(&image, INGRESS, "10.1.1.10", "10.1.1.20", 80);
    assert_eq!(out.rule, RuleId::SELF);
}

#[test]
fn undecided_is_denied_and_noted() {
    let policies = set(vec![policy(
        "p",
        "db",
        INGRESS,
        vec![Rule {
            peers: Some(vec![Peer::Pods(EndpointSelector::new(
                NamespaceScope::Matching(Selector::match_labels([("team", "red")])),
                Selector::everything(),
            ))]),
            ..allow(INGRESS, None, 80)
        }],
    )]);
    // The namespace `shop` is mentioned and declared nowhere.
    let image = linked(&policies, &cluster());
    let out = ask(&image, INGRESS, "10.1.1.10", "10.1.1.11", 80);
    assert_eq!(
        (out.verdict, out.rule),
        (Verdict::Deny, policies.rule_id(0, 0))
    );
    let [note] = image.notes() else {
        unreachable!("{:?}", image.notes())
    };
    assert_eq!(note.code(), Some("NP503"));
    let LinkNote::Unknown { count, examples } = note else {
        unreachable!("{note:?}")
    };
    assert_eq!(*count, examples.len());
    assert_eq!(examples[0].endpoint, "shop/db");
    assert_eq!((examples[0].first, examples[0].last), (80, 80));
}

#[test]
fn an_address_of_two_endpoints_belongs_to_the_one_of_this_node() {
    let mut cluster = cluster();
    cluster.endpoints.push(pod("a-stale", "n2", "10.1.1.10"));
    cluster.normalize();
    let policies = set(vec![policy("p", "web", INGRESS, vec![])]);
    let image = linked(&policies, &cluster);
    let out = ask(&image, INGRESS, "10.1.1.11", "10.1.1.10", 80);
    assert_eq!(out.rule, policies.isolation_id(0, INGRESS));
    let note = LinkNote::SharedAddress {
        address: ip("10.1.1.10"),
        kept: "shop/web".to_owned(),
        ignored: "shop/a-stale".to_owned(),
    };
    assert_eq!(image.notes(), [note]);
}

#[test]
fn replies_need_state_only_where_they_could_be_denied() {
    // db is isolated at ingress, so replies to what it asks for must be remembered; web is not.
    let policies = set(vec![policy("p", "db", INGRESS, vec![])]);
    let image = linked(&policies, &cluster());
    let out = ask(&image, EGRESS, "10.1.1.11", "8.8.8.8", 443);
    assert_eq!((out.verdict, out.need_state), (Verdict::Allow, true));
    let out = ask(&image, EGRESS, "10.1.1.10", "8.8.8.8", 443);
    assert_eq!((out.verdict, out.need_state), (Verdict::Allow, false));
}

#[test]
fn an_unknown_node_is_an_error() {
    let error = link(&set(vec![]), &cluster(), "n3", &LinkOptions::default());
    assert_eq!(error, Err(LinkError::UnknownNode("n3".to_owned())));
}

#[test]
fn a_node_without_pods_has_an_image_that_drops_everything() {
    let mut cluster = cluster();
    cluster.endpoints.clear();
    let image = linked(&set(vec![]), &cluster);
    let out = ask(&image, INGRESS, "10.1.1.10", "10.1.1.11", 80);
    assert_eq!(out.rule, reason::NOT_OURS);
}

#[test]
fn the_same_input_gives_the_same_bytes_in_whatever_order_it_came() {
    for seed in 0..30 {
        let world = Gen::world(seed, Size::SMALL);
        let node = &world.cluster.nodes[0].name;
        let options = LinkOptions::default();
        let first = link(&world.policies, &world.cluster, node, &options).unwrap();
        let second = link(&world.policies, &world.cluster, node, &options).unwrap();
        assert_eq!(first.bytes(), second.bytes(), "seed {seed}");
        let mut turned = world.cluster.clone();
        turned.endpoints.reverse();
        turned.nodes.reverse();
        turned.services.reverse();
        turned.normalize();
        let mut policies = world.policies.policies().to_vec();
        policies.reverse();
        let policies = PolicySet::with_options(world.policies.options(), policies);
        let third = link(&policies, &turned, node, &options).unwrap();
        assert_eq!(first.bytes(), third.bytes(), "seed {seed}");
    }
}

#[test]
fn more_than_256_ports_classes_and_vectors_fit() {
    let mut rules = Vec::new();
    let mut cluster = cluster();
    for number in 0..600_u16 {
        let name = format!("peer{number}");
        let address = format!("10.1.{}.{}", 100 + number / 200, 1 + number % 200);
        cluster.endpoints.push(pod(&name, "n2", &address));
        rules.push(allow(INGRESS, Some(&name), 10_000 + number * 2));
    }
    cluster.normalize();
    let policies = set(vec![policy("p", "db", INGRESS, rules)]);
    let image = linked(&policies, &cluster);
    let view = decode(image.bytes()).unwrap();
    assert!(view.field(h::N_CLASSES) > 600);
    assert!(view.field(h::N_PORT_CLASSES) > 600);
    for number in (0..600_u16).step_by(37) {
        let address = format!("10.1.{}.{}", 100 + number / 200, 1 + number % 200);
        for (port, verdict) in [
            (10_000 + number * 2, Verdict::Allow),
            (10_001 + number * 2, Verdict::Deny),
            (10_002 + number * 2, Verdict::Deny),
        ] {
            let out = ask(&image, INGRESS, &address, "10.1.1.11", port);
            assert_eq!(out.verdict, verdict, "{address} {port}");
        }
    }
}
