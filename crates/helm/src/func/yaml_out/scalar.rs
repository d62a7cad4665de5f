//! What a plain YAML 1.1 scalar would be read as, and which style may carry a text.

use std::borrow::Cow;

use crate::func::number::{parse_float, parse_int};

/// Whether the text is read back as a string when it is written without quotes
/// (go-yaml v2, `resolve` and `isBase60Float`).
pub(crate) fn resolves_to_string(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    match first {
        'y' | 'Y' | 'n' | 'N' | 't' | 'T' | 'f' | 'F' | 'o' | 'O' | '~' => !is_word(text),
        '.' => !is_word(text) && parse_float(text).is_none(),
        '+' | '-' | '0'..='9' => {
            !is_word(text) && !is_timestamp(text) && !is_number(text) && !is_base60(text)
        }
        _ => true,
    }
}

/// The words of YAML 1.1 that are not strings.
fn is_word(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "true"
            | "True"
            | "TRUE"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "false"
            | "False"
            | "FALSE"
            | "off"
            | "Off"
            | "OFF"
            | "~"
            | "null"
            | "Null"
            | "NULL"
            | ".nan"
            | ".NaN"
            | ".NAN"
            | ".inf"
            | ".Inf"
            | ".INF"
            | "+.inf"
            | "+.Inf"
            | "+.INF"
            | "-.inf"
            | "-.Inf"
            | "-.INF"
    )
}

/// Integers in Go's bases, floats in YAML's notation; underscores may stand anywhere.
fn is_number(text: &str) -> bool {
    let plain: String = text.chars().filter(|&c| c != '_').collect();
    if parse_int(&plain, 0).is_some()
        || (!plain.starts_with('-') && !plain.starts_with('+') && is_u64(&plain))
    {
        return true;
    }
    is_yaml_float(&plain) && parse_float(&plain).is_some()
}

/// An integer beyond `i64` that still is one of Go's unsigned 64 bits.
fn is_u64(plain: &str) -> bool {
    let (digits, base) = match plain.get(..2) {
        Some("0x" | "0X") => (plain.get(2..), 16),
        Some("0b" | "0B") => (plain.get(2..), 2),
        Some("0o" | "0O") => (plain.get(2..), 8),
        _ if plain.starts_with('0') => (plain.get(1..), 8),
        _ => (Some(plain), 10),
    };
    digits
        .is_some_and(|digits| !digits.starts_with('+') && u64::from_str_radix(digits, base).is_ok())
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_yaml_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    });
    mantissa_fits && exponent_fits
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
fn is_base60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return false;
    }
    let mut parts = whole.split(':');
    let head = parts.next().unwrap_or_default();
    let head_fits = head.starts_with(|c: char| c.is_ascii_digit())
        && head.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut count = 0_usize;
    let tail_fits = parts.all(|part| {
        count += 1;
        match part.as_bytes() {
            [digit] => digit.is_ascii_digit(),
            [ten, digit] => (b'0'..=b'5').contains(ten) && digit.is_ascii_digit(),
            _ => false,
        }
    });
    head_fits && tail_fits && count > 0
}

/// Whether go-yaml reads the text as a time (`allowedTimestampFormats`).
fn is_timestamp(text: &str) -> bool {
    let mut rest = text;
    let Some(year) = take_digits(&mut rest, 4, 4) else {
        return false;
    };
    let Some(month) = rest.strip_prefix('-').and_then(|tail| {
        rest = tail;
        take_digits(&mut rest, 1, 2)
    }) else {
        return false;
    };
    let Some(day) = rest.strip_prefix('-').and_then(|tail| {
        rest = tail;
        take_digits(&mut rest, 1, 2)
    }) else {
        return false;
    };
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return false;
    }
    match rest.chars().next() {
        None => true,
        Some(' ') => clock(rest.get(1..).unwrap_or_default()).is_some_and(str::is_empty),
        Some('T' | 't') => clock(rest.get(1..).unwrap_or_default()).is_some_and(is_zone),
        Some(_) => false,
    }
}

/// `15:4:5` with an optional fraction; returns what follows it.
fn clock(text: &str) -> Option<&str> {
    let mut rest = text;
    let hour = take_digits(&mut rest, 1, 2)?;
    rest = rest.strip_prefix(':')?;
    let minute = take_digits(&mut rest, 1, 2)?;
    rest = rest.strip_prefix(':')?;
    let second = take_digits(&mut rest, 1, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            rest = fraction.get(digits..)?;
        }
    }
    Some(rest)
}

/// `Z07:00`.
fn is_zone(text: &str) -> bool {
    if text == "Z" {
        return true;
    }
    let Some(rest) = text.strip_prefix(['+', '-']) else {
        return false;
    };
    let Some((hours, minutes)) = rest.split_once(':') else {
        return false;
    };
    let two = |part: &str, most: u32| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|n| n <= most)
    };
    two(hours, 24) && two(minutes, 60)
}

/// Takes `least` to `most` digits from the front.
fn take_digits(text: &mut &str, least: usize, most: usize) -> Option<u32> {
    let count = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if count < least {
        return None;
    }
    let (digits, rest) = text.split_at_checked(count)?;
    *text = rest;
    digits.parse().ok()
}

/// The days of a month of the Gregorian calendar.
fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// Whether go-yaml's reader accepts every character when it stands raw in a JSON text.
pub(super) fn is_readable(text: &str) -> bool {
    text.chars().all(|c| {
        // Control characters below the space arrive escaped.
        c < '\u{7f}' || c == '\u{85}' || ('\u{a0}'..='\u{fffd}').contains(&c) || c > '\u{ffff}'
    })
}

/// A text as it comes back from go-yaml's reader: it takes a NEL, which JSON leaves raw, for a
/// line break and folds it.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    const NEL: char = '\u{85}';
    if !text.contains(NEL) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(NEL) {
        let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(head.trim_end_matches(' '));
        let body = tail.trim_start_matches([NEL, ' ']);
        let run = tail.strip_suffix(body).unwrap_or(tail);
        match run.matches(NEL).count() {
            1 => out.push(' '),
            breaks => (1..breaks).for_each(|_| out.push('\n')),
        }
        rest = body;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What go-yaml's emitter finds out about a text before it chooses a style.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the facts are independent of each other"
)]
pub(super) struct Shape {
    /// The text has a line break.
    pub multiline: bool,
    /// It may be written without quotes in block context.
    pub plain: bool,
    /// It may stand in single quotes.
    pub single_quoted: bool,
    /// It may be a literal block.
    pub block: bool,
}

/// go-yaml's `yaml_emitter_analyze_scalar`.
pub(super) fn shape(text: &str) -> Shape {
    if text.is_empty() {
        return Shape {
            multiline: false,
            plain: true,
            single_quoted: true,
            block: false,
        };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut breaks, mut special) = (false, false);
    let (mut leading, mut trailing, mut trailing_space) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
    let mut chars = text.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let before_blank = chars.peek().is_none_or(|&next| next == ' ' || next == '\t');
        let last = chars.peek().is_none();
        indicators |= match c {
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => first,
            '#' => first || after_blank,
            '?' | '-' => first && before_blank,
            ':' => before_blank,
            _ => false,
        };
        special |= !is_printable(c);
        if c == ' ' {
            leading |= first;
            trailing |= last;
            trailing_space |= last;
            break_space |= after_break;
            (after_space, after_break) = (true, false);
        } else if is_break(c) {
            breaks = true;
            leading |= first;
            trailing |= last;
            space_break |= after_space;
            (after_space, after_break) = (false, true);
        } else {
            (after_space, after_break) = (false, false);
        }
        after_blank = c == ' ' || c == '\t' || c == '\0' || is_break(c);
        first = false;
    }
    Shape {
        multiline: breaks,
        plain: !(leading
            || trailing
            || break_space
            || space_break
            || special
            || breaks
            || indicators),
        single_quoted: !(break_space || space_break || special),
        block: !(trailing_space || space_break || special),
    }
}

/// YAML 1.1's line breaks.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// go-yaml's `is_printable`; characters beyond the basic plane (emoji) are not.
pub(super) fn is_printable(c: char) -> bool {
    c == '\n'
        || (' '..='~').contains(&c)
        || ('\u{a0}'..='\u{ffff}').contains(&c)
            && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
