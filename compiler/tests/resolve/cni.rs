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
