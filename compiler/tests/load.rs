//! What is read from files, directories, lists and dumps.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

use netpol_yaml::SurpriseKind;
use netpolc::finding::{Code, Severity};
use netpolc::load::{LoadOptions, Loaded, ObjectKey, load};
use netpolc::source::Sources;
use std::fs;
use std::path::{Path, PathBuf};

fn stdin(text: &str) -> (Loaded, Sources) {
    let mut sources = Sources::default();
    let options = LoadOptions {
        stdin: Some(text.as_bytes().to_vec()),
        ..LoadOptions::default()
    };
    let loaded = load(&[PathBuf::from("-")], &options, &mut sources);
    (loaded, sources)
}

fn names(loaded: &Loaded) -> Vec<String> {
    loaded
        .objects
        .iter()
        .map(|o| format!("{}/{}", o.kind, o.name))
        .collect()
}

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = std::env::temp_dir().join(format!("netpolc-load-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    for (file, text) in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn read(paths: &[&Path]) -> (Loaded, Sources) {
    let mut sources = Sources::default();
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    let loaded = load(&paths, &LoadOptions::default(), &mut sources);
    (loaded, sources)
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

#[test]
fn lists_are_unrolled() {
    let (loaded, sources) = stdin(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
         - apiVersion: v1\n  kind: List\n  items:\n  - kind: Pod\n    apiVersion: v1\n    metadata:\n      \
         name: b\n---\nkind: PodList\napiVersion: v1\nitems:\n- metadata: {name: c, namespace: shop}\n---\n\
         kind: List\napiVersion: v1\nitems: null\n",
    );
    assert_eq!(loaded.findings, []);
    assert_eq!(names(&loaded), ["Pod/a", "Pod/b", "Pod/c"]);
    let c = &loaded.objects[2];
    assert_eq!(
        (c.api_version.as_str(), c.display_name()),
        ("v1", "Pod/shop/c".to_owned())
    );
    let b = &loaded.objects[1];
    assert_eq!(sources.display(b.name_at), "<stdin>:11:13");
    assert_eq!(b.get("/metadata/name").unwrap().as_str(), Some("b"));
}

#[test]
fn json_is_read_like_yaml() {
    let (loaded, sources) = stdin(
        "{\n\t\"apiVersion\": \"v1\",\n\t\"items\": [\n\t\t{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\
         \"metadata\": {\"name\": \"a\\u00e9\\/\", \"labels\": {\"on\": \"yes\"}}}\n\t],\n\t\"kind\": \"List\"\n}\n",
    );
    assert_eq!(loaded.findings, []);
    assert_eq!(names(&loaded), ["Pod/aé/"]);
    assert_eq!(
        sources.display(loaded.objects[0].name_at).split(':').nth(1),
        Some("4")
    );
    assert_eq!(loaded.surprises, []);
}

#[test]
fn what_is_no_object_is_said_when_it_was_named() {
    for text in [
        "a: 1\n",
        "- a\n",
        "words\n",
        "kind: Pod\n",
        "apiVersion: v1\nmetadata: {name: a}\n",
    ] {
        let (loaded, _) = stdin(text);
        assert_eq!(loaded.objects.len(), 0, "{text}");
        assert_eq!(loaded.findings.len(), 1, "{text}");
        assert_eq!(loaded.findings[0].severity, Severity::Error, "{text}");
    }
    let root = folder(
        "others",
        &[
            ("values.yaml", "a: 1\n"),
            ("patch.yaml", "- op: replace\n"),
            ("pod.yml", POD),
            ("notes.txt", "{{"),
            (".github/workflow.yml", "on: push\n"),
        ],
    );
    let (loaded, sources) = read(&[&root]);
    assert_eq!(loaded.findings, []);
    assert_eq!(names(&loaded), ["Pod/a"]);
    assert_eq!(sources.iter().count(), 3);
}

#[test]
fn files_are_sorted_and_read_once() {
    let root = folder(
        "sorted",
        &[("b.yaml", POD), ("a/z.json", "{}"), ("a.yaml", POD)],
    );
    let (loaded, sources) = read(&[&root, &root.join("b.yaml"), &root]);
    let paths: Vec<String> = sources.iter().map(|(_, s)| s.path.clone()).collect();
    let shown = |name: &str| root.join(name).display().to_string();
    assert_eq!(paths, [shown("a/z.json"), shown("a.yaml"), shown("b.yaml")]);
    assert_eq!(loaded.objects.len(), 2);
}

#[test]
fn paths_are_shown_relative() {
    let here = std::env::current_dir().unwrap();
    let file = here.join("tests/fixtures/apiserver/accept-everything-used.yaml");
    let (_, sources) = read(&[&file]);
    let paths: Vec<&str> = sources.iter().map(|(_, s)| s.path.as_str()).collect();
    assert_eq!(
        paths,
        ["tests/fixtures/apiserver/accept-everything-used.yaml"]
    );
}

#[test]
fn charts_are_rendered_and_templates_alone_are_said_once() {
    const TEMPLATE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}, labels: {app: {{ .Values.a }}}}\n";
    let root = folder(
        "chart",
        &[
            (
                "app/Chart.yaml",
                "apiVersion: v2\nname: app\nversion: 1.0.0\n",
            ),
            ("app/values.yaml", "a: one\n"),
            ("app/templates/pod.yaml", TEMPLATE),
            ("app/templates/other.yaml", TEMPLATE),
            ("pod.yaml", POD),
        ],
    );
    let codes = |loaded: &Loaded| -> Vec<Code> { loaded.findings.iter().map(|f| f.code).collect() };
    let (loaded, sources) = read(&[&root]);
    assert_eq!(codes(&loaded), []);
    assert_eq!((loaded.objects.len(), loaded.incomplete.len()), (3, 0));
    // What was rendered stands at its template's line, and the label at its values leaf too.
    let rendered = loaded.objects.last().unwrap();
    let label = rendered.locate(rendered.get("/metadata/labels/app").unwrap());
    assert!(
        sources
            .display(label)
            .ends_with("app/templates/pod.yaml:3:53")
    );
    let home = sources.home(label);
    let leaf = home.leaves.first().unwrap();
    assert!(sources.display(leaf.at).ends_with("app/values.yaml:1:4"));
    for path in ["app/templates", "app/templates/pod.yaml"] {
        let (loaded, _) = read(&[&root.join(path)]);
        assert_eq!(codes(&loaded), [Code("NP107")], "{path}");
        assert_eq!(loaded.findings[0].severity, Severity::Warning);
        let help = loaded.findings[0].help.as_ref().unwrap();
        assert!(help.contains("name the chart"), "{help}");
        assert_eq!((loaded.objects.len(), loaded.incomplete.len()), (0, 1));
    }
}

#[test]
fn a_template_outside_of_a_chart_is_no_yaml_error() {
    let (loaded, sources) = stdin("kind: Pod\nmetadata:\n  name: {{ .Values.name }}\n");
    assert_eq!(loaded.findings.len(), 1);
    let finding = &loaded.findings[0];
    assert_eq!(
        (finding.code, finding.severity),
        (Code("NP107"), Severity::Error)
    );
    assert!(
        sources
            .display(finding.location().unwrap())
            .starts_with("<stdin>:3:")
    );
    assert_eq!(loaded.incomplete.len(), 1);
}

#[test]
fn what_is_sent_to_no_server_may_give_a_key_twice() {
    let playbook = "- name: one\n  task: {a: 1, a: 2}\n";
    let values = "x: &x {a: 1}\ny:\n  <<: *x\n  a: 2\n";
    let object = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\ndata: {a: b, a: c}\n";
    let root = folder(
        "sent",
        &[
            ("object.yaml", object),
            ("playbook.yaml", playbook),
            ("values.yaml", values),
        ],
    );
    let (loaded, sources) = read(&[&root]);
    let told = loaded.findings.iter().filter(|f| f.code == Code("NP104"));
    let paths: Vec<&str> = told
        .filter_map(|f| sources.get(f.location()?.source))
        .map(|source| source.path.as_str())
        .collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    assert!(
        paths.iter().all(|p| p.ends_with("object.yaml")),
        "{paths:?}"
    );
}

#[test]
fn duplicate_keys_are_errors_with_both_places() {
    let (loaded, sources) = stdin(&format!(
        "{POD}spec:\n  hostNetwork: true\n  hostNetwork: false\n"
    ));
    let finding = &loaded.findings[0];
    assert_eq!(
        (finding.code, finding.severity),
        (Code("NP104"), Severity::Error)
    );
    let places: Vec<String> = finding
        .labels
        .iter()
        .map(|l| sources.display(l.at))
        .collect();
    assert_eq!(places, ["<stdin>:6:3", "<stdin>:5:3"]);
    assert!(loaded.objects[0].refused);
    assert_eq!(loaded.surprises, []);
}

#[test]
fn surprises_know_their_object_and_field() {
    let (loaded, _) = stdin(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {a/b: on}}\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {name: b}\nstringData: {password: yes}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec:\n  containers:\n  - ports:\n    - containerPort: 0120\n",
    );
    let seen: Vec<_> = loaded
        .surprises
        .iter()
        .map(|s| (s.kind, s.object, s.pointer.as_str(), s.read_as.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (
                SurpriseKind::Boolean,
                Some(0),
                "/metadata/labels/a~1b",
                "true"
            ),
            (
                SurpriseKind::Octal,
                Some(2),
                "/spec/containers/0/ports/0/containerPort",
                "80"
            ),
        ],
        "and nothing of the Secret"
    );
}

#[test]
fn a_networkpolicy_needs_neither_kind_nor_version() {
    for text in [
        "kind: NetworkPolicy\nmetadata: {name: a}\nspec: {}\n",
        "apiVersion: networking.k8s.io/v1\nmetadata: {name: a}\nspec: {podSelector: {}}\n",
        "metadata: {name: a}\nspec: {podSelector: {}}\n",
    ] {
        let (loaded, _) = stdin(text);
        assert_eq!(names(&loaded), ["NetworkPolicy/a"], "{text}");
    }
}

#[test]
fn keys_of_objects() {
    let key: ObjectKey = "NetworkPolicy/shop/web".parse().unwrap();
    assert_eq!(
        (key.namespace.as_deref(), key.to_string().as_str()),
        (Some("shop"), "NetworkPolicy/shop/web")
    );
    assert_eq!(
        "Namespace/shop".parse::<ObjectKey>().unwrap().namespace,
        None
    );
    for text in ["", "a", "a/", "/a", "a//b", "a/b/c/d"] {
        assert!(text.parse::<ObjectKey>().is_err(), "{text}");
    }
}
