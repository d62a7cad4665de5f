//! go-yaml's emitter, reduced to what plain data needs: block style, no anchors, no tags.

use super::Version;
use super::order::sorted;
use super::scalar::{self, is_break, is_printable};
use crate::func::number::{format_float, json_float};
use crate::func::plain::{Plain, Scalar, Written};

/// Behind this column a space becomes a line break, where the style allows it.
const WIDTH: usize = 80;

/// A key longer than this is written with `? `.
const SIMPLE_KEY: usize = 128;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Root,
    Item,
    Value,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// The emitter's state: the text and where in its line it ends.
pub(super) struct Writer {
    version: Version,
    out: Written,
    /// Characters since the last line break.
    column: usize,
    /// The present indentation; nothing before the first block begins.
    indent: Option<usize>,
    /// The last thing written was white space or an indicator that counts as such.
    whitespace: bool,
    /// Nothing but indentation and indicators stands on the line.
    indention: bool,
}

impl Writer {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            out: Written::default(),
            column: 0,
            indent: None,
            whitespace: true,
            indention: true,
        }
    }

    pub(super) fn finish(self) -> Written {
        self.out
    }

    /// Writes the one document and ends its last line.
    pub(super) fn document(&mut self, data: &Plain) {
        self.node(data, Place::Root);
        self.start_line();
    }

    fn node(&mut self, data: &Plain, place: Place) {
        match data {
            Plain::Leaf(value, mark) => self.leaf(value, *mark),
            Plain::List(items) if items.is_empty() => self.indicator("[]", true, false, false),
            Plain::Map(entries) if entries.is_empty() => self.indicator("{}", true, false, false),
            Plain::List(items) => self.list(items, place),
            Plain::Map(entries) => self.map(entries),
        }
    }

    /// Goes one level deeper; returns what to put back.
    fn deeper(&mut self, indentless: bool) -> Option<usize> {
        let before = self.indent;
        self.indent = match before {
            None => Some(0),
            Some(indent) if indentless => Some(indent),
            Some(indent) => Some(indent + 2),
        };
        before
    }

    /// A list under a key is not indented further than the key.
    fn list(&mut self, items: &[Plain], place: Place) {
        let before =
            self.deeper(self.version == Version::V2 && place == Place::Value && !self.indention);
        for item in items {
            self.start_line();
            self.indicator("-", true, false, true);
            self.node(item, Place::Item);
        }
        self.indent = before;
    }

    fn map(&mut self, entries: &[(String, Plain)]) {
        let before = self.deeper(false);
        for (key, value) in sorted(entries.iter().collect()) {
            self.start_line();
            let shape = scalar::shape(key);
            if !shape.multiline && key.len() <= SIMPLE_KEY {
                self.string(key, None, true);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.string(key, None, false);
                self.start_line();
                self.indicator(":", true, false, true);
            }
            self.node(value, Place::Value);
        }
        self.indent = before;
    }

    fn leaf(&mut self, value: &Scalar, mark: Option<usize>) {
        match value {
            Scalar::Null => self.plain("null", mark, false),
            Scalar::Bool(true) => self.plain("true", mark, false),
            Scalar::Bool(false) => self.plain("false", mark, false),
            Scalar::Int(number) => self.plain(&number.to_string(), mark, false),
            Scalar::Float(number) if self.version == Version::V3 => {
                self.plain(&format_float(*number), mark, false);
            }
            Scalar::Float(number) => self.plain(&float_text(*number), mark, false),
            Scalar::Str(text) => self.string(text, mark, false),
        }
    }

    /// go-yaml's `stringv` and `yaml_emitter_select_scalar_style`.
    fn string(&mut self, text: &str, mark: Option<usize>, simple_key: bool) {
        let text = &*match self.version {
            Version::V2 => scalar::folded(text),
            Version::V3 => text.into(),
        };
        let shape = scalar::shape(text);
        let mut style = if text.contains('\n') {
            Style::Literal
        } else if scalar::resolves_to_string(text) {
            Style::Plain
        } else {
            Style::Double
        };
        if simple_key && shape.multiline {
            style = Style::Double;
        }
        if style == Style::Plain && !shape.plain {
            style = Style::Single;
        }
        if style == Style::Single && !shape.single_quoted {
            style = Style::Double;
        }
        if style == Style::Literal && (!shape.block || simple_key) {
            style = Style::Double;
        }
        // A scalar is one level deeper than what holds it; at the root that is two columns.
        let before = self.indent;
        self.indent = Some(before.map_or(2, |indent| indent + 2));
        match style {
            Style::Plain => self.plain(text, mark, !simple_key),
            Style::Single => self.single(text, mark, !simple_key),
            Style::Double => self.double(text, mark, !simple_key),
            Style::Literal => self.literal(text, mark),
        }
        self.indent = before;
    }

    fn plain(&mut self, text: &str, mark: Option<usize>, fold: bool) {
        if !self.whitespace {
            self.put(' ');
        }
        self.marked(mark, |writer| {
            let mut after_space = false;
            let mut chars = text.chars().peekable();
            while let Some(c) = chars.next() {
                let before_space = chars.peek() == Some(&' ');
                if c == ' ' && fold && !after_space && !before_space && writer.column > WIDTH {
                    writer.start_line();
                } else {
                    writer.put(c);
                }
                after_space = c == ' ';
                if c != ' ' {
                    writer.indention = false;
                }
            }
        });
        self.whitespace = false;
        self.indention = false;
    }

    fn single(&mut self, text: &str, mark: Option<usize>, fold: bool) {
        self.indicator("'", true, false, false);
        self.marked(mark, |writer| {
            let (mut after_space, mut after_break, mut first) = (false, false, true);
            let mut chars = text.chars().peekable();
            while let Some(c) = chars.next() {
                let next = chars.peek().copied();
                if c == ' ' {
                    let inner = !first && next.is_some_and(|next| next != ' ');
                    if fold && inner && !after_space && writer.column > WIDTH {
                        writer.start_line();
                    } else {
                        writer.put(c);
                    }
                    after_space = true;
                } else if is_break(c) {
                    if !after_break && c == '\n' {
                        writer.put('\n');
                    }
                    writer.put(c);
                    writer.indention = true;
                    after_break = true;
                } else {
                    if after_break {
                        writer.start_line();
                    }
                    if c == '\'' {
                        writer.put('\'');
                    }
                    writer.put(c);
                    writer.indention = false;
                    (after_space, after_break) = (false, false);
                }
                first = false;
            }
        });
        self.indicator("'", false, false, false);
    }

    fn double(&mut self, text: &str, mark: Option<usize>, fold: bool) {
        self.indicator("\"", true, false, false);
        self.marked(mark, |writer| {
            let (mut after_space, mut first) = (false, true);
            let mut chars = text.chars().peekable();
            while let Some(c) = chars.next() {
                let next = chars.peek().copied();
                if !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                    writer.put_all(&escape(c));
                } else if c == ' '
                    && fold
                    && !after_space
                    && !first
                    && next.is_some()
                    && writer.column > WIDTH
                {
                    writer.start_line();
                    if next == Some(' ') {
                        writer.put('\\');
                    }
                } else {
                    writer.put(c);
                }
                after_space = c == ' ';
                first = false;
            }
        });
        self.indicator("\"", false, false, false);
    }

    fn literal(&mut self, text: &str, mark: Option<usize>) {
        self.indicator("|", true, false, false);
        self.block_hints(text);
        self.put('\n');
        self.indention = true;
        self.whitespace = true;
        self.marked(mark, |writer| {
            let mut breaks = true;
            for c in text.chars() {
                if is_break(c) {
                    writer.put(c);
                    writer.indention = true;
                    breaks = true;
                } else {
                    if breaks {
                        writer.start_line();
                    }
                    writer.put(c);
                    writer.indention = false;
                    breaks = false;
                }
            }
        });
    }

    /// The indentation indicator and the chomping indicator behind `|`.
    fn block_hints(&mut self, text: &str) {
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut backwards = text.chars().rev();
        let last = backwards.next();
        if !last.is_some_and(is_break) {
            self.indicator("-", false, false, false);
        } else if backwards.next().is_none_or(is_break) {
            self.indicator("+", false, false, false);
        }
    }

    /// Begins a line at the present indentation, unless the text already stands there.
    fn start_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, needs_space: bool, is_space: bool, is_indention: bool) {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        self.put_all(text);
        self.whitespace = is_space;
        self.indention = self.indention && is_indention;
    }

    fn marked(&mut self, mark: Option<usize>, write: impl FnOnce(&mut Self)) {
        let start = self.out.text.len();
        write(self);
        if let Some(mark) = mark {
            self.out.leaves.push((start..self.out.text.len(), mark));
        }
    }

    fn put_all(&mut self, text: &str) {
        for c in text.chars() {
            self.put(c);
        }
    }

    fn put(&mut self, c: char) {
        self.out.text.push(c);
        self.column = if is_break(c) { 0 } else { self.column + 1 };
    }
}

/// A float as it comes out of JSON and back through YAML's reader.
fn float_text(number: f64) -> String {
    let text = json_float(number);
    if let Ok(integer) = text.parse::<i64>() {
        return integer.to_string();
    }
    if let Ok(integer) = text.parse::<u64>() {
        return integer.to_string();
    }
    format_float(number)
}

/// A character in double quotes, escaped.
fn escape(c: char) -> String {
    match c {
        '\0' => "\\0".to_owned(),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\u{1b}' => "\\e".to_owned(),
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{85}' => "\\N".to_owned(),
        '\u{a0}' => "\\_".to_owned(),
        '\u{2028}' => "\\L".to_owned(),
        '\u{2029}' => "\\P".to_owned(),
        _ => {
            let code = u32::from(c);
            if code <= 0xff {
                format!("\\x{code:02X}")
            } else if code <= 0xffff {
                format!("\\u{code:04X}")
            } else {
                format!("\\U{code:08X}")
            }
        }
    }
}
