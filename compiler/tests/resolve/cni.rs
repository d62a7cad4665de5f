//! Values of the CNI's chart.

use crate::support::{file, inputs, policy, text_at};
use netpol_policy::Dialect;
use netpolc::resolve::read;
use std::path::PathBuf;

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
fn the_object_that_deploys_the_chart_holds_its_values() {
    let flux = "\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: cilium}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium, namespace: kube-system}
spec:
  chart: {spec: {chart: cilium, version: 1.19.3}}
  values: {l7Proxy: false}
";
    let argo = "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cilium}
spec: {source: {chart: cilium, targetRevision: 1.19.3, helm: {valuesObject: {l7Proxy: false}}}}
";
    for text in [flux, argo] {
        let mut inputs = inputs(&policy("{}"));
        inputs.cni_values = vec![file("release.yaml", text)];
        let analysis = read(&inputs);
        assert_eq!(analysis.findings, []);
        let cni = analysis.model.cni.as_ref().unwrap();
        assert_eq!(cni.version, "1.19".parse().ok());
        let seen: Vec<&String> = cni.leaves.keys().collect();
        assert_eq!(seen, ["l7Proxy"]);
        assert_eq!(text_at(&analysis, cni.leaves["l7Proxy"].key), "l7Proxy");
        // What is said outright counts.
        inputs.cni_version = "1.20".parse().ok();
        assert_eq!(
            read(&inputs).model.cni.unwrap().version,
            "1.20".parse().ok()
        );
    }
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
