//! Values as JSON, for the schema.

use serde_json::{Map as JsonMap, Number, Value as Json};

use crate::value::{Data, Value};

/// Deeper values are cut: nothing reads values as deep as that.
const MAX_DEPTH: usize = 300;

/// The value as Helm's JSON of it: `3.0` is `3`.
pub(crate) fn to_json(value: &Value) -> Json {
    convert(value, 0)
}

fn convert(value: &Value, depth: usize) -> Json {
    if depth > MAX_DEPTH {
        return Json::Null;
    }
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(flag) => Json::Bool(*flag),
        Data::Int(number, _) => Json::from(*number),
        Data::Float(number) => float(*number),
        Data::Str(text) => Json::from(text.as_str()),
        Data::Bytes(bytes) => Json::from(String::from_utf8_lossy(bytes)),
        Data::List(list) => {
            let mut items = Vec::with_capacity(list.len());
            list.each(|_, item| items.push(convert(item, depth + 1)));
            Json::Array(items)
        }
        Data::Map(map) => {
            let mut entries = JsonMap::with_capacity(map.len());
            map.each(|key, value| {
                entries.insert(key.to_string(), convert(value, depth + 1));
            });
            Json::Object(entries)
        }
        Data::Object(object) => convert(&object.to_value(), depth + 1),
    }
}

fn float(number: f64) -> Json {
    // Every integer that a float64 holds exactly is written without a fraction.
    if number.fract() == 0.0
        && number.abs() < 1e18
        && let Ok(integer) = format!("{number:.0}").parse::<i64>()
    {
        return Json::from(integer);
    }
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}
