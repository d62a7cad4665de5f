//! Where things are: places the parser gives are made fit for pointing at.

use super::Loader;
use crate::Span;
use crate::event::ScalarForm;
use crate::span::offset;

impl Loader<'_> {
    /// The place of a scalar. What was not written is put right behind its key or dash, wherever
    /// the parser was when it noticed; a block of text loses the blank lines at its end.
    pub(super) fn scalar_place(&self, span: Span, form: ScalarForm) -> Span {
        match form {
            ScalarForm::Absent => {
                let at = self.behind_last_sign(span.start);
                // The parser may have noticed in front of the colon.
                let colon = self.source.as_bytes().get(at as usize) == Some(&b':');
                Span::at(at + u32::from(colon))
            }
            ScalarForm::Plain | ScalarForm::SingleQuoted | ScalarForm::DoubleQuoted => span,
            ScalarForm::Literal | ScalarForm::Folded => {
                let text = span.slice(self.source).trim_end();
                Span::new(span.start, span.start + offset(text.len()))
            }
        }
    }

    /// Where a sequence by indentation begins: at its first dash, which the parser has passed when
    /// it says so.
    pub(super) fn dash_before(&self, span: Span) -> Span {
        let end = self.behind_last_sign(span.start);
        let before = self.source.get(..end as usize).unwrap_or_default();
        if span.is_empty() && before.ends_with('-') {
            Span::at(end - 1)
        } else {
            span
        }
    }

    /// The number of characters before an offset on its line.
    pub(super) fn column(&self, at: u32) -> u32 {
        let before = self.source.get(..at as usize).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        offset(before.get(line..).unwrap_or_default().chars().count())
    }

    /// The place behind the last sign before an offset that is neither blank nor comment.
    fn behind_last_sign(&self, at: u32) -> u32 {
        let start = self.span.start;
        let (from, mut at) = (at, at);
        let mut comments = self
            .comments
            .iter()
            .rev()
            .skip_while(|comment| comment.start >= from)
            .peekable();
        loop {
            let before = self
                .source
                .get(start as usize..at as usize)
                .unwrap_or_default();
            at = start + offset(before.trim_end().len());
            match comments.next_if(|comment| comment.end >= at) {
                Some(comment) => at = comment.start,
                None => return at,
            }
        }
    }
}

/// What kubectl never reads, in a stretch that follows a document: everything but blanks, comments
/// and the end marker itself.
pub(super) fn dropped(source: &str, span: Span) -> Option<Span> {
    let mut at = span.start;
    for line in span.slice(source).split_inclusive('\n') {
        let body = line.trim();
        let rest = body.strip_prefix("...").unwrap_or(body).trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            let start = at + offset(line.len() - line.trim_start().len() + body.len() - rest.len());
            let end = span.start + offset(span.slice(source).trim_end().len());
            return Some(Span::new(start, end));
        }
        at += offset(line.len());
    }
    None
}
