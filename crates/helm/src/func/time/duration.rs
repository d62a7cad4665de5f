//! Durations: `1h30m`, counted in nanoseconds.

use super::NANOS;

/// The units and their nanoseconds.
const UNITS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOS),
    ("m", 60 * NANOS),
    ("h", 3600 * NANOS),
];

/// `time.ParseDuration`.
///
/// # Errors
/// In the words of the original.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let quoted = super::super::strings::go_quote(text);
    let invalid = || format!("time: invalid duration {quoted}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (whole, tail) = digits(rest);
        let (fraction, tail) = match tail.strip_prefix('.') {
            Some(tail) => digits(tail),
            None => ("", tail),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = tail
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end).ok_or_else(invalid)?;
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {quoted}"));
        }
        let scale = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, nanos)| i128::from(*nanos));
        let Some(scale) = scale else {
            return Err(format!(
                "time: unknown unit {} in duration {quoted}",
                super::super::strings::go_quote(unit)
            ));
        };
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| invalid())?
        };
        total = whole
            .checked_mul(scale)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(invalid)?;
        let mut weight = 1;
        let mut decimals = 0;
        for digit in fraction.chars().take(18) {
            weight *= 10;
            decimals = decimals * 10 + i128::from(digit.to_digit(10).unwrap_or(0));
        }
        total += decimals * scale / weight;
        if total > i128::from(i64::MAX) {
            return Err(invalid());
        }
        rest = tail;
    }
    let total = if negative { -total } else { total };
    i64::try_from(total).map_err(|_| invalid())
}

fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// `Duration.String`: `1h30m0s`, `1.5s`, `2ms`.
pub(crate) fn format_duration(nanos: i64) -> String {
    let magnitude = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    if magnitude == 0 {
        return "0s".to_owned();
    }
    if magnitude < NANOS.unsigned_abs() {
        let (unit, scale) = if magnitude < 1_000 {
            ("ns", 1)
        } else if magnitude < 1_000_000 {
            ("µs", 1_000)
        } else {
            ("ms", 1_000_000)
        };
        return format!("{sign}{}{unit}", fraction(magnitude, scale));
    }
    let seconds = magnitude / NANOS.unsigned_abs();
    let rest = magnitude % NANOS.unsigned_abs() + seconds % 60 * NANOS.unsigned_abs();
    let shown = fraction(rest, NANOS.unsigned_abs());
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{shown}s"),
        (0, minutes) => format!("{sign}{minutes}m{shown}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{shown}s"),
    }
}

/// A number of units with as many decimals as needed.
fn fraction(value: u64, scale: u64) -> String {
    let width = scale.to_string().len() - 1;
    let rest = value % scale;
    if rest == 0 {
        return (value / scale).to_string();
    }
    let decimals = format!("{rest:0width$}");
    format!("{}.{}", value / scale, decimals.trim_end_matches('0'))
}
