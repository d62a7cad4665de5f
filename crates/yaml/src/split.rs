//! Documents of a file, split as kubectl splits them: line by line, before any YAML is read.
//!
//! The rule is that of `k8s.io/apimachinery/pkg/util/yaml` (`YAMLReader.Read`): a line that begins
//! with `---` ends a document when something stands before it, and belongs to the next document
//! when nothing does. Behind the dashes only blanks and a comment may stand.

use crate::Span;
use crate::span::offset;

/// A stretch of the file that is read as one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// The bytes of the document.
    pub(crate) span: Span,
    /// What stands behind the dashes of the line that opens the document, when kubectl refuses it.
    pub(crate) bad_separator: Option<Span>,
    /// The separator line between this document and the one before it. It belongs to neither.
    pub(crate) separator: Span,
}

/// The values of a text that is a series of JSON objects, `{…}{…}` or one a line, which kubectl
/// reads one by one. None when it is anything else, a single object included.
pub(crate) fn split_json(text: &str) -> Option<Vec<Chunk>> {
    let first = text.len() - text.trim_start().len();
    let end = object_end(text, first)?;
    if !text.get(end..)?.trim_start().starts_with('{') {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    let mut chunks = Vec::new();
    loop {
        let start = values.byte_offset();
        match values.next() {
            None => return Some(chunks),
            Some(Err(_)) => return None,
            Some(Ok(_)) => {
                let span = Span::from_range(start..values.byte_offset());
                chunks.push(Chunk {
                    span,
                    ..Chunk::at(span.start)
                });
            }
        }
    }
}

/// Where the braces that open at an offset are closed again, texts in quotes left out.
fn object_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.get(start) != Some(&b'{') {
        return None;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Splits a text. A text without a single line has no document.
pub(crate) fn split(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut open = Chunk::at(0);
    for line in (Separators { text, at: 0 }) {
        let opens = open.span.start == line.span.start;
        if let Some(bad) = line.bad {
            open.close(line.span.start, &mut chunks);
            open = Chunk {
                bad_separator: Some(bad),
                ..Chunk::at(line.span.end)
            };
            open.span.start = line.span.start;
        } else if !opens {
            open.close(line.span.start, &mut chunks);
            open = Chunk {
                separator: line.span,
                ..Chunk::at(line.span.end)
            };
        }
    }
    open.close(offset(text.len()), &mut chunks);
    chunks
}

impl Chunk {
    fn at(start: u32) -> Self {
        Self {
            span: Span::at(start),
            bad_separator: None,
            separator: Span::at(start),
        }
    }

    fn close(mut self, end: u32, chunks: &mut Vec<Self>) {
        self.span.end = end;
        if !self.span.is_empty() {
            chunks.push(self);
        }
    }
}

/// A line that begins with `---`.
struct Separator {
    /// The line with its line break.
    span: Span,
    /// What may not stand on it.
    bad: Option<Span>,
}

/// The lines of a text that begin with `---`.
struct Separators<'a> {
    text: &'a str,
    /// Where the next search begins: at a line's beginning, or at the text's.
    at: usize,
}

impl Iterator for Separators<'_> {
    type Item = Separator;

    fn next(&mut self) -> Option<Separator> {
        let start = if self.at == 0 && self.text.starts_with("---") {
            0
        } else {
            // The line break before the search's beginning may be the one of a separator.
            let from = self.at.saturating_sub(1);
            let rest = self.text.as_bytes().get(from..)?;
            from + memchr::memmem::find(rest, b"\n---")? + 1
        };
        let tail = self.text.get(start..)?;
        let end = tail
            .find('\n')
            .map_or(self.text.len(), |length| start + length + 1);
        self.at = end;
        let behind = self.text.get(start + 3..end)?;
        let body = behind.trim();
        let bad = (!body.is_empty() && !body.starts_with('#')).then(|| {
            let skipped = behind.len() - behind.trim_start().len();
            Span::from_range(start + 3 + skipped..start + 3 + skipped + body.len())
        });
        Some(Separator {
            span: Span::from_range(start..end),
            bad,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    fn texts(text: &str) -> Vec<&str> {
        split(text)
            .into_iter()
            .map(|chunk| chunk.span.slice(text))
            .collect()
    }

    #[test]
    fn separators_are_lines_that_begin_with_three_dashes() {
        assert_eq!(texts(""), Vec::<&str>::new());
        assert_eq!(texts("a: 1\n---\nb: 2"), ["a: 1\n", "b: 2"]);
        assert_eq!(
            texts("--- # c\na: 1\n--- # d\r\nb: 2\n"),
            ["--- # c\na: 1\n", "b: 2\n"]
        );
        assert_eq!(texts("a: |\n  ---\n  b\n---"), ["a: |\n  ---\n  b\n"]);
        assert_eq!(texts("---"), ["---"]);
    }

    #[test]
    fn an_empty_document_takes_the_next_separator_with_it() {
        // kubectl writes a separator line into an empty buffer and goes on reading.
        assert_eq!(
            texts("---\n# x\n---\n---\na: 1\n---\n\n"),
            ["---\n# x\n", "---\na: 1\n", "\n"]
        );
        assert_eq!(texts("---\n---\na: 1\n"), ["---\n", "a: 1\n"]);
    }

    #[test]
    fn json_objects_may_follow_each_other() {
        let text = "{\"a\": \"}{\"}\n{\"b\": 2} {}\n";
        let chunks = super::split_json(text).unwrap();
        let texts: Vec<&str> = chunks
            .iter()
            .map(|chunk| chunk.span.slice(text).trim())
            .collect();
        assert_eq!(texts, ["{\"a\": \"}{\"}", "{\"b\": 2}", "{}"]);
        assert_eq!(super::split_json("{\"a\": 1}\n"), None);
        assert_eq!(super::split_json("{a: 1}{b: 2}"), None);
        assert_eq!(super::split_json("{\"a\": 1}\n---\nb: 2\n"), None);
    }

    #[test]
    fn text_behind_the_dashes_is_refused() {
        let text = "a: 1\n--- {b: 2}\nc: 3\n---\nd: 4\n";
        let chunks = split(text);
        assert_eq!(texts(text), ["a: 1\n", "--- {b: 2}\nc: 3\n", "d: 4\n"]);
        assert_eq!(chunks[1].bad_separator.unwrap().slice(text), "{b: 2}");
        assert!(split("----\n")[0].bad_separator.is_some());
    }
}
