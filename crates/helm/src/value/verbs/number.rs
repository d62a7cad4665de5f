//! Verbs of integers and floats.

use super::quoted;
use super::spec::Spec;
use crate::value::IntKind;
use crate::value::format::{shortest, write_exponent, write_fixed};

/// Writes an integer; false when the verb is none of its verbs.
pub(super) fn integer(out: &mut String, spec: &Spec, number: i64, kind: IntKind) -> bool {
    let (radix, upper) = match spec.verb {
        'v' | 'd' => (10, false),
        'b' => (2, false),
        'o' | 'O' => (8, false),
        'x' => (16, false),
        'X' => (16, true),
        'c' | 'q' | 'U' => return character(out, spec, number),
        _ => return false,
    };
    let _ = kind;
    let magnitude = number.unsigned_abs();
    let mut digits = match (radix, upper) {
        (2, _) => format!("{magnitude:b}"),
        (8, _) => format!("{magnitude:o}"),
        (16, false) => format!("{magnitude:x}"),
        (16, true) => format!("{magnitude:X}"),
        _ => magnitude.to_string(),
    };
    let sign = sign(spec, number < 0);
    let prefix = match spec.verb {
        'b' if spec.sharp => "0b",
        'o' if spec.sharp && !digits.starts_with('0') => "0",
        'O' => "0o",
        'x' if spec.sharp => "0x",
        'X' if spec.sharp => "0X",
        _ => "",
    };
    let wanted = match (spec.precision, spec.width) {
        (Some(0), _) if number == 0 => {
            let plain = Spec {
                zero: false,
                ..*spec
            };
            plain.pad(out, "");
            return true;
        }
        (Some(precision), _) => precision,
        (None, Some(width)) if spec.zero && !spec.minus => width.saturating_sub(sign.len()),
        _ => 0,
    };
    if digits.len() < wanted {
        digits.insert_str(0, &"0".repeat(wanted - digits.len()));
    }
    let plain = Spec {
        zero: false,
        ..*spec
    };
    plain.pad(out, &format!("{sign}{prefix}{digits}"));
    true
}

fn sign(spec: &Spec, negative: bool) -> &'static str {
    match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    }
}

fn character(out: &mut String, spec: &Spec, number: i64) -> bool {
    let character = u32::try_from(number)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    match spec.verb {
        'c' => spec.pad(out, character.encode_utf8(&mut [0; 4])),
        'q' => spec.pad(out, &quoted::quote_char(character)),
        _ => {
            let mut text = format!("U+{number:04X}");
            if spec.sharp && quoted::printable(character) {
                text.push_str(" '");
                text.push(character);
                text.push('\'');
            }
            let plain = Spec {
                zero: false,
                ..*spec
            };
            plain.pad(out, &text);
        }
    }
    true
}

/// Writes a float; false when the verb is none of its verbs.
pub(super) fn float(out: &mut String, spec: &Spec, number: f64) -> bool {
    let body = match spec.verb {
        'v' | 'g' | 'G' => general(spec, number.abs()),
        'f' | 'F' => {
            let precision = spec.precision.unwrap_or(6);
            format!("{:.precision$}", number.abs())
        }
        'e' | 'E' => scientific(number.abs(), spec.precision.unwrap_or(6)),
        _ => return false,
    };
    let finite = number.is_finite();
    let mut body = match (number.is_nan(), finite) {
        (true, _) => "NaN".to_owned(),
        (_, false) => "Inf".to_owned(),
        _ => body,
    };
    if matches!(spec.verb, 'G' | 'E') {
        body = body.replace('e', "E");
    }
    let negative = number.is_sign_negative() && !number.is_nan();
    let sign = match sign(spec, negative) {
        "" if number.is_infinite() => "+",
        sign => sign,
    };
    if spec.zero && !spec.minus && finite {
        let width = spec.width.unwrap_or(0);
        let missing = width.saturating_sub(body.len() + sign.len());
        out.push_str(sign);
        out.push_str(&"0".repeat(missing));
        out.push_str(&body);
        return true;
    }
    let plain = Spec {
        zero: false,
        ..*spec
    };
    plain.pad(out, &format!("{sign}{body}"));
    true
}

fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut out = String::new();
    write_exponent(
        &mut out,
        &mantissa.replace('.', ""),
        exponent.parse().unwrap_or(0),
    );
    out
}

/// `%g`: fixed or scientific, whichever strconv takes at this precision.
fn general(spec: &Spec, number: f64) -> String {
    let (digits, exponent, border) = match spec.precision {
        None => {
            let (_, digits, exponent) = shortest(number);
            (digits, exponent, 6)
        }
        Some(precision) => {
            let precision = precision.max(1);
            let text = format!("{number:.*e}", precision - 1);
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let digits = mantissa.replace('.', "");
            let kept = digits.trim_end_matches('0').len().max(1);
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let kept_digits = digits.get(..kept).unwrap_or(&digits).to_owned();
            let kept = i32::try_from(kept).unwrap_or(i32::MAX);
            let precision = i32::try_from(precision).unwrap_or(i32::MAX);
            let border = if precision > kept && kept > exponent {
                kept
            } else {
                precision
            };
            (kept_digits, exponent, border)
        }
    };
    let mut out = String::new();
    if number == 0.0 {
        out.push('0');
    } else if exponent < -4 || exponent >= border {
        write_exponent(&mut out, &digits, exponent);
    } else {
        write_fixed(&mut out, &digits, exponent);
    }
    out
}
