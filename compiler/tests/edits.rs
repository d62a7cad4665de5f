//! Proof of the edits: on every `bad` example of which a finding proposes edits, the finding is
//! gone when they are made, and nothing graver than a note is found that was not there before.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(clippy::panic, reason = "tests fail by panicking")]
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
