//! What the tests have in common.

use netpol_policy::{EndpointSelector, NamespaceScope, Peer, Rule, Selector};
use netpolc::load::LoadOptions;
use netpolc::model::OwnerKey;
use netpolc::resolve::{Analysis, Inputs, read};
use netpolc::source::Location;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

pub fn inputs(text: &str) -> Inputs {
    Inputs {
        paths: vec![PathBuf::from("-")],
        load: LoadOptions {
            stdin: Some(text.as_bytes().to_vec()),
            ..LoadOptions::default()
        },
        ..Inputs::default()
    }
}

pub fn analyse(text: &str) -> Analysis {
    let analysis = read(&inputs(text));
    assert_eq!(analysis.findings, [], "{text}");
    analysis
}

/// A file that lives as long as the test program.
pub fn file(name: &str, text: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("netpolc-resolve-{}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    let path = root.join(name);
    fs::write(&path, text).unwrap();
    path
}

pub fn policy(spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\n  \
         namespace: shop\nspec:\n  {spec}\n"
    )
}

pub fn rules(spec: &str) -> Vec<Rule> {
    analyse(&policy(spec)).model.policies.policies()[0]
        .rules
        .clone()
}

pub fn text_at(analysis: &Analysis, at: Location) -> &str {
    analysis
        .sources
        .get(at.source)
        .unwrap()
        .slice(at.span)
        .unwrap()
}

pub fn here(pods: Selector) -> Peer {
    Peer::Pods(EndpointSelector::new(
        NamespaceScope::Named("shop".to_owned()),
        pods,
    ))
}

pub fn everyone_in(namespaces: Selector, pods: Selector) -> Peer {
    Peer::Pods(EndpointSelector::new(
        NamespaceScope::Matching(namespaces),
        pods,
    ))
}

pub fn workload(version: &str, kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {}, namespace: shop}}\nspec:\n  {}\n---\n",
        kind.to_lowercase(),
        spec.replace('\n', "\n  ")
    )
}

/// A Deployment with its ReplicaSet and two pods of different labels, one of them finished, as a
/// dump has them.
pub fn dump(with_replica_set: bool) -> String {
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

pub fn owner(kind: &str, name: &str) -> OwnerKey {
    OwnerKey {
        namespace: "shop".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    }
}
