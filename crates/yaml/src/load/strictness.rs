//! Where the parser crate is laxer than go-yaml's scanner, which stops at YAML 1.1.
//!
//! Each check looks first whether the document holds the sign in question at all; most hold none.

use std::borrow::Cow;

use super::{Loader, holds};
use crate::event::ScalarForm;
use crate::span::offset;
use crate::tree::node_ref::Style;
use crate::{Diagnostic, DiagnosticKind, Span};

impl Loader<'_> {
    /// Refuses what go-yaml's scanner refuses and the parser let pass.
    pub(super) fn hold_to_go_yaml(&mut self) -> Result<(), Diagnostic> {
        let chunk = self.span.slice(self.source);
        // The first byte of U+2028 alone is found much faster than the character.
        if holds(chunk, 0xE2) {
            self.refuse_line_separators(chunk)?;
        }
        if self.tabs {
            self.refuse_tabs(chunk)?;
        }
        if holds(chunk, b'?') {
            self.refuse_question_marks()?;
        }
        self.refuse_lone_end(chunk)
    }

    /// YAML 1.1 takes U+2028 and U+2029 for line breaks, YAML 1.2 does not. Between quotes that
    /// makes no difference; elsewhere a document that holds one falls apart.
    fn refuse_line_separators(&self, chunk: &str) -> Result<(), Diagnostic> {
        let mut quoted = self.quoted.iter().peekable();
        for (at, sign) in chunk.match_indices(['\u{2028}', '\u{2029}']) {
            let at = self.span.start + offset(at);
            while quoted.next_if(|span| span.end <= at).is_some() {}
            if !quoted.peek().is_some_and(|span| span.contains(at)) {
                let message = "kubectl takes this invisible character for the end of the line";
                let span = Span::new(at, at + offset(sign.len()));
                return Err(Diagnostic::new(DiagnosticKind::Syntax, message, span));
            }
        }
        Ok(())
    }

    /// In brackets a `?` ends a bare text, which then lacks its comma: `[a?b]` is refused, and so
    /// is an address with a query.
    fn refuse_question_marks(&self) -> Result<(), Diagnostic> {
        let mut flows = self.flows.iter().peekable();
        for node in &self.tree.nodes {
            let written = node.span.slice(self.source);
            if node.style != Style::Plain || !written.contains('?') {
                continue;
            }
            while flows.next_if(|flow| flow.end <= node.span.start).is_some() {}
            if flows
                .peek()
                .is_some_and(|flow| flow.contains(node.span.start))
            {
                let message = "in brackets, kubectl refuses a `?` in a text without quotes";
                return Err(Diagnostic::new(DiagnosticKind::Syntax, message, node.span));
            }
        }
        Ok(())
    }

    /// A document of nothing but its end marker is refused, though one of nothing at all is not.
    fn refuse_lone_end(&self, chunk: &str) -> Result<(), Diagnostic> {
        let mut at = self.span.start;
        for line in chunk.split_inclusive('\n') {
            let body = line.trim_start();
            if line
                .strip_prefix("...")
                .is_some_and(|rest| rest.trim_start().len() < rest.len() || rest.is_empty())
            {
                let message = "a document cannot end before it began";
                return Err(Diagnostic::new(
                    DiagnosticKind::Syntax,
                    message,
                    Span::new(at, at + 3),
                ));
            }
            if !body.is_empty() && !body.starts_with('#') {
                break;
            }
            at += offset(line.len());
        }
        Ok(())
    }

    /// Reads a bare text to the end that YAML 1.1 gives it: in brackets, a colon that is followed
    /// by neither a blank nor a quote belongs to the text before it, so that `{a:}` holds the key
    /// `a:`. Also notes which tabs behind the text are harmless.
    pub(super) fn plain_as_go_yaml<'b>(
        &mut self,
        text: Cow<'b, str>,
        span: Span,
    ) -> Result<(Cow<'b, str>, Span), Diagnostic> {
        if self.tabs {
            self.shelter_tabs_behind(span, matches!(text, Cow::Owned(_)))?;
        }
        let Some(frame) = self.frames.last().filter(|frame| frame.flow) else {
            return Ok((text, span));
        };
        if text.starts_with(':') {
            let message = "in brackets, a text without quotes cannot begin with a colon";
            return Err(Diagnostic::new(DiagnosticKind::Syntax, message, span));
        }
        let rest = self
            .source
            .as_bytes()
            .get(span.end as usize..)
            .unwrap_or_default();
        match rest {
            [b':', b',' | b'}' | b']', ..] if !frame.span.is_empty() => Ok((
                Cow::Owned(format!("{text}:")),
                Span::new(span.start, span.end + 1),
            )),
            [b':', b',' | b'}' | b']' | b'[' | b'{', ..] => {
                let message = "in brackets, kubectl wants a blank between a colon and what follows";
                Err(Diagnostic::new(
                    DiagnosticKind::Syntax,
                    message,
                    Span::new(span.end, span.end + 1),
                ))
            }
            _ => Ok((text, span)),
        }
    }

    /// In brackets, a key and its colon stand on one line, unless a `?` opens the key.
    ///
    /// `rewritten` says that the text is not in the source as it is, which all texts over several
    /// lines are.
    pub(super) fn check_key_lines(&self, span: Span, rewritten: bool) -> Result<(), Diagnostic> {
        let rest = self.source.get(span.end as usize..).unwrap_or_default();
        if rest.starts_with(':') && !rewritten {
            return Ok(());
        }
        let lines = span.slice(self.source).contains('\n');
        let gap = rest.len() - rest.trim_start().len();
        let lines = lines || rest.get(..gap).is_some_and(|gap| gap.contains('\n'));
        let before = self.source.get(..span.start as usize).unwrap_or_default();
        if !lines || !rest.trim_start().starts_with(':') || before.trim_end().ends_with('?') {
            return Ok(());
        }
        let message = "a key in brackets stands on one line with its colon";
        Err(Diagnostic::new(DiagnosticKind::Syntax, message, span))
    }

    /// Names of anchors and aliases are letters, digits, `_` and `-`.
    pub(super) fn check_anchor_name(&self, span: Span) -> Result<(), Diagnostic> {
        let name = span.slice(self.source).trim_start_matches(['&', '*']);
        let fits = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-');
        if name.chars().all(fits) {
            return Ok(());
        }
        let message = "the name of an anchor takes letters, digits, `_` and `-` only";
        Err(Diagnostic::new(DiagnosticKind::Syntax, message, span))
    }

    /// Notes where a scalar shelters what would be refused elsewhere, and checks the scalar.
    pub(super) fn shelter(&mut self, span: Span, form: ScalarForm) -> Result<(), Diagnostic> {
        match form {
            ScalarForm::Absent | ScalarForm::Plain => Ok(()),
            ScalarForm::SingleQuoted => {
                self.quoted.push(span);
                Ok(())
            }
            ScalarForm::DoubleQuoted => {
                self.quoted.push(span);
                match bad_escape(span.slice(self.source)) {
                    Some(_) if self.is_json() => Ok(()),
                    Some((at, message)) => {
                        let at = span.start + offset(at);
                        Err(Diagnostic::new(
                            DiagnosticKind::Syntax,
                            message,
                            Span::new(at, at + 2),
                        ))
                    }
                    None => Ok(()),
                }
            }
            ScalarForm::Literal | ScalarForm::Folded => {
                self.blocks.push(span);
                if self.tabs {
                    self.refuse_tabs_before_block(span)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// Whether the document is JSON, which kubectl tries before YAML when a file begins with `{`.
    fn is_json(&mut self) -> bool {
        let (source, span) = (self.source, self.span);
        *self.json.get_or_insert_with(|| {
            source.trim_start().starts_with('{')
                && serde_json::from_str::<serde_json::Value>(span.slice(source)).is_ok()
        })
    }
}

/// The first escape of a double-quoted text that YAML 1.1 does not know: `\/`, and halves of
/// surrogate pairs. Both are JSON.
fn bad_escape(written: &str) -> Option<(usize, &'static str)> {
    let mut signs = written.char_indices();
    while let Some((at, sign)) = signs.next() {
        if sign != '\\' {
            continue;
        }
        let digits = match signs.next()?.1 {
            '/' => return Some((at, "kubectl knows no escape `\\/`; write `/`")),
            'u' => written.get(at + 2..at + 6),
            'U' => written.get(at + 2..at + 10),
            _ => continue,
        };
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if code.is_some_and(|code| (0xD800..0xE000).contains(&code)) {
            return Some((
                at,
                "kubectl refuses halves of a surrogate pair; write the character itself",
            ));
        }
    }
    None
}
