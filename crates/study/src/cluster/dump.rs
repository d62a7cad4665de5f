//! A cluster as a dump shows it: pods with addresses on nodes in place of workloads, Services with
//! addresses.

use super::Cluster;
use serde_json::{Map, Value, json};

/// Pods of each workload.
const REPLICAS: usize = 2;
const NODES: usize = 3;

impl Cluster {
    /// The same cluster, running.
    pub(crate) fn dumped(&self) -> Self {
        let mut dumped = self.clone();
        dumped.objects = (0..NODES).map(node).collect();
        let (mut pods, mut services) = (0, 0);
        for object in &self.objects {
            match object.get("kind").and_then(Value::as_str) {
                Some("Deployment" | "StatefulSet") => {
                    for replica in 0..REPLICAS {
                        dumped.objects.extend(pod(object, replica, pods));
                        pods += 1;
                    }
                }
                Some("Service") => {
                    services += 1;
                    dumped.objects.push(service(object, services));
                }
                _ => dumped.objects.push(object.clone()),
            }
        }
        dumped
    }

    /// How a pod of a dump is called by findings.
    pub(crate) fn pod_key(&self, workload: usize, replica: usize) -> Option<String> {
        let name = self.workloads.get(workload)?.name;
        Some(format!(
            "Pod/{}/{name}-{replica}",
            self.home(workload)?.name
        ))
    }
}

fn node(at: usize) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": format!("node-{at}")},
        "spec": {"podCIDRs": [format!("10.244.{at}.0/24")]},
        "status": {"addresses": [{"type": "InternalIP", "address": format!("172.18.0.{}", at + 2)}]},
    })
}

fn pod(workload: &Value, replica: usize, number: usize) -> Option<Value> {
    let text = |pointer: &str| workload.pointer(pointer).and_then(Value::as_str);
    let node = number % NODES;
    let address = format!("10.244.{node}.{}", 10 + number / NODES);
    let mut spec: Map<String, Value> = workload
        .pointer("/spec/template/spec")?
        .as_object()?
        .clone();
    spec.insert("nodeName".to_owned(), json!(format!("node-{node}")));
    Some(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("{}-{replica}", text("/metadata/name")?),
            "namespace": text("/metadata/namespace")?,
            "labels": workload.pointer("/spec/template/metadata/labels")?,
        },
        "spec": spec,
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }))
}

fn service(service: &Value, number: usize) -> Value {
    let mut service = service.clone();
    if let Some(spec) = service.pointer_mut("/spec").and_then(Value::as_object_mut) {
        let given = spec.get("clusterIP").and_then(Value::as_str);
        let address = given.map_or_else(|| format!("10.96.1.{number}"), str::to_owned);
        spec.insert("clusterIP".to_owned(), json!(address));
        spec.insert("clusterIPs".to_owned(), json!([address]));
    }
    service
}
