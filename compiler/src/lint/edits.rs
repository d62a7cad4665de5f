//! Replacements of single words that keep the text around them.

use super::nearest::{Instead, Word};
use crate::finding::Edit;
use crate::model::{ConditionParts, Replacement};
use crate::source::Location;

/// The edit that writes another label into a selector whose conditions stand at `parts`. `None`
/// where the selector would still match nothing.
pub fn label(parts: &[ConditionParts], instead: &Instead) -> Option<Edit> {
    let places = parts.get(instead.condition).filter(|_| instead.proved)?;
    let (at, word) = match &instead.word {
        Word::Key(key) => (places.key?, key),
        Word::Value(value) => (places.value?, value),
    };
    Some(scalar(at, word))
}

/// A scalar in place of another one.
pub fn scalar(at: Location, text: &str) -> Edit {
    Edit {
        at,
        replacement: written(text),
    }
}

/// A number in place of another one, or of a name.
pub fn number(at: Location, number: u16) -> Edit {
    Edit {
        at,
        replacement: number.to_string(),
    }
}

/// What the model knows to stand there instead.
pub fn replacement(known: &Replacement) -> Edit {
    Edit {
        at: known.at,
        replacement: known.text.clone(),
    }
}

/// A text as YAML: bare where nothing else can be read from it, else in quotes. Labels, protocols
/// and port names need no escapes.
fn written(text: &str) -> String {
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins && text.chars().all(letters) && !is_reserved(text) {
        text.to_owned()
    } else {
        format!("\"{text}\"")
    }
}

/// Words that YAML 1.1 reads as a boolean, null or a number.
fn is_reserved(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn texts_stay_texts() {
        for bare in ["payments", "app.kubernetes.io/name", "TCP"] {
            assert_eq!(written(bare), bare);
        }
        for quoted in ["yes", "Off", "8080", "1.10", "", "*", "1e3"] {
            assert_eq!(written(quoted), format!("\"{quoted}\""));
        }
    }
}
