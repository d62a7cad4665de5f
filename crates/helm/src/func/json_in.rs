//! Reading JSON as Go's `encoding/json` does, with its words for what is wrong.

use super::number::parse_float;
use super::plain::{Plain, Scalar};

/// `encoding/json` refuses deeper nesting.
const MAX_DEPTH: usize = 10_000;

/// Reads one JSON text. Numbers are `float64`, a repeated key keeps the last value, keys are
/// sorted.
///
/// # Errors
/// The text of Go's `json.SyntaxError`.
pub(crate) fn parse_json(text: &str) -> Result<Plain, String> {
    let mut reader = Reader {
        chars: text.char_indices().peekable(),
        text,
    };
    reader.space();
    let data = reader.value(0)?;
    reader.space();
    match reader.chars.next() {
        None => Ok(data),
        Some((_, c)) => Err(format!(
            "invalid character {} after top-level value",
            quoted(c)
        )),
    }
}

const END: &str = "unexpected end of JSON input";

/// How deep the reader itself recurses; beyond, the input is refused as Go refuses its own limit.
const RECURSION: usize = 512;

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::CharIndices<'a>>,
    text: &'a str,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self
            .chars
            .next_if(|(_, c)| matches!(c, ' ' | '\t' | '\r' | '\n'))
            .is_some()
        {}
    }

    fn value(&mut self, depth: usize) -> Result<Plain, String> {
        if depth > RECURSION.min(MAX_DEPTH) {
            return Err("exceeded max depth".to_owned());
        }
        let Some(&(at, c)) = self.chars.peek() else {
            return Err(END.to_owned());
        };
        match c {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '"' => Ok(Plain::Leaf(Scalar::Str(self.string()?), None)),
            '-' | '0'..='9' => self.number(at),
            't' => self.word("true", Scalar::Bool(true)),
            'f' => self.word("false", Scalar::Bool(false)),
            'n' => self.word("null", Scalar::Null),
            c => Err(format!(
                "invalid character {} looking for beginning of value",
                quoted(c)
            )),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Plain, String> {
        self.chars.next();
        let mut entries = std::collections::BTreeMap::new();
        self.space();
        if self.chars.next_if(|(_, c)| *c == '}').is_some() {
            return Ok(Plain::Map(Vec::new()));
        }
        loop {
            self.space();
            match self.chars.peek() {
                None => return Err(END.to_owned()),
                Some((_, '"')) => {}
                Some((_, c)) => {
                    return Err(format!(
                        "invalid character {} looking for beginning of object key string",
                        quoted(*c)
                    ));
                }
            }
            let key = self.string()?;
            self.space();
            self.expect(':', "after object key")?;
            self.space();
            let value = self.value(depth + 1)?;
            entries.insert(key, value);
            self.space();
            match self.chars.next() {
                Some((_, ',')) => {}
                Some((_, '}')) => return Ok(Plain::Map(entries.into_iter().collect())),
                Some((_, c)) => {
                    return Err(format!(
                        "invalid character {} after object key:value pair",
                        quoted(c)
                    ));
                }
                None => return Err(END.to_owned()),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Plain, String> {
        self.chars.next();
        let mut items = Vec::new();
        self.space();
        if self.chars.next_if(|(_, c)| *c == ']').is_some() {
            return Ok(Plain::List(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.chars.next() {
                Some((_, ',')) => {}
                Some((_, ']')) => return Ok(Plain::List(items)),
                Some((_, c)) => {
                    return Err(format!(
                        "invalid character {} after array element",
                        quoted(c)
                    ));
                }
                None => return Err(END.to_owned()),
            }
        }
    }

    fn expect(&mut self, wanted: char, place: &str) -> Result<(), String> {
        match self.chars.next() {
            Some((_, c)) if c == wanted => Ok(()),
            Some((_, c)) => Err(format!("invalid character {} {place}", quoted(c))),
            None => Err(END.to_owned()),
        }
    }

    fn word(&mut self, word: &str, value: Scalar) -> Result<Plain, String> {
        for wanted in word.chars() {
            match self.chars.next() {
                Some((_, c)) if c == wanted => {}
                Some((_, c)) => {
                    return Err(format!(
                        "invalid character {} in literal {word} (expecting {})",
                        quoted(c),
                        quoted(wanted)
                    ));
                }
                None => return Err(END.to_owned()),
            }
        }
        Ok(Plain::Leaf(value, None))
    }

    fn number(&mut self, start: usize) -> Result<Plain, String> {
        self.chars.next_if(|(_, c)| *c == '-');
        match self.chars.next() {
            Some((_, '0')) => {}
            Some((_, '1'..='9')) => self.digits(),
            Some((_, c)) => {
                return Err(format!(
                    "invalid character {} in numeric literal",
                    quoted(c)
                ));
            }
            None => return Err(END.to_owned()),
        }
        if self.chars.next_if(|(_, c)| *c == '.').is_some() {
            self.digit("after decimal point in numeric literal")?;
        }
        if self
            .chars
            .next_if(|(_, c)| matches!(c, 'e' | 'E'))
            .is_some()
        {
            self.chars.next_if(|(_, c)| matches!(c, '+' | '-'));
            self.digit("in exponent of numeric literal")?;
        }
        let end = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        let literal = self.text.get(start..end).unwrap_or_default();
        match parse_float(literal) {
            Some(number) => Ok(Plain::Leaf(Scalar::Float(number), None)),
            None => Err(format!(
                "json: cannot unmarshal number {literal} into Go value of type float64"
            )),
        }
    }

    fn digits(&mut self) {
        while self.chars.next_if(|(_, c)| c.is_ascii_digit()).is_some() {}
    }

    fn digit(&mut self, place: &str) -> Result<(), String> {
        match self.chars.next() {
            Some((_, c)) if c.is_ascii_digit() => {
                self.digits();
                Ok(())
            }
            Some((_, c)) => Err(format!("invalid character {} {place}", quoted(c))),
            None => Err(END.to_owned()),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.chars.next();
        let mut out = String::new();
        loop {
            match self.chars.next() {
                None => return Err(END.to_owned()),
                Some((_, '"')) => return Ok(out),
                Some((_, '\\')) => self.escape(&mut out)?,
                Some((_, c)) if c < ' ' => {
                    return Err(format!("invalid character {} in string literal", quoted(c)));
                }
                Some((_, c)) => out.push(c),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), String> {
        match self.chars.next() {
            None => return Err(END.to_owned()),
            Some((_, c @ ('"' | '\\' | '/'))) => out.push(c),
            Some((_, 'b')) => out.push('\u{8}'),
            Some((_, 'f')) => out.push('\u{c}'),
            Some((_, 'n')) => out.push('\n'),
            Some((_, 'r')) => out.push('\r'),
            Some((_, 't')) => out.push('\t'),
            Some((_, 'u')) => {
                let high = self.hex4()?;
                out.push(self.surrogates(high)?);
            }
            Some((_, c)) => {
                return Err(format!(
                    "invalid character {} in string escape code",
                    quoted(c)
                ));
            }
        }
        Ok(())
    }

    /// A pair of surrogates is one character, a lone one is the replacement character.
    fn surrogates(&mut self, high: u32) -> Result<char, String> {
        if !(0xd800..0xdc00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let mut ahead = self.chars.clone();
        let escaped = ahead.next().is_some_and(|(_, c)| c == '\\')
            && ahead.next().is_some_and(|(_, c)| c == 'u');
        if !escaped {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let before = self.chars.clone();
        self.chars = ahead;
        let low = self.hex4()?;
        if !(0xdc00..0xe000).contains(&low) {
            self.chars = before;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            match self.chars.next() {
                Some((_, c)) if c.is_ascii_hexdigit() => {
                    code = code * 16 + c.to_digit(16).unwrap_or(0);
                }
                Some((_, c)) => {
                    return Err(format!(
                        "invalid character {} in \\u hexadecimal character escape",
                        quoted(c)
                    ));
                }
                None => return Err(END.to_owned()),
            }
        }
        Ok(code)
    }
}

/// A character as `encoding/json` quotes it in its messages.
fn quoted(c: char) -> String {
    match c {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        '\n' => "'\\n'".to_owned(),
        '\t' => "'\\t'".to_owned(),
        '\r' => "'\\r'".to_owned(),
        '\\' => "'\\\\'".to_owned(),
        c if c < ' ' || c == '\u{7f}' => format!("'\\x{:02x}'", u32::from(c)),
        // The message shows the first byte of a longer character, as the reader works on bytes.
        c if c > '\u{7f}' => {
            let mut buffer = [0_u8; 4];
            let first = c.encode_utf8(&mut buffer).bytes().next().unwrap_or(0);
            format!("'{}'", char::from(first))
        }
        c => format!("'{c}'"),
    }
}
