//! NP502: images beyond what a node can load, found by `check` and by linking.

use crate::support::{dir, in_dir, netpolc, shop, write};
use std::fmt::Write;
use std::path::Path;

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
  - ports: [{port: 80}]
  - from: [{podSelector: {matchLabels: {app: api}}}]
    ports: [{port: 1000}, {port: 2000}, {port: 3000}, {port: 4000}, {port: 5000}, {port: 6000}]
";

/// A Deployment, or a pod that runs on a node.
fn pod(name: &str, node: Option<&str>) -> String {
    let labels = format!("{{labels: {{app: {name}}}}}");
    match node {
        None => format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {labels}\n    spec: {{containers: [{{name: a, image: i}}]}}\n"
        ),
        Some(node) => format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}\nspec: {{nodeName: {node}, containers: [{{name: a, image: i}}]}}\n"
        ),
    }
}

fn input(name: &str, nodes: [Option<&str>; 2]) -> std::path::PathBuf {
    let dir = dir(name);
    let [web, api] = nodes;
    let workloads = format!("{}---\n{}", pod("web", web), pod("api", api));
    write(&dir.join("workloads.yaml"), &workloads);
    write(&dir.join("policy.yaml"), POLICY);
    dir
}

fn check(dir: &Path, budget: &str) -> (Option<i32>, String) {
    let (code, out, err) = in_dir(
        dir,
        &["check", "--select", "NP502", "--image-budget", budget, "."],
    );
    (code, format!("{out}{err}"))
}

#[test]
fn a_pod_that_runs_nowhere_yet_is_looked_at_alone() {
    let dir = input("limit-alone", [None, None]);
    let (code, said) = check(&dir, "8KiB");
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "a node that runs `shop/web`",
        "bytes and may have 8192",
        "policy.yaml:9:",
        "1 peer and 6 runs of ports",
        "without `web` it fits",
        "`image-budget` in netpolc.toml",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, said) = check(&dir, "16KiB");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = check(&dir, "8MB");
    assert!(code == Some(2) && said.contains("is no size"), "{said}");
}

#[test]
fn nodes_are_named_where_pods_run_and_the_target_may_hold_the_budget() {
    let dir = input("limit-node", [Some("n1"), Some("n2")]);
    write(
        &dir.join("netpolc.toml"),
        "[[target]]\nname = \"small\"\npaths = [\"policy.yaml\", \"workloads.yaml\"]\nimage-budget = \"8KiB\"\n",
    );
    let (code, out, err) = in_dir(&dir, &["check", "--select", "NP502", "--target", "small"]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("the image of node `n1` needs"), "{out}");
    assert!(!out.contains("node `n2`"), "{out}");
    let (code, out, _) = in_dir(
        &dir,
        &[
            "check",
            "--select",
            "NP502",
            "--target",
            "small",
            "--image-budget",
            "1MiB",
        ],
    );
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn pods_that_fit_alone_may_not_fit_together() {
    let dir = dir("limit-crowded");
    let mut policies = String::new();
    let mut pods = String::new();
    for number in 0..40 {
        let name = format!("w{number}");
        writeln!(pods, "---\n{}", pod(&name, None)).unwrap();
        writeln!(
            policies,
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  podSelector: {{matchLabels: {{app: {name}}}}}\n  policyTypes: [Ingress]\n  ingress:\n  - from: [{{podSelector: {{matchLabels: {{app: w{}}}}}}}]\n    ports: [{{port: {}}}]",
            (number + 1) % 40,
            300 * (number + 1)
        )
        .unwrap();
    }
    write(&dir.join("policies.yaml"), &policies);
    write(&dir.join("pods.yaml"), &pods);
    let (code, said) = check(&dir, "24KiB");
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("warning[NP502]")
            && said.contains("and 39 more")
            && said.contains("these 40 together"),
        "{said}"
    );
    let (code, said) = check(&dir, "1MiB");
    assert!(code == Some(0) && said.contains("no findings"), "{said}");
}

/// The parties of [`shop`], with `web` and `api` on one node.
const INVENTORY: &str = r#"{
  "namespaces": {"shop": {}, "data": {}},
  "nodes": [{"name": "n1", "addresses": ["10.0.0.1"]}],
  "endpoints": [
    {"namespace": "shop", "name": "web", "labels": {"app": "web"}, "addresses": ["10.1.0.2"], "node": "n1"},
    {"namespace": "shop", "name": "api", "labels": {"app": "api"}, "addresses": ["10.1.0.3"], "node": "n1"}
  ]
}"#;

#[test]
fn what_is_linked_is_held_against_the_budget() {
    let dir = shop("limit-build");
    let out = crate::support::dir("limit-build-out");
    let (inventory, bundle) = (out.join("inventory.json"), out.join("policy.npb"));
    write(&inventory, INVENTORY);
    let many = (1..12)
        .map(|n| format!("{{port: {}}}", n * 1000))
        .collect::<Vec<_>>();
    let rule = POLICY.replace("{port: 80}", &many.join(", "));
    write(&dir.join("policies/web.yaml"), &rule);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let build = |more: &[&str]| {
        let mut args = vec!["build".to_owned(), text(&dir)];
        args.extend(["--inventory", &text(&inventory), "-o", &text(&bundle)].map(str::to_owned));
        args.extend(["--accept", "NP4,NP3", "--image-budget", "8KiB"].map(str::to_owned));
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        netpolc(args)
    };
    // Told by what is written already, before anything is linked.
    let ended = build(&[]).expect_code(1);
    assert!(
        ended.stderr.contains("NP502 the image of a node that runs"),
        "{}",
        ended.stderr
    );
    assert!(!bundle.exists());
    let ended = build(&["--accept", "NP502"]).expect_code(0);
    assert!(
        ended.stderr.contains("NP502 the image of node `n1` needs"),
        "{}",
        ended.stderr
    );
    assert!(bundle.exists());
}

#[test]
fn linking_that_passes_a_limit_of_the_format_is_a_finding() {
    let dir = shop("limit-format");
    let out = crate::support::dir("limit-format-out");
    let (inventory, bundle) = (out.join("inventory.json"), out.join("policy.npb"));
    // A pod of each address: more than rows can be numbered.
    let mut wide = String::new();
    for job in 0..66 {
        let address = |n: u32| format!("\"10.{}.{}.{}\"", 2 + job, n >> 8, n & 255);
        let addresses: Vec<String> = (0..1000).map(address).collect();
        writeln!(
            wide,
            "{{\"namespace\": \"shop\", \"name\": \"job{job}\", \"labels\": {{\"app\": \"api\"}}, \"several\": true, \"node\": \"n1\", \"addresses\": [{}]}},",
            addresses.join(",")
        )
        .unwrap();
    }
    let first = "{\"namespace\": \"shop\", \"name\": \"web\"";
    let text = INVENTORY.replace(first, &format!("{wide}    {first}"));
    write(&inventory, &text);
    for more in [&[][..], &["--accept", "NP502"]] {
        let mut args = vec![
            "build",
            dir.to_str().unwrap(),
            "-o",
            bundle.to_str().unwrap(),
        ];
        args.extend(["--inventory", inventory.to_str().unwrap()]);
        args.extend(more);
        let ended = netpolc(args).expect_code(1);
        let said = "NP502 the image of node `n1` needs 66002 local endpoints and can number 65520";
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        // At the line of a policy that selects some of them.
        assert!(ended.stderr.contains("policies/"), "{}", ended.stderr);
        let refused = ended.stderr.contains("nothing was built");
        assert!(
            refused || ended.stderr.contains("no --accept"),
            "{}",
            ended.stderr
        );
        assert!(!bundle.exists());
    }
}
