//! The forms of names, labels and port names (`apimachinery/pkg/util/validation`).

use crate::source::names;

/// Why a text has not the form that is asked for, in the server's words.
pub(crate) type Refusal = &'static str;

const SUBDOMAIN: Refusal = "must consist of lower case alphanumeric characters, `-` or `.`, and \
                            begin and end with an alphanumeric character";
const LABEL: Refusal = "must consist of lower case alphanumeric characters or `-`, and begin and \
                        end with an alphanumeric character";
const NAME_PART: Refusal = "must consist of alphanumeric characters, `-`, `_` or `.`, and begin \
                            and end with an alphanumeric character";

/// `IsDNS1123Subdomain`: names of most objects.
pub(crate) fn subdomain(text: &str) -> Result<(), Refusal> {
    if text.len() > 253 {
        return Err("must be no more than 253 bytes");
    }
    let fine = text
        .split('.')
        .all(|label| framed(label, lower, |b| lower(b) || b == b'-'));
    fine.then_some(()).ok_or(SUBDOMAIN)
}

/// `IsDNS1123Label`: names of namespaces and services.
pub(crate) fn label(text: &str) -> Result<(), Refusal> {
    if text.len() > 63 {
        return Err("must be no more than 63 bytes");
    }
    names::is_dns_label(text).then_some(()).ok_or(LABEL)
}

/// `IsQualifiedName`: keys of labels and annotations.
pub(crate) fn qualified_name(text: &str) -> Result<(), Refusal> {
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => {
            return Err("must be a name with at most one prefix and one `/` before it");
        }
        Some(("", _)) => return Err("must have a prefix before the `/`"),
        Some((prefix, name)) => {
            if prefix.len() > 253 {
                return Err("must have a prefix of no more than 253 bytes");
            }
            if subdomain(prefix).is_err() {
                return Err("must have a DNS name in lower case as its prefix");
            }
            name
        }
    };
    if name.is_empty() {
        return Err("must have a name that is not empty");
    }
    if name.len() > 63 {
        return Err("must have a name of no more than 63 bytes");
    }
    name_part(name).then_some(()).ok_or(NAME_PART)
}

/// `IsValidLabelValue`.
pub(crate) fn label_value(text: &str) -> Result<(), Refusal> {
    if text.len() > 63 {
        return Err("must be no more than 63 bytes");
    }
    (text.is_empty() || name_part(text))
        .then_some(())
        .ok_or(NAME_PART)
}

/// `IsValidPortName` (RFC 6335, `IANA_SVC_NAME`).
pub(crate) fn port_name(text: &str) -> Result<(), Refusal> {
    if text.len() > 15 {
        return Err("must be no more than 15 characters");
    }
    if text.is_empty() || !text.bytes().all(|b| lower(b) || b == b'-') {
        return Err("must contain only lower case letters, digits and hyphens");
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        return Err("must contain at least one letter (a-z)");
    }
    if text.contains("--") {
        return Err("must not contain consecutive hyphens");
    }
    if text.starts_with('-') || text.ends_with('-') {
        return Err("must not begin or end with a hyphen");
    }
    Ok(())
}

fn name_part(text: &str) -> bool {
    framed(
        text,
        |b| b.is_ascii_alphanumeric(),
        |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'),
    )
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Not empty, `border` at both ends, `inner` everywhere.
fn framed(text: &str, border: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let ends = bytes.first().zip(bytes.last());
    ends.is_some_and(|(first, last)| border(*first) && border(*last))
        && bytes.iter().all(|byte| inner(*byte))
}

#[cfg(test)]
mod tests {
    use super::{label, label_value, port_name, qualified_name, subdomain};

    #[test]
    fn names() {
        let long = "a".repeat(253);
        for text in ["a", "0", "a-b.c", "1.2.3", long.as_str()] {
            assert_eq!(subdomain(text), Ok(()), "{text}");
        }
        for text in [
            "",
            "A",
            "a_b",
            "-a",
            "a-",
            "a..b",
            ".a",
            "a.-b",
            "é",
            &format!("{long}a"),
        ] {
            assert!(subdomain(text).is_err(), "{text}");
        }
        assert!(label("a-b").is_ok());
        assert!(label("a.b").is_err());
        assert!(label(&"a".repeat(64)).is_err());
    }

    #[test]
    fn labels() {
        let long = "k".repeat(63);
        for key in ["a", "A.b_c-d", "example.com/a", "1", long.as_str()] {
            assert_eq!(qualified_name(key), Ok(()), "{key}");
        }
        for key in [
            "",
            "/a",
            "a/",
            "a/b/c",
            "Example.com/a",
            "a b",
            "_a",
            &format!("{long}k"),
        ] {
            assert!(qualified_name(key).is_err(), "{key}");
        }
        assert!(qualified_name(&format!("{}/a", "p".repeat(253))).is_ok());
        assert!(qualified_name(&format!("{}/a", "p".repeat(254))).is_err());
        for value in ["", "a", "1.10", "a_b", long.as_str()] {
            assert_eq!(label_value(value), Ok(()), "{value}");
        }
        for value in ["-", "x y", "-x", "x-", "a/b", "é", &format!("{long}k")] {
            assert!(label_value(value).is_err(), "{value}");
        }
    }

    #[test]
    fn port_names() {
        for name in ["http", "8080a", "a", "a-b-c", "a23456789012345"] {
            assert_eq!(port_name(name), Ok(()), "{name}");
        }
        for name in [
            "",
            "80",
            "HTTP",
            "a--b",
            "a-",
            "-a",
            "80-90",
            "1:20",
            "a234567890123456",
        ] {
            assert!(port_name(name).is_err(), "{name}");
        }
    }
}
