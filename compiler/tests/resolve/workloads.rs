//! Pods, workloads and who owns whom.

use crate::support::{analyse, dump, owner, text_at, workload};
use netpol_policy::{Phase, Protocol};

const TEMPLATE: &str = "template:\n  metadata: {labels: {app: web}}\n  spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}";

use std::collections::BTreeMap;

#[test]
fn every_kind_of_workload() {
    let selected = format!("selector: {{matchLabels: {{app: web}}}}\n{TEMPLATE}");
    let text = [
        workload("apps/v1", "Deployment", &format!("replicas: 2\n{selected}")),
        workload("apps/v1", "ReplicaSet", &selected),
        workload(
            "apps/v1",
            "StatefulSet",
            &format!("replicas: 1\n{selected}"),
        ),
        workload("apps/v1", "DaemonSet", &selected),
        workload("v1", "ReplicationController", TEMPLATE),
        workload("batch/v1", "Job", TEMPLATE),
        workload(
            "batch/v1",
            "CronJob",
            &format!(
                "jobTemplate:\n  spec:\n    {}",
                TEMPLATE.replace('\n', "\n    ")
            ),
        ),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: pod, namespace: shop, labels: {app: web}}\n\
         spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}\n"
            .to_owned(),
    ]
    .concat();
    let analysis = analyse(&text);
    let endpoints = &analysis.model.cluster.endpoints;
    let several: BTreeMap<&str, bool> = endpoints
        .iter()
        .map(|e| (e.kind.as_str(), e.several))
        .collect();
    assert_eq!(
        several.into_iter().collect::<Vec<_>>(),
        [
            ("CronJob", true),
            ("DaemonSet", true),
            ("Deployment", true),
            ("Job", false),
            ("Pod", false),
            ("ReplicaSet", true),
            ("ReplicationController", true),
            ("StatefulSet", false),
        ]
    );
    for (endpoint, origin) in endpoints.iter().zip(&analysis.model.endpoint_origins) {
        assert_eq!(endpoint.labels.get("app"), Some("web"), "{}", endpoint.kind);
        assert_eq!(endpoint.ports[0].port, 80, "{}", endpoint.kind);
        assert_eq!(
            text_at(&analysis, origin.labels),
            "{app: web}",
            "{}",
            endpoint.kind
        );
        assert_eq!(text_at(&analysis, origin.name), endpoint.name);
        assert!(text_at(&analysis, origin.containers).starts_with('['));
    }
    let job = endpoints.iter().find(|e| e.kind == "Job").unwrap();
    assert_eq!(job.labels.get("batch.kubernetes.io/job-name"), Some("job"));
}

#[test]
fn ports_of_sidecars_count_and_those_of_init_containers_do_not() {
    let analysis = analyse(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n  nodeName: n1\n  \
         initContainers:\n  - {name: i, ports: [{containerPort: 1}]}\n  \
         - {name: s, restartPolicy: Always, ports: [{containerPort: 2, name: mesh}]}\n  \
         containers:\n  - {name: c, ports: [{containerPort: 3, protocol: UDP}, {containerPort: 3, protocol: UDP}]}\n\
         status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: \"fd00::1\"}]}\n",
    );
    let pod = &analysis.model.cluster.endpoints[0];
    let ports: Vec<(Option<&str>, Protocol, u16)> = pod
        .ports
        .iter()
        .map(|p| (p.name.as_deref(), p.protocol, p.port))
        .collect();
    assert_eq!(
        ports,
        [(None, Protocol::Udp, 3), (Some("mesh"), Protocol::Tcp, 2)]
    );
    assert!(pod.host_network);
    assert_eq!(pod.node.as_deref(), Some("n1"));
    let addresses: Vec<String> = pod.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.0.1", "fd00::1"]);
}

#[test]
fn pods_stand_for_their_workload() {
    for with_replica_set in [true, false] {
        let analysis = analyse(&dump(with_replica_set));
        let model = &analysis.model;
        let seen: Vec<(&str, &str, Phase)> = model
            .cluster
            .endpoints
            .iter()
            .map(|e| (e.kind.as_str(), e.name.as_str(), e.phase))
            .collect();
        assert_eq!(
            seen,
            [
                ("Pod", "web-5d8c-a", Phase::Running),
                ("Pod", "web-5d8c-b", Phase::Pending)
            ]
        );
        assert_eq!(model.owners[&owner("Deployment", "web")], [0, 1]);
        assert_eq!(model.owners[&owner("ReplicaSet", "web-5d8c")], [0, 1]);
    }
}

#[test]
fn a_workload_without_pods_stands_for_what_it_owns() {
    let text = dump(true);
    let (text, _) = text.split_once("apiVersion: v1\nkind: Pod").unwrap();
    let model = analyse(text).model;
    assert_eq!(model.cluster.endpoints.len(), 1);
    assert_eq!(model.cluster.endpoints[0].kind, "Deployment");
    assert_eq!(model.owners[&owner("Deployment", "web")], [0]);
    assert_eq!(model.owners[&owner("ReplicaSet", "web-5d8c")], [0]);
}
