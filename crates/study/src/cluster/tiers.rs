//! What administrators say before and after the policies of namespaces.

use super::Cluster;
use netpol_testgen::Rng;
use serde_json::{Value, json};

pub(super) fn write(cluster: &mut Cluster, rng: &mut Rng) {
    let policy = |name: &str, tier: &str, priority: u16, spec: Value| {
        let mut object = json!({
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": name},
            "spec": {"tier": tier, "priority": priority},
        });
        if let (Some(to), Value::Object(from)) = (
            object.pointer_mut("/spec").and_then(Value::as_object_mut),
            spec,
        ) {
            to.extend(from);
        }
        object
    };
    let guests = json!({"matchLabels": {"kubernetes.io/metadata.name": "guests"}});
    let not_guests = json!({"matchExpressions": [
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["guests", "kube-system"]},
    ]});
    cluster.objects.push(policy(
        "no-instance-metadata",
        "Admin",
        10,
        json!({
            "subject": {"namespaces": {}},
            "egress": [{
                "name": "cloud-credentials",
                "action": "Deny",
                "to": [{"networks": ["169.254.169.254/32"]}],
            }],
        }),
    ));
    cluster.objects.push(policy(
        "guests-are-guests",
        "Admin",
        20,
        json!({
            "subject": {"namespaces": not_guests},
            "ingress": [{
                "name": "no-guests",
                "action": "Deny",
                "from": [{"namespaces": guests}],
            }],
        }),
    ));
    if rng.chance(60) {
        cluster.objects.push(policy(
            "guests-alone",
            "Baseline",
            100,
            json!({
                "subject": {"namespaces": guests},
                "ingress": [{
                    "name": "nobody-visits-guests",
                    "action": "Deny",
                    "from": [{"namespaces": {}}],
                }],
            }),
        ));
    }
}
