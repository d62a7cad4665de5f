//! Does this reader agree with kubectl's, text by text?
//!
//! The table is the strict reader's: `go_accepts` says whether `sigs.k8s.io/yaml` takes the text
//! with duplicate keys refused, and `go` is the value it gives. `NETPOL_YAML_DIALECT` names
//! another table; the project's own stands in `tests/fixtures/dialect.json`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "tests fail by panicking and print what they counted"
)]

use std::path::{Path, PathBuf};

use netpol_yaml::{DiagnosticKind, Limits, parse};
use serde_json::Value;

/// At most so many of a hundred texts may be read otherwise than kubectl reads them.
const TOLERATED_PERCENT: usize = 2;

#[test]
fn the_projects_own_table_is_read_without_deviation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dialect.json");
    let (texts, deviations) = compare(&path);
    assert!(texts >= 60, "the table has shrunk to {texts} texts");
    assert_eq!(deviations, 0);
}

#[test]
fn dialect() {
    let (path, named) = match std::env::var_os("NETPOL_YAML_DIALECT") {
        Some(path) => (from_root(Path::new(&path)), true),
        None => (
            from_root(Path::new("../shared/cases/yaml-dialect.json")),
            false,
        ),
    };
    if !named && !path.exists() {
        println!(
            "ABSENT: the table ../shared/cases/yaml-dialect.json; only the project's own was read"
        );
        return;
    }
    let (texts, deviations) = compare(&path);
    assert!(texts > 0, "the table {} holds no text", path.display());
    assert!(
        deviations * 100 <= texts * TOLERATED_PERCENT,
        "{deviations} of {texts} texts are read otherwise than kubectl reads them"
    );
}

/// A path as seen from the workspace's root, where a caller stands.
fn from_root(path: &Path) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Reads a table, prints its size and the deviations, and returns both.
fn compare(path: &Path) -> (usize, usize) {
    let table = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("the table {} cannot be read: {error}", path.display()));
    let table: Vec<Value> = serde_json::from_str(&table).expect("the table is a JSON array");
    let mut deviations = 0;
    for case in &table {
        if let Some(why) = deviation(case) {
            deviations += 1;
            println!("deviation: {}: {why}", case["name"]);
        }
    }
    println!("{} texts, {deviations} deviations", table.len());
    (table.len(), deviations)
}

/// How the reading of a text differs from the table's, if it does.
fn deviation(case: &Value) -> Option<String> {
    let input = case["input"].as_str().expect("`input` is a text");
    let accepts = case["go_accepts"]
        .as_bool()
        .expect("`go_accepts` is a boolean");
    let parsed = parse(input, &Limits::default());
    let refusals: Vec<_> = parsed.diagnostics_of(0).collect();
    if refusals
        .iter()
        .any(|refusal| refusal.kind == DiagnosticKind::Limit)
    {
        return None;
    }
    match (accepts, refusals.first()) {
        (true, Some(refusal)) => Some(format!(
            "refused, but kubectl reads it: {}",
            refusal.message
        )),
        (false, None) => Some("read, but kubectl refuses it".to_owned()),
        (false, Some(_)) => None,
        (true, None) => {
            let value = parsed
                .documents
                .first()
                .map_or(Value::Null, |first| first.root().to_json());
            (!same(&value, &case["go"]))
                .then(|| format!("read as {value}, by kubectl as {}", case["go"]))
        }
    }
}

/// Equality of JSON values in which 1 and 1.0 are one number, as they are to Kubernetes.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            x == y || (x.is_f64() || y.is_f64()) && x.as_f64() == y.as_f64()
        }
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len()
                && x.iter()
                    .all(|(key, x)| y.get(key).is_some_and(|y| same(x, y)))
        }
        _ => a == b,
    }
}
