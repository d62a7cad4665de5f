//! Events from the crate `granit-parser`.

use std::ops::Range;

use granit_parser::{
    ErrorKind, ScalarStyle, Span, StrInput, StructureStyle, TryLoadError, TrySpannedEventReceiver,
};

use super::{Event, Events, ScalarForm, Sink, Stop, SyntaxError, Tag};
use crate::{Diagnostic, DiagnosticKind};

/// The parser over one document's text.
pub(crate) struct Granit<'a> {
    parser: granit_parser::Parser<'a, StrInput<'a>>,
}

impl<'a> Granit<'a> {
    /// A parser that refuses collections nested deeper than `depth` as soon as it meets them,
    /// which keeps hostile nesting linear.
    pub(crate) fn new(text: &'a str, depth: usize) -> Self {
        let options = granit_parser::options! {
            flow_nesting_limit: depth,
            block_nesting_limit: depth,
            // YAML 1.1 knows no byte order mark but the first.
            bom_inside_document_as_content: true,
            emit_anchor_events: true,
            // Without a comment in sight the parser need not look out for one.
            emit_comments: crate::load::holds(text, b'#'),
            // A licence header of any length may stand before an entry.
            max_buffered_comment_events: usize::MAX,
        };
        Self {
            parser: granit_parser::Parser::new_from_str_with_options(text, options),
        }
    }
}

impl<'a> Events<'a> for Granit<'a> {
    fn feed(mut self, sink: &mut impl Sink<'a>) -> Result<(), Stop> {
        self.parser
            .try_load(&mut Receiver(sink), false)
            .map_err(|stop| match stop {
                TryLoadError::Scan(error) => Stop::Syntax(syntax_error(&error)),
                TryLoadError::Receiver(diagnostic) => Stop::Sink(diagnostic),
            })
    }
}

/// Hands the parser's events on. Being called by the parser is faster than asking it: an event
/// and its span are large, and are moved less often on this way.
struct Receiver<'s, S>(&'s mut S);

impl<'a, S: Sink<'a>> TrySpannedEventReceiver<'a> for Receiver<'_, S> {
    type Error = Diagnostic;

    fn on_event(&mut self, event: granit_parser::Event<'a>, span: Span) -> Result<(), Diagnostic> {
        let range = span.byte_range().unwrap_or_default();
        match translate(event, &range) {
            Some(event) => self.0.take(event, range),
            // What needs options that are off, or carries nothing.
            None => Ok(()),
        }
    }
}

/// An event in the words of this crate.
#[inline]
fn translate<'a>(event: granit_parser::Event<'a>, range: &Range<usize>) -> Option<Event<'a>> {
    Some(match event {
        granit_parser::Event::Scalar(text, style, anchor, tag) => {
            let form = scalar_form(style, range);
            Event::Scalar {
                text,
                form,
                anchor,
                tag: tag.map(|tag| meaning(&tag)),
            }
        }
        granit_parser::Event::SequenceStart(style, anchor, _) => Event::SequenceStart {
            flow: style == StructureStyle::Flow,
            anchor,
        },
        granit_parser::Event::SequenceEnd => Event::SequenceEnd,
        granit_parser::Event::MappingStart(style, anchor, _) => Event::MappingStart {
            flow: style == StructureStyle::Flow,
            anchor,
        },
        granit_parser::Event::MappingEnd => Event::MappingEnd,
        granit_parser::Event::Alias(anchor) => Event::Alias { anchor },
        granit_parser::Event::Comment(..) => Event::Comment,
        granit_parser::Event::Anchor(..) => Event::AnchorName,
        granit_parser::Event::DocumentStart(_, version) => Event::DocumentStart {
            version: version.map(|version| (version.major, version.minor)),
        },
        granit_parser::Event::DocumentEnd => Event::DocumentEnd,
        _ => return None,
    })
}

/// The parser stands in a `~` for a scalar that was not written; its span tells the two apart.
fn scalar_form(style: ScalarStyle, range: &Range<usize>) -> ScalarForm {
    match style {
        ScalarStyle::Plain if range.is_empty() => ScalarForm::Absent,
        ScalarStyle::Plain => ScalarForm::Plain,
        ScalarStyle::SingleQuoted => ScalarForm::SingleQuoted,
        ScalarStyle::DoubleQuoted => ScalarForm::DoubleQuoted,
        ScalarStyle::Literal => ScalarForm::Literal,
        ScalarStyle::Folded => ScalarForm::Folded,
    }
}

fn meaning(tag: &granit_parser::Tag) -> Tag {
    match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
        Some("str") => Tag::Str,
        Some("bool") => Tag::Bool,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("null") => Tag::Null,
        Some("timestamp") => Tag::Timestamp,
        Some("binary") => Tag::Binary,
        Some("merge") => Tag::Merge,
        None if tag.to_string() == "!" => Tag::NonSpecific,
        _ => Tag::Other,
    }
}

fn syntax_error(error: &granit_parser::ScanError) -> SyntaxError {
    let kind = match error.kind() {
        ErrorKind::UnknownAnchor => DiagnosticKind::Alias,
        ErrorKind::RecursionLimitExceeded => DiagnosticKind::Limit,
        _ => DiagnosticKind::Syntax,
    };
    let message = match kind {
        DiagnosticKind::Limit => "lists and maps are nested deeper than is read".to_owned(),
        _ => error.info(),
    };
    SyntaxError {
        kind,
        message,
        at: error.marker().byte_offset().unwrap_or(0),
    }
}
