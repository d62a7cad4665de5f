//! Cuts a template into tokens, as text/template's `lex.go` does.
//!
//! White space beside an action is trimmed only by a dash that a white space character separates
//! from the action's inside: `{{- ` and ` -}}`.

mod token;

pub(crate) use token::{Kind, Token, keyword};

/// All tokens of a template. The last one is [`Kind::Eof`] or [`Kind::Error`].
pub(crate) fn lex(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        start: 0,
        parens: 0,
        tokens: Vec::with_capacity(text.len() / 8),
    };
    if let Err(message) = lexer.run() {
        lexer.tokens.push(Token {
            kind: Kind::Error(message),
            at: lexer.start,
            text: "",
        });
    }
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    start: usize,
    parens: usize,
    tokens: Vec<Token<'a>>,
}

type Step = Result<(), String>;

const LEFT: &str = "{{";
const RIGHT: &str = "}}";

pub(crate) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// `- ` behind the left delimiter.
fn trims_before(rest: &str) -> bool {
    let mut characters = rest.chars();
    characters.next() == Some('-') && characters.next().is_some_and(is_space)
}

/// ` -` before the right delimiter.
fn trims_after(rest: &str) -> bool {
    let mut characters = rest.chars();
    characters.next().is_some_and(is_space) && characters.next() == Some('-')
}

/// How Go prints a character in its messages (`%#U`).
fn named(character: char) -> String {
    format!("U+{:04X} '{character}'", u32::from(character))
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    fn emit(&mut self, kind: Kind) {
        let text = self.text.get(self.start..self.at).unwrap_or_default();
        self.tokens.push(Token {
            kind,
            at: self.start,
            text,
        });
        self.start = self.at;
    }

    fn run(&mut self) -> Step {
        loop {
            let Some(plain) = self.rest().find(LEFT) else {
                self.at = self.text.len();
                if self.at > self.start {
                    self.emit(Kind::Text);
                }
                self.emit(Kind::Eof);
                return Ok(());
            };
            let delimiter = self.at + plain;
            let inside = self.text.get(delimiter + LEFT.len()..).unwrap_or_default();
            let trims = trims_before(inside);
            let text = self.text.get(self.start..delimiter).unwrap_or_default();
            let kept = if trims {
                text.trim_end_matches(is_space)
            } else {
                text
            };
            if !kept.is_empty() {
                self.at = self.start + kept.len();
                self.emit(Kind::Text);
            }
            self.start = delimiter;
            self.at = delimiter + LEFT.len();
            let marker = if trims { 2 } else { 0 };
            if inside
                .get(marker..)
                .is_some_and(|rest| rest.starts_with("/*"))
            {
                self.at += marker;
                self.start = self.at;
                self.comment()?;
            } else {
                self.emit(Kind::LeftDelim);
                self.at += marker;
                self.start = self.at;
                self.parens = 0;
                self.action()?;
            }
        }
    }

    /// Whether the action ends here, and whether it trims what follows.
    fn at_right(&self) -> Option<bool> {
        let rest = self.rest();
        if trims_after(rest) && rest.get(2..).is_some_and(|rest| rest.starts_with(RIGHT)) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn trim_text(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_space).len();
    }

    fn comment(&mut self) -> Step {
        self.at += 2;
        let Some(length) = self.rest().find("*/") else {
            return Err("unclosed comment".to_owned());
        };
        self.at += length + 2;
        let Some(trims) = self.at_right() else {
            return Err("comment ends before closing delimiter".to_owned());
        };
        self.at += RIGHT.len();
        if trims {
            self.at += 2;
            self.trim_text();
        }
        self.start = self.at;
        Ok(())
    }

    fn right(&mut self, trims: bool) {
        if trims {
            self.at += 2;
            self.start = self.at;
        }
        self.at += RIGHT.len();
        self.emit(Kind::RightDelim);
        if trims {
            self.trim_text();
            self.start = self.at;
        }
    }

    fn action(&mut self) -> Step {
        loop {
            if let Some(trims) = self.at_right() {
                if self.parens > 0 {
                    return Err("unclosed left paren".to_owned());
                }
                self.right(trims);
                return Ok(());
            }
            let Some(character) = self.next() else {
                return Err("unclosed action".to_owned());
            };
            match character {
                _ if is_space(character) => {
                    while self.at_right() != Some(true) && self.peek().is_some_and(is_space) {
                        self.next();
                    }
                    self.emit(Kind::Space);
                }
                '=' => self.emit(Kind::Assign),
                ':' => {
                    if self.next() != Some('=') {
                        return Err("expected :=".to_owned());
                    }
                    self.emit(Kind::Declare);
                }
                '|' => self.emit(Kind::Pipe),
                '"' => self.quoted('"', "unterminated quoted string", Kind::Str)?,
                '\'' => self.quoted('\'', "unterminated character constant", Kind::Char)?,
                '`' => self.raw()?,
                '$' => self.named_after(Kind::Variable, Kind::Variable)?,
                '.' if !self.peek().is_some_and(|next| next.is_ascii_digit())
                    && self.at < self.text.len() =>
                {
                    self.named_after(Kind::Field, Kind::Dot)?;
                }
                '.' | '+' | '-' | '0'..='9' => {
                    self.at = self.start;
                    self.number()?;
                }
                '(' => {
                    self.parens += 1;
                    self.emit(Kind::LeftParen);
                }
                ')' => {
                    let Some(parens) = self.parens.checked_sub(1) else {
                        return Err("unexpected right paren".to_owned());
                    };
                    self.parens = parens;
                    self.emit(Kind::RightParen);
                }
                _ if is_word(character) => self.word()?,
                '!'..='~' => self.emit(Kind::Other),
                _ => {
                    return Err(format!(
                        "unrecognized character in action: {}",
                        named(character)
                    ));
                }
            }
        }
    }

    fn at_terminator(&self) -> Step {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => Ok(()),
            Some(character) if is_space(character) || self.rest().starts_with(RIGHT) => Ok(()),
            Some(character) => Err(format!("bad character {}", named(character))),
        }
    }

    fn word(&mut self) -> Step {
        while self.peek().is_some_and(is_word) {
            self.next();
        }
        self.at_terminator()?;
        let word = self.text.get(self.start..self.at).unwrap_or_default();
        self.emit(keyword(word));
        Ok(())
    }

    /// A field or variable; `bare` when no name follows the sign.
    fn named_after(&mut self, named: Kind, bare: Kind) -> Step {
        if self.at_terminator().is_ok() {
            self.emit(bare);
            return Ok(());
        }
        while self.peek().is_some_and(is_word) {
            self.next();
        }
        self.at_terminator()?;
        self.emit(named);
        Ok(())
    }

    fn quoted(&mut self, quote: char, unterminated: &str, kind: Kind) -> Step {
        loop {
            match self.next() {
                Some('\\') if self.peek().is_some_and(|next| next != '\n') => {
                    self.next();
                }
                None | Some('\\' | '\n') => return Err(unterminated.to_owned()),
                Some(character) if character == quote => break,
                Some(_) => {}
            }
        }
        self.emit(kind);
        Ok(())
    }

    fn raw(&mut self) -> Step {
        let Some(length) = self.rest().find('`') else {
            return Err("unterminated raw quoted string".to_owned());
        };
        self.at += length + 1;
        self.emit(Kind::RawStr);
        Ok(())
    }

    fn accept(&mut self, valid: &str) -> bool {
        let accepted = self.peek().is_some_and(|next| valid.contains(next));
        if accepted {
            self.next();
        }
        accepted
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    fn bad_number(&self) -> String {
        let text = self.text.get(self.start..self.at).unwrap_or_default();
        format!("bad number syntax: {}", crate::value::quote(text))
    }

    fn number(&mut self) -> Step {
        if !self.scan_number() {
            return Err(self.bad_number());
        }
        if matches!(self.peek(), Some('+' | '-')) {
            let complex = self.scan_number();
            if !complex
                || !self
                    .text
                    .get(..self.at)
                    .is_some_and(|text| text.ends_with('i'))
            {
                return Err(self.bad_number());
            }
        }
        self.emit(Kind::Number);
        Ok(())
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        let mut exponent = "eE";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
                exponent = "pP";
            } else if self.accept("oO") {
                digits = "01234567_";
                exponent = "";
            } else if self.accept("bB") {
                digits = "01_";
                exponent = "";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_word) {
            self.next();
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests;
