//! Dotted paths into values, as conditions, tags and `import-values` name them.

use crate::value::{Data, Map, Value};

/// The table at a path; `None` when a part of it is missing or no table.
pub(crate) fn table(values: &Map, path: &str) -> Option<Map> {
    let mut table = values.clone();
    for part in path.split('.') {
        let next = table.get(part)?;
        table = next.as_map()?.clone();
    }
    Some(table)
}

/// The value at a path, unless it is a table: what Helm calls `PathValue`.
pub(crate) fn path_value(values: &Map, path: &str) -> Option<Value> {
    let (within, key) = match path.rsplit_once('.') {
        Some((tables, key)) => (table(values, tables)?, key),
        None => (values.clone(), path),
    };
    within
        .get(key)
        .filter(|value| !matches!(value.data, Data::Map(_)))
}
