//! One question at a time.

use crate::support::{Ended, assert_form, dir, netpolc, shop, write};
use serde_json::json;
use std::path::Path;

fn query(dir: &Path, args: &[&str]) -> Ended {
    let path = dir.to_str().expect("test directories have plain names");
    netpolc([&["query"], args, &[path]].concat())
}

#[test]
fn exit_codes_follow_the_verdict() {
    let dir = shop("verdicts");
    query(&dir, &["shop/web", "shop/api", "--port", "TCP/8443"]).expect_code(0);
    query(&dir, &["data/db", "shop/api", "--port", "TCP/8443"]).expect_code(1);
    // A part passes, a part does not.
    query(&dir, &["shop/web", "shop/api"]).expect_code(1);
    for (expected, code) in [("allow", 1), ("deny", 0), ("unknown", 1)] {
        let args = [
            "data/db", "shop/api", "--port", "TCP/8443", "--expect", expected,
        ];
        query(&dir, &args).expect_code(code);
    }
    // A mixed answer is none of the three.
    for expected in ["allow", "deny", "unknown"] {
        query(&dir, &["shop/web", "shop/api", "--expect", expected]).expect_code(1);
    }
}

#[test]
fn an_undecidable_question_ends_in_2_and_says_what_is_missing() {
    let dir = shop("unknown");
    let policy = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {}
  ingress:
  - from: [{namespaceSelector: {matchLabels: {team: green}}}]
";
    write(&dir.join("db.yaml"), policy);
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: elsewhere}
spec: {containers: [{name: c, image: registry.example/c}]}
";
    write(&dir.join("pod.yaml"), pod);
    let args = ["elsewhere/p", "data/db", "--port", "TCP/5432"];
    let ended = query(&dir, &args).expect_code(2);
    assert!(ended.stdout.contains("unknown"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("declared nowhere"),
        "{}",
        ended.stdout
    );
    let ended = query(&dir, &[&args[..], &["--format", "json"]].concat()).expect_code(2);
    let json = ended.json();
    assert_eq!(json["verdict"], "unknown");
    assert!(json["answers"][0]["ingress"]["cause"].is_string());
    assert_form(&json, "query.v1.json", None);
    query(&dir, &[&args[..], &["--expect", "unknown"]].concat()).expect_code(0);
    query(&dir, &[&args[..], &["--closed-world"]].concat()).expect_code(1);
}

#[test]
fn reasons_name_the_line_of_the_rule_on_both_sides() {
    let dir = shop("reasons");
    let args = [
        "shop/web", "shop/api", "--port", "TCP/8443", "--format", "json",
    ];
    let json = query(&dir, &args).expect_code(0).json();
    assert_form(&json, "query.v1.json", None);
    let answer = &json["answers"][0];
    assert_eq!(answer["ingress"]["policy"], "NetworkPolicy shop/api");
    assert_eq!(answer["ingress"]["line"], 7, "the rule begins there");
    assert!(
        answer["ingress"]["file"]
            .as_str()
            .unwrap()
            .ends_with("policies/api.yaml")
    );
    assert_eq!(answer["egress"]["rule"], 0);
    assert_eq!(answer["egress"].get("file"), None);

    let denied = query(&dir, &["data/db", "shop/web", "--port", "TCP/80"]).expect_code(1);
    let sentence = "isolated by NetworkPolicy shop/default-deny (";
    assert!(denied.stdout.contains(sentence), "{}", denied.stdout);
    assert!(
        denied
            .stdout
            .contains("policies/deny.yaml:6), nothing allows"),
        "{}",
        denied.stdout
    );
}

#[test]
fn no_port_asks_for_all_of_them() {
    let dir = shop("all-ports");
    let json = query(&dir, &["shop/web", "shop/api", "--format", "json"]).json();
    assert_form(&json, "query.v1.json", None);
    assert_eq!(json["verdict"], "mixed");
    let answers = json["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["verdict"], "allow");
    assert_eq!(
        answers[0]["ports"],
        json!([{"protocol": "TCP", "port": 8443}])
    );
    assert_eq!(
        answers[1]["ports"][0],
        json!({"protocol": "TCP", "port": 0, "endPort": 8442})
    );
    let open = query(&dir, &["shop/web", "data/db"]).expect_code(0);
    assert!(open.stdout.contains("every port"), "{}", open.stdout);
}

#[test]
fn runs_of_ports_are_cut_where_the_verdict_changes() {
    let dir = shop("ranges");
    let args = ["shop/web", "shop/api", "--port", "TCP/8000-9000"];
    let text = query(&dir, &args).expect_code(1).stdout;
    assert!(text.contains("TCP/8443\n"), "{text}");
    assert!(text.contains("TCP/8000-8442, TCP/8444-9000"), "{text}");
}

#[test]
fn port_names_are_the_destinations() {
    let dir = shop("names");
    query(&dir, &["shop/web", "shop/api", "--port", "TCP/https"]).expect_code(0);
    let ended = query(&dir, &["shop/web", "shop/api", "--port", "TCP/http"]).expect_code(2);
    assert!(
        ended.stderr.contains("it has TCP/https"),
        "{}",
        ended.stderr
    );
    let ended = query(&dir, &["shop/web", "data/db", "--port", "TCP/http"]).expect_code(2);
    assert!(
        ended.stderr.contains("it names no port"),
        "{}",
        ended.stderr
    );
}

#[test]
fn stars_give_sets() {
    let dir = shop("stars");
    let args = ["*/*", "shop/*", "--port", "TCP/8443", "--format", "json"];
    let json = query(&dir, &args).expect_code(1).json();
    assert_form(&json, "query.v1.json", None);
    let answers = json["answers"].as_array().unwrap();
    let allowed: Vec<_> = answers.iter().filter(|a| a["verdict"] == "allow").collect();
    // Three sources, two destinations; a Deployment's pods are siblings, so the pairs of a name
    // with itself count.
    assert_eq!(answers.len(), 6);
    assert_eq!(allowed.len(), 1);
    assert_eq!(allowed[0]["from"], "shop/web");
    assert_eq!(allowed[0]["to"], "shop/api");
    query(&dir, &["*/*", "nowhere/*"]).expect_code(2);
}

#[test]
fn unknown_names_are_answered_with_the_likely_one() {
    let dir = shop("unknown-names");
    for (asked, meant) in [
        ("shop/wbe", "did you mean `shop/web`"),
        ("data/web", "did you mean `shop/web`"),
        ("shop/Pod/web", "there is no pod or workload"),
        (
            "shop/something-else-entirely",
            "there is data/db, shop/api, shop/web",
        ),
        ("node/n", "the input has none at all"),
    ] {
        let ended = query(&dir, &[asked, "shop/api"]).expect_code(2);
        assert!(ended.stderr.contains(meant), "{asked}: {}", ended.stderr);
    }
    query(&dir, &["shop/Deployment/web", "data/StatefulSet/db"]).expect_code(0);
}

#[test]
fn the_world_and_blocks_are_answered_by_their_parts() {
    let dir = shop("world");
    let policy = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.128/25]}}]
";
    write(&dir.join("web.yaml"), policy);
    let of = |from: &str| {
        let json = query(
            &dir,
            &[from, "shop/web", "--port", "TCP/80", "--format", "json"],
        )
        .json();
        assert_form(&json, "query.v1.json", None);
        let answers = json["answers"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let found = answers.map(|a| (text(&a["from"]), text(&a["verdict"])));
        (text(&json["verdict"]), found.collect::<Vec<_>>())
    };
    assert_eq!(of("198.51.100.1").0, "allow");
    assert_eq!(of("198.51.100.200").0, "deny");
    let pair = |from: &str, verdict: &str| (from.to_owned(), verdict.to_owned());
    assert_eq!(
        of("198.51.100.0/24"),
        (
            "mixed".to_owned(),
            vec![
                pair("198.51.100.0/25", "allow"),
                pair("198.51.100.128/25", "deny")
            ]
        )
    );
    let (verdict, parts) = of("world");
    assert_eq!(verdict, "mixed");
    assert_eq!(parts.len(), 2);
    assert!(
        parts.contains(&pair("198.51.100.0/25", "allow")),
        "{parts:?}"
    );
    let all = query(&dir, &["world", "data/db", "--port", "TCP/80"]).expect_code(0);
    assert!(
        all.stdout.starts_with("allow    world → data/db  TCP/80\n"),
        "{}",
        all.stdout
    );
}

#[test]
fn pods_of_one_owner_with_different_labels_are_told_apart() {
    let dir = dir("namesakes");
    let pod = |name: &str, canary: &str, ip: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: a\n  labels: {{app: w{canary}}}\n\
             spec: {{containers: [{{name: c, image: registry.example/c}}]}}\n\
             status: {{podIP: {ip}, podIPs: [{{ip: {ip}}}]}}\n---\n"
        )
    };
    let mut text = pod("one", "", "10.0.0.1");
    text.push_str(&pod("two", ", track: canary", "10.0.0.2"));
    text.push_str(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\n\
         spec: {podSelector: {matchLabels: {track: canary}}, policyTypes: [Ingress]}\n",
    );
    write(&dir.join("all.yaml"), &text);
    query(&dir, &["world", "a/one", "--port", "TCP/80"]).expect_code(0);
    query(&dir, &["world", "a/two", "--port", "TCP/80"]).expect_code(1);
    query(&dir, &["10.0.0.1", "10.0.0.2", "--port", "TCP/80"]).expect_code(1);
    let ended = query(&dir, &["world", "a/*", "--port", "TCP/80"]).expect_code(1);
    assert!(ended.stdout.contains("a/one") && ended.stdout.contains("a/two"));
}

#[test]
fn families_with_different_answers_are_told_apart() {
    let dir = dir("families");
    let pod = |name: &str, v4: &str, v6: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: a}}\n\
             spec: {{containers: [{{name: c, image: registry.example/c}}]}}\n\
             status: {{podIP: {v4}, podIPs: [{{ip: {v4}}}, {{ip: '{v6}'}}]}}\n---\n"
        )
    };
    let mut text = pod("one", "10.0.0.1", "fd00::1") + &pod("two", "10.0.0.2", "fd00::2");
    text.push_str(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\n\
         spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}\n",
    );
    write(&dir.join("all.yaml"), &text);
    let args = ["a/one", "a/two", "--port", "TCP/80", "--format", "json"];
    let dialect = ["--dialect", "kubernetes"];
    let json = query(&dir, &[&args[..], &dialect].concat())
        .expect_code(1)
        .json();
    assert_form(&json, "query.v1.json", None);
    assert_eq!(json["verdict"], "mixed");
    assert_eq!(json["answers"][0]["family"], "IPv4");
    assert_eq!(json["answers"][0]["verdict"], "allow");
    assert_eq!(json["answers"][1]["family"], "IPv6");
    assert_eq!(json["answers"][1]["verdict"], "deny");
    assert_eq!(json["notes"].as_array().unwrap().len(), 1);
    let json = query(&dir, &[&args[..], &["--dialect", "cilium"]].concat()).json();
    assert_eq!(
        json["verdict"], "deny",
        "in cilium an ipBlock covers no pods"
    );
}

#[test]
fn a_service_is_named_as_what_it_is() {
    let dir = dir("service");
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: one, namespace: a, labels: {app: one}}
spec: {containers: [{name: c, image: registry.example/c, ports: [{containerPort: 8080}]}]}
status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: v1
kind: Service
metadata: {name: svc, namespace: a}
spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], selector: {app: one}, ports: [{port: 80, targetPort: 8080}]}
";
    write(&dir.join("all.yaml"), text);
    let ended = query(&dir, &["world", "a/svc"]).expect_code(2);
    assert!(ended.stderr.contains("is a Service"), "{}", ended.stderr);
    let ended = query(&dir, &["a/one", "a/one", "--port", "TCP/80"]).expect_code(0);
    assert!(ended.stderr.contains("Service a/svc"), "{}", ended.stderr);
}

/// Every policy with what it had to do with the answer, in words and for programs.
#[test]
fn why_tells_the_whole_way_to_the_answer() {
    let dir = shop("why");
    let args = ["shop/web", "shop/api", "--port", "TCP/8443", "--why"];
    let text = query(&dir, &args).expect_code(0).stdout;
    assert!(text.starts_with("allow "), "the answer comes first: {text}");
    for line in [
        "→ rule 1, allow (",
        "api.yaml:7:5): matches by its peer 1: allowed",
        "selects shop/api and isolates it for ingress, without a rule",
        "→ no tier decides: no policy isolates it for egress",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let args = [
        "data/db", "shop/api", "--port", "TCP/80", "--why", "--format", "json",
    ];
    let json = query(&dir, &args).expect_code(1).json();
    assert_form(&json, "query.v1.json", None);
    let answer = &json["answers"][0];
    let why = &answer["why"]["ingress"];
    assert_eq!(why["verdict"], "deny");
    assert_eq!(why["conclusion"], answer["ingress"]["reason"]);
    let policies = why["policies"].as_array().unwrap();
    assert_eq!(policies.len(), 2, "every policy stands in it");
    assert_eq!(policies[0]["policy"], "NetworkPolicy shop/api");
    assert_eq!(policies[0]["isolation"]["part"], "decides");
    assert_eq!(policies[0]["isolation"]["rule"], answer["ingress"]["rule"]);
    let rule = &policies[0]["rules"][0];
    assert_eq!(
        (&rule["peer"], &rule["port"], &rule["part"]),
        (&json!("no"), &json!(false), &json!("none"))
    );
    assert_eq!(policies[1]["isolation"]["part"], "not-asked");
    let egress = &answer["why"]["egress"];
    assert_eq!(egress["builtin"][0]["part"], "decides");
    assert!(
        egress["policies"]
            .as_array()
            .unwrap()
            .iter()
            .all(|p| p["selects"] == "no")
    );
}

#[test]
fn the_api_server_and_dns_go_by_their_names() {
    let dir = shop("named");
    for (name, way_out) in [
        (
            "kube-apiserver",
            "EndpointSlice of Service default/kubernetes",
        ),
        ("dns", "no pod labelled k8s-app=kube-dns"),
    ] {
        let ended = query(&dir, &["shop/web", name]).expect_code(2);
        assert!(ended.stderr.contains(way_out), "{}", ended.stderr);
    }
    let text = "\
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.10]}]
ports: [{name: https, port: 6443, protocol: TCP}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec: {containers: [{name: c, image: registry.example/coredns}]}
";
    write(&dir.join("system.yaml"), text);
    let api = query(&dir, &["shop/web", "kube-apiserver", "--port", "TCP/6443"]).expect_code(0);
    assert!(api.stdout.contains("192.0.2.10"), "{}", api.stdout);
    let dns = query(&dir, &["shop/web", "dns", "--port", "UDP/53"]).expect_code(0);
    assert!(dns.stdout.contains("kube-system/coredns"), "{}", dns.stdout);
}
