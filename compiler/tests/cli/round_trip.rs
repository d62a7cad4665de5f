//! Random worlds, written as manifests and read again: the answers of the command line are those of
//! `decide` on the original, and `reach` and `query` never disagree.

use crate::support::{Ended, assert_form, dir, netpolc, write};
use ipnet::IpNet;
use netpol_policy::cidr::Family;
use netpol_policy::{
    Action, Cluster, Decision, Dialect, Endpoint, Flow, NamespaceScope, Party, Peer, Policy,
    PolicyKind, PolicySet, PortMatch, Protocol, Rule, Selector, Verdict, decide,
};
use netpol_testgen::{Gen, Size, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

const WORLDS: u64 = 60;
const FLOWS: usize = 200;

/// A world of which everything can be said in manifests.
pub(super) fn world(seed: u64) -> World {
    let World {
        mut cluster,
        policies,
    } = Gen::world(seed, Size::SMALL);
    for endpoint in &mut cluster.endpoints {
        // A Pod is one, and a workload of which there are several shows no address.
        endpoint.several &= endpoint.kind != "Pod";
    }
    let written = policies.policies().iter().filter_map(written_policy);
    let policies = PolicySet::new(policies.dialect(), written.collect());
    World { cluster, policies }
}

/// The policy as `NetworkPolicy v1` can say it, without what it cannot.
fn written_policy(policy: &Policy) -> Option<Policy> {
    let mut policy = policy.clone();
    policy.rules.retain_mut(|rule| {
        // An empty list of peers means everybody in manifests.
        if rule.action != Action::Allow || rule.peers.as_ref().is_some_and(Vec::is_empty) {
            return false;
        }
        for peer in rule.peers.iter_mut().flatten() {
            if let Peer::IpBlock(block) = peer {
                // The server takes holes that lie inside and are smaller.
                let cidr = block.cidr;
                let inside = |hole: &IpNet| cidr != *hole && cidr.contains(hole);
                block.except.retain(inside);
            }
        }
        if let Some(ports) = &mut rule.ports {
            ports.retain(|port| port_of(port).is_some());
            return !ports.is_empty();
        }
        true
    });
    (policy.key.kind == PolicyKind::NetworkPolicy).then_some(policy)
}

fn port_of(port: &PortMatch) -> Option<Value> {
    let sayable = |p: &Protocol| matches!(p, Protocol::Tcp | Protocol::Udp | Protocol::Sctp);
    match port {
        PortMatch::Range {
            protocol,
            first,
            last,
        } if sayable(protocol) => match (first, last) {
            (0, &u16::MAX) => Some(json!({"protocol": protocol})),
            (0, _) => None,
            (first, last) if first > last => None,
            (first, last) if first == last => Some(json!({"protocol": protocol, "port": first})),
            _ => Some(json!({"protocol": protocol, "port": first, "endPort": last})),
        },
        PortMatch::Named {
            protocol: Some(protocol),
            name,
        } if sayable(protocol) => Some(json!({"protocol": protocol, "port": name})),
        _ => None,
    }
}

fn selector(selector: &Selector) -> Value {
    match selector.requirements.as_slice() {
        [] => json!({}),
        some => json!({"matchExpressions": some}),
    }
}

fn peer(peer: &Peer) -> Value {
    match peer {
        Peer::Pods(pods) => match &pods.namespaces {
            NamespaceScope::Named(_) => json!({"podSelector": selector(&pods.pods)}),
            NamespaceScope::Matching(namespaces) => json!({
                "podSelector": selector(&pods.pods),
                "namespaceSelector": selector(namespaces),
            }),
        },
        Peer::IpBlock(block) if block.except.is_empty() => json!({"ipBlock": {"cidr": block.cidr}}),
        Peer::IpBlock(block) => {
            json!({"ipBlock": {"cidr": block.cidr, "except": block.except}})
        }
        other => panic!("not of NetworkPolicy: {other:?}"),
    }
}

fn manifest(policy: &Policy) -> Value {
    let rules = |direction: netpol_policy::Direction, side: &str| {
        let of = policy.rules.iter().filter(|r| r.direction == direction);
        let rule = |rule: &Rule| {
            let mut written = Map::new();
            if let Some(peers) = &rule.peers {
                written.insert(side.to_owned(), peers.iter().map(peer).collect());
            }
            if let Some(ports) = &rule.ports {
                written.insert(
                    "ports".to_owned(),
                    ports.iter().filter_map(port_of).collect(),
                );
            }
            Value::Object(written)
        };
        of.map(rule).collect::<Vec<_>>()
    };
    let types = ["Ingress", "Egress"].into_iter().zip(policy.isolates);
    let types: Vec<&str> = types
        .filter(|(_, isolates)| *isolates)
        .map(|(t, _)| t)
        .collect();
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": policy.key.name, "namespace": policy.key.namespace},
        "spec": {
            "podSelector": selector(&policy.subject.endpoints().unwrap().pods),
            "policyTypes": types,
            "ingress": rules(netpol_policy::Direction::Ingress, "from"),
            "egress": rules(netpol_policy::Direction::Egress, "to"),
        },
    })
}

fn pod(endpoint: &Endpoint) -> Value {
    // One container for each port: within one, names must be unique.
    let mut containers: Vec<Value> = (endpoint.ports.iter().enumerate())
        .map(|(at, port)| {
            let mut written = json!({"containerPort": port.port, "protocol": port.protocol});
            if let Some(name) = &port.name {
                written["name"] = json!(name);
            }
            json!({"name": format!("c{at}"), "image": "registry.example/c", "ports": [written]})
        })
        .collect();
    containers.push(json!({"name": "idle", "image": "registry.example/c"}));
    let mut spec = json!({"containers": containers});
    if endpoint.host_network {
        spec["hostNetwork"] = json!(true);
    }
    if let Some(node) = &endpoint.node {
        spec["nodeName"] = json!(node);
    }
    let metadata = json!({
        "name": endpoint.name, "namespace": endpoint.namespace, "labels": endpoint.labels,
    });
    if endpoint.kind == "Deployment" {
        return json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": endpoint.labels},
                "template": {"metadata": {"labels": endpoint.labels}, "spec": spec},
            },
        });
    }
    let ips: Vec<Value> = endpoint
        .addresses
        .iter()
        .map(|a| json!({"ip": a}))
        .collect();
    let mut status = json!({"phase": endpoint.phase, "podIPs": ips});
    if let Some(first) = endpoint.addresses.first() {
        status["podIP"] = json!(first);
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
}

pub(super) fn manifests(world: &World) -> String {
    let mut objects = Vec::new();
    for (name, namespace) in &world.cluster.namespaces {
        if !namespace.undeclared {
            let metadata = json!({"name": name, "labels": namespace.labels});
            objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}));
        }
    }
    for node in &world.cluster.nodes {
        let addresses: Vec<Value> = (node.addresses.iter())
            .map(|a| json!({"type": "InternalIP", "address": a}))
            .collect();
        objects.push(json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": node.name, "labels": node.labels},
            "spec": {"podCIDR": node.pod_cidrs.first(), "podCIDRs": node.pod_cidrs},
            "status": {"addresses": addresses},
        }));
    }
    objects.extend(world.cluster.endpoints.iter().map(pod));
    objects.extend(world.policies.policies().iter().map(manifest));
    let documents: Vec<String> = objects.iter().map(Value::to_string).collect();
    documents.join("\n---\n") + "\n"
}

pub(super) fn written(seed: u64, world: &World) -> PathBuf {
    let dir = dir(&format!("round-trip-{seed}"));
    write(&dir.join("all.yaml"), &manifests(world));
    dir
}

pub(super) fn ask(verb: &[&str], world: &World, dir: &std::path::Path) -> Ended {
    let dialect = match world.policies.dialect() {
        Dialect::Kubernetes => "kubernetes",
        Dialect::Cilium => "cilium",
    };
    let path = dir.to_str().unwrap();
    netpolc([verb, &["--dialect", dialect, path]].concat())
}

/// How a party is asked for: by its name where the name means this address, else by address. Two
/// names meet at the source's primary address; next to an address a name means the same family.
fn name(cluster: &Cluster, party: Party, primary_only: bool) -> Option<String> {
    let meant = |addresses: &[IpAddr], address: IpAddr| {
        let mut of_family = addresses
            .iter()
            .filter(|a| primary_only || Family::of(**a) == Family::of(address));
        of_family.next() == Some(&address)
    };
    match party {
        Party::Endpoint(index, address) => {
            let endpoint = &cluster.endpoints[index];
            let named = format!("{}/{}", endpoint.namespace, endpoint.name);
            match address {
                None => endpoint.addresses.is_empty().then_some(named),
                Some(a) if meant(&endpoint.addresses, a) => Some(named),
                Some(a) => Some(a.to_string()),
            }
        }
        Party::Node(index, None) => {
            let node = &cluster.nodes[index];
            node.addresses
                .is_empty()
                .then(|| format!("node/{}", node.name))
        }
        Party::Node(_, Some(address)) | Party::UnknownPod(address) | Party::External(address) => {
            Some(address.to_string())
        }
        Party::Unknown => None,
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::Unknown => "unknown",
    }
}

#[test]
fn what_was_written_is_answered_as_it_was_meant() {
    let (mut asked, mut denied, mut unknown) = (0, 0, 0);
    for seed in 0..WORLDS {
        let world = world(seed);
        let dir = written(seed, &world);
        let mut expected: Vec<Decision> = Vec::new();
        let mut lines = String::new();
        for flow in Gen::flows(seed, &world, FLOWS) {
            let has_address = |party: Party| world.cluster.address_of(party).is_some();
            let from = name(&world.cluster, flow.source, true);
            let to = name(&world.cluster, flow.destination, !has_address(flow.source));
            if let (Some(from), Some(to)) = (from, to) {
                let line = json!({
                    "from": from, "to": to, "protocol": flow.protocol, "port": flow.port,
                });
                lines.extend([line.to_string().as_str(), "\n"]);
                expected.push(decide(&world.policies, &world.cluster, &flow));
            }
        }
        let batch = dir.with_extension("jsonl");
        write(&batch, &lines);
        let verb = ["query", "--batch", batch.to_str().unwrap()];
        let ended = ask(&verb, &world, &dir).expect_code(0);
        let answers = ended.json_lines();
        assert_eq!(answers.len(), expected.len());
        for ((answer, expected), line) in answers.iter().zip(&expected).zip(lines.lines()) {
            assert_eq!(
                answer["verdict"],
                word(expected.verdict),
                "seed {seed}: {line}\n{answer}"
            );
            for (side, expected) in [("ingress", expected.ingress), ("egress", expected.egress)] {
                assert_eq!(
                    answer[side]["verdict"],
                    word(expected.verdict),
                    "{seed}: {line}"
                );
                assert_eq!(
                    answer[side]["rule"], expected.rule.0,
                    "seed {seed}: {line}\n{answer}"
                );
            }
            asked += 1;
            denied += usize::from(expected.verdict == Verdict::Deny);
            unknown += usize::from(expected.verdict == Verdict::Unknown);
        }
    }
    // The worlds would say little if they were all open or all closed.
    assert!(asked > 5000, "{asked}");
    assert!(
        denied > asked / 10 && denied < asked * 9 / 10,
        "{denied} of {asked}"
    );
    assert!(unknown > 0);
}

/// The verdict of `reach` on a pair of names, in the family that both have.
struct Reach {
    groups: BTreeMap<String, Value>,
    connections: Vec<Value>,
}

impl Reach {
    fn of(json: &Value) -> Self {
        let mut groups = BTreeMap::new();
        for group in json["groups"].as_array().unwrap() {
            for member in group["members"].as_array().into_iter().flatten() {
                groups.insert(member.as_str().unwrap().to_owned(), group["id"].clone());
            }
        }
        Self {
            groups,
            connections: json["connections"].as_array().unwrap().clone(),
        }
    }

    fn verdict(&self, from: &str, to: &str, family: Option<&str>, port: (Protocol, u16)) -> &str {
        let of = |c: &&Value| {
            let family_fits = c
                .get("family")
                .is_none_or(|f| Some(f.as_str().unwrap()) == family);
            c["from"] == self.groups[from] && c["to"] == self.groups[to] && family_fits
        };
        let within = |ports: &Value| {
            ports.as_array().into_iter().flatten().any(|range| {
                let first = range["port"].as_u64().unwrap();
                let last = range.get("endPort").map_or(first, |p| p.as_u64().unwrap());
                range["protocol"] == json!(port.0) && (first..=last).contains(&u64::from(port.1))
            })
        };
        let found: Vec<&Value> = self.connections.iter().filter(of).collect();
        if found.iter().any(|c| within(&c["allow"])) {
            "allow"
        } else if found.iter().any(|c| within(&c["unknown"])) {
            "unknown"
        } else {
            "deny"
        }
    }
}

#[test]
fn reach_says_what_decide_says_for_every_pair() {
    let (mut asked, mut allowed) = (0, 0);
    for seed in 0..WORLDS / 3 {
        let world = world(seed);
        let dir = written(seed + 1000, &world);
        let json = ask(&["reach", "--format", "json"], &world, &dir)
            .expect_code(0)
            .json();
        assert_form(&json, "reach.v1.json", None);
        let reach = Reach::of(&json);
        let cluster = &world.cluster;
        let pods: Vec<usize> = (0..cluster.endpoints.len())
            .filter(|at| !cluster.endpoints[*at].host_network)
            .collect();
        let ports = [
            (Protocol::Tcp, 80),
            (Protocol::Tcp, 8080),
            (Protocol::Udp, 53),
        ];
        for (&from, &to) in pods.iter().flat_map(|a| pods.iter().map(move |b| (a, b))) {
            let (source, destination) = (&cluster.endpoints[from], &cluster.endpoints[to]);
            if from == to && !source.several {
                continue;
            }
            for (family, a, b) in meetings(source, destination) {
                for (protocol, port) in ports {
                    let flow = Flow {
                        source: Party::Endpoint(from, a),
                        destination: Party::Endpoint(to, b),
                        protocol,
                        port,
                    };
                    let expected = decide(&world.policies, cluster, &flow).verdict;
                    let named = |e: &Endpoint| format!("{}/{}", e.namespace, e.name);
                    let (from, to) = (named(source), named(destination));
                    let got = reach.verdict(&from, &to, family, (protocol, port));
                    assert_eq!(
                        got,
                        word(expected),
                        "seed {seed}: {from} → {to} {protocol}/{port}"
                    );
                    asked += 1;
                    allowed += usize::from(expected == Verdict::Allow);
                }
            }
        }
    }
    assert!(asked > 2000 && allowed > asked / 10, "{allowed} of {asked}");
}

/// The address pairs of two endpoints, the first of each family.
fn meetings(
    a: &Endpoint,
    b: &Endpoint,
) -> Vec<(Option<&'static str>, Option<IpAddr>, Option<IpAddr>)> {
    let first = |e: &Endpoint, v4: bool| e.addresses.iter().find(|a| a.is_ipv4() == v4).copied();
    let mut found = Vec::new();
    for (v4, family) in [(true, "IPv4"), (false, "IPv6")] {
        match (first(a, v4), first(b, v4)) {
            (Some(x), Some(y)) => found.push((Some(family), Some(x), Some(y))),
            (Some(x), None) if b.addresses.is_empty() => found.push((Some(family), Some(x), None)),
            (None, Some(y)) if a.addresses.is_empty() => found.push((Some(family), None, Some(y))),
            _ => {}
        }
    }
    if a.addresses.is_empty() && b.addresses.is_empty() {
        found.push((None, None, None));
    }
    found
}
