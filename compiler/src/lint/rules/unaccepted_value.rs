//! NP602: a CNI value outside of what is accepted. The chart's schema takes any text for most
//! keys, and what happens then ranges from "the agent does not start" to "means the default".

use crate::finding::Finding;
use crate::lint::cni::{self, Accepted};
use crate::lint::context::Context;
use crate::lint::{Rule, nearest, words};
use crate::model::CniValue;
use serde_json::Value;

/// Finds them: one finding per value.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let Some(values) = &context.model.cni else {
        return Vec::new();
    };
    let rows = cni::table().accepted.iter();
    let told = rows.filter_map(|row| tell(rule, row, cni::value(values, &row.key)?));
    told.collect()
}

fn tell(rule: &Rule, row: &Accepted, value: &CniValue) -> Option<Finding> {
    let bad = match &value.value {
        Value::Array(items) => items.iter().find_map(|item| refused(row, item))?,
        single => refused(row, single)?,
    };
    let quoted: Vec<String> = row
        .values
        .iter()
        .map(|v| format!("`{}`", shown(v)))
        .collect();
    let accepted = match row.range {
        Some([from, to]) => format!("{from} to {to}"),
        None => words::some_of(&quoted, usize::MAX - 1),
    };
    let near = nearest::word(&bad, row.values.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`? accepted: {accepted}"),
        None => format!("accepted: {accepted}"),
    };
    let key = &row.key;
    let mut finding = rule
        .finding(format!("`{key}` does not accept `{bad}`"))
        .at(value.at, row.otherwise.clone())
        .note(format!("source: {}", row.source))
        .help(help);
    finding.severity = row.severity.into();
    finding.object = Some(format!("values/{key}"));
    Some(finding)
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

/// The value as text when it is none of the accepted ones. Lists, maps and null are no texts.
fn refused(row: &Accepted, value: &Value) -> Option<String> {
    let text = cni::text(value)?;
    let fine = match row.range {
        None => row.values.contains(&text),
        Some([from, to]) => {
            let number = text.parse::<f64>();
            number.is_ok_and(|n| (from..=to).contains(&n))
        }
    };
    (!fine).then_some(text)
}
