//! The texts that were read or rendered, and places in them.

pub(crate) mod names;
mod provenance;

pub use provenance::{Home, Leaf, Mark, Provenance};

use std::fmt;
use std::sync::Arc;

/// A file (or standard input) by its place in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A run of bytes in a source: `start` inclusive, `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

/// A place: which source, and which bytes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The source.
    pub source: SourceId,
    /// The bytes.
    pub span: Span,
}

/// Line and column as editors count them: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// One text. Its path is relative to the place where the command was started, never absolute,
/// so that reports and bundles are the same on every machine.
#[derive(Debug, Clone)]
pub struct Source {
    /// What people are shown; `<stdin>` for standard input.
    pub path: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Byte offsets at which lines begin; the first is 0.
    line_starts: Vec<u32>,
    /// Of a rendered text: where its bytes come from.
    provenance: Option<Arc<Provenance>>,
    /// Can it be opened under its path, or is it an argument or what another program wrote?
    is_file: bool,
}

impl Source {
    fn new(path: String, text: Arc<str>) -> Self {
        let after_newlines = text.bytes().zip(1u32..).filter(|(b, _)| *b == b'\n');
        let line_starts = std::iter::once(0)
            .chain(after_newlines.map(|(_, after)| after))
            .collect();
        Self {
            path,
            text,
            line_starts,
            provenance: None,
            is_file: true,
        }
    }

    /// Where the bytes of a rendered text come from; `None` for a text that was read.
    pub fn provenance(&self) -> Option<&Provenance> {
        self.provenance.as_deref()
    }

    /// Where a byte stands.
    pub fn line_column(&self, byte: u32) -> LineColumn {
        let line = self.line_starts.partition_point(|start| *start <= byte);
        let start = line
            .checked_sub(1)
            .and_then(|at| self.line_starts.get(at))
            .copied()
            .unwrap_or(0);
        let before = usize::try_from(start)
            .ok()
            .zip(usize::try_from(byte).ok())
            .and_then(|(start, byte)| self.text.get(start..byte))
            .map_or(0, |text| text.chars().count());
        LineColumn {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    /// The bytes of a span, when they lie in the text on character borders.
    pub fn slice(&self, span: Span) -> Option<&str> {
        let start = usize::try_from(span.start).ok()?;
        let end = usize::try_from(span.end).ok()?;
        self.text.get(start..end)
    }
}

/// All texts of one run, in the order of reading.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Takes a text in and numbers it.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Source::new(path.into(), text.into()));
        id
    }

    /// Takes in a text that was rendered: `path` is the template's, and `provenance` tells of every
    /// byte where it comes from.
    pub fn add_rendered(
        &mut self,
        path: impl Into<String>,
        text: impl Into<Arc<str>>,
        provenance: Provenance,
    ) -> SourceId {
        let id = self.add(path, text);
        if let Some(source) = self.0.last_mut() {
            source.provenance = Some(Arc::new(provenance));
            source.is_file = false;
        }
        id
    }

    /// Takes in a text that no file holds: an argument, or what another program wrote.
    pub fn add_aside(&mut self, name: &str, text: impl Into<Arc<str>>) -> SourceId {
        let id = self.add_once(name, text);
        let source = usize::try_from(id.0).ok().and_then(|at| self.0.get_mut(at));
        if let Some(source) = source {
            source.is_file = false;
        }
        id
    }

    /// The text of this path, taken in before or now. The same path with another text (a chart's
    /// file at another commit, say) is another source.
    pub fn add_once(&mut self, path: &str, text: impl Into<Arc<str>>) -> SourceId {
        let text = text.into();
        let same = |source: &Source| {
            source.provenance.is_none() && source.path == path && source.text == text
        };
        let known = self.iter().find(|(_, source)| same(source));
        match known.map(|(id, _)| id) {
            Some(id) => id,
            None => self.add(path, text),
        }
    }

    /// Where a place stands in a file: itself for a text that was read, and for a rendered one the
    /// place of the template that wrote its first byte, with the values that it shows.
    pub fn home(&self, at: Location) -> Home<'_> {
        let provenance = self.get(at.source).and_then(Source::provenance);
        provenance.map_or_else(|| Home::own(at), |provenance| provenance.home(at))
    }

    /// Shows every path below `root` as `label` and the rest: for texts that were read from a place
    /// of which nobody is to be told.
    pub fn relabel(&mut self, root: &str, label: &str) {
        for source in &mut self.0 {
            if let Some(rest) = source.path.strip_prefix(root) {
                source.path = format!("{label}{}", rest.trim_start_matches('/'));
            }
        }
    }

    /// The source of a number.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.0.get(usize::try_from(id.0).ok()?)
    }

    /// All sources with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..).map(SourceId).zip(&self.0)
    }

    /// The source and the position of a location's first byte, in a file.
    pub fn position(&self, at: Location) -> Option<(&Source, LineColumn)> {
        let at = self.home(at).at;
        let source = self.get(at.source)?;
        Some((source, source.line_column(at.span.start)))
    }

    /// The sources that can be opened under their paths, standard input included.
    pub fn files(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.iter().filter(|(_, source)| source.is_file)
    }

    /// `path:line:column` of a location's first byte, in a file.
    pub fn display(&self, at: Location) -> String {
        let at = self.home(at).at;
        match self.get(at.source) {
            Some(source) => format!("{}:{}", source.path, source.line_column(at.span.start)),
            None => "<unknown>".to_owned(),
        }
    }
}

impl fmt::Display for LineColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
