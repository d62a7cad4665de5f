//! Part 7: nodes, names and conditions.

use crate::world::{
    Pairs, World, allow_from, allow_to, block, network_policy, pod, tcp, tiered_policy, with_rule,
};
use netpol_policy::{
    Action, Condition, Dialect, Direction, Endpoint, EndpointSelector, Entity, Flow,
    NamespaceScope, Options, Party, Peer, Policy, PolicySet, Rule, Selector, Service, Subject,
    Tier, UnknownCause, Verdict, cluster::ServicePort, decide, labels::SERVICE_ACCOUNT,
};

const BOTH: &[Direction] = &[Direction::Ingress, Direction::Egress];

/// Two nodes with a pod each, one of them with a host-network pod, and the world.
fn world() -> World {
    World::new()
        .namespace("a", &[])
        .node("n1", &["192.168.0.1"], &["10.0.1.0/24"])
        .node("n2", &["192.168.0.2"], &["10.0.2.0/24"])
        .endpoint(Endpoint {
            node: Some("n1".to_owned()),
            ..pod("a/client", &[("app", "client")], &["10.0.1.10"])
        })
        .endpoint(Endpoint {
            node: Some("n2".to_owned()),
            ..pod("a/server", &[("app", "server")], &["10.0.2.10"])
        })
        .endpoint(Endpoint {
            node: Some("n2".to_owned()),
            host_network: true,
            ..pod("a/agent", &[], &["192.168.0.2"])
        })
}

fn isolated(app: &str) -> Policy {
    network_policy(&format!("a/{app}"), &[("app", app)], BOTH)
}

/// May the isolated client send to `to`, when its one rule names this peer?
fn sends(world: World, peer: Peer, to: &str) -> Verdict {
    let policy = allow_to(isolated("client"), vec![peer], vec![]);
    let asked = world.policy(policy).ask("a/client", to, "TCP/80");
    asked.decision.egress.verdict
}

fn labelled_nodes(labels: Pairs<'_>) -> Peer {
    Peer::Nodes(Selector::match_labels(labels.iter().copied()))
}

/// S-NODES: nodes by labels, whichever address they use, with the pods on their networks.
#[test]
fn nodes_are_peers_by_their_labels() {
    let labelled = || world().node_labels("n2", &[("zone", "b")]);
    let zone_b = || labelled_nodes(&[("zone", "b")]);
    assert_eq!(sends(labelled(), zone_b(), "node/n2"), Verdict::Allow);
    assert_eq!(sends(labelled(), zone_b(), "a/agent"), Verdict::Allow);
    assert_eq!(sends(labelled(), zone_b(), "node/n1"), Verdict::Deny);
    assert_eq!(sends(labelled(), zone_b(), "a/server"), Verdict::Deny);
    assert_eq!(sends(labelled(), zone_b(), "203.0.113.1"), Verdict::Deny);
    let elsewhere = Endpoint {
        host_network: true,
        ..pod("a/floating", &[], &[])
    };
    let floating = || labelled().endpoint(elsewhere.clone());
    let asked = floating().policy(allow_to(isolated("client"), vec![zone_b()], vec![]));
    let side = asked
        .ask("a/client", "a/floating", "TCP/80")
        .decision
        .egress;
    assert_eq!(side.cause, Some(UnknownCause::NodeLabels));
    let any = labelled_nodes(&[]);
    assert_eq!(sends(floating(), any, "a/floating"), Verdict::Allow);
}

/// S-NODE-SUBJECT: a policy on nodes decides for the nodes and the pods on their networks, for the
/// node's own packets too, and for nobody else.
#[test]
fn policies_select_nodes() {
    let policy = Policy {
        subject: Subject::Nodes(Selector::match_labels([("zone", "b")])),
        isolates: [true, false],
        ..allow_from(
            tiered_policy("hosts", Tier::Namespace, &[]),
            vec![Peer::Entity(Entity::World)],
            vec![tcp(22)],
        )
    };
    let world = world().node_labels("n2", &[("zone", "b")]).policy(policy);
    assert!(world.allows("203.0.113.1", "node/n2", "TCP/22"));
    assert!(!world.allows("203.0.113.1", "node/n2", "TCP/80"));
    assert!(!world.allows("a/client", "a/agent", "TCP/22"));
    assert!(!world.allows("node/n2", "a/agent", "TCP/22"));
    assert!(world.allows("203.0.113.1", "node/n1", "TCP/80"));
    assert!(world.allows("203.0.113.1", "a/server", "TCP/80"));
}

/// S-OUTSIDE: never the cluster's own addresses, but nodes where the CNI is set up so.
#[test]
fn blocks_of_the_outside_cover_no_pod() {
    let Peer::IpBlock(everything) = block("0.0.0.0/0", &[]) else {
        unreachable!("a block")
    };
    let outside = || Peer::Outside(everything.clone());
    for dialect in [Dialect::Kubernetes, Dialect::Cilium] {
        let world = || world().dialect(dialect);
        assert_eq!(sends(world(), outside(), "203.0.113.1"), Verdict::Allow);
        for inside in ["a/server", "10.0.2.99", "node/n2", "a/agent"] {
            assert_eq!(sends(world(), outside(), inside), Verdict::Deny, "{inside}");
        }
        let covering = || {
            world().options(Options {
                dialect,
                blocks_cover_nodes: true,
                ..Options::default()
            })
        };
        for node in ["node/n2", "a/agent"] {
            assert_eq!(sends(covering(), outside(), node), Verdict::Allow, "{node}");
        }
        assert_eq!(sends(covering(), outside(), "a/server"), Verdict::Deny);
    }
}

/// S-ENTITY: each name covers its parties and no others.
#[test]
fn entities_are_parties() {
    let table: [(Entity, &[&str]); 8] = [
        (Entity::Host, &["node/n1"]),
        (Entity::RemoteNode, &["node/n2", "a/agent"]),
        (
            Entity::Cluster,
            &["a/server", "node/n1", "node/n2", "a/agent"],
        ),
        (Entity::World, &["203.0.113.1", "2001:db8::1"]),
        (Entity::WorldIpv4, &["203.0.113.1"]),
        (Entity::WorldIpv6, &["2001:db8::1"]),
        (Entity::Ingress, &[]),
        (Entity::Unmanaged, &[]),
    ];
    let parties = [
        "a/server",
        "node/n1",
        "node/n2",
        "a/agent",
        "203.0.113.1",
        "2001:db8::1",
    ];
    for (entity, covered) in table {
        for party in parties {
            let verdict = sends(world(), Peer::Entity(entity), party);
            let wanted = if covered.contains(&party) {
                Verdict::Allow
            } else {
                Verdict::Deny
            };
            assert_eq!(verdict, wanted, "{} {party}", entity.name());
        }
    }
    let unknown_pod = sends(world(), Peer::Entity(Entity::Cluster), "10.0.2.99");
    assert_eq!(unknown_pod, Verdict::Unknown);
}

/// S-ENTITY: the API server is where its service leads; without the service it may be any node
/// and any address outside.
#[test]
fn the_api_server_is_behind_its_service() {
    let peer = || Peer::Entity(Entity::KubeApiserver);
    assert_eq!(sends(world(), peer(), "node/n1"), Verdict::Unknown);
    assert_eq!(sends(world(), peer(), "203.0.113.6"), Verdict::Unknown);
    assert_eq!(sends(world(), peer(), "a/server"), Verdict::Deny);
    let port = |backend: &str| ServicePort {
        protocol: netpol_policy::Protocol::Tcp,
        port: 443,
        backends: vec![(backend.parse().unwrap(), 6443)],
    };
    let known = || {
        world().service(Service {
            namespace: "default".to_owned(),
            name: "kubernetes".to_owned(),
            addresses: vec!["10.96.0.1".parse().unwrap()],
            ports: vec![port("192.168.0.1"), port("203.0.113.6")],
        })
    };
    assert_eq!(sends(known(), peer(), "node/n1"), Verdict::Allow);
    assert_eq!(sends(known(), peer(), "node/n2"), Verdict::Deny);
    assert_eq!(sends(known(), peer(), "203.0.113.6"), Verdict::Allow);
    assert_eq!(sends(known(), peer(), "203.0.113.7"), Verdict::Deny);
}

/// S-NAMES: any address outside may be meant, nothing inside is.
#[test]
fn names_are_known_at_run_time() {
    let peer = || Peer::Names(vec!["*.example.com".to_owned()]);
    assert_eq!(sends(world(), peer(), "203.0.113.1"), Verdict::Unknown);
    for inside in ["a/server", "10.0.2.99", "node/n2"] {
        assert_eq!(sends(world(), peer(), inside), Verdict::Deny, "{inside}");
    }
    assert_eq!(
        sends(world(), Peer::Names(vec![]), "203.0.113.1"),
        Verdict::Deny
    );
}

/// S-IDENTITY: by service account; one that is not given may be any.
#[test]
fn service_accounts_are_asked_for() {
    let by_account = |name: &str| {
        let mut selector = EndpointSelector::new(
            NamespaceScope::Named("a".to_owned()),
            Selector::everything(),
        );
        selector.identity = Selector::match_labels([(SERVICE_ACCOUNT, name)]);
        Peer::Pods(selector)
    };
    let robot = || {
        world().endpoint(Endpoint {
            service_account: Some("robot".to_owned()),
            ..pod("a/robot", &[], &["10.0.1.11"])
        })
    };
    assert_eq!(
        sends(robot(), by_account("robot"), "a/robot"),
        Verdict::Allow
    );
    assert_eq!(
        sends(robot(), by_account("other"), "a/robot"),
        Verdict::Deny
    );
    let policy = allow_to(isolated("client"), vec![by_account("robot")], vec![]);
    let side = robot()
        .policy(policy)
        .ask("a/client", "a/server", "TCP/80")
        .decision
        .egress;
    assert_eq!(side.cause, Some(UnknownCause::Identity));
}

fn conditional(policy: Policy, condition: Option<Condition>) -> Policy {
    let mut policy = with_rule(
        policy,
        Direction::Ingress,
        Action::Allow,
        None,
        Some(vec![tcp(80)]),
    );
    if let Some(rule) = policy.rules.last_mut() {
        rule.condition = condition;
    }
    policy
}

/// S-CONDITION: authentication is needed as soon as one rule asks for it.
#[test]
fn authentication_is_not_got_round() {
    let both = [None, Some(Condition::Authentication)];
    for conditions in [both, [both[1], both[0]]] {
        let policy = conditions.into_iter().fold(isolated("server"), conditional);
        let world = world().policy(policy);
        let decision = world.ask("a/client", "a/server", "TCP/80").decision;
        assert_eq!(decision.condition(), Some(Condition::Authentication));
        assert!(!decision.passes());
    }
}

/// S-CONDITION: an allow without condition is preferred to L7 rules, a deny beats both.
#[test]
fn conditions_are_told() {
    let l7 = conditional(isolated("server"), Some(Condition::L7));
    let asked = |policy: Policy| world().policy(policy).ask("a/client", "a/server", "TCP/80");
    let alone = asked(l7.clone());
    assert_eq!(alone.verdict(), Verdict::Allow);
    assert_eq!(alone.decision.condition(), Some(Condition::L7));
    let both = asked(conditional(l7.clone(), None));
    assert_eq!(both.decision.condition(), None);
    assert_eq!(both.ingress, "NetworkPolicy a/server ingress[1]");
    let mut denied = l7;
    denied.rules.push(Rule {
        direction: Direction::Ingress,
        action: Action::Deny,
        peers: None,
        ports: None,
        condition: None,
    });
    assert_eq!(asked(denied).verdict(), Verdict::Deny);
}

/// S-ENFORCED: nothing is credited where nothing is enforced.
#[test]
fn a_cni_may_enforce_nothing() {
    let world = world().policy(isolated("server"));
    assert!(!world.allows("a/client", "a/server", "TCP/80"));
    let options = Options {
        enforced: false,
        ..Options::default()
    };
    let answer = world.options(options).ask("a/client", "a/server", "TCP/80");
    assert_eq!(
        (answer.verdict(), answer.ingress.as_str()),
        (Verdict::Allow, "not isolated")
    );
}

/// S-ENFORCED: the options are part of the set and survive being written down.
#[test]
fn options_are_kept_with_the_set() {
    let options = Options {
        dialect: Dialect::Cilium,
        enforced: false,
        blocks_cover_nodes: true,
    };
    let set = PolicySet::with_options(options, vec![isolated("server")]);
    let written = serde_json::to_string(&set).unwrap();
    let read: PolicySet = serde_json::from_str(&written).unwrap();
    assert_eq!(read, set);
    let cluster = world().cluster();
    let flow = Flow {
        source: Party::Unknown,
        destination: Party::Endpoint(2, None),
        protocol: netpol_policy::Protocol::Tcp,
        port: 80,
    };
    assert_eq!(decide(&read, &cluster, &flow).verdict, Verdict::Allow);
}
