//! Writing JSON as Go's `encoding/json` does.

use std::fmt::Write as _;

use super::number::json_float;
use super::plain::{Plain, Scalar, Written};

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `json.Marshal`: no white space, `<`, `>` and `&` escaped.
    Compact,
    /// `json.MarshalIndent(v, "", "  ")`, escaped likewise.
    Pretty,
    /// An encoder with `SetEscapeHTML(false)`.
    Raw,
}

/// The text of the data.
pub(crate) fn to_json(data: &Plain, layout: Layout) -> Written {
    let mut writer = Writer {
        out: Written::default(),
        layout,
    };
    writer.node(data, 0);
    writer.out
}

struct Writer {
    out: Written,
    layout: Layout,
}

impl Writer {
    fn node(&mut self, data: &Plain, depth: usize) {
        match data {
            Plain::Leaf(value, mark) => {
                let start = self.out.text.len();
                self.leaf(value);
                if let Some(mark) = mark {
                    self.out.leaves.push((start..self.out.text.len(), *mark));
                }
            }
            Plain::List(items) => {
                self.out.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.separate(index, depth + 1);
                    self.node(item, depth + 1);
                }
                self.close(items.is_empty(), depth);
                self.out.text.push(']');
            }
            Plain::Map(entries) => {
                self.out.text.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.separate(index, depth + 1);
                    quote(&mut self.out.text, key, self.layout != Layout::Raw);
                    self.out.text.push_str(if self.layout == Layout::Pretty {
                        ": "
                    } else {
                        ":"
                    });
                    self.node(value, depth + 1);
                }
                self.close(entries.is_empty(), depth);
                self.out.text.push('}');
            }
        }
    }

    fn leaf(&mut self, value: &Scalar) {
        let out = &mut self.out.text;
        match value {
            Scalar::Null => out.push_str("null"),
            Scalar::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Scalar::Int(number) => out.push_str(&number.to_string()),
            Scalar::Float(number) => out.push_str(&json_float(*number)),
            Scalar::Str(text) => quote(out, text, self.layout != Layout::Raw),
        }
    }

    fn separate(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out.text.push(',');
        }
        self.line(depth);
    }

    fn close(&mut self, empty: bool, depth: usize) {
        if !empty {
            self.line(depth);
        }
    }

    fn line(&mut self, depth: usize) {
        if self.layout == Layout::Pretty {
            self.out.text.push('\n');
            for _ in 0..depth {
                self.out.text.push_str("  ");
            }
        }
    }
}

/// A JSON string as Go writes it.
fn quote(out: &mut String, text: &str, html: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' if html => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
