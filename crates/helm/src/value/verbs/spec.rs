//! Reads a format string: flags, width, precision, argument indexes, verb.

use std::ops::Range;

use crate::value::Value;

/// The largest width or precision (`tooLarge` in Go's fmt).
const LARGEST: i64 = 1_000_000;

/// One verb with its flags.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spec {
    pub verb: char,
    pub plus: bool,
    pub minus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

impl Spec {
    /// Whether the verb stands alone.
    pub fn is_plain(&self) -> bool {
        self.width.is_none() && self.precision.is_none() && !self.sharp && !self.plus
    }

    /// Writes a text padded to the width: on the left, on the right under `-`.
    pub fn pad(&self, out: &mut String, text: &str) {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        let fill = if self.zero && !self.minus { '0' } else { ' ' };
        if !self.minus {
            out.extend(std::iter::repeat_n(fill, missing));
        }
        out.push_str(text);
        if self.minus {
            out.extend(std::iter::repeat_n(' ', missing));
        }
    }
}

/// A piece of a format string.
pub(super) enum Next<'a> {
    /// Characters to copy.
    Plain(Range<usize>),
    /// Something Go complains of in place.
    Note(String),
    /// A verb and its argument, if one is left.
    Verb(Spec, Option<&'a Value>),
}

/// Walks a format string.
pub(super) struct Reader<'a> {
    format: &'a str,
    at: usize,
    args: &'a [Value],
    arg: usize,
    reordered: bool,
    good_index: bool,
}

impl<'a> Reader<'a> {
    pub fn new(format: &'a str, args: &'a [Value]) -> Self {
        Self {
            format,
            at: 0,
            args,
            arg: 0,
            reordered: false,
            good_index: true,
        }
    }

    fn peek(&self) -> Option<char> {
        self.format.get(self.at..)?.chars().next()
    }

    fn skip(&mut self, character: char) {
        self.at += character.len_utf8();
    }

    /// The next piece.
    pub fn next(&mut self) -> Option<Next<'a>> {
        let rest = self.format.get(self.at..).filter(|rest| !rest.is_empty())?;
        let plain = rest.find('%').unwrap_or(rest.len());
        if plain > 0 {
            let start = self.at;
            self.at += plain;
            return Some(Next::Plain(start..self.at));
        }
        self.at += 1;
        Some(self.verb())
    }

    fn verb(&mut self) -> Next<'a> {
        let mut spec = self.flags();
        self.good_index = true;
        self.reordered = false;
        let mut after_index = self.argument_index();
        let mut note = String::new();
        if self.peek() == Some('*') {
            self.at += 1;
            match self.take_number() {
                Some(width) => {
                    spec.minus |= width < 0;
                    spec.zero &= width >= 0;
                    spec.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => note.push_str("%!(BADWIDTH)"),
            }
            after_index = false;
        } else if let Some(width) = self.digits() {
            spec.width = Some(width);
            self.good_index &= !after_index;
        }
        if self.peek() == Some('.') {
            self.at += 1;
            self.good_index &= !after_index;
            after_index = self.argument_index();
            if self.peek() == Some('*') {
                self.at += 1;
                match self.take_number() {
                    Some(precision) => spec.precision = usize::try_from(precision).ok(),
                    None => note.push_str("%!(BADPREC)"),
                }
                after_index = false;
            } else {
                spec.precision = Some(self.digits().unwrap_or(0));
            }
        }
        if !after_index {
            self.argument_index();
        }
        let Some(verb) = self.peek() else {
            note.push_str("%!(NOVERB)");
            return Next::Note(note);
        };
        self.skip(verb);
        spec.verb = verb;
        if verb == '%' {
            note.push('%');
            return Next::Note(note);
        }
        if !self.good_index {
            note.push_str("%!");
            note.push(verb);
            note.push_str("(BADINDEX)");
            return Next::Note(note);
        }
        if !note.is_empty() {
            // Rare enough that the argument is written without its own marks.
            let mut piece = String::new();
            match self.take() {
                Some(arg) => super::write_arg(&mut piece, &spec, arg),
                None => piece = format!("%!{verb}(MISSING)"),
            }
            note.push_str(&piece);
            return Next::Note(note);
        }
        Next::Verb(spec, self.take())
    }

    fn flags(&mut self) -> Spec {
        let mut spec = Spec::default();
        while let Some(flag) = self.peek() {
            match flag {
                '#' => spec.sharp = true,
                '0' => spec.zero = true,
                '+' => spec.plus = true,
                '-' => spec.minus = true,
                ' ' => spec.space = true,
                _ => break,
            }
            self.at += 1;
        }
        spec
    }

    fn digits(&mut self) -> Option<usize> {
        let rest = self.format.get(self.at..)?;
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest.get(..len)?.parse().ok()?;
        self.at += len;
        if number > LARGEST {
            return None;
        }
        usize::try_from(number).ok()
    }

    /// `[3]` before a verb, width or precision; whether there was one.
    fn argument_index(&mut self) -> bool {
        if self.peek() != Some('[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let Some(close) = rest.find(']') else {
            self.good_index = false;
            self.at += 1;
            return false;
        };
        let number: Option<usize> = rest.get(1..close).and_then(|text| text.parse().ok());
        self.at += close + 1;
        match number {
            Some(number) if (1..=self.args.len()).contains(&number) => {
                self.arg = number - 1;
                true
            }
            _ => {
                self.good_index = false;
                true
            }
        }
    }

    fn take(&mut self) -> Option<&'a Value> {
        let arg = self.args.get(self.arg)?;
        self.arg += 1;
        Some(arg)
    }

    fn take_number(&mut self) -> Option<i64> {
        let number = self.take()?.as_int()?;
        (number.abs() <= LARGEST).then_some(number)
    }

    /// `%!(EXTRA string=x)`, unless an index took arguments out of order.
    pub fn extra(&self) -> Option<String> {
        let extra = self
            .args
            .get(self.arg..)
            .filter(|extra| !extra.is_empty())?;
        if self.reordered {
            return None;
        }
        let said: Vec<String> = extra
            .iter()
            .map(|arg| {
                if arg.is_null() {
                    "<nil>".to_owned()
                } else {
                    format!("{}={}", arg.type_name(), super::super::print(arg))
                }
            })
            .collect();
        Some(format!("%!(EXTRA {})", said.join(", ")))
    }
}
