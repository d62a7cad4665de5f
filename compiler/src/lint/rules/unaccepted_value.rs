//! NP602: a CNI value outside of what is accepted. The chart's schema takes any text for most
//! keys, and what happens then ranges from "the agent does not start" to "means the default".

use crate::finding::{Edit, Finding};
use crate::lint::cni::{self, Accepted, Merged};
use crate::lint::context::Context;
use crate::lint::{Rule, nearest, words};
use crate::model::CniValue;
use serde_json::Value;

/// Finds them: one finding per value.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let Some(values) = Merged::of(context) else {
        return Vec::new();
    };
    let version = values.tree.version;
    let rows = cni::table().accepted.iter();
    let rows = rows.filter(|row| {
        let from = row.since.is_none_or(|since| since <= version);
        from && row.until.is_none_or(|until| version <= until)
    });
    let rows = rows.filter(|row| values.is_known(&row.key));
    let told = rows.filter_map(|row| tell(rule, row, values.given(&row.key)?));
    told.collect()
}

fn tell(rule: &Rule, row: &Accepted, value: &CniValue) -> Option<Finding> {
    let bad = match &value.value {
        Value::Array(items) => items.iter().find_map(|item| refused(row, item))?,
        single => refused(row, single)?,
    };
    let near = nearest::word(&bad, row.values.iter().map(String::as_str));
    let accepted = accepted(row);
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
    // Within a list the place of the item is not known.
    if let Some(near) = near.filter(|_| !value.value.is_array()) {
        finding.edits.push(Edit {
            at: value.at,
            replacement: near.to_owned(),
        });
    }
    finding.severity = row.severity.into();
    finding.object = Some(format!("values/{key}"));
    Some(finding)
}

/// What is accepted, for people.
fn accepted(row: &Accepted) -> String {
    if let Some([from, to]) = row.range {
        return format!("{from} to {to}");
    }
    if let Some(shape) = row.shape {
        return shape.describe().to_owned();
    }
    let shown = |value: &String| match value.as_str() {
        "" => "`\"\"`".to_owned(),
        value => format!("`{value}`"),
    };
    let quoted: Vec<String> = row.values.iter().map(shown).collect();
    words::some_of(&quoted, usize::MAX - 1)
}

/// The value as text when it is none of the accepted ones. Lists, maps and null are no texts.
fn refused(row: &Accepted, value: &Value) -> Option<String> {
    let text = cni::text(value)?;
    let fine = if let Some([from, to]) = row.range {
        let number = text.parse::<f64>();
        number.is_ok_and(|n| (from..=to).contains(&n))
    } else if let Some(shape) = row.shape {
        // An empty text is "not set".
        text.is_empty() || shape.fits(&text)
    } else {
        let read = if row.fold_case {
            text.to_lowercase()
        } else {
            text.clone()
        };
        row.values.contains(&read)
    };
    (!fine).then_some(text)
}
