//! Part 2: who is who.

use crate::world::{
    World, allow_from, allow_to, block, container_port, network_policy, pod, pods_in, pods_of, tcp,
};
use netpol_policy::{
    Cluster, Dialect, Direction, Endpoint, Party, Phase, Protocol, UnknownCause, Verdict,
};

const BOTH: &[Direction] = &Direction::BOTH;
const IN: &[Direction] = &[Direction::Ingress];
const OUT: &[Direction] = &[Direction::Egress];

fn party_of(cluster: &Cluster, address: &str) -> Party {
    cluster.party_of(address.parse().expect("an address"))
}

/// S-PARTY: endpoint before node before pod CIDR before outside.
#[test]
fn an_address_is_looked_up_from_the_inside_out() {
    let cluster = World::new()
        .node("n1", &["10.0.0.1", "192.168.0.1"], &["10.0.0.0/24"])
        .pod("a/x", &[], &["10.0.0.5"])
        .cluster();
    let address = |text: &str| text.parse().expect("an address");
    assert_eq!(
        party_of(&cluster, "10.0.0.5"),
        Party::Endpoint(0, Some(address("10.0.0.5")))
    );
    assert_eq!(
        party_of(&cluster, "10.0.0.1"),
        Party::Node(0, Some(address("10.0.0.1")))
    );
    assert_eq!(
        party_of(&cluster, "10.0.0.77"),
        Party::UnknownPod(address("10.0.0.77"))
    );
    assert_eq!(
        party_of(&cluster, "10.0.1.0"),
        Party::External(address("10.0.1.0"))
    );
}

/// S-PARTY: the address of a host-network pod is never "outside", even when no node lists it.
#[test]
fn a_host_network_pod_is_found_by_an_address_that_no_node_lists() {
    let agent = Endpoint {
        host_network: true,
        ..pod("a/agent", &[], &["10.0.0.9"])
    };
    let cluster = World::new()
        .node("n1", &["192.168.0.1"], &["10.0.0.0/24"])
        .endpoint(agent)
        .cluster();
    let address = "10.0.0.9".parse().expect("an address");
    assert_eq!(
        party_of(&cluster, "10.0.0.9"),
        Party::Endpoint(0, Some(address))
    );
}

/// S-WORKLOAD, S-SELF: siblings are not itself, but the same address on both ends is one pod.
#[test]
fn one_address_of_a_workload_is_one_pod() {
    let replicas = Endpoint {
        several: true,
        ..pod("a/x", &[], &["10.0.0.5", "10.0.0.6"])
    };
    let cluster = World::new().endpoint(replicas).cluster();
    let flow = |from: &str, to: &str| netpol_policy::Flow {
        source: party_of(&cluster, from),
        destination: party_of(&cluster, to),
        protocol: Protocol::Tcp,
        port: 80,
    };
    assert!(netpol_policy::is_self(
        &cluster,
        &flow("10.0.0.5", "10.0.0.5")
    ));
    assert!(!netpol_policy::is_self(
        &cluster,
        &flow("10.0.0.5", "10.0.0.6")
    ));
}

/// S-PARTY: what leaves or enters the cluster is restricted on the inner side only.
#[test]
fn outside_has_no_policies() {
    let world = World::new()
        .namespace("a", &[])
        .pod("a/x", &[], &["10.0.0.5"])
        .policy(network_policy("a/none", &[], BOTH));
    assert!(world.allows("203.0.113.1", "203.0.113.2", "TCP/80"));
    let inbound = world.ask("203.0.113.1", "a/x", "TCP/80");
    assert_eq!(inbound.egress, "not isolated");
    assert_eq!(inbound.ingress, "isolated by NetworkPolicy a/none");
}

/// S-ADDRESS: each address of an endpoint is judged on its own.
#[test]
fn dual_stack_addresses_are_judged_apart() {
    let world = World::new()
        .namespace("a", &[])
        .namespace("b", &[])
        .pod("a/x", &[], &["10.0.0.5", "fd00::5"])
        .pod("b/y", &[], &["10.0.0.6", "fd00::6"])
        .policy(allow_from(
            network_policy("a/v4-only", &[], IN),
            vec![block("0.0.0.0/0", &[])],
            vec![],
        ));
    assert!(world.allows("10.0.0.6", "10.0.0.5", "TCP/80"));
    assert!(!world.allows("fd00::6", "fd00::5", "TCP/80"));
    // The first address is the primary one: what a question by name means.
    assert!(world.allows("b/y", "a/x", "TCP/80"));
}

/// S-SELF: no policy keeps a pod from itself.
#[test]
fn a_pod_reaches_itself() {
    let world = World::new()
        .namespace("a", &[])
        .pod("a/x", &[], &["10.0.0.5", "fd00::5"])
        .policy(network_policy("a/none", &[], BOTH));
    let answer = world.ask("a/x", "a/x", "TCP/80");
    assert_eq!(answer.verdict(), Verdict::Allow);
    assert_eq!(
        (answer.ingress.as_str(), answer.egress.as_str()),
        ("self", "self")
    );
    // By another of its own addresses too.
    assert!(world.allows("10.0.0.5", "fd00::5", "TCP/80"));
}

/// S-WORKLOAD: replicas are siblings, not one pod, so policies apply between them.
#[test]
fn replicas_are_subject_to_policy() {
    let deployment = |several| Endpoint {
        kind: "Deployment".to_owned(),
        several,
        ..pod("a/x", &[], &[])
    };
    let world = |several| {
        World::new()
            .namespace("a", &[])
            .endpoint(deployment(several))
            .policy(network_policy("a/none", &[], BOTH))
    };
    assert!(!world(true).allows("a/x", "a/x", "TCP/80"));
    assert!(world(false).allows("a/x", "a/x", "TCP/80"));
}

/// S-WORKLOAD: pods of one owner whose labels differ are different endpoints.
#[test]
fn labels_tell_pods_of_one_owner_apart() {
    let replica = |name, track| pod(name, &[("app", "web"), ("track", track)], &[]);
    let world = World::new()
        .namespace("a", &[])
        .endpoint(replica("a/web-0", "stable"))
        .endpoint(replica("a/web-1", "canary"))
        .pod("a/client", &[], &[])
        .policy(network_policy("a/canary", &[("track", "canary")], IN));
    assert!(world.allows("a/client", "a/web-0", "TCP/80"));
    assert!(!world.allows("a/client", "a/web-1", "TCP/80"));
}

/// S-FINISHED: pods that have ended are gone, their addresses belong to nobody.
#[test]
fn finished_pods_are_no_endpoints() {
    for (phase, left) in [
        (Phase::Pending, 1),
        (Phase::Running, 1),
        (Phase::Succeeded, 0),
        (Phase::Failed, 0),
    ] {
        let cluster = World::new()
            .endpoint(Endpoint {
                phase,
                ..pod("a/x", &[], &["10.0.0.5"])
            })
            .cluster();
        assert_eq!(cluster.endpoints.len(), left, "{phase:?}");
        let gone = matches!(party_of(&cluster, "10.0.0.5"), Party::External(_));
        assert_eq!(gone, left == 0, "{phase:?}");
    }
}

/// S-HOSTNET: no selector picks a host-network pod, neither as subject nor as peer.
#[test]
fn host_network_pods_are_not_selected() {
    let world = World::new()
        .namespace("a", &[])
        .node("n1", &["192.168.0.1"], &[])
        .endpoint(Endpoint {
            host_network: true,
            node: Some("n1".to_owned()),
            ports: vec![container_port("http", Protocol::Tcp, 80)],
            ..pod("a/host", &[], &["192.168.0.1"])
        })
        .endpoint(Endpoint {
            node: Some("n2".to_owned()),
            ..pod("a/x", &[], &["10.0.0.5"])
        })
        .policy(allow_from(
            allow_to(
                network_policy("a/inside", &[], BOTH),
                vec![pods_of("a", &[])],
                vec![],
            ),
            vec![pods_of("a", &[])],
            vec![],
        ));
    // As subject: nothing isolates it.
    let inbound = world.ask("203.0.113.1", "a/host", "TCP/80");
    assert_eq!(inbound.ingress, "not isolated");
    // As peer: the selector that picks every pod of the namespace does not pick it.
    let from_host = world.ask("a/host", "a/x", "TCP/80");
    assert_eq!(from_host.ingress, "isolated by NetworkPolicy a/inside");
    let to_host = world.ask("a/x", "a/host", "TCP/80");
    assert_eq!(to_host.egress, "isolated by NetworkPolicy a/inside");
}

/// S-HOSTNET: it carries its node's address, so an ipBlock covers it, and lookup finds the node.
#[test]
fn host_network_pods_are_their_node() {
    let world = |dialect| {
        World::new()
            .dialect(dialect)
            .namespace("a", &[])
            .node("n1", &["192.168.0.1"], &[])
            .endpoint(Endpoint {
                host_network: true,
                node: Some("n1".to_owned()),
                ..pod("a/host", &[], &["192.168.0.1"])
            })
            .endpoint(Endpoint {
                node: Some("n2".to_owned()),
                ..pod("a/x", &[], &["10.0.0.5"])
            })
            .policy(allow_from(
                network_policy("a/nodes", &[], IN),
                vec![block("192.168.0.0/16", &[])],
                vec![],
            ))
    };
    assert!(world(Dialect::Kubernetes).allows("a/host", "a/x", "TCP/80"));
    assert!(!world(Dialect::Cilium).allows("a/host", "a/x", "TCP/80"));
    let cluster = world(Dialect::Kubernetes).cluster();
    assert!(matches!(
        party_of(&cluster, "192.168.0.1"),
        Party::Node(0, _)
    ));
}

/// S-NODE: the node that a pod runs on always reaches it, other nodes do not.
#[test]
fn a_node_reaches_its_own_pods() {
    let world = World::new()
        .namespace("a", &[])
        .node("n1", &["192.168.0.1"], &[])
        .node("n2", &["192.168.0.2"], &[])
        .endpoint(Endpoint {
            node: Some("n1".to_owned()),
            ..pod("a/x", &[], &["10.0.0.5"])
        })
        .endpoint(Endpoint {
            host_network: true,
            node: Some("n1".to_owned()),
            ..pod("a/host", &[], &["192.168.0.1"])
        })
        .policy(network_policy("a/none", &[], BOTH));
    assert_eq!(
        world.ask("node/n1", "a/x", "TCP/10250").ingress,
        "local node"
    );
    assert_eq!(
        world.ask("a/host", "a/x", "TCP/10250").ingress,
        "local node"
    );
    assert!(!world.allows("node/n2", "a/x", "TCP/10250"));
    // The exception is the source's, not the destination's.
    assert!(!world.allows("a/x", "node/n1", "TCP/10250"));
}

/// S-NODE: where it is not known on which node a pod runs, and it matters, the answer is unknown.
#[test]
fn an_unplaced_pod_may_be_on_any_node() {
    let world = World::new()
        .namespace("a", &[])
        .node("n1", &["192.168.0.1"], &[])
        .pod("a/x", &[], &["10.0.0.5"]);
    assert!(world.allows("node/n1", "a/x", "TCP/80"));
    let shut = world.policy(network_policy("a/none", &[], IN));
    let side = shut.ask("node/n1", "a/x", "TCP/80").decision.ingress;
    assert_eq!(side.verdict, Verdict::Unknown);
    assert_eq!(side.cause, Some(UnknownCause::NoNode));
}

/// S-FORWARDED: a source of which nobody knows who it is matches neither selector nor ipBlock.
#[test]
fn nobody_speaks_of_an_unknown_source() {
    let world = World::new()
        .namespace("a", &[])
        .pod("a/x", &[("app", "x")], &["10.0.0.5"])
        .pod("a/open", &[("app", "open")], &["10.0.0.6"])
        .policy(allow_from(
            network_policy("a/x", &[("app", "x")], IN),
            vec![
                pods_in(&[], &[]),
                block("0.0.0.0/0", &[]),
                block("::/0", &[]),
            ],
            vec![],
        ))
        .policy(crate::world::with_rule(
            network_policy("a/open", &[("app", "open")], IN),
            Direction::Ingress,
            netpol_policy::Action::Allow,
            None,
            None,
        ));
    assert!(!world.allows("?", "a/x", "TCP/80"));
    // A rule without peers speaks of everybody.
    assert!(world.allows("?", "a/open", "TCP/80"));
}

/// S-UNKNOWN-POD: an address of a pod CIDR without a pod is no pod that a selector picks, and
/// never the world.
#[test]
fn an_unknown_pod_is_not_the_world() {
    let world = |dialect| {
        World::new()
            .dialect(dialect)
            .namespace("a", &[])
            .node("n1", &[], &["10.0.0.0/24"])
            .pod("a/x", &[("app", "x")], &["10.0.0.5"])
            .pod("a/y", &[("app", "y")], &["10.0.0.6"])
            .policy(allow_from(
                network_policy("a/x", &[("app", "x")], IN),
                vec![block("0.0.0.0/0", &[])],
                vec![],
            ))
            .policy(allow_from(
                network_policy("a/y", &[("app", "y")], IN),
                vec![pods_in(&[], &[])],
                vec![],
            ))
    };
    assert!(world(Dialect::Kubernetes).allows("10.0.0.77", "a/x", "TCP/80"));
    assert!(!world(Dialect::Cilium).allows("10.0.0.77", "a/x", "TCP/80"));
    assert!(world(Dialect::Cilium).allows("10.0.1.77", "a/x", "TCP/80"));
    for dialect in [Dialect::Kubernetes, Dialect::Cilium] {
        assert!(!world(dialect).allows("10.0.0.77", "a/y", "TCP/80"));
    }
}

/// S-SERVICE: rules speak of the pod's port, never of the service's.
#[test]
fn policy_is_judged_after_translation() {
    // Service port 80, target port 8080: the packet arrives at 8080.
    let world = World::new()
        .namespace("a", &[])
        .pod("a/web", &[("app", "web")], &["10.0.0.5"])
        .pod("a/client", &[], &["10.0.0.6"])
        .policy(allow_from(
            network_policy("a/web", &[("app", "web")], OUT),
            vec![],
            vec![],
        ))
        .policy(allow_from(
            network_policy("a/web-in", &[("app", "web")], IN),
            vec![pods_of("a", &[])],
            vec![tcp(8080)],
        ));
    assert!(world.allows("a/client", "a/web", "TCP/8080"));
    assert!(!world.allows("a/client", "a/web", "TCP/80"));
}
