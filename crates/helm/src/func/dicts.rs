//! Maps. `set`, `unset` and the merges change their first argument for everyone who holds it.
#![expect(clippy::unnecessary_wraps, reason = "all functions have one signature")]

use std::collections::BTreeSet;

use super::util::{MAX_DEPTH, Out, arity, is_empty, items, strval};
use super::{Call, Func, FuncError, Param};
use crate::value::{Data, List, Map, Value};

use Param::{Any, Str};

const MAP: Param = Param::Map;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::variadic("dict", &[], Any, dict),
    Func::new("get", &[MAP, Str], get),
    Func::new("set", &[MAP, Str, Any], set),
    Func::new("unset", &[MAP, Str], unset),
    Func::new("hasKey", &[MAP, Str], has_key),
    Func::variadic("pluck", &[Str], MAP, pluck),
    Func::variadic("keys", &[], MAP, keys),
    Func::new("values", &[MAP], values),
    Func::variadic("pick", &[MAP], Str, pick),
    Func::variadic("omit", &[MAP], Str, omit),
    Func::variadic("dig", &[], Any, dig),
    Func::variadic("merge", &[MAP], MAP, |call, args| {
        merge_all(call, args, false)
    }),
    Func::variadic("mustMerge", &[MAP], MAP, |call, args| {
        merge_all(call, args, false)
    }),
    Func::variadic("mergeOverwrite", &[MAP], MAP, |call, args| {
        merge_all(call, args, true)
    }),
    Func::variadic("mustMergeOverwrite", &[MAP], MAP, |call, args| {
        merge_all(call, args, true)
    }),
    Func::new("deepCopy", &[Any], deep_copy),
    Func::new("mustDeepCopy", &[Any], deep_copy),
];

fn dict(_: &mut Call<'_>, args: &[Value]) -> Out {
    let map = Map::new();
    for pair in args.chunks(2) {
        if let [key, rest @ ..] = pair {
            map.set(
                strval(key).shared(),
                rest.first().cloned().unwrap_or_else(|| "".into()),
            );
        }
    }
    Ok(map.into())
}

fn get(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [map, key] = args else {
        return Err(arity());
    };
    let key = Call::text(key);
    let Some(value) = map.as_map().and_then(|map| map.get(&key)) else {
        call.read_missing(map, &key);
        return Ok("".into());
    };
    call.read(&value);
    Ok(value)
}

fn set(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [map, key, value] = args else {
        return Err(arity());
    };
    let Some(entries) = map.as_map() else {
        return Err(FuncError::new("assignment to entry in nil map"));
    };
    entries.set(Call::text(key).shared(), value.clone());
    Ok(map.clone())
}

fn unset(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [map, key] = args else {
        return Err(arity());
    };
    let Some(entries) = map.as_map() else {
        return Ok(Map::new().into());
    };
    entries.remove(&Call::text(key));
    Ok(map.clone())
}

fn has_key(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [map, key] = args else {
        return Err(arity());
    };
    let key = Call::text(key);
    let value = map.as_map().and_then(|map| map.get(&key));
    match &value {
        Some(value) => call.read(value),
        None => call.read_missing(map, &key),
    }
    Ok(value.is_some().into())
}

fn pluck(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [key, maps @ ..] = args else {
        return Err(arity());
    };
    let key = Call::text(key);
    let mut found = Vec::new();
    for map in maps {
        match map.as_map().and_then(|map| map.get(&key)) {
            Some(value) => {
                call.read(&value);
                found.push(value);
            }
            None => call.read_missing(map, &key),
        }
    }
    Ok(List::new(found).into())
}

/// Go gives the keys in no order; here they are sorted.
fn keys(_: &mut Call<'_>, args: &[Value]) -> Out {
    let keys = args.iter().filter_map(Value::as_map).flat_map(Map::keys);
    Ok(Value::strings(keys.map(|key| Value::str(&key))))
}

/// Go gives the values in no order; here they are in the order of their keys.
fn values(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [map] = args else { return Err(arity()) };
    let entries = map.as_map().map(Map::entries).unwrap_or_default();
    let items = entries
        .into_iter()
        .map(|(_, value)| value)
        .inspect(|value| call.read(value))
        .collect();
    Ok(List::new(items).into())
}

fn pick(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [map, keys @ ..] = args else {
        return Err(arity());
    };
    let picked = Map::new();
    for key in keys {
        let key = Call::text(key);
        match map.as_map().and_then(|map| map.get(&key)) {
            Some(value) => {
                call.read(&value);
                picked.set(key.shared(), value);
            }
            None => call.read_missing(map, &key),
        }
    }
    Ok(Value::from(picked).with_origin(map.origin))
}

fn omit(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [map, keys @ ..] = args else {
        return Err(arity());
    };
    let omitted: BTreeSet<_> = keys.iter().map(|key| Call::text(key).shared()).collect();
    let entries = map.as_map().map(Map::entries).unwrap_or_default();
    let kept: Map = entries
        .into_iter()
        .filter(|(key, _)| !omitted.contains(key))
        .collect();
    Ok(Value::from(kept).with_origin(map.origin))
}

fn dig(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [keys @ .., default, root] = args else {
        return Err(FuncError::new("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(FuncError::new("dig needs at least three arguments"));
    }
    let mut at = plain_map(root)?;
    let mut branch = root.clone();
    // All keys are checked before the first is followed.
    if let Some(bad) = keys.iter().find(|key| key.as_str().is_none()) {
        return Err(wrong_type(bad, "string"));
    }
    for (index, key) in keys.iter().enumerate() {
        let key = Call::text(key);
        let Some(value) = at.get(&key) else {
            call.read_missing(&branch, &key);
            return Ok(default.clone());
        };
        call.read(&value);
        if index + 1 == keys.len() {
            return Ok(value);
        }
        at = plain_map(&value)?;
        branch = value;
    }
    Ok(default.clone())
}

/// `value.(map[string]interface{})`: a `chartutil.Values` is none.
fn plain_map(value: &Value) -> Result<Map, FuncError> {
    match &value.data {
        Data::Map(map) if map.map_type() == crate::value::MapType::Any => Ok(map.clone()),
        _ => Err(wrong_type(value, "map[string]interface {}")),
    }
}

fn wrong_type(value: &Value, wanted: &str) -> FuncError {
    let found = if value.is_null() {
        "nil".to_owned()
    } else {
        value.type_name()
    };
    FuncError::new(format!(
        "interface conversion: interface {{}} is {found}, not {wanted}"
    ))
}

fn merge_all(_: &mut Call<'_>, args: &[Value], overwrite: bool) -> Out {
    let [target, sources @ ..] = args else {
        return Err(arity());
    };
    let map = target.as_map().cloned().unwrap_or_default();
    for source in sources.iter().filter_map(Value::as_map) {
        merge(&map, source, overwrite, 0);
    }
    Ok(if target.is_null() {
        map.into()
    } else {
        target.clone()
    })
}

/// `mergo.Merge` for maps, with its ways: a nil source value is skipped unless it overwrites,
/// lists are replaced as a whole, maps that are copied over stay shared with the source.
fn merge(target: &Map, source: &Map, overwrite: bool, depth: usize) {
    if target.same(source) || depth > MAX_DEPTH {
        return;
    }
    for (key, value) in source.entries() {
        let present = target.get(&key);
        if value.is_null() {
            if overwrite {
                target.set(key, value);
            }
            continue;
        }
        if let (Some(Data::Map(old)), Data::Map(new)) =
            (present.as_ref().map(|old| &old.data), &value.data)
        {
            merge(old, new, overwrite, depth + 1);
        }
        if items(&value).is_some() && overwrite {
            target.set(key, value);
            continue;
        }
        if let Some(old) = &present
            && !is_empty(old)
        {
            let both_maps = value.as_map().is_some() && old.as_map().is_some();
            if both_maps || items(&value).is_some() || !overwrite {
                continue;
            }
        }
        target.set(key, value);
    }
}

fn deep_copy(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [value] = args else { return Err(arity()) };
    if value.is_null() {
        return Err(FuncError::new(
            "reflect: call of reflect.Value.Type on zero Value",
        ));
    }
    copy(value, 0)
}

fn copy(value: &Value, depth: usize) -> Out {
    if depth > MAX_DEPTH {
        return Err(FuncError::new("deepCopy error: nested too deep"));
    }
    let data = match &value.data {
        Data::List(list) => {
            let items: Result<Vec<_>, _> = list
                .items()
                .iter()
                .map(|item| copy(item, depth + 1))
                .collect();
            Data::List(List::of(list.list_type(), items?))
        }
        Data::Map(map) => {
            let fresh = Map::of(map.map_type());
            for (key, item) in map.entries() {
                fresh.set(key, copy(&item, depth + 1)?);
            }
            Data::Map(fresh)
        }
        other => other.clone(),
    };
    Ok(Value {
        data,
        origin: value.origin,
    })
}
