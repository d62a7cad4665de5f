//! Findings about policies against policies, in every language: each file of `contradictions/` is an
//! input whose lines say what is found there, and nothing else of the family may be found.
//!
//! `# expect: NP303` at the end of a line expects a finding filed there, `# expect: NP303 note` one
//! of a severity that is not the rule's. A first line `# closed world` or `# cilium` sets an option,
//! codes in it say which findings the file is about (`NP3` where it names none), and `refused` that
//! a part of it is refused on purpose.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files of the repository"
)]

use netpol_policy::Dialect;
use netpolc::finding::{Edit, Finding};
use netpolc::lint::{self, Selection};
use netpolc::resolve::{Analysis, Inputs, read};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn inputs(path: &Path) -> Inputs {
    let text = fs::read_to_string(path).unwrap();
    let first = text.lines().next().unwrap_or_default();
    Inputs {
        paths: vec![path.to_owned()],
        closed_world: first.contains("closed world"),
        dialect: first.contains("cilium").then_some(Dialect::Cilium),
        ..Inputs::default()
    }
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root.join("tests/contradictions")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

fn family(path: &Path, analysis: &Analysis) -> Vec<Finding> {
    let text = fs::read_to_string(path).unwrap();
    let first = text.lines().next().unwrap_or_default();
    let words = first.split([' ', ',']);
    let mut select: Vec<String> = words
        .filter(|word| word.starts_with("NP"))
        .map(str::to_owned)
        .collect();
    if select.is_empty() {
        select.push("NP3".to_owned());
    }
    let selection = Selection {
        select,
        ..Selection::default()
    };
    let refused = first.contains("refused");
    assert_eq!(!analysis.findings.is_empty(), refused, "{}", path.display());
    let mut found = lint::check(analysis, &selection);
    found.retain(|f| !analysis.findings.contains(f));
    found
}

/// Line and code of each finding, with the severity where it is not the rule's.
fn found(analysis: &Analysis, findings: &[Finding]) -> Vec<(u32, String)> {
    let one = |finding: &Finding| {
        let at = finding.location().unwrap();
        let line = analysis.sources.get(at.source).unwrap();
        let line = line.line_column(at.span.start).line;
        let usual = lint::find(finding.code.0).unwrap().severity;
        let code = finding.code.0.to_owned();
        if finding.severity == usual {
            (line, code)
        } else {
            (line, format!("{code} {}", finding.severity.name()))
        }
    };
    let mut found: Vec<(u32, String)> = findings.iter().map(one).collect();
    found.sort();
    found
}

#[test]
fn every_language_is_judged_as_marked() {
    let mut wrong = Vec::new();
    let paths = cases();
    assert!(paths.len() >= 8, "only {}", paths.len());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let marks = (1u32..).zip(text.lines());
        let marks = marks.filter_map(|(line, text)| Some((line, text.split_once("# expect: ")?.1)));
        let expected: Vec<(u32, String)> = marks
            .flat_map(|(line, codes)| {
                let codes = codes.split(", ");
                codes.map(move |code| (line, code.to_owned()))
            })
            .collect();
        let analysis = read(&inputs(&path));
        let findings = family(&path, &analysis);
        let found = found(&analysis, &findings);
        if found != expected {
            let messages: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
            let name = path.file_name().unwrap().display().to_string();
            wrong.push(format!(
                "{name}\nexpected {expected:?}\nfound    {found:?}\n{messages:#?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn applied(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.at.span);
    let mut text = text.to_owned();
    for edit in edits.into_iter().rev() {
        let span = edit.at.span;
        let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
        text.replace_range(range, &edit.replacement);
    }
    text
}

#[test]
fn every_edit_removes_its_finding_and_adds_none() {
    let directory = std::env::temp_dir().join(format!("contradictions-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let mut edited = BTreeSet::new();
    for path in cases() {
        let text = fs::read_to_string(&path).unwrap();
        let analysis = read(&inputs(&path));
        let findings = family(&path, &analysis);
        for finding in findings.iter().filter(|f| !f.edits.is_empty()) {
            let name = path.file_name().unwrap();
            let copy = directory.join(name);
            fs::write(&copy, applied(&text, &finding.edits)).unwrap();
            let after = read(&Inputs {
                paths: vec![copy],
                ..inputs(&path)
            });
            let left = family(&path, &after);
            let told = format!("{}: {}", name.display(), finding.message);
            let count = |all: &[Finding], message: &str| {
                let same = all.iter().filter(|f| f.message == message);
                same.count()
            };
            let before = count(&findings, &finding.message);
            assert_eq!(count(&left, &finding.message), before - 1, "{told}");
            for other in &left {
                assert!(
                    count(&findings, &other.message) > 0,
                    "{told} gives {}",
                    other.message
                );
            }
            edited.insert(finding.code.0);
        }
    }
    fs::remove_dir_all(&directory).unwrap();
    let expected = ["NP303", "NP307", "NP309", "NP310", "NP402"];
    assert!(
        expected.iter().all(|code| edited.contains(code)),
        "{edited:?}"
    );
}

/// A packet shows what the rule was written for: from or to somebody whom it names, on a port that
/// somebody listens on.
#[test]
fn packets_are_of_the_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("tests/contradictions/packets.yaml");
    let analysis = read(&inputs(&path));
    let shown: Vec<String> = (family(&path, &analysis).iter())
        .map(|finding| {
            let witness = finding.witness.as_ref().unwrap();
            let (code, from, to) = (finding.code.0, &witness.from, &witness.to);
            format!("{code} {from} {to} {}", witness.port)
        })
        .collect();
    let expected = [
        "NP301 ops/probe shop/db TCP/5432",
        "NP404 ops/probe shop/web TCP/8080",
    ];
    assert_eq!(shown, expected);
}
