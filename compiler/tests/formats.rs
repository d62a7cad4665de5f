//! The forms that services read, over every example of a finding: valid by the service's own schema
//! where there is one, complete, and within the limits that the service has.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(clippy::disallowed_methods, reason = "tests read examples")]

use netpolc::config::Config;
use netpolc::finding::{Code, Finding, Severity};
use netpolc::lint::{self, REGISTRY, Selection};
use netpolc::load::ValuesArg;
use netpolc::report::{Format, Report, Style};
use netpolc::resolve::{Analysis, Inputs, read};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The `bad` example of a rule, with what is found there.
fn example(code: &str) -> (Analysis, Vec<Finding>) {
    std::env::set_current_dir(root()).unwrap();
    let directory = PathBuf::from(format!("policies-examples/lints/{code}/bad"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (config, files): (Vec<_>, Vec<_>) =
        (files.into_iter()).partition(|p| p.ends_with("netpolc.toml"));
    let (cni_values, files): (Vec<_>, Vec<_>) =
        (files.into_iter()).partition(|p| p.ends_with("cni-values.yaml"));
    let (values, paths): (Vec<_>, Vec<_>) =
        (files.into_iter()).partition(|p| p.ends_with("values.yaml"));
    let target = config.first().map(|path| {
        let config = Config::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        config.targets.into_iter().next().unwrap()
    });
    let target = target.unwrap_or_default();
    let mut inputs = Inputs {
        paths,
        cni_values,
        cni_version: target.cni_version,
        cni_upgrade_to: target.cni_upgrade_to,
        image_budget: target.image_budget,
        ..Inputs::default()
    };
    inputs.load.helm.values = values.into_iter().map(ValuesArg::File).collect();
    let analysis = read(&inputs);
    let mut selection = Selection::default();
    if lint::find(code).is_some_and(lint::Rule::is_opt_in) {
        selection.select = vec!["NP".to_owned(), code.to_owned()];
    }
    let mut findings = lint::check(&analysis, &selection);
    findings.extend(lint::lowering(&analysis));
    (analysis, findings)
}

fn written(analysis: &Analysis, findings: &[Finding], format: Format) -> String {
    let report = Report::new(&analysis.sources, findings, &analysis.model.incomplete);
    let mut text = Vec::new();
    report.write(format, Style::PLAIN, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn each_example(look: impl Fn(&Analysis, &[Finding])) {
    let mut seen = BTreeSet::new();
    for rule in REGISTRY {
        let (analysis, findings) = example(rule.code.0);
        seen.extend(findings.iter().map(|f| f.code));
        look(&analysis, &findings);
    }
    let codes: BTreeSet<Code> = REGISTRY.iter().map(|rule| rule.code).collect();
    assert_eq!(seen, codes, "every rule is written down here");
}

#[test]
fn sarif_is_valid_and_complete() {
    let schema = root().join("compiler/tests/fixtures/sarif/sarif-schema-2.1.0.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    each_example(|analysis, findings| {
        let text = written(analysis, findings, Format::Sarif);
        let document: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        let run = &document["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), findings.len());
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for (result, finding) in results.iter().zip(findings) {
            assert_eq!(result["ruleId"], finding.code.0);
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], finding.code.0);
            let related = result["relatedLocations"].as_array().map_or(0, Vec::len);
            assert_eq!(related, finding.labels.len().saturating_sub(1));
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            assert!(!uri.as_str().unwrap().starts_with('/'));
        }
    });
}

#[test]
fn fingerprints_stay_when_lines_move_and_differ_otherwise() {
    let marks = |text: &str| -> Vec<String> {
        let document: Vec<Value> = serde_json::from_str(text).unwrap();
        let mark = |entry: &Value| entry["fingerprint"].as_str().unwrap().to_owned();
        document.iter().map(mark).collect()
    };
    let file = root().join("policies-examples/lints/NP301/bad");
    let files = std::fs::read_dir(file).unwrap();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moved");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    for entry in files {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let moved = format!("# one line\n# and another\n{text}");
        std::fs::write(directory.join(path.file_name().unwrap()), moved).unwrap();
    }
    let (analysis, findings) = example("NP301");
    let before = marks(&written(&analysis, &findings, Format::Gitlab));
    let moved = read(&Inputs {
        paths: vec![directory],
        ..Inputs::default()
    });
    let again = lint::check(&moved, &Selection::default());
    assert_eq!(marks(&written(&moved, &again, Format::Gitlab)), before);
    let twice = [findings.clone(), findings].concat();
    let marks = marks(&written(&analysis, &twice, Format::Gitlab));
    let distinct: BTreeSet<&String> = marks.iter().collect();
    assert_eq!(distinct.len(), marks.len());
}

#[test]
fn gitlab_has_what_it_asks_for() {
    each_example(|analysis, findings| {
        let text = written(analysis, findings, Format::Gitlab);
        let entries: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(entries.len(), findings.len());
        for entry in &entries {
            for field in ["description", "check_name", "fingerprint", "severity"] {
                assert!(!entry[field].as_str().unwrap().is_empty());
            }
            assert!(!entry["location"]["path"].as_str().unwrap().is_empty());
            assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        }
    });
}

#[test]
fn junit_counts_what_it_holds_and_is_well_formed() {
    each_example(|analysis, findings| {
        let text = written(analysis, findings, Format::Junit);
        let tests: usize = attribute(&text, "<testsuites ", "tests").parse().unwrap();
        assert_eq!(tests, text.matches("<testcase ").count());
        let failures: usize = attribute(&text, "<testsuites ", "failures")
            .parse()
            .unwrap();
        assert_eq!(failures, text.matches("<failure ").count());
        let fail = findings.iter().filter(|f| f.severity > Severity::Note);
        assert_eq!(failures, fail.count());
        for tag in ["testsuites", "testsuite", "failure", "system-out"] {
            let opened = text.matches(&format!("<{tag} ")).count()
                + text.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    });
}

fn attribute<'t>(text: &'t str, tag: &str, name: &str) -> &'t str {
    let after = text.split_once(tag).unwrap().1;
    let value = after.split_once(&format!("{name}=\"")).unwrap().1;
    value.split_once('"').unwrap().0
}

#[test]
fn github_annotates_one_line_each_with_the_worst_first() {
    each_example(|analysis, findings| {
        let text = written(analysis, findings, Format::Github);
        let commands: Vec<&str> = (text.lines())
            .filter(|line| line.starts_with("::") && !line.contains("title=incomplete"))
            .collect();
        assert_eq!(commands.len(), findings.len(), "{text}");
        let rank = |line: &str| ["::error", "::warning", "::notice"].map(|k| line.starts_with(k));
        let ranks: Vec<_> = commands.iter().map(|line| rank(line)).collect();
        assert!(ranks.iter().all(|rank| rank.contains(&true)));
        assert!(ranks.is_sorted_by(|a, b| a >= b));
    });
}

#[test]
fn markdown_fits_a_comment_and_cannot_be_broken_out_of() {
    let (analysis, findings) = example("NP301");
    let mut nasty = findings[0].clone();
    nasty.message = "`a` | b <script> [x](http://y) @all\n| new".to_owned();
    let many = vec![nasty; 2_000];
    let text = written(&analysis, &many, Format::Markdown);
    assert!(text.len() < 65_536);
    assert!(text.contains("more findings do not fit here"));
    let row = text.lines().find(|l| l.starts_with("| error")).unwrap();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 4, "{row}");
    assert!(!row.contains("<script>") && !row.contains("[x]") && !row.contains("@all"));
    each_example(|analysis, findings| {
        let text = written(analysis, findings, Format::Markdown);
        let rows = text.lines().filter(|l| l.starts_with("| ")).count();
        assert_eq!(rows, findings.len() + 1, "{text}");
    });
}

/// A finding as often as wanted, told apart by its message.
fn many(finding: &Finding, severity: Severity, count: usize) -> Vec<Finding> {
    let one = |n: usize| Finding {
        severity,
        message: format!("{} ({n})", finding.message),
        ..finding.clone()
    };
    (0..count).map(one).collect()
}

/// 25,000 results and 10 MB of a run are taken, 5,000 of them are shown, and 100 places of each.
#[test]
fn sarif_stays_within_what_github_takes() {
    let (analysis, findings) = example("NP301");
    let first = &findings[0];
    let mut all = many(first, Severity::Note, 30_000);
    all.extend(many(first, Severity::Error, 1));
    let results = |findings: &[Finding]| {
        let text = written(&analysis, findings, Format::Sarif);
        assert!(text.len() <= 10_000_000, "{} bytes", text.len());
        let document: Value = serde_json::from_str(&text).unwrap();
        let run = &document["runs"][0];
        let said = run["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(said.contains("are left out"), "{said}");
        for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        }
        run["results"].as_array().unwrap().clone()
    };
    let mut short = all.clone();
    for finding in &mut short {
        finding.labels.truncate(1);
        finding.notes.clear();
        finding.help = None;
        finding.witness = None;
        finding.edits.clear();
        finding.message = "x".to_owned();
    }
    for findings in [&all, &short] {
        let results = results(findings);
        assert!(results.len() <= 25_000);
        assert_eq!(
            results[0]["level"], "error",
            "what matters most is among those shown"
        );
    }
    let mut long = all;
    for finding in &mut long {
        finding.message = "x".repeat(10_000);
    }
    assert!(results(&long).len() > 500);
    let mut crowded = findings[0].clone();
    for _ in 0..150 {
        crowded.labels.push(crowded.labels[1].clone());
    }
    let text = written(&analysis, &[crowded], Format::Sarif);
    let document: Value = serde_json::from_str(&text).unwrap();
    let related = &document["runs"][0]["results"][0]["relatedLocations"];
    assert_eq!(related.as_array().unwrap().len(), 100);
}

/// A step shows ten annotations of each kind, so the order decides which.
#[test]
fn github_says_what_it_will_not_show() {
    let (analysis, findings) = example("NP301");
    let mut all = many(&findings[0], Severity::Note, 12);
    all.extend(many(&findings[0], Severity::Warning, 30));
    all.extend(many(&findings[0], Severity::Error, 11));
    let text = written(&analysis, &all, Format::Github);
    let kinds: Vec<&str> = (text.lines())
        .filter_map(|line| line.strip_prefix("::")?.split(' ').next())
        .collect();
    let expected = [vec!["error"; 11], vec!["warning"; 30], vec!["notice"; 12]].concat();
    assert_eq!(kinds, expected);
    for said in [
        "1 more error annotations",
        "20 more warning",
        "2 more notice",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

/// A comment holds 65,536 characters and a step's summary 1 MiB.
#[test]
fn markdown_keeps_the_most_severe() {
    let (analysis, findings) = example("NP301");
    let mut all = many(&findings[0], Severity::Note, 5_000);
    all.extend(many(&findings[0], Severity::Error, 3));
    let text = written(&analysis, &all, Format::Markdown);
    assert!(text.chars().count() <= 65_536 && text.len() < 1 << 20);
    assert_eq!(text.matches("| error |").count(), 3);
    assert!(text.contains("more findings do not fit here"));
}

#[test]
fn uris_are_relative_to_the_root_or_whole() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("uri s");
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("a.yaml");
    std::fs::write(&file, "kind: NetworkPolicy\n").unwrap();
    let analysis = read(&Inputs {
        paths: vec![file.clone()],
        ..Inputs::default()
    });
    let findings = lint::check(&analysis, &Selection::default());
    let text = written(&analysis, &findings, Format::Sarif);
    let document: Value = serde_json::from_str(&text).unwrap();
    let location = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    let artifact = &location["artifactLocation"];
    let uri = artifact["uri"].as_str().unwrap();
    // The scratch directory may lie inside of the working directory of the tests or not.
    if let Some(absolute) = uri.strip_prefix("file://") {
        assert!(absolute.starts_with('/') && artifact.get("uriBaseId").is_none());
    } else {
        assert_eq!(artifact["uriBaseId"], "SRCROOT");
    }
    assert!(uri.ends_with("uri%20s/a.yaml"), "{uri}");
}
