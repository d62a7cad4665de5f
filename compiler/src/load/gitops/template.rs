//! The placeholders of an ApplicationSet's template: `{{name}}`, or Go's templates with
//! `goTemplate: true`.

use netpol_helm::exec::{Executor, Settings};
use netpol_helm::value::{List, Map, Origins, Value as HelmValue};
use serde_json::Value;

/// Fills in every text of a template.
///
/// # Errors
/// A text is no Go template, or it fails.
pub(super) fn fill(template: &Value, parameters: &Value, go: bool) -> Result<Value, String> {
    Ok(match template {
        Value::String(text) if text.contains("{{") => Value::String(if go {
            by_go(text, parameters)?
        } else {
            plain(text, parameters)
        }),
        Value::Array(items) => {
            let items = items.iter().map(|item| fill(item, parameters, go));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| Ok((key.clone(), fill(value, parameters, go)?)));
            Value::Object(entries.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

/// `{{ a.b }}` is the parameter `a.b`; one that is not there is left as it stands (fasttemplate).
fn plain(text: &str, parameters: &Value) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, behind)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        if let Some(value) = parameter(parameters, name.trim()) {
            out.push_str(&value);
        } else {
            out.push_str("{{");
            out.push_str(name);
            out.push_str("}}");
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// A parameter by its name, which may hold dots itself.
fn parameter(parameters: &Value, name: &str) -> Option<String> {
    let found = parameters.get(name).or_else(|| {
        let (head, rest) = name.split_once('.')?;
        rest.split('.')
            .try_fold(parameters.get(head)?, |value, key| value.get(key))
    })?;
    match found {
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

fn by_go(text: &str, parameters: &Value) -> Result<String, String> {
    let mut executor = Executor::new(Settings::default(), Origins::new());
    executor
        .parse("template", text)
        .map_err(|error| error.to_string())?;
    let written = executor.run("template", &as_value(parameters));
    written
        .map(|text| text.as_str().to_owned())
        .map_err(|error| error.helm_message())
}

fn as_value(value: &Value) -> HelmValue {
    match value {
        Value::Null => HelmValue::NULL,
        Value::Bool(flag) => HelmValue::from(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => HelmValue::int64(whole),
            None => HelmValue::from(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => HelmValue::str(text),
        Value::Array(items) => List::new(items.iter().map(as_value).collect()).into(),
        Value::Object(map) => {
            let out = Map::new();
            for (key, value) in map {
                out.set(key.as_str(), as_value(value));
            }
            out.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn placeholders_are_filled_in_both_ways() {
        let parameters =
            json!({"name": "web", "path": {"basename": "a"}, "path.x": "dotted", "n": 3});
        let plainly = json!({"a": "{{name}}-{{ path.basename }}-{{path.x}}-{{gone}}-{{n}}"});
        let filled = fill(&plainly, &parameters, false).unwrap();
        assert_eq!(filled, json!({"a": "web-a-dotted-{{gone}}-3"}));
        let go = json!(["{{ .name | upper }}/{{ .path.basename }}"]);
        assert_eq!(fill(&go, &parameters, true).unwrap(), json!(["WEB/a"]));
        assert!(fill(&json!("{{ .name"), &parameters, true).is_err());
    }
}
