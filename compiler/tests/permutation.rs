//! The order of files, of documents in a file and of keys in a map means nothing: whatever the
//! order, the same parties, the same policies, the same answers and the same findings.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests write what the command reads"
)]

use netpol_testgen::Rng;
use netpol_yaml::Limits;
use netpolc::cli::{self, Terminal};
use netpolc::lint::{self, Selection};
use netpolc::resolve::{Inputs, read};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Inputs of every language; none holds an object twice, because then the last one counts.
const INPUTS: [&[&str]; 4] = [
    &[
        "policies-examples/shop/workloads",
        "policies-examples/shop/v1",
    ],
    &[
        "policies-examples/shop/workloads",
        "policies-examples/shop/v2",
    ],
    &["policies-examples/tiers"],
    &["policies-examples/cilium"],
];

const ORDERS: u64 = 12;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every document of the files below these directories.
fn documents(directories: &[&str]) -> Vec<Value> {
    let mut files = Vec::new();
    for directory in directories {
        for entry in walkdir::WalkDir::new(root().join(directory)) {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|e| e == "yaml") && !path.ends_with("cni-values.yaml") {
                files.push(path);
            }
        }
    }
    let mut documents = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let parsed = netpol_yaml::parse(&text, &Limits::default());
        documents.extend(parsed.documents.iter().map(|d| d.root().to_json()));
    }
    documents.retain(|document| !document.is_null());
    documents
}

fn shuffled<T>(mut items: Vec<T>, rng: &mut Rng) -> Vec<T> {
    for at in (1..items.len()).rev() {
        items.swap(at, rng.below(at + 1));
    }
    items
}

/// The same value with the keys of every map in another order.
fn turned(value: Value, rng: &mut Rng) -> Value {
    match value {
        Value::Object(map) => {
            let entries = shuffled(map.into_iter().collect(), rng);
            let turn = |(key, value)| (key, turned(value, rng));
            Value::Object(entries.into_iter().map(turn).collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| turned(item, rng)).collect())
        }
        other => other,
    }
}

/// The documents in one to five files, everything in some order.
fn written(documents: &[Value], rng: &mut Rng, directory: &Path) {
    let _ = std::fs::remove_dir_all(directory);
    std::fs::create_dir_all(directory).unwrap();
    let count = 1 + rng.below(5);
    let mut files = vec![String::new(); count];
    for document in shuffled(documents.to_vec(), rng) {
        let file = files.get_mut(rng.below(count)).unwrap();
        file.push_str(&turned(document, rng).to_string());
        file.push_str("\n---\n");
    }
    for (number, text) in files.iter().enumerate() {
        let name = format!("{}-{number}.yaml", rng.bits16());
        std::fs::write(directory.join(name), text).unwrap();
    }
}

fn reach(directory: &Path) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut stdin: &[u8] = b"";
    let line = ["netpolc", "reach", "--format", "json"].map(Into::into);
    let line = line.into_iter().chain([directory.into()]);
    let mut terminal = Terminal::new(&mut stdin, &mut out, &mut err);
    let exit = cli::run(line, &mut terminal);
    assert_eq!(exit.code(), 0, "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap()
}

/// What is found, without the places.
fn found(directory: &Path) -> BTreeSet<(String, String, Option<String>)> {
    let analysis = read(&inputs(directory));
    let findings = lint::check(&analysis, &Selection::default());
    let told = findings.into_iter();
    told.map(|f| (f.code.to_string(), f.message, f.object))
        .collect()
}

fn inputs(directory: &Path) -> Inputs {
    Inputs {
        paths: vec![PathBuf::from(directory)],
        ..Inputs::default()
    }
}

#[test]
fn order_means_nothing() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("permutation");
    for directories in INPUTS {
        let documents = documents(directories);
        assert!(documents.len() > 3, "{directories:?}");
        let mut rng = Rng::new(0);
        written(&documents, &mut rng, &directory);
        let first = read(&inputs(&directory)).model;
        assert!(!first.policies.policies().is_empty(), "{directories:?}");
        let (answers, findings) = (reach(&directory), found(&directory));
        for seed in 1..=ORDERS {
            let mut rng = Rng::new(seed);
            written(&documents, &mut rng, &directory);
            let again = read(&inputs(&directory)).model;
            let label = format!("{directories:?}, seed {seed}");
            assert_eq!(again.cluster, first.cluster, "{label}");
            assert_eq!(again.policies, first.policies, "{label}");
            assert_eq!(reach(&directory), answers, "{label}");
            assert_eq!(found(&directory), findings, "{label}");
        }
    }
}
