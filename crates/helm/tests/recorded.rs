//! Charts against what helm 3.17.3 printed for them: every folder of `recorded/` holds a `chart`,
//! its `args`, and `expected.yaml` or, when helm refused, `error.txt`.
//!
//! What helm prints today is written again by
//! `for c in */; do (cd $c; helm template chart $(cat args) > expected.yaml); done`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use netpol_helm::chart::{Chart, ChartFiles, ChartLimits};
use netpol_helm::render::{FailureKind, Options, Rendering, WhyUnread, render};
use netpol_helm::values::{SetKind, SetValue, ValuesFile, ValuesInput};

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recorded")
        .join(name)
}

fn load(dir: &Path) -> Rc<Chart> {
    let limits = ChartLimits::default();
    let files = ChartFiles::from_disk(&dir.join("chart"), dir, &limits).unwrap();
    Rc::new(Chart::load(files, &limits).unwrap())
}

fn arguments(dir: &Path, text: &str) -> (ValuesInput, Options) {
    let (mut values, mut options) = (ValuesInput::default(), Options::default());
    let mut words = text.split_whitespace().map(str::to_owned);
    while let Some(word) = words.next() {
        let kind = match word.as_str() {
            "--include-crds" => {
                options.include_crds = true;
                continue;
            }
            "--is-upgrade" => {
                options.is_upgrade = true;
                continue;
            }
            "--kube-version" => {
                options.kube_version = words.next();
                continue;
            }
            "-a" => {
                options.api_versions.extend(words.next());
                continue;
            }
            "-f" => {
                let name = words.next().unwrap();
                let text = fs::read_to_string(dir.join(&name)).unwrap().into();
                values.files.push(ValuesFile { name, text });
                continue;
            }
            "--set" => SetKind::Plain,
            "--set-string" => SetKind::String,
            "--set-json" => SetKind::Json,
            "--set-literal" => SetKind::Literal,
            other => panic!("{other}"),
        };
        values.sets.push(SetValue::new(kind, words.next().unwrap()));
    }
    (values, options)
}

fn rendered(name: &str) -> Rendering {
    let dir = case(name);
    let args = fs::read_to_string(dir.join("args")).unwrap_or_default();
    let (values, options) = arguments(&dir, &args);
    render(&load(&dir), &values, &options)
}

#[test]
fn charts_render_as_helm_renders_them() {
    let mut seen = 0;
    for entry in fs::read_dir(case("")).unwrap() {
        let dir = entry.unwrap().path();
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let rendering = rendered(&name);
        if let Ok(expected) = fs::read_to_string(dir.join("expected.yaml")) {
            assert!(!rendering.is_refused(), "{name}: {:?}", rendering.failure);
            similar(&name, &rendering.print(), &expected);
        } else {
            assert!(rendering.is_refused(), "{name}: helm refuses it");
        }
        seen += 1;
    }
    assert!(seen > 10, "only {seen} charts");
}

/// Equal, and if not, the first line that differs.
fn similar(name: &str, ours: &str, expected: &str) {
    for (at, (one, other)) in ours.lines().zip(expected.lines()).enumerate() {
        assert_eq!(one, other, "{name}, line {}", at + 1);
    }
    assert_eq!(ours, expected, "{name}");
}

#[test]
fn refusals_are_helms_own_words() {
    for (name, kind, words) in [
        ("refuse-kube", FailureKind::KubeVersion, true),
        ("refuse-fail", FailureKind::Refused, true),
        ("refuse-required", FailureKind::Refused, true),
        ("refuse-library", FailureKind::Chart, true),
        ("refuse-yaml", FailureKind::Output, false),
        ("refuse-mismatch", FailureKind::Chart, false),
    ] {
        let failure = rendered(name).failure.unwrap();
        assert_eq!(failure.kind, kind, "{name}");
        let expected = fs::read_to_string(case(name).join("error.txt")).unwrap();
        let expected = expected.lines().next().unwrap();
        if words {
            assert_eq!(format!("Error: {}", failure.message), expected, "{name}");
        }
    }
}

#[test]
fn a_refusal_leads_to_the_line_that_says_no() {
    let failure = rendered("refuse-fail").failure.unwrap();
    assert_eq!(failure.refusal.as_deref(), Some("set a, not \"b\""));
    let place = failure.place.unwrap();
    assert_eq!(
        (&*place.file, place.line),
        ("refuse-fail/templates/_x.tpl", 2)
    );
    assert_eq!(failure.calls.len(), 1, "{:?}", failure.calls);
}

#[test]
fn bytes_of_a_document_lead_to_template_and_leaf() {
    let rendering = rendered("dependencies");
    let document = rendering
        .documents
        .iter()
        .find(|document| document.template.ends_with("second/templates/x.yaml"))
        .unwrap();
    let at = document.text.as_str().find("\"two\"").unwrap() + 1;
    let pieces = rendering.provenance(document, at..at + 3);
    assert_eq!(pieces.len(), 1);
    let leaf = &pieces[0].leaves[0];
    let source = rendering.sources.get(leaf.source).unwrap();
    assert_eq!(source.name, "--set");
    assert_eq!(leaf.span.slice(&source.text), "two");
    assert_eq!(leaf.path.join("."), "second.name");
    let place = &pieces[0].trace.as_ref().unwrap().place;
    assert_eq!((place.line, &*place.file), (4, document.template.as_str()));
    assert_eq!(
        rendering.file_of(&document.template),
        Some("charts/db/templates/x.yaml")
    );
}

fn unread(values: &str) -> Vec<(String, WhyUnread)> {
    let limits = ChartLimits::default();
    let files = ChartFiles::from_memory(METRICS, &limits).unwrap();
    let chart = Chart::load(files, &limits).unwrap();
    let values = ValuesInput {
        files: vec![ValuesFile {
            name: "values.yaml".to_owned(),
            text: values.into(),
        }],
        sets: Vec::new(),
    };
    let rendering = render(&Rc::new(chart), &values, &Options::default());
    assert!(!rendering.is_refused(), "{:?}", rendering.failure);
    let unread = rendering.unread.iter();
    unread
        .map(|one| (one.path.join("."), one.why.clone()))
        .collect()
}

const METRICS: [(&str, &str); 6] = [
    (
        "Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: db, version: '*', repository: '', condition: db.enabled}\n",
    ),
    (
        "values.yaml",
        "metrics: {enabled: false, port: 9090}\nlabels: {}\ndb: {enabled: false}\n",
    ),
    (
        "templates/a.yaml",
        "a: {{ .Values.labels | toJson }}\n{{ if .Values.metrics.enabled }}p: {{ .Values.metrics.port }}{{ end }}\n{{ with .Values.extra }}e: {{ .hidden }}{{ end }}\n",
    ),
    (
        "charts/db/Chart.yaml",
        "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    ),
    ("charts/db/values.yaml", "size: 1\n"),
    ("charts/db/templates/a.yaml", "s: {{ .Values.size }}\n"),
];

#[test]
fn a_misspelt_key_is_unknown_and_the_right_one_is_named() {
    let unread = unread("metrics: {enable: true}\nlabels: {a: b}\n");
    let [(path, WhyUnread::Unknown { part, known, .. })] = unread.as_slice() else {
        panic!("{unread:?}")
    };
    assert_eq!((path.as_str(), *part), ("metrics.enable", 1));
    assert!(known.iter().any(|key| &**key == "enabled"), "{known:?}");
}

#[test]
fn a_key_behind_a_false_condition_is_inert() {
    let unread = unread("metrics: {port: 1}\n");
    assert_eq!(unread, [("metrics.port".to_owned(), WhyUnread::Inert)]);
}

#[test]
fn values_of_a_disabled_subchart_say_who_disabled_it() {
    let unread = unread("db: {size: 3}\n");
    let [(path, WhyUnread::Disabled { why, .. })] = unread.as_slice() else {
        panic!("{unread:?}")
    };
    assert_eq!(path, "db.size");
    assert_eq!(why, "its condition `db.enabled` is false");
}

#[test]
fn what_is_read_is_not_reported() {
    let values = "metrics: {enabled: true, port: 1}\ndb: {enabled: true, size: 3}\n";
    assert_eq!(unread(values), []);
    assert_eq!(unread("extra: {hidden: 1}\n"), []);
}
