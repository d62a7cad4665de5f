//! `toYaml`, `fromYaml`, `toJson`, `fromJson` and their variants.

use super::json_in::parse_json;
use super::json_out::{Layout, to_json};
use super::plain_of::{extract, to_value};
use super::toml_in::parse_toml;
use super::toml_out::to_toml;
use super::util::{Out, arity};
use super::yaml_in::parse_yaml;
use super::yaml_out::{to_pretty_yaml, to_yaml};
use super::{Call, Func, FuncError, Param};
use crate::value::{Data, List, Map, Text, Value};

use Param::{Any, Str};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("toYaml", &[Any], |call, args| {
        let [value] = args else { return Err(arity()) };
        call.read(value);
        let text = yaml_of(value);
        call.spend(text.len())?;
        Ok(text.into())
    }),
    Func::new("toYamlPretty", &[Any], |call, args| {
        let [value] = args else { return Err(arity()) };
        call.read(value);
        let text = pretty_yaml_of(value);
        call.spend(text.len())?;
        Ok(text.into())
    }),
    Func::new("toJson", &[Any], |call, args| {
        json(call, args, Layout::Compact).or_else(empty)
    }),
    Func::new("mustToJson", &[Any], |call, args| {
        json(call, args, Layout::Compact)
    }),
    Func::new("toPrettyJson", &[Any], |call, args| {
        json(call, args, Layout::Pretty).or_else(empty)
    }),
    Func::new("mustToPrettyJson", &[Any], |call, args| {
        json(call, args, Layout::Pretty)
    }),
    Func::new("toRawJson", &[Any], |call, args| {
        json(call, args, Layout::Raw)
    }),
    Func::new("mustToRawJson", &[Any], |call, args| {
        json(call, args, Layout::Raw)
    }),
    Func::new("fromYaml", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        Ok(decoded(
            parse_yaml(&Call::text(text)),
            Wanted::Map,
            "error unmarshaling JSON: while decoding JSON: ",
        ))
    }),
    Func::new("fromYamlArray", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        Ok(decoded(
            parse_yaml(&Call::text(text)),
            Wanted::List,
            "error unmarshaling JSON: while decoding JSON: ",
        ))
    }),
    Func::new("fromJson", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        Ok(decoded(read_json(&Call::text(text)), Wanted::Map, ""))
    }),
    Func::new("fromJsonArray", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        Ok(decoded(read_json(&Call::text(text)), Wanted::List, ""))
    }),
    Func::new("mustFromJson", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        read_json(&Call::text(text)).map_err(FuncError::new)
    }),
    Func::new("toToml", &[Any], |call, args| {
        let [value] = args else { return Err(arity()) };
        if value.is_null() {
            return Err("reflect: call of reflect.Value.Type on zero Value".into());
        }
        call.read(value);
        // What cannot be written is said in place of the text.
        let text = extract(value).and_then(|extract| to_toml(&extract.data));
        Ok(text.unwrap_or_else(|message| message).into())
    }),
    Func::new("fromToml", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        Ok(decoded(parse_toml(&Call::text(text)), Wanted::Map, ""))
    }),
];

/// Helm's `toYaml`: without the final line break, and empty where YAML cannot hold the value.
pub(crate) fn yaml_of(value: &Value) -> Text {
    let Ok(extract) = extract(value) else {
        return Text::default();
    };
    let Some(written) = to_yaml(&extract.data) else {
        return Text::default();
    };
    without_line_break(extract.mark(&written))
}

/// Helm's `toYamlPretty`: lists are indented under their keys.
fn pretty_yaml_of(value: &Value) -> Text {
    let Ok(extract) = extract(value) else {
        return Text::default();
    };
    without_line_break(extract.mark(&to_pretty_yaml(&extract.data)))
}

fn without_line_break(text: Text) -> Text {
    match text.as_str().strip_suffix('\n') {
        Some(body) => text.part(body),
        None => text,
    }
}

fn json(call: &mut Call<'_>, args: &[Value], layout: Layout) -> Out {
    let [value] = args else { return Err(arity()) };
    call.read(value);
    let extract = extract(value)?;
    let text = extract.mark(&to_json(&extract.data, layout));
    call.spend(text.len())?;
    Ok(text.into())
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that `or_else` wants")]
fn empty(_: FuncError) -> Out {
    Ok("".into())
}

fn read_json(text: &Text) -> Result<Value, String> {
    let value = to_value(parse_json(text)?);
    let mut origins = text.origins();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => Ok(value.with_origin(origin)),
        _ => Ok(value),
    }
}

/// What a decoding function gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Map,
    List,
}

/// The value if it is of the wanted kind; else what Helm gives instead of an error: a map with
/// the key `Error`, or a list of the message alone.
fn decoded(read: Result<Value, String>, wanted: Wanted, context: &str) -> Value {
    let message = match read {
        Ok(value) => match (&value.data, wanted) {
            (Data::Map(_), Wanted::Map) | (Data::List(_), Wanted::List) => return value,
            (Data::Null, Wanted::Map) => return Map::new().into(),
            (Data::Null, Wanted::List) => return List::new(Vec::new()).into(),
            _ => {
                let found = match &value.data {
                    Data::Map(_) => "object",
                    Data::List(_) => "array",
                    Data::Bool(_) => "bool",
                    Data::Str(_) => "string",
                    _ => "number",
                };
                let wanted = if wanted == Wanted::Map {
                    "map[string]interface {}"
                } else {
                    "[]interface {}"
                };
                format!("{context}json: cannot unmarshal {found} into Go value of type {wanted}")
            }
        },
        Err(message) => message,
    };
    match wanted {
        Wanted::Map => {
            let map = Map::new();
            map.set("Error", message);
            map.into()
        }
        Wanted::List => List::new(vec![message.into()]).into(),
    }
}
