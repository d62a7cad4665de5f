//! Strings that remember who wrote which of their bytes.

use std::ops::Range;
use std::rc::Rc;

use super::Origin;

/// The place in a template (with its include chain) that wrote some bytes. The executor hands
/// them out and resolves them; `NONE` is "not said yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// The file and the chain of calls into it; 0 is none.
    pub(crate) frame: u32,
    /// The offset in that file of the action, or of the first byte when `verbatim`.
    pub(crate) at: u32,
    /// Whether the bytes are the template's own text, each one further in the file.
    pub(crate) verbatim: bool,
}

impl Site {
    /// Written by nobody known yet: the action that prints the text will be it.
    pub const NONE: Self = Self {
        frame: 0,
        at: 0,
        verbatim: false,
    };

    /// The place of the byte that lies this much further.
    #[must_use]
    pub(crate) fn forward(mut self, by: u32) -> Self {
        if self.verbatim {
            self.at = self.at.saturating_add(by);
        }
        self
    }

    /// This one, or the other when this one is none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::NONE { other } else { self }
    }
}

/// A range of bytes with one writer and one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The offset of the first byte.
    pub start: u32,
    /// The offset behind the last byte.
    pub end: u32,
    /// The template's place that wrote them.
    pub site: Site,
    /// The values they show.
    pub origin: Origin,
}

#[derive(Clone, Debug, Default)]
enum Marks {
    #[default]
    None,
    Whole(Site, Origin),
    /// Sorted and without overlaps; bytes in no range are unmarked.
    Ranges(Rc<[Mark]>),
}

/// A shared string with marks. Equality and order are those of the characters.
#[derive(Clone, Debug)]
pub struct Text {
    text: Rc<str>,
    marks: Marks,
}

impl Default for Text {
    fn default() -> Self {
        Self::from("")
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self {
            text: text.into(),
            marks: Marks::None,
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self {
            text: text.into(),
            marks: Marks::None,
        }
    }
}

impl From<Rc<str>> for Text {
    fn from(text: Rc<str>) -> Self {
        Self {
            text,
            marks: Marks::None,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text {}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Text {
    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The characters, shared.
    pub fn shared(&self) -> Rc<str> {
        Rc::clone(&self.text)
    }

    /// A text that comes from these values as a whole.
    pub fn with_origin(text: impl Into<Rc<str>>, origin: Origin) -> Self {
        Self::from(text.into()).or_origin(origin)
    }

    /// The same text; if it has no marks at all, it comes from `origin` as a whole.
    #[must_use]
    pub fn or_origin(mut self, origin: Origin) -> Self {
        if matches!(self.marks, Marks::None) && !origin.is_none() {
            self.marks = Marks::Whole(Site::NONE, origin);
        }
        self
    }

    /// Whether no byte is marked.
    pub fn is_unmarked(&self) -> bool {
        matches!(self.marks, Marks::None)
    }

    /// The origins of all marks, repeated ones included.
    pub fn origins(&self) -> impl Iterator<Item = Origin> {
        let (whole, ranges): (_, &[Mark]) = match &self.marks {
            Marks::None => (None, &[]),
            Marks::Whole(_, origin) => (Some(*origin), &[]),
            Marks::Ranges(ranges) => (None, ranges),
        };
        whole
            .into_iter()
            .chain(ranges.iter().map(|mark| mark.origin))
            .filter(|origin| !origin.is_none())
    }

    /// The marks that touch a range of bytes, cut to it, as offsets into the text.
    pub fn marks(&self, range: Range<usize>) -> impl Iterator<Item = Mark> {
        let start = u32::try_from(range.start).unwrap_or(u32::MAX);
        let end = u32::try_from(range.end.min(self.text.len())).unwrap_or(u32::MAX);
        let whole = match self.marks {
            Marks::Whole(site, origin) => Some(Mark {
                start,
                end,
                site: site.forward(start),
                origin,
            }),
            _ => None,
        };
        let ranges: &[Mark] = match &self.marks {
            Marks::Ranges(ranges) => ranges,
            _ => &[],
        };
        let first = ranges.partition_point(|mark| mark.end <= start);
        let ranges = ranges.get(first..).unwrap_or_default();
        whole
            .into_iter()
            .chain(
                ranges
                    .iter()
                    .take_while(move |mark| mark.start < end)
                    .map(move |mark| Mark {
                        start: mark.start.max(start),
                        end: mark.end.min(end),
                        site: mark.site.forward(start.saturating_sub(mark.start)),
                        origin: mark.origin,
                    }),
            )
            .filter(|mark| mark.start < mark.end)
    }

    /// A part of the text with its marks; empty when the range is not of this text or cuts a
    /// character.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        if range == (0..self.text.len()) {
            return self.clone();
        }
        let mut builder = TextBuilder::default();
        builder.push_slice(self, range);
        builder.finish()
    }

    /// The part of the text that `part` is: for what `str::trim` and its relatives return.
    #[must_use]
    pub fn part(&self, part: &str) -> Self {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.slice(start..start.saturating_add(part.len()))
    }
}

/// Builds a text piece by piece and keeps the pieces' marks.
#[derive(Clone, Debug, Default)]
pub struct TextBuilder {
    text: String,
    marks: Vec<Mark>,
}

impl TextBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds characters that nothing is known of.
    pub fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds one character that nothing is known of.
    pub fn push_char(&mut self, character: char) {
        self.text.push(character);
    }

    /// Adds a text with its marks.
    pub fn push(&mut self, text: &Text) {
        self.push_slice(text, 0..text.len());
    }

    /// Adds a part of a text with its marks; nothing when the range is not of that text.
    pub fn push_slice(&mut self, text: &Text, range: Range<usize>) {
        let Some(part) = text.as_str().get(range.clone()) else {
            return;
        };
        let base = self.text.len();
        self.text.push_str(part);
        if text.is_unmarked() {
            return;
        }
        for mark in text.marks(range.clone()) {
            let moved = |at: u32| {
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                let at = at.saturating_sub(range.start).saturating_add(base);
                u32::try_from(at).unwrap_or(u32::MAX)
            };
            self.mark(Mark {
                start: moved(mark.start),
                end: moved(mark.end),
                ..mark
            });
        }
    }

    /// Adds characters that come from these values.
    pub fn push_from(&mut self, text: &str, origin: Origin) {
        self.push_marked(text, Site::NONE, origin);
    }

    /// Adds characters written by a place in a template, out of these values.
    pub fn push_marked(&mut self, text: &str, site: Site, origin: Origin) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.mark(Mark {
            start,
            end,
            site,
            origin,
        });
    }

    /// Adds a text; what it does not say of itself, the writer and the values say.
    pub fn push_under(&mut self, text: &Text, site: Site, origin: Origin) {
        let base = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.text.push_str(text.as_str());
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let mut at = base;
        let plain = |start, end| Mark {
            start,
            end,
            site,
            origin,
        };
        if !text.is_unmarked() {
            for mark in text.marks(0..text.len()) {
                let start = mark.start.saturating_add(base);
                self.mark(plain(at, start));
                at = mark.end.saturating_add(base);
                self.mark(Mark {
                    start,
                    end: at,
                    site: mark.site.or(site),
                    origin: mark.origin,
                });
            }
        }
        self.mark(plain(at, end));
    }

    fn mark(&mut self, mark: Mark) {
        if mark.start >= mark.end || (mark.site == Site::NONE && mark.origin.is_none()) {
            return;
        }
        if let Some(last) = self.marks.last_mut()
            && last.end == mark.start
            && last.site.forward(last.end - last.start) == mark.site
            && last.origin == mark.origin
        {
            last.end = mark.end;
            return;
        }
        self.marks.push(mark);
    }

    /// The number of bytes so far.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The characters so far.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Removes what lies behind an offset, which must be at a character's border.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.text.len() || !self.text.is_char_boundary(len) {
            return;
        }
        self.text.truncate(len);
        let end = u32::try_from(len).unwrap_or(u32::MAX);
        while self.marks.last().is_some_and(|mark| mark.start >= end) {
            self.marks.pop();
        }
        if let Some(last) = self.marks.last_mut() {
            last.end = last.end.min(end);
        }
    }

    /// The text.
    pub fn finish(self) -> Text {
        let whole = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let marks = match self.marks.as_slice() {
            [] => Marks::None,
            [one] if one.start == 0 && one.end == whole => Marks::Whole(one.site, one.origin),
            _ => Marks::Ranges(self.marks.into()),
        };
        Text {
            text: self.text.into(),
            marks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Leaf, Origins, SourceId};
    use super::*;
    use netpol_yaml::Span;

    fn origins() -> (Origin, Origin) {
        let mut table = Origins::new();
        let mut leaf = |at| {
            table.add(Leaf {
                source: SourceId(0),
                span: Span::at(at),
                path: Rc::from([]),
            })
        };
        (leaf(0), leaf(1))
    }

    #[test]
    fn pieces_keep_their_marks_through_building_and_cutting() {
        let (one, two) = origins();
        let mut builder = TextBuilder::new();
        builder.push_str("a-");
        builder.push(&Text::with_origin("bcd", one));
        builder.push(&Text::with_origin("e", two));
        let text = builder.finish();
        assert_eq!(text.as_str(), "a-bcde");
        let marks = |text: &Text| -> Vec<(u32, u32, Origin)> {
            text.marks(0..text.len())
                .map(|mark| (mark.start, mark.end, mark.origin))
                .collect()
        };
        assert_eq!(marks(&text), [(2, 5, one), (5, 6, two)]);
        assert_eq!(marks(&text.slice(4..6)), [(0, 1, one), (1, 2, two)]);
        assert_eq!(marks(&text.slice(0..3)), [(2, 3, one)]);
        let tail = text.part(text.as_str().trim_start_matches("a-"));
        assert_eq!(marks(&tail), [(0, 3, one), (3, 4, two)]);
    }

    #[test]
    fn a_text_without_marks_takes_the_origin_as_a_whole_and_keeps_its_first() {
        let (one, two) = origins();
        let text = Text::from("x").or_origin(one).or_origin(two);
        assert_eq!(text.origins().collect::<Vec<_>>(), [one]);
        assert!(Text::from("x").is_unmarked());
    }

    #[test]
    fn cutting_a_builder_cuts_its_marks() {
        let (one, _) = origins();
        let mut builder = TextBuilder::new();
        builder.push_from("abc", one);
        builder.push_str("\n");
        builder.truncate(2);
        let text = builder.finish();
        assert_eq!(text.as_str(), "ab");
        assert_eq!(text.marks(0..2).map(|mark| mark.end).max(), Some(2));
    }
}
