//! The engine against what the real helm made of the same templates.
//!
//! `tests/golden/recorded.json` was written by
//! `python3 crates/helm/tests/golden/record.py PATH-TO-HELM` with helm 3.17.3. The test itself
//! needs no helm.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use netpol_helm::exec::{Executor, Settings, on_large_stack};
use netpol_helm::value::{List, Map, Origins, Value};

const NAME: &str = "g/templates/_t.tpl";

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::NULL,
        serde_json::Value::Bool(flag) => (*flag).into(),
        serde_json::Value::Number(number) => number.as_f64().unwrap().into(),
        serde_json::Value::String(text) => Value::str(text),
        serde_json::Value::Array(items) => items.iter().map(value).collect::<List>().into(),
        serde_json::Value::Object(map) => map
            .iter()
            .map(|(key, item)| (key.as_str(), value(item)))
            .collect::<Map>()
            .into(),
    }
}

/// Templates whose data only a whole chart has.
fn needs_chart(template: &str) -> bool {
    [
        ".Chart",
        ".Capabilities",
        ".Release",
        ".Template",
        ".Files",
        "typeOf . ",
    ]
    .iter()
    .any(|name| template.contains(name))
}

fn ours(template: &str) -> (&'static str, String) {
    let json = serde_json::from_str(include_str!("golden/values.json")).unwrap();
    let dot: Map = [("Values", value(&json))].into_iter().collect();
    let mut executor = Executor::new(Settings::default(), Origins::new());
    if let Err(error) = executor.parse(NAME, template) {
        return ("error", error.to_string());
    }
    match executor.run(NAME, &dot.into()) {
        Ok(text) => ("text", text.as_str().to_owned()),
        Err(error) => match error.refusal() {
            Some(refusal) => ("error", refusal.to_owned()),
            None => ("error", error.to_string()),
        },
    }
}

/// What can be compared of an error: Helm cuts parse errors down to their last part, and a
/// refusal down to the message and the place in the template that was asked for.
fn same_error(recorded: &str, ours: &str) -> bool {
    if let Some(rest) = recorded.strip_prefix("parse error at (g/templates/_t.tpl:1): ") {
        return ours.starts_with("template: g/templates/_t.tpl:1") && ours.ends_with(rest);
    }
    if let Some((_, refusal)) = recorded.split_once("t.yaml:1:6): ") {
        return ours == refusal;
    }
    recorded == ours
}

#[test]
fn templates_give_what_helm_gives() {
    let recorded: Vec<[String; 3]> =
        serde_json::from_str(include_str!("golden/recorded.json")).unwrap();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for [template, kind, expected] in &recorded {
        if needs_chart(template) {
            continue;
        }
        compared += 1;
        let (our_kind, said) = on_large_stack(|| ours(template)).unwrap();
        let same = if kind == "text" {
            said == *expected
        } else {
            same_error(expected, &said)
        };
        if our_kind != kind || !same {
            wrong.push(format!(
                "{template}\n  helm: {kind} {expected}\n  ours: {our_kind} {said}"
            ));
        }
    }
    assert!(compared > 150, "only {compared} templates were compared");
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
