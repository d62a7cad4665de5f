//! Verbs of strings and bytes, and Go's quoting.

use std::fmt::Write as _;

use super::spec::Spec;

/// Writes a string; false when the verb is none of its verbs.
pub(super) fn string(out: &mut String, spec: &Spec, text: &str) -> bool {
    let cut = |text: &str| -> String {
        match spec.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        }
    };
    match spec.verb {
        'v' if spec.sharp => spec.pad(out, &quote(text)),
        'v' | 's' => spec.pad(out, &cut(text)),
        'q' => {
            let text = cut(text);
            if spec.sharp && can_backquote(&text) {
                spec.pad(out, &format!("`{text}`"));
            } else {
                spec.pad(out, &quoted(&text, spec.plus));
            }
        }
        'x' | 'X' => hex(out, spec, text.as_bytes()),
        _ => return false,
    }
    true
}

/// `%x` of bytes.
pub(super) fn hex(out: &mut String, spec: &Spec, bytes: &[u8]) {
    let bytes = bytes
        .get(..spec.precision.unwrap_or(bytes.len()))
        .unwrap_or(bytes);
    let mut text = String::new();
    let upper = spec.verb == 'X';
    let prefix = match (spec.sharp, upper) {
        (false, _) => "",
        (true, false) => "0x",
        (true, true) => "0X",
    };
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && spec.space {
            text.push(' ');
        }
        if index == 0 || spec.space {
            text.push_str(prefix);
        }
        let written = if upper {
            write!(text, "{byte:02X}")
        } else {
            write!(text, "{byte:02x}")
        };
        // Writing to a string cannot fail.
        let _ = written;
    }
    spec.pad(out, &text);
}

fn can_backquote(text: &str) -> bool {
    text.chars()
        .all(|c| c == '\t' || (c != '`' && c != '\u{feff}' && c != '\u{7f}' && c >= ' '))
}

/// `strconv.Quote`: a Go string literal in double quotes.
pub fn quote(text: &str) -> String {
    quoted(text, false)
}

fn quoted(text: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        escape(&mut out, character, '"', ascii);
    }
    out.push('"');
    out
}

/// `strconv.QuoteRune`.
pub(super) fn quote_char(character: char) -> String {
    let mut out = String::from("'");
    escape(&mut out, character, '\'', false);
    out.push('\'');
    out
}

fn escape(out: &mut String, character: char, quote: char, ascii: bool) {
    let short = match character {
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        '\\' => "\\\\",
        _ => "",
    };
    if !short.is_empty() {
        out.push_str(short);
    } else if character == quote {
        out.push('\\');
        out.push(character);
    } else if printable(character) && (character.is_ascii() || !ascii) {
        out.push(character);
    } else {
        let code = u32::from(character);
        let text = match code {
            0..=0x1f | 0x7f => format!("\\x{code:02x}"),
            0x80..=0xffff => format!("\\u{code:04x}"),
            _ => format!("\\U{code:08x}"),
        };
        out.push_str(&text);
    }
}

/// `strconv.IsPrint`, without the tables for characters that Unicode has not assigned.
pub(super) fn printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}'
        | '\u{ffff}'
        | '\u{e0000}'..='\u{10ffff}' => false,
        _ => !character.is_control() && !character.is_whitespace(),
    }
}
