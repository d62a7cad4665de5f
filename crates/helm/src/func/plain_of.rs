//! Between dynamic values and plain data, with the origins of every leaf.

use std::rc::Rc;

use super::plain::{Plain, Scalar, Written};
use super::util::MAX_DEPTH;
use crate::value::{Data, List, Map, Origin, Text, TextBuilder, Value};

/// Plain data and the texts or origins behind the numbers of its leaves.
#[derive(Debug)]
pub(super) struct Extract {
    /// The data.
    pub data: Plain,
    leaves: Vec<(Option<Text>, Origin)>,
}

/// What `encoding/json` would make of a value.
///
/// # Errors
/// Infinite numbers, NaN, and data that contains itself, in the words of `encoding/json`.
pub(super) fn extract(value: &Value) -> Result<Extract, String> {
    let mut leaves = Vec::new();
    let data = plain(value, &mut leaves, 0)?;
    Ok(Extract { data, leaves })
}

fn plain(
    value: &Value,
    leaves: &mut Vec<(Option<Text>, Origin)>,
    depth: usize,
) -> Result<Plain, String> {
    if depth > MAX_DEPTH {
        return Err(format!(
            "json: unsupported value: encountered a cycle via {}",
            value.type_name()
        ));
    }
    let scalar = match &value.data {
        Data::List(list) if list.is_nil() => Scalar::Null,
        Data::List(list) => {
            let items: Result<_, _> = list
                .items()
                .iter()
                .map(|item| plain(item, leaves, depth + 1))
                .collect();
            return Ok(Plain::List(items?));
        }
        Data::Map(map) => {
            let entries: Result<_, String> = map
                .entries()
                .iter()
                .map(|(key, item)| Ok((key.to_string(), plain(item, leaves, depth + 1)?)))
                .collect();
            return Ok(Plain::Map(entries?));
        }
        Data::Object(object) => return plain(&object.to_value(), leaves, depth + 1),
        Data::Null => Scalar::Null,
        Data::Bool(flag) => Scalar::Bool(*flag),
        Data::Int(number, _) => Scalar::Int(*number),
        Data::Float(number) if !number.is_finite() => {
            let shown = super::number::format_float(*number);
            return Err(format!("json: unsupported value: {shown}"));
        }
        Data::Float(number) => Scalar::Float(*number),
        Data::Str(text) => Scalar::Str(text.as_str().to_owned()),
        Data::Bytes(bytes) => Scalar::Str(data_encoding::BASE64.encode(bytes)),
    };
    let text = value.text();
    if value.origin.is_none() && text.as_ref().is_none_or(Text::is_unmarked) {
        return Ok(Plain::Leaf(scalar, None));
    }
    leaves.push((text, value.origin));
    Ok(Plain::Leaf(scalar, Some(leaves.len() - 1)))
}

impl Extract {
    /// A written text with the leaves' origins as marks.
    pub(super) fn mark(&self, written: &Written) -> Text {
        let mut out = TextBuilder::new();
        let mut end = 0;
        for (range, leaf) in &written.leaves {
            let Some((text, origin)) = self.leaves.get(*leaf) else {
                continue;
            };
            out.push_str(written.text.get(end..range.start).unwrap_or_default());
            let shown = written.text.get(range.clone()).unwrap_or_default();
            match text {
                Some(text) if text.as_str() == shown => out.push(text),
                Some(text) => {
                    out.push_from(shown, text.origins().next().unwrap_or(*origin));
                }
                None => out.push_from(shown, *origin),
            }
            end = range.end;
        }
        out.push_str(written.text.get(end..).unwrap_or_default());
        out.finish()
    }
}

/// A dynamic value from plain data.
pub(super) fn to_value(data: Plain) -> Value {
    match data {
        Plain::Leaf(Scalar::Null, _) => Value::NULL,
        Plain::Leaf(Scalar::Bool(flag), _) => flag.into(),
        Plain::Leaf(Scalar::Int(number), _) => Value::int(number),
        Plain::Leaf(Scalar::Float(number), _) => number.into(),
        Plain::Leaf(Scalar::Str(text), _) => text.into(),
        Plain::List(items) => items.into_iter().map(to_value).collect::<List>().into(),
        Plain::Map(entries) => {
            let map: Map = entries
                .into_iter()
                .map(|(key, item)| (Rc::<str>::from(key), to_value(item)))
                .collect();
            map.into()
        }
    }
}
