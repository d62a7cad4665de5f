//! From the text of a file to its documents.

use std::borrow::Cow;
use std::sync::Arc;

use crate::event::granit::Granit;
use crate::load::{Loaded, Loader};
use crate::span::offset;
use crate::split::{self, Chunk};
use crate::tree::comment::Comment;
use crate::tree::document;
use crate::{Diagnostic, DiagnosticKind, Document, Limits, Span};

/// What was read from a file.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The text of the file.
    pub source: Arc<str>,
    /// The documents that can be read, in the order of the file, empty ones included. A document
    /// with duplicate keys is among them, in its lax reading.
    pub documents: Vec<Document>,
    /// What is wrong, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    comments: Vec<Span>,
}

impl Parsed {
    /// The comments of the whole file in the order of the text: those of unreadable documents as
    /// far as they were read, and those on separator lines, included.
    pub fn comments(&self) -> impl Iterator<Item = Comment<'_>> {
        self.comments
            .iter()
            .map(|span| document::comment(&self.source, *span))
    }

    /// The diagnostics of one document, by its position in the file.
    pub fn diagnostics_of(&self, document: usize) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics
            .iter()
            .filter(move |diagnostic| diagnostic.document == document)
    }

    /// The document that a byte of the file belongs to, if that document can be read.
    pub fn document_at(&self, offset: u32) -> Option<&Document> {
        let after = self
            .documents
            .partition_point(|document| document.span().start <= offset);
        let document = self.documents.get(after.checked_sub(1)?)?;
        (offset <= document.span().end).then_some(document)
    }
}

/// Reads a text as kubectl does.
///
/// Never fails as a whole: what is wrong stands in [`Parsed::diagnostics`], and what can be read
/// in [`Parsed::documents`].
pub fn parse(text: &str, limits: &Limits) -> Parsed {
    parse_shared(&Arc::from(text), limits)
}

/// As [`parse`], for a text that is shared already, which saves a copy.
pub fn parse_shared(source: &Arc<str>, limits: &Limits) -> Parsed {
    let mut parsed = Parsed {
        source: Arc::clone(source),
        documents: Vec::new(),
        diagnostics: Vec::new(),
        comments: Vec::new(),
    };
    if source.len() > limits.bytes || u32::try_from(source.len()).is_err() {
        let message = format!(
            "the file has {} bytes; at most {} are read",
            source.len(),
            limits.bytes
        );
        parsed
            .diagnostics
            .push(Diagnostic::new(DiagnosticKind::Limit, message, Span::at(0)));
        return parsed;
    }
    let chunks = split::split_json(source).unwrap_or_else(|| split::split(source));
    let mut loader = Loader::new(source, limits);
    let mut forbidden = crate::decode::Forbidden::new(source);
    for (index, chunk) in chunks.iter().enumerate() {
        if index >= limits.documents {
            let message = format!(
                "the file has {} documents; at most {} are read",
                chunks.len(),
                limits.documents
            );
            let mut diagnostic =
                Diagnostic::new(DiagnosticKind::Limit, message, Span::at(chunk.span.start));
            diagnostic.document = index;
            parsed.diagnostics.push(diagnostic);
            break;
        }
        parsed.add_separator_comment(chunk.separator);
        if let Some(refusal) = refusal(chunk, &mut forbidden) {
            parsed.diagnostics.push(Diagnostic {
                document: index,
                ..refusal
            });
            continue;
        }
        let text = with_yaml_1_1_breaks(chunk.span.slice(source));
        let events = Granit::new(&text, limits.depth);
        let loaded = loader.load(chunk.span, events);
        parsed.add(loaded, chunk, index);
    }
    parsed
}

/// Writes a line break that YAML 1.2 gave up, U+0085, as one that it kept. Both become `\n` where
/// they are part of a text, and both are two bytes long, so that all places stay the same.
fn with_yaml_1_1_breaks(text: &str) -> Cow<'_, str> {
    if crate::load::holds(text, 0x85) && text.contains('\u{85}') {
        Cow::Owned(text.replace('\u{85}', "\r\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Why a document is refused before any YAML is read.
fn refusal(chunk: &Chunk, forbidden: &mut crate::decode::Forbidden<'_>) -> Option<Diagnostic> {
    if let Some(bad) = chunk.bad_separator {
        let message = "only a comment may follow `---` on its line";
        return Some(Diagnostic::new(DiagnosticKind::Syntax, message, bad));
    }
    let (span, character) = forbidden.within(chunk.span)?;
    let message = format!(
        "YAML forbids the control character U+{:04X}",
        u32::from(character)
    );
    Some(Diagnostic::new(DiagnosticKind::Encoding, message, span))
}

impl Parsed {
    /// Takes over what was read of one document.
    fn add(&mut self, mut loaded: Loaded, chunk: &Chunk, index: usize) {
        self.comments.extend_from_slice(&loaded.comments);
        let readable = loaded
            .diagnostics
            .iter()
            .all(|diagnostic| diagnostic.kind.is_strict_only());
        loaded.diagnostics.sort_by_key(|diagnostic| diagnostic.span);
        let placed = loaded.diagnostics.into_iter().map(|diagnostic| Diagnostic {
            document: index,
            ..diagnostic
        });
        self.diagnostics.extend(placed);
        if !readable {
            return;
        }
        let source = Arc::clone(&self.source);
        self.documents.push(match loaded.root {
            None => Document {
                comments: loaded.comments,
                ..Document::null(source, index, chunk.span)
            },
            Some(root) => Document {
                source,
                index,
                span: chunk.span,
                tree: loaded.tree,
                root,
                comments: loaded.comments,
                surprises: loaded.surprises,
            },
        });
    }

    /// The comment behind a separator belongs to no document.
    fn add_separator_comment(&mut self, separator: Span) {
        let line = separator.slice(&self.source);
        if let Some(at) = line.find('#') {
            let start = separator.start + offset(at);
            let length = line.trim_end_matches(['\n', '\r']).len().saturating_sub(at);
            self.comments.push(Span::new(start, start + offset(length)));
        }
    }
}
