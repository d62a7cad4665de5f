//! The border to the parser crate: the events a loader needs, and nothing else of it.
//!
//! Only [`granit`] names the parser crate. Another one takes its place by implementing
//! [`Events`]; `docs/decisions/0001-yaml-parser.md` says why this one was chosen.

pub(crate) mod granit;

use std::borrow::Cow;
use std::ops::Range;

use crate::Diagnostic;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScalarForm {
    /// Nothing was written where a value may stand: `key:` and then nothing.
    Absent,
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// The tags that go-yaml v2 gives a meaning to; it ignores all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
    Merge,
    /// The tag `!` alone.
    NonSpecific,
    Other,
}

/// One step through a document. Anchors are numbered from 1; 0 stands for none.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    DocumentStart {
        version: Option<(u32, u32)>,
    },
    DocumentEnd,
    Scalar {
        text: Cow<'a, str>,
        form: ScalarForm,
        anchor: usize,
        tag: Option<Tag>,
    },
    SequenceStart {
        flow: bool,
        anchor: usize,
    },
    SequenceEnd,
    MappingStart {
        flow: bool,
        anchor: usize,
    },
    MappingEnd,
    Alias {
        anchor: usize,
    },
    Comment,
    /// The name of the anchor on the node before, for its place alone.
    AnchorName,
}

/// Why the parser stopped. Offsets are relative to the text it was given.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) kind: crate::DiagnosticKind,
    pub(crate) message: String,
    pub(crate) at: usize,
}

/// Takes the events of a document, one after the other, each with the bytes it covers.
pub(crate) trait Sink<'a> {
    /// Takes one event; an error stops the parser.
    fn take(&mut self, event: Event<'a>, range: Range<usize>) -> Result<(), Diagnostic>;
}

/// A parser over the text of one document.
pub(crate) trait Events<'a> {
    /// Gives the events up to the end of the first document to a sink.
    fn feed(self, sink: &mut impl Sink<'a>) -> Result<(), Stop>;
}

/// Why a parser stopped before the end of the document.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The parser found the text faulty.
    Syntax(SyntaxError),
    /// The sink refused an event.
    Sink(Diagnostic),
}
