//! The page, the sources and the tests speak of the same rules.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn crate_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    let path = crate_dir().join("../../docs/semantics.md");
    std::fs::read_to_string(path).expect("docs/semantics.md")
}

/// Every `.rs` file below a directory, as text.
fn sources(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(std::fs::read_to_string(&path).expect("a source"));
        }
    }
    found
}

/// Rule names in a text: `S-` and capital words joined by dashes.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'))
        .filter(|word| {
            word.strip_prefix("S-")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
        })
        .map(|word| word.trim_end_matches('-').to_owned())
        .collect()
}

/// The headings `### 7. S-SELF`, in order.
fn headings(page: &str) -> Vec<(usize, String)> {
    page.lines()
        .filter_map(|line| {
            let (number, name) = line.strip_prefix("### ")?.split_once(". ")?;
            Some((number.parse().ok()?, name.trim().to_owned()))
        })
        .collect()
}

/// The rules that doc comments of tests begin with.
fn cited(source: &str) -> BTreeSet<String> {
    let mut comment = String::new();
    let mut found = BTreeSet::new();
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            comment.push_str(text);
            comment.push('\n');
        } else {
            if line == "#[test]" {
                let citation = comment.split_once(':').map_or("", |(before, _)| before);
                found.extend(names(citation));
            }
            comment.clear();
        }
    }
    found
}

#[test]
fn every_rule_is_cited_by_a_test_and_every_citation_is_a_rule() {
    let page = page();
    let rules: BTreeSet<String> = headings(&page).into_iter().map(|(_, name)| name).collect();
    assert!(rules.contains("S-SELF"), "the page has no headings");
    let mut tests = sources(&crate_dir().join("tests/semantics"));
    // Rules of one language are tested where it is read.
    tests.extend(sources(&crate_dir().join("../../compiler/tests")));
    let cited: BTreeSet<String> = tests.iter().flat_map(|source| cited(source)).collect();
    let untested: Vec<_> = rules.difference(&cited).collect();
    assert!(untested.is_empty(), "no test cites {untested:?}");

    let mentioned: BTreeSet<String> = sources(&crate_dir().join("src"))
        .iter()
        .flat_map(|source| names(source))
        .chain(cited)
        .chain(names(&page))
        .collect();
    let unknown: Vec<_> = mentioned.difference(&rules).collect();
    assert!(unknown.is_empty(), "docs/semantics.md lacks {unknown:?}");
}

#[test]
fn rules_are_numbered_from_one_without_a_gap() {
    let numbers: Vec<usize> = headings(&page()).iter().map(|(n, _)| *n).collect();
    let expected: Vec<usize> = (1..=numbers.len()).collect();
    assert_eq!(numbers, expected);
}
