//! Numbers as Go's `strconv` and `encoding/json` read and write them.

/// `strconv` decides between notations as if the shortest form had this many digits.
const SHORTEST_PRECISION: i32 = 6;

/// `strconv.FormatFloat(number, 'g', -1, 64)`: the shortest digits, with an exponent below 1e-4
/// and from 1e6 on wherever that shows: `1e+06` for a million.
pub(crate) fn format_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (digits, exponent) = shortest(number);
    if !(-4..SHORTEST_PRECISION).contains(&exponent) {
        return with_exponent(number, &digits, exponent, 2);
    }
    format!("{number}")
}

/// A float as `encoding/json` writes it: an exponent only below 1e-6 and from 1e21 on.
pub(crate) fn json_float(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let (digits, exponent) = shortest(number);
        return with_exponent(number, &digits, exponent, 1);
    }
    format!("{number}")
}

/// The shortest decimal digits that give the number back, and the exponent of the first.
fn shortest(number: f64) -> (String, i32) {
    let text = format!("{:e}", number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or(0))
}

/// Scientific notation; `least` is how many digits the exponent has at least.
fn with_exponent(number: f64, digits: &str, exponent: i32, least: usize) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let point = if rest.is_empty() { "" } else { "." };
    format!(
        "{sign}{first}{point}{rest}e{exponent_sign}{:0least$}",
        exponent.unsigned_abs()
    )
}

/// `strconv.ParseFloat(text, 64)`; nothing for text that is no number or out of range.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    if text.contains('_') {
        if !underscores_fit(text) {
            return None;
        }
        return parse_float(&text.replace('_', ""));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match lower.as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    if lower.starts_with("0x") {
        return hex_float(&lower).map(|number| sign * number);
    }
    if !unsigned
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    let number: f64 = unsigned.parse().ok()?;
    number.is_finite().then_some(sign * number)
}

/// `0x1.8p3`; an exponent is required.
fn hex_float(lower: &str) -> Option<f64> {
    let (mantissa, exponent) = lower.strip_prefix("0x")?.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    for c in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
    }
    let scale = exponent.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    let number = value * 2.0_f64.powi(scale);
    number.is_finite().then_some(number)
}

/// Why a text is no integer, in the words of `strconv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotInt {
    /// `invalid syntax`
    Syntax,
    /// `value out of range`, with the nearest value.
    Range(i64),
}

/// `strconv.ParseInt(text, base, 64)`; base 0 reads Go's prefixes and underscores.
pub(crate) fn parse_int_or(text: &str, base: u32) -> Result<i64, NotInt> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix, underscores) = if base == 0 {
        base_of(unsigned)
    } else {
        (unsigned, base, false)
    };
    let clean: String = if underscores {
        if !underscores_fit(unsigned) {
            return Err(NotInt::Syntax);
        }
        digits.chars().filter(|&c| c != '_').collect()
    } else {
        digits.to_owned()
    };
    if clean.is_empty() || !clean.chars().all(|c| c.is_digit(radix)) {
        return Err(NotInt::Syntax);
    }
    let limit = if negative { i64::MIN } else { i64::MAX };
    let magnitude = i128::from_str_radix(&clean, radix).map_err(|_| NotInt::Range(limit))?;
    let number = if negative { -magnitude } else { magnitude };
    i64::try_from(number).map_err(|_| NotInt::Range(limit))
}

/// [`parse_int_or`] for callers who do not ask why.
pub(crate) fn parse_int(text: &str, base: u32) -> Option<i64> {
    parse_int_or(text, base).ok()
}

/// The digits, the base, and whether underscores are allowed, by the prefix of a Go literal.
fn base_of(text: &str) -> (&str, u32, bool) {
    for (prefixes, radix) in [(["0x", "0X"], 16), (["0b", "0B"], 2), (["0o", "0O"], 8)] {
        if let Some(rest) = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)) {
            return (rest, radix, true);
        }
    }
    match text.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => (rest, 8, true),
        _ => (text, 10, true),
    }
}

/// Go's `underscoreOK`: an underscore stands between digits, or behind a base's prefix.
fn underscores_fit(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    let prefixed = ["0b", "0o", "0x"]
        .iter()
        .find_map(|prefix| lower.strip_prefix(prefix));
    let hex = lower.starts_with("0x");
    let mut after_digit = prefixed.is_some();
    let mut after_underscore = false;
    for c in prefixed.unwrap_or(&lower).chars() {
        let digit = c.is_ascii_digit() || hex && c.is_ascii_hexdigit();
        if c == '_' && !after_digit || after_underscore && !digit {
            return false;
        }
        after_digit = digit;
        after_underscore = c == '_';
    }
    !after_underscore
}
