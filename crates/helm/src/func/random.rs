//! Random texts out of the rendering's seeded sequence; every use is said to be not reproducible.

use super::util::{Out, arity};
use super::{Call, Func, Param};
use crate::value::Value;

use Param::{Int, Str};

const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("randAlphaNum", &[Int], |call, args| {
        text(call, args, ALPHANUMERIC)
    }),
    Func::new("randAlpha", &[Int], |call, args| text(call, args, LETTERS)),
    Func::new("randNumeric", &[Int], |call, args| text(call, args, DIGITS)),
    Func::new("randAscii", &[Int], |call, args| {
        let printable: Vec<u8> = (b' '..=b'~').collect();
        text(call, args, &printable)
    }),
    Func::new("randBytes", &[Int], |call, args| {
        let [count] = args else { return Err(arity()) };
        let bytes = bytes(call, count)?;
        Ok(data_encoding::BASE64.encode(&bytes).into())
    }),
    Func::new("uuidv4", &[], |call, _| {
        call.not_reproducible();
        let (high, low) = (call.random(), call.random());
        Ok(uuid(high, low).into())
    }),
    Func::new("shuffle", &[Str], |call, args| {
        let [text] = args else { return Err(arity()) };
        call.not_reproducible();
        let mut chars: Vec<char> = Call::text(text).chars().collect();
        for end in (1..chars.len()).rev() {
            let other = below(call, end + 1);
            chars.swap(end, other);
        }
        Ok(chars.into_iter().collect::<String>().into())
    }),
];

/// A random index below a limit.
fn below(call: &mut Call<'_>, limit: usize) -> usize {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
    usize::try_from(call.random() % limit).unwrap_or(0)
}

fn text(call: &mut Call<'_>, args: &[Value], of: &[u8]) -> Out {
    let [count] = args else { return Err(arity()) };
    // The original swallows its error for a negative count.
    let count = usize::try_from(count.as_int().unwrap_or(0)).unwrap_or(0);
    call.not_reproducible();
    call.spend(count)?;
    Ok(characters(call, count, of).into())
}

/// So many random characters of a set of ASCII.
pub(super) fn characters(call: &mut Call<'_>, count: usize, of: &[u8]) -> String {
    (0..count)
        .filter_map(|_| of.get(below(call, of.len())).copied())
        .map(char::from)
        .collect()
}

fn bytes(call: &mut Call<'_>, count: &Value) -> Result<Vec<u8>, super::FuncError> {
    let Ok(count) = usize::try_from(count.as_int().unwrap_or(0)) else {
        return Err(super::FuncError::new(
            "runtime error: makeslice: len out of range",
        ));
    };
    call.not_reproducible();
    call.spend(count)?;
    Ok(random_bytes(call, count))
}

/// So many random bytes.
pub(super) fn random_bytes(call: &mut Call<'_>, count: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(count + 8);
    while out.len() < count {
        out.extend_from_slice(&call.random().to_le_bytes());
    }
    out.truncate(count);
    out
}

/// Version 4, variant 1.
fn uuid(high: u64, low: u64) -> String {
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
