//! Strings: cutting, trimming, padding, quoting.
//!
//! Marks of values are kept where a function keeps the bytes; elsewhere the whole result comes
//! from the arguments.
#![expect(clippy::unnecessary_wraps, reason = "all functions have one signature")]

use std::fmt::Write as _;

use super::util::{Out, arity, count, cut, join_texts, strval};
use super::{Call, Func, FuncError, Param};
use crate::value::{Origin, Text, TextBuilder, Value};

use Param::{Any, Int, Str};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("contains", &[Str, Str], |_, args| {
        with_two(args, |part, text| text.contains(part.as_str()).into())
    }),
    Func::new("hasPrefix", &[Str, Str], |_, args| {
        with_two(args, |part, text| text.starts_with(part.as_str()).into())
    }),
    Func::new("hasSuffix", &[Str, Str], |_, args| {
        with_two(args, |part, text| text.ends_with(part.as_str()).into())
    }),
    Func::new("trim", &[Str], |_, args| {
        with_one(args, |text| text.part(text.trim()).into())
    }),
    Func::new("trimAll", &[Str, Str], |_, args| with_two(args, trim_all)),
    Func::new("trimall", &[Str, Str], |_, args| with_two(args, trim_all)),
    Func::new("trimPrefix", &[Str, Str], |_, args| {
        with_two(args, |part, text| {
            text.part(text.strip_prefix(part.as_str()).unwrap_or(text))
                .into()
        })
    }),
    Func::new("trimSuffix", &[Str, Str], |_, args| {
        with_two(args, |part, text| {
            text.part(text.strip_suffix(part.as_str()).unwrap_or(text))
                .into()
        })
    }),
    Func::new("nospace", &[Str], |_, args| {
        with_one(args, |text| nospace(text).into())
    }),
    Func::new("trunc", &[Int, Str], trunc),
    Func::new("substr", &[Int, Int, Str], substr),
    Func::new("repeat", &[Int, Str], repeat),
    Func::new("indent", &[Int, Str], indent),
    Func::new("nindent", &[Int, Str], nindent),
    Func::new("replace", &[Str, Str, Str], replace),
    Func::new("plural", &[Str, Str, Int], plural),
    Func::variadic("quote", &[], Any, quote),
    Func::variadic("squote", &[], Any, squote),
    Func::variadic("cat", &[], Any, cat),
    Func::new("toString", &[Any], |_, args| {
        args.first()
            .map(|value| strval(value).into())
            .ok_or_else(arity)
    }),
    Func::new("abbrev", &[Int, Str], abbrev),
    Func::new("abbrevboth", &[Int, Int, Str], abbrevboth),
    Func::new("hello", &[], |_, _| Ok("Hello!".into())),
];

/// Runs a function of one string.
pub(super) fn with_one(args: &[Value], run: impl FnOnce(&Text) -> Value) -> Out {
    let [text] = args else { return Err(arity()) };
    Ok(run(&Call::text(text)))
}

/// Runs a function of two strings.
pub(super) fn with_two(args: &[Value], run: impl FnOnce(&Text, &Text) -> Value) -> Out {
    let [one, other] = args else {
        return Err(arity());
    };
    Ok(run(&Call::text(one), &Call::text(other)))
}

fn trim_all(set: &Text, text: &Text) -> Value {
    text.part(text.trim_matches(|c| set.contains(c))).into()
}

/// Goes by bytes and writes each as a character, as the original does.
fn nospace(text: &Text) -> Text {
    let is_space = |b: u8| matches!(b, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0);
    if !text.bytes().any(is_space) {
        return text.clone();
    }
    let kept: String = text
        .bytes()
        .filter(|&b| !is_space(b))
        .map(char::from)
        .collect();
    kept.into()
}

fn trunc(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [count, text] = args else {
        return Err(arity());
    };
    let (count, text) = (count.as_int().unwrap_or(0), Call::text(text));
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let range = if wanted >= text.len() {
        0..text.len()
    } else if count < 0 {
        text.len() - wanted..text.len()
    } else {
        0..wanted
    };
    Ok(cut(&text, range).into())
}

fn substr(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [start, end, text] = args else {
        return Err(arity());
    };
    let (start, end, text) = (
        start.as_int().unwrap_or(0),
        end.as_int().unwrap_or(0),
        Call::text(text),
    );
    let length = super::util::length(text.len());
    let (from, to) = if start < 0 {
        (0, end)
    } else if end < 0 || end > length {
        (start, length)
    } else {
        (start, end)
    };
    match (usize::try_from(from), usize::try_from(to)) {
        (Ok(from), Ok(to)) if from <= to && to <= text.len() => Ok(cut(&text, from..to).into()),
        _ => Err(out_of_range(start, end, from, to, length)),
    }
}

/// The runtime's message for a slice expression, by which of its bounds is wrong.
fn out_of_range(start: i64, _end: i64, from: i64, to: i64, length: i64) -> FuncError {
    let reason = if to < 0 {
        format!("[:{to}]")
    } else if to > length {
        format!("[:{to}] with length {length}")
    } else if start >= 0 && from > length && to == length {
        format!("[{from}:{length}]")
    } else {
        format!("[{from}:{to}]")
    };
    FuncError::new(format!("runtime error: slice bounds out of range {reason}"))
}

fn repeat(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [times, text] = args else {
        return Err(arity());
    };
    let (times, text) = (times.as_int().unwrap_or(0), Call::text(text));
    let Ok(times) = usize::try_from(times) else {
        return Err(FuncError::new("strings: negative Repeat count"));
    };
    if text.is_empty() {
        return Ok(text.into());
    }
    call.spend(times.saturating_mul(text.len()))?;
    let mut out = TextBuilder::new();
    for _ in 0..times {
        out.push(&text);
    }
    Ok(out.finish().into())
}

fn indent(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [width, text] = args else {
        return Err(arity());
    };
    Ok(indented(call, "", width, &Call::text(text))?.into())
}

fn nindent(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [width, text] = args else {
        return Err(arity());
    };
    Ok(indented(call, "\n", width, &Call::text(text))?.into())
}

fn indented(
    call: &mut Call<'_>,
    before: &str,
    width: &Value,
    text: &Text,
) -> Result<Text, FuncError> {
    if width.as_int().is_some_and(|width| width < 0) {
        return Err(FuncError::new("strings: negative Repeat count"));
    }
    let width = count(width);
    let lines = text.bytes().filter(|&b| b == b'\n').count() + 1;
    call.spend(width.saturating_mul(lines).saturating_add(text.len()))?;
    let pad = " ".repeat(width);
    let mut out = TextBuilder::new();
    out.push_str(before);
    for line in text.split_inclusive('\n') {
        out.push_str(&pad);
        out.push(&text.part(line));
    }
    if text.is_empty() || text.ends_with('\n') {
        out.push_str(&pad);
    }
    Ok(out.finish())
}

fn replace(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [old, new, text] = args else {
        return Err(arity());
    };
    let (old, new, text) = (Call::text(old), Call::text(new), Call::text(text));
    if !old.is_empty() && !text.contains(old.as_str()) {
        return Ok(text.into());
    }
    let mut out = TextBuilder::new();
    let mut end = 0;
    for (at, found) in text.match_indices(old.as_str()) {
        call.spend(new.len())?;
        out.push_slice(&text, end..at);
        out.push(&new);
        end = at + found.len();
    }
    out.push_slice(&text, end..text.len());
    Ok(out.finish().into())
}

fn plural(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [one, many, count] = args else {
        return Err(arity());
    };
    Ok(if count.as_int() == Some(1) {
        one.clone()
    } else {
        many.clone()
    })
}

fn quote(call: &mut Call<'_>, args: &[Value]) -> Out {
    let parts: Vec<Text> = args
        .iter()
        .filter(|value| !value.is_null())
        .map(|value| {
            call.read(value);
            quoted(&strval(value), value)
        })
        .collect();
    Ok(join_texts(&parts, " ").into())
}

/// `%q`, with the marks where nothing had to be escaped.
fn quoted(text: &Text, value: &Value) -> Text {
    let written = go_quote(text);
    let mut out = TextBuilder::new();
    if written.len() == text.len() + 2 {
        out.push_str("\"");
        out.push(text);
        out.push_str("\"");
    } else if text.is_unmarked() {
        out.push_from(&written, value.origin);
    } else {
        out.push_str("\"");
        quote_pieces(text, &mut out);
        out.push_str("\"");
    }
    out.finish()
}

/// Each piece keeps the values that it shows.
fn quote_pieces(text: &Text, out: &mut TextBuilder) {
    let mut piece = |range: std::ops::Range<usize>, origin: Origin| {
        let part = text.as_str().get(range.clone()).unwrap_or_default();
        let written = go_quote(part);
        if written.len() == part.len() + 2 {
            out.push_slice(text, range);
        } else if let Some(inner) = written.get(1..written.len() - 1) {
            out.push_from(inner, origin);
        }
    };
    let offset = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    let mut at = 0;
    for mark in text.marks(0..text.len()) {
        piece(at..offset(mark.start), Origin::NONE);
        at = offset(mark.end);
        piece(offset(mark.start)..at, mark.origin);
    }
    piece(at..text.len(), Origin::NONE);
}

/// `strconv.Quote`.
pub(crate) fn go_quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_go_printable(c) => out.push(c),
            c if u32::from(c) < 0x80 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if u32::from(c) < 0x1_0000 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// `strconv.IsPrint`, for what occurs: no controls, no invisible white space, no private use.
fn is_go_printable(c: char) -> bool {
    c == ' '
        || !(c.is_control()
            || c.is_whitespace()
            || matches!(
                c,
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                    | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
                    | '\u{fffe}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}'
            ))
}

fn squote(call: &mut Call<'_>, args: &[Value]) -> Out {
    let parts: Vec<Text> = args
        .iter()
        .filter(|value| !value.is_null())
        .map(|value| {
            call.read(value);
            let mut out = TextBuilder::new();
            out.push_str("'");
            out.push(&printed(value));
            out.push_str("'");
            out.finish()
        })
        .collect();
    Ok(join_texts(&parts, " ").into())
}

/// `%v`, which unlike `strval` shows bytes as numbers.
fn printed(value: &Value) -> Text {
    match value.text() {
        Some(text) => text,
        None => Text::with_origin(crate::value::print(value), value.origin),
    }
}

fn cat(call: &mut Call<'_>, args: &[Value]) -> Out {
    let parts: Vec<Text> = args
        .iter()
        .filter(|value| !value.is_null())
        .map(|value| {
            call.read(value);
            printed(value)
        })
        .collect();
    Ok(join_texts(&parts, " ").into())
}

fn abbrev(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [width, text] = args else {
        return Err(arity());
    };
    let text = Call::text(text);
    match width.as_int() {
        Some(width) if width >= 4 => {
            Ok(abbreviated(&text, 0, usize::try_from(width).unwrap_or(usize::MAX)).into())
        }
        _ => Ok(text.into()),
    }
}

fn abbrevboth(_: &mut Call<'_>, args: &[Value]) -> Out {
    let [left, right, text] = args else {
        return Err(arity());
    };
    let (left, right, text) = (
        left.as_int().unwrap_or(0),
        right.as_int().unwrap_or(0),
        Call::text(text),
    );
    if right < 4 || left > 0 && right < 7 {
        return Ok(text.into());
    }
    let width = usize::try_from(right).unwrap_or(usize::MAX);
    Ok(abbreviated(&text, usize::try_from(left).unwrap_or(0), width).into())
}

/// `goutils.AbbreviateFull`.
fn abbreviated(text: &Text, offset: usize, width: usize) -> Text {
    if text.len() <= width {
        return text.clone();
    }
    let body = width.saturating_sub(3);
    let mut offset = offset.min(text.len());
    if text.len() - offset < body {
        offset = text.len() - body;
    }
    let mut out = TextBuilder::new();
    if offset <= 4 {
        out.push(&cut(text, 0..body));
        out.push_str("...");
        return out.finish();
    }
    if width < 7 {
        return Text::default();
    }
    out.push_str("...");
    if offset + body < text.len() {
        out.push(&abbreviated(&cut(text, offset..text.len()), 0, body));
    } else {
        out.push(&cut(text, text.len() - body..text.len()));
    }
    out.finish()
}
