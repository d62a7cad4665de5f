//! Overlays, and the order of findings.

use crate::support::{dump, file, inputs, policy};
use netpolc::resolve::{LabelChange, LabelTarget, WhatIf, read};

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
