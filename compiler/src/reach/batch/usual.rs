//! The usual form of a line, read in place: nothing is copied and nothing needs an escape.
//!
//! Whatever is written in another way is serde's to read, and to refuse.

use netpol_policy::Protocol;
use std::hash::{BuildHasherDefault, Hasher};

/// `{"from": …, "to": …, "protocol": …, "port": NUMBER}` in this order, `protocol` left out or not,
/// all texts of printable ASCII without quotes and backslashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usual<'l> {
    pub(super) from: &'l [u8],
    pub(super) to: &'l [u8],
    pub(super) protocol: Protocol,
    pub(super) port: u16,
    /// The number as it was written, which is how it is answered.
    pub(super) digits: &'l [u8],
}

impl<'l> Usual<'l> {
    /// Reads a line; `None` when it has another form.
    pub(super) fn read(line: &'l [u8]) -> Option<Self> {
        let mut rest = Rest(line);
        rest.token(b"{")?;
        let from = rest.field(b"\"from\"")?;
        rest.token(b",")?;
        let to = rest.field(b"\"to\"")?;
        rest.token(b",")?;
        let protocol = match rest.field(b"\"protocol\"") {
            None => Protocol::Tcp,
            Some(name) => {
                rest.token(b",")?;
                named(name)?
            }
        };
        rest.key(b"\"port\"")?;
        let (port, digits) = rest.number()?;
        rest.token(b"}")?;
        rest.is_over().then_some(Self {
            from,
            to,
            protocol,
            port,
            digits,
        })
    }
}

/// The protocols with ports, which have all 65536.
fn named(name: &[u8]) -> Option<Protocol> {
    match name {
        b"TCP" => Some(Protocol::Tcp),
        b"UDP" => Some(Protocol::Udp),
        b"SCTP" => Some(Protocol::Sctp),
        _ => None,
    }
}

/// What is left of a line.
struct Rest<'l>(&'l [u8]);

impl<'l> Rest<'l> {
    fn pass_blanks(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn is_over(&mut self) -> bool {
        self.pass_blanks();
        self.0.is_empty()
    }

    /// Passes a token; stays where it is, blanks aside, when there is another one.
    fn token(&mut self, token: &[u8]) -> Option<()> {
        self.pass_blanks();
        self.0 = self.0.strip_prefix(token)?;
        Some(())
    }

    fn key(&mut self, key: &[u8]) -> Option<()> {
        self.token(key)?;
        self.token(b":")
    }

    fn field(&mut self, key: &[u8]) -> Option<&'l [u8]> {
        self.key(key)?;
        self.token(b"\"")?;
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        let end = self.0.iter().position(|byte| !is_plain(*byte))?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.strip_prefix(b"\"")?;
        Some(text)
    }

    /// A port as JSON has numbers: no sign, no zero in front, no fraction.
    fn number(&mut self) -> Option<(u16, &'l [u8])> {
        self.pass_blanks();
        let end = self.0.iter().position(|byte| !byte.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at_checked(end)?;
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with(b"0")) {
            return None;
        }
        let mut number = 0_u16;
        for digit in digits {
            let digit = digit.checked_sub(b'0')?;
            number = number.checked_mul(10)?.checked_add(u16::from(digit))?;
        }
        self.0 = rest;
        Some((number, digits))
    }
}

/// Hashes names and rules. Whoever makes names collide slows down the answers to their own lines.
pub(super) type Fast = BuildHasherDefault<Fold>;

/// Rotates, mixes in a word and multiplies.
#[derive(Debug, Default)]
pub(super) struct Fold(u64);

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let last = rest
                .iter()
                .fold(0, |last, byte| last << 8 | u64::from(*byte));
            self.write_u64(last);
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio, odd: every bit of the word reaches the upper bits.
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(u64::try_from(number).unwrap_or(u64::MAX));
    }

    fn finish(&self) -> u64 {
        // Tables look at the lower bits, where a product is weakest.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_form_is_read_in_place() {
        for line in [
            r#"{"from":"a/b","to":"c/d","protocol":"UDP","port":53}"#,
            " { \"from\" : \"a/b\",\t\"to\": \"c/d\" , \"protocol\":\"UDP\", \"port\": 53 } \r\n",
        ] {
            let usual = Usual::read(line.as_bytes()).unwrap();
            assert_eq!((usual.from, usual.to), (&b"a/b"[..], &b"c/d"[..]));
            assert_eq!((usual.protocol, usual.port), (Protocol::Udp, 53));
            assert_eq!(usual.digits, b"53");
        }
        let short = br#"{"from":"a","to":"b","port":0}"#;
        let usual = Usual::read(short).unwrap();
        assert_eq!((usual.protocol, usual.port), (Protocol::Tcp, 0));
    }

    #[test]
    fn other_forms_are_left_to_the_parser() {
        for line in [
            "",
            "{}",
            r#"{"to":"b","from":"a","port":1}"#,
            r#"{"from":"a\u0062","to":"b","port":1}"#,
            r#"{"from":"ä","to":"b","port":1}"#,
            r#"{"from":"a","to":"b","protocol":"tcp","port":1}"#,
            r#"{"from":"a","to":"b","protocol":"ICMP","port":300}"#,
            r#"{"from":"a","to":"b","port":"http"}"#,
            r#"{"from":"a","to":"b","port":}"#,
            r#"{"from":"a","to":"b","port":-1}"#,
            r#"{"from":"a","to":"b","port":01}"#,
            r#"{"from":"a","to":"b","port":1.0}"#,
            r#"{"from":"a","to":"b","port":1e1}"#,
            r#"{"from":"a","to":"b","port":65536}"#,
            r#"{"from":"a","to":"b","port":1,"port":2}"#,
            r#"{"from":"a","to":"b","port":1} x"#,
            r#"{"from":"a","to":"b","port":1"#,
        ] {
            assert_eq!(Usual::read(line.as_bytes()), None, "{line}");
        }
    }
}
