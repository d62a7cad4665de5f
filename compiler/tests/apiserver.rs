//! What a real API server says of a manifest, against what `resolve::read` says.
//!
//! The project's own fixtures stand in `tests/fixtures/apiserver`, one object a file. Comments in
//! a file say what is expected: `# accepted`, or `# refused` with `# refused here` on the line of
//! the field that the server names. A folder of recorded verdicts, when there is one, is asked
//! as well: `NETPOL_APISERVER_CASES`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests fail by panicking and print what they have seen"
)]

use netpol_yaml::{Kind, Limits, NodeRef};
use netpolc::finding::{Finding, Severity};
use netpolc::load::LoadOptions;
use netpolc::resolve::{Analysis, Inputs, read};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The verdicts that count: the newest server, with strict checks of fields.
const SERVER: &str = "v1.36.2_fieldValidation_Strict";

/// Files on which the line, or the verdict, is allowed to differ, each with its reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

fn read_text(text: &str) -> Analysis {
    read(&Inputs {
        paths: vec![PathBuf::from("-")],
        load: LoadOptions {
            stdin: Some(text.as_bytes().to_vec()),
            ..LoadOptions::default()
        },
        ..Inputs::default()
    })
}

fn errors(analysis: &Analysis) -> Vec<&Finding> {
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    analysis.findings.iter().filter(is_error).collect()
}

fn lines(analysis: &Analysis) -> BTreeSet<u32> {
    let line = |finding: &Finding| {
        let at = finding.location()?;
        let source = analysis.sources.get(at.source)?;
        Some(source.line_column(at.span.start).line)
    };
    errors(analysis).iter().filter_map(|f| line(f)).collect()
}

fn said(analysis: &Analysis) -> String {
    let texts: Vec<String> = errors(analysis)
        .iter()
        .map(|f| format!("{} {}", f.code, f.message))
        .collect();
    texts.join("; ")
}

#[test]
fn own_fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apiserver");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let accepted = text.starts_with("# accepted");
        assert!(
            accepted || text.starts_with("# refused"),
            "{name} says no verdict"
        );
        let analysis = read_text(&text);
        let expected: BTreeSet<u32> = (1u32..)
            .zip(text.lines())
            .filter(|(_, line)| line.contains("# refused here"))
            .map(|(number, _)| number)
            .collect();
        assert_eq!(accepted, expected.is_empty(), "{name} contradicts itself");
        if lines(&analysis) != expected {
            let seen = lines(&analysis);
            wrong.push(format!(
                "{name}: lines {seen:?}, not {expected:?}: {}",
                said(&analysis)
            ));
        }
    }
    assert!(files.len() >= 40, "only {} fixtures", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recorded_verdicts() {
    let folder = std::env::var_os("NETPOL_APISERVER_CASES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases/apiserver-validation"),
        PathBuf::from,
    );
    let Ok(entries) = fs::read_dir(&folder) else {
        println!(
            "NOT ASKED: there is no folder of recorded verdicts at NETPOL_APISERVER_CASES; \
             only the project's own fixtures were checked"
        );
        assert!(
            std::env::var_os("NETPOL_APISERVER_CASES").is_none(),
            "NETPOL_APISERVER_CASES names a folder that cannot be read"
        );
        return;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    let (mut right, mut placed, mut named) = (0, 0, 0);
    let mut wrong = Vec::new();
    for file in &files {
        let case = Case::read(file);
        let analysis = read_text(&case.input);
        let excused = EXCEPTIONS.iter().find(|(name, _)| case.name.contains(name));
        if let Some((name, reason)) = excused {
            println!("exception {name}: {reason}");
            right += 1;
            continue;
        }
        if errors(&analysis).is_empty() != case.accepted {
            wrong.push(format!(
                "{}: {} ({})",
                case.name,
                said(&analysis),
                case.message
            ));
            continue;
        }
        right += 1;
        for field in &case.fields {
            named += 1;
            let expected = line_of(&case.input, field);
            if lines(&analysis).contains(&expected) {
                placed += 1;
            } else {
                let seen = lines(&analysis);
                wrong.push(format!(
                    "{}: `{field}` on {expected}, found {seen:?}",
                    case.name
                ));
            }
        }
    }
    println!(
        "{right} of {} verdicts, {placed} of {named} named fields on their line",
        files.len()
    );
    assert!(!files.is_empty(), "the folder has no cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A recorded verdict.
struct Case {
    name: String,
    input: String,
    accepted: bool,
    message: String,
    /// The fields that the server names.
    fields: Vec<String>,
}

impl Case {
    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let parsed = netpol_yaml::parse(&text, &Limits::default());
        let root = parsed.documents[0].root();
        let input = match root.get("input_file").and_then(NodeRef::as_str) {
            Some(name) => fs::read_to_string(file.with_file_name(name)).unwrap(),
            None => root
                .get("input")
                .and_then(NodeRef::as_str)
                .unwrap()
                .to_owned(),
        };
        let verdict = root.get("verdicts").and_then(|v| v.get(SERVER)).unwrap();
        let message = verdict
            .get("message")
            .and_then(NodeRef::as_str)
            .unwrap_or_default();
        let causes = verdict.get("causes").into_iter().flat_map(NodeRef::items);
        let mut fields: Vec<String> = causes
            .filter_map(|cause| cause.get("field")?.as_str())
            .map(str::to_owned)
            .collect();
        fields.extend(field_in(message));
        Self {
            name: file.file_stem().unwrap().to_string_lossy().into_owned(),
            accepted: verdict.get("accepted").and_then(NodeRef::as_bool).unwrap(),
            message: message.to_owned(),
            input,
            fields,
        }
    }
}

/// The field that a message names, where it is not in the causes: unknown fields; values of a wrong
/// type, whose path has no indexes; keys that are given twice, by their line.
fn field_in(message: &str) -> Option<String> {
    let after = |text: &str| message.split(text).nth(1);
    if let Some(unknown) = after("unknown field \"") {
        return unknown.split('"').next().map(str::to_owned);
    }
    if message.contains("already set in map") {
        return after("line ")?.split(':').next().map(str::to_owned);
    }
    let typed = after("Go struct field ")?.split(' ').next()?;
    typed.split_once('.').map(|(_, path)| path.to_owned())
}

/// The line of a field: of its key, or of its item, or of the nearest thing around it that exists.
/// Where a path leaves out the index of a list, the first item is meant.
fn line_of(text: &str, field: &str) -> u32 {
    if let Ok(line) = field.parse() {
        return line;
    }
    let parsed = netpol_yaml::parse(text, &Limits::default());
    let line_at = |offset: u32| {
        let before = &text[..usize::try_from(offset).unwrap()];
        u32::try_from(before.matches('\n').count() + 1).unwrap()
    };
    // What is too deep to be read has no fields; the place of the excess stands for them.
    let Some(document) = parsed.documents.first() else {
        return line_at(parsed.diagnostics[0].span.start);
    };
    let (mut node, mut start) = (document.root(), 0);
    for step in field.replace('[', ".").replace(']', "").split('.') {
        if node.kind() == Kind::Sequence && step.parse::<usize>().is_err() {
            node = node.item(0).unwrap();
        }
        let (key, next) = node.nearest(&format!("/{step}"));
        if next.span() == node.span() && key.is_none() {
            break;
        }
        start = key.unwrap_or(next).span().start;
        node = next;
    }
    line_at(start)
}
