//! Go's `%v`: how values look when they are printed without a verb of their own.

use super::{Data, Value};

/// How deep `%v` goes into lists and maps. Go overflows its stack on a map that holds itself;
/// here what lies deeper is left out.
const DEPTH: usize = 200;

/// The name of a value's Go type (`%T`); nil is `<nil>`.
pub fn type_name(value: &Value) -> String {
    match &value.data {
        Data::Null => "<nil>".to_owned(),
        Data::Bool(_) => "bool".to_owned(),
        Data::Int(_, kind) => kind.name().to_owned(),
        Data::Float(_) => "float64".to_owned(),
        Data::Str(_) => "string".to_owned(),
        Data::Bytes(_) => "[]uint8".to_owned(),
        Data::List(list) => list.list_type().name().to_owned(),
        Data::Map(map) => map.map_type().name().to_owned(),
        Data::Object(object) => object.type_name().to_owned(),
    }
}

/// A value as `fmt.Sprint` and an action print it (`%v`).
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    write_plain(&mut out, value, 0);
    out
}

/// Several values as `fmt.Sprintln` prints them: a space between all, a line feed at the end.
pub fn println(values: &[Value]) -> String {
    let mut out = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        write_plain(&mut out, value, 0);
    }
    out.push('\n');
    out
}

/// Appends a value as `%v` prints it.
pub(super) fn write_plain(out: &mut String, value: &Value, depth: usize) {
    match &value.data {
        Data::Null => out.push_str("<nil>"),
        Data::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Data::Int(number, _) => out.push_str(&number.to_string()),
        Data::Float(number) => out.push_str(&print_float(*number)),
        Data::Str(text) => out.push_str(text.as_str()),
        Data::Bytes(bytes) => {
            let numbers: Vec<String> = bytes.iter().map(ToString::to_string).collect();
            out.push('[');
            out.push_str(&numbers.join(" "));
            out.push(']');
        }
        Data::List(_) | Data::Map(_) if depth >= DEPTH => out.push_str("..."),
        Data::List(list) => {
            out.push('[');
            list.each(|index, item| {
                if index > 0 {
                    out.push(' ');
                }
                write_plain(out, item, depth + 1);
            });
            out.push(']');
        }
        Data::Map(map) => {
            out.push_str("map[");
            let mut first = true;
            map.each(|key, item| {
                if !first {
                    out.push(' ');
                }
                first = false;
                out.push_str(key);
                out.push(':');
                write_plain(out, item, depth + 1);
            });
            out.push(']');
        }
        Data::Object(object) => out.push_str(&object.print()),
    }
}

/// A float64 as `%v` prints it: `strconv` format `g` with the shortest digits that read back, and
/// an exponent from 1e6 on and below 1e-4 (`1e+06` is a million).
pub fn print_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (negative, digits, exponent) = shortest(number);
    let mut out = String::new();
    if negative {
        out.push('-');
    }
    if number == 0.0 {
        out.push('0');
    } else if (-4..6).contains(&exponent) {
        write_fixed(&mut out, &digits, exponent);
    } else {
        write_exponent(&mut out, &digits, exponent);
    }
    out
}

/// The sign, the shortest decimal digits that read back as the number, and the exponent of the
/// first of them.
pub(super) fn shortest(number: f64) -> (bool, String, i32) {
    let text = format!("{:e}", number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    (
        number.is_sign_negative(),
        digits,
        exponent.parse().unwrap_or(0),
    )
}

/// Digits as a plain decimal number.
pub(super) fn write_fixed(out: &mut String, digits: &str, exponent: i32) {
    if exponent < 0 {
        out.push_str("0.");
        for _ in 1..exponent.unsigned_abs() {
            out.push('0');
        }
        out.push_str(digits);
        return;
    }
    let whole = usize::try_from(exponent).unwrap_or(0) + 1;
    if let Some((before, after)) = digits.split_at_checked(whole) {
        out.push_str(before);
        if !after.is_empty() {
            out.push('.');
            out.push_str(after);
        }
    } else {
        out.push_str(digits);
        for _ in digits.len()..whole {
            out.push('0');
        }
    }
}

/// Digits in Go's scientific notation: at least two digits in the exponent.
pub(super) fn write_exponent(out: &mut String, digits: &str, exponent: i32) {
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    out.push('e');
    out.push(sign);
    let magnitude = exponent.unsigned_abs();
    if magnitude < 10 {
        out.push('0');
    }
    out.push_str(&magnitude.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (5.0, "5"),
            (1.5, "1.5"),
            (123_456_789_012.0, "1.23456789012e+11"),
            (1e20, "1e+20"),
            (1_000_000.0, "1e+06"),
            (100_000.0, "100000"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(print_float(number), text, "{number}");
        }
    }
}
