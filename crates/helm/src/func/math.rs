//! Arithmetic: integers wrap, floats that end in `f` go through decimals.

use std::cmp::Ordering;

use super::decimal::Decimal;
use super::number::parse_int;
use super::util::{Out, arity, int_to_float, strval, to_float, to_int};
use super::{Call, Func, FuncError, Param};
use crate::value::Value;

use Param::{Any, Float, Int, Str};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("int", &[Any], |_, args| {
        args.first()
            .map(|value| Value::int(to_int(value)))
            .ok_or_else(arity)
    }),
    Func::new("int64", &[Any], |_, args| {
        args.first()
            .map(|value| Value::int64(to_int(value)))
            .ok_or_else(arity)
    }),
    Func::new("float64", &[Any], |_, args| {
        args.first()
            .map(|value| to_float(value).into())
            .ok_or_else(arity)
    }),
    Func::new("atoi", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        Ok(Value::int(atoi(&Call::text(text))))
    }),
    Func::new("toDecimal", &[Any], |_, args| {
        let [value] = args else { return Err(arity()) };
        Ok(Value::int64(parse_int(&strval(value), 8).unwrap_or(0)))
    }),
    Func::new("add1", &[Any], |_, args| {
        args.first()
            .map(|value| int64(to_int(value).wrapping_add(1)))
            .ok_or_else(arity)
    }),
    Func::variadic("add", &[], Any, |_, args| {
        Ok(int64(args.iter().map(to_int).fold(0, i64::wrapping_add)))
    }),
    Func::new("sub", &[Any, Any], |_, args| {
        two(args, |a, b| Ok(a.wrapping_sub(b)))
    }),
    Func::variadic("mul", &[Any], Any, |_, args| {
        Ok(int64(args.iter().map(to_int).fold(1, i64::wrapping_mul)))
    }),
    Func::new("div", &[Any, Any], |_, args| {
        two(args, |a, b| {
            if b == 0 {
                Err(by_zero())
            } else {
                Ok(a.wrapping_div(b))
            }
        })
    }),
    Func::new("mod", &[Any, Any], |_, args| {
        two(args, |a, b| {
            if b == 0 {
                Err(by_zero())
            } else {
                Ok(a.wrapping_rem(b))
            }
        })
    }),
    Func::variadic("max", &[Any], Any, |_, args| {
        Ok(int64(args.iter().map(to_int).max().unwrap_or(0)))
    }),
    Func::variadic("biggest", &[Any], Any, |_, args| {
        Ok(int64(args.iter().map(to_int).max().unwrap_or(0)))
    }),
    Func::variadic("min", &[Any], Any, |_, args| {
        Ok(int64(args.iter().map(to_int).min().unwrap_or(0)))
    }),
    Func::variadic("maxf", &[Any], Any, |_, args| {
        Ok(extreme(args, Ordering::Greater))
    }),
    Func::variadic("minf", &[Any], Any, |_, args| {
        Ok(extreme(args, Ordering::Less))
    }),
    Func::new("add1f", &[Any], |_, args| {
        let [value] = args else { return Err(arity()) };
        decimal(&[value.clone(), Value::int(1)], Decimal::add)
    }),
    Func::variadic("addf", &[], Any, |_, args| {
        let mut all = vec![Value::from(0.0)];
        all.extend_from_slice(args);
        decimal(&all, Decimal::add)
    }),
    Func::variadic("subf", &[Any], Any, |_, args| decimal(args, Decimal::sub)),
    Func::variadic("mulf", &[Any], Any, |_, args| decimal(args, Decimal::mul)),
    Func::variadic("divf", &[Any], Any, |_, args| decimal(args, Decimal::div)),
    Func::new("ceil", &[Any], |_, args| {
        args.first()
            .map(|value| to_float(value).ceil().into())
            .ok_or_else(arity)
    }),
    Func::new("floor", &[Any], |_, args| {
        args.first()
            .map(|value| to_float(value).floor().into())
            .ok_or_else(arity)
    }),
    Func::variadic("round", &[Any, Int], Float, round),
    Func::new("randInt", &[Int, Int], rand_int),
];

fn int64(number: i64) -> Value {
    Value::int64(number)
}

fn by_zero() -> FuncError {
    FuncError::new("runtime error: integer divide by zero")
}

fn two(args: &[Value], run: impl FnOnce(i64, i64) -> Result<i64, FuncError>) -> Out {
    let [one, other] = args else {
        return Err(arity());
    };
    run(to_int(one), to_int(other)).map(Value::int64)
}

/// `strconv.Atoi` without its error: what is out of range becomes the nearest number.
fn atoi(text: &str) -> i64 {
    match super::number::parse_int_or(text, 10) {
        Ok(number) | Err(super::number::NotInt::Range(number)) => number,
        Err(super::number::NotInt::Syntax) => 0,
    }
}

fn extreme(args: &[Value], wanted: Ordering) -> Value {
    let mut numbers = args.iter().map(to_float);
    let first = numbers.next().unwrap_or(0.0);
    let found = numbers.fold(first, |best, number| match number.partial_cmp(&best) {
        Some(order) if order == wanted => number,
        Some(_) => best,
        None => f64::NAN,
    });
    found.into()
}

fn decimal(args: &[Value], run: fn(Decimal, Decimal) -> Result<Decimal, FuncError>) -> Out {
    let [first, rest @ ..] = args else {
        return Err(arity());
    };
    let mut result = Decimal::from_float(to_float(first))?;
    for value in rest {
        result = run(result, Decimal::from_float(to_float(value))?)?;
    }
    Ok(result.to_float().into())
}

/// Sprig's own rounding: up from `on` (0.5 unless given), for negative numbers too.
fn round(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [value, places, rest @ ..] = args else {
        return Err(arity());
    };
    let on = rest.first().map_or(0.5, to_float);
    let power = 10_f64.powf(int_to_float(places.as_int().unwrap_or(0)));
    let digit = power * to_float(value);
    let rounded = if digit.fract() >= on {
        digit.ceil()
    } else {
        digit.floor()
    };
    Ok((rounded / power).into())
}

fn rand_int(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [least, most] = args else {
        return Err(arity());
    };
    let (least, most) = (least.as_int().unwrap_or(0), most.as_int().unwrap_or(0));
    let Ok(range @ 1..) = u64::try_from(most.wrapping_sub(least)) else {
        return Err(FuncError::new("invalid argument to Intn"));
    };
    call.not_reproducible();
    let offset = i64::try_from(call.random() % range).unwrap_or(0);
    Ok(Value::int(least.wrapping_add(offset)))
}
