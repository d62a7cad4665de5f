//! Part 6: tiers.

use crate::world::{
    World, allow_from, block, network_policy, pods_in, pods_of, tcp, tiered_policy, with_rule,
};
use netpol_policy::{Action, Dialect, Direction, Policy, Tier};

const IN: &[Direction] = &[Direction::Ingress];

fn world() -> World {
    World::new()
        .namespace("a", &[("team", "a")])
        .pod("a/client", &[("app", "client")], &["10.0.0.1"])
        .pod("a/server", &[("app", "server")], &["10.0.0.2"])
}

fn admin(name: &str, priority: u16, rules: &[(Action, u16)]) -> Policy {
    ruled(tiered_policy(name, Tier::Admin { priority }, &[]), rules)
}

fn baseline(name: &str, priority: u16, rules: &[(Action, u16)]) -> Policy {
    ruled(tiered_policy(name, Tier::Baseline { priority }, &[]), rules)
}

/// Ingress rules about pods of team a; port 0 means all ports.
fn ruled(policy: Policy, rules: &[(Action, u16)]) -> Policy {
    rules.iter().fold(policy, |policy, (action, port)| {
        let ports = (*port != 0).then(|| vec![tcp(*port)]);
        let peers = Some(vec![pods_in(&[("team", "a")], &[])]);
        with_rule(policy, Direction::Ingress, *action, peers, ports)
    })
}

/// A `NetworkPolicy` that lets the client reach the server's port 80 and nothing else.
fn namespace_tier() -> Policy {
    allow_from(
        network_policy("a/np", &[("app", "server")], IN),
        vec![pods_of("a", &[("app", "client")])],
        vec![tcp(80)],
    )
}

fn reason(world: &World, port: &str) -> String {
    world.ask("a/client", "a/server", port).ingress
}

/// S-TIERS: admin, then the namespace's policies, then baseline, then allow.
#[test]
fn tiers_are_asked_in_order() {
    let all = world()
        .policy(baseline("base", 0, &[(Action::Deny, 0)]))
        .policy(namespace_tier())
        .policy(admin("admin", 5, &[(Action::Deny, 80)]));
    assert_eq!(
        reason(&all, "TCP/80"),
        "ClusterNetworkPolicy admin ingress[0]"
    );
    assert_eq!(reason(&all, "TCP/81"), "isolated by NetworkPolicy a/np");

    let without_admin = world()
        .policy(baseline("base", 0, &[(Action::Deny, 0)]))
        .policy(namespace_tier());
    assert_eq!(
        reason(&without_admin, "TCP/80"),
        "NetworkPolicy a/np ingress[0]"
    );

    let baseline_alone = world().policy(baseline("base", 0, &[(Action::Deny, 80)]));
    assert_eq!(
        reason(&baseline_alone, "TCP/80"),
        "ClusterNetworkPolicy base ingress[0]"
    );
    assert_eq!(reason(&baseline_alone, "TCP/81"), "not isolated");
}

/// S-TIERS: the namespace tier is final for the pods that it isolates, even against an allowing
/// baseline, and only in the isolated direction.
#[test]
fn isolation_hides_the_baseline() {
    let world = world()
        .policy(namespace_tier())
        .policy(baseline("base", 0, &[(Action::Allow, 0)]));
    assert!(!world.allows("a/client", "a/server", "TCP/81"));
    let denying = world.policy(baseline("deny", 1, &[(Action::Deny, 0)]));
    assert!(denying.allows("a/client", "a/server", "TCP/80"));
}

/// S-TIERS: an admin policy isolates nobody by selecting.
#[test]
fn admin_policies_do_not_isolate() {
    let world = world().policy(admin("admin", 5, &[(Action::Allow, 80)]));
    assert_eq!(reason(&world, "TCP/81"), "not isolated");
}

/// S-TIERS, S-SIDES: what an admin policy accepts on egress still meets the destination's ingress.
#[test]
fn admin_accept_is_for_its_own_side() {
    let out = with_rule(
        tiered_policy("out", Tier::Admin { priority: 1 }, &[]),
        Direction::Egress,
        Action::Allow,
        None,
        None,
    );
    let world = world().policy(out).policy(namespace_tier());
    assert!(world.allows("a/client", "a/server", "TCP/80"));
    assert!(!world.allows("a/client", "a/server", "TCP/81"));
}

/// S-TIER-ORDERED: the lower priority number first, then the order of the rules.
#[test]
fn the_first_match_decides() {
    let by_priority = world()
        .policy(admin("late", 9, &[(Action::Deny, 80)]))
        .policy(admin("early", 1, &[(Action::Allow, 80)]));
    assert_eq!(
        reason(&by_priority, "TCP/80"),
        "ClusterNetworkPolicy early ingress[0]"
    );

    let allow_first = world().policy(admin("p", 1, &[(Action::Allow, 80), (Action::Deny, 0)]));
    assert!(allow_first.allows("a/client", "a/server", "TCP/80"));
    assert!(!allow_first.allows("a/client", "a/server", "TCP/81"));
    let deny_first = world().policy(admin("p", 1, &[(Action::Deny, 0), (Action::Allow, 80)]));
    assert!(!deny_first.allows("a/client", "a/server", "TCP/80"));
}

/// S-TIER-PASS: Pass skips the rest of its tier, later policies included, and no more than that.
#[test]
fn pass_leaves_the_tier() {
    let passing = || {
        world()
            .policy(admin("pass", 1, &[(Action::Pass, 80)]))
            .policy(admin("deny", 2, &[(Action::Deny, 0)]))
    };
    assert_eq!(reason(&passing(), "TCP/80"), "not isolated");
    assert_eq!(
        reason(&passing(), "TCP/81"),
        "ClusterNetworkPolicy deny ingress[0]"
    );
    let with_namespace = passing().policy(namespace_tier());
    assert_eq!(
        reason(&with_namespace, "TCP/80"),
        "NetworkPolicy a/np ingress[0]"
    );
    let with_baseline = passing().policy(baseline("base", 0, &[(Action::Deny, 80)]));
    assert_eq!(
        reason(&with_baseline, "TCP/80"),
        "ClusterNetworkPolicy base ingress[0]"
    );
}

/// S-TIER-PORTS: ports that a rule does not cover go on to later rules and tiers on their own.
#[test]
fn ports_fall_through_separately() {
    let world = world()
        .policy(admin(
            "admin",
            1,
            &[(Action::Deny, 22), (Action::Pass, 443)],
        ))
        .policy(namespace_tier());
    assert_eq!(
        reason(&world, "TCP/22"),
        "ClusterNetworkPolicy admin ingress[0]"
    );
    assert_eq!(reason(&world, "TCP/80"), "NetworkPolicy a/np ingress[0]");
    assert_eq!(reason(&world, "TCP/443"), "isolated by NetworkPolicy a/np");
}

/// S-NETWORKS: all addresses of a block, with ICMP, the cluster's own by dialect.
#[test]
fn networks_cover_the_cluster() {
    let world = |dialect| {
        let networks = Some(vec![block("0.0.0.0/0", &[])]);
        let policy = tiered_policy("p", Tier::Admin { priority: 1 }, &[("app", "client")]);
        let policy = with_rule(policy, Direction::Egress, Action::Deny, networks, None);
        let node = world().node("n", &["192.168.0.1"], &["10.0.0.0/24"]);
        node.dialect(dialect).policy(policy)
    };
    let inside = ["10.0.0.2", "10.0.0.77", "192.168.0.1"];
    for port in ["TCP/80", "ICMP/8"] {
        for to in inside {
            let (kubernetes, cilium) = (world(Dialect::Kubernetes), world(Dialect::Cilium));
            assert!(!kubernetes.allows("a/client", to, port), "{to}");
            assert!(cilium.allows("a/client", to, port), "{to}");
        }
        for dialect in [Dialect::Kubernetes, Dialect::Cilium] {
            assert!(!world(dialect).allows("a/client", "203.0.113.1", port));
            assert!(world(dialect).allows("a/client", "2001:db8::1", "ICMPV6/128"));
        }
    }
}

/// S-FAIL-CLOSED: an accept that matches nothing leaves the packet to later rules; a deny of
/// everything keeps it from them.
#[test]
fn rules_that_are_not_known_fail_closed() {
    let with = |action, peers| {
        let policy = tiered_policy("p", Tier::Admin { priority: 1 }, &[]);
        let policy = with_rule(policy, Direction::Ingress, action, peers, None);
        let rest = Some(vec![pods_in(&[], &[])]);
        world().policy(with_rule(
            policy,
            Direction::Ingress,
            Action::Allow,
            rest,
            None,
        ))
    };
    let nothing = with(Action::Allow, Some(Vec::new()));
    assert_eq!(
        reason(&nothing, "TCP/80"),
        "ClusterNetworkPolicy p ingress[1]"
    );
    let everything = with(Action::Deny, None);
    assert!(!everything.allows("a/client", "a/server", "TCP/80"));
    assert!(!everything.allows("a/client", "a/server", "ICMP/8"));
    assert!(!everything.allows("?", "a/server", "TCP/80"));
}
