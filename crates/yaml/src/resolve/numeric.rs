//! Numbers, as Go's `strconv` reads them with the base taken from the prefix.

use std::borrow::Cow;

use super::Resolved;

/// A plain scalar that begins with a digit or a sign.
///
/// go-yaml v2 drops all underscores, then tries an integer with its prefix (`0x`, `0o`, `0b`, and
/// a bare `0` for octal), then a decimal float, then its own binary form.
pub(super) fn number(text: &str) -> Resolved {
    let plain: Cow<'_, str> = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    if let Some(value) = integer(&plain) {
        return value;
    }
    if is_decimal(&plain)
        && let Some(value) = parse_decimal(&plain)
    {
        return Resolved::Float(value);
    }
    own_binary(&plain).unwrap_or(Resolved::Str)
}

/// A plain scalar that begins with a point: `strconv.ParseFloat` alone decides, which lets an
/// underscore stand between two digits.
pub(super) fn fraction(text: &str) -> Resolved {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(sign) = rest.next() {
        let between = plain.ends_with(|last: char| last.is_ascii_digit())
            && rest.peek().is_some_and(char::is_ascii_digit);
        if sign != '_' {
            plain.push(sign);
        } else if !between {
            return Resolved::Str;
        }
    }
    if !is_decimal(&plain) {
        return Resolved::Str;
    }
    parse_decimal(&plain).map_or(Resolved::Str, Resolved::Float)
}

/// `strconv.ParseInt(text, 0, 64)`, then `strconv.ParseUint(text, 0, 64)`.
fn integer(text: &str) -> Option<Resolved> {
    let (sign, body) = match text.as_bytes().first()? {
        b'-' => (Some('-'), text.get(1..)?),
        b'+' => (Some('+'), text.get(1..)?),
        _ => (None, text),
    };
    let (digits, radix) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (body.get(2..)?, 16),
        [b'0', b'o' | b'O', ..] => (body.get(2..)?, 8),
        [b'0', b'b' | b'B', ..] => (body.get(2..)?, 2),
        [b'0', _, ..] => (body.get(1..)?, 8),
        _ => (body, 10),
    };
    signed(sign, digits, radix)
}

/// Digits with a sign before them: an `i64`, or without a sign also a `u64`.
fn signed(sign: Option<char>, digits: &str, radix: u32) -> Option<Resolved> {
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    if sign == Some('-') {
        return 0_i64.checked_sub_unsigned(size).map(Resolved::Int);
    }
    match i64::try_from(size) {
        Ok(value) => Some(Resolved::Int(value)),
        Err(_) if sign.is_none() => Some(Resolved::Uint(size)),
        Err(_) => None,
    }
}

/// What go-yaml tries last: `0b` and `-0b`, and then base 2 with a sign of its own.
fn own_binary(text: &str) -> Option<Resolved> {
    if let Some(body) = text.strip_prefix("0b") {
        let sign = body
            .chars()
            .next()
            .filter(|first| matches!(first, '+' | '-'))?;
        return signed(Some(sign), body.get(1..)?, 2);
    }
    None
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_decimal(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (body, None),
    };
    let mantissa_fits = match mantissa.split_once('.') {
        None => is_digits(mantissa),
        Some(("", after)) => is_digits(after),
        Some((before, after)) => is_digits(before) && (after.is_empty() || is_digits(after)),
    };
    mantissa_fits
        && exponent
            .is_none_or(|digits| is_digits(digits.strip_prefix(['-', '+']).unwrap_or(digits)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A decimal float; one that is too large is no float to Go.
fn parse_decimal(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// The four forms of `parseTimestamp`: date, date and time with `T` or `t` and a zone, date and
/// time with a blank and no zone.
pub(super) fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at), text.get(at..)),
        None => (Some(text), None),
    };
    let Some(date) = date else { return false };
    if !is_date(date) {
        return false;
    }
    match time {
        None => true,
        Some(time) => match time.strip_prefix(['T', 't']) {
            Some(zoned) => split_zone(zoned).is_some_and(is_time),
            None => time.strip_prefix(' ').is_some_and(is_time),
        },
    }
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (
        bounded(year, 4, 4, 9999),
        bounded(month, 1, 2, 12),
        bounded(day, 1, 2, 31),
    ) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        0 => 0,
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=days).contains(&day)
}

/// The time before `Z` or an offset such as `+01:00`.
fn split_zone(text: &str) -> Option<&str> {
    if let Some(time) = text.strip_suffix('Z') {
        return Some(time);
    }
    let at = text.rfind(['+', '-'])?;
    let (hours, minutes) = text.get(at + 1..)?.split_once(':')?;
    bounded(hours, 2, 2, 24)?;
    bounded(minutes, 2, 2, 60)?;
    text.get(..at)
}

fn is_time(text: &str) -> bool {
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let (Some(hour), Some(minute), Some(second), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    bounded(hour, 1, 2, 23).is_some()
        && bounded(minute, 1, 2, 59).is_some()
        && bounded(second, 1, 2, 59).is_some()
        && fraction.is_none_or(is_digits)
}

/// A number of so many digits and at most so large.
fn bounded(text: &str, least: usize, most: usize, max: u32) -> Option<u32> {
    if !is_digits(text) || !(least..=most).contains(&text.len()) {
        return None;
    }
    text.parse().ok().filter(|value| *value <= max)
}
