//! From byte offsets to lines and columns.

/// Bytes between two entries of the character table.
const STEP: usize = 256;

/// Finds the line and column of a byte offset.
///
/// Built once for a file, in one pass; a lookup takes a binary search over the lines and at most
/// 256 bytes of counting, however long a line is.
#[derive(Clone, Debug)]
pub struct LineIndex {
    /// The offset of the first byte of every line.
    starts: Vec<u32>,
    /// The number of characters before every 256th byte; empty when the text is ASCII.
    chars: Vec<u32>,
    text: std::sync::Arc<str>,
}

impl LineIndex {
    /// Indexes a text. Lines end with `\n`; a `\r` before it belongs to the line.
    pub fn new(text: impl Into<std::sync::Arc<str>>) -> Self {
        let text = text.into();
        let bytes = text.as_bytes();
        let breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0)
            .chain(breaks.map(|(at, _)| crate::span::offset(at + 1)))
            .collect();
        let mut chars = Vec::new();
        if !text.is_ascii() {
            let mut count = 0;
            for block in bytes.chunks(STEP) {
                chars.push(count);
                count += char_starts(block);
            }
            chars.push(count);
        }
        Self {
            starts,
            chars,
            text,
        }
    }

    /// The line and column of a byte offset, both counted from 1, the column in characters.
    /// An offset behind the end of the text is taken as the end.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let offset = offset.min(crate::span::offset(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line
            .checked_sub(1)
            .and_then(|at| self.starts.get(at))
            .copied()
            .unwrap_or(0);
        (
            line.max(1),
            self.chars_before(offset)
                .saturating_sub(self.chars_before(start))
                + 1,
        )
    }

    /// The byte range of a line (counted from 1) without its line break, if there is such a line.
    pub fn line_range(&self, line: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.starts.get(line.checked_sub(1)?)? as usize;
        let end = self
            .starts
            .get(line)
            .map_or(self.text.len(), |next| *next as usize);
        let body = self.text.get(start..end)?;
        Some(start..start + body.trim_end_matches(['\n', '\r']).len())
    }

    /// The number of lines; an empty text has one.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// The number of characters before an offset.
    fn chars_before(&self, offset: u32) -> usize {
        let offset = offset as usize;
        let Some(counted) = self.chars.get(offset / STEP) else {
            return offset;
        };
        let block = offset / STEP * STEP;
        let rest = self.text.as_bytes().get(block..offset).unwrap_or_default();
        (counted + char_starts(rest)) as usize
    }
}

/// The number of bytes that begin a character.
fn char_starts(bytes: &[u8]) -> u32 {
    let starts = bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    crate::span::offset(starts)
}

#[cfg(test)]
mod tests {
    use super::LineIndex;

    #[test]
    fn lines_and_columns_are_counted_from_one() {
        let index = LineIndex::new("ab\nc\n");
        assert_eq!(index.line_column(0), (1, 1));
        assert_eq!(index.line_column(2), (1, 3));
        assert_eq!(index.line_column(3), (2, 1));
        assert_eq!(index.line_column(5), (3, 1));
        assert_eq!(index.line_column(99), (3, 1));
        assert_eq!(index.line_range(2), Some(3..4));
        assert_eq!(index.line_range(4), None);
    }

    #[test]
    fn columns_are_characters() {
        let text = format!("{}x\n\u{1F600}y", "\u{e9}".repeat(300));
        let index = LineIndex::new(text.as_str());
        assert_eq!(index.line_column(600), (1, 301));
        assert_eq!(index.line_column(602), (2, 1));
        assert_eq!(index.line_column(606), (2, 2));
    }

    #[test]
    fn agrees_with_plain_counting() {
        let text = "a: \u{fc}\r\nb: \u{2028}x\n\n# \u{4e2d}\u{6587}\n".repeat(40);
        let index = LineIndex::new(text.as_str());
        for (at, _) in text.char_indices() {
            let before = text.get(..at).unwrap();
            let line = before.matches('\n').count() + 1;
            let column = before
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1;
            assert_eq!(
                index.line_column(u32::try_from(at).unwrap()),
                (line, column)
            );
        }
    }
}
