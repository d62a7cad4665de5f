//! Charts as input: rendered as Helm renders them, and every answer with its template line and the
//! leaf of the values.

use crate::support::{assert_form, dir, in_dir, netpolc, write};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    in_dir(&root(), args)
}

/// Where a text stands in a file of the repository, from 1.
fn line_of(file: &str, text: &str) -> u64 {
    let content = std::fs::read_to_string(root().join(file)).unwrap();
    let found = content.lines().position(|line| line.contains(text));
    u64::try_from(found.unwrap()).unwrap() + 1
}

/// The expected texts were recorded from the real helm (`crates/helm/tests/charts/record.py`).
#[test]
fn render_prints_what_helm_prints() {
    let charts = "crates/helm/tests/charts";
    let cases = std::fs::read_to_string(root().join(charts).join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let chart = format!("{charts}/{}", case["chart"].as_str().unwrap());
        let mut args = vec!["render", chart.as_str()];
        for set in case["set"].as_array().into_iter().flatten() {
            args.extend(["--set", set.as_str().unwrap()]);
        }
        if case["crds"] == Value::Bool(true) {
            args.push("--include-crds");
        }
        let expected = root().join(charts).join(format!("expected/{name}.yaml"));
        let expected = std::fs::read_to_string(expected).unwrap();
        let (_, out, err) = run(&args);
        if name == "functions" {
            // It prints random texts too, so it is compared where it is recorded.
            assert!(out.starts_with("---\n# Source: functions/"), "{err}");
            continue;
        }
        assert!(out == expected, "{name} differs\n{err}");
    }
}

#[test]
fn a_rule_leads_to_its_template_line_and_its_values() {
    let (code, out, err) = run(&[
        "query",
        "default/batch",
        "default/web",
        "--port",
        "TCP/8080",
        "--why",
        "--format",
        "json",
        "--release-name",
        "web",
        "-f",
        "policies-examples/charts/values/opened.yaml",
        "policies-examples/charts/web",
        "policies-examples/charts/gateway.yaml",
    ]);
    assert_eq!(code, Some(0), "{out}{err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_form(&json, "query.v1.json", None);
    let ingress = &json["answers"][0]["ingress"];
    let template = "policies-examples/charts/web/templates/networkpolicy.yaml";
    assert_eq!(ingress["file"], template);
    assert_eq!(ingress["line"], line_of(template, "- from:"));
    let values = ingress["values"].as_array().unwrap();
    let place = |path: &str| {
        let found = values.iter().find(|value| value["value"] == path);
        let found = found.unwrap_or_else(|| panic!("{path} is not in {values:?}"));
        (
            found["file"].as_str().unwrap().to_owned(),
            found["line"].as_u64().unwrap(),
        )
    };
    let given = "policies-examples/charts/values/opened.yaml";
    let own = "policies-examples/charts/web/values.yaml";
    assert_eq!(
        place("networkPolicy.allowFrom.1.app"),
        (given.to_owned(), line_of(given, "- app: batch"))
    );
    assert_eq!(place("port"), (own.to_owned(), line_of(own, "port: 8080")));
    // Nothing shows the switch; it decides that the rule is there.
    assert_eq!(
        place("networkPolicy.enabled"),
        (own.to_owned(), line_of(own, "enabled: true"))
    );
}

#[test]
fn a_bundle_keeps_the_values_of_its_rules() {
    let bundle = dir("chart-bundle").join("web.npb");
    let bundle = bundle.to_str().unwrap();
    let (code, out, err) = run(&[
        "build",
        "policies-examples/charts/web",
        "policies-examples/charts/gateway.yaml",
        "-o",
        bundle,
    ]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (_, out, _) = run(&["inspect", bundle, "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_form(&json, "inspect.v1.json", None);
    let rules = json["rules"].as_array().unwrap();
    let places: Vec<&Value> = rules
        .iter()
        .flat_map(|r| r["places"].as_array().unwrap())
        .collect();
    assert!(
        places
            .iter()
            .any(|p| p["value"] == "networkPolicy.allowFrom.0.app"),
        "{places:?}"
    );
}

#[test]
fn the_difference_of_two_values_files_is_the_leaf_that_makes_it() {
    let dir = dir("values-diff");
    let base = "replicas: 3\nport: 8080\n";
    write(&dir.join("a.yaml"), base);
    write(
        &dir.join("b.yaml"),
        &format!(
            "replicas: 5\nport: 8080\nnetworkPolicy:\n  enabled: false\n{}",
            "podLabels: {}\n"
        ),
    );
    let (a, b) = (dir.join("a.yaml"), dir.join("b.yaml"));
    let (code, out, err) = run(&[
        "diff",
        a.to_str().unwrap(),
        b.to_str().unwrap(),
        "--chart",
        "policies-examples/charts/web",
        "--with",
        "policies-examples/charts/gateway.yaml",
        "--format",
        "json",
    ]);
    assert_eq!(code, Some(1), "{out}{err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_form(&json, "diff.v1.json", None);
    let edits = json["edits"].as_array().unwrap();
    for change in json["changes"].as_array().unwrap() {
        let causes = change["causes"].as_array().unwrap();
        assert_eq!(change["proof"], "alone", "{change}");
        assert_eq!(causes.len(), 1, "{change}");
        let edit = usize::try_from(causes[0]["edit"].as_u64().unwrap()).unwrap();
        assert_eq!(edits[edit]["name"], "networkPolicy.enabled");
        assert_eq!(edits[edit]["after"]["line"], 4);
    }
}

#[test]
fn values_need_a_chart_that_they_can_be_for() {
    let dir = dir("values-for-whom");
    for chart in ["one", "two"] {
        write(
            &dir.join(format!("{chart}/Chart.yaml")),
            &format!("apiVersion: v2\nname: {chart}\nversion: 1.0.0\n"),
        );
        write(&dir.join(format!("{chart}/templates/NOTES.txt")), "");
    }
    write(&dir.join("v.yaml"), "a: 1\n");
    let (code, _, err) = in_dir(&dir, &["check", ".", "-f", "v.yaml"]);
    assert_eq!(code, Some(2));
    let (_, out, _) = in_dir(&dir, &["check", ".", "-f", "v.yaml", "--format", "concise"]);
    assert!(
        format!("{out}{err}").contains("2 charts lie in these directories"),
        "{out}{err}"
    );
    let (code, out, err) = in_dir(
        &dir,
        &["check", "one", "-f", "v.yaml", "--format", "concise"],
    );
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("v.yaml:1:1: NP201"), "{out}");
}

#[test]
fn a_target_renders_its_charts_with_its_values() {
    let dir = dir("chart-targets");
    let chart = root().join("policies-examples/charts/web");
    for file in [
        "Chart.yaml",
        "values.yaml",
        "templates/_helpers.tpl",
        "templates/deployment.yaml",
        "templates/networkpolicy.yaml",
    ] {
        let text = std::fs::read_to_string(chart.join(file)).unwrap();
        write(&dir.join("web").join(file), &text);
    }
    write(&dir.join("closed.yaml"), "networkPolicy: {allowFrom: []}\n");
    write(
        &dir.join("netpolc.toml"),
        "[[target]]\nname = \"own\"\n[[target.charts]]\npath = \"web\"\nrelease-name = \"web\"\nnamespace = \"a\"\n\n\
         [[target]]\nname = \"off\"\n[[target.charts]]\npath = \"web\"\nvalues = [\"off.yaml\"]\nrelease-name = \"web\"\n",
    );
    write(&dir.join("off.yaml"), "networkPolicy: {enabled: false}\n");
    let ask = |target: &str, to: &str| {
        let port = ["--port", "TCP/8080", "--target", target];
        let mut args = vec!["query", "world", to];
        args.extend(port);
        in_dir(&dir, &args).0
    };
    assert_eq!(ask("own", "a/web"), Some(1));
    assert_eq!(ask("off", "default/web"), Some(0));
}

#[test]
fn random_texts_and_refusals_are_told_at_their_lines() {
    let ended = netpolc([
        "check",
        "--format",
        "concise",
        "--fail-on",
        "error",
        root()
            .join("policies-examples/lints/NP203/bad/chart")
            .to_str()
            .unwrap(),
        "-f",
        root()
            .join("policies-examples/lints/NP203/bad/values.yaml")
            .to_str()
            .unwrap(),
    ]);
    assert!(ended.stdout.contains("NP203"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("must name who may call"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_misspelt_value_is_renamed_in_its_file() {
    let dir = dir("values-fix");
    let bad = root().join("policies-examples/lints/NP201/bad");
    for file in [
        "chart/Chart.yaml",
        "chart/values.yaml",
        "chart/templates/policy.yaml",
        "chart/templates/pods.yaml",
    ] {
        write(
            &dir.join(file),
            &std::fs::read_to_string(bad.join(file)).unwrap(),
        );
    }
    // The port of the policy and of the pod is the same one, so that nothing is cut off by it.
    write(
        &dir.join("values.yaml"),
        "networkPolicy:\n  prot: 9090 # for now\n",
    );
    let args = ["check", "chart", "-f", "values.yaml", "--unsafe-fixes"];
    let (_, out, err) = in_dir(&dir, &[&args[..], &["--fix"]].concat());
    let text = std::fs::read_to_string(dir.join("values.yaml")).unwrap();
    assert_eq!(
        text, "networkPolicy:\n  port: 9090 # for now\n",
        "{out}{err}"
    );
    let (code, out, err) = in_dir(
        &dir,
        &["check", "chart", "-f", "values.yaml", "--fail-on", "note"],
    );
    assert_eq!(code, Some(0), "{out}{err}");
}

#[test]
fn a_key_is_never_renamed_to_one_that_stands_beside_it() {
    let dir = dir("values-twice");
    let bad = root().join("policies-examples/lints/NP201/bad");
    for file in [
        "chart/Chart.yaml",
        "chart/values.yaml",
        "chart/templates/policy.yaml",
        "chart/templates/pods.yaml",
    ] {
        let text = std::fs::read_to_string(bad.join(file)).unwrap();
        write(&dir.join(file), &text);
    }
    let text = "networkPolicy:\n  prot: 9090\n  port: 9091\n";
    write(&dir.join("values.yaml"), text);
    let args = ["check", "chart", "-f", "values.yaml", "--select", "NP2"];
    let more = ["--fix", "--unsafe-fixes"];
    let (_, out, err) = in_dir(&dir, &[&args[..], &more[..]].concat());
    let after = std::fs::read_to_string(dir.join("values.yaml")).unwrap();
    assert_eq!(after, text, "{out}{err}");
    assert!(out.contains("merge it into line 3"), "{out}");
    // Given twice, the later one counts, and nobody else says so.
    let twice = "networkPolicy:\n  port: 9090\nnetworkPolicy: {}\n";
    write(&dir.join("values.yaml"), twice);
    let args = ["check", "chart", "-f", "values.yaml", "--format", "concise"];
    let (code, out, err) = in_dir(&dir, &args);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("values.yaml:3:1: NP104 [warning]"), "{out}");
}

#[test]
fn charts_that_depend_on_each_other_are_taken_so_often_and_no_more() {
    let dir = dir("charts-many");
    std::fs::create_dir_all(dir.join(".git")).unwrap();
    let chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n\
                 - {name: a, version: 1.0.0, repository: \"file://.\"}\n\
                 - {name: b, version: 1.0.0, repository: \"file://.\"}\n\
                 - {name: d, version: 1.0.0, repository: \"file://.\"}\n";
    write(&dir.join("c/Chart.yaml"), chart);
    let (_, out, err) = in_dir(&dir, &["check", ".", "--format", "concise"]);
    assert!(
        out.contains("depends on more than 256 charts"),
        "{out}{err}"
    );
    assert!(out.matches("the dependency `a`").count() <= 1, "{out}");
}

#[test]
fn values_that_become_secrets_are_never_shown() {
    let dir = dir("values-secret");
    write(
        &dir.join("c/Chart.yaml"),
        "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    );
    write(
        &dir.join("c/templates/all.yaml"),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: {{ .Values.auth.phrase }}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: c}]}\n---\n\
         apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n}\nspec: {podSelector: {}, ingress: [{ports: [{port: {{ .Values.port }}}]}]}\n",
    );
    write(&dir.join("a.yaml"), "auth: {phrase: hunter2}\nport: 80\n");
    write(
        &dir.join("b.yaml"),
        "auth: {phrase: hunter3}\nport: 81\nmyToken: hunter4\n",
    );
    for format in ["text", "json", "markdown"] {
        let (code, out, err) = in_dir(
            &dir,
            &[
                "diff", "a.yaml", "b.yaml", "--chart", "c", "--format", format,
            ],
        );
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(
            out.contains("81") && !out.contains("hunter"),
            "{format}: {out}"
        );
    }
}
