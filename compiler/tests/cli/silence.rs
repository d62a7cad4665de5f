//! What real repositories showed to be noise: told once, or not at all.

use crate::support::{dir, in_dir, write};
use std::path::Path;

/// The findings, one line each.
fn told(dir: &Path) -> Vec<String> {
    let (_, out, err) = in_dir(dir, &["check", ".", "--format", "concise"]);
    let all = format!("{out}{err}");
    let lines = all
        .lines()
        .filter(|line| line.contains(" NP") && line.contains(".yaml:"));
    lines.map(str::to_owned).collect()
}

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress: [{from: [{podSelector: {}}], ports: [{port: 9090}]}]
";

fn pod(containers: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: api, namespace: shop, labels: {{app: api}}}}\n\
         spec: {{containers: [{containers}]}}\n"
    )
}

#[test]
fn a_container_that_declares_no_port_may_serve_any() {
    let dir = dir("silence-undeclared");
    write(&dir.join("policy.yaml"), POLICY);
    let one = "{name: a, image: a, ports: [{containerPort: 8080}]}";
    write(&dir.join("pod.yaml"), &pod(one));
    let lines = told(&dir);
    assert!(lines.iter().any(|l| l.contains("NP403")), "{lines:#?}");
    for more in ["{name: b, image: b}", "{name: b, image: b, ports: []}"] {
        write(&dir.join("pod.yaml"), &pod(&format!("{one}, {more}")));
        assert_eq!(told(&dir), [""; 0], "{more}");
    }
}

#[test]
fn pods_of_a_whole_namespace_may_be_others_than_those_that_are_shown() {
    let dir = dir("silence-namespace");
    let dns = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
";
    let registry = "\
apiVersion: v1
kind: Pod
metadata: {name: registry, namespace: kube-system, labels: {app: registry}}
spec: {containers: [{name: a, image: a, ports: [{containerPort: 5000}]}]}
";
    write(&dir.join("dns.yaml"), dns);
    write(&dir.join("registry.yaml"), registry);
    assert_eq!(told(&dir), [""; 0]);
    // When nothing else exists, nobody answers there.
    let (_, out, _) = in_dir(
        &dir,
        &["check", ".", "--closed-world", "--format", "concise"],
    );
    assert!(out.contains("NP403"), "{out}");
}

#[test]
fn two_files_with_the_same_objects_are_one_finding() {
    let dir = dir("silence-installs");
    let service = |name: &str, port: u16| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: {port}}}]}}\n---\n"
        )
    };
    let all = |port: u16| {
        (0..9)
            .map(|n| service(&format!("s{n}"), port))
            .collect::<String>()
    };
    write(&dir.join("a.yaml"), &all(80));
    write(&dir.join("b.yaml"), &all(81));
    let lines = told(&dir);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("Service `default/s0` and 8 more"),
        "{lines:#?}"
    );
    // Each is told of where one file holds both.
    write(
        &dir.join("b.yaml"),
        &(service("x", 1) + &service("x", 2) + &service("z", 1) + &service("z", 2)),
    );
    assert_eq!(told(&dir).len(), 2);
    // What does not decide who reaches whom is not looked at.
    for name in ["a.yaml", "b.yaml"] {
        write(
            &dir.join(name),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        );
    }
    assert_eq!(told(&dir), [""; 0]);
}

#[test]
fn a_chart_that_many_deploy_and_nobody_has_is_one_finding() {
    let dir = dir("silence-absent");
    for name in ["a", "b", "c"] {
        let release = format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}}}\n\
             spec: {{chart: {{spec: {{chart: web, version: 1.0.0, sourceRef: {{kind: HelmRepository, name: r}}}}}}}}\n"
        );
        write(&dir.join(format!("{name}.yaml")), &release);
    }
    let lines = told(&dir);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("HelmRelease default/a and 2 more deploy the chart `web`"),
        "{lines:#?}"
    );
}

#[test]
fn a_chart_without_its_dependencies_is_not_reproached_for_its_templates() {
    let dir = dir("silence-dependencies");
    write(
        &dir.join("web/Chart.yaml"),
        "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n\
         - {name: common, version: 1.0.0, repository: 'https://charts.example'}\n\
         - {name: redis, version: 1.0.0, repository: 'https://charts.example'}\n",
    );
    write(&dir.join("web/values.yaml"), "{}\n");
    write(
        &dir.join("web/templates/a.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ include \"common.names.fullname\" . }}}\n",
    );
    let lines = told(&dir);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("NP204") && lines[0].contains("`common`, `redis`"),
        "{lines:#?}"
    );
    // What the chart itself refuses is told.
    write(
        &dir.join("web/templates/a.yaml"),
        "{{ fail \"a name is needed\" }}\n",
    );
    let lines = told(&dir);
    assert!(lines.iter().any(|l| l.contains("NP203")), "{lines:#?}");
}

#[test]
fn a_template_of_jinja_is_a_template() {
    let dir = dir("silence-jinja");
    write(
        &dir.join("a.yaml"),
        "{% raw %}\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n{% endraw %}\n",
    );
    let lines = told(&dir);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("NP107"), "{lines:#?}");
}
