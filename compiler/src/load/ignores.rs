//! What manifests say about findings that are not wanted: comments `# netpolc: ignore[NP301] reason`
//! and the annotation `netpolc.dev/ignore: "NP301: reason"`.

use super::object::{Object, location, place};
use crate::source::names::quoted;
use crate::source::{Location, SourceId, Span};
use netpol_yaml::{Comment, Document, Kind};

/// The annotation that names codes which are not wanted of its object.
pub const ANNOTATION: &str = "netpolc.dev/ignore";

/// How the comment is written, for messages.
pub const COMMENT_FORM: &str = "# netpolc: ignore[NP301] reason";

/// How the annotation is written, for messages.
pub const ANNOTATION_FORM: &str = "netpolc.dev/ignore: \"NP301: reason\"";

/// A wish to be spared findings, as it is written in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The comment from its `#`, or the value of the annotation.
    pub at: Location,
    /// Codes or names of rules, as written.
    pub codes: Vec<String>,
    /// Why, in the words of who wrote it; empty when nothing is said.
    pub reason: String,
    /// Findings are meant that are filed at a byte of this: one line, or one object.
    pub scope: Location,
    /// What is taken away when the comment goes: with its line when nothing else stands there.
    /// `None` for annotations, which may be the last of their mapping.
    pub whole: Option<Location>,
    /// Why it cannot be understood, if so.
    pub fault: Option<&'static str>,
    /// Does it say how the text of a running cluster is to be judged (`--cluster-state`)?
    pub given_out: bool,
}

/// May the text hold any? Asked once for a text that has many documents.
pub(crate) fn may_hold(text: &str) -> bool {
    text.contains("netpolc")
}

/// Everything of that kind in a document and its objects.
pub(crate) fn read(
    source: SourceId,
    document: &Document,
    objects: &[Object],
    into: &mut Vec<Ignore>,
) {
    let mut lines = Lines::new(document.source());
    for comment in document.comments() {
        let at = place(source, comment.span);
        into.extend(of_comment(comment, &mut lines, at));
    }
    for object in objects {
        annotation(object, into);
    }
}

fn of_comment(comment: Comment<'_>, lines: &mut Lines<'_>, at: Location) -> Option<Ignore> {
    let said = comment.text.trim_start().strip_prefix("netpolc:")?.trim();
    let word_ends = said.find(|c: char| !c.is_ascii_alphabetic());
    let (word, rest) = said.split_at(word_ends.unwrap_or(said.len()));
    // Comments may say other things about netpolc; slips of the keys are not to be lost.
    if strsim::osa_distance(&word.to_ascii_lowercase(), "ignore") > 2 {
        return None;
    }
    let listed = rest.trim_start().strip_prefix('[');
    let (codes, reason, fault) = match listed.and_then(|list| list.split_once(']')) {
        Some((codes, reason)) if word == "ignore" => (self::codes(codes), reason, None),
        _ => (Vec::new(), "", Some(COMMENT_FORM)),
    };
    let (scope, whole) = lines.meant(comment.span);
    Some(Ignore {
        at,
        codes,
        reason: reason_of(reason),
        scope: Location { span: scope, ..at },
        whole: Some(Location { span: whole, ..at }),
        fault,
        given_out: false,
    })
}

fn codes(list: &str) -> Vec<String> {
    let written = list.split(',').map(str::trim).filter(|c| !c.is_empty());
    written.map(quoted).collect()
}

fn reason_of(text: &str) -> String {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '—'));
    quoted(text.trim_end())
}

/// Each line of the annotation is `CODE, CODE: reason`.
fn annotation(object: &Object, into: &mut Vec<Ignore>) {
    let annotations = object.get("/metadata/annotations");
    let Some(value) = annotations.and_then(|list| list.get(ANNOTATION)) else {
        return;
    };
    let at = location(object.source, value);
    let ignore = |codes, reason, fault| Ignore {
        at,
        codes,
        reason,
        scope: object.at,
        whole: None,
        fault,
        given_out: false,
    };
    let Some(text) = value.as_str().filter(|_| value.kind() == Kind::String) else {
        into.push(ignore(Vec::new(), String::new(), Some(ANNOTATION_FORM)));
        return;
    };
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (list, reason) = line.split_once(':').unwrap_or((line, ""));
        let codes = codes(list);
        let fault = codes.is_empty().then_some(ANNOTATION_FORM);
        into.push(ignore(codes, reason_of(reason), fault));
    }
}

/// Lines around a comment.
struct Lines<'t> {
    text: &'t str,
    /// Where it was last looked for the next line that is more than a comment, and where it is: of a
    /// thousand comments in a row, all but the first know it.
    passed: Option<(usize, usize)>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, passed: None }
    }

    /// The line that a comment speaks of, and what is taken away with it: its own line when
    /// something stands before it, else the next one that is more than a comment.
    fn meant(&mut self, comment: netpol_yaml::Span) -> (Span, Span) {
        let bytes = comment.range();
        let before = self.text.get(..bytes.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = self.end_of_line(bytes.start);
        let ahead = before.get(start..).unwrap_or_default();
        if !ahead.trim().is_empty() {
            let kept = start + ahead.trim_end().len();
            return (span(start, end), span(kept, bytes.end));
        }
        let whole = span(start, self.after_line(bytes.start));
        let next = self.next_content(self.after_line(bytes.start));
        (span(next, self.end_of_line(next)), whole)
    }

    /// The first line from here on that is more than a comment or a separator; the end when there is
    /// none.
    fn next_content(&mut self, from: usize) -> usize {
        if let Some((passed, found)) = self.passed
            && (passed..=found).contains(&from)
        {
            return found;
        }
        let mut next = from;
        while next < self.text.len() {
            let line = self.text.get(next..self.end_of_line(next));
            let line = line.unwrap_or_default().trim();
            if !line.is_empty() && !line.starts_with('#') && line != "---" {
                break;
            }
            next = self.after_line(next);
        }
        self.passed = Some((from, next));
        next
    }

    /// The place of the line break at or behind a byte, or the end.
    fn end_of_line(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |at| from + at)
    }

    /// The first byte of the next line, or the end.
    fn after_line(&self, from: usize) -> usize {
        (self.end_of_line(from) + 1).min(self.text.len())
    }
}

fn span(start: usize, end: usize) -> Span {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span {
        start: byte(start),
        end: byte(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use netpol_yaml::Limits;
    use std::sync::Arc;

    fn ignores(text: &str) -> Vec<Ignore> {
        let mut sources = Sources::default();
        let source = sources.add("a.yaml", text);
        let parsed = netpol_yaml::parse(text, &Limits::default());
        let mut found = Vec::new();
        for document in parsed.documents {
            let document = Arc::new(document);
            let object = Object::new(source, &document, Vec::new(), None);
            read(source, &document, object.as_slice(), &mut found);
        }
        found
    }

    fn slice(text: &str, at: Location) -> &str {
        let place = usize::try_from(at.span.start).unwrap()..usize::try_from(at.span.end).unwrap();
        text.get(place).unwrap()
    }

    #[test]
    fn a_comment_speaks_of_its_line_or_of_the_next_one() {
        let text = "kind: A # netpolc: ignore[NP301, one-sided-allow] for a reason\n\
                    # netpolc: ignore[NP306]: no DNS here\n# more\n\nspec: {}\n";
        let found = ignores(text);
        let [first, second] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(first.codes, ["NP301", "one-sided-allow"]);
        assert_eq!(first.reason, "for a reason");
        assert!(slice(text, first.scope).starts_with("kind: A #"));
        let gone = " # netpolc: ignore[NP301, one-sided-allow] for a reason";
        assert_eq!(slice(text, first.whole.unwrap()), gone);
        assert_eq!(second.reason, "no DNS here");
        assert_eq!(slice(text, second.scope), "spec: {}");
        let gone = "# netpolc: ignore[NP306]: no DNS here\n";
        assert_eq!(slice(text, second.whole.unwrap()), gone);
    }

    #[test]
    fn slips_of_the_keys_are_faults_and_other_words_are_none() {
        for slip in [
            "ignore NP301",
            "ingore[NP301] x",
            "Ignore[NP301]",
            "ignore[NP301",
        ] {
            let found = ignores(&format!("kind: A # netpolc: {slip}\n"));
            assert_eq!(found.len(), 1, "{slip}");
            assert_eq!(found[0].fault, Some(COMMENT_FORM), "{slip}");
        }
        for other in ["netpolc: our linter", "see netpolc: ignore[NP301]", "plain"] {
            assert_eq!(ignores(&format!("kind: A # {other}\n")), [], "{other}");
        }
        assert_eq!(ignores("kind: '# netpolc: ignore[NP301] x'\n"), []);
    }

    #[test]
    fn an_annotation_speaks_of_its_object() {
        let text = "kind: A\nmetadata:\n  annotations:\n    netpolc.dev/ignore: |\n      \
                    NP301: one\n      NP306, NP309: two\n";
        let found = ignores(text);
        let told: Vec<(usize, &str)> = found
            .iter()
            .map(|i| (i.codes.len(), i.reason.as_str()))
            .collect();
        assert_eq!(told, [(1, "one"), (2, "two")]);
        assert!(slice(text, found[0].scope).starts_with("kind: A"));
        let found = ignores("kind: A\nmetadata: {annotations: {netpolc.dev/ignore: true}}\n");
        assert_eq!(found[0].fault, Some(ANNOTATION_FORM));
    }
}
