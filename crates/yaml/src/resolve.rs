//! What a scalar is: go-yaml v2's `resolve`, rule by rule.
//!
//! The first byte of a plain scalar decides which rules are tried at all; most scalars are names
//! and leave after that one look.

mod binary;
mod numeric;

use std::borrow::Cow;

use crate::event::{ScalarForm, Tag};

/// The value of a scalar. `Str` stands for the text as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str,
    /// The text that `!!binary` encodes.
    Decoded(String),
}

/// Resolves a scalar.
///
/// # Errors
///
/// A sentence, when the text denies the tag it carries; kubectl refuses such a document.
pub(crate) fn resolve(text: &str, form: ScalarForm, tag: Option<Tag>) -> Result<Resolved, String> {
    match tag {
        None if form == ScalarForm::Plain => Ok(plain(text)),
        None if form == ScalarForm::Absent => Ok(Resolved::Null),
        None | Some(Tag::Other | Tag::NonSpecific | Tag::Merge | Tag::Str) => Ok(Resolved::Str),
        Some(Tag::Binary) => match binary::decode(text) {
            Some(bytes) => Ok(Resolved::Decoded(
                String::from_utf8_lossy(&bytes).into_owned(),
            )),
            None => Err("the value of !!binary is not base64".to_owned()),
        },
        Some(tag) => tagged(text, tag),
    }
}

/// Whether a key is the merge key: a bare `<<`, or any `<<` with the tag `!` or `!!merge`.
pub(crate) fn is_merge(text: &str, form: ScalarForm, tag: Option<Tag>) -> bool {
    text == "<<"
        && match tag {
            None => form == ScalarForm::Plain,
            Some(tag) => matches!(tag, Tag::Merge | Tag::NonSpecific),
        }
}

/// A scalar without quotes and without a tag.
pub(crate) fn plain(text: &str) -> Resolved {
    let Some(first) = text.as_bytes().first() else {
        return Resolved::Null;
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' => word(text).unwrap_or_else(|| numeric::number(text)),
        b'.' => word(text).unwrap_or_else(|| numeric::fraction(text)),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            word(text).unwrap_or(Resolved::Str)
        }
        _ => Resolved::Str,
    }
}

/// The words that stand for a value.
fn word(text: &str) -> Option<Resolved> {
    if text.len() > 5 {
        return None;
    }
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// A scalar with a tag that must fit it; quotes do not matter then.
fn tagged(text: &str, tag: Tag) -> Result<Resolved, String> {
    let value = plain(text);
    match (tag, &value) {
        (Tag::Null, Resolved::Null)
        | (Tag::Bool, Resolved::Bool(_))
        | (Tag::Int, Resolved::Int(_) | Resolved::Uint(_))
        | (Tag::Float, Resolved::Float(_)) => Ok(value),
        #[expect(clippy::cast_precision_loss, reason = "go-yaml rounds here too")]
        (Tag::Float, Resolved::Int(integer)) => Ok(Resolved::Float(*integer as f64)),
        (Tag::Timestamp, Resolved::Str) if numeric::is_timestamp(text) => Ok(Resolved::Str),
        _ => Err(format!(
            "{} is not a value of the tag !!{}",
            quoted(text),
            name(tag)
        )),
    }
}

fn name(tag: Tag) -> &'static str {
    match tag {
        Tag::Str => "str",
        Tag::Bool => "bool",
        Tag::Int => "int",
        Tag::Float => "float",
        Tag::Null => "null",
        Tag::Timestamp => "timestamp",
        Tag::Binary => "binary",
        Tag::Merge => "merge",
        Tag::NonSpecific | Tag::Other => "",
    }
}

/// The beginning of a text in quotes, for a message: control characters escaped.
pub(crate) fn quoted(text: &str) -> Cow<'static, str> {
    const SHOWN: usize = 40;
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Cow::Owned(format!("{short:?}"))
}

#[cfg(test)]
mod tests;
