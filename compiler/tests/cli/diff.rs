//! What changes, and which edit does it.

use crate::support::{Ended, assert_form, dir, in_dir, netpolc, shop, write};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example(name: &str) -> [String; 2] {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies-examples/diff");
    ["a", "b"].map(|side| root.join(name).join(side).to_str().unwrap().to_owned())
}

fn diff(before: &str, after: &str, more: &[&str]) -> Ended {
    let args = ["diff", before, after]
        .into_iter()
        .chain(more.iter().copied());
    netpolc(args)
}

#[track_caller]
fn json_of(before: &str, after: &str, more: &[&str], code: u8) -> Value {
    let more: Vec<&str> = more.iter().copied().chain(["--format", "json"]).collect();
    let json = diff(before, after, &more).expect_code(code).json();
    assert_form(&json, "diff.v1.json", None);
    json
}

/// The names of a change's groups.
fn names(json: &Value, groups: &Value) -> Vec<String> {
    let every = json["groups"].as_array().unwrap();
    let group = |id: &Value| every.iter().find(|g| g["id"] == *id).unwrap();
    let ids = groups.as_array().unwrap().iter().map(group);
    ids.flat_map(|g| {
        let names = g["members"].as_array().or(g["blocks"].as_array()).unwrap();
        let names: Vec<String> = names
            .iter()
            .map(|n| n.as_str().unwrap().to_owned())
            .collect();
        names
    })
    .collect()
}

/// The sentences of a change's causes.
fn causes(json: &Value, change: &Value) -> Vec<String> {
    let causes = change["causes"].as_array().unwrap().iter();
    let edit = |cause: &Value| {
        json["edits"][usize::try_from(cause["edit"].as_u64().unwrap()).unwrap()]["sentence"].clone()
    };
    causes
        .map(|c| edit(c).as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_relabelled_namespace_is_the_cause() {
    let [a, b] = example("namespace-label");
    let json = json_of(&a, &b, &[], 1);
    let changes = json["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{json:#}");
    let change = &changes[0];
    assert_eq!(change["kind"], "opened");
    assert_eq!(names(&json, &change["from"]), ["batch/report"]);
    assert_eq!(names(&json, &change["to"]), ["shop/api"]);
    assert_eq!(
        change["ports"],
        serde_json::json!([{"protocol": "TCP", "port": 8443}])
    );
    assert_eq!(
        causes(&json, change),
        ["label `team` of Namespace batch: data → core"]
    );
    assert_eq!(
        (&change["proof"], &change["causes"][0]["needed"]),
        (&"alone".into(), &true.into())
    );
    let edit = &json["edits"][0];
    assert_eq!(
        (&edit["before"]["line"], &edit["after"]["line"]),
        (&9.into(), &9.into())
    );

    let text = diff(&a, &b, &[]).expect_code(1).stdout;
    assert!(text.starts_with("1 opened\n"), "{text}");
    assert!(
        text.contains("+ opened  batch/report → shop/api  TCP/8443\n"),
        "{text}"
    );
}

#[test]
fn a_removed_policy_is_the_cause_and_the_world_comes_first() {
    let [a, b] = example("removed-policy");
    let json = json_of(&a, &b, &[], 1);
    let changes = json["changes"].as_array().unwrap();
    let first = &changes[0];
    assert_eq!(
        (&first["kind"], &first["scope"]),
        (&"opened".into(), &"world".into())
    );
    assert_eq!(names(&json, &first["to"]), ["shop/db"]);
    for change in changes {
        assert_eq!(
            causes(&json, change),
            ["NetworkPolicy shop/default-deny was removed"]
        );
        assert_eq!(change["proof"], "alone");
    }
    assert!(
        first["before"]["ingress"]["reason"]
            .as_str()
            .unwrap()
            .contains("default-deny")
    );
    // The other way round the same is closed.
    let back = json_of(&b, &a, &[], 1);
    assert_eq!(back["summary"]["closed"], json["summary"]["opened"]);
    assert_eq!(back["summary"]["opened"], 0);
}

#[test]
fn a_changed_service_port_is_the_cause() {
    let [a, b] = example("service-port");
    let json = json_of(&a, &b, &[], 1);
    let changes = json["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{json:#}");
    assert_eq!(changes[0]["service"], "shop/api");
    assert_eq!(
        (&changes[0]["was"], &changes[0]["now"]),
        (&"allow".into(), &"deny".into())
    );
    assert_eq!(names(&json, &changes[0]["from"]), ["batch/report"]);
    let cause = &causes(&json, &changes[0])[0];
    assert!(
        cause.contains("`spec.ports[0].targetPort` https → metrics"),
        "{cause}"
    );
}

#[test]
fn the_same_is_0_also_in_another_order_and_another_dress() {
    let [a, _] = example("namespace-label");
    let json = json_of(&a, &a, &[], 0);
    assert_eq!(json["same"], true);
    let elsewhere = dir("diff-order");
    let texts = ["workloads.yaml", "policies.yaml"]
        .map(|f| std::fs::read_to_string(Path::new(&a).join(f)).unwrap());
    let mut documents: Vec<String> = texts
        .iter()
        .flat_map(|t| t.split("\n---\n"))
        .map(|d| d.replace("{app: api}", "{\"app\": \"api\"}"))
        .collect();
    documents.reverse();
    write(&elsewhere.join("all.yaml"), &documents.join("\n---\n"));
    diff(&a, elsewhere.to_str().unwrap(), &[]).expect_code(0);
}

/// Two policies of which either one keeps the world out: only both removals together open.
#[test]
fn edits_that_only_together_open_are_told_together() {
    let [a, b] = ["a", "b"].map(|side| {
        let dir = shop(&format!("diff-together-{side}"));
        write(&dir.join("policies/second.yaml"), "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: second, namespace: shop}\nspec: {podSelector: {matchLabels: {app: web}}}\n");
        dir
    });
    std::fs::remove_file(b.join("policies/second.yaml")).unwrap();
    std::fs::remove_file(b.join("policies/deny.yaml")).unwrap();
    let json = json_of(a.to_str().unwrap(), b.to_str().unwrap(), &[], 1);
    let change = &json["changes"][0];
    assert_eq!(
        (&change["scope"], &change["proof"]),
        (&"world".into(), &"together".into()),
        "{json:#}"
    );
    assert_eq!(change["causes"].as_array().unwrap().len(), 2);
    assert!(
        change["causes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|c| c["needed"] == true && c["alone"] == false)
    );
}

/// One of two labels of a workload opens; the other one is no cause.
#[test]
fn a_label_among_several_edits_is_told_apart() {
    let [a, b] = ["a", "b"].map(|side| shop(&format!("diff-label-{side}")));
    let path = b.join("workloads.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    write(
        &path,
        &text.replace("{app: api}", "{app: gate, tier: front}"),
    );
    let json = json_of(a.to_str().unwrap(), b.to_str().unwrap(), &[], 1);
    let closed = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["kind"] == "closed")
        .unwrap();
    assert_eq!(
        causes(&json, closed),
        ["label `app` of Deployment shop/api: api → gate"],
        "{json:#}"
    );
}

#[test]
fn address_blocks_are_cut_where_either_side_cuts() {
    let policy = |cidr: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: out, namespace: data}}\nspec:\n  podSelector: {{}}\n  policyTypes: [Egress]\n  egress:\n  - to:\n    - ipBlock: {{cidr: {cidr}}}\n"
        )
    };
    let [a, b] = [("a", "10.0.0.0/9"), ("b", "10.0.0.0/8")].map(|(side, cidr)| {
        let dir = shop(&format!("diff-blocks-{side}"));
        write(&dir.join("policies/out.yaml"), &policy(cidr));
        dir
    });
    let json = json_of(a.to_str().unwrap(), b.to_str().unwrap(), &[], 1);
    let world = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["scope"] == "world")
        .unwrap();
    assert_eq!(names(&json, &world["to"]), ["10.128.0.0/9"]);
    assert_eq!(names(&json, &world["from"]), ["data/db"]);
}

#[test]
fn bundles_are_compared_by_their_policies() {
    let a = shop("diff-bundle");
    let out = dir("diff-bundle-out");
    let inventory = out.join("inventory.json");
    write(
        &inventory,
        r#"{"namespaces": {"shop": {}, "data": {}}, "nodes": [{"name": "n", "addresses": ["192.0.2.1"], "podCIDRs": ["10.1.0.0/16"]}], "endpoints": [
      {"namespace": "shop", "name": "web", "labels": {"app": "web"}, "addresses": ["10.1.0.1"], "node": "n"},
      {"namespace": "shop", "name": "api", "labels": {"app": "api"}, "addresses": ["10.1.0.2"], "node": "n", "ports": [{"name": "https", "port": 8443}]}]}"#,
    );
    let bundles = ["before", "after"]
        .map(|name| out.join(format!("{name}.npb")).to_str().unwrap().to_owned());
    for bundle in &bundles {
        netpolc([
            "build",
            a.join("policies").to_str().unwrap(),
            "--inventory",
            inventory.to_str().unwrap(),
            "-o",
            bundle,
        ])
        .expect_code(0);
        if bundle == &bundles[0] {
            std::fs::remove_file(a.join("policies/api.yaml")).unwrap();
        }
    }
    let json = json_of(&bundles[0], &bundles[1], &[], 1);
    let closed = &json["changes"][0];
    assert_eq!(closed["kind"], "closed", "{json:#}");
    assert_eq!(
        causes(&json, closed),
        ["NetworkPolicy shop/api was removed"]
    );
    diff(&bundles[0], &bundles[0], &[]).expect_code(0);
}

fn git(dir: &Path, args: &[&str]) {
    let done = Command::new("git")
        .current_dir(dir)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args(args)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn repository(name: &str) -> PathBuf {
    let dir = shop(name);
    git(&dir, &["init", "--quiet", "--initial-branch", "main"]);
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "--quiet", "--message", "first"]);
    dir
}

#[test]
fn git_places_are_read_and_the_work_tree_is_left_alone() {
    let dir = repository("diff-git");
    std::fs::remove_file(dir.join("policies/api.yaml")).unwrap();
    let before = std::fs::read_dir(dir.join(".git")).unwrap().count();
    let (code, out, err) = in_dir(&dir, &["diff", "git:main", "."]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        out.contains("NetworkPolicy shop/api was removed  (main:policies/api.yaml:3)"),
        "{out}"
    );
    assert_eq!(std::fs::read_dir(dir.join(".git")).unwrap().count(), before);
    assert!(!dir.join("policies/api.yaml").exists());
    let (code, out, err) = in_dir(
        &dir,
        &[
            "diff",
            "git:main:policies",
            "git:main:./policies",
            "--with",
            "workloads.yaml",
        ],
    );
    assert_eq!(code, Some(0), "{out}{err}");
}

#[test]
fn what_git_does_not_have_is_said() {
    let dir = repository("diff-no-ref");
    for (place, says) in [
        ("git:nowhere", "no commit `nowhere`"),
        ("git:main:nothing", "no `nothing` in `main`"),
        ("git:--help", "names no commit"),
        ("git:main:../x", "out of the repository"),
    ] {
        let (code, _, err) = in_dir(&dir, &["diff", place, "."]);
        assert_eq!(code, Some(2), "{place}: {err}");
        assert!(err.contains(says), "{place}: {err}");
    }
}

#[test]
fn a_comment_fits_whatever_changes() {
    let [a, b] = example("removed-policy");
    let page = diff(&a, &b, &["--format", "markdown"])
        .expect_code(1)
        .stdout;
    assert!(
        page.starts_with("<!-- netpolc:diff -->\n### netpolc: "),
        "{page}"
    );
    assert!(page.contains("| opened | world |"), "{page}");
    let many = dir("diff-many");
    let mut text = String::new();
    for n in 0..250 {
        write!(
            text,
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: pod-{n}, namespace: ns-{n}, labels: {{app: {}}}}}\nspec: {{containers: []}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p-{n}, namespace: ns-{n}}}\nspec:\n  podSelector: {{}}\n  ingress:\n  - ports: [{{port: {}}}]\n---\n",
            "x".repeat(60),
            n + 1
        ).unwrap();
    }
    write(&many.join("a/all.yaml"), &text);
    write(
        &many.join("b/all.yaml"),
        &text.replace("[{port: ", "[{port: 1"),
    );
    let page = diff(
        many.join("a").to_str().unwrap(),
        many.join("b").to_str().unwrap(),
        &["--format", "markdown"],
    )
    .expect_code(1)
    .stdout;
    assert!(page.chars().count() <= 65_536, "{}", page.len());
    assert!(
        page.contains("<details>")
            && page.matches("<details>").count() == page.matches("</details>").count()
    );
}
