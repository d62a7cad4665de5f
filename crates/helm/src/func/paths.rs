//! Paths with slashes, as Go's packages `path` and (on Linux) `path/filepath` read them.

use super::strings::with_one;
use super::{Func, Param};
use crate::value::Value;

use Param::Str;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("base", &[Str], |_, args| {
        with_one(args, |text| base(text).into())
    }),
    Func::new("osBase", &[Str], |_, args| {
        with_one(args, |text| base(text).into())
    }),
    Func::new("dir", &[Str], |_, args| {
        with_one(args, |text| dir(text).into())
    }),
    Func::new("osDir", &[Str], |_, args| {
        with_one(args, |text| dir(text).into())
    }),
    Func::new("clean", &[Str], |_, args| {
        with_one(args, |text| clean(text).into())
    }),
    Func::new("osClean", &[Str], |_, args| {
        with_one(args, |text| clean(text).into())
    }),
    Func::new("ext", &[Str], |_, args| {
        with_one(args, |text| ext(text).into())
    }),
    Func::new("osExt", &[Str], |_, args| {
        with_one(args, |text| ext(text).into())
    }),
    Func::new("isAbs", &[Str], |_, args| {
        with_one(args, |text| Value::from(text.starts_with('/')))
    }),
    Func::new("osIsAbs", &[Str], |_, args| {
        with_one(args, |text| Value::from(text.starts_with('/')))
    }),
];

/// `path.Base`: the last element without trailing slashes; `.` for nothing.
pub(crate) fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

fn dir(path: &str) -> String {
    let head = path
        .rfind('/')
        .and_then(|at| path.get(..=at))
        .unwrap_or_default();
    clean(head)
}

fn ext(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rfind('.')
        .and_then(|at| name.get(at..))
        .unwrap_or_default()
}

/// `path.Clean`: without `.`, empty elements, and `..` where something stands before it.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
