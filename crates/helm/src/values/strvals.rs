//! The grammar of `--set` and its relatives (`pkg/strvals`): `a.b[0].c=value,d={x,y}`.
//!
//! A backslash takes the next character as it is, in names and values. `--set-literal` knows
//! neither backslashes nor commas.

mod cursor;
mod key;
mod value;

use netpol_yaml::Span;

use super::input::{SetKind, SetValue};
use super::yaml::Wrong;
use crate::value::{Map, Origins, SourceId};
use cursor::Cursor;

/// The largest index of a list.
const MAX_INDEX: usize = 65_536;

/// The most names that may follow each other with dots, and lists in lists.
const MAX_DEPTH: usize = 30;

/// Puts what an argument says into the values.
pub(super) fn apply(
    set: &SetValue,
    source: SourceId,
    values: &Map,
    origins: &mut Origins,
) -> Result<(), Wrong> {
    let mut parser = Parser {
        cursor: Cursor::new(&set.text),
        set,
        source,
        origins,
        path: Vec::new(),
        names: None,
    };
    parser.run(values)
}

/// The names of the files that a `--set-file` argument asks for, in order.
pub(super) fn file_names(text: &str) -> Vec<String> {
    let set = SetValue::new(SetKind::File, text);
    let mut origins = Origins::new();
    let mut parser = Parser {
        cursor: Cursor::new(text),
        set: &set,
        source: SourceId(0),
        origins: &mut origins,
        path: Vec::new(),
        names: Some(Vec::new()),
    };
    // What is wrong with the argument is said when it is applied.
    let _ = parser.run(&Map::new());
    parser.names.unwrap_or_default()
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    set: &'a SetValue,
    source: SourceId,
    origins: &'a mut Origins,
    path: Vec<std::rc::Rc<str>>,
    /// Collects the names of files instead of looking them up.
    names: Option<Vec<String>>,
}

/// Whether the argument goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    More,
    End,
}

impl Parser<'_> {
    fn run(&mut self, values: &Map) -> Result<(), Wrong> {
        while self.key(values, 0)? == Next::More {}
        Ok(())
    }

    fn literal(&self) -> bool {
        self.set.kind == SetKind::Literal
    }

    fn wrong<T>(&self, start: u32, message: impl Into<String>) -> Result<T, Wrong> {
        Err(Wrong {
            span: Span::new(start, self.cursor.offset().max(start)),
            message: message.into(),
        })
    }
}

#[cfg(test)]
mod tests;
