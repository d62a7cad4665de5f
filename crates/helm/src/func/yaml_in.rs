//! Reading YAML as `sigs.k8s.io/yaml` does, with the marks of the text that was read.

use std::rc::Rc;

use netpol_yaml::{Kind, Limits, NodeRef, parse};

use super::util::int_to_float;
use crate::value::{List, Map, Origin, Text, Value};

/// The first document of a text; numbers are `float64`, as they come out of JSON.
///
/// # Errors
/// A message in the manner of the original; the wording of the reason is the reader's own.
pub(crate) fn parse_yaml(text: &Text) -> Result<Value, String> {
    let parsed = parse(text.as_str(), &Limits::default());
    if let Some(problem) = parsed
        .diagnostics
        .iter()
        .find(|found| !found.kind.is_strict_only())
    {
        return Err(format!(
            "error converting YAML to JSON: yaml: {}",
            problem.message
        ));
    }
    match parsed
        .documents
        .iter()
        .find(|document| !document.is_empty())
    {
        Some(document) => Ok(value_of(document.root(), text)),
        None => Ok(Value::NULL),
    }
}

fn value_of(node: NodeRef<'_>, text: &Text) -> Value {
    let span = node.span().range();
    match node.kind() {
        Kind::Sequence => node
            .items()
            .map(|item| value_of(item, text))
            .collect::<List>()
            .into(),
        Kind::Mapping => {
            let map: Map = node
                .entries()
                .map(|(key, item)| {
                    (
                        Rc::<str>::from(key.scalar_text().unwrap_or_default()),
                        value_of(item, text),
                    )
                })
                .collect();
            map.into()
        }
        Kind::Null => Value::NULL.with_origin(origin_of(text, span)),
        Kind::Bool => {
            Value::from(node.as_bool().unwrap_or_default()).with_origin(origin_of(text, span))
        }
        Kind::Integer => {
            let number = node
                .as_i64()
                .map_or_else(|| node.as_f64().unwrap_or(0.0), int_to_float);
            Value::from(number).with_origin(origin_of(text, span))
        }
        Kind::Float => Value::from(node.as_f64().unwrap_or(0.0)).with_origin(origin_of(text, span)),
        Kind::String => {
            let value = node.as_str().unwrap_or_default();
            let origin = origin_of(text, span.clone());
            let shown = if span.is_empty() {
                Text::default()
            } else {
                text.slice(span)
            };
            let own = if shown.as_str() == value {
                shown
            } else {
                Text::with_origin(value, origin)
            };
            Value::from(own).with_origin(origin)
        }
    }
}

fn origin_of(text: &Text, span: std::ops::Range<usize>) -> Origin {
    if text.is_unmarked() {
        return Origin::NONE;
    }
    text.marks(span)
        .map(|mark| mark.origin)
        .find(|origin| !origin.is_none())
        .unwrap_or(Origin::NONE)
}
