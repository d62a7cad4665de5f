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

/// Each way to look at it has the form of the schema, and every format tells it the same way twice.
#[test]
fn every_way_to_look_has_every_form() {
    let dir = shop("reach-ways");
    let path = dir.to_str().unwrap();
    for flags in [
        &[][..],
        &["--focus", "shop"],
        &["--focus", "world"],
        &["--group", "namespace"],
        &["--group", "label:app"],
        &["--exposure"],
        &["--blast", "shop/web"],
        &["--blast", "world", "--hops", "1"],
    ] {
        for format in ["text", "json", "csv", "markdown", "dot", "mermaid"] {
            let args = [&["reach", "--format", format, path], flags].concat();
            let once = netpolc(args.clone()).expect_code(0).stdout;
            assert!(!once.is_empty(), "{flags:?} {format}");
            assert_eq!(
                once,
                netpolc(args).expect_code(0).stdout,
                "{flags:?} {format}"
            );
            if format == "json" {
                let json: Value = serde_json::from_str(&once).unwrap();
                assert_form(&json, "reach.v1.json", None);
            }
        }
    }
}

#[test]
fn one_sees_what_was_asked_for() {
    let dir = shop("reach-narrow");
    let path = dir.to_str().unwrap();
    let of = |flags: &[&str]| {
        netpolc([&["reach", path], flags].concat())
            .expect_code(0)
            .stdout
    };

    let focused = of(&["--focus", "shop/api"]);
    assert!(
        focused.contains("shop/web → shop/api  TCP/8443\n"),
        "{focused}"
    );
    assert!(
        !focused.contains("world → data/db"),
        "does not touch it: {focused}"
    );

    // shop/web and shop/api may both reach data/db; of four pairs within shop one passes.
    let grouped = of(&["--group", "namespace"]);
    assert!(
        grouped.contains("shop → shop  TCP/8443 (some: 1 of 4 pairs)\n"),
        "{grouped}"
    );
    assert!(grouped.contains("shop → data  every port\n"), "{grouped}");

    let exposed = of(&["--exposure"]);
    let first = exposed.lines().nth(1).unwrap();
    assert_eq!(
        first.split_whitespace().collect::<Vec<_>>(),
        ["data/db", "every", "port"]
    );
    assert!(
        exposed.contains("no policy isolates for ingress\n  data/db\n"),
        "{exposed}"
    );

    let blast = of(&["--blast", "data/db"]);
    assert!(
        blast.starts_with("within reach of data/db: 0 parties of the cluster\n"),
        "{blast}"
    );
    let blast = of(&["--blast", "world"]);
    assert!(blast.contains("→ data/db (every port)\n"), "{blast}");

    for (flags, way_out) in [
        (["--focus", "shpo"], "did you mean `shop`?"),
        (["--focus", "10.0.0.0/8"], "`netpolc query`"),
        (
            ["--group", "nonsense"],
            "use workload, namespace or label:KEY",
        ),
        (["--blast", "shop/wbe"], "did you mean `shop/web`?"),
    ] {
        let ended = netpolc([&["reach", path], &flags[..]].concat()).expect_code(2);
        assert!(
            ended.stderr.contains(way_out),
            "{flags:?}: {}",
            ended.stderr
        );
    }
}
