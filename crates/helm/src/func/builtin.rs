//! text/template's own functions. `slice` is not among them: Sprig's takes its name.
#![expect(clippy::unnecessary_wraps, reason = "all functions have one signature")]

mod compare;
mod escape;
mod index;

use super::{Call, Func, FuncError, Param};
use crate::value::{Data, Value, print, println, sprintf};

/// What a function gives.
type Out = Result<Value, FuncError>;

pub(super) const FUNCTIONS: &[Func] = &[
    // The executor evaluates the arguments of `and` and `or` itself, as far as it needs them.
    Func::variadic("and", &[Param::Any], Param::Any, last),
    Func::variadic("or", &[Param::Any], Param::Any, last),
    Func::variadic("call", &[Param::Any], Param::Any, call_value),
    Func::variadic("eq", &[Param::Any], Param::Any, compare::eq),
    Func::new("ge", &[Param::Any, Param::Any], compare::ge),
    Func::new("gt", &[Param::Any, Param::Any], compare::gt),
    Func::variadic("html", &[], Param::Any, escape::html),
    Func::variadic("index", &[Param::Any], Param::Any, index::index),
    Func::variadic("js", &[], Param::Any, escape::js),
    Func::new("le", &[Param::Any, Param::Any], compare::le),
    Func::new("len", &[Param::Any], index::len),
    Func::new("lt", &[Param::Any, Param::Any], compare::lt),
    Func::new("ne", &[Param::Any, Param::Any], compare::ne),
    Func::new("not", &[Param::Any], not),
    Func::variadic("print", &[], Param::Any, print_all),
    Func::variadic("printf", &[Param::Str], Param::Any, printf),
    Func::variadic("println", &[], Param::Any, |_, args| {
        Ok(println(args).into())
    }),
    Func::variadic("urlquery", &[], Param::Any, escape::urlquery),
];

fn last(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(args.last().cloned().unwrap_or_default())
}

fn not(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok((!args.first().is_some_and(Value::truth)).into())
}

/// No value of a chart is a function.
fn call_value(_: &mut Call<'_>, args: &[Value]) -> Out {
    match args.first() {
        None
        | Some(Value {
            data: Data::Null, ..
        }) => Err("call of nil".into()),
        Some(value) => Err(FuncError::new(format!(
            "non-function {} of type {}",
            print(value),
            value.type_name()
        ))),
    }
}

fn printf(_: &mut Call<'_>, args: &[Value]) -> Out {
    match args.split_first() {
        Some((format, args)) => Ok(sprintf(&Call::text(format), args).into()),
        None => Ok(Value::NULL),
    }
}

/// `fmt.Sprint`: a space between operands when neither is a string.
fn print_all(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(sprint(args).into())
}

fn sprint(args: &[Value]) -> crate::value::Text {
    let mut out = crate::value::TextBuilder::new();
    let mut after_string = true;
    for arg in args {
        let text = arg.text();
        if !after_string && text.is_none() {
            out.push_str(" ");
        }
        after_string = text.is_some();
        match text {
            Some(text) => out.push(&text),
            None => out.push_from(&print(arg), arg.origin),
        }
    }
    out.finish()
}
