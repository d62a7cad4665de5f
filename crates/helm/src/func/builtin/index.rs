//! `index` and `len`.

use super::{Call, Out};
use crate::func::FuncError;
use crate::value::{Data, IntKind, MapType, Value};

fn items_of(value: &Value) -> Option<usize> {
    match &value.data {
        Data::Str(text) => Some(text.len()),
        Data::Bytes(bytes) => Some(bytes.len()),
        Data::List(list) => Some(list.len()),
        Data::Object(object) if object.kind() == "slice" => object.entries().map(|all| all.len()),
        _ => None,
    }
}

/// An index into something of this length.
fn position(index: &Value, len: usize) -> Result<usize, FuncError> {
    let number = match &index.data {
        Data::Int(number, _) => *number,
        Data::Null => return Err("cannot index slice/array with nil".into()),
        _ => {
            return Err(FuncError::new(format!(
                "cannot index slice/array with type {}",
                index.type_name()
            )));
        }
    };
    usize::try_from(number)
        .ok()
        .filter(|at| *at < len)
        .ok_or_else(|| FuncError::new(format!("index out of range: {number}")))
}

pub(super) fn index(call: &mut Call<'_>, args: &[Value]) -> Out {
    let Some((item, indexes)) = args.split_first() else {
        return Err("index of untyped nil".into());
    };
    if item.is_null() {
        return Err("index of untyped nil".into());
    }
    let mut item = item.clone();
    for index in indexes {
        item = one_index(call, &item, index)?;
        call.read(&item);
    }
    Ok(item)
}

fn one_index(call: &mut Call<'_>, item: &Value, index: &Value) -> Out {
    if item.is_null() {
        return Err("index of nil pointer".into());
    }
    if let Some(len) = items_of(item) {
        let at = position(index, len)?;
        let found = match &item.data {
            Data::Str(text) => text.as_bytes().get(at).map(|byte| byte_value(*byte)),
            Data::Bytes(bytes) => bytes.get(at).map(|byte| byte_value(*byte)),
            Data::List(list) => list.get(at),
            Data::Object(object) => object
                .entries()
                .and_then(|entries| entries.into_iter().nth(at))
                .map(|(_, value)| value),
            _ => None,
        };
        return Ok(found.unwrap_or_default());
    }
    let key = |index: &Value| match &index.data {
        Data::Str(text) => Ok(text.clone()),
        Data::Null => Err(FuncError::new("value is nil; should be of type string")),
        _ => Err(FuncError::new(format!(
            "value has type {}; should be string",
            index.type_name()
        ))),
    };
    match &item.data {
        Data::Map(map) => {
            let key = key(index)?;
            let found = map.get(&key);
            if found.is_none() {
                call.read_missing(item, &key);
            }
            let zero = match map.map_type() {
                MapType::Str => Value::str(""),
                _ => Value::NULL,
            };
            Ok(found.unwrap_or(zero))
        }
        Data::Object(object) if object.kind() == "map" => {
            Ok(object.field(&key(index)?).unwrap_or_default())
        }
        _ => Err(FuncError::new(format!(
            "can't index item of type {}",
            item.type_name()
        ))),
    }
}

fn byte_value(byte: u8) -> Value {
    Data::Int(i64::from(byte), IntKind::Uint8).into()
}

pub(super) fn len(call: &mut Call<'_>, args: &[Value]) -> Out {
    let Some(value) = args.first().filter(|value| !value.is_null()) else {
        return Err("len of nil pointer".into());
    };
    call.read(value);
    let len = match &value.data {
        Data::Map(map) => Some(map.len()),
        Data::Object(object) => object.entries().map(|entries| entries.len()),
        _ => items_of(value),
    };
    let Some(len) = len else {
        // Go follows a pointer before it looks.
        let name = value.type_name();
        let name = name.strip_prefix('*').unwrap_or(&name);
        return Err(FuncError::new(format!("len of type {name}")));
    };
    Ok(Value::int(i64::try_from(len).unwrap_or(i64::MAX)))
}
