//! From bytes to text.

use crate::{Diagnostic, DiagnosticKind, Span};

/// Reads the bytes of a file as UTF-8, the only encoding that kubectl's line reader understands.
///
/// # Errors
///
/// A diagnostic of kind [`Encoding`](DiagnosticKind::Encoding) that points at the first byte that
/// is not UTF-8, and names UTF-16 when the file begins with its byte order mark.
pub fn decode(bytes: &[u8]) -> Result<&str, Diagnostic> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let message = match bytes {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "the file is UTF-16; Kubernetes reads UTF-8",
            _ => "the file is not UTF-8 from here on",
        };
        let end = at + error.error_len().unwrap_or(1);
        Diagnostic::new(DiagnosticKind::Encoding, message, Span::from_range(at..end))
    })
}

/// The characters that go-yaml's reader refuses wherever they stand: control characters but tab
/// and line breaks, and the non-characters U+FFFE and U+FFFF.
pub(crate) struct Forbidden<'a> {
    text: &'a str,
    next: Option<(usize, char)>,
}

impl<'a> Forbidden<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        // One pass that the compiler vectorises tells nearly every text to be clean.
        let doubtful = text
            .bytes()
            .fold(false, |doubtful, byte| doubtful | is_doubtful(byte));
        let mut this = Self { text, next: None };
        if doubtful {
            this.find(0);
        }
        this
    }

    /// The first forbidden character of a span. Spans are asked for in the order of the text.
    pub(crate) fn within(&mut self, span: Span) -> Option<(Span, char)> {
        let (at, _) = self.next?;
        if at < span.range().start {
            self.find(span.range().start);
        }
        let (at, character) = self.next?;
        let place = Span::from_range(at..at + character.len_utf8());
        (place.end <= span.end).then_some((place, character))
    }

    fn find(&mut self, from: usize) {
        let rest = self.text.get(from..).unwrap_or_default();
        let found = rest
            .char_indices()
            .find(|(_, character)| is_forbidden(*character));
        self.next = found.map(|(at, character)| (from + at, character));
    }
}

/// Whether a byte is a forbidden character or may begin one.
fn is_doubtful(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || matches!(byte, 0x7F | 0xC2 | 0xEF)
}

fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        _ => character.is_control() || matches!(character, '\u{FFFE}' | '\u{FFFF}'),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn points_at_the_first_bad_byte() {
        assert_eq!(decode(b"a: 1").unwrap(), "a: 1");
        assert_eq!(decode(b"a: \xff").unwrap_err().span.range(), 3..4);
        assert!(
            decode(b"\xff\xfea\0")
                .unwrap_err()
                .message
                .contains("UTF-16")
        );
    }
}
