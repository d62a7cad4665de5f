//! Where a tab may stand: nowhere that indentation is meant.

use super::Loader;
use crate::span::offset;
use crate::{Diagnostic, DiagnosticKind, Span};

impl Loader<'_> {
    /// Outside of quotes, blocks of text and brackets, no tab may stand where a line, or an item
    /// behind its dash, begins; not even on a line that holds nothing else.
    pub(super) fn refuse_tabs(&self, chunk: &str) -> Result<(), Diagnostic> {
        let mut shelters = self.quoted.clone();
        shelters.extend_from_slice(&self.blocks);
        shelters.extend_from_slice(&self.flows);
        shelters.sort();
        let mut shelters = shelters.into_iter().peekable();
        let mut end = self.span.start;
        let mut start = self.span.start;
        for line in chunk.split_inclusive('\n') {
            if let Some(tab) = leading_tab(line) {
                let at = start + offset(tab);
                while let Some(shelter) = shelters.next_if(|shelter| shelter.start <= at) {
                    end = end.max(shelter.end);
                }
                if at >= end {
                    let message = "a tab cannot indent; YAML takes spaces only";
                    return Err(Diagnostic::new(
                        DiagnosticKind::Syntax,
                        message,
                        Span::new(at, at + 1),
                    ));
                }
            }
            start += offset(line.len());
        }
        Ok(())
    }

    /// Behind a bare text, a tab may stand as far to the right as the text itself might go on; in
    /// front of that column it is refused, in brackets too.
    pub(super) fn shelter_tabs_behind(
        &mut self,
        span: Span,
        lines: bool,
    ) -> Result<(), Diagnostic> {
        let least = self.frames.iter().rev().find_map(|frame| frame.column);
        let start = if lines { span.start } else { span.end };
        let rest = self
            .source
            .get(start as usize..self.span.end as usize)
            .unwrap_or_default();
        let (mut column, mut leads) = (0, false);
        for (at, sign) in rest.char_indices() {
            let place = start + offset(at);
            match sign {
                '\n' => (column, leads) = (0, true),
                '\t' if leads && least.is_some_and(|least| column <= least) => {
                    let message = "a tab cannot indent; YAML takes spaces only";
                    return Err(Diagnostic::new(
                        DiagnosticKind::Syntax,
                        message,
                        Span::new(place, place + 1),
                    ));
                }
                ' ' | '\t' | '\r' => column += 1,
                _ if place < span.end => (column, leads) = (column + 1, false),
                _ => {
                    self.blocks.push(Span::new(start, place));
                    return Ok(());
                }
            }
        }
        self.blocks.push(Span::new(start, self.span.end));
        Ok(())
    }

    /// In a block of text, a tab may stand behind the indentation only; and where the first line
    /// sets the indentation, not at the beginning of that line.
    pub(super) fn refuse_tabs_before_block(&self, span: Span) -> Result<(), Diagnostic> {
        let before = self.source.get(..span.start as usize).unwrap_or_default();
        let indent = span.start as usize - before.rfind('\n').map_or(0, |at| at + 1);
        let set_by_header = self.has_indentation_sign(span.start);
        let (mut at, mut first) = (span.start as usize - indent, true);
        for line in self
            .source
            .get(at..span.end as usize)
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            let body = line.get(spaces..).unwrap_or_default();
            if body.starts_with('\t') && (spaces < indent || first && !set_by_header) {
                let message = "a tab cannot indent a block of text; YAML takes spaces only";
                let place = Span::from_range(at + spaces..at + spaces + 1);
                return Err(Diagnostic::new(DiagnosticKind::Syntax, message, place));
            }
            first &= body.trim().is_empty();
            at += line.len();
        }
        Ok(())
    }

    /// Whether the header of a block of text, on the line above it, says how far it is indented.
    fn has_indentation_sign(&self, start: u32) -> bool {
        let before = self
            .source
            .get(self.span.start as usize..start as usize)
            .unwrap_or_default();
        let header = before.trim_end().rsplit('\n').next().unwrap_or_default();
        let signs = header.rsplit(['|', '>']).next().unwrap_or_default();
        signs.starts_with(|sign: char| sign.is_ascii_digit())
            || signs.starts_with(['+', '-'])
                && signs
                    .chars()
                    .nth(1)
                    .is_some_and(|sign| sign.is_ascii_digit())
    }
}

/// The first tab where a line begins: with nothing but spaces before it, or dashes and question
/// marks that open items. A separator line is no such line.
fn leading_tab(line: &str) -> Option<usize> {
    let mut signs = line.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        let opens =
            |next: Option<&(usize, char)>| next.is_none_or(|(_, next)| next.is_whitespace());
        match sign {
            '\t' => return Some(at),
            ' ' => {}
            '-' | '?' if opens(signs.peek()) => {}
            _ => break,
        }
    }
    None
}
