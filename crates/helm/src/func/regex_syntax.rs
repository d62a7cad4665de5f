//! Go's regular expressions in the notation of the `regex` crate.
//!
//! Both descend from RE2. What differs: in Go `\d`, `\w`, `\s` and `\b` mean ASCII, `\<` and a
//! lone `{` are literals, `\Q…\E` quotes, and classes know no nesting and no set operations.

use std::fmt::Write as _;

/// A pattern for the `regex` crate.
///
/// # Errors
/// Go's `regexp/syntax.Error`, for what is found while translating.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut reader = Reader {
        rest: pattern,
        out: String::with_capacity(pattern.len() + 16),
    };
    let mut depth = 0_usize;
    let mut repeatable = false;
    while let Some(c) = reader.next() {
        match c {
            '\\' => repeatable = reader.escape(false)?,
            '[' => {
                reader.class()?;
                repeatable = true;
            }
            '(' => {
                depth += 1;
                reader.group()?;
                repeatable = false;
            }
            ')' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| error("unexpected )", pattern))?;
                reader.out.push(')');
                repeatable = true;
            }
            '*' | '+' | '?' => {
                reader.repetition(c, repeatable)?;
                repeatable = false;
            }
            '{' => repeatable = reader.brace(repeatable)?,
            '|' | '^' => {
                reader.out.push(c);
                // Go takes `^*` and refuses `|*`.
                repeatable = c == '^';
            }
            '}' => {
                reader.out.push_str("\\}");
                repeatable = true;
            }
            c => {
                reader.out.push(c);
                repeatable = true;
            }
        }
    }
    if depth > 0 {
        return Err(error("missing closing )", pattern));
    }
    Ok(reader.out)
}

/// `error parsing regexp: …`.
fn error(reason: &str, at: &str) -> String {
    format!("error parsing regexp: {reason}: `{at}`")
}

struct Reader<'a> {
    rest: &'a str,
    out: String,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.get(c.len_utf8()..)?;
        Some(c)
    }

    fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// What has been read since `rest` was `from`.
    fn since(&self, from: &'a str) -> &'a str {
        from.get(..from.len() - self.rest.len()).unwrap_or(from)
    }

    /// Behind a backslash; tells whether it stands for something that can be repeated.
    fn escape(&mut self, in_class: bool) -> Result<bool, String> {
        let from = self.rest;
        let Some(c) = self.next() else {
            return Err(
                "error parsing regexp: trailing backslash at end of expression: ``".to_owned(),
            );
        };
        let brackets = |inner: &str| {
            if in_class {
                inner.to_owned()
            } else {
                format!("[{inner}]")
            }
        };
        match c {
            'd' => self.out.push_str(&brackets("0-9")),
            'w' => self.out.push_str(&brackets("0-9A-Za-z_")),
            's' => self.out.push_str(&brackets("\\t\\n\\f\\r ")),
            'D' => self.out.push_str("[^0-9]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            'S' => self.out.push_str("[^\\t\\n\\f\\r ]"),
            'b' if !in_class => self.out.push_str("(?-u:\\b)"),
            'B' if !in_class => self.out.push_str("\\B"),
            'A' | 'z' if !in_class => {
                self.out.push('\\');
                self.out.push(c);
            }
            'Q' if !in_class => {
                let (literal, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                self.out.push_str(&regex::escape(literal));
            }
            'E' if !in_class => {}
            'a' | 'f' | 't' | 'n' | 'r' | 'v' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'p' | 'P' => self.property(c),
            'x' => self.hex(from)?,
            '0'..='7' => self.octal(c, from)?,
            '<' | '>' => self.out.push(c),
            c if c.is_ascii_alphanumeric() => {
                return Err(error("invalid escape sequence", &format!("\\{c}")));
            }
            c if c.is_ascii() => {
                self.out.push('\\');
                self.out.push(c);
            }
            _ => return Err(error("invalid escape sequence", &format!("\\{c}"))),
        }
        Ok(true)
    }

    fn property(&mut self, c: char) {
        self.out.push('\\');
        self.out.push(c);
        if self.take("{") {
            let (name, rest) = self.rest.split_once('}').unwrap_or((self.rest, ""));
            self.rest = rest;
            self.out.push('{');
            self.out.push_str(name);
            self.out.push('}');
        } else if let Some(letter) = self.next() {
            self.out.push(letter);
        }
    }

    fn hex(&mut self, from: &'a str) -> Result<(), String> {
        let digits = if self.take("{") {
            let (digits, rest) = self.rest.split_once('}').unwrap_or((self.rest, ""));
            self.rest = rest;
            digits
        } else {
            let (digits, rest) = self.rest.split_at_checked(2).unwrap_or((self.rest, ""));
            self.rest = rest;
            digits
        };
        let code = u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32);
        match code {
            Some(c) => {
                let _ = write!(self.out, "\\x{{{:x}}}", u32::from(c));
                Ok(())
            }
            None => Err(error(
                "invalid escape sequence",
                &format!("\\{}", self.since(from)),
            )),
        }
    }

    /// `\123`, `\0`; a single digit from 1 on would be a back reference, which does not exist.
    fn octal(&mut self, first: char, from: &'a str) -> Result<(), String> {
        let follows = self.rest.starts_with(|c: char| ('0'..='7').contains(&c));
        if first != '0' && !follows {
            return Err(error(
                "invalid escape sequence",
                &format!("\\{}", self.since(from)),
            ));
        }
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else {
                break;
            };
            code = code * 8 + digit;
            self.next();
        }
        let _ = write!(self.out, "\\x{{{code:x}}}");
        Ok(())
    }

    /// Behind `(`.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        let from = self.rest;
        if !self.take("?") {
            return Ok(());
        }
        if let Some(tail) = self.rest.strip_prefix("P<").or(self.rest.strip_prefix('<')) {
            let Some((name, _)) = tail.split_once('>') else {
                return Err(error("invalid named capture", &format!("({from}")));
            };
            let word = |c: char| c == '_' || c.is_ascii_alphanumeric();
            if name.is_empty() || !name.chars().all(word) {
                let end = from.len() - tail.len() + name.len() + 1;
                let shown = from.get(..end).unwrap_or(from);
                return Err(error("invalid named capture", &format!("({shown}")));
            }
            self.out.push('?');
            return Ok(());
        }
        while let Some(c) = self.next() {
            match c {
                'i' | 'm' | 's' | 'U' | '-' => {}
                ':' | ')' => {
                    // A group that only sets flags ends here: its bracket was counted as open.
                    self.out.push_str(
                        self.since(from)
                            .strip_suffix(')')
                            .unwrap_or(self.since(from)),
                    );
                    if c == ')' {
                        self.rest = from.get(self.since(from).len() - 1..).unwrap_or_default();
                    }
                    return Ok(());
                }
                _ => break,
            }
        }
        let shown = if self.rest.is_empty() && !self.since(from).ends_with(['=', '!']) {
            return Err(error("missing argument to repetition operator", "?"));
        } else {
            self.since(from)
        };
        Err(error(
            "invalid or unsupported Perl syntax",
            &format!("({shown}"),
        ))
    }

    /// Behind `*`, `+` or `?`.
    fn repetition(&mut self, operator: char, repeatable: bool) -> Result<(), String> {
        let lazy = self.take("?");
        let shown = format!("{operator}{}", if lazy { "?" } else { "" });
        if !repeatable {
            return Err(not_repeatable(&shown));
        }
        self.out.push_str(&shown);
        let doubled = self.rest.starts_with(['*', '+', '?']);
        if doubled {
            let next = self.rest.chars().next().unwrap_or_default();
            return Err(error(
                "invalid nested repetition operator",
                &format!("{shown}{next}"),
            ));
        }
        Ok(())
    }

    /// Behind `{`: a repetition, or a literal brace where Go sees none.
    fn brace(&mut self, repeatable: bool) -> Result<bool, String> {
        let counted = self
            .rest
            .split_once('}')
            .filter(|(inner, _)| is_count(inner));
        let Some((inner, rest)) = counted else {
            self.out.push_str("\\{");
            return Ok(true);
        };
        self.rest = rest;
        if !repeatable {
            return Err(not_repeatable(&format!("{{{inner}}}")));
        }
        let (least, most) = inner.split_once(',').unwrap_or((inner, inner));
        let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        if number(least) > 1000
            || !most.is_empty() && (number(most) > 1000 || number(most) < number(least))
        {
            return Err(error("invalid repeat count", &format!("{{{inner}}}")));
        }
        let _ = write!(self.out, "{{{inner}}}");
        if self.take("?") {
            self.out.push('?');
        }
        Ok(false)
    }

    /// Refuses `z-a`.
    fn check_range(&self, low: char) -> Result<(), String> {
        let mut ahead = self.rest.chars();
        let range = ahead.next() == Some('-');
        match ahead.next() {
            Some(high) if range && high < low && !matches!(high, ']' | '\\') => Err(error(
                "invalid character class range",
                &format!("{low}-{high}"),
            )),
            _ => Ok(()),
        }
    }

    /// Behind `[`.
    fn class(&mut self) -> Result<(), String> {
        let from = self.rest;
        self.out.push('[');
        if self.take("^") {
            self.out.push('^');
        }
        let mut first = true;
        // Whether a `-` here makes a range of the character before it. Behind `\w` and behind a
        // range it is one of the characters.
        let mut begins = false;
        loop {
            if self.take("[:") {
                let (name, rest) = self
                    .rest
                    .split_once(":]")
                    .ok_or_else(|| missing_bracket(from))?;
                self.rest = rest;
                let _ = write!(self.out, "[:{name}:]");
                (first, begins) = (false, false);
                continue;
            }
            match self.next() {
                None => return Err(missing_bracket(from)),
                Some(']') if !first => {
                    self.out.push(']');
                    return Ok(());
                }
                Some('-') if begins && !self.rest.starts_with(']') => {
                    self.out.push('-');
                    self.class_item()?;
                    begins = false;
                    continue;
                }
                Some(c) => begins = self.class_char(c)?,
            }
            first = false;
        }
    }
}

impl Reader<'_> {
    /// The end of a range.
    fn class_item(&mut self) -> Result<(), String> {
        match self.next() {
            Some(c) => self.class_char(c).map(|_| ()),
            None => Ok(()),
        }
    }

    /// A character of a class; tells whether it can begin a range.
    fn class_char(&mut self, c: char) -> Result<bool, String> {
        match c {
            '\\' => {
                let many = self
                    .rest
                    .starts_with(['d', 'w', 's', 'D', 'W', 'S', 'p', 'P']);
                self.escape(true)?;
                return Ok(!many);
            }
            '[' | ']' | '&' | '~' | '^' | '-' => {
                self.out.push('\\');
                self.out.push(c);
            }
            c => {
                self.check_range(c)?;
                self.out.push(c);
            }
        }
        Ok(true)
    }
}

fn not_repeatable(shown: &str) -> String {
    error("missing argument to repetition operator", shown)
}

fn missing_bracket(from: &str) -> String {
    error("missing closing ]", &format!("[{from}"))
}

/// `3`, `3,` or `3,5`.
fn is_count(inner: &str) -> bool {
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    !least.is_empty()
        && least.bytes().all(|b| b.is_ascii_digit())
        && most.bytes().all(|b| b.is_ascii_digit())
}
