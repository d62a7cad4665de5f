//! Mistakes between policies.

use super::{How, Planted, Planter};
use crate::cluster::{Cluster, Connection, Flavour, Isolation, peer};
use netpol_testgen::Rng;
use serde_json::{Value, json};

pub(super) const ALL: &[Planter] = &[
    Planter {
        code: "NP301",
        mistake: "one half of a connection is forgotten: the rule of the one who asks, or of the one who answers",
        how: How::Objects(one_half),
    },
    Planter {
        code: "NP302",
        mistake: "an administrator, or a deny rule of Cilium, denies what a team allows",
        how: How::Objects(denied),
    },
    Planter {
        code: "NP303",
        mistake: "a rule is written again without its ports, for all pods of the namespace, or in a second policy",
        how: How::Objects(twice),
    },
    Planter {
        code: "NP304",
        mistake: "two administrators take the same priority and say opposite things",
        how: How::Objects(same_priority),
    },
    Planter {
        code: "NP305",
        mistake: "a baseline for a namespace whose pods are all isolated by policies",
        how: How::Objects(idle_baseline),
    },
    Planter {
        code: "NP306",
        mistake: "the policy that lets DNS out is taken away",
        how: How::Objects(no_dns),
    },
    Planter {
        code: "NP307",
        mistake: "an exception stands behind the rule for everybody; a rule for some requests beside the rule for all",
        how: How::Objects(behind),
    },
    Planter {
        code: "NP308",
        mistake: "the port is changed in one of two policies, or TCP becomes UDP there",
        how: How::Objects(other_port),
    },
    Planter {
        code: "NP309",
        mistake: "a word is missing in `policyTypes`",
        how: How::Objects(direction),
    },
    Planter {
        code: "NP310",
        mistake: "a policy of Cilium that only denies, or `allow-all` as `[{}]`, for pods that nothing isolates",
        how: How::Objects(flips),
    },
    Planter {
        code: "NP311",
        mistake: "under Cilium: an ipBlock for the pods' network, one port's name for several numbers",
        how: How::Objects(other_reach),
    },
];

fn rules<'c>(
    cluster: &'c mut Cluster,
    workload: usize,
    direction: &str,
) -> Option<&'c mut Vec<Value>> {
    let policy = cluster.policy(workload)?;
    policy
        .pointer_mut("/spec")?
        .get_mut(direction)?
        .as_array_mut()
}

/// Takes a rule out; Cilium's list stays as `[{}]`, which allows nothing.
fn take_out(cluster: &mut Cluster, workload: usize, direction: &str, index: usize) -> Option<()> {
    let is_cilium = cluster.flavour == Flavour::Cilium;
    let list = rules(cluster, workload, direction)?;
    if index >= list.len() {
        return None;
    }
    list.remove(index);
    if list.is_empty() {
        if is_cilium {
            list.push(json!({}));
        } else {
            let spec = cluster.policy(workload)?.pointer_mut("/spec")?;
            spec.as_object_mut()?.remove(direction);
        }
    }
    Some(())
}

fn one_half(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let both = |c: &Cluster, n: Connection| c.is_let_in(n) && c.is_let_out(n);
    let connection = cluster.any_connection(rng, both)?;
    if rng.chance(50) {
        let index = cluster.egress_index(connection)?;
        take_out(cluster, connection.from, "egress", index)?;
    } else {
        let index = cluster.ingress_index(connection)?;
        take_out(cluster, connection.to, "ingress", index)?;
    }
    // The half that is left is what says something that does not hold.
    Some(vec![
        cluster.policy_key(connection.from)?,
        cluster.policy_key(connection.to)?,
    ])
}

fn denied(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let connection = cluster.any_connection(rng, Cluster::is_let_in)?;
    let (from, to) = (cluster.home(connection.from)?, cluster.home(connection.to)?);
    let (asks, answers) = (
        cluster.workloads.get(connection.from)?,
        cluster.workloads.get(connection.to)?,
    );
    let object = if cluster.flavour == Flavour::Cilium {
        json!({
            "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "quarantine", "namespace": to.name},
            "spec": {
                "endpointSelector": {"matchLabels": {to.key: answers.name}},
                "ingressDeny": [{"fromEndpoints": [peer(cluster, connection.from, connection.to)?]}],
            },
        })
    } else if rng.chance(50) {
        json!({
            "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": {"name": "quarantine"},
            "spec": {
                "tier": "Admin", "priority": 5,
                "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": to.name}}},
                "ingress": [{"name": "closed", "action": "Deny", "from": [
                    {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": from.name}}},
                ]}],
            },
        })
    } else {
        json!({
            "apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy",
            "metadata": {"name": "quarantine"},
            "spec": {
                "priority": 5,
                "subject": {"pods": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": to.name}},
                    "podSelector": {"matchLabels": {to.key: answers.name}},
                }},
                "ingress": [{"name": "closed", "action": "Deny", "from": [{"pods": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": from.name}},
                    "podSelector": {"matchLabels": {from.key: asks.name}},
                }}]}],
            },
        })
    };
    let name = crate::cluster::key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}

fn twice(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let connection = cluster.any_connection(rng, Cluster::is_let_in)?;
    let index = cluster.ingress_index(connection)?;
    let name = cluster.policy_key(connection.to)?;
    let mut rule = rules(cluster, connection.to, "ingress")?
        .get(index)?
        .clone();
    let is_cilium = cluster.flavour == Flavour::Cilium;
    match rng.below(3) {
        0 => {
            let fields = rule.as_object_mut()?;
            fields.remove(if is_cilium { "toPorts" } else { "ports" });
            rules(cluster, connection.to, "ingress")?.push(rule);
        }
        1 => {
            let (field, wide) = if is_cilium {
                ("fromEndpoints", json!([{}]))
            } else {
                ("from", json!([{"namespaceSelector": {}}]))
            };
            // Everybody in the cluster, in place of one peer.
            let wide = if is_cilium {
                json!({"fromEntities": ["cluster"]})
                    .pointer("/fromEntities")
                    .cloned()?
            } else {
                wide
            };
            let fields = rule.as_object_mut()?;
            fields.remove(field);
            fields.insert(
                if is_cilium { "fromEntities" } else { field }.to_owned(),
                wide,
            );
            rules(cluster, connection.to, "ingress")?.push(rule);
        }
        _ => {
            let mut copy = cluster.policy(connection.to)?.clone();
            *copy.pointer_mut("/metadata/name")? = json!(format!(
                "{}-again",
                cluster.workloads.get(connection.to)?.name
            ));
            *copy.pointer_mut("/spec/ingress")? = json!([rule]);
            copy.pointer_mut("/spec")?.as_object_mut()?.remove("egress");
            if !is_cilium {
                *copy.pointer_mut("/spec/policyTypes")? = json!(["Ingress"]);
            }
            let second = crate::cluster::key(&copy);
            cluster.objects.push(copy);
            return Some(vec![name, second]);
        }
    }
    Some(vec![name])
}

fn same_priority(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let connection = cluster.any_connection(rng, Cluster::is_let_in)?;
    let (from, to) = (
        cluster.home(connection.from)?.name,
        cluster.home(connection.to)?.name,
    );
    if cluster.flavour == Flavour::Cilium || from == to {
        return None;
    }
    let priority = 30 + rng.below(20);
    let mut names = Vec::new();
    for (name, action) in [("open-to-team", "Accept"), ("closed-to-team", "Deny")] {
        let object = json!({
            "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": {"name": name},
            "spec": {
                "tier": "Admin", "priority": priority,
                "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": to}}},
                "ingress": [{"name": "team", "action": action, "from": [
                    {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": from}}},
                ]}],
            },
        });
        names.push(crate::cluster::key(&object));
        cluster.objects.push(object);
    }
    Some(names)
}

fn idle_baseline(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    if cluster.flavour == Flavour::Cilium {
        return None;
    }
    let isolated = cluster
        .namespaces
        .iter()
        .filter(|n| n.isolation != Isolation::None);
    let names: Vec<&str> = isolated.map(|n| n.name).collect();
    let home = *rng.pick(&names);
    let object = json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "monitoring-may-look"},
        "spec": {
            "tier": "Baseline", "priority": 200,
            "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": home}}},
            "ingress": [{"name": "monitoring", "action": "Accept", "from": [
                {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
            ]}, {"name": "nobody-else", "action": "Deny", "from": [{"namespaces": {}}]}],
        },
    });
    let name = crate::cluster::key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}

fn no_dns(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let both = |n: &crate::cluster::Namespace| n.isolation == Isolation::Both;
    let places: Vec<usize> = (cluster.namespaces.iter().enumerate())
        .filter(|(_, n)| both(n))
        .map(|(at, _)| at)
        .collect();
    let place = *places.get(rng.below(places.len()))?;
    let home = cluster.namespaces.get(place)?.name;
    let kind = cluster.policy_kind();
    let gone = format!("{kind}/{home}/allow-dns");
    cluster.objects.retain(|o| crate::cluster::key(o) != gone);
    // Any of the policies that isolate pods of the namespace may be named.
    let policies = (cluster.objects.iter().map(crate::cluster::key))
        .filter(|name| name.starts_with(&format!("{kind}/{home}/")));
    Some(policies.collect())
}

fn behind(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    if cluster.flavour == Flavour::Cilium {
        let connection = cluster.any_connection(rng, Cluster::is_let_in)?;
        let index = cluster.ingress_index(connection)?;
        let name = cluster.policy_key(connection.to)?;
        let list = rules(cluster, connection.to, "ingress")?;
        let mut rule = list.get(index)?.clone();
        let port = rule.pointer_mut("/toPorts/0")?.as_object_mut()?;
        port.insert(
            "rules".to_owned(),
            json!({"http": [{"method": "GET", "path": "/public/.*"}]}),
        );
        list.push(rule);
        return Some(vec![name]);
    }
    let application = cluster.any_workload(rng, |c, at, _| c.has_policy(at))?;
    let home = cluster.home(application)?.name;
    let wide = if rng.chance(50) {
        json!({"namespaces": {}})
    } else {
        json!({"namespaces": {"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "Exists"},
        ]}})
    };
    let object = json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "not-for-guests"},
        "spec": {
            "tier": "Admin", "priority": 11 + rng.below(9),
            "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": home}}},
            "ingress": [
                {"name": "everybody", "action": "Accept", "from": [wide]},
                {"name": "but-no-guests", "action": "Deny", "from": [
                    {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "guests"}}},
                ]},
            ],
        },
    });
    let name = crate::cluster::key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}

fn other_port(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let both = |c: &Cluster, n: Connection| c.is_let_in(n) && c.is_let_out(n);
    let connection = cluster.any_connection(rng, both)?;
    let (workload, direction, index) = if rng.chance(50) {
        (connection.from, "egress", cluster.egress_index(connection)?)
    } else {
        (connection.to, "ingress", cluster.ingress_index(connection)?)
    };
    let (_, number) = cluster.workloads.get(connection.to)?.port?;
    let is_cilium = cluster.flavour == Flavour::Cilium;
    let protocol = rng.chance(30);
    let other = [8000, 8088, 9443, 6380, 5433]
        .into_iter()
        .nth(rng.below(5))
        .filter(|p| *p != number)?;
    let rule = rules(cluster, workload, direction)?.get_mut(index)?;
    let port = rule.pointer_mut(if is_cilium {
        "/toPorts/0/ports/0"
    } else {
        "/ports/0"
    })?;
    let fields = port.as_object_mut()?;
    if protocol {
        fields.insert("protocol".to_owned(), json!("UDP"));
    } else if is_cilium {
        fields.insert("port".to_owned(), json!(other.to_string()));
    } else {
        fields.insert("port".to_owned(), json!(other));
    }
    Some(vec![
        cluster.policy_key(connection.from)?,
        cluster.policy_key(connection.to)?,
    ])
}

fn direction(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let types = |o: &Value| {
        o.pointer("/spec/policyTypes")
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    };
    let has_rules =
        |o: &Value| o.pointer("/spec/egress").is_some() && o.pointer("/spec/ingress").is_some();
    let places: Vec<usize> = (cluster.objects.iter().enumerate())
        .filter(|(_, o)| types(o) == 2 && has_rules(o))
        .map(|(at, _)| at)
        .collect();
    let object = cluster
        .objects
        .get_mut(*places.get(rng.below(places.len()))?)?;
    let list = object.pointer_mut("/spec/policyTypes")?.as_array_mut()?;
    list.remove(rng.below(2));
    Some(vec![crate::cluster::key(object)])
}

fn flips(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    if cluster.flavour != Flavour::Cilium {
        return None;
    }
    let home = *rng.pick(&["guests", "monitoring", "ingress-nginx"]);
    let (name, spec) = match rng.below(3) {
        0 => (
            "no-instance-metadata",
            json!({
                "endpointSelector": {},
                "egressDeny": [{"toCIDR": ["169.254.169.254/32"]}],
            }),
        ),
        1 => (
            "no-guests",
            json!({
                "endpointSelector": {},
                "ingressDeny": [{"fromEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "guests"}}]}],
            }),
        ),
        _ => (
            "allow-all",
            json!({"endpointSelector": {}, "ingress": [{}]}),
        ),
    };
    let object = json!({
        "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": name, "namespace": home},
        "spec": spec,
    });
    let name = crate::cluster::key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}

fn other_reach(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    cluster.values.as_ref()?;
    let both = |c: &Cluster, at: usize| c.home(at).is_some_and(|h| h.isolation == Isolation::Both);
    let place = cluster.any_workload(rng, |c, at, w| both(c, at) && w.tier == "frontend")?;
    let (home, namespace) = (
        cluster.home(place)?.clone(),
        cluster.workloads.get(place)?.namespace,
    );
    let web = cluster.workloads.get(place)?.name;
    if rng.chance(50) {
        // A pod with its address, as a dump shows it, and a rule that means it by its network.
        let address = format!("10.244.{}.{}", 1 + rng.below(5), 2 + rng.below(200));
        cluster.objects.push(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "scraper", "namespace": "monitoring", "labels": {"app": "scraper"}},
            "spec": {"containers": [{"name": "scraper", "image": "registry.example.com/scraper:2"}]},
            "status": {"podIP": address, "podIPs": [{"ip": address}]},
        }));
        let object = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "scrapers", "namespace": home.name},
            "spec": {
                "podSelector": {"matchLabels": {home.key: web}},
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [{"ipBlock": {"cidr": "10.244.0.0/16"}}]}],
            },
        });
        let name = crate::cluster::key(&object);
        cluster.objects.push(object);
        return Some(vec![name]);
    }
    let named = |number| {
        (cluster.workloads.iter())
            .any(|w| w.namespace == namespace && w.port == Some(("http", number)))
    };
    let numbers = [8080, 8081, 9090, 3000, 8443, 5000]
        .into_iter()
        .filter(|n| named(*n))
        .count();
    if numbers < 2 {
        return None;
    }
    let object = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "web-to-all", "namespace": home.name},
        "spec": {
            "podSelector": {"matchLabels": {home.key: web}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"podSelector": {}}], "ports": [{"protocol": "TCP", "port": "http"}]}],
        },
    });
    let name = crate::cluster::key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}
