//! Bundles: built, shown, signed, asked.

use crate::support::{assert_form, dir, netpolc, netpolc_with, shop, write};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Pods with addresses on two nodes, one pod without a node, and a policy with a named port.
const CLUSTER: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {team: red}}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDR: 10.1.0.0/24, podCIDRs: [10.1.0.0/24]}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: c, image: registry.example/c}]}
status: {phase: Running, podIP: 10.1.0.2, podIPs: [{ip: 10.1.0.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: a, labels: {app: api}}
spec:
  nodeName: n2
  containers: [{name: c, image: registry.example/c, ports: [{name: https, containerPort: 8443}]}]
status: {phase: Running, podIP: 10.1.1.2, podIPs: [{ip: 10.1.1.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: free, namespace: a, labels: {app: web}}
spec: {containers: [{name: c, image: registry.example/c}]}
status: {phase: Running, podIP: 10.1.2.2, podIPs: [{ip: 10.1.2.2}]}
";

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: a}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: https}]
  - from: [{ipBlock: {cidr: 198.51.100.0/24}}]
";

fn cluster(name: &str) -> std::path::PathBuf {
    let dir = dir(name);
    write(&dir.join("in/cluster.yaml"), CLUSTER);
    write(&dir.join("in/policies/api.yaml"), POLICY);
    dir
}

fn build(dir: &Path) -> String {
    let input = dir.join("in").to_str().unwrap().to_owned();
    let bundle = dir.join("policy.npb").to_str().unwrap().to_owned();
    netpolc(["build", &input, "--inventory", &input, "-o", &bundle]).expect_code(0);
    bundle
}

#[test]
fn the_bundle_answers_as_the_sources_do() {
    let dir = cluster("image-query");
    let bundle = build(&dir);
    let input = dir.join("in").to_str().unwrap().to_owned();
    let parties = [
        "a/web",
        "a/api",
        "a/free",
        "node/n1",
        "198.51.100.7",
        "203.0.113.7",
    ];
    let mut lines = String::new();
    for (from, to) in parties.iter().flat_map(|a| parties.map(|b| (*a, b))) {
        for port in [80, 8443] {
            let line = json!({"from": from, "to": to, "port": port}).to_string();
            lines.extend([line.as_str(), "\n"]);
        }
    }
    let of = |args: &[&str]| {
        let args = [&["query", "--batch", "-"], args].concat();
        let answers = netpolc_with(lines.as_bytes(), args)
            .expect_code(0)
            .json_lines();
        answers
            .into_iter()
            .map(|mut answer| {
                assert_form(&answer, "query.v1.json", Some("line"));
                // Paths of bundles begin at the root of the sources.
                for side in ["ingress", "egress"] {
                    let side = answer[side].as_object_mut().unwrap();
                    side.remove("file");
                    side.remove("reason");
                }
                answer
            })
            .collect::<Vec<Value>>()
    };
    let from_sources = of(&["--closed-world", &input]);
    let from_image = of(&["--image", &bundle]);
    assert_eq!(from_sources.len(), 72);
    assert_eq!(from_image, from_sources);
    // Nothing but what a bundle holds exists in it, so that saying so changes nothing.
    assert_eq!(of(&["--closed-world", "--image", &bundle]), from_sources);
    assert!(from_image.iter().any(|a| a["verdict"] == "deny"));
    // Another inventory than the kept one is linked when asked.
    assert_eq!(of(&["--image", &bundle, &input]), from_sources);

    let one = [
        "query",
        "--image",
        &bundle,
        "a/web",
        "a/api",
        "--port",
        "TCP/https",
    ];
    let text = netpolc(one).expect_code(0).stdout;
    assert!(
        text.contains("ingress rule 1 (in/policies/api.yaml:7)"),
        "{text}"
    );
    let all = [
        "query", "--image", &bundle, "world", "a/api", "--format", "json",
    ];
    let json = netpolc(all).expect_code(1).json();
    assert_form(&json, "query.v1.json", None);
    netpolc(["query", "--image", &bundle, "a/web", "a/nobody"]).expect_code(2);
}

#[test]
fn the_same_input_gives_the_same_bytes_wherever_it_lies() {
    let (one, two) = (cluster("same-one"), dir("same-two"));
    // The same files, made in another order.
    write(&two.join("in/policies/api.yaml"), POLICY);
    write(&two.join("in/cluster.yaml"), CLUSTER);
    let bytes = |dir: &Path| fs::read(build(dir)).unwrap();
    assert_eq!(bytes(&one), bytes(&one));
    assert_eq!(bytes(&one), bytes(&two));
    // The paths in another order, and from inside.
    let inside = |dir: &Path, paths: [&str; 2]| {
        let ended = Command::new(env!("CARGO_BIN_EXE_netpolc"))
            .args([
                "build",
                "--inventory",
                "in/cluster.yaml",
                "-o",
                "inside.npb",
            ])
            .args(paths)
            .current_dir(dir)
            .status()
            .unwrap();
        assert!(ended.success());
        fs::read(dir.join("inside.npb")).unwrap()
    };
    let forwards = inside(&one, ["in/cluster.yaml", "in/policies"]);
    let backwards = inside(&two, ["in/policies", "in/cluster.yaml"]);
    assert_eq!(forwards, backwards);
    let leak = one.to_str().unwrap().as_bytes();
    let leaks = |bytes: &[u8]| bytes.windows(leak.len()).any(|w| w == leak);
    assert!(
        !leaks(&bytes(&one)) && !leaks(&forwards),
        "a path of the machine"
    );
}

#[test]
fn every_rule_number_leads_to_its_line() {
    let dir = cluster("inspect");
    let bundle = build(&dir);
    let json = netpolc(["inspect", &bundle, "--format", "json"])
        .expect_code(0)
        .json();
    assert_form(&json, "inspect.v1.json", None);
    let rules = json["rules"].as_array().unwrap();
    let places: Vec<(u64, u64)> = rules
        .iter()
        .map(|r| {
            (
                r["rule"].as_u64().unwrap(),
                r["places"][0]["line"].as_u64().unwrap(),
            )
        })
        .collect();
    // Two isolations, then the two rules.
    assert_eq!(places.len(), 4);
    assert_eq!(places[2..], [(18, 7), (19, 9)]);
    assert_eq!(rules[2]["text"], "ingress rule 1: TCP/https from app=web");
    assert_eq!(rules[2]["places"][0]["file"], "in/policies/api.yaml");
    let nodes: Vec<&Value> = (json["images"].as_array().unwrap().iter())
        .map(|i| &i["node"])
        .collect();
    assert_eq!(nodes, ["(no node)", "n1", "n2"]);
    let text = netpolc(["inspect", &bundle]).expect_code(0).stdout;
    assert!(text.contains("in/policies/api.yaml:7:"), "{text}");
    assert!(text.contains("signature  none"), "{text}");
}

#[test]
fn signatures_count_for_their_bundle_and_key_alone() {
    let dir = cluster("sign");
    let bundle = build(&dir);
    let at = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (secret, public) = (at("k.key"), at("k.pub"));
    netpolc(["keygen", "--secret", &secret, "--public", &public]).expect_code(0);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&secret).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "others may read the secret key");
    // An existing secret key is never overwritten.
    netpolc(["keygen", "--secret", &secret, "--public", &public]).expect_code(2);
    let (other, other_public) = (at("o.key"), at("o.pub"));
    netpolc(["keygen", "--secret", &other, "--public", &other_public]).expect_code(0);

    let before = fs::read(&bundle).unwrap();
    netpolc([
        "sign",
        &bundle,
        "--key",
        &secret,
        "--serial",
        "7",
        "--expires",
        "2000",
    ])
    .expect_code(0);
    assert_eq!(fs::read(&bundle).unwrap(), before);
    netpolc(["verify", &bundle, "--key", &public]).expect_code(0);
    netpolc(["verify", &bundle, "--key", &other_public, "--key", &public]).expect_code(0);
    netpolc(["verify", &bundle, "--key", &other_public]).expect_code(1);
    netpolc(["verify", &bundle, "--key", &public, "--at", "1999"]).expect_code(0);
    netpolc(["verify", &bundle, "--key", &public, "--at", "2000"]).expect_code(1);
    netpolc(["verify", &bundle, "--key", &secret]).expect_code(2);
    netpolc(["verify", &bundle]).expect_code(2);

    for (key, state, code) in [(&public, "good", 0), (&other_public, "bad", 1)] {
        let args = ["inspect", &bundle, "--format", "json", "--key", key];
        let json = netpolc(args).expect_code(code).json();
        assert_form(&json, "inspect.v1.json", None);
        assert_eq!(json["signature"]["state"], state);
        assert_eq!(json["signature"]["serial"], 7);
    }
    let json = netpolc(["inspect", &bundle, "--format", "json"])
        .expect_code(0)
        .json();
    assert_eq!(json["signature"]["state"], "unchecked");

    // Another bundle under the same signature.
    let sources = shop("sign-other");
    netpolc(["build", sources.to_str().unwrap(), "-o", &bundle]).expect_code(0);
    netpolc(["verify", &bundle, "--key", &public]).expect_code(1);
}

#[test]
fn errors_refuse_to_build_and_say_which() {
    let dir = shop("build-errors");
    let bundle = crate::support::dir(&format!(
        "{}-out",
        dir.file_name().unwrap().to_str().unwrap()
    ))
    .join("policy.npb");
    let (input, output) = (dir.to_str().unwrap().to_owned(), bundle.to_str().unwrap());
    netpolc(["build", &input, "-o", output]).expect_code(0);
    fs::remove_file(&bundle).unwrap();
    let typo = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: typo, namespace: shop}
spec: {PodSelector: {}}
";
    write(&dir.join("typo.yaml"), typo);
    let ended = netpolc(["build", &input, "-o", output]).expect_code(1);
    assert!(ended.stderr.contains("NP102"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("nothing was built"),
        "{}",
        ended.stderr
    );
    assert!(!bundle.exists());
}

#[test]
fn what_is_not_decided_refuses_to_build_until_it_is_accepted() {
    let dir = shop("build-unknown");
    let bundle = crate::support::dir(&format!(
        "{}-out",
        dir.file_name().unwrap().to_str().unwrap()
    ))
    .join("policy.npb");
    let (input, output) = (dir.to_str().unwrap().to_owned(), bundle.to_str().unwrap());
    let policy = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}]}]}
";
    write(&dir.join("db.yaml"), policy);
    let ended = netpolc(["build", &input, "-o", output]).expect_code(1);
    assert!(ended.stderr.contains("NP503"), "{}", ended.stderr);
    assert!(!bundle.exists());
    netpolc(["build", &input, "-o", output, "--accept-unknown"]).expect_code(0);
    netpolc(["build", &input, "-o", output, "--accept", "NP5"]).expect_code(0);
}

#[test]
fn damaged_bundles_end_in_2_with_a_sentence() {
    let dir = cluster("damaged");
    let bundle = build(&dir);
    let good = fs::read(&bundle).unwrap();
    let bad = dir.join("bad.npb");
    let path = bad.to_str().unwrap().to_owned();
    let mut cases: Vec<Vec<u8>> = vec![Vec::new(), b"nonsense".to_vec(), good[..100].to_vec()];
    for at in (0..good.len()).step_by(good.len() / 40) {
        let mut flipped = good.clone();
        flipped[at] ^= 0x40;
        cases.push(flipped);
    }
    for bytes in cases {
        fs::write(&bad, &bytes).unwrap();
        for args in [
            &["inspect", &path][..],
            &["query", "--image", &path, "a/web", "a/api"],
        ] {
            let ended = netpolc(args.iter().copied()).expect_code(2);
            assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
        }
    }
    netpolc(["inspect", "/nowhere/at/all"]).expect_code(2);
    netpolc(["inspect", dir.to_str().unwrap()]).expect_code(2);
}
