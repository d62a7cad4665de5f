//! The patterns of `.Files.Glob` (`gobwas/glob` with `/` as the separator).

use regex::Regex;

/// A pattern as a regular expression; one that cannot be read matches everything, as in Helm.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    let expression = translate(pattern).unwrap_or_else(|| ".*".to_owned());
    Regex::new(&format!("(?s)^(?:{expression})$")).ok()
}

fn translate(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut open = 0_usize;
    let mut chars = pattern.chars().peekable();
    while let Some(character) = chars.next() {
        match character {
            '*' => {
                let mut stars = 1;
                while chars.next_if_eq(&'*').is_some() {
                    stars += 1;
                }
                out.push_str(if stars > 1 { ".*" } else { "[^/]*" });
            }
            '?' => out.push_str("[^/]"),
            '\\' => literal(&mut out, chars.next()?),
            '{' => {
                open += 1;
                out.push_str("(?:");
            }
            '}' if open > 0 => {
                open -= 1;
                out.push(')');
            }
            ',' if open > 0 => out.push('|'),
            '[' => {
                out.push('[');
                if chars.next_if_eq(&'!').is_some() {
                    out.push('^');
                }
                let mut empty = true;
                loop {
                    match chars.next()? {
                        ']' if !empty => break,
                        '-' => out.push('-'),
                        '\\' => literal(&mut out, chars.next()?),
                        other => literal(&mut out, other),
                    }
                    empty = false;
                }
                out.push(']');
            }
            other => literal(&mut out, other),
        }
    }
    (open == 0).then_some(out)
}

fn literal(out: &mut String, character: char) {
    out.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn patterns_match_as_in_helm() {
        for (pattern, path, expected) in [
            ("config/*", "config/a.yaml", true),
            ("config/*", "config/sub/a.yaml", false),
            ("config/**", "config/sub/a.yaml", true),
            ("**.yaml", "config/sub/a.yaml", true),
            ("*.yaml", "config/a.yaml", false),
            ("{a,b}/*.txt", "b/x.txt", true),
            ("{a,b}/*.txt", "c/x.txt", false),
            ("a[0-9].txt", "a7.txt", true),
            ("a[!0-9].txt", "a7.txt", false),
            ("a.txt", "abtxt", false),
            ("?.txt", "a.txt", true),
            ("?.txt", "/.txt", false),
        ] {
            let found = compile(pattern).unwrap().is_match(path);
            assert_eq!(found, expected, "{pattern} on {path}");
        }
    }
}
