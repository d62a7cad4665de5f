//! Constants: numbers and quoted strings, as Go's `strconv` reads them.

use crate::ast::Number;

/// Reads a number or a character constant.
pub(super) fn number(text: &str) -> Result<Number, String> {
    let said = || crate::value::quote(text);
    if text.starts_with('\'') {
        let character =
            unquote(text).ok_or_else(|| format!("malformed character constant: {text}"))?;
        let mut characters = character.chars();
        let (Some(first), None) = (characters.next(), characters.next()) else {
            return Err(format!("malformed character constant: {text}"));
        };
        let code = u32::from(first);
        return Ok(Number {
            text: text.into(),
            int: Some(i64::from(code)),
            float: Some(f64::from(code)),
            is_float: false,
        });
    }
    if let Some(float) = hex_float(text) {
        return Ok(Number {
            text: text.into(),
            int: whole(float),
            float: Some(float),
            is_float: true,
        });
    }
    let looks_float = float_signs(text);
    let mut int = integer(text);
    let mut float = match int {
        #[expect(clippy::cast_precision_loss, reason = "Go converts in the same way")]
        Some(int) => Some(int as f64),
        None => text
            .replace('_', "")
            .parse::<f64>()
            .ok()
            .filter(|float| float.is_finite()),
    };
    if int.is_none() && float.is_some() && !looks_float {
        return Err(format!("integer overflow: {}", said()));
    }
    if text.ends_with('i') || (int.is_none() && !digits_only(text)) {
        float = None;
    }
    if int.is_none()
        && let Some(float) = float
    {
        int = whole(float);
    }
    if int.is_none() && float.is_none() {
        return Err(format!("illegal number syntax: {}", said()));
    }
    Ok(Number {
        text: text.into(),
        int,
        float,
        is_float: looks_float,
    })
}

/// `0x1.8p60`: digits in sixteens, an exponent in twos.
fn hex_float(text: &str) -> Option<f64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest
        .strip_prefix("0x")
        .or_else(|| rest.strip_prefix("0X"))?;
    let (digits, exponent) = rest.split_once(['p', 'P'])?;
    let mut exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut mantissa = 0.0;
    for digit in whole
        .chars()
        .chain(fraction.chars())
        .filter(|digit| *digit != '_')
    {
        mantissa = mantissa * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let places = i32::try_from(fraction.chars().filter(|digit| *digit != '_').count()).ok()?;
    exponent = exponent.checked_sub(places.checked_mul(4)?)?;
    let float = sign * mantissa * 2_f64.powi(exponent);
    (!digits.is_empty() && float.is_finite()).then_some(float)
}

fn float_signs(text: &str) -> bool {
    let hex = text
        .trim_start_matches(['+', '-'])
        .to_ascii_lowercase()
        .starts_with("0x");
    text.contains(['.', 'p', 'P']) || (!hex && text.contains(['e', 'E']))
}

/// Keeps Rust's `inf`, `nan` and their like out.
fn digits_only(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E' | '_'))
}

fn whole(float: f64) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "the border itself is left out")]
    let fits = float.fract() == 0.0 && float.abs() < i64::MAX as f64;
    #[expect(clippy::cast_possible_truncation, reason = "checked by the range")]
    fits.then_some(float as i64)
}

/// `strconv.ParseInt(text, 0, 64)`: prefixes and underscores.
fn integer(text: &str) -> Option<i64> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let lower = rest.to_ascii_lowercase();
    let (radix, digits) = if let Some(digits) = lower.strip_prefix("0x") {
        (16, digits)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (8, digits)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (2, digits)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, lower.get(1..)?)
    } else {
        (10, lower.as_str())
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix) || c == '_') {
        return None;
    }
    let digits = digits.replace('_', "");
    let signed = if negative {
        format!("-{digits}")
    } else {
        digits
    };
    i64::from_str_radix(&signed, radix).ok()
}

/// `strconv.Unquote`. Bytes that make no character become U+FFFD.
pub(super) fn unquote(text: &str) -> Option<String> {
    let quote = text.chars().next()?;
    let inner = text.get(1..)?.strip_suffix(quote)?;
    if quote == '`' {
        return Some(inner.replace('\r', ""));
    }
    if !inner.contains('\\') {
        return Some(inner.to_owned());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..)?;
        if character == '\\' {
            rest = escape(rest, quote, &mut out)?;
        } else {
            out.extend(character.encode_utf8(&mut [0; 4]).bytes());
        }
    }
    Some(match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// What follows a backslash; gives the rest.
fn escape<'a>(rest: &'a str, quote: char, out: &mut Vec<u8>) -> Option<&'a str> {
    let sign = rest.chars().next()?;
    let after = rest.get(sign.len_utf8()..)?;
    let (radix, length) = match sign {
        'a' => return Some(byte(out, 7, after)),
        'b' => return Some(byte(out, 8, after)),
        'f' => return Some(byte(out, 12, after)),
        'n' => return Some(byte(out, b'\n', after)),
        'r' => return Some(byte(out, b'\r', after)),
        't' => return Some(byte(out, b'\t', after)),
        'v' => return Some(byte(out, 11, after)),
        '\\' => return Some(byte(out, b'\\', after)),
        '\'' | '"' if sign == quote => return Some(byte(out, u8::try_from(quote).ok()?, after)),
        'x' => (16, 2),
        'u' => (16, 4),
        'U' => (16, 8),
        '0'..='7' => (8, 3),
        _ => return None,
    };
    let digits = if radix == 8 { rest } else { after };
    let code = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
    match sign {
        'u' | 'U' => out.extend(char::from_u32(code)?.encode_utf8(&mut [0; 4]).bytes()),
        _ => out.push(u8::try_from(code).ok()?),
    }
    digits.get(length..)
}

fn byte<'a>(out: &mut Vec<u8>, byte: u8, rest: &'a str) -> &'a str {
    out.push(byte);
    rest
}
