//! Scalars on their way into the tree.

use std::borrow::Cow;

use super::{Loader, Size, mapping};
use crate::event::{ScalarForm, Tag};
use crate::resolve::{self, Resolved};
use crate::tree::node_ref::Style;
use crate::tree::{Data, Node, Wide};
use crate::{Diagnostic, DiagnosticKind, Span, Surprise, surprise};

impl Loader<'_> {
    /// Takes a scalar: as a key or a value, resolved, and looked at for surprises.
    pub(super) fn scalar(
        &mut self,
        text: Cow<'_, str>,
        form: ScalarForm,
        anchor: usize,
        tag: Option<Tag>,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let (text, span) = match form {
            ScalarForm::Absent => (Cow::Borrowed(""), span),
            ScalarForm::Plain => self.plain_as_go_yaml(text, span)?,
            _ => (text, span),
        };
        self.shelter(span, form)?;
        let span = self.scalar_place(span, form);
        let is_key = self.expects_key();
        if is_key && self.frames.last().is_some_and(|frame| frame.flow) {
            self.check_key_lines(span, matches!(text, Cow::Owned(_)))?;
        }
        if is_key
            && resolve::is_merge(&text, form, tag)
            && let Some(frame) = self.frames.last_mut()
        {
            frame.merges = true;
            let node = Node {
                span,
                style: style(form),
                data: mapping::MERGE,
            };
            return self.finish(
                node,
                anchor,
                Size {
                    nodes: 1,
                    height: 0,
                },
            );
        }
        let value = match resolve::resolve(&text, form, tag) {
            Ok(value) => value,
            Err(message) => {
                self.report(Diagnostic::new(DiagnosticKind::Value, message, span));
                Resolved::Null
            }
        };
        if form == ScalarForm::Plain
            && tag.is_none()
            && let Some((kind, read_as)) = surprise::of_plain(&text, &value)
        {
            let looks_like = text.clone().into_owned();
            self.surprises.push(Surprise {
                span,
                kind,
                looks_like,
                read_as,
                is_key,
            });
        }
        let data = self.data(text, value, is_key, span);
        self.finish(
            Node {
                span,
                style: style(form),
                data,
            },
            anchor,
            Size {
                nodes: 1,
                height: 0,
            },
        )
    }

    fn data(&mut self, text: Cow<'_, str>, value: Resolved, is_key: bool, span: Span) -> Data {
        match value {
            Resolved::Null => Data::Null,
            Resolved::Bool(value) => Data::Bool(value),
            Resolved::Int(value) => Data::Int(Wide::from_i64(value)),
            Resolved::Uint(value) => Data::Uint(Wide::from_u64(value)),
            Resolved::Float(value) => {
                if !value.is_finite() && !is_key {
                    let message = "JSON has no infinity and no NaN, so kubectl refuses this value";
                    self.report(Diagnostic::new(DiagnosticKind::Value, message, span));
                }
                Data::Float(Wide::from_f64(value))
            }
            Resolved::Str => match text {
                Cow::Borrowed(text) => self.borrowed(text),
                Cow::Owned(text) => self.owned(&text),
            },
            Resolved::Decoded(text) => self.owned(&text),
        }
    }

    /// A text that is a part of the source, as its place; the parser says so by lending it.
    fn borrowed(&mut self, text: &str) -> Data {
        let at = text
            .as_ptr()
            .addr()
            .wrapping_sub(self.source.as_ptr().addr());
        let span = Span::from_range(at..at.saturating_add(text.len()));
        // A lent text may also come from the parser's own constants.
        if self
            .source
            .get(span.range())
            .is_some_and(|found| std::ptr::eq(found, text))
        {
            return Data::Source(span);
        }
        self.owned(text)
    }

    fn owned(&mut self, text: &str) -> Data {
        let start = self.tree.texts.len();
        self.tree.texts.push_str(text);
        Data::Owned(Span::from_range(start..self.tree.texts.len()))
    }
}

fn style(form: ScalarForm) -> Style {
    match form {
        ScalarForm::Absent => Style::Absent,
        ScalarForm::Plain => Style::Plain,
        ScalarForm::SingleQuoted => Style::SingleQuoted,
        ScalarForm::DoubleQuoted => Style::DoubleQuoted,
        ScalarForm::Literal => Style::Literal,
        ScalarForm::Folded => Style::Folded,
    }
}
