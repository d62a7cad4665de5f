//! Objects of Argo CD and Flux: what they deploy is rendered as they say, and what is not there is
//! said.

use crate::support::{dir, in_dir, write};
use std::path::{Path, PathBuf};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
  labels: {app: {{ .Values.app | default \"none\" }}}
spec: {containers: [{name: c, image: c, ports: [{containerPort: {{ .Values.port }}}]}]}
";
const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Release.Name }}
spec:
  podSelector: {matchLabels: {app: {{ .Values.app | default \"none\" }}}}
  ingress:
    - ports:
        - port: {{ .Values.port }}
";

/// A repository with a chart in `charts/web`.
fn repository(name: &str) -> PathBuf {
    let dir = dir(name);
    std::fs::create_dir_all(dir.join(".git")).unwrap();
    chart(&dir.join("charts/web"));
    dir
}

fn chart(at: &Path) {
    write(&at.join("Chart.yaml"), CHART);
    write(&at.join("values.yaml"), "port: 80\n");
    write(&at.join("templates/pod.yaml"), POD);
    write(&at.join("templates/policy.yaml"), POLICY);
}

/// Who is allowed on which port, as `netpolc render` shows the policy, and what was said of it.
fn rendered(dir: &Path, args: &[&str]) -> (String, String) {
    let mut all = vec!["render", "."];
    all.extend(args);
    let (_, out, err) = in_dir(dir, &all);
    (out, err)
}

fn application(source: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: app, namespace: argocd}}\nspec:\n  \
         destination: {{namespace: prod}}\n  source:\n    repoURL: https://git.example/x.git\n{source}"
    )
}

#[test]
fn an_application_renders_its_chart_with_all_its_values() {
    let dir = repository("argo-values");
    write(&dir.join("charts/web/prod.yaml"), "app: file\nport: 1\n");
    write(
        &dir.join("apps/app.yaml"),
        &application(
            "    path: charts/web\n    helm:\n      releaseName: named\n      valueFiles: [prod.yaml, gone.yaml]\n      \
             ignoreMissingValueFiles: true\n      values: |\n        port: 2\n        other: 1\n      \
             parameters:\n        - {name: port, value: \"8443\"}\n",
        ),
    );
    let (out, err) = rendered(&dir, &[]);
    assert!(
        out.contains("name: named") && out.contains("app: file"),
        "{out}{err}"
    );
    assert!(out.contains("port: 8443"), "{out}");
    // Rendered once: for the Application, not by itself as well.
    assert_eq!(out.matches("kind: NetworkPolicy").count(), 1, "{out}");
    // The rule leads to the parameter of the Application.
    let (code, out, err) = in_dir(
        &dir,
        &[
            "query",
            "world",
            "prod/named",
            "--port",
            "TCP/8443",
            "--why",
            ".",
        ],
    );
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("by port at apps/app.yaml:17"), "{out}");
    // A key that the chart never reads is told at its line in the block.
    let (_, out, _) = in_dir(&dir, &["check", ".", "--format", "concise"]);
    assert!(out.contains("apps/app.yaml:15:9: NP201"), "{out}");
}

#[test]
fn an_application_names_what_is_not_there() {
    let dir = repository("argo-missing");
    write(
        &dir.join("apps/a.yaml"),
        &application("    path: charts/wbe\n"),
    );
    write(
        &dir.join("apps/b.yaml"),
        &application("    chart: redis\n    targetRevision: 1.2.3\n")
            .replace("name: app", "name: other"),
    );
    let (code, out, _) = in_dir(&dir, &["check", "apps", "--format", "concise"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("apps/a.yaml:8:11: NP204"), "{out}");
    assert!(out.contains("apps/b.yaml:8:12: NP204"), "{out}");
    let (_, out, _) = in_dir(&dir, &["check", "apps", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["incomplete"].as_array().unwrap().len(), 2, "{out}");
    // The same chart from a directory of charts.
    chart(&dir.join("vendor/redis"));
    let (out, err) = rendered(&dir, &["--chart-dir", "vendor"]);
    assert!(
        out.contains("# Source: web/templates/policy.yaml"),
        "{out}{err}"
    );
    assert!(!err.contains("redis"), "{err}");
}

#[test]
fn an_applicationset_makes_one_for_each_element_and_directory() {
    let dir = repository("appset");
    chart(&dir.join("teams/red"));
    chart(&dir.join("teams/blue"));
    chart(&dir.join("teams/old"));
    std::fs::remove_dir_all(dir.join("charts")).unwrap();
    write(
        &dir.join("apps/set.yaml"),
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: teams}\nspec:\n  generators:\n    \
         - git:\n        repoURL: https://git.example/x.git\n        directories:\n          - path: teams/*\n          \
         - {path: teams/old, exclude: true}\n  template:\n    metadata: {name: 'team-{{path.basename}}'}\n    spec:\n      \
         source: {repoURL: https://git.example/x.git, path: '{{path}}', helm: {parameters: [{name: app, value: '{{path[1]}}'}]}}\n      \
         destination: {namespace: '{{path.basename}}'}\n",
    );
    let (out, err) = in_dir(&dir, &["render", "apps"]).into_texts();
    for team in ["red", "blue"] {
        assert!(out.contains(&format!("name: team-{team}")), "{out}{err}");
        assert!(out.contains(&format!("app: {team}")), "{out}{err}");
    }
    assert!(!out.contains("team-old"), "{out}");
    write(
        &dir.join("apps/set.yaml"),
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: teams}\nspec:\n  generators: [{clusters: {}}]\n  template: {}\n",
    );
    let (_, out, _) = in_dir(&dir, &["check", "apps", "--format", "concise"]);
    assert!(out.contains("the generator `clusters`"), "{out}");
}

#[test]
fn a_helmrelease_takes_values_from_configmaps_and_never_from_secrets() {
    let dir = repository("flux");
    write(
        &dir.join("flux/release.yaml"),
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: red}\nspec:\n  \
         chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo}}}\n  targetNamespace: prod\n  \
         valuesFrom:\n    - {kind: ConfigMap, name: values}\n    - {kind: ConfigMap, name: values, valuesKey: app, targetPath: app}\n    \
         - {kind: Secret, name: secret}\n    - {kind: ConfigMap, name: gone, optional: true}\n  values: {port: 7000}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values, namespace: red}\ndata:\n  app: from-map\n  values.yaml: |\n    port: 1\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {name: secret, namespace: red}\nstringData: {values.yaml: 'app: hunter2'}\n",
    );
    let (code, out, err) = in_dir(
        &dir,
        &["query", "world", "prod/prod-web", "--port", "TCP/7000", "."],
    );
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(err.contains("takes values from Secret secret"), "{err}");
    let (out, err) = rendered(&dir, &[]);
    assert!(out.contains("app: from-map"), "{out}{err}");
    let (_, out, _) = in_dir(&dir, &["check", ".", "--format", "full"]);
    assert!(!out.contains("hunter2"), "{out}");
}

#[test]
fn an_app_of_apps_is_followed() {
    let dir = repository("app-of-apps");
    write(
        &dir.join("root/Chart.yaml"),
        "apiVersion: v2\nname: root\nversion: 1.0.0\n",
    );
    write(
        &dir.join("root/templates/web.yaml"),
        &application("    path: charts/web\n").replace("name: app", "name: inner"),
    );
    write(&dir.join("top.yaml"), &application("    path: root\n"));
    let (out, err) = in_dir(&dir, &["render", "top.yaml"]).into_texts();
    assert!(
        out.contains("name: inner\n") && out.contains("kind: NetworkPolicy"),
        "{out}{err}"
    );
}

/// What was printed, and what was said.
trait IntoTexts {
    fn into_texts(self) -> (String, String);
}

impl IntoTexts for (Option<i32>, String, String) {
    fn into_texts(self) -> (String, String) {
        (self.1, self.2)
    }
}

/// A program that stands for kubectl, so that the test needs none and no network.
#[cfg(unix)]
#[test]
fn a_kustomize_directory_is_built_by_the_program_that_is_there() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    let dir = repository("kustomize");
    write(
        &dir.join("k/kustomization.yaml"),
        "namePrefix: x-\nresources: [np.yaml]\n",
    );
    write(
        &dir.join("k/np.yaml"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: plain}\n",
    );
    let program = dir.join("bin/kubectl");
    write(
        &program,
        "#!/bin/sh\nif [ \"$1\" = kustomize ]; then printf 'apiVersion: v1\\nkind: Namespace\\nmetadata:\\n  name: built\\n'; fi\n",
    );
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = |path: &str, args: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_netpolc"))
            .current_dir(&dir)
            .env("PATH", path)
            .args(args)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&done.stdout), text(&done.stderr))
    };
    let path = format!("{}:/usr/bin:/bin", dir.join("bin").display());
    let (out, err) = run(&path, &["render", "k"]);
    assert!(out.contains("name: built"), "{out}{err}");
    // Without such a program the manifests are read as they are, and how to build them is said.
    let (out, err) = run(dir.join("nothing").to_str().unwrap(), &["render", "k"]);
    assert!(out.contains("name: plain"), "{out}{err}");
    assert!(
        err.contains("kubectl kustomize k | netpolc check -"),
        "{err}"
    );
}

#[test]
fn nothing_is_said_of_a_cni_value_that_a_variable_stands_for() {
    let dir = dir("gitops-cni-variables");
    let values = "routingMode: native\nipv4NativeRoutingCIDR: \"${PODS}\"\n\
                  cluster: {id: \"${ID}\", name: \"${NAME_OF_IT}\"}\n\
                  bpf: {policyMapMax: \"${MOST}\"}\nkubeProxyReplacement: \"${REPLACE}\"\n";
    write(&dir.join("cni.yaml"), values);
    write(
        &dir.join("pod.yaml"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
    );
    let args = [
        "check",
        "--format",
        "concise",
        "--cni-values",
        "cni.yaml",
        "pod.yaml",
    ];
    let (code, out, err) = in_dir(&dir, &args);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "no findings in 2 files\n"),
        "{err}"
    );
    // The same with values, of which there is something to say; and a key stays one that is unknown.
    let filled = values.replace("${PODS}", "here").replace("${ID}", "1");
    write(
        &dir.join("cni.yaml"),
        &format!("{filled}polices: \"${{X}}\"\n"),
    );
    let (code, out, _) = in_dir(&dir, &args);
    assert_eq!(code, Some(1), "{out}");
    for said in ["`cluster.id` takes a whole number", "`polices` is no key"] {
        assert!(out.contains(said), "{out}");
    }
}
