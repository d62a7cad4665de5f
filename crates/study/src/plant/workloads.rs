//! Mistakes between policies and the workloads that they mean.

use super::{How, Planted, Planter};
use crate::cluster::{Cluster, Connection, Flavour, Isolation, Workload, deployment, key};
use crate::slips::{slip, slip_of_port};
use netpol_testgen::Rng;
use serde_json::{Value, json};

pub(super) const ALL: &[Planter] = &[
    Planter {
        code: "NP401",
        mistake: "a typing error in the policy's selector; a workload's label renamed without its policy",
        how: How::Objects(subject),
    },
    Planter {
        code: "NP402",
        mistake: "a typing error in a peer's label; the `namespaceSelector` of a peer elsewhere forgotten",
        how: How::Objects(peer_label),
    },
    Planter {
        code: "NP403",
        mistake: "a mistyped port, by number or by name",
        how: How::Objects(port),
    },
    Planter {
        code: "NP404",
        mistake: "the Service's port where the pod's is meant",
        how: How::Objects(service_port),
    },
    Planter {
        code: "NP405",
        mistake: "the Service's address in an ipBlock; exceptions that leave nothing of it",
        how: How::Objects(block),
    },
    Planter {
        code: "NP406",
        mistake: "a new workload in a namespace where each has a policy of its own",
        how: How::Objects(newcomer),
    },
    Planter {
        code: "NP407",
        mistake: "`hostNetwork: true` for a workload that has a policy",
        how: How::Objects(host_network),
    },
    Planter {
        code: "NP408",
        mistake: "`from: []`, `from:` or `ports: []`, `podSelector:` or `matchLabels:` with nothing behind it",
        how: How::Objects(empty),
    },
    Planter {
        code: "NP409",
        mistake: "a dash too many between `namespaceSelector` and `podSelector`",
        how: How::Objects(dash),
    },
    Planter {
        code: "NP410",
        mistake: "the rule that lets the Ingress controller in is forgotten",
        how: How::Objects(controller),
    },
    Planter {
        code: "NP411",
        mistake: "a rule for one peer is opened to everybody",
        how: How::Objects(open),
    },
];

fn names(cluster: &Cluster) -> Vec<&'static str> {
    cluster.workloads.iter().map(|w| w.name).collect()
}

/// A slip that is no other workload's name.
fn misspelt(cluster: &Cluster, word: &str, rng: &mut Rng) -> String {
    let taken = names(cluster);
    for _ in 0..20 {
        let other = slip(word, rng);
        if !taken.contains(&other.as_str()) {
            return other;
        }
    }
    format!("{word}1")
}

fn subject(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let place = cluster.any_workload(rng, |c, at, _| c.has_policy(at))?;
    let label = cluster.home(place)?.key;
    let word = cluster.workloads.get(place)?.name;
    let policy = cluster.policy_key(place)?;
    if rng.chance(75) {
        let other = misspelt(cluster, word, rng);
        let pointer = cluster.subject();
        let selector = cluster.policy(place)?.pointer_mut(pointer)?;
        *selector.pointer_mut("/matchLabels")?.get_mut(label)? = json!(other);
        return Some(vec![policy]);
    }
    let manifest = cluster.workload_key(place)?;
    let object = cluster.manifest(place)?;
    let renamed = json!(format!("{word}-v2"));
    for pointer in [
        "/spec/selector/matchLabels",
        "/spec/template/metadata/labels",
    ] {
        *object.pointer_mut(pointer)?.get_mut(label)? = renamed.clone();
    }
    Some(vec![manifest, policy])
}

/// The one peer of a connection's rule, the policy that holds it, and whether it is at ingress.
fn peer_of<'c>(
    cluster: &'c mut Cluster,
    connection: Connection,
    rng: &mut Rng,
) -> Option<(String, &'c mut Value)> {
    let is_cilium = cluster.flavour == Flavour::Cilium;
    let (workload, list, field, index) = if cluster.is_let_out(connection) && rng.chance(50) {
        let index = cluster.egress_index(connection)?;
        (
            connection.from,
            "egress",
            if is_cilium { "toEndpoints" } else { "to" },
            index,
        )
    } else {
        let index = cluster.ingress_index(connection)?;
        (
            connection.to,
            "ingress",
            if is_cilium { "fromEndpoints" } else { "from" },
            index,
        )
    };
    let name = cluster.policy_key(workload)?;
    let pointer = format!("/spec/{list}/{index}/{field}/0");
    let peer = cluster.policy(workload)?.pointer_mut(&pointer)?;
    Some((name, peer))
}

fn peer_label(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let connection = cluster.any_connection(rng, Cluster::is_let_in)?;
    let (from, to) = (
        cluster.home(connection.from)?.clone(),
        cluster.home(connection.to)?.clone(),
    );
    let far = from.name != to.name;
    let forget = far && rng.chance(30);
    let words = [from.key, to.key];
    let taken = cluster.clone();
    let (name, peer) = peer_of(cluster, connection, rng)?;
    if forget {
        let fields = peer.as_object_mut()?;
        if fields.remove("namespaceSelector").is_none() {
            let labels = fields.get_mut("matchLabels")?.as_object_mut()?;
            labels.remove("k8s:io.kubernetes.pod.namespace")?;
        }
        return Some(vec![name]);
    }
    let pointer = if peer.get("podSelector").is_some() {
        "/podSelector/matchLabels"
    } else {
        "/matchLabels"
    };
    let labels = peer.pointer_mut(pointer)?.as_object_mut()?;
    let label = words.into_iter().find(|w| labels.contains_key(*w))?;
    let word = labels.get(label)?.as_str()?.to_owned();
    labels.insert(label.to_owned(), json!(misspelt(&taken, &word, rng)));
    Some(vec![name])
}

/// The first port of a connection's rule, and the policy that holds it.
fn port_of<'c>(
    cluster: &'c mut Cluster,
    connection: Connection,
    rng: &mut Rng,
) -> Option<(String, &'c mut Value)> {
    let ports = if cluster.flavour == Flavour::Cilium {
        "toPorts/0/ports"
    } else {
        "ports"
    };
    let (workload, list, index) = if cluster.is_let_out(connection) && rng.chance(40) {
        (connection.from, "egress", cluster.egress_index(connection)?)
    } else {
        (connection.to, "ingress", cluster.ingress_index(connection)?)
    };
    let name = cluster.policy_key(workload)?;
    let pointer = format!("/spec/{list}/{index}/{ports}/0/port");
    let port = cluster.policy(workload)?.pointer_mut(&pointer)?;
    Some((name, port))
}

/// As a rule writes a number: Cilium wants text.
fn number(like: &Value, port: u16, is_cilium: bool) -> Value {
    if like.is_string() && is_cilium {
        json!(port.to_string())
    } else {
        json!(port)
    }
}

fn port(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let connection = cluster.any_connection(rng, Cluster::is_let_in)?;
    let answers = cluster.workloads.get(connection.to)?.clone();
    let (port_name, port) = answers.port?;
    let mut taken: Vec<u16> = cluster.workloads.iter().filter_map(|w| w.service).collect();
    taken.extend(
        cluster
            .workloads
            .iter()
            .filter_map(|w| w.port)
            .map(|(_, n)| n),
    );
    let other = slip_of_port(port, &taken, rng);
    let word = slip(port_name, rng);
    let is_cilium = cluster.flavour == Flavour::Cilium;
    let (name, value) = port_of(cluster, connection, rng)?;
    *value = if answers.by_name {
        json!(word)
    } else {
        number(value, other, is_cilium)
    };
    Some(vec![name])
}

fn service_port(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let differs = |w: &Workload| w.service.is_some() && w.service != w.port.map(|(_, n)| n);
    let fits =
        |c: &Cluster, n: Connection| c.is_let_in(n) && c.workloads.get(n.to).is_some_and(differs);
    let connection = cluster.any_connection(rng, fits)?;
    let service = cluster.workloads.get(connection.to)?.service?;
    let is_cilium = cluster.flavour == Flavour::Cilium;
    let (name, value) = port_of(cluster, connection, rng)?;
    *value = number(value, service, is_cilium);
    Some(vec![name])
}

fn block(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    // Under Cilium a block never means pods, and its Services are another matter.
    if cluster.values.is_some() || cluster.flavour == Flavour::Cilium {
        return None;
    }
    if rng.chance(50) {
        let names: Vec<String> = (cluster.objects.iter().map(key))
            .filter(|n| n.ends_with("/allow-dns"))
            .collect();
        let name = names.get(rng.below(names.len()))?.clone();
        let peer = cluster.object(&name)?.pointer_mut("/spec/egress/0/to/0")?;
        *peer = json!({"ipBlock": {"cidr": "10.96.0.10/32"}});
        return Some(vec![name]);
    }
    let place = cluster.any_workload(rng, |c, at, w| {
        w.outside && c.home(at).is_some_and(|h| h.isolation == Isolation::Both)
    })?;
    let name = cluster.policy_key(place)?;
    let rules = cluster
        .policy(place)?
        .pointer_mut("/spec/egress")?
        .as_array_mut()?;
    let block = rules.last_mut()?.pointer_mut("/to/0/ipBlock")?;
    *block = json!({"cidr": "203.0.113.0/24", "except": ["203.0.113.0/25", "203.0.113.128/25"]});
    Some(vec![name])
}

fn newcomer(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let place = cluster.any_workload(rng, |c, at, _| {
        c.has_policy(at) && c.home(at).is_some_and(|h| !h.default_deny)
    })?;
    let namespace = cluster.workloads.get(place)?.namespace;
    let home = cluster.home(place)?.clone();
    let added = Workload {
        namespace,
        name: rng.pick::<&'static str>(&["reports", "exporter", "admin-ui"]),
        kind: "Deployment",
        tier: "backend",
        port: Some(("http", 8090)),
        service: None,
        by_name: false,
        outside: false,
    };
    let object = deployment(&home, &added);
    let name = key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}

fn host_network(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let place = cluster.any_workload(rng, |c, at, _| c.has_policy(at))?;
    let (manifest, policy) = (cluster.workload_key(place)?, cluster.policy_key(place)?);
    let pod = cluster
        .manifest(place)?
        .pointer_mut("/spec/template/spec")?;
    pod.as_object_mut()?
        .insert("hostNetwork".to_owned(), json!(true));
    Some(vec![manifest, policy])
}

fn empty(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    if cluster.flavour == Flavour::Cilium {
        return None;
    }
    let connection = cluster.any_connection(rng, Cluster::is_let_in)?;
    let name = cluster.policy_key(connection.to)?;
    let index = cluster.ingress_index(connection)?;
    let policy = cluster.policy(connection.to)?;
    let (pointer, field, value) = match rng.below(5) {
        0 => (format!("/spec/ingress/{index}"), "from", json!([])),
        1 => (format!("/spec/ingress/{index}"), "from", Value::Null),
        2 => (format!("/spec/ingress/{index}"), "ports", json!([])),
        3 => ("/spec".to_owned(), "podSelector", Value::Null),
        _ => ("/spec/podSelector".to_owned(), "matchLabels", Value::Null),
    };
    let fields = policy.pointer_mut(&pointer)?.as_object_mut()?;
    *fields.get_mut(field)? = value;
    Some(vec![name])
}

fn dash(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let far = |c: &Cluster, n: Connection| {
        let homes = c.home(n.from).zip(c.home(n.to));
        c.is_let_in(n) && homes.is_some_and(|(a, b)| a.name != b.name)
    };
    if cluster.flavour == Flavour::Cilium {
        return None;
    }
    let mut places: Vec<String> = Vec::new();
    if rng.chance(30) {
        places.extend(
            cluster
                .objects
                .iter()
                .map(key)
                .filter(|n| n.ends_with("/allow-dns")),
        );
    }
    let (name, pointer) = if let Some(name) = places.get(rng.below(places.len())) {
        (name.clone(), "/spec/egress/0/to".to_owned())
    } else {
        let connection = cluster.any_connection(rng, far)?;
        let index = cluster.ingress_index(connection)?;
        (
            cluster.policy_key(connection.to)?,
            format!("/spec/ingress/{index}/from"),
        )
    };
    let peers = cluster
        .object(&name)?
        .pointer_mut(&pointer)?
        .as_array_mut()?;
    let fields = peers.first_mut()?.as_object_mut()?;
    let pods = fields.remove("podSelector")?;
    peers.push(json!({"podSelector": pods}));
    Some(vec![name])
}

fn controller(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let from_controller = |c: &Cluster, n: Connection| {
        c.workloads
            .get(n.from)
            .is_some_and(|w| w.name == "ingress-nginx")
    };
    let connection = cluster.any_connection(rng, from_controller)?;
    let index = cluster.ingress_index(connection)?;
    let name = cluster.policy_key(connection.to)?;
    let workload = cluster.workloads.get(connection.to)?.name;
    let home = cluster.home(connection.to)?.name;
    let is_cilium = cluster.flavour == Flavour::Cilium;
    let spec = cluster
        .policy(connection.to)?
        .pointer_mut("/spec")?
        .as_object_mut()?;
    let rules = spec.get_mut("ingress")?.as_array_mut()?;
    if index >= rules.len() {
        return None;
    }
    rules.remove(index);
    if rules.is_empty() {
        if is_cilium {
            rules.push(json!({}));
        } else {
            spec.remove("ingress");
        }
    }
    Some(vec![
        name,
        format!("Ingress/{home}/{workload}"),
        format!("Service/{home}/{workload}"),
    ])
}

fn open(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let inner = |c: &Cluster, n: Connection| {
        c.is_let_in(n) && c.workloads.get(n.to).is_some_and(|w| w.tier != "frontend")
    };
    let connection = cluster.any_connection(rng, inner)?;
    let name = cluster.policy_key(connection.to)?;
    let index = cluster.ingress_index(connection)?;
    let is_cilium = cluster.flavour == Flavour::Cilium;
    let pointer = format!("/spec/ingress/{index}");
    let rule = cluster
        .policy(connection.to)?
        .pointer_mut(&pointer)?
        .as_object_mut()?;
    match (is_cilium, rng.below(2)) {
        (false, 0) => {
            rule.remove("from");
        }
        (false, _) => {
            rule.insert(
                "from".to_owned(),
                json!([{"ipBlock": {"cidr": "0.0.0.0/0"}}]),
            );
        }
        (true, 0) => {
            rule.remove("fromEndpoints");
            rule.insert("fromEntities".to_owned(), json!(["world"]));
        }
        (true, _) => {
            rule.remove("fromEndpoints");
            rule.insert("fromCIDR".to_owned(), json!(["0.0.0.0/0"]));
        }
    }
    Some(vec![name])
}
