//! Generated policies, written as manifests and read again, are the same policies.

use crate::table::analyse;
use netpol_policy::{
    Action, Condition, Direction, EndpointSelector, NamespaceScope, Operator, Peer, Policy,
    PolicyKind, PolicySet, PortMatch, Protocol, Requirement, Rule, Selector, Subject,
};
use netpol_testgen::{Gen, Size};
use serde_json::{Map, Value, json};
use std::mem::discriminant;

const WORLDS: u64 = 60;
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The policy as manifests can say it, without what they cannot. `None` when nothing is left.
fn sayable(policy: &Policy) -> Option<Policy> {
    let mut policy = policy.clone();
    if let Subject::Endpoints(selector) = &mut policy.subject {
        plain(selector);
    }
    policy.rules.retain_mut(sayable_rule);
    policy
        .rules
        .sort_by_key(|rule| (rule.direction.index(), rule.action == Action::Deny));
    for (direction, isolates) in Direction::BOTH.into_iter().zip(&mut policy.isolates) {
        *isolates &= policy.rules.iter().any(|rule| rule.direction == direction);
    }
    (!policy.rules.is_empty()).then_some(policy)
}

fn sayable_rule(rule: &mut Rule) -> bool {
    if let Some(peers) = &mut rule.peers {
        // A rule has peers of one kind.
        let first = peers.first().map(discriminant);
        peers.retain(|peer| Some(discriminant(peer)) == first);
        for peer in peers {
            match peer {
                Peer::Pods(selector) => plain(selector),
                Peer::Outside(block) => {
                    let cidr = block.cidr;
                    block.except.retain(|hole| cidr.contains(hole));
                }
                _ => {}
            }
        }
    }
    if let Some(ports) = &mut rule.ports {
        ports.retain(|port| written_port(port).is_some());
        return !ports.is_empty();
    }
    // Requests are read on ports alone.
    rule.condition = rule.condition.filter(|c| *c == Condition::Authentication);
    true
}

/// Every pod has a service account; a namespace by its name is that namespace.
fn plain(selector: &mut EndpointSelector) {
    let valued = |r: &Requirement| matches!(r.operator, Operator::In | Operator::NotIn);
    selector.identity.requirements.retain(valued);
    if let NamespaceScope::Matching(namespaces) = &selector.namespaces
        && let [only] = namespaces.requirements.as_slice()
        && only.key == NAMESPACE_NAME
        && only.operator == Operator::In
        && let [name] = only.values.as_slice()
    {
        selector.namespaces = NamespaceScope::Named(name.clone());
    }
}

fn written_port(port: &PortMatch) -> Option<Value> {
    let with_ports = |p: &Protocol| matches!(p, Protocol::Tcp | Protocol::Udp | Protocol::Sctp);
    match port {
        PortMatch::Range {
            protocol,
            first,
            last,
        } if with_ports(protocol) => match (first, last) {
            (0, &u16::MAX) => Some(json!({"protocol": protocol, "port": "0"})),
            (0, _) => None,
            (first, last) if first > last => None,
            _ => Some(json!({"protocol": protocol, "port": first.to_string(), "endPort": last})),
        },
        PortMatch::Named {
            protocol: Some(protocol),
            name,
        } if with_ports(protocol) => Some(json!({"protocol": protocol, "port": name})),
        _ => None,
    }
}

fn expressions<'a>(requirements: impl Iterator<Item = (String, &'a Requirement)>) -> Value {
    let written = requirements.map(|(key, r)| {
        let mut expression = json!({"key": key, "operator": r.operator});
        if !r.values.is_empty() {
            expression["values"] = json!(r.values);
        }
        expression
    });
    json!({"matchExpressions": written.collect::<Vec<_>>()})
}

fn plainly(selector: &Selector) -> Value {
    expressions(selector.requirements.iter().map(|r| (r.key.clone(), r)))
}

/// A selector of endpoints; `own` is the namespace that needs no mention.
fn endpoints(selector: &EndpointSelector, own: Option<&str>) -> Value {
    let in_this = |name: &str| Requirement {
        key: String::new(),
        operator: Operator::In,
        values: vec![name.to_owned()],
    };
    let anywhere = Requirement {
        key: String::new(),
        operator: Operator::Exists,
        values: Vec::new(),
    };
    let by_name = match &selector.namespaces {
        NamespaceScope::Named(name) if Some(name.as_str()) == own => None,
        NamespaceScope::Named(name) => Some(in_this(name)),
        NamespaceScope::Matching(all) if all.is_everything() => own.map(|_| anywhere),
        NamespaceScope::Matching(_) => None,
    };
    let by_labels = match &selector.namespaces {
        NamespaceScope::Matching(namespaces) => namespaces.requirements.as_slice(),
        NamespaceScope::Named(_) => &[],
    };
    let by_name = by_name
        .iter()
        .map(|r| ("k8s:io.kubernetes.pod.namespace".to_owned(), r));
    let by_labels = by_labels
        .iter()
        .map(|r| (format!("io.cilium.k8s.namespace.labels.{}", r.key), r));
    let pods = selector.pods.requirements.iter();
    let pods = pods.map(|r| (format!("any:{}", r.key), r));
    let identity = selector.identity.requirements.iter();
    let identity = identity.map(|r| (r.key.clone(), r));
    expressions(by_name.chain(by_labels).chain(pods).chain(identity))
}

fn written_rule(rule: &Rule, own: Option<&str>) -> Value {
    let side = match rule.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let mut written = Map::new();
    let mut push = |list: &str, item: Option<Value>| {
        let list = written.entry(list).or_insert_with(|| json!([]));
        list.as_array_mut().expect("a list").extend(item);
    };
    match rule.peers.as_deref() {
        Some([]) => push(&format!("{side}Endpoints"), None),
        None if rule.ports.is_none() => push(&format!("{side}Entities"), Some(json!("all"))),
        _ => {}
    }
    for peer in rule.peers.iter().flatten() {
        let (list, item) = match peer {
            Peer::Pods(pods) => ("Endpoints", endpoints(pods, own)),
            Peer::Outside(block) => (
                "CIDRSet",
                json!({"cidr": block.cidr, "except": block.except}),
            ),
            Peer::Nodes(nodes) => ("Nodes", plainly(nodes)),
            Peer::Entity(entity) => ("Entities", json!(entity.name())),
            Peer::Names(names) => ("FQDNs", json!({"matchPattern": names.first()})),
            Peer::IpBlock(_) => panic!("not of Cilium: {peer:?}"),
        };
        push(&format!("{side}{list}"), Some(item));
    }
    if let Some(ports) = &rule.ports {
        let ports: Vec<Value> = ports.iter().filter_map(written_port).collect();
        let mut item = json!({"ports": ports});
        if rule.condition == Some(Condition::L7) {
            item["originatingTLS"] = json!({"secret": {"name": "certificates"}});
        }
        written.insert("toPorts".to_owned(), json!([item]));
    }
    if rule.condition == Some(Condition::Authentication) {
        written.insert("authentication".to_owned(), json!({"mode": "required"}));
    }
    Value::Object(written)
}

fn manifest(policy: &Policy) -> Value {
    let own = policy.key.namespace.as_deref();
    let rules = |direction: Direction, action: Action| -> Vec<Value> {
        let rules = policy.rules.iter();
        let rules = rules.filter(|r| r.direction == direction && r.action == action);
        rules.map(|rule| written_rule(rule, own)).collect()
    };
    let [ingress, egress] = policy.isolates;
    let mut spec = json!({
        "enableDefaultDeny": {"ingress": ingress, "egress": egress},
        "ingress": rules(Direction::Ingress, Action::Allow),
        "ingressDeny": rules(Direction::Ingress, Action::Deny),
        "egress": rules(Direction::Egress, Action::Allow),
        "egressDeny": rules(Direction::Egress, Action::Deny),
    });
    match &policy.subject {
        Subject::Endpoints(selector) => spec["endpointSelector"] = endpoints(selector, own),
        Subject::Nodes(nodes) => spec["nodeSelector"] = plainly(nodes),
    }
    let mut metadata = json!({"name": policy.key.name});
    if let Some(namespace) = own {
        metadata["namespace"] = json!(namespace);
    }
    json!({
        "apiVersion": "cilium.io/v2",
        "kind": policy.key.kind.name(),
        "metadata": metadata,
        "spec": spec,
    })
}

#[test]
fn what_is_written_is_read() {
    let mut compared = 0;
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let of_cilium = |policy: &&Policy| {
            let kinds = [
                PolicyKind::CiliumNetworkPolicy,
                PolicyKind::CiliumClusterwideNetworkPolicy,
            ];
            kinds.contains(&policy.key.kind)
        };
        let policies = world.policies.policies().iter().filter(of_cilium);
        let policies: Vec<Policy> = policies.filter_map(sayable).collect();
        let documents: Vec<String> = policies.iter().map(|p| manifest(p).to_string()).collect();
        let text = documents.join("\n---\n") + "\n";
        let analysis = analyse(&text, "");
        assert_eq!(analysis.findings, [], "seed {seed}: {text}");
        let expected = PolicySet::with_options(analysis.model.policies.options(), policies);
        let read = analysis.model.policies.policies();
        for (read, expected) in read.iter().zip(expected.policies()) {
            assert_eq!(read, expected, "seed {seed}: {}", manifest(expected));
        }
        assert_eq!(read.len(), expected.policies().len(), "seed {seed}");
        compared += read.len();
    }
    assert!(compared > 150, "only {compared} policies");
}
