//! Random admin policies, written as manifests of each language and read again: the canonical form
//! is the one they were made from.

use crate::support::inputs;
use netpol_policy::{
    Action, Direction, EndpointSelector, NamespaceScope, Peer, Policy, PolicyKind, PortMatch,
    Protocol, Rule, Selector, Tier,
};
use netpol_testgen::{Gen, Size};
use netpolc::resolve::read;
use serde_json::{Map, Value, json};

const WORLDS: u64 = 300;

/// The kinds that can be written, by what they call things.
struct Form {
    kind: PolicyKind,
    version: &'static str,
    accept: &'static str,
    ports: &'static str,
}

const FORMS: [Form; 3] = [
    Form {
        kind: PolicyKind::AdminNetworkPolicy,
        version: "v1alpha1",
        accept: "Allow",
        ports: "ports",
    },
    Form {
        kind: PolicyKind::BaselineAdminNetworkPolicy,
        version: "v1alpha1",
        accept: "Allow",
        ports: "ports",
    },
    Form {
        kind: PolicyKind::ClusterNetworkPolicy,
        version: "v1alpha2",
        accept: "Accept",
        ports: "protocols",
    },
];

/// The policy as the language can say it, without what it cannot.
fn sayable(policy: &Policy, form: &Form) -> Policy {
    let mut policy = policy.clone();
    policy.key.kind = form.kind;
    let priority = match policy.tier {
        Tier::Admin { priority } | Tier::Baseline { priority } => priority,
        Tier::Namespace => 0,
    };
    match form.kind {
        PolicyKind::AdminNetworkPolicy => policy.tier = Tier::Admin { priority },
        PolicyKind::BaselineAdminNetworkPolicy => {
            policy.tier = Tier::Baseline { priority: 0 };
            "default".clone_into(&mut policy.key.name);
        }
        _ => {}
    }
    policy.rules.retain_mut(|rule| sayable_rule(rule, form));
    policy
}

fn sayable_rule(rule: &mut Rule, form: &Form) -> bool {
    let baseline = form.kind == PolicyKind::BaselineAdminNetworkPolicy;
    let (direction, action) = (rule.direction, rule.action);
    let peers = rule.peers.get_or_insert_default();
    peers.retain(|peer| match peer {
        Peer::Pods(pods) => matches!(pods.namespaces, NamespaceScope::Matching(_)),
        Peer::IpBlock(block) => direction == Direction::Egress && block.except.is_empty(),
        Peer::Nodes(_) => direction == Direction::Egress,
        Peer::Names(names) => action == Action::Allow && !baseline && !names.is_empty(),
        _ => false,
    });
    // A network may stand in a list once.
    let mut seen = Vec::new();
    peers.retain(|peer| {
        let new = !seen.contains(peer);
        seen.push(peer.clone());
        new
    });
    let nameless = peers.iter().any(|peer| !matches!(peer, Peer::Pods(_)));
    if let Some(ports) = &mut rule.ports {
        ports.retain_mut(|port| match port {
            PortMatch::Named { protocol, .. } => {
                *protocol = None;
                !nameless
            }
            PortMatch::Range {
                protocol,
                first,
                last,
            } => {
                let known = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp].contains(protocol);
                known && *first > 0 && first <= last
            }
        });
    }
    let some_ports = rule.ports.as_ref().is_none_or(|ports| !ports.is_empty());
    let some_peers = rule.peers.as_ref().is_some_and(|peers| !peers.is_empty());
    some_peers && some_ports && !(baseline && action == Action::Pass)
}

fn selector(selector: &Selector) -> Value {
    match selector.requirements.as_slice() {
        [] => json!({}),
        some => json!({"matchExpressions": some}),
    }
}

fn pods(pods: &EndpointSelector) -> Value {
    let NamespaceScope::Matching(namespaces) = &pods.namespaces else {
        panic!("not of an admin policy: {pods:?}");
    };
    if pods.pods.is_everything() {
        return json!({"namespaces": selector(namespaces)});
    }
    let pods = selector(&pods.pods);
    json!({"pods": {"namespaceSelector": selector(namespaces), "podSelector": pods}})
}

/// Networks that follow each other stand in one list.
fn peers(peers: &[Peer]) -> Value {
    let mut written: Vec<Value> = Vec::new();
    for peer in peers {
        match peer {
            Peer::IpBlock(block) => {
                let before = written.last_mut();
                match before.and_then(|value| value.get_mut("networks")?.as_array_mut()) {
                    Some(list) => list.push(json!(block.cidr)),
                    None => written.push(json!({"networks": [block.cidr]})),
                }
            }
            Peer::Pods(selected) => written.push(pods(selected)),
            Peer::Nodes(nodes) => written.push(json!({"nodes": selector(nodes)})),
            Peer::Names(names) => written.push(json!({"domainNames": names})),
            other => panic!("not of an admin policy: {other:?}"),
        }
    }
    Value::Array(written)
}

fn port(port: &PortMatch, form: &Form) -> Value {
    let older = form.version == "v1alpha1";
    match port {
        PortMatch::Named { name, .. } if older => json!({"namedPort": name}),
        PortMatch::Named { name, .. } => json!({"destinationNamedPort": name}),
        PortMatch::Range {
            protocol,
            first,
            last,
        } => match (older, first == last) {
            (true, true) => json!({"portNumber": {"protocol": protocol, "port": first}}),
            (true, false) => {
                json!({"portRange": {"protocol": protocol, "start": first, "end": last}})
            }
            (false, single) => {
                let port = if single {
                    json!({"number": first})
                } else {
                    json!({"range": {"start": first, "end": last}})
                };
                let protocol = protocol.name().to_lowercase();
                json!({protocol: {"destinationPort": port}})
            }
        },
    }
}

fn manifest(policy: &Policy, form: &Form) -> Value {
    let rule = |rule: &Rule| {
        let side = match rule.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        let action = match rule.action {
            Action::Allow => form.accept,
            Action::Deny => "Deny",
            Action::Pass => "Pass",
        };
        let mut written = Map::new();
        written.insert("action".to_owned(), json!(action));
        let named = rule.peers.as_deref().unwrap_or_default();
        written.insert(side.to_owned(), peers(named));
        if let Some(ports) = &rule.ports {
            let ports = ports.iter().map(|p| port(p, form)).collect();
            written.insert(form.ports.to_owned(), ports);
        }
        Value::Object(written)
    };
    let of = |direction: Direction| -> Vec<Value> {
        let rules = policy.rules.iter();
        let rules = rules.filter(|r| r.direction == direction);
        rules.map(rule).collect()
    };
    let mut spec = json!({
        "subject": pods(policy.subject.endpoints().unwrap()),
        "ingress": of(Direction::Ingress),
        "egress": of(Direction::Egress),
    });
    match (form.kind, policy.tier) {
        (PolicyKind::BaselineAdminNetworkPolicy, _) | (_, Tier::Namespace) => {}
        (kind, Tier::Admin { priority } | Tier::Baseline { priority }) => {
            spec["priority"] = json!(priority);
            if kind == PolicyKind::ClusterNetworkPolicy {
                let admin = matches!(policy.tier, Tier::Admin { .. });
                spec["tier"] = json!(if admin { "Admin" } else { "Baseline" });
            }
        }
    }
    json!({
        "apiVersion": format!("policy.networking.k8s.io/{}", form.version),
        "kind": form.kind.name(),
        "metadata": {"name": policy.key.name},
        "spec": spec,
    })
}

#[test]
fn what_was_written_is_read_as_it_was_meant() {
    let (mut policies, mut rules) = (0, 0);
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let ordered = world.policies.policies().iter();
        let ordered = ordered.filter(|p| p.key.kind == PolicyKind::ClusterNetworkPolicy);
        for policy in ordered {
            for form in &FORMS {
                let expected = sayable(policy, form);
                let text = manifest(&expected, form).to_string();
                let analysis = read(&inputs(&text));
                assert_eq!(analysis.findings, [], "seed {seed}: {text}");
                assert_eq!(analysis.model.incomplete, [""; 0], "seed {seed}: {text}");
                let model = &analysis.model;
                assert_eq!(
                    model.policies.policies(),
                    std::slice::from_ref(&expected),
                    "seed {seed}: {text}"
                );
                for (rule, origin) in expected.rules.iter().zip(&model.policy_origins[0].rules) {
                    let peers = rule.peers.as_ref().map_or(0, Vec::len);
                    let ports = rule.ports.as_ref().map_or(0, Vec::len);
                    assert_eq!((origin.peers.len(), origin.ports.len()), (peers, ports));
                }
                policies += 1;
                rules += expected.rules.len();
            }
        }
    }
    assert!(
        policies > 300 && rules > policies / 2,
        "{rules} rules of {policies}"
    );
}
