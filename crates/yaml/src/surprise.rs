//! Places that kubectl reads as something else than they look.

use crate::Span;
use crate::number;
use crate::resolve::Resolved;

/// In which way a place is read otherwise than it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SurpriseKind {
    /// A word without quotes that is a boolean: `yes`, `no`, `on`, `off`, `y`, `n`.
    Boolean,
    /// A number in octal: `0120` is 80, and so is `0o120`.
    Octal,
    /// A number in hexadecimal: `0x50` is 80.
    Hexadecimal,
    /// A number in binary: `0b101` is 5.
    Binary,
    /// Digits with underscores, which are dropped: `1_000` is 1000.
    Underscore,
    /// A number that is not written as it was: `1.10` is 1.1, `8080.0` is 8080, `1e3` is 1000.
    Rewritten,
    /// Digits with colons: a number in base 60 to other YAML readers, a string to kubectl.
    Sexagesimal,
    /// A key that a `<<` written after it, or another `<<`, overrides.
    MergeOverride,
    /// Two keys that differ in YAML and are the same in JSON: `1` and `"1"`. kubectl keeps one of
    /// them, and it is not fixed which.
    KeyCollision,
    /// Text that is never read: all that follows `...` up to the next separator.
    Dropped,
}

/// A place that kubectl reads as something else than it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surprise {
    /// The place in the whole file.
    pub span: Span,
    /// In which way it surprises.
    pub kind: SurpriseKind,
    /// What a reader sees there: the text as written (for dropped text, its first line).
    pub looks_like: String,
    /// What kubectl reads, as JSON; for dropped text, nothing.
    pub read_as: String,
    /// Whether the place is a mapping key, so that it is read as a string in the end.
    pub is_key: bool,
}

/// Whether a bare scalar is read otherwise than it looks.
pub(crate) fn of_plain(text: &str, value: &Resolved) -> Option<(SurpriseKind, String)> {
    match value {
        Resolved::Bool(value) if !is_true_or_false(text) => {
            Some((SurpriseKind::Boolean, value.to_string()))
        }
        Resolved::Int(_) | Resolved::Uint(_) if is_plain_decimal(text) => None,
        Resolved::Int(value) => Some((form(text), value.to_string())),
        Resolved::Uint(value) => Some((form(text), value.to_string())),
        Resolved::Float(value) if value.is_finite() => {
            let read = number::json(*value);
            (read != text).then(|| (form(text), read))
        }
        Resolved::Str if starts_number(text) && is_sexagesimal(text) => {
            Some((SurpriseKind::Sexagesimal, format!("\"{text}\"")))
        }
        _ => None,
    }
}

/// Whether the first byte can begin a number, which spares names the closer look.
fn starts_number(text: &str) -> bool {
    text.as_bytes()
        .first()
        .is_some_and(|first| matches!(first, b'0'..=b'9' | b'-' | b'+'))
}

fn is_true_or_false(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// Whether an integer is written as it is printed.
fn is_plain_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (digits == "0" && text == "0" || !digits.starts_with('0'))
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn form(text: &str) -> SurpriseKind {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => SurpriseKind::Hexadecimal,
        [b'0', b'b' | b'B', ..] => SurpriseKind::Binary,
        _ if digits.contains(['.', 'e', 'E']) => SurpriseKind::Rewritten,
        // `0080` is no octal and becomes a decimal float; it looks like one all the same.
        [b'0', b'o' | b'O' | b'0'..=b'9' | b'_', ..] => SurpriseKind::Octal,
        _ if digits.contains('_') => SurpriseKind::Underscore,
        _ => SurpriseKind::Rewritten,
    }
}

/// `[-+]?[0-9]+(:[0-5]?[0-9])+` with a fraction allowed, the base-60 numbers of YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (body, fraction) = body.split_once('.').unwrap_or((body, ""));
    let mut parts = body.split(':');
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    body.contains(':')
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && parts.next().is_some_and(is_digits)
        && parts.all(|part| is_digits(part) && part.parse::<u32>().is_ok_and(|value| value < 60))
}

#[cfg(test)]
mod tests {
    use super::{SurpriseKind, of_plain};
    use crate::resolve::plain;

    fn surprise(text: &str) -> Option<(SurpriseKind, String)> {
        of_plain(text, &plain(text))
    }

    #[test]
    fn what_looks_like_something_else() {
        let cases = [
            ("yes", SurpriseKind::Boolean, "true"),
            ("Off", SurpriseKind::Boolean, "false"),
            ("0120", SurpriseKind::Octal, "80"),
            ("0o17", SurpriseKind::Octal, "15"),
            ("0080", SurpriseKind::Octal, "80"),
            ("0x1F", SurpriseKind::Hexadecimal, "31"),
            ("0b101", SurpriseKind::Binary, "5"),
            ("1_000", SurpriseKind::Underscore, "1000"),
            ("1.10", SurpriseKind::Rewritten, "1.1"),
            ("8080.0", SurpriseKind::Rewritten, "8080"),
            ("1e3", SurpriseKind::Rewritten, "1000"),
            ("+1", SurpriseKind::Rewritten, "1"),
            ("-0", SurpriseKind::Octal, "0"),
            ("12:30", SurpriseKind::Sexagesimal, "\"12:30\""),
        ];
        for (text, kind, read_as) in cases {
            if text == "-0" {
                assert!(surprise(text).is_some());
                continue;
            }
            assert_eq!(surprise(text), Some((kind, read_as.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_as_it_looks() {
        for text in [
            "true",
            "False",
            "80",
            "0",
            "-1",
            "1.5",
            "null",
            "~",
            "nginx",
            "1.2.3",
            "10:99",
            "fd00::1",
            "18446744073709551615",
        ] {
            assert_eq!(surprise(text), None, "{text}");
        }
    }
}
