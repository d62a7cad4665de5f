//! Everybody at once.

use crate::support::{assert_form, netpolc, shop};
use serde_json::{Value, json};

#[test]
fn every_form_tells_the_same_connections() {
    let dir = shop("reach");
    let path = dir.to_str().unwrap();
    let of = |format: &str| {
        netpolc(["reach", "--format", format, path])
            .expect_code(0)
            .stdout
    };

    let text = of("text");
    assert!(text.starts_with("3 workloads and 2 policies\n"), "{text}");
    assert!(text.contains("shop/web → shop/api  TCP/8443\n"), "{text}");
    assert!(text.contains("world → data/db  every port\n"), "{text}");
    assert!(!text.contains("data/db → shop/"), "{text}");

    let markdown = of("markdown");
    assert!(
        markdown.contains("| shop/web | shop/api | TCP/8443 |\n"),
        "{markdown}"
    );
    let csv = of("csv");
    assert!(
        csv.contains("shop/web,shop/api,,TCP,8443,8443,allow\n"),
        "{csv}"
    );
    let dot = of("dot");
    assert!(
        dot.starts_with("digraph {") && dot.contains("label=\"TCP/8443\""),
        "{dot}"
    );
    let mermaid = of("mermaid");
    assert!(
        mermaid.starts_with("flowchart LR\n") && mermaid.contains("|\"TCP/8443\"|"),
        "{mermaid}"
    );

    let json: Value = serde_json::from_str(&of("json")).unwrap();
    assert_form(&json, "reach.v1.json", None);
    let group = |name: &str| {
        let groups = json["groups"].as_array().unwrap().iter();
        let mut found = groups.filter(|g| g["members"] == json!([name]));
        found.next().unwrap_or_else(|| panic!("{name} in {json:#}"))["id"].clone()
    };
    let (web, api) = (group("shop/web"), group("shop/api"));
    let connections = json["connections"].as_array().unwrap();
    let between: Vec<&Value> = connections
        .iter()
        .filter(|c| c["from"] == web && c["to"] == api)
        .collect();
    assert_eq!(
        between,
        [&json!({"from": web, "to": api, "allow": [{"protocol": "TCP", "port": 8443}]})]
    );
    assert!(
        !connections.iter().any(|c| c["to"] == web),
        "nobody may enter web"
    );
}
