//! How paths are shown: relative, and without characters that could fool a terminal.
#![expect(
    clippy::disallowed_methods,
    reason = "paths are shown relative to the working directory"
)]

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// What people are shown for a path: relative to the working directory where it lies inside of
/// it, as given otherwise. Control characters, bidirectional marks and bytes that are not UTF-8
/// are written as escapes, so that a file name cannot forge output.
pub(crate) fn shown(path: &Path) -> String {
    let inside = std::env::current_dir()
        .ok()
        .filter(|_| path.is_absolute())
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    let relative = inside.unwrap_or_else(|| without_dots(path));
    let text = escaped(&relative);
    match text.as_str() {
        "" => ".".to_owned(),
        // A line that begins with `::` is a command to the runner of GitHub.
        _ if text.starts_with("::") => format!("./{text}"),
        _ => text,
    }
}

/// Drops `./` parts, which say nothing.
fn without_dots(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| !matches!(part, Component::CurDir))
        .collect()
}

fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            push_visible(&mut text, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// `a, b, c and 4 more`: no sentence lists hundreds.
pub(crate) fn some(names: &[String]) -> String {
    const NAMED: usize = 3;
    let named = names.get(..NAMED).unwrap_or(names).join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Is it a DNS label (RFC 1123), as names of namespaces are?
pub(crate) fn is_dns_label(text: &str) -> bool {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let framed =
        bytes.first().copied().is_some_and(fine) && bytes.last().copied().is_some_and(fine);
    framed && bytes.len() <= 63 && bytes.iter().all(|b| fine(*b) || *b == b'-')
}

/// A text of the input for a message: control and bidirectional characters as escapes, and no
/// longer than a line.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        push_visible(&mut out, c);
    }
    out
}

fn push_visible(text: &mut String, c: char) {
    if c.is_control() || is_invisible(c) {
        text.extend(c.escape_unicode());
    } else {
        text.push(c);
    }
}

/// Characters that reorder or hide text (Unicode bidirectional controls, zero-width characters,
/// line and paragraph separators, the byte order mark).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use super::{quoted, shown};
    use std::path::Path;

    #[test]
    fn paths_are_relative_and_harmless() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(shown(&here.join("a/b.yaml")), "a/b.yaml");
        assert_eq!(shown(Path::new("./a/./b.yaml")), "a/b.yaml");
        assert_eq!(shown(Path::new("../a.yaml")), "../a.yaml");
        assert_eq!(shown(Path::new("/elsewhere/a.yaml")), "/elsewhere/a.yaml");
        assert_eq!(shown(Path::new(".")), ".");
        assert_eq!(
            shown(Path::new("a\u{1b}[31m\n.yaml")),
            "a\\u{1b}[31m\\u{a}.yaml"
        );
    }

    #[test]
    fn quoted_text_is_one_short_line() {
        assert_eq!(quoted("a\tb\u{202e}"), "a\\u{9}b\\u{202e}");
        assert_eq!(quoted(&"x".repeat(500)).chars().count(), 121);
    }
}
