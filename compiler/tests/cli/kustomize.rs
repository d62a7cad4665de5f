//! Kustomize directories that are only found in a tree: read by their files, with the namespaces that
//! the files get, and without what is no manifest.

use crate::support::{dir, in_dir, write};
use serde_json::Value;
use std::path::{Path, PathBuf};

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Ingress]}
";
const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: api, ports: [{containerPort: 8080}]}]}
";
/// A Deployment as patches write it: without what they do not change.
const PATCH: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec: {replicas: 3}
";

fn tree(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let dir = dir(name);
    std::fs::create_dir_all(dir.join(".git")).unwrap();
    for (path, text) in files {
        write(&dir.join(path), text);
    }
    dir
}

/// Findings as `CODE path:line message`, and all of the answer.
fn check(dir: &Path) -> (Vec<String>, Value) {
    let (_, out, err) = in_dir(dir, &["check", ".", "--format", "json"]);
    let all: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}\n{out}{err}"));
    let told = all["findings"].as_array().unwrap().iter().map(|f| {
        let at = &f["location"];
        format!(
            "{} {}:{} {}",
            f["code"].as_str().unwrap(),
            at["path"].as_str().unwrap_or_default(),
            at["start"]["line"],
            f["message"].as_str().unwrap()
        )
    });
    (told.collect(), all)
}

/// What the answer is to a question about the tree.
fn asked(dir: &Path, from: &str, to: &str) -> String {
    let (_, out, err) = in_dir(dir, &["query", from, to, "--port", "8080", "."]);
    format!("{out}{err}")
}

#[test]
fn a_patch_is_no_manifest_however_it_is_named() {
    let dir = tree(
        "kustomize-patches",
        &[
            ("base/kustomization.yaml", "resources: [api.yaml]\n"),
            ("base/api.yaml", DEPLOYMENT),
            (
                "prod/kustomization.yaml",
                "resources: [../base]\npatches: [{path: replicas.yaml}]\n\
                 patchesStrategicMerge: [old.yaml]\nconfigMapGenerator: [{name: c, files: [k.yaml=more.yaml]}]\n",
            ),
            ("prod/replicas.yaml", PATCH),
            ("prod/old.yaml", PATCH),
            ("prod/more.yaml", PATCH),
        ],
    );
    let (told, _) = check(&dir);
    assert!(told.is_empty(), "{told:#?}");
    // One that is commented out in the kustomization is left out as well, and this is said.
    write(&dir.join("prod/unused.yaml"), PATCH);
    let (told, all) = check(&dir);
    assert!(told.is_empty(), "{told:#?}");
    let incomplete = all["incomplete"].to_string();
    assert!(
        incomplete.contains("no kustomization takes it up"),
        "{incomplete}"
    );
    // Without kustomizations around it, it is a workload that the server refuses.
    write(&dir.join("elsewhere/unused.yaml"), PATCH);
    std::fs::remove_file(dir.join("prod/kustomization.yaml")).unwrap();
    let (told, _) = check(&dir);
    assert!(
        told.iter()
            .any(|f| f.starts_with("NP103 elsewhere/unused.yaml:4")),
        "{told:#?}"
    );
}

#[test]
fn objects_are_in_the_namespace_that_the_outermost_kustomization_gives() {
    let dir = tree(
        "kustomize-namespaces",
        &[
            (
                "base/kustomization.yaml",
                "namespace: inner\nresources: [api.yaml, deny.yaml]\n",
            ),
            ("base/api.yaml", DEPLOYMENT),
            ("base/deny.yaml", POLICY),
            (
                "prod/kustomization.yaml",
                "namespace: shop\nresources: [../base]\n",
            ),
            (
                "other/client.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: client, namespace: web}\n\
                 spec: {containers: [{name: c, image: c}]}\n",
            ),
        ],
    );
    let answer = asked(&dir, "web/client", "shop/api");
    assert!(answer.contains("deny"), "{answer}");
    let gone = asked(&dir, "web/client", "inner/api");
    assert!(gone.contains("no "), "{gone}");
}

#[test]
fn a_component_of_many_namespaces_is_a_policy_in_each_of_them() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: _}\n";
    let app = |name: &str| {
        format!("namespace: {name}\nresources: [namespace.yaml, api.yaml]\ncomponents: [../deny]\n")
    };
    let dir = tree(
        "kustomize-components",
        &[
            (
                "deny/kustomization.yaml",
                "kind: Component\nresources: [deny.yaml]\n",
            ),
            ("deny/deny.yaml", POLICY),
            ("one/kustomization.yaml", &app("one")),
            ("one/namespace.yaml", namespace),
            ("one/api.yaml", DEPLOYMENT),
            ("two/kustomization.yaml", &app("two")),
            ("two/namespace.yaml", namespace),
            ("two/api.yaml", DEPLOYMENT),
        ],
    );
    let (told, _) = check(&dir);
    assert!(told.is_empty(), "names and duplicates: {told:#?}");
    for (from, to) in [("one/api", "two/api"), ("two/api", "one/api")] {
        let answer = asked(&dir, from, to);
        assert!(answer.contains("deny"), "{answer}");
    }
}

#[test]
fn a_kustomization_of_flux_says_the_namespace_of_what_lies_at_its_path() {
    let flux = |name: &str, path: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
             metadata: {{name: {name}, namespace: flux-system}}\n\
             spec: {{path: {path}, targetNamespace: {name}}}\n"
        )
    };
    let dir = tree(
        "kustomize-flux",
        &[
            ("cluster/shop.yaml", &flux("shop", "./apps/shop")),
            // What a variable stands for is not known: one of the directories there.
            ("cluster/web.yaml", &flux("web", "'./apps/web/${CLUSTER}'")),
            // With a kustomization, and without one: then Flux takes all that lies there.
            ("apps/shop/kustomization.yaml", "resources: [api.yaml]\n"),
            ("apps/shop/api.yaml", DEPLOYMENT),
            ("apps/web/deep/api.yaml", DEPLOYMENT),
            ("apps/web/one/deny.yaml", POLICY),
        ],
    );
    let answer = asked(&dir, "shop/api", "web/api");
    assert!(answer.contains("deny"), "{answer}");
}

#[test]
fn a_transformer_may_change_every_name() {
    let dir = tree(
        "kustomize-transformers",
        &[
            (
                "a/kustomization.yaml",
                "resources: [namespace.yaml]\ntransformers: [./transformers]\n",
            ),
            (
                "a/namespace.yaml",
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: .invalid}\n",
            ),
            ("a/transformers/kustomization.yaml", "resources: []\n"),
        ],
    );
    let (told, _) = check(&dir);
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn kustomizations_in_a_circle_end() {
    let dir = tree(
        "kustomize-circle",
        &[
            (
                "a/kustomization.yaml",
                "namespace: a\nresources: [../b, api.yaml]\n",
            ),
            ("a/api.yaml", DEPLOYMENT),
            (
                "b/kustomization.yaml",
                "namespace: b\nresources: [../a, ../b, ., /]\n",
            ),
            (
                "c/kustomization.yaml",
                "resources: 7\npatches: {a: b}\nnamespace: [x]\n",
            ),
            ("d/kustomization.yaml", "resources: [\n"),
        ],
    );
    let (told, _) = check(&dir);
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn a_key_beside_a_merge_is_what_kustomize_takes_out() {
    let merged = "\
apiVersion: v1
kind: Pod
metadata:
  name: api
  labels: &l {app: api}
  annotations:
    <<: *l
    app: other
spec: {containers: [{name: api, image: api}]}
";
    let dir = tree("kustomize-merge", &[("app/api.yaml", merged)]);
    let (told, _) = check(&dir);
    assert!(
        told.iter().any(|f| f.starts_with("NP104 app/api.yaml:8")),
        "{told:#?}"
    );
    write(
        &dir.join("app/kustomization.yaml"),
        "resources: [api.yaml]\n",
    );
    let (told, _) = check(&dir);
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn what_a_patch_is_for_is_told_as_a_note() {
    let service = "\
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {type: LoadBalancer, selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
";
    let policy = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress: [{from: [{podSelector: {}}]}]
";
    let files = [
        (
            "base/kustomization.yaml",
            "namespace: shop\nresources: [api.yaml, service.yaml, policy.yaml]\n",
        ),
        ("base/api.yaml", DEPLOYMENT),
        ("base/service.yaml", service),
        ("base/policy.yaml", policy),
    ];
    let dir = tree("kustomize-patched", &files);
    let severity = |dir: &Path| {
        let (told, all) = check(dir);
        assert!(told.iter().any(|f| f.starts_with("NP410")), "{told:#?}");
        all["findings"][0]["severity"].clone()
    };
    assert_eq!(severity(&dir), "warning");
    for patch in [
        "patches: [{path: p.yaml}]\n",
        "patches: [{target: {kind: Service}, path: p.yaml}]\n",
        "patches:\n- patch: |-\n    kind: Service\n    metadata: {name: api}\n    spec: {type: ClusterIP}\n",
        "patchesStrategicMerge: [p.yaml]\n",
        "patchesJson6902: [{target: {kind: Service, name: api}, path: p.yaml}]\n",
    ] {
        let text = format!("resources: [../base]\n{patch}");
        write(&dir.join("prod/kustomization.yaml"), &text);
        let own = "kind: Service\napiVersion: v1\nmetadata: {name: api}\nspec: {type: ClusterIP}\n";
        write(&dir.join("prod/p.yaml"), own);
        assert_eq!(severity(&dir), "note", "{patch}");
    }
    // A patch for something else changes nothing here.
    write(
        &dir.join("prod/kustomization.yaml"),
        "resources: [../base]\npatches: [{target: {kind: Service, name: web}, path: p.yaml}]\n",
    );
    assert_eq!(severity(&dir), "warning");
}

#[test]
fn a_variable_that_is_not_filled_in_is_said_once_and_leaves_its_object_out() {
    let text = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: '${APP}', namespace: shop}
spec:
  podSelector: {matchLabels: {app: '${APP}'}}
  ingress: [{from: [{ipBlock: {cidr: '${NETS:=10.0.0.0/8}'}}]}]
";
    let dir = tree("kustomize-variables", &[("policy.yaml", text)]);
    let (told, all) = check(&dir);
    assert_eq!(
        told,
        ["NP107 policy.yaml:3 NetworkPolicy/shop/${APP} holds a variable that is not filled in"]
    );
    let incomplete = all["incomplete"].to_string();
    assert!(
        incomplete.contains("a variable in it is not filled in"),
        "{incomplete}"
    );
}

#[test]
fn what_is_no_manifest_is_passed_over_and_what_is_torn_is_not() {
    let dir = tree(
        "kustomize-others",
        &[
            ("api.yaml", DEPLOYMENT),
            ("play/vault.yaml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"),
            (
                "play/tasks.yaml",
                "- name: x\n  mode: 0644\n  shell: a: b\n",
            ),
            (
                "play/talos.yaml",
                "machine:\n  {{ range .Nodes }}\n  a: 0640\n",
            ),
        ],
    );
    let (told, all) = check(&dir);
    assert!(told.is_empty(), "{told:#?}");
    assert!(
        all["incomplete"].to_string().contains("play/tasks.yaml"),
        "{}",
        all["incomplete"]
    );
    write(
        &dir.join("torn.yaml"),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a\nspec: {}\n",
    );
    write(
        &dir.join("jinja.yaml"),
        "apiVersion: v1\nkind: Pod\nmetadata: {{ x }}\n",
    );
    let (told, _) = check(&dir);
    let codes: Vec<&str> = told.iter().map(|f| f.split(':').next().unwrap()).collect();
    assert_eq!(codes, ["NP107 jinja.yaml", "NP101 torn.yaml"], "{told:#?}");
}

#[test]
fn a_policy_that_no_kustomization_takes_up_is_not_in_force_and_is_told() {
    let allowed = |dir: &Path| asked(dir, "shop/client", "shop/api").starts_with("allow");
    let client = "apiVersion: v1\nkind: Pod\nmetadata: {name: client}\n\
                  spec: {containers: [{name: c, image: c}]}\n";
    let list = "namespace: shop\nresources: [api.yaml, client.yaml, deny.yaml]\n";
    let dir = tree(
        "kustomize-left-out",
        &[
            ("prod/kustomization.yaml", list),
            ("prod/api.yaml", DEPLOYMENT),
            ("prod/client.yaml", client),
            ("prod/deny.yaml", POLICY),
        ],
    );
    assert!(!allowed(&dir));
    // Taken out of the list, or marked as local.
    for (resources, policy) in [
        ("[api.yaml, client.yaml]", POLICY.to_owned()),
        (
            "[api.yaml, client.yaml, deny.yaml]",
            POLICY.replace(
                "{name: deny}",
                "{name: deny, annotations: {config.kubernetes.io/local-config: 'true'}}",
            ),
        ),
    ] {
        let list = format!("namespace: shop\nresources: {resources}\n");
        write(&dir.join("prod/kustomization.yaml"), &list);
        write(&dir.join("prod/deny.yaml"), &policy);
        assert!(allowed(&dir), "{resources}");
        let (told, _) = check(&dir);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].starts_with("NP105 prod/deny.yaml:3"), "{told:#?}");
    }
    // A patch of Kustomize may delete it: this is said by name.
    let patched = format!("{list}patches: [{{target: {{kind: NetworkPolicy}}, path: p.yaml}}]\n");
    write(&dir.join("prod/kustomization.yaml"), &patched);
    write(&dir.join("prod/deny.yaml"), POLICY);
    write(
        &dir.join("prod/p.yaml"),
        "$patch: delete\nkind: NetworkPolicy\nmetadata: {name: deny}\n",
    );
    let (_, all) = check(&dir);
    let incomplete = all["incomplete"].to_string();
    assert!(
        incomplete.contains("without the patches of Kustomize: NetworkPolicy/deny"),
        "{incomplete}"
    );
}

#[test]
fn a_kustomization_says_nothing_of_files_outside_of_its_directory() {
    let policy = POLICY.replace("{name: deny}", "{name: deny, namespace: shop}");
    let api = DEPLOYMENT.replace("{name: api}", "{name: api, namespace: shop}");
    let dir = tree(
        "kustomize-outside",
        &[("prod/policy.yaml", &policy), ("prod/api.yaml", &api)],
    );
    // Without the note that a tree was read and not built.
    let asked = |dir: &Path| {
        let answer = asked(dir, "shop/api", "shop/api");
        answer.split("note:").next().unwrap_or_default().to_owned()
    };
    let before = asked(&dir);
    for text in [
        "crds: [../prod/policy.yaml]\n",
        "configMapGenerator: [{name: c, files: [../prod/policy.yaml]}]\n",
        "namespace: decoy\nresources: [../prod/policy.yaml]\n",
        "resources: [../prod/policy.yaml]\npatches: [{target: {labelSelector: a=b}, patch: '[]'}]\n",
    ] {
        write(&dir.join("zz/kustomization.yaml"), text);
        assert_eq!(asked(&dir), before, "{text}");
        let (told, _) = check(&dir);
        assert!(told.is_empty(), "{text}: {told:#?}");
    }
}

#[test]
fn what_a_kustomization_refers_to_and_is_not_read_is_named() {
    let dir = tree(
        "kustomize-unread",
        &[
            (
                "a/kustomization.yaml",
                "resources: [api.yaml, open.txt, gone.yaml, 'https://example.com/x.yaml']\n",
            ),
            ("a/api.yaml", DEPLOYMENT),
            ("a/open.txt", POLICY),
        ],
    );
    let (_, all) = check(&dir);
    let incomplete = all["incomplete"].to_string();
    for name in ["a/open.txt", "gone.yaml", "https://example.com/x.yaml"] {
        assert!(incomplete.contains(name), "{name}: {incomplete}");
    }
}

#[test]
fn a_namespace_that_is_none_is_not_believed() {
    let dir = tree(
        "kustomize-names",
        &[
            (
                "a/kustomization.yaml",
                "namespace: \"x\\n::error::y\"\nresources: [api.yaml]\n",
            ),
            ("a/api.yaml", DEPLOYMENT),
        ],
    );
    let (_, out, err) = in_dir(&dir, &["reach", "."]);
    assert!(
        !out.contains("::error") && !err.contains("::error"),
        "{out}{err}"
    );
}

/// A program that stands for kubectl and writes down how it is called.
#[cfg(unix)]
#[test]
fn a_build_is_given_a_full_path_and_nothing_from_the_network() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    let application = "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: a, namespace: argocd}
spec: {destination: {namespace: shop}, source: {repoURL: x, path: --output=pwned}}
";
    let dir = tree(
        "kustomize-program",
        &[
            ("apps/app.yaml", application),
            ("--output=pwned/kustomization.yaml", "resources: [n.yaml]\n"),
            (
                "--output=pwned/n.yaml",
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
            ),
            (
                "far/kustomization.yaml",
                "resources: ['https://127.0.0.1:9/x.yaml']\n",
            ),
            (
                "bin/kubectl",
                "#!/bin/sh\n[ \"$1\" = kustomize ] && echo \"$@ $GIT_ALLOW_PROTOCOL\" >> calls\n\
                 printf 'apiVersion: v1\\nkind: Namespace\\nmetadata: {name: n}\\n'\n",
            ),
        ],
    );
    let program = dir.join("bin/kubectl");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = |paths: &[&str]| {
        let path = format!("{}:/usr/bin:/bin", dir.join("bin").display());
        let done = Command::new(env!("CARGO_BIN_EXE_netpolc"))
            .current_dir(&dir)
            .env("PATH", path)
            .arg("check")
            .args(paths)
            .output()
            .unwrap();
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    run(&["apps"]);
    let calls = std::fs::read_to_string(dir.join("calls")).unwrap();
    assert!(
        calls.starts_with("kustomize -- /") && calls.contains(" none\n"),
        "{calls}"
    );
    std::fs::remove_file(dir.join("calls")).unwrap();
    let said = run(&["far"]);
    assert!(
        said.contains("https://127.0.0.1:9/x.yaml") && said.contains("NP204"),
        "{said}"
    );
    assert!(!dir.join("calls").exists(), "nothing is run");
    // What lies beside what is built is named.
    write(
        &dir.join("some/kustomization.yaml"),
        "resources: [n.yaml]\n",
    );
    write(
        &dir.join("some/n.yaml"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
    );
    write(&dir.join("some/deny.yaml"), POLICY);
    let said = run(&["some"]);
    assert!(
        said.contains("does not take up are not read: `deny.yaml`"),
        "{said}"
    );
}

#[test]
fn a_chart_or_a_hidden_directory_hides_no_manifest() {
    let dir = tree(
        "kustomize-hiding",
        &[
            ("prod/api.yaml", DEPLOYMENT),
            (
                "prod/broken.yaml",
                &POLICY.replace("podSelector: {}", "podSelector: []"),
            ),
        ],
    );
    let np103 = |dir: &Path| {
        let (told, _) = check(dir);
        told.iter().any(|f| f.starts_with("NP103 prod/broken.yaml"))
    };
    assert!(np103(&dir));
    let chart = "apiVersion: v2\nname: x\nversion: 1.0.0\ntype: library\n";
    write(&dir.join("prod/Chart.yaml"), chart);
    assert!(np103(&dir));
    let beside = |path: &str| {
        let (_, out, err) = in_dir(&dir, &["check", path]);
        format!("{out}{err}").contains("beside their templates are not read: `prod/api.yaml`")
    };
    assert!(!beside("prod") && !beside("."));
    std::fs::create_dir_all(dir.join("prod/templates")).unwrap();
    assert!(beside("prod") && beside("."));
    std::fs::remove_dir_all(dir.join("prod/templates")).unwrap();
    std::fs::rename(dir.join("prod"), dir.join(".prod")).unwrap();
    write(&dir.join("a.yaml"), DEPLOYMENT);
    let (_, all) = check(&dir);
    assert!(
        all["incomplete"].to_string().contains("`.prod`"),
        "{}",
        all["incomplete"]
    );
}

#[test]
fn a_directory_that_only_gathers_files_is_read_so_that_findings_stand_in_them() {
    let dir = tree(
        "kustomize-plain",
        &[
            (
                "base/kustomization.yaml",
                "resources: [api.yaml, deny.yaml]\n",
            ),
            ("base/api.yaml", DEPLOYMENT),
            (
                "base/deny.yaml",
                &POLICY.replace("podSelector: {}", "podSelector: []"),
            ),
            (
                "prod/kustomization.yaml",
                "namespace: shop\nresources: [../base]\n",
            ),
            ("prod/loose.yaml", POLICY),
        ],
    );
    let (_, out, err) = in_dir(&dir, &["check", "prod", "--format", "concise"]);
    assert!(out.contains("base/deny.yaml:4:8: NP103"), "{out}{err}");
    assert!(
        out.contains("NetworkPolicy shop/deny is left out"),
        "{out}{err}"
    );
    assert!(
        format!("{out}{err}").contains("not read: `loose.yaml`"),
        "{out}{err}"
    );
    assert!(
        !format!("{out}{err}").contains("read, not built"),
        "{out}{err}"
    );
}
