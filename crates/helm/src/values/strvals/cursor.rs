//! A place in an argument.

/// Reads an argument character by character.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// What was read up to a character that ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// The characters, backslashes resolved.
    pub(super) text: String,
    /// The one that ended it; `None` at the end of the argument.
    pub(super) stop: Option<char>,
    /// Where it begins.
    pub(super) start: u32,
    /// Where it ends, the ending character not included.
    pub(super) end: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The offset of the next character.
    pub(super) fn offset(&self) -> u32 {
        u32::try_from(self.at).unwrap_or(u32::MAX)
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Goes over bytes that were read from [`Cursor::rest`].
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
    }

    /// Reads up to one of these characters, which is read too.
    pub(super) fn until(&mut self, stops: &[char], escapes: bool) -> Read {
        let start = self.offset();
        let mut text = String::new();
        loop {
            let end = self.offset();
            let stop = match self.next() {
                Some('\\') if escapes => {
                    text.extend(self.next());
                    continue;
                }
                Some(other) if !stops.contains(&other) => {
                    text.push(other);
                    continue;
                }
                stop => stop,
            };
            return Read {
                text,
                stop,
                start,
                end,
            };
        }
    }
}
