//! What objects mean together: policies, endpoints and their owners, services, CNI values.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use netpol_policy::{
    Dialect, Direction, Endpoint, EndpointSelector, IpBlock, NamespaceScope, Operator, Peer, Phase,
    PortMatch, Protocol, Rule, Selector,
};
use netpolc::finding::Code;
use netpolc::load::LoadOptions;
use netpolc::model::OwnerKey;
use netpolc::resolve::{Analysis, Inputs, LabelChange, LabelTarget, WhatIf, inventory_from, read};
use netpolc::source::{Location, Sources};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

fn inputs(text: &str) -> Inputs {
    Inputs {
        paths: vec![PathBuf::from("-")],
        load: LoadOptions {
            stdin: Some(text.as_bytes().to_vec()),
            ..LoadOptions::default()
        },
        ..Inputs::default()
    }
}

fn analyse(text: &str) -> Analysis {
    let analysis = read(&inputs(text));
    assert_eq!(analysis.findings, [], "{text}");
    analysis
}

/// A file that lives as long as the test program.
fn file(name: &str, text: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("netpolc-resolve-{}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    let path = root.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn policy(spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\n  \
         namespace: shop\nspec:\n  {spec}\n"
    )
}

fn rules(spec: &str) -> Vec<Rule> {
    analyse(&policy(spec)).model.policies.policies()[0]
        .rules
        .clone()
}

fn text_at(analysis: &Analysis, at: Location) -> &str {
    analysis
        .sources
        .get(at.source)
        .unwrap()
        .slice(at.span)
        .unwrap()
}

fn here(pods: Selector) -> Peer {
    Peer::Pods(EndpointSelector::new(
        NamespaceScope::Named("shop".to_owned()),
        pods,
    ))
}

fn everyone_in(namespaces: Selector, pods: Selector) -> Peer {
    Peer::Pods(EndpointSelector::new(
        NamespaceScope::Matching(namespaces),
        pods,
    ))
}

#[test]
fn policy_types_and_their_defaults() {
    let cases = [
        ("podSelector: {}", [true, false]),
        ("policyTypes:", [true, false]),
        ("policyTypes: []\negress: []", [true, false]),
        ("egress: [{}]", [true, true]),
        ("policyTypes: [Egress]", [false, true]),
        ("policyTypes: [Ingress]\negress: [{}]", [true, false]),
        ("policyTypes: [Egress, Ingress]", [true, true]),
    ];
    for (spec, isolates) in cases {
        let analysis = analyse(&policy(spec));
        assert_eq!(
            analysis.model.policies.policies()[0].isolates,
            isolates,
            "{spec}"
        );
    }
    let nothing = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n";
    let analysis = analyse(nothing);
    let policy = &analysis.model.policies.policies()[0];
    assert_eq!((policy.isolates, policy.rules.len()), ([true, false], 0));
    assert!(policy.subject.endpoints().unwrap().pods.is_everything());
    assert_eq!(policy.key.namespace.as_deref(), Some("default"));
}

#[test]
fn what_isolates_is_pointed_at() {
    let analysis = analyse(&policy("podSelector: {}\npolicyTypes: [Ingress, Egress]"));
    let [ingress, egress] = analysis.model.policy_origins[0].isolation;
    assert_eq!(
        (text_at(&analysis, ingress), text_at(&analysis, egress)),
        ("Ingress", "Egress")
    );
    let analysis = analyse(&policy("podSelector: {a: b}\negress:\n- {}").replace("{a: b}", "{}"));
    let origin = &analysis.model.policy_origins[0];
    assert_eq!(text_at(&analysis, origin.isolation[0]), "{}");
    assert_eq!(text_at(&analysis, origin.isolation[1]), "egress");
    assert_eq!(text_at(&analysis, origin.subject), "{}");
    assert_eq!(text_at(&analysis, origin.name), "p");
}

#[test]
fn rules_without_an_effect_are_kept_apart() {
    let analysis = analyse(&policy(
        "policyTypes: [Egress]\ningress:\n- from: [{podSelector: {}}]\n- {}\negress:\n- {}",
    ));
    let origin = &analysis.model.policy_origins[0];
    assert_eq!(analysis.model.policies.policies()[0].rules.len(), 1);
    assert_eq!(origin.rules.len(), 1);
    assert_eq!(origin.dead_rules.len(), 2);
    let dead = origin.dead_rules[0];
    assert_eq!(dead.direction, Direction::Ingress);
    assert_eq!(text_at(&analysis, dead.rule), "from: [{podSelector: {}}]");
    assert_eq!(text_at(&analysis, dead.policy_types), "[Egress]");
}

#[test]
fn absent_null_and_empty_lists_mean_everyone() {
    for rule in ["{}", "{from: , ports: }", "{from: [], ports: []}", "~"] {
        let rules = rules(&format!("ingress: [{rule}]"));
        assert_eq!((&rules[0].peers, &rules[0].ports), (&None, &None), "{rule}");
    }
    assert_eq!(rules("ingress: []").len(), 0);
}

#[test]
fn peers() {
    let any = Selector::everything;
    let web = || Selector::match_labels([("app", "web")]);
    let peers = rules(
        "ingress:\n- from:\n  - podSelector: {matchLabels: {app: web}}\n  - namespaceSelector: {}\n  \
         - {podSelector: {matchLabels: {app: web}}, namespaceSelector: {matchLabels: {app: web}}}\n  \
         - {podSelector: {}, namespaceSelector: null}\n  \
         - ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16, 10.1.0.0/16]}",
    );
    let block = IpBlock::new(
        "10.0.0.0/8".parse().unwrap(),
        [
            "10.1.0.0/16".parse().unwrap(),
            "10.2.0.0/16".parse().unwrap(),
        ],
    );
    assert_eq!(
        peers[0].peers.clone().unwrap(),
        [
            here(web()),
            everyone_in(any(), any()),
            everyone_in(web(), web()),
            here(any()),
            Peer::IpBlock(block),
        ]
    );
}

#[test]
fn selectors_have_four_operators() {
    let analysis = analyse(&policy(
        "podSelector:\n  matchLabels: {a: , b: \"\"}\n  matchExpressions:\n  \
         - {key: c, operator: In, values: [x, z]}\n  - {key: d, operator: NotIn, values: [x]}\n  \
         - {key: e, operator: Exists}\n  - {key: f, operator: DoesNotExist}",
    ));
    let selector = &analysis.model.policies.policies()[0]
        .subject
        .endpoints()
        .unwrap()
        .pods;
    let seen: Vec<(&str, Operator, Vec<&str>)> = selector
        .requirements
        .iter()
        .map(|r| {
            (
                r.key.as_str(),
                r.operator,
                r.values.iter().map(String::as_str).collect(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("a", Operator::In, vec![""]),
            ("b", Operator::In, vec![""]),
            ("c", Operator::In, vec!["x", "z"]),
            ("d", Operator::NotIn, vec!["x"]),
            ("e", Operator::Exists, vec![]),
            ("f", Operator::DoesNotExist, vec![]),
        ]
    );
}

#[test]
fn ports() {
    let range = |protocol, first, last| PortMatch::Range {
        protocol,
        first,
        last,
    };
    let name = |protocol, name: &str| PortMatch::Named {
        protocol: Some(protocol),
        name: name.to_owned(),
    };
    let rules = rules(
        "egress:\n- ports:\n  - {port: 80}\n  - {protocol: UDP, port: 8000, endPort: 8010}\n  \
         - {protocol: SCTP}\n  - {port: http}\n  - {protocol: UDP, port: dns}\n  - ~\n  - {port: 0120}",
    );
    assert_eq!(
        rules[0].ports.clone().unwrap(),
        [
            range(Protocol::Tcp, 80, 80),
            range(Protocol::Udp, 8000, 8010),
            range(Protocol::Sctp, 0, 65535),
            name(Protocol::Tcp, "http"),
            name(Protocol::Udp, "dns"),
            range(Protocol::Tcp, 0, 65535),
            range(Protocol::Tcp, 80, 80),
        ]
    );
}

#[test]
fn origins_follow_policies_and_rules() {
    let text = format!(
        "{}---\n{}",
        policy(
            "ingress: [{}]\negress:\n- ports: [{port: 1}, {port: 2}]\n- to: [{podSelector: {}}]"
        ),
        policy("{}").replace("name: p", "name: a")
    );
    let analysis = analyse(&text);
    let model = &analysis.model;
    let names: Vec<&str> = model
        .policies
        .policies()
        .iter()
        .map(|p| p.key.name.as_str())
        .collect();
    assert_eq!(names, ["a", "p"]);
    for (policy, origin) in model.policies.policies().iter().zip(&model.policy_origins) {
        assert_eq!(
            (&policy.key, policy.rules.len()),
            (&origin.key, origin.rules.len())
        );
    }
    let rules = &model.policy_origins[1].rules;
    assert_eq!(text_at(&analysis, rules[1].ports[1]), "{port: 2}");
    assert_eq!(text_at(&analysis, rules[2].peers[0]), "{podSelector: {}}");
}

#[test]
fn what_the_server_refuses_is_left_out_and_said() {
    for (spec, code) in [
        ("ingress: [{fron: []}]", "NP102"),
        ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", "NP103"),
        ("ingress: []\ningress: []", "NP104"),
    ] {
        let analysis = read(&inputs(&policy(spec)));
        let codes: Vec<Code> = analysis.findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, [Code(code)], "{spec}");
        assert_eq!(analysis.model.policies.policies().len(), 0, "{spec}");
        assert_eq!(analysis.model.incomplete.len(), 1, "{spec}");
        assert!(
            analysis.model.incomplete[0].contains("NetworkPolicy shop/p"),
            "{spec}"
        );
    }
}

#[test]
fn a_boolean_where_a_name_is_wanted_is_refused_and_taken_as_written() {
    let text = policy("podSelector: {matchLabels: {app: y}}\npolicyTypes: [Ingress]")
        .replace("namespace: shop", "namespace: y");
    let analysis = read(&inputs(&text));
    assert_eq!(analysis.findings.len(), 2, "{:?}", analysis.findings);
    assert!(
        analysis
            .findings
            .iter()
            .all(|f| f.code == Code("NP103") && f.edits.len() == 1)
    );
    let lowered = &analysis.model.policies.policies()[0];
    assert_eq!(lowered.key.namespace.as_deref(), Some("y"));
    assert_eq!(
        lowered.subject.endpoints().unwrap().pods,
        Selector::match_labels([("app", "y")])
    );
    assert_eq!(analysis.model.incomplete.len(), 0);

    for spec in [
        "policyTypes: [y]",
        "podSelector: {matchExpressions: [{key: a, operator: on}]}",
    ] {
        let analysis = read(&inputs(&policy(spec)));
        assert_eq!(analysis.model.policies.policies().len(), 0, "{spec}");
        assert_eq!(analysis.model.incomplete.len(), 1, "{spec}");
    }
}

fn workload(version: &str, kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {}, namespace: shop}}\nspec:\n  {}\n---\n",
        kind.to_lowercase(),
        spec.replace('\n', "\n  ")
    )
}

const TEMPLATE: &str = "template:\n  metadata: {labels: {app: web}}\n  spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}";

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

/// A Deployment with its ReplicaSet and two pods of different labels, one of them finished, as a
/// dump has them.
fn dump(with_replica_set: bool) -> String {
    let pod = |name: &str, label: &str, phase: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: shop\n  \
             labels: {{app: web, pod-template-hash: 5d8c, track: {label}}}\n  ownerReferences:\n  \
             - {{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d8c, uid: \"2\", controller: true}}\n\
             spec: {{containers: []}}\nstatus: {{phase: {phase}}}\n---\n"
        )
    };
    let owned = "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}";
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {{{owned}}}\n---\n"
    );
    if with_replica_set {
        for (name, replicas) in [("web-5d8c", 2), ("web-0ld", 0)] {
            write!(text, "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: {name}\n  namespace: shop\n  \
                 ownerReferences: [{{apiVersion: apps/v1, kind: Deployment, name: web, uid: \"1\", controller: true}}]\n\
                 spec: {{replicas: {replicas}, {owned}}}\n---\n"
            ).unwrap();
        }
    }
    text + &pod("web-5d8c-a", "stable", "Running")
        + &pod("web-5d8c-b", "canary", "Pending")
        + &pod("web-5d8c-c", "stable", "Succeeded")
}

fn owner(kind: &str, name: &str) -> OwnerKey {
    OwnerKey {
        namespace: "shop".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    }
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
fn values_of_the_cni() {
    let first = file(
        "values-1.yaml",
        "policyEnforcementMode: alwyas\nhubble:\n  relay: {enabled: yes}\n  ui: {}\nextraConfig:\n  a.b: 1\nempty:\nlist: [1, 2]\n",
    );
    let second = file(
        "values-2.yaml",
        "hubble: {relay: {enabled: false}}\nlist: []\n",
    );
    let mut inputs = inputs(&policy("{}"));
    inputs.cni_values = vec![first, second];
    let analysis = read(&inputs);
    assert_eq!(analysis.findings, []);
    assert_eq!(analysis.model.policies.dialect(), Dialect::Cilium);
    let leaves = analysis.model.cni.as_ref().unwrap().leaves.clone();
    let seen: Vec<(&str, String)> = leaves
        .iter()
        .map(|(k, v)| (k.as_str(), v.value.to_string()))
        .collect();
    assert_eq!(
        seen,
        [
            ("empty", "null".to_owned()),
            ("extraConfig.a\\.b", "1".to_owned()),
            ("hubble.relay.enabled", "false".to_owned()),
            ("hubble.ui", "{}".to_owned()),
            ("list", "[]".to_owned()),
            ("policyEnforcementMode", "\"alwyas\"".to_owned()),
        ]
    );
    let mode = &leaves["policyEnforcementMode"];
    assert_eq!(
        (text_at(&analysis, mode.key), text_at(&analysis, mode.at)),
        ("policyEnforcementMode", "alwyas")
    );
    assert_eq!(text_at(&analysis, leaves["empty"].at), "empty");
    inputs.dialect = Some(Dialect::Kubernetes);
    assert_eq!(read(&inputs).model.policies.dialect(), Dialect::Kubernetes);
}

#[test]
fn values_that_are_none() {
    for text in ["- a\n", "a: [\n", "a: 1\n---\nb: 2\n"] {
        let mut inputs = inputs(&policy("{}"));
        inputs.cni_values = vec![file("bad-values.yaml", text)];
        assert!(read(&inputs).is_fatal(), "{text}");
    }
    let mut inputs = inputs(&policy("{}"));
    inputs.cni_values = vec![PathBuf::from("missing-values.yaml")];
    assert!(read(&inputs).is_fatal());
}

#[test]
fn policies_of_other_languages_make_the_answer_incomplete() {
    let analysis = analyse(&format!(
        "{}---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: c}}\nspec: {{}}\n---\n\
         apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: d}}\n---\n\
         apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: shop}}\n",
        policy("{}")
    ));
    let model = &analysis.model;
    assert_eq!(model.policies.policies().len(), 1);
    assert_eq!(model.policies.dialect(), Dialect::Cilium);
    let seen: Vec<(&str, Option<&str>)> = model
        .unanalysed
        .iter()
        .map(|u| (u.kind.as_str(), u.namespace.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            ("CiliumNetworkPolicy", Some("default")),
            ("ClusterNetworkPolicy", None),
            ("NetworkPolicy", Some("shop")),
        ]
    );
    assert_eq!(model.incomplete.len(), 3);
    assert_eq!(model.duplicates, []);
}

#[test]
fn what_if() {
    let text = format!(
        "{}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: shop}}\n---\n{}",
        policy("ingress: []"),
        dump(true)
    );
    let mut inputs = inputs(&text);
    inputs.what_if = WhatIf {
        add: vec![file("added.yaml", &policy("ingress: [{}]"))],
        remove: vec!["deployment/shop/web".parse().unwrap()],
        labels: vec![LabelChange {
            of: LabelTarget::Namespace("shop".to_owned()),
            key: "zone".to_owned(),
            value: Some("b".to_owned()),
        }],
    };
    let analysis = read(&inputs);
    assert_eq!(analysis.findings, []);
    let model = &analysis.model;
    assert_eq!(
        model.policies.policies()[0].rules.len(),
        1,
        "the added one replaces the other"
    );
    assert_eq!(
        model.cluster.endpoints,
        [],
        "the pods go with their Deployment"
    );
    assert_eq!(
        model.cluster.namespaces["shop"].labels.get("zone"),
        Some("b")
    );

    let relabel = |name: &str, key: &str, value: Option<&str>| LabelChange {
        of: LabelTarget::Endpoint {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
        },
        key: key.to_owned(),
        value: value.map(str::to_owned),
    };
    inputs.what_if = WhatIf {
        labels: vec![
            relabel("web", "app", Some("db")),
            relabel("web-5d8c-a", "track", None),
        ],
        ..WhatIf::default()
    };
    let endpoints = read(&inputs).model.cluster.endpoints;
    assert!(endpoints.iter().all(|e| e.labels.get("app") == Some("db")));
    let tracks: Vec<Option<&str>> = endpoints.iter().map(|e| e.labels.get("track")).collect();
    assert_eq!(tracks, [None, Some("canary")]);

    inputs.what_if = WhatIf {
        remove: vec!["NetworkPolicy/shop/none".parse().unwrap()],
        labels: vec![relabel("none", "a", None)],
        ..WhatIf::default()
    };
    let analysis = read(&inputs);
    assert!(analysis.is_fatal());
    assert_eq!(analysis.findings.len(), 2);
}

const INVENTORY: &str = r#"{
  "namespaces": {"shop": {"labels": {"zone": "a"}}},
  "nodes": [{"name": "n1", "addresses": ["192.0.2.1"], "podCIDRs": ["10.0.0.0/24"]}],
  "endpoints": [{"namespace": "shop", "name": "web", "labels": {"app": "web"}, "addresses": ["10.0.0.1"]}],
  "services": []
}"#;

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

#[test]
fn findings_are_in_the_order_of_the_text() {
    let analysis = read(&inputs(
        "kind: Pod\napiVersion: v1\nmetadata: {name: A}\n---\na: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: B}\n",
    ));
    let lines: Vec<String> = analysis
        .findings
        .iter()
        .map(|f| analysis.sources.display(f.location().unwrap()))
        .collect();
    let mut sorted = analysis
        .findings
        .iter()
        .map(netpolc::finding::Finding::location)
        .collect::<Vec<_>>();
    sorted.sort();
    assert_eq!(
        sorted,
        analysis
            .findings
            .iter()
            .map(netpolc::finding::Finding::location)
            .collect::<Vec<_>>()
    );
    assert_eq!(lines.len(), 3, "{lines:?}");
}
