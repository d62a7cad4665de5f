//! Checksums and the base encodings.

use std::fmt::Write as _;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::strings::with_one;
use super::util::strval;
use super::{Func, Param};
use crate::value::Value;

use Param::Str;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("sha1sum", &[Str], |_, args| {
        with_one(args, |text| hex(&Sha1::digest(text.as_bytes())).into())
    }),
    Func::new("sha256sum", &[Str], |_, args| {
        with_one(args, |text| hex(&Sha256::digest(text.as_bytes())).into())
    }),
    Func::new("sha512sum", &[Str], |_, args| {
        with_one(args, |text| hex(&Sha512::digest(text.as_bytes())).into())
    }),
    Func::new("adler32sum", &[Str], |_, args| {
        with_one(args, |text| adler32(text.as_bytes()).to_string().into())
    }),
    Func::new("b64enc", &[Str], |_, args| {
        with_one(args, |text| {
            data_encoding::BASE64.encode(text.as_bytes()).into()
        })
    }),
    Func::new("b64dec", &[Str], |_, args| {
        with_one(args, |text| decoded(base64_decode(text)))
    }),
    Func::new("b32enc", &[Str], |_, args| {
        with_one(args, |text| {
            data_encoding::BASE32.encode(text.as_bytes()).into()
        })
    }),
    Func::new("b32dec", &[Str], |_, args| {
        with_one(args, |text| decoded(base32_decode(text)))
    }),
];

/// Lower case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

/// A decoding function gives its error's text in place of the result.
fn decoded(result: Result<Vec<u8>, String>) -> Value {
    match result {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(error) => strval(
                &String::from_utf8_lossy(error.as_bytes())
                    .into_owned()
                    .into(),
            )
            .into(),
        },
        Err(message) => message.into(),
    }
}

/// Go's `base64.StdEncoding`: padding is required, line breaks are skipped, the last bits may be
/// anything.
///
/// # Errors
/// `illegal base64 data at input byte N`, with Go's N.
pub(super) fn base64_decode(text: &str) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| format!("illegal base64 data at input byte {at}");
    let bytes = text.as_bytes();
    let mut significant = bytes
        .iter()
        .enumerate()
        .filter(|(_, b)| !matches!(b, b'\n' | b'\r'))
        .peekable();
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    while significant.peek().is_some() {
        let mut bits = 0_u32;
        let mut count = 0_u32;
        while count < 4 {
            let Some((at, &byte)) = significant.next() else {
                return Err(corrupt(
                    bytes
                        .len()
                        .saturating_sub(usize::try_from(count).unwrap_or(0)),
                ));
            };
            if let Some(value) = sextet(byte) {
                bits = bits << 6 | value;
                count += 1;
                continue;
            }
            if byte != b'=' || count < 2 {
                return Err(corrupt(at));
            }
            if count == 2 {
                match significant.next() {
                    None => return Err(corrupt(bytes.len())),
                    Some((_, b'=')) => {}
                    Some((at, _)) => return Err(corrupt(at.saturating_sub(1))),
                }
            }
            if let Some((at, _)) = significant.next() {
                return Err(corrupt(at));
            }
            break;
        }
        let whole = bits << (6 * (4 - count));
        let [_, triple @ ..] = whole.to_be_bytes();
        let used = usize::try_from(count * 6 / 8).unwrap_or(0);
        out.extend_from_slice(triple.get(..used).unwrap_or_default());
    }
    Ok(out)
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Go's `base32.StdEncoding`: groups of eight, padded; line breaks are skipped.
///
/// # Errors
/// `illegal base32 data at input byte N`, counted without the line breaks, as in Go.
fn base32_decode(text: &str) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| format!("illegal base32 data at input byte {at}");
    let clean: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b'\n' | b'\r'))
        .collect();
    let mut out = Vec::with_capacity(clean.len());
    for (group, chars) in clean.chunks(8).enumerate() {
        let start = group * 8;
        let used = chars.iter().position(|&b| b == b'=').unwrap_or(chars.len());
        let mut bits = 0_u64;
        for (at, &byte) in chars.iter().enumerate().take(used) {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'2'..=b'7' => byte - b'2' + 26,
                _ => return Err(corrupt(start + at)),
            };
            bits = bits << 5 | u64::from(value);
        }
        let padding_fits = chars.iter().skip(used).all(|&b| b == b'=');
        let last = start + 8 >= clean.len();
        if chars.len() < 8 {
            return Err(corrupt(clean.len()));
        }
        if !padding_fits || !matches!(used, 2 | 4 | 5 | 7 | 8) || used < 8 && !last {
            return Err(corrupt(start + used));
        }
        let whole = bits << (5 * (8 - used));
        let [_, _, _, bytes @ ..] = whole.to_be_bytes();
        out.extend_from_slice(bytes.get(..used * 5 / 8).unwrap_or_default());
    }
    Ok(out)
}
