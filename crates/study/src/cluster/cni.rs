//! Values of Cilium's chart that fit together.

use netpol_testgen::Rng;
use serde_json::{Value, json};

pub(super) fn values(rng: &mut Rng) -> Value {
    let mut values = json!({
        "kubeProxyReplacement": "true",
        "policyEnforcementMode": "default",
        "ipam": {"mode": "cluster-pool", "operator": {"clusterPoolIPv4PodCIDRList": ["10.244.0.0/16"]}},
        "hubble": {"enabled": true, "relay": {"enabled": true}, "ui": {"enabled": true}},
        "operator": {"replicas": 2},
        "l7Proxy": true,
    });
    let native = json!({"routingMode": "native", "ipv4NativeRoutingCIDR": "10.244.0.0/16", "autoDirectNodeRoutes": true});
    let tunnel = json!({"routingMode": "tunnel", "tunnelProtocol": rng.pick(&["vxlan", "geneve"])});
    let encryption = json!({"encryption": {"enabled": true, "type": "wireguard"}});
    let balancer =
        json!({"loadBalancer": {"mode": "snat", "algorithm": rng.pick(&["random", "maglev"])}});
    let proxy = json!({"bpf": {"masquerade": true}});
    let routing = if rng.chance(40) { native } else { tunnel };
    let wanted = [(encryption, 40), (balancer, 50), (proxy, 50)];
    let chosen = wanted.into_iter().filter(|(_, share)| rng.chance(*share));
    let parts: Vec<Value> = std::iter::once(routing)
        .chain(chosen.map(|(part, _)| part))
        .collect();
    for part in parts {
        if let (Some(to), Value::Object(from)) = (values.as_object_mut(), part) {
            to.extend(from);
        }
    }
    values
}
