//! Mistakes that matter when a cluster is compiled, or run.

use super::{How, Planted, Planter};
use crate::cluster::{Cluster, Flavour, Isolation, key};
use netpol_testgen::Rng;
use serde_json::json;

pub(super) const ALL: &[Planter] = &[
    Planter {
        code: "NP501",
        mistake: "a list of 600 addresses with nearly all ports, as a feed of partners makes it",
        how: How::Objects(feed),
    },
    Planter {
        code: "NP502",
        mistake: "a rule for each of 200 partners, each with a port of its own, for nodes that have room for 256KiB",
        how: How::Objects(partners),
    },
    Planter {
        code: "NP503",
        mistake: "the manifest of a namespace is left out, and a peer names it by `team`",
        how: How::Objects(no_namespace),
    },
    Planter {
        code: "NP504",
        mistake: "a canary behind the same Service: the policy is for the stable pods alone, or lets somebody else use the canary",
        how: How::Dump(canary),
    },
];

fn feed(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    if cluster.flavour != Flavour::Cilium {
        return None;
    }
    let place = cluster.any_workload(rng, |c, at, w| {
        w.port.is_some() && c.home(at).is_some_and(|h| h.isolation == Isolation::Both)
    })?;
    let (home, workload) = (cluster.home(place)?, cluster.workloads.get(place)?);
    let blocks: Vec<String> = (0..600)
        .map(|at| {
            format!(
                "198.{}.{}.{}/32",
                18 + at / 500,
                at % 250,
                1 + rng.below(250)
            )
        })
        .collect();
    let object = json!({
        "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "partners", "namespace": home.name},
        "spec": {
            "endpointSelector": {"matchLabels": {home.key: workload.name}},
            "egress": [{
                "toCIDR": blocks,
                "toPorts": [{"ports": [{"port": "1", "endPort": 65534, "protocol": "TCP"}]}],
            }],
        },
    });
    let name = key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}

fn no_namespace(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    if cluster.flavour == Flavour::Cilium {
        return None;
    }
    // Who is named by its team in a policy of another namespace.
    let named: Vec<(usize, usize)> = (cluster.connections.iter())
        .flat_map(|c| {
            [
                (c.from, c.to, cluster.is_let_in(*c)),
                (c.to, c.from, cluster.is_let_out(*c)),
            ]
        })
        .filter(|(far, near, is_ruled)| {
            let homes = cluster.home(*far).zip(cluster.home(*near));
            *is_ruled && homes.is_some_and(|(f, n)| f.name != n.name && f.by_team)
        })
        .map(|(far, near, _)| (far, near))
        .collect();
    let (far, near) = *named.get(rng.below(named.len()))?;
    let gone = format!("Namespace/{}", cluster.home(far)?.name);
    cluster.objects.retain(|o| key(o) != gone);
    Some(vec![cluster.policy_key(near)?])
}

fn partners(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let place = cluster.any_workload(rng, |c, at, w| {
        w.port.is_some() && c.home(at).is_some_and(|h| h.isolation == Isolation::Both)
    })?;
    let (home, workload) = (cluster.home(place)?, cluster.workloads.get(place)?);
    let first = 20_000 + rng.below(2000);
    let partners = (0..200).map(|at| (format!("203.0.113.{at}/32"), first + at * 100));
    let is_cilium = cluster.flavour == Flavour::Cilium;
    let rules: Vec<_> = partners
        .map(|(cidr, port)| {
            if is_cilium {
                let port = json!({"port": port.to_string(), "protocol": "TCP"});
                json!({"toCIDR": [cidr], "toPorts": [{"ports": [port]}]})
            } else {
                let port = json!({"protocol": "TCP", "port": port});
                json!({"to": [{"ipBlock": {"cidr": cidr}}], "ports": [port]})
            }
        })
        .collect();
    let selector = json!({"matchLabels": {home.key: workload.name}});
    let (version, spec) = if is_cilium {
        let spec = json!({"endpointSelector": selector, "egress": rules});
        ("cilium.io/v2", spec)
    } else {
        let spec = json!({"podSelector": selector, "policyTypes": ["Egress"], "egress": rules});
        ("networking.k8s.io/v1", spec)
    };
    let object = json!({
        "apiVersion": version, "kind": cluster.policy_kind(),
        "metadata": {"name": "partners", "namespace": home.name},
        "spec": spec,
    });
    let name = key(&object);
    cluster.objects.push(object);
    Some(vec![name])
}

/// One of two pods becomes a canary, by a label of its own.
fn canary(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    // Somebody must use it, or nobody may use either of the two.
    let place = cluster.any_workload(rng, |c, at, w| {
        let is_used = c.connections.iter().any(|connection| connection.to == at);
        w.service.is_some() && c.has_policy(at) && is_used
    })?;
    let pods = [cluster.pod_key(place, 0)?, cluster.pod_key(place, 1)?];
    for (pod, track) in pods.iter().zip(["stable", "canary"]) {
        let labels = cluster.object(pod)?.pointer_mut("/metadata/labels")?;
        labels
            .as_object_mut()?
            .insert("track".to_owned(), json!(track));
    }
    let subject = cluster.subject();
    // Administrators let nobody of the guests in anywhere.
    let policy = if cluster.flavour == Flavour::Admin || rng.chance(60) {
        let policy = cluster.policy(place)?;
        let labels = policy.pointer_mut(&format!("{subject}/matchLabels"))?;
        labels
            .as_object_mut()?
            .insert("track".to_owned(), json!("stable"));
        key(policy)
    } else {
        let mut policy = cluster.policy(place)?.clone();
        let labels = policy.pointer_mut(&format!("{subject}/matchLabels"))?;
        labels
            .as_object_mut()?
            .insert("track".to_owned(), json!("canary"));
        *policy.pointer_mut("/metadata/name")? = json!("canary-testers");
        open_ingress(cluster, &mut policy)?;
        let name = key(&policy);
        cluster.objects.push(policy);
        name
    };
    Some(pods.into_iter().chain([policy]).collect())
}

/// Lets everybody in the namespace of notebooks in, on every port.
fn open_ingress(cluster: &Cluster, policy: &mut serde_json::Value) -> Option<()> {
    let spec = policy.pointer_mut("/spec")?.as_object_mut()?;
    let rule = if cluster.flavour == Flavour::Cilium {
        json!({"fromEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "guests"}}]})
    } else {
        let guests = json!({"matchLabels": {"kubernetes.io/metadata.name": "guests"}});
        json!({"from": [{"namespaceSelector": guests}]})
    };
    spec.insert("ingress".to_owned(), json!([rule]));
    spec.remove("egress");
    if spec.contains_key("policyTypes") {
        spec.insert("policyTypes".to_owned(), json!(["Ingress"]));
    }
    Some(())
}
