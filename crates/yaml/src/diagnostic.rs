//! What is wrong with a document, and where.

use crate::Span;

/// Why a document cannot be read, or why the strict reading refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DiagnosticKind {
    /// The bytes are not UTF-8, or hold a character that YAML forbids.
    Encoding,
    /// The text is not YAML.
    Syntax,
    /// A template that was not rendered: `{{` where YAML expects a value. Such a text is no
    /// faulty YAML, it is no YAML yet: give the chart, or the output of `helm template`.
    Template,
    /// A key is given twice in one mapping. Only the strict reading refuses.
    DuplicateKey,
    /// A `<<` and a key of the same mapping, or two `<<`, give the same key. Only the strict
    /// reading refuses; in the lax one whatever is written later wins.
    MergeOverride,
    /// What follows `<<` is neither a mapping nor a sequence of mappings.
    Merge,
    /// An alias without an anchor before it, or one that contains itself.
    Alias,
    /// A mapping key that JSON cannot hold: null, a sequence or a mapping.
    Key,
    /// A value that JSON cannot hold (`.nan`, `.inf`), or one that denies its own tag.
    Value,
    /// One of the [`Limits`](crate::Limits) is exceeded.
    Limit,
}

impl DiagnosticKind {
    /// Whether the lax reading goes on in spite of it, so that the document still has a tree.
    /// All other kinds cost the document.
    pub fn is_strict_only(self) -> bool {
        matches!(self, Self::DuplicateKey | Self::MergeOverride)
    }
}

/// One reason why a document is refused, with the place it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What sort of reason it is.
    pub kind: DiagnosticKind,
    /// One sentence without a final stop, for people.
    pub message: String,
    /// The place in the whole file.
    pub span: Span,
    /// A second place that belongs to it, say the first of two equal keys.
    pub related: Option<Span>,
    /// The position of the document in the file, counted from 0, the unreadable ones included.
    pub document: usize,
}

impl Diagnostic {
    pub(crate) fn new(kind: DiagnosticKind, message: impl Into<String>, span: Span) -> Self {
        Self {
            kind,
            message: message.into(),
            span,
            related: None,
            document: 0,
        }
    }

    pub(crate) fn with_related(mut self, related: Span) -> Self {
        self.related = Some(related);
        self
    }
}
