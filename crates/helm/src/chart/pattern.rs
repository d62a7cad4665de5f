//! Go's `filepath.Match`, which `.helmignore` is made of: `*`, `?`, `[a-z]`, `[^a]`, `\`; none of
//! them matches `/`.

/// A pattern that Go would not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadPattern;

/// One step of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Char(char),
    One,
    Any,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Step>);

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, BadPattern> {
        let mut steps = Vec::new();
        let mut chars = text.chars();
        while let Some(character) = chars.next() {
            steps.push(match character {
                '*' => Step::Any,
                '?' => Step::One,
                '\\' => Step::Char(chars.next().ok_or(BadPattern)?),
                '[' => class(&mut chars)?,
                other => Step::Char(other),
            });
        }
        Ok(Self(steps))
    }

    /// Whether the whole name matches. Linear in the product of both lengths.
    pub(super) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut step, mut at) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        while at < name.len() || step < self.0.len() {
            if self.0.get(step) == Some(&Step::Any) {
                back = Some((step, at));
                step += 1;
                continue;
            }
            let fits = match (self.0.get(step), name.get(at)) {
                (Some(pattern), Some(character)) => pattern.fits(*character),
                _ => false,
            };
            if fits {
                step += 1;
                at += 1;
                continue;
            }
            // The last star takes one character more, unless that is a slash.
            match back {
                Some((star, taken)) if name.get(taken).is_some_and(|next| *next != '/') => {
                    back = Some((star, taken + 1));
                    step = star + 1;
                    at = taken + 1;
                }
                _ => return false,
            }
        }
        true
    }
}

impl Step {
    fn fits(&self, character: char) -> bool {
        match self {
            Self::Char(own) => *own == character,
            Self::One => character != '/',
            Self::Any => false,
            Self::Class { negated, ranges } => {
                let inside = ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&character));
                inside != *negated && character != '/'
            }
        }
    }
}

fn class(chars: &mut std::str::Chars<'_>) -> Result<Step, BadPattern> {
    let mut ahead = chars.clone();
    let negated = ahead.next() == Some('^');
    if negated {
        *chars = ahead;
    }
    let mut ranges = Vec::new();
    loop {
        let first = chars.next().ok_or(BadPattern)?;
        let low = match first {
            ']' if !ranges.is_empty() => return Ok(Step::Class { negated, ranges }),
            ']' | '-' => return Err(BadPattern),
            '\\' => chars.next().ok_or(BadPattern)?,
            other => other,
        };
        let mut ahead = chars.clone();
        let mut high = low;
        if ahead.next() == Some('-') {
            *chars = ahead;
            high = match chars.next().ok_or(BadPattern)? {
                ']' | '-' => return Err(BadPattern),
                '\\' => chars.next().ok_or(BadPattern)?,
                other => other,
            };
        }
        ranges.push((low, high));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(name)
    }

    /// The table of Go's own `match_test.go`, as far as it does not concern Windows.
    #[test]
    fn matches_what_go_matches() {
        for (pattern, name, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^c]", "abc", false),
            ("ab[^e-g]", "abc", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false),
            ("a?b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("[a-ζ]*", "α", true),
            ("a?b", "a/b", false),
            ("a*b", "a/b", false),
            ("[\\]a]", "]", true),
            ("[x\\-]", "-", true),
            ("*x", "xxx", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn refuses_what_go_refuses() {
        for pattern in [
            "[]a]", "[-]", "[x-]", "[-x]", "[", "[^", "[a-b-c]", "[a", "a\\",
        ] {
            assert_eq!(Pattern::parse(pattern), Err(BadPattern), "{pattern}");
        }
    }
}
