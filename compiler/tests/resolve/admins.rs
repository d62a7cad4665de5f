//! What the tests of admin policies have in common: a small cluster, and questions to it.

use crate::support::inputs;
use netpol_policy::{Decision, Dialect, Flow, Party, PolicySet, RuleRef, Side, Verdict, decide};
use netpolc::resolve::{Analysis, read};
use std::net::IpAddr;

/// `a/web` and `b/api` with named ports, `b/host` on the network of the node `edge`, and a
/// `NetworkPolicy` for nobody.
const CLUSTER: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {team: a}}
---
apiVersion: v1
kind: Namespace
metadata: {name: b, labels: {team: b}}
---
apiVersion: v1
kind: Node
metadata: {name: edge, labels: {role: edge}}
spec: {podCIDR: 10.0.0.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec:
  nodeName: elsewhere
  containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]
status: {phase: Running, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: b, labels: {app: api}}
spec:
  nodeName: elsewhere
  containers:
  - {name: c, image: i, ports: [{name: http, containerPort: 80}, {name: dns, containerPort: 53, protocol: UDP}]}
status: {phase: Running, podIPs: [{ip: 10.0.0.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: host, namespace: b, labels: {app: api}}
spec: {hostNetwork: true, nodeName: edge, containers: [{name: c, image: i}]}
status: {phase: Running, podIPs: [{ip: 192.168.0.1}]}
---
";

/// Reads the cluster with these policies; nothing may be wrong with them.
pub fn world(policies: &str) -> Analysis {
    let analysis = read(&inputs(&format!("{CLUSTER}{policies}")));
    assert_eq!(analysis.findings, [], "{policies}");
    assert_eq!(analysis.model.incomplete, [""; 0], "{policies}");
    analysis
}

/// The same, read as Cilium does.
pub fn world_of_cilium(policies: &str) -> Analysis {
    let mut inputs = inputs(&format!("{CLUSTER}{policies}"));
    inputs.dialect = Some(Dialect::Cilium);
    read(&inputs)
}

/// As a dump of a cluster, whose objects some other server has accepted.
pub fn world_of_state(policies: &str) -> Analysis {
    let path = crate::support::file("admins-state.yaml", &format!("{CLUSTER}{policies}"));
    let mut inputs = inputs("");
    inputs.paths.clear();
    inputs.cluster_state = vec![path];
    read(&inputs)
}

/// Objects one after the other.
pub fn all(objects: &[String]) -> String {
    objects.join("---\n")
}

/// A policy of a kind; `spec` in lines without indentation.
pub fn object(version: &str, kind: &str, name: &str, spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\n\
         spec:\n  {spec}\n"
    )
}

/// `AdminNetworkPolicy` for every pod.
pub fn admin(name: &str, priority: u16, rules: &str) -> String {
    let spec = format!("priority: {priority}\nsubject: {{namespaces: {{}}}}\n{rules}");
    object("v1alpha1", "AdminNetworkPolicy", name, &spec)
}

/// ClusterNetworkPolicy for every pod.
pub fn cluster(name: &str, tier: &str, priority: u16, rules: &str) -> String {
    let spec =
        format!("tier: {tier}\npriority: {priority}\nsubject: {{namespaces: {{}}}}\n{rules}");
    object("v1alpha2", "ClusterNetworkPolicy", name, &spec)
}

/// `NetworkPolicy` of namespace b that lets TCP 80 in and nothing else.
pub const NAMESPACED: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np, namespace: b}
spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}
";

/// Asks `decide` about `from` and `to`, names `namespace/pod` or addresses; `port` is `TCP/80`.
pub fn ask(analysis: &Analysis, from: &str, to: &str, port: &str) -> Decision {
    let model = &analysis.model;
    let party = |name: &str| {
        if let Ok(address) = name.parse::<IpAddr>() {
            return model.cluster.party_of(address);
        }
        let mut endpoints = model.cluster.endpoints.iter();
        let at = endpoints.position(|e| format!("{}/{}", e.namespace, e.name) == name);
        let at = at.unwrap();
        let address = model.cluster.endpoints[at].addresses.first();
        Party::Endpoint(at, address.copied())
    };
    let (protocol, number) = port.split_once('/').unwrap();
    let flow = Flow {
        source: party(from),
        destination: party(to),
        protocol: protocol.parse().unwrap(),
        port: number.parse().unwrap(),
    };
    decide(&model.policies, &model.cluster, &flow)
}

/// From `a/web` to `b/api`: the verdict.
pub fn verdict(analysis: &Analysis, port: &str) -> Verdict {
    ask(analysis, "a/web", "b/api", port).verdict
}

/// What decided a side: `KEY ingress[0]`, `isolated by KEY` or `nothing`.
pub fn reason(policies: &PolicySet, side: Side) -> String {
    match policies.rule_ref(side.rule).unwrap() {
        RuleRef::Builtin(_) => "nothing".to_owned(),
        RuleRef::Isolation(policy, _) => format!("isolated by {}", policy.key),
        RuleRef::Rule(policy, rule, at) => {
            format!("{} {}[{at}]", policy.key, rule.direction.name())
        }
    }
}
