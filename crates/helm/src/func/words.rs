//! Strings as words: cases, wrapping, splitting, joining.

use super::cases::{lower, lower_words, pascal, upper};
use super::strings::{with_one, with_two};
use super::util::{arity, items, join_texts, strval};
use super::{Call, Func, Param};
use crate::value::{Data, List, ListType, Map, MapType, Text, Value};

use Param::{Any, Int, Str};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("upper", &[Str], |_, args| {
        with_one(args, |text| mapped(text, upper))
    }),
    Func::new("lower", &[Str], |_, args| {
        with_one(args, |text| mapped(text, lower))
    }),
    Func::new("title", &[Str], |_, args| {
        with_one(args, |text| title(text).into())
    }),
    Func::new("untitle", &[Str], |_, args| {
        with_one(args, |text| untitle(text).into())
    }),
    Func::new("swapcase", &[Str], |_, args| {
        with_one(args, |text| swapcase(text).into())
    }),
    Func::new("initials", &[Str], |_, args| {
        with_one(args, |text| initials(text).into())
    }),
    Func::new("snakecase", &[Str], |_, args| {
        with_one(args, |text| lower_words(text, '_').into())
    }),
    Func::new("kebabcase", &[Str], |_, args| {
        with_one(args, |text| lower_words(text, '-').into())
    }),
    Func::new("camelcase", &[Str], |_, args| {
        with_one(args, |text| pascal(text).into())
    }),
    Func::new("wrap", &[Int, Str], |_, args| {
        let [width, text] = args else {
            return Err(arity());
        };
        Ok(wrap(&Call::text(text), width.as_int().unwrap_or(0), "\n", false).into())
    }),
    Func::new("wrapWith", &[Int, Str, Str], |call, args| {
        let [width, separator, text] = args else {
            return Err(arity());
        };
        let (separator, text) = (Call::text(separator), Call::text(text));
        call.spend(separator.len().saturating_mul(text.len()))?;
        let separator = if separator.is_empty() {
            "\n"
        } else {
            separator.as_str()
        };
        Ok(wrap(&text, width.as_int().unwrap_or(0), separator, true).into())
    }),
    Func::new("split", &[Str, Str], |_, args| {
        with_two(args, |separator, text| {
            numbered(split(text, separator, None))
        })
    }),
    Func::new("splitn", &[Str, Int, Str], |_, args| {
        let [separator, most, text] = args else {
            return Err(arity());
        };
        let parts = split(&Call::text(text), &Call::text(separator), most.as_int());
        Ok(numbered(parts))
    }),
    Func::new("splitList", &[Str, Str], |_, args| {
        with_two(args, |separator, text| {
            Value::strings(split(text, separator, None))
        })
    }),
    Func::new("toStrings", &[Any], |call, args| {
        let [list] = args else { return Err(arity()) };
        call.read(list);
        Ok(Value::strings(strslice(list)))
    }),
    Func::new("join", &[Str, Any], |call, args| {
        let [separator, list] = args else {
            return Err(arity());
        };
        call.read(list);
        Ok(join_texts(&strslice(list), &Call::text(separator)).into())
    }),
    Func::new("sortAlpha", &[Any], |call, args| {
        let [list] = args else { return Err(arity()) };
        call.read(list);
        if items(list).is_none() {
            return Ok(Value::strings([strval(list)]));
        }
        let mut texts = strslice(list);
        texts.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        Ok(Value::strings(texts))
    }),
];

/// Sprig's `strslice`: the items that are not nil, as strings; a single value is a list of one.
pub(super) fn strslice(value: &Value) -> Vec<Text> {
    match items(value) {
        Some(items) => items
            .iter()
            .filter(|item| !item.is_null())
            .map(strval)
            .collect(),
        None if value.is_null() => Vec::new(),
        None => vec![strval(value)],
    }
}

fn mapped(text: &Text, map: fn(char) -> char) -> Value {
    if text.chars().all(|c| map(c) == c) {
        return text.clone().into();
    }
    text.chars().map(map).collect::<String>().into()
}

/// Go's `strings.Title`: the first letter of what it takes for words.
fn title(text: &str) -> String {
    let mut before = ' ';
    text.chars()
        .map(|c| {
            let out = if is_separator(before) { upper(c) } else { c };
            before = c;
            out
        })
        .collect()
}

/// Go's `isSeparator` of `strings.Title`.
fn is_separator(c: char) -> bool {
    if c.is_ascii() {
        return !(c.is_ascii_alphanumeric() || c == '_');
    }
    !c.is_alphanumeric() && c.is_whitespace()
}

fn untitle(text: &str) -> String {
    let mut start = true;
    text.chars()
        .map(|c| {
            if c.is_whitespace() {
                start = true;
                return c;
            }
            let out = if start { lower(c) } else { c };
            start = false;
            out
        })
        .collect()
}

fn swapcase(text: &str) -> String {
    let mut after_space = true;
    text.chars()
        .map(|c| {
            if c.is_uppercase() {
                after_space = false;
                lower(c)
            } else if c.is_lowercase() {
                after_space = false;
                upper(c)
            } else {
                after_space = c.is_whitespace();
                c
            }
        })
        .collect()
}

/// Goes by bytes, as the original does.
fn initials(text: &str) -> String {
    let mut after_gap = true;
    let mut out = String::new();
    for c in text.bytes().map(char::from) {
        if c.is_whitespace() {
            after_gap = true;
        } else if after_gap {
            out.push(c);
            after_gap = false;
        }
    }
    out
}

/// `goutils.WrapCustom`, by bytes; bytes of a character that a break cuts become the replacement
/// character.
fn wrap(text: &str, width: i64, separator: &str, long_words: bool) -> String {
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let bytes = text.as_bytes();
    let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut offset = 0;
    while bytes.len() - offset > width {
        if bytes.get(offset) == Some(&b' ') {
            offset += 1;
            continue;
        }
        let window = part(offset, width + offset + 1);
        let end = width + offset;
        if let Some(space) = window.iter().rposition(|&b| b == b' ') {
            out.extend_from_slice(part(offset, offset + space));
            out.extend_from_slice(separator.as_bytes());
            offset += space + 1;
        } else if long_words {
            out.extend_from_slice(part(offset, end));
            out.extend_from_slice(separator.as_bytes());
            offset = end;
        } else if let Some(space) = part(end, bytes.len()).iter().position(|&b| b == b' ') {
            out.extend_from_slice(part(offset, end + space));
            out.extend_from_slice(separator.as_bytes());
            offset = end + space + 1;
        } else {
            out.extend_from_slice(part(offset, bytes.len()));
            offset = bytes.len();
        }
    }
    out.extend_from_slice(part(offset, bytes.len()));
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Go's `strings.SplitN`: no separator splits into characters; 0 parts are no parts.
pub(super) fn split(text: &Text, separator: &str, most: Option<i64>) -> Vec<Text> {
    let most = match most {
        Some(0) => return Vec::new(),
        Some(most) => usize::try_from(most).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    if separator.is_empty() {
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            if parts.len() + 1 == most {
                parts.push(text.part(rest));
                return parts;
            }
            let (head, tail) = rest.split_at_checked(c.len_utf8()).unwrap_or((rest, ""));
            parts.push(text.part(head));
            rest = tail;
        }
        return parts;
    }
    text.splitn(most, separator)
        .map(|part| text.part(part))
        .collect()
}

/// `split` gives a map of strings with the keys `_0`, `_1`, ….
fn numbered(parts: Vec<Text>) -> Value {
    let map = Map::of(MapType::Str);
    for (index, part) in parts.into_iter().enumerate() {
        map.set(format!("_{index}"), part);
    }
    map.into()
}

/// A list of strings that is a `[]string` in Go.
pub(super) fn string_list(items: Vec<Value>) -> Value {
    Data::List(List::of(ListType::Str, items)).into()
}

/// A nil `[]string`: what finds nothing gives this.
pub(super) fn no_strings() -> Value {
    Data::List(List::nil(ListType::Str)).into()
}
