//! Choosing between values, and asking what a value is.

use super::util::{Out, arity, deep_equal, is_empty};
use super::{Func, Param};
use crate::value::Value;

use Param::{Any, Bool, Str};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::variadic("default", &[Any], Any, |call, args| {
        let [default, given @ ..] = args else {
            return Err(arity());
        };
        let Some(given) = given.first() else {
            return Ok(default.clone());
        };
        call.read(given);
        Ok(if is_empty(given) {
            default.clone()
        } else {
            given.clone()
        })
    }),
    Func::new("empty", &[Any], |call, args| {
        let [value] = args else { return Err(arity()) };
        call.read(value);
        Ok(is_empty(value).into())
    }),
    Func::variadic("coalesce", &[], Any, |_, args| {
        Ok(args
            .iter()
            .find(|value| !is_empty(value))
            .cloned()
            .unwrap_or_default())
    }),
    Func::variadic("all", &[], Any, |_, args| {
        Ok((!args.iter().any(is_empty)).into())
    }),
    Func::variadic("any", &[], Any, |_, args| {
        Ok(args.iter().any(|value| !is_empty(value)).into())
    }),
    Func::new("ternary", &[Any, Any, Bool], |_, args| {
        let [yes, no, condition] = args else {
            return Err(arity());
        };
        Ok(if condition.as_bool() == Some(true) {
            yes.clone()
        } else {
            no.clone()
        })
    }),
    Func::new("typeOf", &[Any], |_, args| {
        one(args, |value| value.type_name().into())
    }),
    Func::new("kindOf", &[Any], |_, args| {
        one(args, |value| value.kind_name().into())
    }),
    Func::new("typeIs", &[Str, Any], |_, args| {
        named(args, |name, value| name == value.type_name())
    }),
    Func::new("typeIsLike", &[Str, Any], |_, args| {
        named(args, |name, value| {
            let found = value.type_name();
            name == found || found.strip_prefix('*') == Some(name)
        })
    }),
    Func::new("kindIs", &[Str, Any], |_, args| {
        named(args, |name, value| name == value.kind_name())
    }),
    Func::new("deepEqual", &[Any, Any], |call, args| {
        let [one, other] = args else {
            return Err(arity());
        };
        call.read(one);
        call.read(other);
        Ok(deep_equal(one, other).into())
    }),
];

fn one(args: &[Value], run: impl FnOnce(&Value) -> Value) -> Out {
    let [value] = args else { return Err(arity()) };
    Ok(run(value))
}

fn named(args: &[Value], run: impl FnOnce(&str, &Value) -> bool) -> Out {
    let [name, value] = args else {
        return Err(arity());
    };
    Ok(run(name.as_str().unwrap_or_default(), value).into())
}
