//! Writing TOML as `BurntSushi/toml` 1.4 does, which is what `toToml` uses.

use std::fmt::Write as _;

use super::plain::{Plain, Scalar};

/// The text.
///
/// # Errors
/// In the words of the original: a top level that is no map, nil in a list.
pub(super) fn to_toml(data: &Plain) -> Result<String, String> {
    let Plain::Map(entries) = data else {
        return Err("toml: top-level values must be Go maps or structs".to_owned());
    };
    let mut writer = Writer { out: String::new() };
    writer.map(&[], entries)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
}

impl Writer {
    /// What is no table comes first, because a table's header ends the one before it.
    fn map(&mut self, path: &[&str], entries: &[(String, Plain)]) -> Result<(), String> {
        for tables in [false, true] {
            for (key, value) in entries {
                if is_nil(value) || (is_table(value) || is_table_list(value)?) != tables {
                    continue;
                }
                let mut path = path.to_vec();
                path.push(key);
                self.entry(&path, value)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &[&str], value: &Plain) -> Result<(), String> {
        let indent = "  ".repeat(path.len().saturating_sub(1));
        match value {
            Plain::Map(entries) => {
                if path.len() == 1 {
                    self.blank_line();
                }
                let _ = writeln!(self.out, "{indent}[{}]", header(path));
                self.map(path, entries)
            }
            Plain::List(items) if is_table_list(value)? => {
                for item in items {
                    self.blank_line();
                    let _ = writeln!(self.out, "{indent}[[{}]]", header(path));
                    if let Plain::Map(entries) = item {
                        self.map(path, entries)?;
                    }
                }
                Ok(())
            }
            value => {
                let key = path.last().copied().unwrap_or_default();
                let _ = write!(self.out, "{indent}{} = ", quoted_key(key));
                self.inline(value)?;
                self.out.push('\n');
                Ok(())
            }
        }
    }

    fn blank_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn inline(&mut self, value: &Plain) -> Result<(), String> {
        match value {
            Plain::Leaf(scalar, _) => self.out.push_str(&scalar_text(scalar)),
            Plain::List(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if is_nil(item) {
                        return Err(NIL_ELEMENT.to_owned());
                    }
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    self.inline(item)?;
                }
                self.out.push(']');
            }
            Plain::Map(entries) => {
                self.out.push('{');
                let mut first = true;
                for tables in [false, true] {
                    for (key, value) in entries {
                        if is_nil(value) || is_table(value) != tables {
                            continue;
                        }
                        if !first {
                            self.out.push_str(", ");
                        }
                        first = false;
                        let _ = write!(self.out, "{} = ", quoted_key(key));
                        self.inline(value)?;
                    }
                }
                self.out.push('}');
            }
        }
        Ok(())
    }
}

const NIL_ELEMENT: &str = "toml: cannot encode array with nil element";

fn is_nil(value: &Plain) -> bool {
    matches!(value, Plain::Leaf(Scalar::Null, _))
}

fn is_table(value: &Plain) -> bool {
    matches!(value, Plain::Map(_))
}

/// A list of nothing but tables, at least one.
fn is_table_list(value: &Plain) -> Result<bool, String> {
    let Plain::List(items) = value else {
        return Ok(false);
    };
    if items.iter().any(is_nil) {
        return Err(NIL_ELEMENT.to_owned());
    }
    Ok(!items.is_empty() && items.iter().all(|item| matches!(item, Plain::Map(_))))
}

fn scalar_text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => String::new(),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Float(number) => {
            let text = format!("{number}");
            if text.contains('.') {
                text
            } else {
                format!("{text}.0")
            }
        }
        Scalar::Str(text) => quoted(text),
    }
}

fn header(path: &[&str]) -> String {
    let parts: Vec<String> = path.iter().map(|key| quoted_key(key)).collect();
    parts.join(".")
}

fn quoted_key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || c == '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
