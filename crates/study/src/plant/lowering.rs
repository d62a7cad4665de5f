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
        code: "NP503",
        mistake: "the manifest of a namespace is left out, and a peer names it by `team`",
        how: How::Objects(no_namespace),
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
