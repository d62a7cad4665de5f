//! Reading TOML for `fromToml`: integers stay integers, as in the original.

use std::rc::Rc;

use toml::de::{DeTable, DeValue};

use super::util::MAX_DEPTH;
use crate::value::{List, Map, Value};

/// The document as a map.
///
/// # Errors
/// The reader's own message; the original's reads otherwise.
pub(super) fn parse_toml(text: &str) -> Result<Value, String> {
    let table = DeTable::parse(text).map_err(|error| format!("toml: {}", error.message()))?;
    table_value(table.get_ref(), 0)
}

fn table_value(table: &DeTable<'_>, depth: usize) -> Result<Value, String> {
    let entries: Result<Map, String> = table
        .iter()
        .map(|(key, item)| {
            Ok((
                Rc::<str>::from(key.get_ref().as_ref()),
                value(item.get_ref(), depth + 1)?,
            ))
        })
        .collect::<Result<Vec<_>, String>>()
        .map(|entries| entries.into_iter().collect());
    Ok(entries?.into())
}

fn value(item: &DeValue<'_>, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err("toml: nested too deep".to_owned());
    }
    Ok(match item {
        DeValue::String(text) => Value::str(text),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            Value::int64(
                parsed
                    .map_err(|_| format!("toml: {} is out of range for int64", number.as_str()))?,
            )
        }
        DeValue::Float(number) => super::number::parse_float(number.as_str())
            .unwrap_or(f64::NAN)
            .into(),
        DeValue::Boolean(flag) => (*flag).into(),
        // The original gives a time; its text is what templates print of one.
        DeValue::Datetime(moment) => moment.to_string().into(),
        DeValue::Array(items) => {
            let items: Result<List, String> = items
                .iter()
                .map(|item| value(item.get_ref(), depth + 1))
                .collect::<Result<Vec<_>, String>>()
                .map(List::new);
            items?.into()
        }
        DeValue::Table(table) => table_value(table, depth)?,
    })
}
