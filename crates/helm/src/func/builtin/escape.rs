//! `html`, `js` and `urlquery`.
#![expect(clippy::unnecessary_wraps, reason = "all functions have one signature")]

use std::fmt::Write as _;

use super::{Call, Out, sprint};
use crate::value::{Text, TextBuilder, Value};

/// The arguments as one text; nil is `<no value>`.
fn joined(args: &[Value]) -> Text {
    let args: Vec<Value> = args
        .iter()
        .map(|arg| {
            if arg.is_null() {
                Value::str("<no value>")
            } else {
                arg.clone()
            }
        })
        .collect();
    sprint(&args)
}

/// Replaces single characters; what stays keeps its marks.
fn replaced(text: &Text, replace: impl Fn(char) -> Option<String>) -> Value {
    let mut out = TextBuilder::new();
    let mut at = 0;
    for (found, character) in text.char_indices() {
        let Some(by) = replace(character) else {
            continue;
        };
        let after = found + character.len_utf8();
        out.push_slice(text, at..found);
        let origin = text.marks(found..after).next().map(|mark| mark.origin);
        out.push_from(&by, origin.unwrap_or_default());
        at = after;
    }
    out.push_slice(text, at..text.len());
    out.finish().into()
}

pub(super) fn html(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(replaced(&joined(args), |character| {
        let by = match character {
            '\0' => "\u{fffd}",
            '"' => "&#34;",
            '\'' => "&#39;",
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => return None,
        };
        Some(by.to_owned())
    }))
}

pub(super) fn js(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(replaced(&joined(args), |character| {
        Some(match character {
            '\\' => "\\\\".to_owned(),
            '\'' => "\\'".to_owned(),
            '"' => "\\\"".to_owned(),
            '<' => "\\u003C".to_owned(),
            '>' => "\\u003E".to_owned(),
            '&' => "\\u0026".to_owned(),
            '=' => "\\u003D".to_owned(),
            _ if character < ' ' || (character > '~' && character.is_control()) => {
                format!("\\u{:04X}", u32::from(character))
            }
            _ => return None,
        })
    }))
}

pub(super) fn urlquery(_: &mut Call<'_>, args: &[Value]) -> Out {
    Ok(replaced(&joined(args), |character| match character {
        ' ' => Some("+".to_owned()),
        '-' | '_' | '.' | '~' => None,
        _ if character.is_ascii_alphanumeric() => None,
        _ => {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).bytes();
            let mut escaped = String::new();
            for byte in bytes {
                let written = write!(escaped, "%{byte:02X}");
                // Writing to a string cannot fail.
                let _ = written;
            }
            Some(escaped)
        }
    }))
}
