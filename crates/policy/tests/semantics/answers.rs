//! Part 1: what an answer is.

use crate::world::{
    World, allow_from, allow_to, block, network_policy, pods_in, pods_of, tcp, tcp_named,
};
use netpol_policy::{Direction, Matrix, PolicySet, Protocol, RuleId, Verdict, decide};
use netpol_policy::{Flow, Party, UnknownCause};

const BOTH: &[Direction] = &Direction::BOTH;
const IN: &[Direction] = &[Direction::Ingress];
const OUT: &[Direction] = &[Direction::Egress];

/// Two pods, the first of which is called `web` and the second `db`.
fn shop() -> World {
    World::new()
        .namespace("shop", &[])
        .pod("shop/web", &[("app", "web")], &["10.0.0.1"])
        .pod("shop/db", &[("app", "db")], &["10.0.0.2"])
}

/// S-SIDES: one side that denies is enough.
#[test]
fn both_sides_must_allow() {
    let ingress = allow_from(
        network_policy("shop/db", &[("app", "db")], IN),
        vec![pods_of("shop", &[("app", "web")])],
        vec![tcp(5432)],
    );
    let egress = |port| {
        allow_to(
            network_policy("shop/web", &[("app", "web")], OUT),
            vec![pods_of("shop", &[("app", "db")])],
            vec![tcp(port)],
        )
    };
    let agreed = shop().policy(ingress.clone()).policy(egress(5432));
    assert!(agreed.allows("shop/web", "shop/db", "TCP/5432"));

    // Each side allows something, but no port that the other one allows.
    let crossed = shop().policy(ingress).policy(egress(3306));
    let at_5432 = crossed.ask("shop/web", "shop/db", "TCP/5432");
    assert_eq!(at_5432.decision.ingress.verdict, Verdict::Allow);
    assert_eq!(at_5432.decision.egress.verdict, Verdict::Deny);
    assert_eq!(at_5432.verdict(), Verdict::Deny);
    let at_3306 = crossed.ask("shop/web", "shop/db", "TCP/3306");
    assert_eq!(at_3306.decision.ingress.verdict, Verdict::Deny);
    assert_eq!(at_3306.decision.egress.verdict, Verdict::Allow);
    assert_eq!(at_3306.verdict(), Verdict::Deny);
}

/// S-SIDES: an undecided side does not soften a denial on the other one.
#[test]
fn deny_beats_unknown() {
    let open = shop()
        .pod("elsewhere/x", &[], &["10.0.0.9"])
        .policy(allow_from(
            network_policy("shop/db", &[("app", "db")], IN),
            vec![pods_in(&[("team", "a")], &[])],
            vec![],
        ));
    assert_eq!(
        open.ask("elsewhere/x", "shop/db", "TCP/1").verdict(),
        Verdict::Unknown
    );
    let shut = open.policy(network_policy("elsewhere/none", &[], OUT));
    let answer = shut.ask("elsewhere/x", "shop/db", "TCP/1");
    assert_eq!(answer.decision.ingress.verdict, Verdict::Unknown);
    assert_eq!(answer.verdict(), Verdict::Deny);
}

/// S-REASON: a default deny names the policy that isolates, an allow the first rule that gives it.
#[test]
fn every_side_names_its_rule() {
    let free = shop().ask("shop/web", "shop/db", "TCP/80");
    assert_eq!(free.ingress, "not isolated");
    assert_eq!(free.egress, "not isolated");

    let from_web = |id| {
        allow_from(
            network_policy(id, &[("app", "db")], IN),
            vec![pods_of("shop", &[("app", "web")])],
            vec![tcp(80)],
        )
    };
    let world = shop()
        .policy(from_web("shop/second"))
        .policy(from_web("shop/first"));
    let allowed = world.ask("shop/web", "shop/db", "TCP/80");
    assert_eq!(allowed.ingress, "NetworkPolicy shop/first ingress[0]");
    let denied = world.ask("shop/web", "shop/db", "TCP/81");
    assert_eq!(denied.ingress, "isolated by NetworkPolicy shop/first");
    assert_eq!(denied.egress, "not isolated");
}

/// S-REASON: numbers count from 16 in canonical order, two for isolation and one for each rule.
#[test]
fn rule_numbers_are_stable() {
    let policy = |id| allow_from(network_policy(id, &[], BOTH), vec![], vec![tcp(1)]);
    let one_way = shop().policy(policy("shop/a")).policy(policy("shop/b"));
    let other_way = shop().policy(policy("shop/b")).policy(policy("shop/a"));
    assert_eq!(one_way.policies(), other_way.policies());
    let set = one_way.policies();
    assert_eq!(set.isolation_id(0, Direction::Ingress), RuleId(16));
    assert_eq!(set.isolation_id(0, Direction::Egress), RuleId(17));
    assert_eq!(set.rule_id(0, 0), RuleId(18));
    assert_eq!(set.isolation_id(1, Direction::Ingress), RuleId(19));
    assert_eq!(set.id_bound(), 22);
}

/// S-UNKNOWN: what cannot be known stays unknown and says why …
#[test]
fn what_cannot_be_known_is_said() {
    let world = shop()
        .pod("elsewhere/x", &[], &["10.0.0.9"])
        .policy(allow_from(
            network_policy("shop/db", &[("app", "db")], IN),
            vec![pods_in(&[("team", "a")], &[])],
            vec![],
        ));
    let side = world
        .ask("elsewhere/x", "shop/db", "TCP/1")
        .decision
        .ingress;
    assert_eq!(side.verdict, Verdict::Unknown);
    assert_eq!(side.cause, Some(UnknownCause::NamespaceLabels));
}

/// S-UNKNOWN: … but when every possibility ends alike, the answer is known.
#[test]
fn possibilities_that_end_alike_are_an_answer() {
    let world = shop()
        .pod("elsewhere/x", &[], &["10.0.0.9"])
        .policy(allow_from(
            network_policy("shop/db", &[("app", "db")], IN),
            vec![pods_in(&[("team", "a")], &[]), pods_in(&[], &[])],
            vec![],
        ));
    let side = world
        .ask("elsewhere/x", "shop/db", "TCP/1")
        .decision
        .ingress;
    assert_eq!(side.verdict, Verdict::Allow);
    assert_eq!(side.cause, None);
}

/// S-OPENING: the answer is about the packet that opens a connection, so it has a direction.
#[test]
fn replies_are_not_asked_about() {
    let world = shop().policy(network_policy("shop/web", &[("app", "web")], IN));
    assert!(world.allows("shop/web", "shop/db", "TCP/80"));
    assert!(!world.allows("shop/db", "shop/web", "TCP/80"));
}

/// S-ORDER: neither the order of policies nor that of rules and peers changes a verdict.
#[test]
fn order_of_the_input_does_not_matter() {
    let policies = || {
        vec![
            network_policy("shop/nothing", &[], BOTH),
            allow_from(
                network_policy("shop/db", &[("app", "db")], IN),
                vec![pods_of("shop", &[("app", "web")]), pods_of("shop", &[])],
                vec![tcp(80), tcp(443)],
            ),
            allow_to(
                allow_to(
                    network_policy("shop/web", &[("app", "web")], OUT),
                    vec![pods_of("shop", &[])],
                    vec![tcp(443)],
                ),
                vec![pods_of("shop", &[])],
                vec![tcp(80)],
            ),
        ]
    };
    let world = |list: Vec<_>| list.into_iter().fold(shop(), World::policy);
    let mut reversed = policies();
    reversed.reverse();
    for policy in &mut reversed {
        policy.rules.reverse();
        for rule in &mut policy.rules {
            rule.peers.iter_mut().for_each(|p| p.reverse());
            rule.ports.iter_mut().for_each(|p| p.reverse());
        }
    }
    let (straight, reversed) = (world(policies()), world(reversed));
    for (from, to) in [("shop/web", "shop/db"), ("shop/db", "shop/web")] {
        for port in ["TCP/79", "TCP/80", "TCP/443", "TCP/444", "UDP/80"] {
            let verdict = |world: &World| world.ask(from, to, port).verdict();
            assert_eq!(verdict(&straight), verdict(&reversed), "{from} {to} {port}");
        }
    }
    assert!(straight.allows("shop/web", "shop/db", "TCP/80"));
    assert!(!straight.allows("shop/web", "shop/db", "TCP/79"));
}

/// S-TWO: the two evaluators give the same decision, rule and cause included, for every pair of
/// parties and both ends of every atom.
#[test]
fn evaluators_agree_on_every_atom() {
    let world = shop()
        .node("n1", &["192.168.0.1"], &["10.0.0.0/24"])
        .pod("elsewhere/x", &[], &[])
        .policy(network_policy("shop/nothing", &[], BOTH))
        .policy(allow_from(
            network_policy("shop/db", &[("app", "db")], IN),
            vec![
                pods_in(&[("team", "a")], &[]),
                block("10.0.0.0/25", &["10.0.0.2/32"]),
            ],
            vec![tcp(80), tcp_named("sql")],
        ))
        .policy(allow_to(
            network_policy("shop/out", &[], OUT),
            vec![block("10.0.0.0/25", &[]), block("2001:db8::/32", &[])],
            vec![],
        ));
    let (cluster, policies): (_, PolicySet) = (world.cluster(), world.policies());
    let matrix = Matrix::new(&policies, &cluster);
    let mut parties = vec![Party::Unknown, Party::Node(0, None)];
    parties.extend((0..cluster.endpoints.len()).map(|at| {
        let first = cluster
            .endpoints
            .get(at)
            .and_then(|e| e.addresses.first().copied());
        Party::Endpoint(at, first)
    }));
    parties.extend(
        ["10.0.0.77", "10.0.0.200", "8.8.8.8", "2001:db8::1"]
            .map(|a| cluster.party_of(a.parse().expect("an address"))),
    );
    let mut asked = 0;
    for &source in &parties {
        for &destination in &parties {
            for atom in matrix.atoms().iter() {
                for port in [atom.first, atom.last] {
                    let flow = Flow {
                        source,
                        destination,
                        protocol: atom.protocol,
                        port,
                    };
                    let slow = decide(&policies, &cluster, &flow);
                    assert_eq!(Some(slow), matrix.decide(&flow), "{flow:?}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked >= parties.len() * parties.len() * Protocol::ALL.len());
}
