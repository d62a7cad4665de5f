//! Lists: every function gives a new list and leaves its arguments alone.

use super::util::{
    Out, arity, deep_equal, is_empty, items, items_or, length, nil_dereference, to_int,
};
use super::{Call, Func, FuncError, Param};
use crate::value::{Data, List, ListType, Value};

use Param::{Any, Int};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::variadic("list", &[], Any, |_, args| Ok(list_of(args.to_vec()))),
    Func::variadic("tuple", &[], Any, |_, args| Ok(list_of(args.to_vec()))),
    Func::new("append", &[Any, Any], append),
    Func::new("mustAppend", &[Any, Any], append),
    Func::new("push", &[Any, Any], append),
    Func::new("mustPush", &[Any, Any], append),
    Func::new("prepend", &[Any, Any], prepend),
    Func::new("mustPrepend", &[Any, Any], prepend),
    Func::new("first", &[Any], first),
    Func::new("mustFirst", &[Any], first),
    Func::new("last", &[Any], last),
    Func::new("mustLast", &[Any], last),
    Func::new("rest", &[Any], rest),
    Func::new("mustRest", &[Any], rest),
    Func::new("initial", &[Any], initial),
    Func::new("mustInitial", &[Any], initial),
    Func::new("reverse", &[Any], reverse),
    Func::new("mustReverse", &[Any], reverse),
    Func::new("compact", &[Any], compact),
    Func::new("mustCompact", &[Any], compact),
    Func::new("uniq", &[Any], uniq),
    Func::new("mustUniq", &[Any], uniq),
    Func::variadic("without", &[Any], Any, without),
    Func::variadic("mustWithout", &[Any], Any, without),
    Func::new("has", &[Any, Any], has),
    Func::new("mustHas", &[Any, Any], has),
    Func::variadic("slice", &[Any], Any, slice),
    Func::variadic("mustSlice", &[Any], Any, slice),
    Func::variadic("concat", &[], Any, concat),
    Func::new("chunk", &[Int, Any], chunk),
    Func::new("mustChunk", &[Int, Any], chunk),
    Func::new("until", &[Int], until),
    Func::new("untilStep", &[Int, Int, Int], until_step),
    Func::variadic("seq", &[], Int, seq),
];

fn list_of(items: Vec<Value>) -> Value {
    List::new(items).into()
}

fn append(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [list, item] = args else {
        return Err(arity());
    };
    let mut items = items_or(list, "Cannot push on type")?;
    items.push(item.clone());
    Ok(list_of(items).with_origin(list.origin))
}

fn prepend(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [list, item] = args else {
        return Err(arity());
    };
    let mut items = items_or(list, "Cannot prepend on type")?;
    items.insert(0, item.clone());
    Ok(list_of(items).with_origin(list.origin))
}

fn first(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [list] = args else { return Err(arity()) };
    let item = items_or(list, "Cannot find first on type")?
        .into_iter()
        .next()
        .unwrap_or_default();
    call.read(&item);
    Ok(item)
}

fn last(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [list] = args else { return Err(arity()) };
    let item = items_or(list, "Cannot find last on type")?
        .pop()
        .unwrap_or_default();
    call.read(&item);
    Ok(item)
}

/// A nil `[]interface{}`, which is what `rest` and `initial` give for an empty list.
fn nil_list() -> Value {
    List::nil(ListType::Any).into()
}

fn rest(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [list] = args else { return Err(arity()) };
    let mut items = items_or(list, "Cannot find rest on type")?;
    if items.is_empty() {
        return Ok(nil_list());
    }
    items.remove(0);
    Ok(list_of(items).with_origin(list.origin))
}

fn initial(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [list] = args else { return Err(arity()) };
    let mut items = items_or(list, "Cannot find initial on type")?;
    if items.pop().is_none() {
        return Ok(nil_list());
    }
    Ok(list_of(items).with_origin(list.origin))
}

fn reverse(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [list] = args else { return Err(arity()) };
    let mut items = items_or(list, "Cannot find reverse on type")?;
    items.reverse();
    Ok(list_of(items).with_origin(list.origin))
}

fn compact(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [list] = args else { return Err(arity()) };
    let items = items_or(list, "Cannot compact on type")?;
    let kept = items
        .into_iter()
        .inspect(|item| call.read(item))
        .filter(|item| !is_empty(item))
        .collect();
    Ok(list_of(kept).with_origin(list.origin))
}

fn uniq(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [list] = args else { return Err(arity()) };
    let mut kept: Vec<Value> = Vec::new();
    for item in items_or(list, "Cannot find uniq on type")? {
        call.spend(kept.len())?;
        if !kept.iter().any(|known| deep_equal(&item, known)) {
            kept.push(item);
        }
    }
    Ok(list_of(kept).with_origin(list.origin))
}

fn without(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [list, omitted @ ..] = args else {
        return Err(arity());
    };
    let mut items = items_or(list, "Cannot find without on type")?;
    for item in &items {
        call.read(item);
    }
    items.retain(|item| !omitted.iter().any(|other| deep_equal(item, other)));
    Ok(list_of(items).with_origin(list.origin))
}

fn has(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [needle, haystack] = args else {
        return Err(arity());
    };
    if haystack.is_null() {
        return Ok(false.into());
    }
    call.read(haystack);
    let items = items_or(haystack, "Cannot find has on type")?;
    Ok(items.iter().any(|item| deep_equal(needle, item)).into())
}

fn slice(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [list, indices @ ..] = args else {
        return Err(arity());
    };
    let all = items_or(list, "list should be type of slice or array but")?;
    if all.is_empty() {
        return Ok(Value::NULL);
    }
    let start = indices.first().map_or(0, to_int);
    let end = indices.get(1).map_or(length(all.len()), to_int);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = range.and_then(|(start, end)| all.get(start..end));
    let part =
        part.ok_or_else(|| FuncError::new("reflect.Value.Slice: slice index out of bounds"))?;
    Ok(typed_like(list, part.to_vec()))
}

/// A list with the element type of another.
fn typed_like(list: &Value, items: Vec<Value>) -> Value {
    let of = list.as_list().map_or(ListType::Any, List::list_type);
    Value::from(List::of(of, items)).with_origin(list.origin)
}

fn concat(_: &mut Call<'_>, args: &[Value]) -> Out {
    let mut all = Vec::new();
    for list in args {
        if list.is_null() {
            return Err(nil_dereference());
        }
        let Some(items) = items(list) else {
            return Err(FuncError::new(format!(
                "Cannot concat type {} as list",
                list.kind_name()
            )));
        };
        all.extend(items);
    }
    if all.is_empty() {
        return Ok(nil_list());
    }
    Ok(list_of(all))
}

fn chunk(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [size, list] = args else {
        return Err(arity());
    };
    let items = items_or(list, "Cannot chunk type")?;
    let size = usize::try_from(size.as_int().unwrap_or(0)).unwrap_or(0);
    if size == 0 && !items.is_empty() {
        return Err(FuncError::new("runtime error: makeslice: len out of range"));
    }
    let parts = items.chunks(size.max(1)).map(|part| list_of(part.to_vec()));
    Ok(List::of(ListType::Lists, parts.collect()).into())
}

fn until(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [count] = args else { return Err(arity()) };
    let count = count.as_int().unwrap_or(0);
    let numbers = steps(call, 0, count, if count < 0 { -1 } else { 1 })?;
    Ok(int_list(&numbers))
}

fn until_step(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [start, stop, step] = args else {
        return Err(arity());
    };
    let part = |value: &Value| value.as_int().unwrap_or(0);
    let numbers = steps(call, part(start), part(stop), part(step))?;
    Ok(int_list(&numbers))
}

fn int_list(numbers: &[i64]) -> Value {
    let items = numbers.iter().map(|&number| Value::int(number)).collect();
    Data::List(List::of(ListType::Int, items)).into()
}

/// Sprig's `untilStep`: a step that leads away gives nothing.
fn steps(call: &mut Call<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, FuncError> {
    let mut numbers = Vec::new();
    let mut at = start;
    while (stop < start && step < 0 && at > stop) || (stop >= start && step > 0 && at < stop) {
        call.spend(size_of::<Value>())?;
        numbers.push(at);
        let Some(next) = at.checked_add(step) else {
            break;
        };
        at = next;
    }
    Ok(numbers)
}

/// As the shell's `seq`: the end belongs to it, and it is one text.
fn seq(call: &mut Call<'_>, args: &[Value]) -> Out {
    let numbers: Vec<i64> = args.iter().filter_map(Value::as_int).collect();
    let (start, step, end) = match *numbers.as_slice() {
        [end] => (1, if end < 1 { -1 } else { 1 }, end),
        [start, end] => (start, if end < start { -1 } else { 1 }, end),
        [start, step, end] if end < start && step > 0 => return seq_text(call, start, end, 0),
        [start, step, end] => (start, step, end),
        _ => return Ok("".into()),
    };
    seq_text(call, start, end, step)
}

fn seq_text(call: &mut Call<'_>, start: i64, end: i64, step: i64) -> Out {
    let beyond = if end < start { -1 } else { 1 };
    let numbers = steps(call, start, end.saturating_add(beyond), step)?;
    let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Ok(words.join(" ").into())
}
