//! Text of users, made fit to be shown.

use super::Counts;
use crate::lint::suppress::{By, Suppressed};
use crate::source::Sources;
use std::borrow::Cow;

/// Replaces every character that moves the cursor, colours the terminal or turns the direction of
/// writing, line breaks included: what users wrote must not be able to rewrite the report.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| replacement(c).is_some()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| replacement(c).unwrap_or(c)).collect())
}

/// The same for lines of source: every replacement is as many bytes long as what it replaces, so
/// that spans stay true. C0 controls are replaced when the lines are drawn.
pub(super) fn visible_source(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if hidden(c) { '¿' } else { c };
    Cow::Owned(text.chars().map(shown).collect())
}

fn replacement(c: char) -> Option<char> {
    match c {
        // The Unicode block "Control Pictures" is in the order of the characters it depicts.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('␡'),
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => Some('\u{fffd}'),
        '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some('\u{fffd}')
        }
        _ => None,
    }
}

/// `2 errors, 1 warning and 3 notes in 4 files`.
pub(super) fn summary(counts: &Counts) -> String {
    let many = |n: usize, what: &str| match n {
        1 => format!("1 {what}"),
        _ => format!("{n} {what}s"),
    };
    let parts: Vec<String> = [
        (counts.errors, "error"),
        (counts.warnings, "warning"),
        (counts.notes, "note"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| many(n, what))
    .collect();
    let found = match parts.split_last() {
        None => "no findings".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    };
    let unsaid: Vec<String> = [(counts.suppressed, "suppressed"), (counts.known, "known")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    let unsaid = match unsaid.as_slice() {
        [] => String::new(),
        some => format!(" ({})", some.join(", ")),
    };
    format!("{found} in {}{unsaid}", many(counts.files, "file"))
}

/// A finding that is not told, on one line: where, what, and why it is not told.
pub(super) fn suppressed(sources: &Sources, one: &Suppressed) -> String {
    let finding = &one.finding;
    let place = finding.location().map_or_else(String::new, |at| {
        format!("{}: ", visible(&sources.display(at)))
    });
    let why = match one.by {
        By::Baseline => "in the baseline",
        By::Before => "was there before",
        By::Text | By::Config if one.reason.is_empty() => "no reason given",
        By::Text | By::Config => one.reason.as_str(),
    };
    let message = visible(&finding.message);
    format!(
        "suppressed: {place}{} {message} ({})",
        finding.code,
        visible(why)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        let nasty = "a\u{1b}[31m\u{9b}2J\r\n\t\u{202e}\u{7f}é";
        let shown = visible(nasty);
        assert!(shown.chars().all(|c| !c.is_control()), "{shown:?}");
        assert!(shown.starts_with("a␛[31m"), "{shown}");
        assert!(shown.ends_with('é'), "{shown}");
        let source = visible_source(nasty);
        assert_eq!(source.len(), nasty.len());
        assert!(!source.contains('\u{9b}'));
    }

    #[test]
    fn summary_counts_in_words() {
        let counts = |errors, warnings, notes, files| Counts {
            errors,
            warnings,
            notes,
            files,
            ..Counts::default()
        };
        assert_eq!(summary(&counts(0, 0, 0, 1)), "no findings in 1 file");
        assert_eq!(summary(&counts(1, 0, 0, 2)), "1 error in 2 files");
        let all = "2 errors, 1 warning and 3 notes in 4 files";
        assert_eq!(summary(&counts(2, 1, 3, 4)), all);
        let unsaid = Counts {
            suppressed: 2,
            known: 1,
            ..counts(0, 0, 0, 1)
        };
        let said = "no findings in 1 file (2 suppressed, 1 known)";
        assert_eq!(summary(&unsaid), said);
    }
}
