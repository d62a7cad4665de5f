//! Edits of the text that keep its form. Where the text is laid out in a way that is not foreseen
//! here, there is no edit: a wrong one is worse than none.

use crate::finding::Edit;
use crate::source::{Location, Sources, Span};

/// Text around a place.
struct Around<'a> {
    at: Location,
    text: &'a str,
    /// First byte of the place.
    start: usize,
    /// Behind its last byte that is not blank.
    end: usize,
}

impl<'a> Around<'a> {
    fn new(sources: &'a Sources, at: Location) -> Option<Self> {
        let text: &str = &sources.get(at.source)?.text;
        let start = usize::try_from(at.span.start).ok()?;
        let end = usize::try_from(at.span.end).ok()?;
        let end = start + text.get(start..end)?.trim_end().len();
        (end > start).then_some(Self {
            at,
            text,
            start,
            end,
        })
    }

    fn before(&self) -> &'a str {
        self.text.get(..self.start).unwrap_or_default()
    }

    fn inside(&self) -> &'a str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    fn after(&self) -> &'a str {
        self.text.get(self.end..).unwrap_or_default()
    }

    /// What stands on the line before the place.
    fn indent(&self) -> &'a str {
        let line = self.before().rfind('\n').map_or(0, |at| at + 1);
        self.text.get(line..self.start).unwrap_or_default()
    }

    fn edit(&self, start: usize, end: usize, replacement: impl Into<String>) -> Option<Edit> {
        let span = Span {
            start: u32::try_from(start).ok()?,
            end: u32::try_from(end).ok()?,
        };
        Some(Edit {
            at: Location { span, ..self.at },
            replacement: replacement.into(),
        })
    }
}

/// Deletes an item of a list in which another one remains. In block style the lines of the item go,
/// in flow style the item and one comma.
pub fn delete_item(sources: &Sources, item: Location) -> Option<Edit> {
    let around = Around::new(sources, item)?;
    let before = around.before().trim_end();
    if let Some(dash) = before.strip_suffix('-') {
        let line = dash.rfind('\n').map_or(0, |at| at + 1);
        let rest = around.after().split('\n').next().unwrap_or_default();
        let alone = dash.get(line..)?.bytes().all(|b| b == b' ');
        let ends = rest.trim().is_empty() || rest.trim_start().starts_with('#');
        let newline = usize::from(around.after().len() > rest.len());
        let end = around.end + rest.len() + newline;
        return if alone && ends {
            around.edit(line, end, "")
        } else {
            None
        };
    }
    let after = around.after().trim_start();
    let comma_behind = after.strip_prefix(',').map(str::trim_start);
    match (before.strip_suffix(','), comma_behind) {
        (_, Some(rest)) => around.edit(around.start, around.text.len() - rest.len(), ""),
        (Some(kept), None) if after.starts_with(']') => {
            around.edit(kept.trim_end().len(), around.end, "")
        }
        _ => None,
    }
}

/// Adds a plain scalar behind the last item of a list that has one.
pub fn append_item(sources: &Sources, list: Location, item: &str) -> Option<Edit> {
    let around = Around::new(sources, list)?;
    if let Some(items) = around.inside().strip_suffix(']') {
        let kept = around.start + items.trim_end().len();
        let items = items.trim_start_matches('[').trim();
        return if items.is_empty() || items.ends_with(',') || items.contains('#') {
            None
        } else {
            around.edit(kept, kept, format!(", {item}"))
        };
    }
    let indent = around.indent();
    let block = around.inside().starts_with("- ") && indent.bytes().all(|b| b == b' ');
    let rest = around.after().split('\n').next().unwrap_or_default();
    let end = around.end + rest.trim_end_matches('\r').len();
    let added = || around.edit(end, end, format!("\n{indent}- {item}"));
    block.then(added).flatten()
}

/// Puts another entry of the same mapping before the one whose key is given.
pub fn insert_before_key(sources: &Sources, key: Location, entry: &str) -> Option<Edit> {
    let around = Around::new(sources, key)?;
    let indent = around.indent();
    let separator = if indent.bytes().all(|b| b == b' ' || b == b'-') {
        format!("\n{}", " ".repeat(indent.len()))
    } else {
        ", ".to_owned()
    };
    around.edit(around.start, around.start, format!("{entry}{separator}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, part: &str) -> (Sources, Location) {
        let mut sources = Sources::default();
        let source = sources.add("policy.yaml", text);
        let start = text.find(part).expect("the part is there");
        let number = |n| u32::try_from(n).expect("short");
        let span = Span {
            start: number(start),
            end: number(start + part.len()),
        };
        (sources, Location { source, span })
    }

    fn applied(text: &str, edit: Option<Edit>) -> Option<String> {
        let edit = edit?;
        let (start, end) = (edit.at.span.start as usize, edit.at.span.end as usize);
        let mut text = text.to_owned();
        text.replace_range(start..end, &edit.replacement);
        Some(text)
    }

    #[test]
    fn items_go_with_their_lines_or_their_comma() {
        for (text, part, expected) in [
            (
                "a:\n- b: 1\n  c: 2\n- d\n",
                "b: 1\n  c: 2\n",
                Some("a:\n- d\n"),
            ),
            ("a:\n  - b # why\n  - d", "b", Some("a:\n  - d")),
            ("a:\n  - b\n  - d", "d", Some("a:\n  - b\n")),
            ("a: [b, c, d]", "b", Some("a: [c, d]")),
            ("a: [b, c, d]", "c", Some("a: [b, d]")),
            ("a: [b, c , d ]", "d", Some("a: [b, c ]")),
            ("a: [b]", "b", None),
            ("a:\n- - b\n  - c\n", "b", None),
        ] {
            let (sources, at) = place(text, part);
            let found = applied(text, delete_item(&sources, at));
            assert_eq!(found.as_deref(), expected, "{text:?} without {part:?}");
        }
    }

    #[test]
    fn items_are_added_as_the_others_are_written() {
        for (text, list, expected) in [
            ("t: [A]\nb: 1", "[A]", Some("t: [A, B]\nb: 1")),
            ("t: [ A ]", "[ A ]", Some("t: [ A, B ]")),
            ("t: []", "[]", None),
            ("t:\n  - A\nb: 1", "- A\n", Some("t:\n  - A\n  - B\nb: 1")),
            ("t:\n- A # one\n", "- A", Some("t:\n- A # one\n- B\n")),
        ] {
            let (sources, at) = place(text, list);
            let found = applied(text, append_item(&sources, at, "B"));
            assert_eq!(found.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn entries_stand_before_the_key() {
        for (text, expected) in [
            (
                "s:\n  x: 1\n  key: []\n",
                "s:\n  x: 1\n  new: 1\n  key: []\n",
            ),
            ("s:\n- key: []\n", "s:\n- new: 1\n  key: []\n"),
            ("s: {x: 1, key: []}", "s: {x: 1, new: 1, key: []}"),
        ] {
            let (sources, at) = place(text, "key");
            let found = applied(text, insert_before_key(&sources, at, "new: 1"));
            assert_eq!(found.as_deref(), Some(expected), "{text:?}");
        }
    }
}
