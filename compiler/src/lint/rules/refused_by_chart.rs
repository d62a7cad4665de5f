//! NP603: CNI values with which the chart does not render: its schema refuses a type, or its
//! templates a combination. `helm upgrade` fails, and the cluster keeps what it had.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::cni::chart::{Fact, Standing};
use crate::lint::cni::contradiction::{self, Class};
use crate::lint::cni::{Merged, text};
use crate::lint::context::Context;
use crate::model::CniValue;
use netpol_helm::values::type_of;
use serde_json::Value;

/// Finds them: one finding per value of a wrong type, one per combination.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let Some(values) = Merged::of(context) else {
        return Vec::new();
    };
    let mut found: Vec<Finding> = values
        .leaves()
        .filter_map(|(leaf, value)| wrong_type(&values, leaf, value, rule))
        .collect();
    found.extend(contradiction::tell(&values, Class::Chart, rule));
    found
}

/// `values.schema.json` checks the types of all keys that `values.yaml` has.
fn wrong_type(values: &Merged<'_>, leaf: &str, value: &CniValue, rule: &Rule) -> Option<Finding> {
    // Null takes the default away before the schema is asked.
    if value.value.is_null() || !values.is_known(leaf) {
        return None;
    }
    let object = [String::from("object")];
    let (key, wanted, given): (&str, &[String], &str) = match values.tree.standing(leaf) {
        Standing::Leaf(fact) if !takes(fact, &value.value) => {
            (leaf, &fact.types, type_of(&value.value))
        }
        Standing::Branch if !value.value.is_object() => (leaf, &object, type_of(&value.value)),
        Standing::Below(ref above, fact) => {
            let above = leaf.get(..above.len()).unwrap_or(leaf);
            (above, &fact.types, "object")
        }
        _ => return None,
    };
    let wanted: Vec<&str> = wanted
        .iter()
        .map(|t| word(t))
        .filter(|t| !t.is_empty())
        .collect();
    let wanted = match wanted.as_slice() {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [before @ .., last] => format!("{} or {last}", before.join(", ")),
    };
    let given = word(given);
    let at = if key == leaf {
        value.at
    } else {
        values.key_place(key)?
    };
    let mut finding = rule
        .finding(format!("`{key}` takes {wanted}, not {given}"))
        .at(at, "the chart's schema refuses this")
        .note(values.judged_by())
        .help(help(values, leaf, &value.value, &wanted));
    finding.object = Some(format!("values/{key}"));
    Some(finding)
}

fn takes(fact: &Fact, value: &Value) -> bool {
    let kind = type_of(value);
    let whole = value.as_f64().is_some_and(|n| n.fract() == 0.0);
    fact.types.iter().any(|wanted| match wanted.as_str() {
        "any" => true,
        "number" => value.is_number(),
        "integer" => kind == "integer" || whole,
        wanted => wanted == kind,
    })
}

/// A type of JSON Schema for people.
fn word(kind: &str) -> &str {
    match kind {
        "null" => "",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "array" => "a list",
        "object" => "a mapping",
        other => other,
    }
}

fn help(values: &Merged<'_>, leaf: &str, value: &Value, wanted: &str) -> String {
    let enabled = format!("{leaf}.enabled");
    if value.is_boolean() && matches!(values.tree.standing(&enabled), Standing::Leaf(_)) {
        return format!("write `{enabled}`");
    }
    match text(value) {
        Some(text) if value.is_string() && wanted == "true or false" => {
            format!("take the quotes away from `{text}`: `true` and `false` stand without")
        }
        Some(text) if value.is_string() && text.parse::<f64>().is_ok() => {
            format!("take the quotes away from `{text}`")
        }
        Some(text) if wanted == "a text" => format!("put `{text}` in quotes"),
        _ => format!("write {wanted}"),
    }
}
