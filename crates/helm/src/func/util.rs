//! What the topics share: Go's conversions, emptiness and equality of dynamic values.

use super::FuncError;
use super::number::{parse_float, parse_int};
use crate::value::{Data, ObjectRef, Text, TextBuilder, Value, print};

/// What a function gives.
pub(super) type Out = Result<Value, FuncError>;

/// The executor checks the number of arguments before it calls; this is for the compiler.
pub(super) fn arity() -> FuncError {
    FuncError::new("wrong number of args")
}

/// What Go's runtime says when a function asks nil for its type.
pub(super) fn nil_dereference() -> FuncError {
    FuncError::new("runtime error: invalid memory address or nil pointer dereference")
}

/// Sprig's `strval`: strings and bytes as they are, everything else as `%v` prints it.
pub(super) fn strval(value: &Value) -> Text {
    match &value.data {
        Data::Str(_) => value.text().unwrap_or_default(),
        Data::Bytes(bytes) => {
            Text::with_origin(String::from_utf8_lossy(bytes).into_owned(), value.origin)
        }
        _ => Text::with_origin(print(value), value.origin),
    }
}

/// Whether Go's reflection calls it a slice.
pub(super) fn items(value: &Value) -> Option<Vec<Value>> {
    match &value.data {
        Data::List(list) => Some(list.items()),
        Data::Bytes(bytes) => Some(
            bytes
                .iter()
                .map(|&byte| Data::Int(i64::from(byte), crate::value::IntKind::Uint8).into())
                .collect(),
        ),
        Data::Object(object) if object.kind() == "slice" => Some(
            object
                .entries()?
                .into_iter()
                .map(|(_, item)| item)
                .collect(),
        ),
        _ => None,
    }
}

/// The items of a list, or the refusal of a function that says `Cannot … on type …`.
pub(super) fn items_or(value: &Value, refusal: &str) -> Result<Vec<Value>, FuncError> {
    if value.is_null() {
        return Err(nil_dereference());
    }
    items(value).ok_or_else(|| FuncError::new(format!("{refusal} {}", value.kind_name())))
}

/// Sprig's `empty`: nil, false, zero, or of length zero. Structs never are.
pub(super) fn is_empty(value: &Value) -> bool {
    match &value.data {
        Data::Object(object) if object.kind() == "struct" || object.kind() == "ptr" => false,
        _ => !value.truth(),
    }
}

/// `cast.ToInt64`: what cannot be converted is 0, and floats are cut.
pub(super) fn to_int(value: &Value) -> i64 {
    match &value.data {
        Data::Int(number, _) => *number,
        Data::Float(number) => float_to_int(*number),
        Data::Bool(flag) => i64::from(*flag),
        Data::Str(text) => parse_int(without_zero_decimals(text), 0).unwrap_or(0),
        _ => 0,
    }
}

/// Go's conversion on amd64: what does not fit becomes the smallest integer.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked; the fraction is to go"
)]
pub(super) fn float_to_int(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// An integer as a float, rounded where it is beyond 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "Go's float64(int) rounds likewise"
)]
pub(super) fn int_to_float(number: i64) -> f64 {
    number as f64
}

/// `8.00` is 8 for `cast`.
fn without_zero_decimals(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => text,
    }
}

/// `cast.ToFloat64`: what cannot be converted is 0.
pub(super) fn to_float(value: &Value) -> f64 {
    match &value.data {
        Data::Int(number, _) => int_to_float(*number),
        Data::Float(number) => *number,
        Data::Bool(flag) => f64::from(u8::from(*flag)),
        Data::Str(text) => parse_float(text).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// The deepest nesting that is compared or copied; deeper data is taken for data that contains
/// itself.
pub(super) const MAX_DEPTH: usize = 512;

/// `reflect.DeepEqual`: the types count, so an int is never a float.
pub(super) fn deep_equal(one: &Value, other: &Value) -> bool {
    equal_at(one, other, 0)
}

fn equal_at(one: &Value, other: &Value, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match (&one.data, &other.data) {
        (Data::Null, Data::Null) => true,
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a, kind), Data::Int(b, other_kind)) => a == b && kind == other_kind,
        (Data::Float(a), Data::Float(b)) => a.partial_cmp(b) == Some(std::cmp::Ordering::Equal),
        (Data::Str(a), Data::Str(b)) => a == b,
        (Data::Bytes(a), Data::Bytes(b)) => a == b,
        (Data::List(a), Data::List(b)) => {
            a.same(b)
                || a.list_type() == b.list_type()
                    && a.is_nil() == b.is_nil()
                    && a.len() == b.len()
                    && a.items()
                        .iter()
                        .zip(b.items().iter())
                        .all(|(x, y)| equal_at(x, y, depth + 1))
        }
        (Data::Map(a), Data::Map(b)) => {
            a.same(b)
                || a.map_type() == b.map_type()
                    && a.len() == b.len()
                    && a.entries()
                        .iter()
                        .zip(b.entries().iter())
                        .all(|((k, x), (l, y))| k == l && equal_at(x, y, depth + 1))
        }
        (Data::Object(a), Data::Object(b)) => same_object(a, b),
        _ => false,
    }
}

fn same_object(a: &ObjectRef, b: &ObjectRef) -> bool {
    a.same(b) || a.type_name() == b.type_name() && a.print() == b.print()
}

/// Joins texts and keeps their marks.
pub(super) fn join_texts<'a>(parts: impl IntoIterator<Item = &'a Text>, separator: &str) -> Text {
    let mut out = TextBuilder::new();
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        out.push(part);
    }
    out.finish()
}

/// A range of bytes of a text as Go cuts it. Half characters become the replacement character,
/// because a [`Text`] is always UTF-8.
pub(super) fn cut(text: &Text, range: std::ops::Range<usize>) -> Text {
    if text.as_str().get(range.clone()).is_some() {
        return text.slice(range);
    }
    let bytes = text.as_bytes().get(range).unwrap_or_default();
    Text::from(String::from_utf8_lossy(bytes).into_owned())
}

/// A `usize` from an `int`, negative ones as 0.
pub(super) fn count(value: &Value) -> usize {
    usize::try_from(value.as_int().unwrap_or(0)).unwrap_or(0)
}

/// An `int` from a length.
pub(super) fn length(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}
