//! Regular expressions with Go's syntax and Go's ways of finding, replacing and splitting.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::Regex;

use super::regex_syntax::translate;
use super::util::{Out, arity};
use super::words::{no_strings, string_list};
use super::{Call, Func, FuncError, Param};
use crate::value::{Text, TextBuilder, Value};

use Param::{Int, Str};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("regexMatch", &[Str, Str], |_, args| {
        let [pattern, text] = args else {
            return Err(arity());
        };
        let matched =
            compile(&Call::text(pattern)).is_ok_and(|regex| regex.is_match(&Call::text(text)));
        Ok(matched.into())
    }),
    Func::new("mustRegexMatch", &[Str, Str], |_, args| {
        let [pattern, text] = args else {
            return Err(arity());
        };
        Ok(compile(&Call::text(pattern))?
            .is_match(&Call::text(text))
            .into())
    }),
    Func::new("regexFind", &[Str, Str], |_, args| find(args, panicking)),
    Func::new("mustRegexFind", &[Str, Str], |_, args| find(args, compile)),
    Func::new("regexFindAll", &[Str, Str, Int], |_, args| {
        find_all(args, panicking)
    }),
    Func::new("mustRegexFindAll", &[Str, Str, Int], |_, args| {
        find_all(args, compile)
    }),
    Func::new("regexReplaceAll", &[Str, Str, Str], |call, args| {
        replace(call, args, panicking, false)
    }),
    Func::new("mustRegexReplaceAll", &[Str, Str, Str], |call, args| {
        replace(call, args, compile, false)
    }),
    Func::new("regexReplaceAllLiteral", &[Str, Str, Str], |call, args| {
        replace(call, args, panicking, true)
    }),
    Func::new(
        "mustRegexReplaceAllLiteral",
        &[Str, Str, Str],
        |call, args| replace(call, args, compile, true),
    ),
    Func::new("regexSplit", &[Str, Str, Int], |_, args| {
        split(args, panicking)
    }),
    Func::new("mustRegexSplit", &[Str, Str, Int], |_, args| {
        split(args, compile)
    }),
    Func::new("regexQuoteMeta", &[Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        Ok(quote_meta(&Call::text(text)).into())
    }),
];

type Compile = fn(&str) -> Result<Rc<Regex>, FuncError>;

thread_local! {
    /// Charts use few patterns, but use them often.
    static COMPILED: RefCell<HashMap<String, Rc<Regex>>> = RefCell::default();
}

/// More patterns than this are made by a loop; then the memory is worth more than the time.
const REMEMBERED: usize = 256;

/// `regexp.Compile`.
fn compile(pattern: &str) -> Result<Rc<Regex>, FuncError> {
    COMPILED.with_borrow_mut(|known| {
        if let Some(regex) = known.get(pattern) {
            return Ok(Rc::clone(regex));
        }
        let regex = Regex::new(&translate(pattern)?).map_err(|_| {
            FuncError::new(format!(
                "error parsing regexp: invalid expression: `{pattern}`"
            ))
        })?;
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let regex = Rc::new(regex);
        known.insert(pattern.to_owned(), Rc::clone(&regex));
        Ok(regex)
    })
}

/// `regexp.MustCompile`, whose panic says more.
fn panicking(pattern: &str) -> Result<Rc<Regex>, FuncError> {
    compile(pattern).map_err(|error| {
        let quoted = if pattern.contains('`') {
            super::strings::go_quote(pattern)
        } else {
            format!("`{pattern}`")
        };
        FuncError::new(format!("regexp: Compile({quoted}): {error}"))
    })
}

fn find(args: &[Value], compile: Compile) -> Out {
    let [pattern, text] = args else {
        return Err(arity());
    };
    let text = Call::text(text);
    let regex = compile(&Call::text(pattern))?;
    Ok(regex
        .find(&text)
        .map_or_else(Text::default, |found| text.slice(found.range()))
        .into())
}

fn find_all(args: &[Value], compile: Compile) -> Out {
    let [pattern, text, most] = args else {
        return Err(arity());
    };
    let text = Call::text(text);
    let regex = compile(&Call::text(pattern))?;
    let most = most
        .as_int()
        .map_or(0, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let found: Vec<Value> = regex
        .find_iter(&text)
        .take(most)
        .map(|found| text.slice(found.range()).into())
        .collect();
    if found.is_empty() {
        return Ok(no_strings());
    }
    Ok(string_list(found))
}

fn replace(call: &mut Call<'_>, args: &[Value], compile: Compile, literal: bool) -> Out {
    let [pattern, text, replacement] = args else {
        return Err(arity());
    };
    let (text, replacement) = (Call::text(text), Call::text(replacement));
    let regex = compile(&Call::text(pattern))?;
    let mut out = TextBuilder::new();
    let mut end = 0;
    for found in regex.captures_iter(&text) {
        let Some(whole) = found.get(0) else { continue };
        out.push_slice(&text, end..whole.start());
        if literal {
            call.spend(replacement.len())?;
            out.push(&replacement);
        } else {
            let mut expanded = String::new();
            found.expand(&replacement, &mut expanded);
            call.spend(expanded.len())?;
            let origin = text
                .marks(whole.range())
                .map(|mark| mark.origin)
                .find(|origin| !origin.is_none());
            match origin {
                Some(origin) => out.push_from(&expanded, origin),
                None => out.push_str(&expanded),
            }
        }
        end = whole.end();
    }
    if end == 0 && out.is_empty() {
        return Ok(text.into());
    }
    out.push_slice(&text, end..text.len());
    Ok(out.finish().into())
}

/// `regexp.Split`: an empty match at the beginning separates nothing.
fn split(args: &[Value], compile: Compile) -> Out {
    let [pattern, text, most] = args else {
        return Err(arity());
    };
    let (pattern, text) = (Call::text(pattern), Call::text(text));
    let regex = compile(&pattern)?;
    let most = match most.as_int().unwrap_or(0) {
        0 => return Ok(no_strings()),
        most => usize::try_from(most).ok(),
    };
    if !pattern.is_empty() && text.is_empty() {
        return Ok(string_list(vec!["".into()]));
    }
    let mut parts: Vec<Value> = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for found in regex.find_iter(&text).take(most.unwrap_or(usize::MAX)) {
        if most.is_some_and(|most| parts.len() + 1 == most) {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(text.slice(begin..end).into());
        }
        begin = found.end();
    }
    if end != text.len() {
        parts.push(text.slice(begin..text.len()).into());
    }
    Ok(string_list(parts))
}

/// `regexp.QuoteMeta`.
fn quote_meta(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
