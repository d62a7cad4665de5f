//! Namespaces, workloads, Services, Ingresses as manifests.

use super::{Cluster, Namespace, Workload};
use serde_json::{Value, json};

/// Writes what is no policy.
pub(super) fn write(cluster: &mut Cluster) {
    let mut objects: Vec<Value> = cluster.namespaces.iter().map(namespace).collect();
    for workload in &cluster.workloads {
        let Some(home) = cluster.namespaces.get(workload.namespace) else {
            continue;
        };
        objects.push(deployment(home, workload));
        if workload.name == "ingress-nginx" {
            objects.push(controller_service(home));
        }
        objects.extend(service(home, workload));
        if workload.tier == "frontend" {
            objects.push(ingress(home, workload));
        }
    }
    cluster.objects.extend(objects);
}

/// The manifest of a namespace.
fn namespace(namespace: &Namespace) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": namespace.name,
            "labels": {"team": format!("team-{}", namespace.name)},
        },
    })
}

/// The manifest of a workload.
pub(crate) fn deployment(home: &Namespace, workload: &Workload) -> Value {
    let mut container = json!({
        "name": workload.name,
        "image": format!("registry.example.com/{}:1.4.2", workload.name),
    });
    let ports = match workload.port {
        Some(("dns", number)) => json!([
            {"name": "dns", "protocol": "UDP", "containerPort": number},
            {"name": "dns-tcp", "protocol": "TCP", "containerPort": number},
        ]),
        Some((name, number)) => json!([{"name": name, "containerPort": number}]),
        None => Value::Null,
    };
    if let (Some(fields), false) = (container.as_object_mut(), ports.is_null()) {
        fields.insert("ports".to_owned(), ports);
    }
    let mut spec = json!({
        "replicas": 2,
        "selector": {"matchLabels": {home.key: workload.name}},
        "template": {
            "metadata": {"labels": {home.key: workload.name, "tier": workload.tier}},
            "spec": {"containers": [container]},
        },
    });
    if let (Some(fields), "StatefulSet") = (spec.as_object_mut(), workload.kind) {
        fields.insert("serviceName".to_owned(), json!(workload.name));
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": workload.kind,
        "metadata": {"name": workload.name, "namespace": home.name},
        "spec": spec,
    })
}

fn service(home: &Namespace, workload: &Workload) -> Option<Value> {
    let ((name, number), port) = (workload.port?, workload.service?);
    let ports = if name == "dns" {
        json!([
            {"name": "dns", "protocol": "UDP", "port": port, "targetPort": number},
            {"name": "dns-tcp", "protocol": "TCP", "port": port, "targetPort": number},
        ])
    } else if workload.by_name {
        json!([{"name": name, "port": port, "targetPort": name}])
    } else {
        json!([{"name": name, "port": port, "targetPort": number}])
    };
    let mut spec = json!({"selector": {home.key: workload.name}, "ports": ports});
    if let (Some(fields), "dns") = (spec.as_object_mut(), name) {
        fields.insert("clusterIP".to_owned(), json!("10.96.0.10"));
    }
    Some(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": workload.name, "namespace": home.name},
        "spec": spec,
    }))
}

fn controller_service(home: &Namespace) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "controller", "namespace": home.name},
        "spec": {
            "type": "LoadBalancer",
            "selector": {home.key: "ingress-nginx"},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    })
}

fn ingress(home: &Namespace, workload: &Workload) -> Value {
    let service = json!({"name": workload.name, "port": {"number": workload.service}});
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": workload.name, "namespace": home.name},
        "spec": {
            "ingressClassName": "nginx",
            "rules": [{
                "host": format!("{}.example.com", home.name),
                "http": {"paths": [{
                    "path": "/",
                    "pathType": "Prefix",
                    "backend": {"service": service},
                }]},
            }],
        },
    })
}
