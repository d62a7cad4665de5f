//! Proof of the edits: on every `bad` example of which a finding proposes edits, the finding is
//! gone when they are made, and nothing graver than a note is found that was not there before.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read and write files of their own"
)]

use netpolc::finding::{Edit, Finding, Severity};
use netpolc::lint::{self, REGISTRY, Selection};
use netpolc::resolve::{Analysis, Inputs, read};
use std::fs;
use std::path::{Path, PathBuf};

/// The codes whose bad example has an edit that is certain.
const CERTAIN: [&str; 5] = ["NP401", "NP402", "NP404", "NP408", "NP409"];

fn analyse(directory: &Path) -> Analysis {
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    let (values, paths) = files
        .into_iter()
        .partition(|p| p.ends_with("cni-values.yaml"));
    read(&Inputs {
        paths,
        cni_values: values,
        ..Inputs::default()
    })
}

/// The texts with the edits made, by file name.
fn edited(analysis: &Analysis, edits: &[Edit]) -> Vec<(String, String)> {
    let texts = analysis.sources.iter().map(|(id, source)| {
        let mut text = source.text.to_string();
        let mut here: Vec<&Edit> = edits.iter().filter(|e| e.at.source == id).collect();
        here.sort_by_key(|e| std::cmp::Reverse(e.at.span.start));
        for edit in here {
            let (start, end) = (edit.at.span.start as usize, edit.at.span.end as usize);
            text.replace_range(start..end, &edit.replacement);
        }
        let name = Path::new(&source.path).file_name().unwrap();
        (name.to_str().unwrap().to_owned(), text)
    });
    texts.collect()
}

#[test]
fn an_edit_that_is_made_removes_its_finding() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let scratch = std::env::temp_dir().join(format!("netpolc-edits-{}", std::process::id()));
    let mut proved = Vec::new();
    for rule in REGISTRY {
        let bad = root.join(format!("policies-examples/lints/{}/bad", rule.code));
        let before = analyse(&bad);
        let found = lint::check(&before, &Selection::default());
        let told = |f: &Finding| (f.code.0, f.message.clone());
        for finding in found.iter().filter(|f| !f.edits.is_empty()) {
            fs::create_dir_all(&scratch).unwrap();
            for (name, text) in edited(&before, &finding.edits) {
                fs::write(scratch.join(name), text).unwrap();
            }
            let after = lint::check(&analyse(&scratch), &Selection::default());
            fs::remove_dir_all(&scratch).unwrap();
            let known: Vec<_> = found.iter().map(told).collect();
            for left in &after {
                assert_ne!(told(left), told(finding), "{}", rule.code);
                let note = left.severity == Severity::Note;
                assert!(note || known.contains(&told(left)), "new: {}", left.message);
            }
            proved.push(finding.code.0);
        }
    }
    for code in CERTAIN {
        assert!(proved.contains(&code), "{code} proposes no edit");
    }
}

/// Who is there in the tests of the forms that a text may have.
const WORLD: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: monitoring}
---
apiVersion: v1
kind: Pod
metadata: {name: payments, namespace: shop, labels: {app.kubernetes.io/name: payments}}
spec: {containers: [{name: main, image: registry.example/payments:1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: prometheus, namespace: monitoring, labels: {app: prometheus}}
spec: {containers: [{name: main, image: registry.example/prometheus:1}]}
";

const HEAD: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                    metadata: {name: payments, namespace: shop}\nspec:";

/// A policy with all edits of one code made.
fn made(code: &str, number: usize, spec: &str) -> String {
    let name = format!("netpolc-forms-{}-{code}-{number}", std::process::id());
    let scratch = std::env::temp_dir().join(name);
    fs::create_dir_all(&scratch).unwrap();
    fs::write(scratch.join("world.yaml"), WORLD).unwrap();
    fs::write(scratch.join("policy.yaml"), format!("{HEAD}{spec}")).unwrap();
    let analysis = analyse(&scratch);
    fs::remove_dir_all(&scratch).unwrap();
    let found = lint::check(&analysis, &Selection::default());
    let found = found.into_iter().filter(|f| f.code.0 == code);
    let edits: Vec<Edit> = found.flat_map(|f| f.edits).collect();
    let texts = edited(&analysis, &edits);
    let (_, text) = texts.into_iter().find(|(n, _)| n == "policy.yaml").unwrap();
    text.strip_prefix(HEAD).unwrap().to_owned()
}

#[test]
fn edits_keep_the_form_of_the_text() {
    let namespaces = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}";
    let pods = "podSelector: {matchLabels: {app: prometheus}}";
    let split = |before: &str, between: &str, after: &str| {
        format!("{before}{namespaces}{between}{pods}{after}")
    };
    let block = "\n  podSelector: {}\n  ingress:\n  - from:\n";
    let cases = [
        // Dashes go where the keys line up afterwards, and nowhere else.
        (
            "NP409",
            split(&format!("{block}    - "), "\n    - ", "\n"),
            split(&format!("{block}    - "), "\n      ", "\n"),
        ),
        (
            "NP409",
            split(&format!("{block}    -   "), "\n    -   ", "\n"),
            split(&format!("{block}    -   "), "\n        ", "\n"),
        ),
        (
            "NP409",
            split(&format!("{block}    - "), "\n    -   ", "\n"),
            split(&format!("{block}    - "), "\n    -   ", "\n"),
        ),
        (
            "NP409",
            split(" {podSelector: {}, ingress: [{from: [{", "}, {", "}]}]}\n"),
            split(" {podSelector: {}, ingress: [{from: [{", ", ", "}]}]}\n"),
        ),
        (
            "NP409",
            split(
                " {podSelector: {}, ingress: [{from: [{",
                "},\n  {",
                "}]}]}\n",
            ),
            split(" {podSelector: {}, ingress: [{from: [{", ", ", "}]}]}\n"),
        ),
        // Keys keep their quotes off where none are needed.
        (
            "NP401",
            "\n  podSelector: {matchLabels: {\"app\": payments}}\n".to_owned(),
            "\n  podSelector: {matchLabels: {app.kubernetes.io/name: payments}}\n".to_owned(),
        ),
        // What is empty is left out, or written as `{}`.
        (
            "NP408",
            "\n  podSelector:\n  ingress:\n  - from:\n    ports: [{port: 80}]\n".to_owned(),
            "\n  podSelector: {}\n  ingress:\n  - ports: [{port: 80}]\n".to_owned(),
        ),
        (
            "NP408",
            "\n  ingress:\n  - ports: [{port: 80}]\n    from: []\n  - from: ~\n".to_owned(),
            "\n  podSelector: {}\n  ingress:\n  - ports: [{port: 80}]\n  - {}\n".to_owned(),
        ),
        (
            "NP408",
            " {podSelector: null, ingress: [{from: [], ports: [{port: 80}]}, {ports: []}]}\n"
                .to_owned(),
            " {podSelector: {}, ingress: [{ports: [{port: 80}]}, {}]}\n".to_owned(),
        ),
    ];
    for (number, (code, spec, expected)) in cases.iter().enumerate() {
        assert_eq!(made(code, number, spec), *expected, "{code} {spec}");
    }
}

#[test]
fn what_is_written_elsewhere_is_not_edited() {
    let spec = "\n  podSelector: &all {matchLabels: {app: payments}}\n  ingress:\n  \
                - from: [{podSelector: *all}]\n";
    // The selector of the subject is where it is used; an edit there would change the peer too.
    let text = made("NP402", 100, spec);
    assert_eq!(text, spec);
}
