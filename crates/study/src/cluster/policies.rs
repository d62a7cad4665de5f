//! Policies that allow exactly the connections of a cluster, in either language.

use super::{Cluster, Connection, Flavour, Isolation, Namespace};
use serde_json::{Map, Value, json};

/// Writes the policies of every isolated namespace.
pub(super) fn write(cluster: &mut Cluster) {
    let mut objects = Vec::new();
    for home in &cluster.namespaces {
        if home.isolation != Isolation::None && home.default_deny {
            objects.push(default_deny(cluster, home));
        }
        if home.isolation == Isolation::Both {
            objects.push(allow_dns(cluster, home));
        }
    }
    let places = 0..cluster.workloads.len();
    objects.extend(places.filter_map(|place| of_workload(cluster, place)));
    cluster.objects.extend(objects);
}

fn object(cluster: &Cluster, home: &Namespace, name: &str, spec: &Value) -> Value {
    let version = match cluster.flavour {
        Flavour::Cilium => "cilium.io/v2",
        Flavour::Plain | Flavour::Admin => "networking.k8s.io/v1",
    };
    json!({
        "apiVersion": version,
        "kind": cluster.policy_kind(),
        "metadata": {"name": name, "namespace": home.name},
        "spec": spec,
    })
}

fn types(isolation: Isolation) -> Value {
    match isolation {
        Isolation::Both => json!(["Ingress", "Egress"]),
        Isolation::Ingress | Isolation::None => json!(["Ingress"]),
    }
}

fn default_deny(cluster: &Cluster, home: &Namespace) -> Value {
    let spec = match (cluster.flavour, home.isolation) {
        (Flavour::Cilium, Isolation::Both) => {
            json!({"endpointSelector": {}, "ingress": [{}], "egress": [{}]})
        }
        (Flavour::Cilium, _) => json!({"endpointSelector": {}, "ingress": [{}]}),
        (_, isolation) => json!({"podSelector": {}, "policyTypes": types(isolation)}),
    };
    object(cluster, home, "default-deny", &spec)
}

fn allow_dns(cluster: &Cluster, home: &Namespace) -> Value {
    let spec = if cluster.flavour == Flavour::Cilium {
        json!({
            "endpointSelector": {},
            "egress": [{
                "toEndpoints": [{"matchLabels": {
                    "k8s:io.kubernetes.pod.namespace": "kube-system",
                    "k8s-app": "kube-dns",
                }}],
                "toPorts": [{
                    "ports": [{"port": "53", "protocol": "ANY"}],
                    "rules": {"dns": [{"matchPattern": "*"}]},
                }],
            }],
        })
    } else {
        json!({
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [{
                "to": [{
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }],
                "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
            }],
        })
    };
    object(cluster, home, "allow-dns", &spec)
}

/// The policy of one workload; none where its namespace is not isolated.
fn of_workload(cluster: &Cluster, place: usize) -> Option<Value> {
    let (workload, home) = (cluster.workloads.get(place)?, cluster.home(place)?);
    if home.isolation == Isolation::None {
        return None;
    }
    let connections = || cluster.connections.iter().copied();
    let ingress: Vec<Value> = connections()
        .filter(|c| c.to == place)
        .filter_map(|c| ingress_rule(cluster, c))
        .collect();
    let mut egress: Vec<Value> = connections()
        .filter(|c| c.from == place)
        .filter_map(|c| egress_rule(cluster, c))
        .collect();
    if workload.outside {
        egress.push(outside(cluster.flavour));
    }
    let mut spec = Map::new();
    let selector = json!({"matchLabels": {home.key: workload.name}});
    if cluster.flavour == Flavour::Cilium {
        spec.insert("endpointSelector".to_owned(), selector);
        let empty = || vec![json!({})];
        let both = home.isolation == Isolation::Both;
        let rules = |rules: Vec<Value>| if rules.is_empty() { empty() } else { rules };
        spec.insert("ingress".to_owned(), Value::Array(rules(ingress)));
        if both {
            spec.insert("egress".to_owned(), Value::Array(rules(egress)));
        }
    } else {
        spec.insert("podSelector".to_owned(), selector);
        spec.insert("policyTypes".to_owned(), types(home.isolation));
        if !ingress.is_empty() {
            spec.insert("ingress".to_owned(), Value::Array(ingress));
        }
        if home.isolation == Isolation::Both && !egress.is_empty() {
            spec.insert("egress".to_owned(), Value::Array(egress));
        }
    }
    Some(object(cluster, home, workload.name, &Value::Object(spec)))
}

/// What a policy at home says of a workload as a peer.
pub(crate) fn peer(cluster: &Cluster, workload: usize, at_home: usize) -> Option<Value> {
    let (found, home) = (cluster.workloads.get(workload)?, cluster.home(workload)?);
    let is_near = found.namespace == cluster.workloads.get(at_home)?.namespace;
    let team = format!("team-{}", home.name);
    Some(match (cluster.flavour, is_near) {
        (Flavour::Cilium, true) => json!({"matchLabels": {home.key: found.name}}),
        (Flavour::Cilium, false) => json!({"matchLabels": {
            "k8s:io.kubernetes.pod.namespace": home.name,
            home.key: found.name,
        }}),
        (_, true) => json!({"podSelector": {"matchLabels": {home.key: found.name}}}),
        (_, false) => {
            let namespaces = if home.by_team {
                json!({"matchLabels": {"team": team}})
            } else {
                json!({"matchLabels": {"kubernetes.io/metadata.name": home.name}})
            };
            json!({
                "namespaceSelector": namespaces,
                "podSelector": {"matchLabels": {home.key: found.name}},
            })
        }
    })
}

/// The ports of a workload in a rule.
fn ports(cluster: &Cluster, workload: usize) -> Option<(&'static str, Value)> {
    let found = cluster.workloads.get(workload)?;
    let (name, number) = found.port?;
    Some(match (cluster.flavour, found.by_name) {
        (Flavour::Cilium, true) => (
            "toPorts",
            json!([{"ports": [{"port": name, "protocol": "TCP"}]}]),
        ),
        (Flavour::Cilium, false) => (
            "toPorts",
            json!([{"ports": [{"port": number.to_string(), "protocol": "TCP"}]}]),
        ),
        (_, true) => ("ports", json!([{"protocol": "TCP", "port": name}])),
        (_, false) => ("ports", json!([{"protocol": "TCP", "port": number}])),
    })
}

/// The rule of the one who answers.
fn ingress_rule(cluster: &Cluster, connection: Connection) -> Option<Value> {
    let field = match cluster.flavour {
        Flavour::Cilium => "fromEndpoints",
        Flavour::Plain | Flavour::Admin => "from",
    };
    let (port_field, ports) = ports(cluster, connection.to)?;
    let peer = peer(cluster, connection.from, connection.to)?;
    Some(json!({field: [peer], port_field: ports}))
}

/// The rule of the one who asks.
fn egress_rule(cluster: &Cluster, connection: Connection) -> Option<Value> {
    let field = match cluster.flavour {
        Flavour::Cilium => "toEndpoints",
        Flavour::Plain | Flavour::Admin => "to",
    };
    let (port_field, ports) = ports(cluster, connection.to)?;
    let peer = peer(cluster, connection.to, connection.from)?;
    Some(json!({field: [peer], port_field: ports}))
}

/// Something that is not in the cluster.
fn outside(flavour: Flavour) -> Value {
    if flavour == Flavour::Cilium {
        json!({
            "toFQDNs": [{"matchName": "payments.example.com"}],
            "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
        })
    } else {
        json!({
            "to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}],
            "ports": [{"protocol": "TCP", "port": 443}],
        })
    }
}
