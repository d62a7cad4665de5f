//! One frame around all places of a finding: a [`miette::ReportHandler`] that draws with
//! annotate-snippets.
//!
//! miette's own handler shows one file per report and puts the second place behind the help text.
//! A contradiction is between two files, so [`Atlas`] lays all texts end to end in one address
//! space, and [`Frame`] sorts the labels back into their files.

use super::text::{visible, visible_source};
use crate::source::{Location, Source, SourceId, Sources};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use miette::{
    Diagnostic, LabeledSpan, MietteError, ReportHandler, Severity, SourceCode, SourceSpan,
};
use std::fmt;
use std::ops::Range;

/// Lines between two labels of a file from which on they are drawn apart.
const FAR: usize = 200;
/// Lines that are shown of a label of several lines; the first one is underlined.
const SHOWN: usize = 3;
/// Bytes of a line from which on only the part around the label is drawn.
const LONG_LINE: usize = 1000;

/// All texts as one [`SourceCode`].
#[derive(Debug)]
pub(super) struct Atlas<'a> {
    sources: &'a Sources,
    /// Where each text begins; one byte is left between two texts.
    bases: Vec<usize>,
}

impl<'a> Atlas<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        let mut next = 0;
        let base = |text: &str| {
            let base = next;
            next += text.len() + 1;
            base
        };
        let bases = sources.iter().map(|(_, s)| &*s.text).map(base).collect();
        Self { sources, bases }
    }

    /// A location as a span of the atlas.
    pub(super) fn span(&self, at: Location) -> Option<SourceSpan> {
        let base = self.bases.get(usize::try_from(at.source.0).ok()?)?;
        let start = usize::try_from(at.span.start).ok()?;
        let end = usize::try_from(at.span.end).ok()?;
        Some((base + start, end.saturating_sub(start)).into())
    }

    /// Is there no text at all to point at?
    pub(super) fn is_blank(&self, at: Location) -> bool {
        self.sources
            .get(at.source)
            .is_none_or(|s| s.text.is_empty())
    }

    /// The source that holds a span, and its beginning in the atlas.
    fn source(&self, span: &SourceSpan) -> Option<(usize, &'a Source)> {
        let after = self.bases.partition_point(|base| *base <= span.offset());
        let place = after.checked_sub(1)?;
        let id = SourceId(u32::try_from(place).ok()?);
        let source = self.sources.get(id)?;
        Some((*self.bases.get(place)?, source))
    }
}

impl SourceCode for Atlas<'_> {
    /// The whole lines that a span touches.
    fn read_span<'s>(
        &'s self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'s> + 's>, MietteError> {
        let (base, source) = self.source(span).ok_or(MietteError::OutOfBounds)?;
        let text = &source.text;
        let from = span.offset() - base;
        let to = from + span.len();
        let (Some(before), Some(behind)) = (text.get(..from), text.get(to..)) else {
            return Err(MietteError::OutOfBounds);
        };
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = to + behind.find('\n').unwrap_or(behind.len());
        let lines = text.get(start..end).unwrap_or_default();
        let line = source
            .line_column(u32::try_from(start).unwrap_or(u32::MAX))
            .line;
        let first = usize::try_from(line).map_or(0, |line| line.saturating_sub(1));
        let whole = SourceSpan::from((base + start, end - start));
        let count = lines.bytes().filter(|b| *b == b'\n').count() + 1;
        let contents = miette::MietteSpanContents::new_named(
            source.path.clone(),
            lines.as_bytes(),
            whole,
            first,
            0,
            count,
        );
        Ok(Box::new(contents))
    }
}

/// The handler.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) color: bool,
    pub(super) width: usize,
}

/// Lines of one file, to be drawn together.
struct Part {
    path: String,
    text: String,
    /// Where `text` begins in the atlas.
    base: usize,
    /// The first line's number.
    line: usize,
    lines: usize,
    /// Within `text`.
    labels: Vec<(Range<usize>, String, bool)>,
    /// Within `text`: what is shown without being underlined.
    shown: Vec<Range<usize>>,
}

impl ReportHandler for Frame {
    fn debug(&self, error: &dyn Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let renderer = if self.color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer
            .decor_style(DecorStyle::Unicode)
            .term_width(self.width);
        let level = match error.severity() {
            Some(Severity::Warning) => Level::WARNING,
            Some(Severity::Advice) => Level::NOTE,
            _ => Level::ERROR,
        };
        let message = visible(&error.to_string()).into_owned();
        let mut title = level.primary_title(message);
        if let Some(code) = error.code() {
            title = title.id(code.to_string());
        }
        let parts = parts(error);
        let mut group = Group::with_title(title);
        for part in &parts {
            group = draw(group, part);
        }
        for note in error.related().into_iter().flatten() {
            let text = visible(&note.to_string()).into_owned();
            group = group.element(Level::NOTE.message(text));
        }
        if let Some(help) = error.help() {
            let text = visible(&help.to_string()).into_owned();
            group = group.element(Level::HELP.message(text));
        }
        if let Some(url) = error.url() {
            group = group.element(Level::HELP.no_name().message(url.to_string()));
        }
        f.write_str(&renderer.render(&[group]))
    }
}

fn draw<'p>(group: Group<'p>, part: &'p Part) -> Group<'p> {
    if let [label] = part.labels.as_slice()
        && part.text.len() > LONG_LINE
        && let Some((cut, range)) = cut(&part.text, &label.0)
    {
        let before = part.text.get(..label.0.start).unwrap_or_default();
        let origin = Origin::path(visible(&part.path).into_owned())
            .line(part.line)
            .char_column(before.chars().count() + 1);
        let label = (range, label.1.clone(), label.2);
        let snippet = Snippet::source(visible_source(&cut).into_owned())
            .line_start(part.line)
            .annotation(annotation(&label));
        return group.element(origin).element(snippet);
    }
    let snippet = Snippet::source(visible_source(&part.text))
        .path(visible(&part.path))
        .line_start(part.line)
        .annotations(part.labels.iter().map(annotation))
        .annotations((part.shown.iter()).map(|r| AnnotationKind::Visible.span(r.clone())));
    group.element(snippet)
}

fn annotation<'p>((range, text, primary): &(Range<usize>, String, bool)) -> Annotation<'p> {
    let kind = if *primary {
        AnnotationKind::Primary
    } else {
        AnnotationKind::Context
    };
    let label = (!text.is_empty()).then(|| visible(text).into_owned());
    kind.span(range.clone()).label(label)
}

/// The part of a long line around a label.
fn cut(text: &str, label: &Range<usize>) -> Option<(String, Range<usize>)> {
    let mut from = label.start.saturating_sub(60);
    let mut to = label.end.min(label.start + 120);
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    while !text.is_char_boundary(to) {
        to += 1;
    }
    let mut until = (to + 60).min(text.len());
    while !text.is_char_boundary(until) {
        until += 1;
    }
    let kept = text.get(from..until)?;
    let ahead = if from > 0 { "… " } else { "" };
    let behind = if until < text.len() { " …" } else { "" };
    let start = ahead.len() + label.start - from;
    Some((
        format!("{ahead}{kept}{behind}"),
        start..start + to - label.start,
    ))
}

/// Sorts the labels into files, those of the primary label's file first, and cuts the lines out.
fn parts(error: &dyn Diagnostic) -> Vec<Part> {
    let (Some(source), Some(labels)) = (error.source_code(), error.labels()) else {
        return Vec::new();
    };
    let mut parts: Vec<Part> = Vec::new();
    for label in labels {
        if let Some(part) = part(source, &label) {
            match parts.iter_mut().find(|p| near(p, &part)) {
                Some(known) => join(source, known, part),
                None => parts.push(part),
            }
        }
    }
    parts
}

fn near(a: &Part, b: &Part) -> bool {
    let between = |low: &Part, high: &Part| high.line.saturating_sub(low.line + low.lines);
    let short = a.text.len() <= LONG_LINE && b.text.len() <= LONG_LINE;
    let joined = a.lines > 1 || short;
    a.path == b.path && joined && between(a, b).max(between(b, a)) < FAR
}

/// The lines of one label. A label of several lines underlines its first one and shows a few more:
/// the rest of a long mapping says nothing about where it is.
fn part(source: &dyn SourceCode, label: &LabeledSpan) -> Option<Part> {
    let (offset, length) = (label.offset(), label.len());
    let lines = source.read_span(&(offset, length).into(), 0, 0).ok()?;
    let whole = std::str::from_utf8(lines.data()).ok()?;
    let base = lines.span().offset();
    let start = offset - base;
    let end = start + length;
    let first = whole.get(start..end)?.lines().next().unwrap_or_default();
    let (text, end, shown) = if first.len() < whole.get(start..end)?.trim_end().len() {
        let line_end = start + first.len();
        let kept = whole.match_indices('\n').nth(SHOWN - 1);
        let kept = kept.map_or(whole.len(), |(at, _)| at).min(end);
        let kept = whole.get(..kept)?.trim_end();
        let underlined = first.split(" #").next().unwrap_or(first).trim_end();
        let rest = line_end..kept.len();
        (kept, start + underlined.len(), vec![rest])
    } else {
        let within = whole.get(start..end)?.trim_end().len();
        (whole, start + within, Vec::new())
    };
    let said = label.label().unwrap_or_default().to_owned();
    Some(Part {
        path: lines.name().unwrap_or_default().to_owned(),
        base,
        line: lines.line() + 1,
        lines: text.lines().count().max(1),
        labels: vec![(start..end, said, label.primary())],
        shown,
        text: text.to_owned(),
    })
}

/// Widens a part so that it holds another one of the same file.
fn join(source: &dyn SourceCode, part: &mut Part, other: Part) {
    let base = part.base.min(other.base);
    let end = (part.base + part.text.len()).max(other.base + other.text.len());
    let Ok(wide) = source.read_span(&(base, end - base).into(), 0, 0) else {
        return;
    };
    let Ok(text) = std::str::from_utf8(wide.data()) else {
        return;
    };
    let moved = |range: &Range<usize>, shift| range.start + shift..range.end + shift;
    let (own, others) = (part.base - base, other.base - base);
    for range in part.labels.iter_mut().map(|(range, ..)| range) {
        *range = moved(range, own);
    }
    for range in &mut part.shown {
        *range = moved(range, own);
    }
    let labels = other.labels.into_iter();
    part.labels
        .extend(labels.map(|(range, said, primary)| (moved(&range, others), said, primary)));
    part.shown
        .extend(other.shown.iter().map(|range| moved(range, others)));
    part.base = base;
    part.line = wide.line() + 1;
    part.lines = wide.line_count();
    text.clone_into(&mut part.text);
}
