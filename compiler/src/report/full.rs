//! For people: every finding with its lines, both sides of a contradiction in one frame.

use super::Report;
use super::frame::{Atlas, Frame};
use super::text::{summary, suppressed, visible};
use crate::finding::{Finding, Severity};
use crate::lint;
use miette::{Diagnostic, LabeledSpan, ReportHandler, SourceCode};
use std::fmt;
use std::io::{self, Write};

/// How a full report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// Columns; longer lines of the sources are cut.
    pub width: usize,
}

impl Style {
    /// Without colours and 100 columns wide: for pipes, files and tests.
    pub const PLAIN: Self = Self {
        color: false,
        width: 100,
    };
}

pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let atlas = Atlas::new(report.sources);
    let frame = Frame {
        color: style.color,
        width: style.width,
    };
    for finding in report.findings {
        let shown = Shown::new(finding, &atlas);
        writeln!(out, "{}\n", Drawn(frame, &shown))?;
    }
    for one in report.listed() {
        writeln!(out, "{}", suppressed(report.sources, one))?;
    }
    for sentence in report.incomplete {
        writeln!(out, "incomplete: {}", visible(sentence))?;
    }
    writeln!(out, "{}", summary(&report.counts()))
}

struct Drawn<'a>(Frame, &'a dyn Diagnostic);

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(self.1, f)
    }
}

/// A finding as miette sees it.
#[derive(Debug)]
struct Shown<'a> {
    finding: &'a Finding,
    atlas: &'a Atlas<'a>,
    notes: Vec<Note>,
}

/// What is said below the frame.
#[derive(Debug)]
struct Note(String);

impl<'a> Shown<'a> {
    fn new(finding: &'a Finding, atlas: &'a Atlas<'a>) -> Self {
        let witness = finding.witness.as_ref().map(|w| {
            let of = match finding.pairs {
                0 | 1 => String::new(),
                n => format!(", one of {n} pairs of workloads"),
            };
            format!("for example {} → {} on {}{of}", w.from, w.to, w.port)
        });
        let notes = witness.into_iter().chain(finding.notes.iter().cloned());
        let notes = notes.map(Note).collect();
        Self {
            finding,
            atlas,
            notes,
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        Some(Box::new(self.finding.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        let help = self.finding.help.as_ref()?;
        Some(Box::new(help))
    }

    fn url<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        let known = lint::find(self.finding.code.0)?;
        Some(Box::new(format!("netpolc explain {}", known.code)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.atlas)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        // The primary label comes first, so that its file opens the frame.
        let (primary, others): (Vec<_>, Vec<_>) =
            self.finding.labels.iter().partition(|l| l.primary);
        let spans = primary.into_iter().chain(others).filter_map(|label| {
            // A file that was not read has no line to draw; the message names it.
            if self.atlas.is_blank(label.at) {
                return None;
            }
            let span = self.atlas.span(label.at)?;
            let text = Some(label.text.clone());
            Some(if label.primary {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            })
        });
        Some(Box::new(spans))
    }

    fn related<'s>(&'s self) -> Option<Box<dyn Iterator<Item = &'s dyn Diagnostic> + 's>> {
        let notes = self.notes.iter().map(|note| note as &dyn Diagnostic);
        Some(Box::new(notes))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Note {}

impl Diagnostic for Note {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }
}
