//! Every function against what the real helm gives: `functions/functions.jsonl` was written by
//! `functions/generate.py`, which asks helm; this test needs none.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;

use netpol_helm::chart::{Chart, ChartFiles, ChartLimits};
use netpol_helm::render::{Options, render};
use netpol_helm::values::ValuesInput;

/// What an expression gives: the text, or the message from its place inside the expression on.
#[derive(Debug, PartialEq)]
enum Outcome {
    Text(String),
    Error(String),
}

/// Renders one expression in the chart that the generator makes.
fn outcome(template: &str, values: &str) -> Outcome {
    let define = format!("{{{{ define \"e\" }}}}{template}{{{{ end }}}}\n");
    let files = [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: golden\nversion: 0.1.0\n",
        ),
        ("values.yaml", values),
        ("templates/_e.tpl", &define),
        (
            "templates/_inner.tpl",
            "{{ define \"inner\" }}<{{ . }}>{{ end }}",
        ),
        (
            "templates/a.yaml",
            "e: \"{{ include \"e\" . | b64enc }}\"\n",
        ),
    ];
    let limits = ChartLimits::default();
    let chart = Chart::load(ChartFiles::from_memory(files, &limits).unwrap(), &limits).unwrap();
    let options = Options {
        release_name: "r".to_owned(),
        namespace: "ns".to_owned(),
        ..Options::default()
    };
    let rendering = render(&Rc::new(chart), &ValuesInput::default(), &options);
    if let Some(failure) = rendering.failure {
        return Outcome::Error(cut(&failure.message));
    }
    let text = rendering.documents[0].text.as_str();
    let encoded = text.split('"').nth(1).unwrap();
    let bytes = data_encoding::BASE64.decode(encoded.as_bytes()).unwrap();
    Outcome::Text(String::from_utf8_lossy(&bytes).into_owned())
}

/// As the generator cuts helm's messages.
fn cut(message: &str) -> String {
    let at = "executing \"e\" at ";
    let mut message = match message.find(at) {
        Some(found) => message[found + at.len()..].to_owned(),
        None => message.to_owned(),
    };
    for file in ["golden/templates/_e.tpl", "golden/templates/a.yaml"] {
        let mut from = 0;
        while let Some(found) = message[from..].find(file) {
            from += found + file.len();
            while message[from..].starts_with(':')
                && message[from + 1..].starts_with(|c: char| c.is_ascii_digit())
            {
                let digits = message[from + 1..]
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(message.len() - from - 1);
                message.replace_range(from..=from + digits, "");
            }
        }
    }
    message
}

#[test]
fn every_function_gives_what_helm_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions");
    let values = std::fs::read_to_string(folder.join("values.yaml")).unwrap();
    let golden = std::fs::read_to_string(folder.join("functions.jsonl")).unwrap();
    let differs: Vec<&str> = DIFFERS
        .lines()
        .filter(|line| line.starts_with("{{"))
        .collect();
    let mut equal = 0;
    let mut report = String::new();
    let mut count = 0;
    for line in golden.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let template = case["template"].as_str().unwrap();
        let wanted = match case["out"].as_str() {
            Some(text) => Outcome::Text(text.to_owned()),
            None => Outcome::Error(case["error"].as_str().unwrap().to_owned()),
        };
        let found = outcome(template, &values);
        let known = differs.contains(&template);
        if found == wanted {
            equal += 1;
            if known {
                writeln!(report, "{template}\n  is equal now: take it off the list").unwrap();
                count += 1;
            }
        } else if !known {
            writeln!(report, "{template}\n  helm: {wanted:?}\n  here: {found:?}").unwrap();
            count += 1;
        }
    }
    let all = golden.lines().count();
    assert!(all > 4000, "the golden file is whole");
    if let Ok(file) = std::env::var("GOLDEN_REPORT") {
        std::fs::write(file, &report).unwrap();
    }
    let shown: String = report.lines().take(60).collect::<Vec<_>>().join("\n");
    assert!(
        count == 0,
        "{equal} of {all} are equal; {count} are not as expected:\n{shown}"
    );
    assert_eq!(
        equal + differs.len(),
        all,
        "every listed difference is still in the golden file"
    );
}

/// Where this engine means to differ, each with its reason in `functions/differs.txt`.
const DIFFERS: &str = include_str!("functions/differs.txt");
