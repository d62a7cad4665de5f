//! Part 4: selectors, peers and address blocks.

use crate::world::{
    World, allow_from, allow_to, block, labels_of, network_policy, pod, pods_in, pods_of,
};
use netpol_policy::{
    Dialect, Direction, Endpoint, IpBlock, Operator, Requirement, Selector, UnknownCause, Verdict,
};

const IN: &[Direction] = &[Direction::Ingress];
const OUT: &[Direction] = &[Direction::Egress];

fn requirement(key: &str, operator: Operator, values: &[&str]) -> Selector {
    Selector {
        requirements: vec![Requirement {
            key: key.to_owned(),
            operator,
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        }],
    }
}

/// S-SELECTOR: the four operators on a label that has one of the values, another one, or none.
#[test]
fn four_operators() {
    let cases = [
        (Operator::In, &["a", "b"][..], [true, false, false]),
        (Operator::NotIn, &["a", "b"][..], [false, true, true]),
        (Operator::Exists, &[][..], [true, true, false]),
        (Operator::DoesNotExist, &[][..], [false, false, true]),
    ];
    let labels = [
        labels_of(&[("k", "b"), ("other", "z")]),
        labels_of(&[("k", "c"), ("other", "z")]),
        labels_of(&[("other", "a")]),
    ];
    for (operator, values, expected) in cases {
        let selector = requirement("k", operator, values);
        for (labels, expected) in labels.iter().zip(expected) {
            assert_eq!(
                selector.matches(labels),
                expected,
                "{operator:?} on {labels:?}"
            );
        }
    }
}

/// S-SELECTOR: requirements are joined by "and"; without any, everything matches.
#[test]
fn requirements_must_all_hold() {
    let both = Selector::match_labels([("a", "1"), ("b", "2")]);
    assert!(both.matches(&labels_of(&[("a", "1"), ("b", "2"), ("c", "3")])));
    assert!(!both.matches(&labels_of(&[("a", "1")])));
    assert!(Selector::everything().matches(&labels_of(&[])));
}

/// S-SUBJECT: a policy selects pods of its own namespace only.
#[test]
fn the_subject_is_of_the_policys_namespace() {
    let world = World::new()
        .namespace("a", &[])
        .namespace("b", &[])
        .pod("a/x", &[("app", "x")], &["10.0.0.1"])
        .pod("a/y", &[("app", "y")], &["10.0.0.2"])
        .pod("b/x", &[("app", "x")], &["10.0.0.3"])
        .policy(network_policy("a/x", &[("app", "x")], IN));
    assert!(!world.allows("a/y", "a/x", "TCP/80"));
    assert!(world.allows("a/x", "a/y", "TCP/80"));
    assert!(world.allows("a/y", "b/x", "TCP/80"));
    // The empty selector: every pod of the namespace, none of another.
    let all = world.policy(network_policy("a/all", &[], IN));
    assert!(!all.allows("a/x", "a/y", "TCP/80"));
    assert!(all.allows("a/y", "b/x", "TCP/80"));
}

/// Namespaces `a` (team=red) and `b` (team=blue), a pod app=x and a pod app=y in each.
fn two_teams() -> World {
    World::new()
        .namespace("a", &[("team", "red")])
        .namespace("b", &[("team", "blue")])
        .namespace("t", &[])
        .pod("a/x", &[("app", "x")], &["10.0.0.1"])
        .pod("a/y", &[("app", "y")], &["10.0.0.2"])
        .pod("b/x", &[("app", "x")], &["10.0.0.3"])
        .pod("b/y", &[("app", "y")], &["10.0.0.4"])
        .pod("t/t", &[], &["10.0.0.5"])
}

/// Which of the four pods reach `t/t` under these peers.
fn reaching(peers: Vec<netpol_policy::Peer>) -> Vec<&'static str> {
    let world = two_teams().policy(allow_from(
        network_policy("t/policy", &[], IN),
        peers,
        vec![],
    ));
    ["a/x", "a/y", "b/x", "b/y"]
        .into_iter()
        .filter(|from| world.allows(from, "t/t", "TCP/80"))
        .collect()
}

/// S-PEER-POD: one item joins its selectors by "and", two items by "or".
#[test]
fn and_within_an_item_or_between_items() {
    let in_one_item = reaching(vec![pods_in(&[("team", "red")], &[("app", "x")])]);
    assert_eq!(in_one_item, ["a/x"]);
    let in_two_items = reaching(vec![
        pods_in(&[("team", "red")], &[]),
        pods_in(&[], &[("app", "x")]),
    ]);
    assert_eq!(in_two_items, ["a/x", "a/y", "b/x"]);
}

/// S-PEER-POD: a podSelector alone means the policy's namespace, a namespaceSelector alone every
/// pod there, an empty namespaceSelector every namespace.
#[test]
fn scope_of_a_lone_selector() {
    assert!(reaching(vec![pods_of("t", &[])]).is_empty());
    assert_eq!(
        reaching(vec![pods_in(&[("team", "blue")], &[])]),
        ["b/x", "b/y"]
    );
    assert_eq!(
        reaching(vec![pods_in(&[], &[])]),
        ["a/x", "a/y", "b/x", "b/y"]
    );
}

/// S-PEER-POD: selectors never match what is no pod of the cluster.
#[test]
fn selectors_do_not_reach_outside() {
    let world = two_teams().policy(allow_from(
        network_policy("t/policy", &[], IN),
        vec![pods_in(&[], &[])],
        vec![],
    ));
    assert!(!world.allows("203.0.113.7", "t/t", "TCP/80"));
}

fn from_block(dialect: Dialect, cidr: &str, except: &[&str]) -> World {
    two_teams()
        .dialect(dialect)
        .node("n1", &["192.168.0.1"], &[])
        .node("elsewhere", &[], &[])
        .endpoint(Endpoint {
            node: Some("elsewhere".to_owned()),
            ..pod("t/placed", &[], &["10.0.0.9"])
        })
        .policy(allow_from(
            network_policy("t/block", &[], IN),
            vec![block(cidr, except)],
            vec![],
        ))
}

/// S-IPBLOCK: the addresses of the block without its holes, first and last included.
#[test]
fn blocks_have_holes() {
    let world = from_block(
        Dialect::Kubernetes,
        "172.16.0.0/24",
        &["172.16.0.64/26", "172.16.0.96/27", "172.16.0.200/32"],
    );
    for (address, inside) in [
        ("172.15.255.255", false),
        ("172.16.0.0", true),
        ("172.16.0.63", true),
        ("172.16.0.64", false),
        ("172.16.0.127", false),
        ("172.16.0.128", true),
        ("172.16.0.199", true),
        ("172.16.0.200", false),
        ("172.16.0.201", true),
        ("172.16.0.255", true),
        ("172.16.1.0", false),
    ] {
        assert_eq!(world.allows(address, "t/t", "TCP/80"), inside, "{address}");
    }
}

/// S-IPBLOCK: host bits do not count, and no family covers the other one.
#[test]
fn blocks_are_of_one_family() {
    let with_host_bits = IpBlock::new("10.1.2.3/16".parse().expect("a CIDR"), []);
    assert!(with_host_bits.contains("10.1.255.1".parse().expect("an address")));
    let v6 = from_block(Dialect::Kubernetes, "::/0", &["2001:db8::/32"]);
    assert!(v6.allows("2001:db7::1", "t/t", "TCP/80"));
    assert!(!v6.allows("2001:db8::1", "t/t", "TCP/80"));
    assert!(!v6.allows("203.0.113.7", "t/t", "TCP/80"));
    let v4 = from_block(Dialect::Kubernetes, "0.0.0.0/0", &[]);
    assert!(v4.allows("203.0.113.7", "t/t", "TCP/80"));
    assert!(!v4.allows("2001:db7::1", "t/t", "TCP/80"));
    assert!(!v4.allows("::ffff:203.0.113.7", "t/t", "TCP/80"));
}

/// S-IPBLOCK-DIALECT: pods and nodes are covered in the kubernetes dialect, never in cilium's.
#[test]
fn who_is_covered_depends_on_the_dialect() {
    let kubernetes = from_block(Dialect::Kubernetes, "0.0.0.0/0", &["10.0.0.2/32"]);
    assert!(kubernetes.allows("a/x", "t/t", "TCP/80"));
    assert!(!kubernetes.allows("a/y", "t/t", "TCP/80"));
    assert!(kubernetes.allows("node/n1", "t/placed", "TCP/80"));
    assert!(kubernetes.allows("203.0.113.7", "t/t", "TCP/80"));
    let cilium = from_block(Dialect::Cilium, "0.0.0.0/0", &["10.0.0.2/32"]);
    assert!(!cilium.allows("a/x", "t/t", "TCP/80"));
    assert!(!cilium.allows("node/n1", "t/placed", "TCP/80"));
    assert!(cilium.allows("203.0.113.7", "t/t", "TCP/80"));
}

/// The verdict for egress from `t/t` to a pod without an address, under one block.
fn offline(pod_cidrs: &[&str], cidr: &str, except: &[&str]) -> Verdict {
    let mut world = two_teams().pod("t/offline", &[], &[]).policy(allow_to(
        network_policy("t/out", &[], OUT),
        vec![block(cidr, except)],
        vec![],
    ));
    if !pod_cidrs.is_empty() {
        world = world.node("n1", &[], pod_cidrs);
    }
    let side = world.ask("t/t", "t/offline", "TCP/80").decision.egress;
    assert_eq!(
        side.cause,
        (side.verdict == Verdict::Unknown).then_some(UnknownCause::NoAddress)
    );
    side.verdict
}

/// S-IPBLOCK-OFFLINE: a pod without an address gets one from the pod CIDRs.
#[test]
fn pods_without_address_take_one_from_the_pod_cidrs() {
    let pods = &["10.0.0.0/24", "10.0.1.0/24"];
    assert_eq!(offline(pods, "10.0.0.0/16", &[]), Verdict::Allow);
    assert_eq!(offline(pods, "10.1.0.0/16", &[]), Verdict::Deny);
    assert_eq!(offline(pods, "10.0.1.0/24", &[]), Verdict::Unknown);
    assert_eq!(
        offline(pods, "10.0.0.0/16", &["10.0.0.0/16"]),
        Verdict::Deny
    );
    assert_eq!(
        offline(pods, "10.0.0.0/16", &["10.0.1.128/25"]),
        Verdict::Unknown
    );
}

/// S-IPBLOCK-OFFLINE: a whole family covers pods of that family only.
#[test]
fn whole_families_cover_pods_of_their_family() {
    assert_eq!(offline(&["10.0.0.0/24"], "0.0.0.0/0", &[]), Verdict::Allow);
    assert_eq!(offline(&["10.0.0.0/24"], "::/0", &[]), Verdict::Deny);
    assert_eq!(offline(&["fd00::/64"], "::/0", &[]), Verdict::Allow);
    let dual = &["10.0.0.0/24", "fd00::/64"];
    assert_eq!(offline(dual, "0.0.0.0/0", &[]), Verdict::Unknown);
}

/// S-IPBLOCK-OFFLINE: without pod CIDRs only `0.0.0.0/0` is certain.
#[test]
fn without_pod_cidrs_most_blocks_are_unknown() {
    assert_eq!(offline(&[], "10.0.0.0/8", &[]), Verdict::Unknown);
    assert_eq!(offline(&[], "0.0.0.0/0", &["10.0.0.0/8"]), Verdict::Unknown);
    assert_eq!(offline(&[], "0.0.0.0/0", &[]), Verdict::Allow);
    assert_eq!(offline(&[], "::/0", &[]), Verdict::Unknown);
}

/// S-IPBLOCK-OFFLINE: nobody has a link-local, loopback or multicast address.
#[test]
fn nobody_is_at_the_metadata_service() {
    let metadata = "169.254.169.254/32";
    assert_eq!(offline(&[], metadata, &[]), Verdict::Deny);
    assert_eq!(offline(&[], "0.0.0.0/0", &[metadata]), Verdict::Allow);
    let open = &[metadata, "127.0.0.0/8", "224.0.0.0/24"];
    assert_eq!(offline(&[], "0.0.0.0/0", open), Verdict::Allow);
    for block in ["fe80::/10", "ff02::1/128", "::1/128", "127.0.0.1/32"] {
        assert_eq!(offline(&[], block, &[]), Verdict::Deny, "{block}");
    }
    assert_eq!(offline(&[], "128.0.0.0/1", &[]), Verdict::Unknown);
}

/// S-IPBLOCK-OFFLINE, S-HOSTNET: a host-network pod takes its node's addresses, not a pod's.
#[test]
fn host_network_pods_take_no_pod_address() {
    let verdict = |node: Option<&str>, cidr: &str| {
        two_teams()
            .node("n1", &["192.168.0.1"], &["10.0.0.0/24"])
            .endpoint(Endpoint {
                host_network: true,
                node: node.map(str::to_owned),
                ..pod("t/host", &[], &[])
            })
            .policy(allow_to(
                network_policy("t/out", &[], OUT),
                vec![block(cidr, &[])],
                vec![],
            ))
            .ask("t/t", "t/host", "TCP/80")
            .verdict()
    };
    assert_eq!(verdict(Some("n1"), "192.168.0.0/24"), Verdict::Allow);
    assert_eq!(verdict(Some("n1"), "10.0.0.0/24"), Verdict::Deny);
    assert_eq!(verdict(None, "10.0.0.0/24"), Verdict::Unknown);
    assert_eq!(verdict(None, "192.168.0.0/24"), Verdict::Unknown);
}
