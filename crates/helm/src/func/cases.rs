//! `snakecase`, `kebabcase` and `camelcase` as `huandu/xstrings` 1.5 splits words.

/// The kinds of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punct,
    Other,
}

/// `xstrings.ToPascalCase`: connectors go, what follows them is upper case, a run of upper case
/// letters keeps its first.
pub(crate) fn pascal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut last = '\0';
    // Leading connectors stay.
    for c in chars.by_ref() {
        last = c;
        if !is_connector(c) {
            break;
        }
        out.push(c);
    }
    if chars.peek().is_none() {
        // A text of nothing but connectors ends with its last one twice.
        if !text.is_empty() {
            out.push(if is_connector(last) {
                last
            } else {
                upper(last)
            });
        }
        return out;
    }
    let mut in_capitals = last.is_uppercase();
    last = upper(last);
    for c in chars {
        let before = last;
        last = c;
        if is_connector(before) {
            if is_connector(c) {
                out.push(before);
            } else {
                in_capitals = c.is_uppercase();
                last = upper(c);
            }
            continue;
        }
        if in_capitals {
            in_capitals = c.is_uppercase();
            last = lower(c);
        }
        out.push(before);
    }
    out.push(last);
    out
}

/// `xstrings.ToSnakeCase` and `ToKebabCase`.
pub(crate) fn lower_words(text: &str, connector: char) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Out {
        text: String::with_capacity(text.len()),
        connector,
    };
    let mut rest: &[char] = &chars;
    if rest.is_empty() {
        return String::new();
    }
    let mut current = next_word(&mut rest);
    while !rest.is_empty() {
        if current.0 != Word::Connector {
            out.word(current);
        }
        let last = current;
        current = next_word(&mut rest);
        match last.0 {
            Word::Number => current = out.after_number(current, &mut rest),
            Word::Connector => out.word(last),
            Word::Punct => {}
            _ if current.0 != Word::Number => {
                out.connect_unless(current.0, &[Word::Connector, Word::Punct]);
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = current;
                current = next_word(&mut rest);
                if current.0 == Word::Alphabet {
                    // Lower case behind a number: `HTTP2xx` is `http_2xx`.
                    out.text.push(connector);
                    out.word(number);
                    current = out.run(current, &mut rest);
                    out.connect_unless(current.0, &[Word::Invalid, Word::Connector, Word::Punct]);
                } else {
                    // The number belongs to the word before it: `Bld4Floor` is `bld4_floor`.
                    out.word(number);
                    out.connect_unless(current.0, &[Word::Connector, Word::Punct]);
                }
            }
        }
    }
    out.word(current);
    out.text
}

struct Out {
    text: String,
    connector: char,
}

impl Out {
    fn word(&mut self, (kind, word): (Word, &[char])) {
        for &c in word {
            if !matches!(kind, Word::Upper | Word::Connector) {
                self.text.push(c);
            } else if is_connector(c) {
                self.text.push(self.connector);
            } else {
                self.text.push(lower(c));
            }
        }
    }

    fn connect_unless(&mut self, next: Word, none: &[Word]) {
        if !none.contains(&next) {
            self.text.push(self.connector);
        }
    }

    /// Writes words as long as they are lower case or numbers.
    fn run<'a>(
        &mut self,
        mut current: (Word, &'a [char]),
        rest: &mut &'a [char],
    ) -> (Word, &'a [char]) {
        while matches!(current.0, Word::Alphabet | Word::Number) {
            self.word(current);
            current = next_word(rest);
        }
        current
    }

    fn after_number<'a>(
        &mut self,
        current: (Word, &'a [char]),
        rest: &mut &'a [char],
    ) -> (Word, &'a [char]) {
        let current = self.run(current, rest);
        self.connect_unless(current.0, &[Word::Invalid, Word::Punct, Word::Connector]);
        current
    }
}

fn next_word<'a>(rest: &mut &'a [char]) -> (Word, &'a [char]) {
    let all = *rest;
    let Some(&first) = all.first() else {
        return (Word::Invalid, &[]);
    };
    let run =
        |belongs: fn(char) -> bool| 1 + all.iter().skip(1).take_while(|&&c| belongs(c)).count();
    let (kind, length) = if is_connector(first) {
        (Word::Connector, run(is_connector))
    } else if is_punct(first) {
        (Word::Punct, run(is_punct))
    } else if first.is_uppercase() {
        (Word::Upper, upper_length(all))
    } else if is_alphabet(first) {
        (Word::Alphabet, run(|c| is_alphabet(c) && !c.is_uppercase()))
    } else if first.is_numeric() {
        (Word::Number, run(char::is_numeric))
    } else {
        (
            Word::Other,
            run(|c| !(is_connector(c) || is_alphabet(c) || c.is_numeric() || is_punct(c))),
        )
    };
    let (word, tail) = all.split_at_checked(length).unwrap_or((all, &[]));
    *rest = tail;
    (kind, word)
}

/// `HTTPStatus` splits before the `S`; `Status` is one word.
fn upper_length(all: &[char]) -> usize {
    match all.get(1) {
        Some(c) if c.is_uppercase() => {
            let uppers = all.iter().take_while(|c| c.is_uppercase()).count();
            if all.get(uppers).is_some_and(|&c| is_alphabet(c)) {
                uppers - 1
            } else {
                uppers
            }
        }
        Some(&c) if is_alphabet(c) => {
            1 + all
                .iter()
                .skip(1)
                .take_while(|&&c| is_alphabet(c) && !c.is_uppercase())
                .count()
        }
        _ => 1,
    }
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || c.is_whitespace()
}

/// Letters that have cases, as `xstrings` means it: upper, lower, title case and their marks.
fn is_alphabet(c: char) -> bool {
    c.is_alphabetic() && (c.is_lowercase() || c.is_uppercase() || c.is_ascii())
}

/// Unicode's punctuation in ASCII and Latin-1, and the general punctuation block.
fn is_punct(c: char) -> bool {
    matches!(
        c,
        '!'..='#' | '%'..='*' | ','..='/' | ':' | ';' | '?' | '@' | '['..=']' | '_' | '{' | '}'
            | '¡' | '§' | '«' | '¶' | '·' | '»' | '¿'
            | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{2043}' | '\u{3001}'..='\u{3003}'
    )
}

/// Go's `unicode.ToUpper`: one character to one.
pub(crate) fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Go's `unicode.ToLower`.
pub(crate) fn lower(c: char) -> char {
    // Rust adds a combining dot.
    if c == 'İ' {
        return 'i';
    }
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}
