//! Namespaces, nodes, services, duplicates, inventories.

use crate::support::{analyse, dump, file, inputs, policy};
use netpol_policy::Endpoint;
use netpolc::load::LoadOptions;
use netpolc::resolve::{inventory_from, read};
use netpolc::source::Sources;

const INVENTORY: &str = r#"{
  "namespaces": {"shop": {"labels": {"zone": "a"}}},
  "nodes": [{"name": "n1", "addresses": ["192.0.2.1"], "podCIDRs": ["10.0.0.0/24"]}],
  "endpoints": [{"namespace": "shop", "name": "web", "labels": {"app": "web"}, "addresses": ["10.0.0.1"]}],
  "services": []
}"#;

#[test]
fn manifests_replace_the_state_of_the_cluster() {
    let state = file("state.yaml", &dump(true));
    let changed = |labels: &str| {
        let mut inputs = inputs(&format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\n\
             spec: {{selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {labels}}}}}}}\n"
        ));
        inputs.cluster_state = vec![state.clone()];
        let analysis = read(&inputs);
        assert_eq!(analysis.findings, []);
        assert_eq!(analysis.model.duplicates, []);
        assert!(analysis.model.closed_world);
        analysis.model.cluster.endpoints
    };
    let kinds = |endpoints: Vec<Endpoint>| -> Vec<String> {
        endpoints.into_iter().map(|e| e.kind).collect()
    };
    assert_eq!(
        kinds(changed("{app: web}")),
        ["Pod", "Pod"],
        "nothing changes"
    );
    assert_eq!(
        kinds(changed("{app: web, new: label}")),
        ["Deployment"],
        "the pods will be replaced"
    );
}

#[test]
fn duplicates_are_told_and_the_last_one_counts() {
    let text = format!(
        "{}---\n{}---\n{}",
        policy("ingress: []"),
        policy("ingress: [{}]"),
        policy("ingress: [{}]").replace("shop", "other")
    );
    let analysis = analyse(&text);
    let model = &analysis.model;
    assert_eq!(model.policies.policies().len(), 2);
    assert_eq!(model.policies.policies()[1].rules.len(), 1);
    let duplicate = &model.duplicates[0];
    assert_eq!(
        (
            duplicate.kind.as_str(),
            duplicate.name.as_str(),
            duplicate.identical
        ),
        ("NetworkPolicy", "p", false)
    );
    assert_eq!(analysis.sources.display(duplicate.lost), "<stdin>:4:9");
    assert_eq!(analysis.sources.display(duplicate.kept), "<stdin>:12:9");
    assert_eq!(model.duplicates.len(), 1);
}

#[test]
fn namespaces_declared_and_mentioned() {
    let text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{zone: a}}}}\n---\n{}---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\n",
        policy("{}").replace("namespace: shop", "namespace: other")
    );
    let mut inputs = inputs(&text);
    inputs.namespace = Some("mine".to_owned());
    let analysis = read(&inputs);
    let namespaces = &analysis.model.cluster.namespaces;
    let seen: Vec<(&str, bool)> = namespaces
        .iter()
        .map(|(name, n)| (name.as_str(), n.undeclared))
        .collect();
    assert_eq!(seen, [("mine", true), ("other", true), ("shop", false)]);
    assert_eq!(
        namespaces["mine"].labels.get("kubernetes.io/metadata.name"),
        Some("mine")
    );
    assert_eq!(namespaces["shop"].labels.get("zone"), Some("a"));
    assert!(analysis.model.namespace_origins.contains_key("shop"));
    inputs.closed_world = true;
    assert!(
        read(&inputs)
            .model
            .cluster
            .namespaces
            .values()
            .all(|n| !n.undeclared)
    );
}

#[test]
fn services_lead_to_their_backends() {
    let analysis = analyse(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec:\n  clusterIP: 10.96.0.1\n  \
         clusterIPs: [10.96.0.1, \"fd00:96::1\"]\n  externalIPs: [192.0.2.1]\n  selector: {app: web}\n  \
         ports: [{name: a, port: 80, targetPort: http}, {name: b, port: 81}, {name: c, port: 82, targetPort: 8082, protocol: UDP}]\n\
         ---\napiVersion: v1\nkind: Service\nmetadata: {name: bare, namespace: shop}\nspec: {clusterIP: None, ports: [{name: x, port: 1}]}\n\
         ---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: bare-1, namespace: shop, labels: {kubernetes.io/service-name: bare}}\n\
         addressType: IPv4\nports: [{name: x, port: 9}]\nendpoints: [{addresses: [192.0.2.9]}, {addresses: [192.0.2.8], conditions: {ready: false}}]\n\
         ---\napiVersion: v1\nkind: Pod\nmetadata: {name: w, namespace: shop, labels: {app: web}}\n\
         spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}\nstatus: {podIP: 10.0.0.1}\n\
         ---\napiVersion: v1\nkind: Pod\nmetadata: {name: w, namespace: other, labels: {app: web}}\n\
         spec: {containers: []}\nstatus: {podIP: 10.0.0.2}\n",
    );
    let services = &analysis.model.cluster.services;
    assert_eq!(
        (services[0].name.as_str(), services[0].addresses.len()),
        ("bare", 0)
    );
    assert_eq!(
        services[0].ports[0].backends,
        [("192.0.2.9".parse().unwrap(), 9)]
    );
    assert_eq!(services[1].addresses.len(), 3);
    let backends: Vec<u16> = services[1].ports.iter().map(|p| p.backends[0].1).collect();
    assert_eq!(backends, [8080, 81, 8082]);
    assert!(services[1].ports.iter().all(|p| p.backends.len() == 1));
}

#[test]
fn nodes_have_addresses_and_pod_cidrs() {
    let analysis = analyse(
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {zone: a}, annotations: {network.cilium.io/ipv4-cilium-host: 10.0.0.1}}\n\
         spec: {podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24, \"fd00::/64\"]}\n\
         status: {addresses: [{type: InternalIP, address: 192.0.2.1}, {type: Hostname, address: n1}, {type: ExternalIP, address: 198.51.100.1}]}\n",
    );
    let node = &analysis.model.cluster.nodes[0];
    let addresses: Vec<String> = node.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["192.0.2.1", "198.51.100.1", "10.0.0.1"]);
    assert_eq!(node.pod_cidrs.len(), 2);
}

#[test]
fn inventories_of_both_forms() {
    let path = file("inventory.json", INVENTORY);
    let mut sources = Sources::default();
    let (cluster, findings) = inventory_from(
        std::slice::from_ref(&path),
        &LoadOptions::default(),
        &mut sources,
    );
    assert_eq!(findings, []);
    assert_eq!(cluster.endpoints[0].addresses.len(), 1);
    assert_eq!(
        cluster.namespaces["shop"]
            .labels
            .get("kubernetes.io/metadata.name"),
        Some("shop")
    );

    let pods = file(
        "pods.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\nstatus: {podIP: 10.0.0.1}\n",
    );
    let (dumped, findings) = inventory_from(&[pods], &LoadOptions::default(), &mut sources);
    assert_eq!(findings, []);
    assert_eq!(dumped.endpoints, cluster.endpoints);
    assert_eq!(sources.iter().count(), 2);

    let mut inputs = inputs(&policy("{}"));
    inputs.paths.push(path);
    let analysis = read(&inputs);
    assert_eq!(analysis.findings, []);
    assert_eq!(analysis.model.cluster.endpoints, cluster.endpoints);
    assert_eq!(analysis.model.endpoint_origins.len(), 1);
}

#[test]
fn an_inventory_with_a_mistake_is_pointed_at() {
    let path = file(
        "bad-inventory.json",
        &INVENTORY.replace("\"services\"", "\"endpoint\""),
    );
    let mut sources = Sources::default();
    let (_, findings) = inventory_from(&[path], &LoadOptions::default(), &mut sources);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let path = file(
        "wrong-inventory.json",
        &INVENTORY.replace("192.0.2.1", "here"),
    );
    let (_, findings) = inventory_from(&[path], &LoadOptions::default(), &mut sources);
    let place = sources.display(findings[0].location().unwrap());
    assert!(place.contains("wrong-inventory.json:3:"), "{place}");
}
