//! Mistakes in the values of Cilium's chart.

use super::{How, Planted, Planter};
use crate::cluster::{Cluster, Flavour, key};
use crate::slips::slip;
use crate::written::VALUES;
use netpol_testgen::Rng;
use serde_json::{Map, Value, json};

pub(super) const ALL: &[Planter] = &[
    Planter {
        code: "NP601",
        mistake: "a key is mistyped: a slip, another case, a word of an older version",
        how: How::Objects(key_slip),
    },
    Planter {
        code: "NP602",
        mistake: "a word of a fixed set is mistyped",
        how: How::Objects(word_slip),
    },
    Planter {
        code: "NP603",
        mistake: "a combination that the chart refuses, or a value of another type",
        how: How::Objects(refused),
    },
    Planter {
        code: "NP604",
        mistake: "a combination with which the agent ends",
        how: How::Objects(exits),
    },
    Planter {
        code: "NP605",
        mistake: "a value that another one overrules, or that is no longer read",
        how: How::Objects(lost),
    },
    Planter {
        code: "NP606",
        mistake: "enforcement is switched off for a test and stays off",
        how: How::Objects(off),
    },
    Planter {
        code: "NP607",
        mistake: "a policy that needs what the values leave off",
        how: How::Objects(needs),
    },
    Planter {
        code: "NP608",
        mistake: "an upgrade over a version that changes what the values rest on",
        how: How::Objects(upgrade),
    },
];

fn values(cluster: &mut Cluster) -> Option<&mut Map<String, Value>> {
    cluster.values.as_mut()?.as_object_mut()
}

/// Lays values over those that are there.
fn lay(into: &mut Map<String, Value>, over: &Value) {
    for (name, value) in over.as_object().into_iter().flatten() {
        match (
            into.get_mut(name).and_then(Value::as_object_mut),
            value.is_object(),
        ) {
            (Some(below), true) => lay(below, value),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

fn one_of(cluster: &mut Cluster, rng: &mut Rng, mistakes: &[Value]) -> Planted {
    let values = values(cluster)?;
    lay(values, &rng.pick(mistakes).clone());
    Some(vec![VALUES.to_owned()])
}

fn rename(map: &mut Map<String, Value>, from: &str, to: &str) {
    let entries = std::mem::take(map);
    for (name, value) in entries {
        let name = if name == from { to.to_owned() } else { name };
        map.insert(name, value);
    }
}

fn key_slip(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let values = values(cluster)?;
    if rng.chance(20) {
        let old = [
            json!({"hostfirewall": {"enabled": true}}),
            json!({"hubble": {"relay": {"enable": true}}}),
            json!({"encryption": {"wireGuard": {"userspaceFallback": false}}}),
            json!({"prometheus": {"enable": true}}),
        ];
        lay(values, &rng.pick(&old).clone());
        return Some(vec![VALUES.to_owned()]);
    }
    let top: Vec<String> = values.keys().cloned().collect();
    let name = rng.pick(&top).clone();
    let below = values.get_mut(&name).and_then(Value::as_object_mut);
    match below.filter(|_| rng.chance(50)) {
        Some(map) => {
            let names: Vec<String> = map.keys().cloned().collect();
            let inner = rng.pick(&names).clone();
            rename(map, &inner, &mistyped(&inner, rng));
        }
        None => rename(values, &name, &mistyped(&name, rng)),
    }
    Some(vec![VALUES.to_owned()])
}

fn mistyped(name: &str, rng: &mut Rng) -> String {
    let lower = name.to_ascii_lowercase();
    if lower != name && rng.chance(30) {
        lower
    } else {
        slip(name, rng)
    }
}

fn word_slip(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    const WORDS: [(&str, &[&str]); 9] = [
        ("policyEnforcementMode", &["default", "always", "never"]),
        ("routingMode", &["tunnel", "native"]),
        ("tunnelProtocol", &["vxlan", "geneve"]),
        ("identityAllocationMode", &["crd", "kvstore"]),
        ("ipam.mode", &["cluster-pool", "kubernetes", "multi-pool"]),
        ("encryption.type", &["wireguard", "ipsec"]),
        ("loadBalancer.mode", &["snat", "dsr", "hybrid"]),
        ("loadBalancer.algorithm", &["random", "maglev"]),
        ("loadBalancer.acceleration", &["native", "disabled"]),
    ];
    let (path, words) = *rng.pick(&WORDS);
    let word: &str = words.get(rng.below(words.len()))?;
    let wrong = json!(slip(word, rng));
    let over = match path.split_once('.') {
        Some(("encryption", inner)) => json!({"encryption": {"enabled": true, inner: wrong}}),
        Some((outer, inner)) => json!({outer: {inner: wrong}}),
        None => json!({path: wrong}),
    };
    one_of(cluster, rng, &[over])
}

fn refused(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    one_of(
        cluster,
        rng,
        &[
            json!({"hubble": {"relay": {"enabled": false}}}),
            json!({"hubble": {"enabled": false}}),
            json!({"tunnel": "vxlan"}),
            json!({"cluster": {"name": "default", "id": 7}}),
            json!({"operator": {"replicas": "two"}}),
            json!({"l7Proxy": "yes"}),
            json!({"l7Proxy": false, "ingressController": {"enabled": true}}),
            json!({"containerRuntime": {"integration": "crio"}}),
            json!({"hubble": {"tls": {"auto": {"method": "certmanager"}}}}),
        ],
    )
}

fn exits(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    one_of(
        cluster,
        rng,
        &[
            json!({"hostFirewall": {"enabled": true}, "encryption": {"enabled": true, "type": "ipsec"}}),
            json!({"routingMode": "native", "ipv4NativeRoutingCIDR": ""}),
            json!({"routingMode": "tunnel", "autoDirectNodeRoutes": true}),
            json!({"ipv4": {"enabled": false}, "ipv6": {"enabled": false}}),
            json!({"encryption": {"enabled": true, "type": "ipsec"}, "ipv4": {"enabled": false}, "ipv6": {"enabled": true}}),
        ],
    )
}

fn lost(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    one_of(
        cluster,
        rng,
        &[
            json!({"encryption": {"enabled": true, "type": "wireguard", "strictMode": {"enabled": true}}}),
            json!({"policyEnforcementMode": "always", "extraConfig": {"enable-policy": "never"}}),
            json!({"l7Proxy": true, "extraConfig": {"enable-l7-proxy": "false"}}),
            json!({"hostFirewall": {"enabled": true}, "extraConfig": {"enable-host-firewall": "false"}}),
        ],
    )
}

fn off(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    one_of(
        cluster,
        rng,
        &[
            json!({"policyEnforcementMode": "never"}),
            json!({"policyAuditMode": true}),
            json!({"extraConfig": {"enable-policy": "never"}}),
            json!({"extraConfig": {"policy-audit-mode": "true"}}),
        ],
    )
}

fn needs(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    if cluster.flavour != Flavour::Cilium {
        return None;
    }
    let home = cluster.namespaces.last()?.name;
    let cilium = |kind: &str, spec: &Value| {
        let mut object = json!({
            "apiVersion": "cilium.io/v2", "kind": kind,
            "metadata": {"name": "special"},
            "spec": spec,
        });
        if let (Some(fields), "CiliumNetworkPolicy") = (
            object
                .pointer_mut("/metadata")
                .and_then(Value::as_object_mut),
            kind,
        ) {
            fields.insert("namespace".to_owned(), json!(home));
        }
        object
    };
    let object = match rng.below(4) {
        0 => {
            let dns = format!("CiliumNetworkPolicy/{home}/allow-dns");
            cluster.object(&dns)?;
            lay(values(cluster)?, &json!({"l7Proxy": false}));
            // The first of the policies with rules for names is the one that is shown.
            let names = cluster.objects.iter().map(key);
            let mut told: Vec<String> = names
                .filter(|n| n.starts_with("CiliumNetworkPolicy/"))
                .collect();
            told.push(VALUES.to_owned());
            return Some(told);
        }
        1 => cilium(
            "CiliumClusterwideNetworkPolicy",
            &json!({
                "nodeSelector": {}, "ingress": [{"fromEntities": ["cluster"]}],
            }),
        ),
        2 => cilium(
            "CiliumNetworkPolicy",
            &json!({
                "endpointSelector": {}, "ingress": [{
                    "fromEntities": ["cluster"],
                    "toPorts": [{"ports": [{"port": "2905", "protocol": "SCTP"}]}],
                }],
            }),
        ),
        _ => cilium(
            "CiliumNetworkPolicy",
            &json!({
                "endpointSelector": {}, "ingress": [{
                    "fromEntities": ["cluster"], "authentication": {"mode": "required"},
                }],
            }),
        ),
    };
    let name = key(&object);
    cluster.objects.push(object);
    Some(vec![name, VALUES.to_owned()])
}

fn upgrade(cluster: &mut Cluster, rng: &mut Rng) -> Planted {
    let strict = json!({"enabled": true, "cidr": "10.244.0.0/16"});
    let (versions, values) = if rng.chance(50) {
        (
            ("1.18", "1.19"),
            json!({"cluster": {"name": "west", "id": 1}}),
        )
    } else {
        let encryption = json!({"enabled": true, "type": "wireguard", "strictMode": strict});
        (("1.19", "1.20"), json!({"encryption": encryption}))
    };
    cluster.versions = Some(versions);
    one_of(cluster, rng, &[values])
}
