//! Edits of one text.

use std::collections::BTreeSet;
use std::ops::Range;

/// A replacement in one text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// What is replaced; empty to insert.
    pub(super) start: usize,
    pub(super) end: usize,
    /// By what, with line breaks as `\n`.
    pub(super) with: String,
}

impl Change {
    /// Can only one of the two be made? The same change twice is one.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let meet = self.start < other.end && other.start < self.end;
        let both_insert =
            self.start == other.start && (self.start == self.end || other.start == other.end);
        (meet || both_insert) && self != other
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Changes of one text of which none overlaps another.
#[derive(Debug, Clone, Default)]
pub(super) struct Apart(BTreeSet<Change>);

impl Apart {
    /// Is there a change that overlaps this one?
    pub(super) fn meets(&self, change: &Change) -> bool {
        // They are in order and do not overlap each other: those that end before it are passed over.
        let until = Change {
            start: change.end + 1,
            end: 0,
            with: String::new(),
        };
        let near = self.0.range(..until).rev();
        let mut near = near.take_while(|other| other.end >= change.start);
        near.any(|other| other.overlaps(change))
    }

    pub(super) fn insert(&mut self, change: &Change) {
        self.0.insert(change.clone());
    }
}

/// The text with the changes made, in its own line breaks; `None` when a change does not lie in it.
/// The changes must not overlap.
pub(super) fn apply(text: &str, changes: &[Change]) -> Option<String> {
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort();
    sorted.dedup();
    let ends = line_break(text);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for change in sorted {
        out.push_str(text.get(from..change.start)?);
        text.get(change.range())?;
        out.push_str(&fitted(text, change, ends));
        from = change.end;
    }
    out.push_str(text.get(from..)?);
    Some(out)
}

/// How lines end: as the first one does.
fn line_break(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// What is inserted, in the text's line breaks. Whole lines behind a last line that does not end
/// stay whole lines, and the text goes on not ending in a line break.
fn fitted(text: &str, change: &Change, ends: &str) -> String {
    let mut with = change.with.replace("\r\n", "\n");
    let behind_open_line = change.start == text.len() && !text.is_empty() && !text.ends_with('\n');
    if behind_open_line && let Some(lines) = with.strip_suffix('\n') {
        with = format!("\n{}", lines.strip_prefix('\n').unwrap_or(lines));
    }
    if ends == "\n" {
        with
    } else {
        with.replace('\n', ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(range: Range<usize>, with: &str) -> Change {
        Change {
            start: range.start,
            end: range.end,
            with: with.to_owned(),
        }
    }

    #[test]
    fn texts_keep_their_form() {
        for (text, changes, expected) in [
            ("a\nb\n", vec![change(2..3, "c")], "a\nc\n"),
            ("a\r\nb\r\n", vec![change(3..3, "x\n")], "a\r\nx\r\nb\r\n"),
            ("a\r\nb", vec![change(4..4, "x\n")], "a\r\nb\r\nx"),
            ("a\nb", vec![change(3..3, "x\n")], "a\nb\nx"),
            ("a", vec![change(1..1, " x")], "a x"),
            ("", vec![change(0..0, "x\n")], "x\n"),
            ("abc", vec![change(2..3, ""), change(0..1, "")], "b"),
            ("abc", vec![change(1..1, "x"), change(1..1, "x")], "axbc"),
            ("é", vec![change(0..2, "e")], "e"),
        ] {
            assert_eq!(apply(text, &changes).as_deref(), Some(expected), "{text:?}");
        }
        assert_eq!(apply("é", &[change(1..2, "e")]), None);
        assert_eq!(apply("a", &[change(1..2, "e")]), None);
    }

    #[test]
    fn only_what_meets_overlaps() {
        for (a, b, overlaps) in [
            (change(0..2, ""), change(1..3, ""), true),
            (change(0..2, ""), change(2..3, ""), false),
            (change(1..1, "x"), change(1..1, "y"), true),
            (change(1..1, "x"), change(1..1, "x"), false),
            (change(1..1, "x"), change(1..3, ""), true),
            (change(2..2, "x"), change(1..3, ""), true),
            (change(3..3, "x"), change(1..3, ""), false),
        ] {
            assert_eq!(a.overlaps(&b), overlaps, "{a:?} {b:?}");
            assert_eq!(b.overlaps(&a), overlaps, "{b:?} {a:?}");
            let mut apart = Apart::default();
            for other in [change(7..9, ""), a.clone(), change(4..4, "x")] {
                apart.insert(&other);
            }
            assert_eq!(apart.meets(&b), overlaps, "{a:?} {b:?}");
        }
    }
}
