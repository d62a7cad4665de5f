//! Comparisons.

use std::cmp::Ordering;

use super::{Call, Out};
use crate::func::FuncError;
use crate::value::{Data, IntKind, Text, Value, print, sprintf};

/// Go's basic kinds: values of different kinds are not compared, integers of either sign are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basic {
    Bool,
    Int,
    Uint,
    Float,
    Str,
}

fn basic(value: &Value) -> Option<Basic> {
    match &value.data {
        Data::Bool(_) => Some(Basic::Bool),
        Data::Int(_, IntKind::Uint64 | IntKind::Uint8) => Some(Basic::Uint),
        Data::Int(..) => Some(Basic::Int),
        Data::Float(_) => Some(Basic::Float),
        Data::Str(_) => Some(Basic::Str),
        // A named string type is a string to comparisons.
        Data::Object(object) if object.kind() == "string" => Some(Basic::Str),
        _ => None,
    }
}

fn string(value: &Value) -> String {
    print(value)
}

/// A value as Go's messages have it, under `%s`.
fn said(value: &Value) -> String {
    sprintf(&Text::from("%s"), std::slice::from_ref(value))
        .as_str()
        .to_owned()
}

fn equal(one: &Value, other: &Value) -> Result<bool, FuncError> {
    let (kind, other_kind) = (basic(one), basic(other));
    Ok(match (&one.data, &other.data) {
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a, _), Data::Int(b, _)) => a == b,
        #[expect(clippy::float_cmp, reason = "Go compares floats bit by bit, too")]
        (Data::Float(a), Data::Float(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a == b,
        (Data::Null, Data::Null) => true,
        (Data::Null, _) | (_, Data::Null) => false,
        _ if kind == Some(Basic::Str) && other_kind == kind => string(one) == string(other),
        _ if kind != other_kind => return Err("incompatible types for comparison".into()),
        _ if one.kind_name() != other.kind_name() => {
            return Err(FuncError::new(format!(
                "non-comparable types {}: {}, {}: {}",
                said(one),
                one.type_name(),
                other.type_name(),
                print(other)
            )));
        }
        (Data::Object(a), Data::Object(b)) => a.same(b),
        _ => {
            return Err(FuncError::new(format!(
                "non-comparable type {}: {}",
                said(other),
                other.type_name()
            )));
        }
    })
}

fn less(one: &Value, other: &Value) -> Result<bool, FuncError> {
    let bad = || FuncError::new("invalid type for comparison");
    let kinds = (basic(one).ok_or_else(bad)?, basic(other).ok_or_else(bad)?);
    let order = match (&one.data, &other.data) {
        (Data::Int(a, _), Data::Int(b, _)) => Some(a.cmp(b)),
        (Data::Float(a), Data::Float(b)) => a.partial_cmp(b),
        (Data::Bool(_), Data::Bool(_)) => return Err(bad()),
        _ if kinds == (Basic::Str, Basic::Str) => Some(string(one).cmp(&string(other))),
        _ => return Err("incompatible types for comparison".into()),
    };
    Ok(order == Some(Ordering::Less))
}

fn pair(args: &[Value]) -> Result<(&Value, &Value), FuncError> {
    match args {
        [one, other] => Ok((one, other)),
        _ => Err("missing argument for comparison".into()),
    }
}

pub(super) fn eq(_: &mut Call<'_>, args: &[Value]) -> Out {
    let Some((one, others)) = args.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Err("missing argument for comparison".into());
    };
    for other in others {
        if equal(one, other)? {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}

pub(super) fn ne(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (one, other) = pair(args)?;
    Ok((!equal(one, other)?).into())
}

pub(super) fn lt(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (one, other) = pair(args)?;
    Ok(less(one, other)?.into())
}

fn less_or_equal(args: &[Value]) -> Result<bool, FuncError> {
    let (one, other) = pair(args)?;
    Ok(less(one, other)? || equal(one, other)?)
}

pub(super) fn le(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(less_or_equal(args)?.into())
}

pub(super) fn gt(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok((!less_or_equal(args)?).into())
}

pub(super) fn ge(_: &mut Call<'_>, args: &[Value]) -> Out {
    let (one, other) = pair(args)?;
    Ok((!less(one, other)?).into())
}
