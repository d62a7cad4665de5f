//! Many questions at once.

use crate::support::{assert_form, dir, netpolc_with, shop, write};
use serde_json::{Value, json};

#[test]
fn lines_are_answered_in_order_and_bad_ones_in_their_place() {
    let dir = shop("batch");
    let lines = [
        json!({"from": "shop/web", "to": "shop/api", "protocol": "TCP", "port": 8443}).to_string(),
        json!({"from": "shop/web", "to": "shop/api", "protocol": "tcp", "port": "https"})
            .to_string(),
        json!({"from": "shop/web", "to": "shop/api", "port": 8444}).to_string(),
        json!({"from": "world", "to": "shop/api", "protocol": "ICMP", "port": 8}).to_string(),
        json!({"from": "10.0.0.1", "to": "data/db", "protocol": "OTHER"}).to_string(),
    ];
    let path = dir.to_str().unwrap();
    let good = lines.join("\n");
    let ended = netpolc_with(good.as_bytes(), ["query", "--batch", "-", path]).expect_code(0);
    let answers = ended.json_lines();
    let verdicts: Vec<&Value> = answers.iter().map(|a| &a["verdict"]).collect();
    assert_eq!(verdicts, ["allow", "allow", "deny", "deny", "allow"]);
    for (answer, line) in answers.iter().zip(&lines) {
        assert_form(answer, "query.v1.json", Some("line"));
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(answer["from"], line["from"]);
        assert_eq!(answer["to"], line["to"]);
    }
    assert_eq!(answers[0]["ingress"]["line"], 7);
    assert_eq!(answers[1]["port"], "https");
    assert_eq!(answers[1]["protocol"], "TCP");

    let bad = [
        "nonsense",
        "[]",
        "{}",
        r#"{"from":"shop/web","to":"shop/api"}"#,
        r#"{"from":"shop/web","to":"shop/api","port":65536}"#,
        r#"{"from":"shop/web","to":"shop/api","port":-1}"#,
        r#"{"from":"shop/web","to":"shop/api","port":80,"protocol":"XYZ"}"#,
        r#"{"from":"shop/web","to":"shop/api","port":"nobody"}"#,
        r#"{"from":"shop/web","to":"shop/api","port":"80-90"}"#,
        r#"{"from":"shop/web","to":"shop/nobody","port":80}"#,
        r#"{"from":"shop/web","to":"shop/api","prot":"TCP","port":80}"#,
        r#"{"from":"*/*","to":"shop/api","port":8443}"#,
        "\u{0}",
    ];
    for line in bad {
        let text = format!("{}\n{line}\n\n{}\n", lines[0], lines[0]);
        let ended = netpolc_with(text.as_bytes(), ["query", "--batch", "-", path]).expect_code(2);
        let answers = ended.json_lines();
        assert_eq!(answers.len(), 3, "{line}");
        for answer in &answers {
            assert_form(answer, "query.v1.json", Some("line"));
        }
        assert!(answers[1]["error"].is_string(), "{line}: {}", answers[1]);
        assert_eq!(answers[2]["verdict"], "allow");
    }
}

#[test]
fn a_batch_may_stand_in_a_file_and_need_not_end_with_a_line_break() {
    let dir = shop("batch-file");
    let file = dir.with_extension("jsonl");
    write(&file, r#"{"from":"shop/web","to":"shop/api","port":8443}"#);
    let args = [
        "query",
        "--batch",
        file.to_str().unwrap(),
        dir.to_str().unwrap(),
    ];
    assert_eq!(netpolc_with(b"", args).expect_code(0).json_lines().len(), 1);
    let args = ["query", "--batch", "/nowhere/at/all", dir.to_str().unwrap()];
    netpolc_with(b"", args).expect_code(2);
    let mut not_utf8 = br#"{"from":"shop/web","to":"shop/"#.to_vec();
    not_utf8.extend(b"\xff\xfe\",\"port\":1}\n");
    let args = ["query", "--batch", "-", dir.to_str().unwrap()];
    let ended = netpolc_with(&not_utf8, args).expect_code(2);
    assert!(ended.json_lines()[0]["error"].is_string());
    let long = vec![b'x'; (1 << 20) + 1];
    netpolc_with(&long, args).expect_code(2);
}

#[test]
fn names_with_one_verdict_have_one_answer() {
    let dir = dir("batch-sets");
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: one, namespace: a, labels: {app: one}}
spec: {containers: [{name: c, image: registry.example/c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: two, namespace: a, labels: {app: two}}
spec: {containers: [{name: c, image: registry.example/c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec: {podSelector: {matchLabels: {app: two}}, policyTypes: [Ingress]}
";
    write(&dir.join("all.yaml"), text);
    let ask = |to: &str| {
        let line = json!({"from": "world", "to": to, "port": 80}).to_string();
        let args = ["query", "--batch", "-", dir.to_str().unwrap()];
        netpolc_with(line.as_bytes(), args).json_lines().remove(0)
    };
    assert_eq!(ask("a/one")["verdict"], "allow");
    assert_eq!(ask("a/two")["verdict"], "deny");
    let mixed = ask("a/*");
    assert!(
        mixed["error"]
            .as_str()
            .unwrap()
            .contains("different verdicts"),
        "{mixed}"
    );
}
