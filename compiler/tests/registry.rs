//! Every rule through its complete workflow: registry line, file, page, pair of examples,
//! snapshot; findings where they are expected and nowhere else; witnesses that hold.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(clippy::panic, reason = "tests fail by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files of the repository"
)]

use netpol_policy::{Flow, Party, Protocol, Verdict, decide};
use netpolc::config::Config;
use netpolc::finding::{Finding, Severity, Witness};
use netpolc::lint::{self, Check, Family, REGISTRY, Rule, Selection};
use netpolc::load::ValuesArg;
use netpolc::report::{Format, Report, Style};
use netpolc::resolve::{Analysis, Inputs, read};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CNI_VALUES: &str = "cni-values.yaml";
/// Says which versions of the CNI's chart an example is about, and what its nodes have room for.
const CONFIG: &str = "netpolc.toml";
const VALUES: &str = "values.yaml";

/// Paths of findings are relative to the place of the command: the root of the workspace.
fn at_root() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::env::set_current_dir(root).unwrap();
}

fn example(code: &str, kind: &str) -> PathBuf {
    PathBuf::from(format!("policies-examples/lints/{code}/{kind}"))
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory);
    let entries = entries.unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

/// The same with what lies in directories, such as charts.
fn all_files(directory: &Path) -> Vec<PathBuf> {
    let listed = files(directory).into_iter();
    let below = listed.flat_map(|path| {
        if path.is_dir() {
            all_files(&path)
        } else {
            vec![path]
        }
    });
    below.collect()
}

/// Reads an example as a user would: charts with the `values.yaml` beside them, and the CNI's values.
fn analyse(files: Vec<PathBuf>) -> Analysis {
    let (config, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|p| p.ends_with(CONFIG));
    let (cni_values, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|p| p.ends_with(CNI_VALUES));
    let (values, paths): (Vec<_>, Vec<_>) = others.into_iter().partition(|p| p.ends_with(VALUES));
    let target = config.first().map(|path| {
        let config = Config::parse(&fs::read_to_string(path).unwrap()).unwrap();
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
    read(&inputs)
}

/// What the command that owns the rule reports.
fn findings(rule: &Rule, analysis: &Analysis) -> Vec<Finding> {
    let mut selection = Selection::default();
    if rule.is_opt_in() {
        selection.select = vec!["NP".to_owned(), rule.code.0.to_owned()];
    }
    let mut findings = lint::check(analysis, &selection);
    if let Check::Lowering(_) = rule.check {
        findings.extend(lint::lowering(analysis));
    }
    findings
}

/// `(path, line)` of every `# expect: CODE`.
fn expected(code: &str, files: &[PathBuf]) -> BTreeSet<(String, u32)> {
    let mark = format!("# expect: {code}");
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let lines = (1u32..).zip(text.lines());
        let path = file.to_str().unwrap();
        found.extend(
            lines
                .filter(|(_, l)| l.ends_with(&mark))
                .map(|(n, _)| (path.to_owned(), n)),
        );
    }
    found
}

fn told(analysis: &Analysis, findings: &[Finding]) -> String {
    let report = Report::new(&analysis.sources, findings, &analysis.model.incomplete);
    let mut text = Vec::new();
    report
        .write(Format::Concise, Style::PLAIN, &mut text)
        .unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn bad_gives_its_code_at_the_marked_lines_and_good_gives_nothing() {
    at_root();
    let mut wrong = Vec::new();
    for rule in REGISTRY {
        let code = rule.code.0;
        let bad = files(&example(code, "bad"));
        let analysis = analyse(bad.clone());
        let found = findings(rule, &analysis);
        let places: BTreeSet<(String, u32)> = found
            .iter()
            .filter(|f| f.code == rule.code)
            .filter_map(|f| {
                let at = f.location()?;
                let source = analysis.sources.get(at.source)?;
                Some((source.path.clone(), source.line_column(at.span.start).line))
            })
            .collect();
        let expected = expected(code, &all_files(&example(code, "bad")));
        assert!(!expected.is_empty(), "{code}: no line is marked");
        let others = found.iter().any(|f| f.code != rule.code);
        if others || places != expected {
            wrong.push(format!(
                "{code} bad, expected {expected:?}\n{}",
                told(&analysis, &found)
            ));
        }
        let analysis = analyse(files(&example(code, "good")));
        let found = findings(rule, &analysis);
        if !found.is_empty() || !analysis.model.incomplete.is_empty() {
            wrong.push(format!("{code} good\n{}", told(&analysis, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bad_and_good_differ_by_one_edit() {
    at_root();
    for rule in REGISTRY {
        let code = rule.code.0;
        let sides = ["bad", "good"].map(|kind| all_files(&example(code, kind)));
        let names = |side: usize| -> Vec<PathBuf> {
            let root = example(code, ["bad", "good"][side]);
            let inside = |p: &PathBuf| p.strip_prefix(&root).unwrap().to_path_buf();
            sides[side].iter().map(inside).collect()
        };
        let [bad, good] = &sides;
        assert_eq!(names(0), names(1), "{code}");
        let edits: usize = bad.iter().zip(good).map(|(b, g)| edits(b, g)).sum();
        assert_eq!(edits, 1, "{code}: one edit between bad and good");
    }
}

/// 0 for equal files, 1 when one run of at most 8 lines differs, else 2. Marks do not count.
fn edits(bad: &Path, good: &Path) -> usize {
    let [bad, good] = [bad, good].map(|file| {
        let text = fs::read_to_string(file).unwrap();
        let unmarked = |l: &str| l.split(" # expect:").next().unwrap().to_owned();
        text.lines().map(unmarked).collect::<Vec<_>>()
    });
    if bad == good {
        return 0;
    }
    let same = bad.iter().zip(&good).take_while(|(b, g)| b == g).count();
    let ends = bad.iter().rev().zip(good.iter().rev());
    let tail = ends.take_while(|(b, g)| b == g).count();
    let tail = tail.min(bad.len().min(good.len()) - same);
    let changed = bad.len().max(good.len()) - same - tail;
    if changed <= 8 { 1 } else { 2 }
}

#[test]
fn every_rule_is_complete() {
    at_root();
    let mut codes = BTreeSet::new();
    let mut names = BTreeSet::new();
    for rule in REGISTRY {
        let code = rule.code.0;
        assert!(
            codes.insert(code) && names.insert(rule.name),
            "{code} twice"
        );
        let family = match code.as_bytes().get(2) {
            Some(b'1') => Family::Reading,
            Some(b'2') => Family::Charts,
            Some(b'3') => Family::Policies,
            Some(b'4') => Family::Workloads,
            Some(b'5') => Family::Lowering,
            Some(b'6') => Family::Cni,
            _ => panic!("{code}: no family"),
        };
        assert_eq!(rule.family, family, "{code}");
        assert!(
            !rule.summary.is_empty() && !rule.summary.ends_with('.'),
            "{code}"
        );
        let title = format!("# {code} {}\n", rule.name);
        assert!(
            rule.page.starts_with(&title),
            "docs/lints/{code}.md begins with {title}"
        );
        for heading in [
            "## What it does\n",
            "## Why it is bad\n",
            "## Example\nBad:\n```yaml\n",
            "\nGood:\n```yaml\n",
            "## How to fix\n",
            "## References\n- ",
        ] {
            assert!(
                rule.page.contains(heading),
                "docs/lints/{code}.md lacks {heading:?}"
            );
        }
        let snapshot = format!("snapshots/tests/snapshots/{code}.snap");
        assert!(Path::new(&snapshot).exists(), "{snapshot} is missing");
        if !matches!(rule.check, Check::Reading) {
            let file = format!("compiler/src/lint/rules/{}.rs", rule.name.replace('-', "_"));
            let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
            assert!(text.starts_with(&format!("//! {code}: ")), "{file}");
            assert!(
                text.lines().count() <= 150,
                "{file} is longer than a rule may be"
            );
        }
    }
    let sorted: Vec<&str> = codes.into_iter().collect();
    assert!(REGISTRY.iter().map(|r| r.code.0).eq(sorted), "not in order");
}

#[test]
fn nothing_is_left_over() {
    at_root();
    let known = |name: &str| lint::find(name).is_some();
    for directory in ["docs/lints", "policies-examples/lints"] {
        for path in files(Path::new(directory)) {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            // Other pages may stand beside those of the codes.
            let is_code = stem.starts_with("NP");
            assert!(
                !is_code || known(stem),
                "{} belongs to no rule",
                path.display()
            );
        }
    }
}

/// Every rule, those that are opt-in as well.
fn everything() -> Selection {
    let opt_in = REGISTRY.iter().filter(|rule| rule.is_opt_in());
    let codes = opt_in.map(|rule| rule.code.0.to_owned());
    Selection {
        select: std::iter::once("NP".to_owned()).chain(codes).collect(),
        ignore: Vec::new(),
    }
}

#[test]
fn opt_in_rules_want_their_whole_code() {
    let select = |codes: &[&str]| Selection {
        select: codes.iter().map(|&code| code.to_owned()).collect(),
        ignore: Vec::new(),
    };
    let rule = lint::find("NP406").unwrap();
    assert!(rule.is_opt_in());
    for without in [
        select(&[]),
        select(&["NP"]),
        select(&["NP4"]),
        select(&["NP401"]),
    ] {
        assert!(!without.wants(rule.code), "{without:?}");
    }
    assert!(select(&["NP406"]).wants(rule.code));
    assert!(everything().wants(rule.code));
}

/// Every directory that holds manifests of this repository, with its CNI values.
fn all_examples() -> Vec<Analysis> {
    at_root();
    let kinds = ["bad", "good"];
    let pairs = REGISTRY
        .iter()
        .flat_map(|r| kinds.map(|k| files(&example(r.code.0, k))));
    let mut inputs: Vec<Vec<PathBuf>> = pairs.collect();
    for version in ["v1", "v2"] {
        inputs.push(vec![
            PathBuf::from("policies-examples/shop/workloads"),
            PathBuf::from(format!("policies-examples/shop/{version}")),
        ]);
    }
    for directory in ["cilium", "tiers"] {
        inputs.push(vec![Path::new("policies-examples").join(directory)]);
    }
    for pair in files(Path::new("policies-examples/diff")) {
        let sides = ["a", "b"].map(|side| vec![pair.join(side)]);
        inputs.extend(
            sides
                .into_iter()
                .filter(|side| side.iter().all(|path| path.is_dir())),
        );
    }
    inputs.into_iter().map(analyse).collect()
}

#[test]
fn every_witness_is_decided_as_reported() {
    let mut decided = 0;
    for analysis in all_examples() {
        let mut found = lint::check(&analysis, &everything());
        found.extend(lint::lowering(&analysis));
        for finding in &found {
            // Who speaks of pairs shows one.
            let shown = finding.pairs == 0 || finding.witness.is_some();
            assert!(shown, "{}: {}", finding.code, finding.message);
            if let Some(witness) = &finding.witness {
                let verdict = verdict(&analysis, witness);
                let expected: &[Verdict] = match finding.code.0 {
                    "NP503" => &[Verdict::Unknown],
                    // What they say holds of allowed and of denied packets; `witnesses.rs` asks
                    // what becomes of them without the rule.
                    "NP303" | "NP304" | "NP305" | "NP307" | "NP311" => {
                        &[Verdict::Allow, Verdict::Deny]
                    }
                    "NP405" | "NP406" | "NP409" | "NP411" => &[Verdict::Allow],
                    _ => &[Verdict::Deny],
                };
                let told = format!("{}: {witness:?} {verdict:?}", finding.message);
                assert!(expected.contains(&verdict), "{told}");
                decided += 1;
            }
        }
    }
    assert!(decided >= 4, "only {decided} witnesses");
}

fn verdict(analysis: &Analysis, witness: &Witness) -> Verdict {
    let cluster = &analysis.model.cluster;
    let party = |text: &str| {
        if let Ok(address) = text.parse() {
            return cluster.party_of(address);
        }
        let named = cluster
            .endpoints
            .iter()
            .position(|e| e.display_name() == text);
        let index = named.unwrap_or_else(|| panic!("no {text}"));
        let endpoint = cluster.endpoints.get(index).unwrap();
        Party::Endpoint(index, endpoint.addresses.first().copied())
    };
    let (protocol, port) = witness.port.split_once('/').unwrap();
    let flow = Flow {
        source: party(&witness.from),
        destination: party(&witness.to),
        protocol: protocol.parse::<Protocol>().unwrap(),
        port: port.parse().unwrap(),
    };
    decide(&analysis.model.policies, cluster, &flow).verdict
}

#[test]
fn json_keeps_to_its_schema() {
    at_root();
    let schema = fs::read_to_string("schemas/check.v1.json").unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut seen = 0;
    for analysis in all_examples() {
        let found = lint::check(&analysis, &Selection::default());
        let report = Report::new(&analysis.sources, &found, &analysis.model.incomplete);
        let mut text = Vec::new();
        report.write(Format::Json, Style::PLAIN, &mut text).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        seen += found.len();
    }
    assert!(seen >= REGISTRY.len() / 2, "only {seen} findings");
}

#[test]
fn no_finding_is_graver_than_its_rule() {
    for analysis in all_examples() {
        for finding in lint::check(&analysis, &Selection::default()) {
            let rule = lint::find(finding.code.0);
            let rule = rule.unwrap_or_else(|| panic!("{} is not registered", finding.code));
            assert!(
                finding.severity <= rule.severity,
                "{}: {}",
                finding.code,
                finding.message
            );
            // What the readers refuse is explained where they gave up.
            let refused = matches!(rule.check, Check::Reading);
            let needs_help = finding.severity > Severity::Note && !refused;
            assert!(!needs_help || finding.help.is_some(), "{finding:?}");
        }
    }
}
