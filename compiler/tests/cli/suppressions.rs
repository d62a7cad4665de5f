//! Findings that are not wanted: comments, annotations, `netpolc.toml`, baselines, `--since`.

use crate::support::{assert_form, dir, in_dir, netpolc, write};
use netpolc::config::Config;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use toml::de::{DeTable, DeValue};

/// A policy with rules in a direction that it leaves out: NP309 at the line of `- to:`.
fn dead(name: &str, above: &str, annotations: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {name}\n  \
         namespace: shop\n{annotations}spec:\n  podSelector: {{}}\n  policyTypes: [Ingress]\n  \
         egress:\n{above}  - to:\n    - podSelector: {{}}\n"
    )
}

/// A repository of its own, so that no configuration above it is found.
fn repository(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let dir = dir(name);
    std::fs::create_dir_all(dir.join(".git")).unwrap();
    for (path, text) in files {
        write(&dir.join(path), text);
    }
    dir
}

fn check(dir: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let args = [&["check", "--format", "json", "--fail-on", "warning"], args].concat();
    let (code, out, err) = in_dir(dir, &args);
    let json = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    assert_form(&json, "check.v1.json", None);
    (code, json)
}

fn codes(json: &Value) -> Vec<&str> {
    let findings = json["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|f| f["code"].as_str().unwrap())
        .collect()
}

#[test]
fn comments_and_annotations_take_a_finding_out_and_count_it() {
    let above = dead("a", "  # netpolc: ignore[NP309] opened next week\n", "");
    let behind = dead("b", "", "").replace("- to:", "- to: # netpolc: ignore[dead-direction] b");
    let annotated = dead(
        "c",
        "",
        "  annotations:\n    netpolc.dev/ignore: 'NP309: c'\n",
    );
    let dir = repository(
        "suppress-text",
        &[
            ("a.yaml", &above),
            ("b.yaml", &behind),
            ("c.yaml", &annotated),
        ],
    );
    let (code, json) = check(&dir, &["."]);
    assert_eq!((code, codes(&json).len()), (Some(0), 0), "{json:#}");
    assert_eq!(json["summary"]["suppressed"], 3);
    assert_eq!(json.get("suppressed"), None);
    let (_, json) = check(&dir, &[".", "--show-suppressed"]);
    let told: Vec<(&str, &str)> = (json["suppressed"].as_array().unwrap().iter())
        .map(|s| (s["reason"].as_str().unwrap(), s["by"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [("opened next week", "text"), ("b", "text"), ("c", "text")]
    );
    let (_, out, _) = in_dir(&dir, &["check", ".", "--show-suppressed"]);
    let line = "suppressed: a.yaml:11:5: NP309 ";
    assert!(
        out.contains(line) && out.contains("(opened next week)"),
        "{out}"
    );
    assert!(
        out.ends_with("no findings in 3 files (3 suppressed)\n"),
        "{out}"
    );
    // Another code of the same line is not meant.
    let other = above.replace("NP309", "NP301");
    write(&dir.join("a.yaml"), &other);
    let (code, json) = check(&dir, &["."]);
    assert_eq!((code, codes(&json)), (Some(1), vec!["NP108", "NP309"]));
}

#[test]
fn sarif_holds_suppressions_when_they_are_asked_for() {
    let text = dead("a", "  # netpolc: ignore[NP309] opened next week\n", "");
    let dir = repository("suppress-sarif", &[("a.yaml", &text)]);
    let results = |args: &[&str]| {
        let args = [&["check", "--format", "sarif", "."], args].concat();
        let (code, out, _) = in_dir(&dir, &args);
        assert_eq!(code, Some(0));
        let json: Value = serde_json::from_str(&out).unwrap();
        json["runs"][0]["results"].as_array().unwrap().clone()
    };
    assert!(results(&[]).is_empty());
    let told = results(&["--show-suppressed"]);
    let expected = json!([{"kind": "inSource", "justification": "opened next week"}]);
    assert_eq!(told[0]["suppressions"], expected);
}

#[test]
fn what_suppresses_nothing_is_told() {
    for (comment, says) in [
        (
            "ignore[NP309, NP301] x",
            "there is no `NP301` for this suppression to hide",
        ),
        ("ignore[NP3099] x", "there is no code `NP3099`"),
        ("ignore NP309", "this suppression cannot be understood"),
        ("ignore[] x", "this suppression names no code"),
        ("ignore[NP101] x", "`NP101` cannot be suppressed"),
        ("ignore[NP108] x", "`NP108` cannot be suppressed"),
    ] {
        let text = dead("a", &format!("  # netpolc: {comment}\n"), "");
        let dir = repository("suppress-nothing", &[("a.yaml", &text)]);
        let (code, json) = check(&dir, &["."]);
        assert_eq!(code, Some(1), "{comment}");
        let findings = json["findings"].as_array().unwrap();
        let told = findings.iter().find(|f| f["code"] == "NP108").unwrap();
        assert!(told["message"].as_str().unwrap().contains(says), "{told:#}");
        // What was not asked for is not judged.
        let (code, _) = check(&dir, &[".", "--select", "NP4"]);
        assert_eq!(code, Some(0), "{comment}");
        let (_, json) = check(&dir, &[".", "--ignore", "NP108"]);
        assert!(!codes(&json).contains(&"NP108"), "{comment}");
    }
}

const IGNORE: &str = "[[ignore]]\ncode = \"NP309\"\nobject = \"NetworkPolicy/shop/a*\"\n\
                      reason = \"the vendor mends it\"\nuntil = 2027-01-31\n";

#[test]
fn the_configuration_suppresses_by_object_until_its_day_has_passed() {
    let (a, b) = (dead("ab", "", ""), dead("b", "", ""));
    let dir = repository(
        "suppress-config",
        &[("a.yaml", &a), ("b.yaml", &b), ("netpolc.toml", IGNORE)],
    );
    let on = |day: &str| check(&dir, &[".", "--today", day, "--show-suppressed"]);
    let (code, json) = on("2027-01-31");
    assert_eq!((code, codes(&json)), (Some(1), vec!["NP309"]));
    assert_eq!(json["findings"][0]["object"], "NetworkPolicy/shop/b");
    assert_eq!(json["suppressed"][0]["by"], "config");
    let (_, json) = on("2027-02-01");
    assert_eq!(codes(&json), ["NP309", "NP309", "NP108"]);
    let ended = &json["findings"][2];
    assert_eq!(
        ended["message"],
        "the suppression of `NP309` ended on 2027-01-31"
    );
    assert_eq!(ended["location"]["path"], "netpolc.toml");
    assert_eq!(ended["location"]["start"]["line"], 1);
    // The same day, the same bytes.
    assert_eq!(on("2027-01-31"), on("2027-01-31"));
    write(&dir.join("a.yaml"), &b);
    let (_, json) = on("2027-01-31");
    assert!(codes(&json).contains(&"NP108"), "{json:#}");
    let (code, _, err) = in_dir(&dir, &["check", ".", "--today", "tomorrow"]);
    assert!(
        code == Some(2) && err.contains("write it as 2027-01-31"),
        "{err}"
    );
}

#[test]
fn settings_of_the_file_hold_until_a_flag_says_otherwise() {
    let dir = repository(
        "suppress-settings",
        &[
            ("a.yaml", &dead("a", "  # netpolc: ignore[NP309]\n", "")),
            ("b.yaml", &dead("b", "", "")),
            (
                "netpolc.toml",
                "[check]\nfail-on = \"warning\"\nrequire-reason = true\n",
            ),
        ],
    );
    let code = |args: &[&str]| in_dir(&dir, &[&["check", "."], args].concat()).0;
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["--fail-on", "error"]), Some(0));
    let (_, json) = check(&dir, &["."]);
    assert_eq!(codes(&json), ["NP108", "NP309"], "{json:#}");
    write(
        &dir.join("netpolc.toml"),
        "[check]\nignore = [\"NP3\", \"NP108\"]\n",
    );
    assert_eq!(code(&["--fail-on", "note"]), Some(0));
    assert_eq!(code(&["--fail-on", "note", "--ignore", "NP1"]), Some(1));
    write(&dir.join("netpolc.toml"), "[check]\nignore = [\"NP999\"]\n");
    assert_eq!(code(&[]), Some(2));
    write(&dir.join("netpolc.toml"), "[chek]\n");
    let (code, _, err) = in_dir(&dir, &["check", "."]);
    assert!(
        code == Some(2) && err.contains("did you mean `check`"),
        "{err}"
    );
}

/// TOML as JSON, for the schema.
fn as_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => json!(number.as_str().parse::<i64>().unwrap()),
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().unwrap()),
        DeValue::Boolean(is) => json!(is),
        DeValue::Datetime(day) => json!(day.to_string()),
        DeValue::Array(items) => items.iter().map(|item| as_json(item.get_ref())).collect(),
        DeValue::Table(table) => table_as_json(table),
    }
}

fn table_as_json(table: &DeTable<'_>) -> Value {
    let fields = table.iter();
    let fields = fields.map(|(key, value)| (key.get_ref().to_string(), as_json(value.get_ref())));
    Value::Object(fields.collect())
}

#[test]
fn what_the_configuration_takes_is_what_its_schema_takes() {
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../schemas/netpolc-config.v1.json"
    );
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let ignore = |lines: &str| format!("[[ignore]]\ncode = \"NP301\"\nobject = \"*\"\n{lines}");
    let target = |lines: &str| format!("[[target]]\nname = \"a\"\n{lines}");
    for (text, taken) in [
        (String::new(), true),
        (IGNORE.to_owned(), true),
        ("[check]\nselect = [\"NP3\"]\nignore = []\nfail-on = \"note\"\nbaseline = \"b\"\nrequire-reason = true\n".to_owned(), true),
        (ignore("reason = \"r\"\n"), true),
        (ignore("reason = \"r\"\nuntil = \"2027-01-31\"\n"), true),
        (target("paths = [\"x\"]\n[[target.charts]]\npath = \"c\"\nvalues = \"v\"\n"), true),
        (ignore(""), false),
        (ignore("reason = \"\"\n"), false),
        (ignore("reason = \"r\"\nuntil = 1979-05-27T07:32:00Z\n"), false),
        (ignore("reason = \"r\"\nuntil = \"soon\"\n"), false),
        (ignore("reason = \"r\"\nuntill = 2027-01-31\n"), false),
        ("[check]\nselect = \"NP3\"\n".to_owned(), false),
        ("[check]\nfail-on = \"never\"\n".to_owned(), false),
        ("[check]\nrequire-reason = 1\n".to_owned(), false),
        ("[checks]\n".to_owned(), false),
        (target(""), false),
        (target("paths = [\"x\"]\ndialect = \"calico\"\n"), false),
    ] {
        assert_eq!(Config::parse(&text).is_ok(), taken, "the program, of {text}");
        let table = DeTable::parse(&text).unwrap();
        let valid = schema.is_valid(&table_as_json(table.get_ref()));
        assert_eq!(valid, taken, "the schema, of {text}");
    }
}

#[test]
fn targets_that_share_a_text_share_its_suppressions() {
    let base = dead("a", "  # netpolc: ignore[NP309] known\n", "");
    let mended = base
        .replace("[Ingress]", "[Egress]")
        .replace("  # netpolc: ignore[NP309] known\n", "");
    let config = "[[target]]\nname = \"one\"\npaths = [\"base\"]\n\
                  [[target]]\nname = \"two\"\npaths = [\"base\", \"two\"]\n\
                  [[ignore]]\ncode = \"NP309\"\nobject = \"*/b\"\nreason = \"r\"\n";
    let dir = repository(
        "suppress-targets",
        &[
            ("base/a.yaml", &base),
            ("two/b.yaml", &dead("b", "", "")),
            ("netpolc.toml", config),
        ],
    );
    let (code, out, err) = in_dir(&dir, &["check", "--fail-on", "note", "--format", "concise"]);
    assert_eq!(code, Some(0), "{out}{err}");
    // Nobody has a use for them any more: each is told once, after the last target.
    write(
        &dir.join("base/a.yaml"),
        &base.replace("[Ingress]", "[Egress]"),
    );
    write(
        &dir.join("two/b.yaml"),
        &mended.replace("name: a", "name: b"),
    );
    let (code, out, _) = in_dir(
        &dir,
        &["check", "--fail-on", "warning", "--format", "concise"],
    );
    assert_eq!(code, Some(1), "{out}");
    let (first, second) = out.split_once("# target two\n").unwrap();
    assert_eq!(
        (
            first.matches("NP108").count(),
            second.matches("NP108").count()
        ),
        (0, 2),
        "{out}"
    );
}

#[test]
fn a_baseline_holds_what_is_known_however_lines_move() {
    let dir = repository("suppress-baseline", &[("a.yaml", &dead("a", "", ""))]);
    let (code, json) = check(&dir, &[".", "--write-baseline", "known.json"]);
    assert_eq!(code, Some(0));
    assert_eq!(json["summary"]["known"], 1);
    let written = std::fs::read_to_string(dir.join("known.json")).unwrap();
    assert_form(
        &serde_json::from_str(&written).unwrap(),
        "baseline.v1.json",
        None,
    );
    let moved = format!("# one line more\n{}", dead("a", "", ""));
    write(&dir.join("a.yaml"), &moved);
    let (code, json) = check(&dir, &["a.yaml", "--baseline", "known.json"]);
    assert_eq!((code, codes(&json).len()), (Some(0), 0));
    write(&dir.join("b.yaml"), &dead("b", "", ""));
    let (code, json) = check(&dir, &["a.yaml", "b.yaml", "--baseline", "known.json"]);
    assert_eq!(code, Some(1));
    assert_eq!(json["findings"][0]["object"], "NetworkPolicy/shop/b");
    write(
        &dir.join("netpolc.toml"),
        "[check]\nbaseline = \"known.json\"\n",
    );
    assert_eq!(check(&dir, &["a.yaml"]).0, Some(0));
    for broken in ["{}", "[1]", "{\"version\": 2, \"findings\": []}"] {
        write(&dir.join("broken.json"), broken);
        let (code, _, err) = in_dir(&dir, &["check", "a.yaml", "--baseline", "broken.json"]);
        assert!(code == Some(2) && err.contains("broken.json is "), "{err}");
    }
    write(&dir.join("a.yaml"), "a: [");
    let args = ["check", "a.yaml", "--write-baseline", "other.json"];
    assert_eq!(in_dir(&dir, &args).0, Some(2));
    assert!(!dir.join("other.json").exists());
}

#[test]
fn a_baseline_that_could_be_shorter_is_told_and_nothing_else_changes() {
    let texts = ["a", "b", "c"].map(|name| dead(name, "", ""));
    let [a, b, c] = &texts;
    let dir = repository(
        "suppress-stale",
        &[("a.yaml", a), ("b.yaml", b), ("c.yaml", c)],
    );
    let against = |args: &[&str]| {
        let args = [
            &["check", "--format", "json"],
            args,
            &["--baseline", "known.json"],
        ]
        .concat();
        let (code, out, err) = in_dir(&dir, &args);
        assert_eq!(code, Some(0), "{out}{err}");
        (out, err)
    };
    in_dir(&dir, &["check", ".", "--write-baseline", "known.json"]);
    let (before, err) = against(&["."]);
    assert_eq!(err, "");
    // One is mended, and one is gone.
    write(
        &dir.join("a.yaml"),
        &a.replace("[Ingress]", "[Ingress, Egress]"),
    );
    std::fs::remove_file(dir.join("b.yaml")).unwrap();
    let says = "2 entries of the baseline match nothing any more; --write-baseline known.json";
    let (after, err) = against(&["."]);
    assert!(err.contains(says), "{err}");
    let summary =
        |text: &str| -> Value { serde_json::from_str::<Value>(text).unwrap()["summary"].clone() };
    assert_eq!(summary(&before)["known"], 3);
    assert_eq!(summary(&after)["known"], 1);
    // Of a file that was not given nothing is known, nor of a code that was not asked for.
    let (_, err) = against(&["a.yaml"]);
    assert!(
        err.contains("1 entry of the baseline matches nothing"),
        "{err}"
    );
    assert_eq!(against(&["c.yaml"]).1, "");
    assert_eq!(against(&[".", "--ignore", "NP309"]).1, "");
}

/// The bad example of a code, with a comment above the line of its finding.
fn example(code: &str, comment: &str) -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies-examples/lints");
    let dir = repository(&format!("suppress-build-{code}"), &[]);
    for entry in std::fs::read_dir(examples.join(code).join("bad")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mark = format!("# expect: {code}");
        let lines = text.lines().map(|line| match line.find(|c| c != ' ') {
            Some(indent) if line.contains(&mark) => {
                format!("{}# {comment}\n{line}\n", " ".repeat(indent))
            }
            _ => format!("{line}\n"),
        });
        let text: String = lines.collect();
        write(&dir.join(path.file_name().unwrap()), &text);
    }
    dir
}

#[test]
fn build_honours_what_check_honours() {
    let build = |dir: &Path, more: &[&str]| {
        let args = [&["build", ".", "-o", "policy.npb"], more].concat();
        let (code, _, err) = in_dir(dir, &args);
        (code, err)
    };
    // NP503 is found by `build` alone.
    for code in ["NP301", "NP503"] {
        let dir = example(code, "nothing is asked for");
        let (ended, err) = build(&dir, &[]);
        assert!(ended == Some(1) && err.contains(code), "{err}");
        let dir = example(code, &format!("netpolc: ignore[{code}] until the move"));
        let (ended, err) = build(&dir, &[]);
        assert_eq!(ended, Some(0), "{err}");
        assert!(
            err.contains(code) && err.contains("(suppressed: until the move)"),
            "{err}"
        );
        // Another code is not meant.
        let dir = example(code, "netpolc: ignore[NP302] until the move");
        assert_eq!(build(&dir, &[]).0, Some(1), "{code}");
    }
    let dir = example("NP503", "nothing is asked for");
    let entry = "[[ignore]]\ncode = \"NP503\"\nobject = \"NetworkPolicy/shop/*\"\n\
                 reason = \"the namespace is made by hand\"\nuntil = 2027-01-31\n";
    write(&dir.join("netpolc.toml"), entry);
    let (ended, err) = build(&dir, &["--today", "2027-01-31"]);
    assert!(ended == Some(0) && err.contains("made by hand"), "{err}");
    assert_eq!(build(&dir, &["--today", "2027-02-01"]).0, Some(1));
}

fn git(dir: &Path, args: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
    let done = Command::new("git")
        .args(who)
        .args(args)
        .current_dir(dir)
        .output();
    let done = done.unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[test]
fn since_tells_what_is_new() {
    let dir = dir("suppress-since");
    write(&dir.join("k8s/a.yaml"), &dead("a", "", ""));
    write(&dir.join("k8s/broken.yaml"), "kind: NetworkPolicy\n");
    git(&dir, &["init", "--quiet", "--initial-branch=main"]);
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "--quiet", "-m", "first"]);
    let old = check(&dir, &["k8s"]).1["findings"]
        .as_array()
        .unwrap()
        .len();
    assert!(old >= 2);
    write(
        &dir.join("k8s/a.yaml"),
        &format!("# moved\n{}", dead("a", "", "")),
    );
    let (code, json) = check(&dir, &["k8s", "--since", "main"]);
    assert_eq!((code, codes(&json).len()), (Some(0), 0), "{json:#}");
    assert_eq!(json["summary"]["known"], old);
    write(&dir.join("k8s/b.yaml"), &dead("b", "", ""));
    write(&dir.join("new/c.yaml"), &dead("c", "", ""));
    for (at, paths) in [
        (dir.clone(), ["k8s", "new"]),
        (dir.join("k8s"), [".", "../new"]),
    ] {
        let (code, json) = check(&at, &[paths[0], paths[1], "--since", "HEAD"]);
        assert_eq!(code, Some(1));
        let objects: Vec<&Value> = (json["findings"].as_array().unwrap().iter())
            .map(|f| &f["object"])
            .collect();
        assert_eq!(objects.len(), 2, "{json:#}");
        assert!(objects.contains(&&json!("NetworkPolicy/shop/b")));
    }
    let (code, json) = check(&dir, &["new", "--since", "main"]);
    assert_eq!((code, codes(&json).len()), (Some(1), 1));
    let ended = |args: &[&str]| in_dir(&dir, &[&["check"], args].concat());
    let (code, _, err) = ended(&["k8s", "--since", "no-such-branch"]);
    assert!(
        code == Some(2) && err.contains("git knows no commit"),
        "{err}"
    );
    let (code, _, err) = ended(&["-", "--since", "main"]);
    assert!(
        code == Some(2) && err.contains("cannot be looked up"),
        "{err}"
    );
    let (code, _, err) = ended(&["../../x", "--since", "main"]);
    assert!(
        code == Some(2) && err.contains("leads out of the repository"),
        "{err}"
    );
}

#[test]
fn a_dump_of_a_cluster_is_not_blamed_for_its_annotations() {
    let clean = dead(
        "a",
        "",
        "  annotations:\n    netpolc.dev/ignore: 'NP309: c'\n",
    )
    .replace("[Ingress]", "[Ingress, Egress]");
    let dir = repository("suppress-dump", &[("dump.yaml", &clean)]);
    let told = |args: &[&str]| check(&dir, args).1.to_string().contains("NP108");
    assert!(!told(&["--cluster-state", "dump.yaml"]));
    assert!(told(&["dump.yaml"]));
    let help = netpolc(["check", "--help"]).expect_code(0).stdout;
    assert!(help.contains("--since"), "{help}");
}

#[test]
fn values_of_the_cni_may_hold_comments_too() {
    let values = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../policies-examples/lints/NP602/bad/cni-values.yaml"
    );
    let values = std::fs::read_to_string(values).unwrap();
    let silenced = values.replace(
        "# expect: NP602",
        "# netpolc: ignore[NP602] a fork knows it",
    );
    assert_ne!(values, silenced);
    let clean = dead("a", "", "").replace("[Ingress]", "[Ingress, Egress]");
    let dir = repository(
        "suppress-values",
        &[
            ("a.yaml", &clean),
            ("bad.yaml", &values),
            ("silenced.yaml", &silenced),
        ],
    );
    let told = |values: &str| check(&dir, &["a.yaml", "--cni-values", values]).1;
    assert!(codes(&told("bad.yaml")).contains(&"NP602"));
    let json = told("silenced.yaml");
    assert!(
        !codes(&json).contains(&"NP602") && !codes(&json).contains(&"NP108"),
        "{json:#}"
    );
    assert_eq!(json["summary"]["suppressed"], 1);
}
