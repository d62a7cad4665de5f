//! Reading and writing numbers in blocks of bytes, without ever leaving them.

use crate::layout::{ALIGN, Field, Kind};

/// Two bytes at a place.
pub(crate) fn get16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(array(bytes, at)?))
}

/// Four bytes at a place.
pub(crate) fn get32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(array(bytes, at)?))
}

/// Eight bytes at a place.
pub(crate) fn get64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(array(bytes, at)?))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// A header field as a number; `None` for digests and outside of the block.
pub(crate) fn get_field(bytes: &[u8], field: Field) -> Option<u64> {
    match field.kind {
        Kind::U8 => bytes.get(field.at()).map(|b| u64::from(*b)),
        Kind::U16 => get16(bytes, field.at()).map(u64::from),
        Kind::U32 => get32(bytes, field.at()).map(u64::from),
        Kind::U64 => get64(bytes, field.at()),
        Kind::Digest => None,
    }
}

/// A digest in the header.
pub(crate) fn get_digest(bytes: &[u8], field: Field) -> Option<[u8; 32]> {
    array(bytes, field.at())
}

/// Writes the low bytes of a number into a header field.
pub(crate) fn put_field(bytes: &mut [u8], field: Field, value: u64) {
    let width = field.kind.width() as usize;
    put(bytes, field.at(), value.to_le_bytes().iter().take(width));
}

/// Writes a digest into the header.
pub(crate) fn put_digest(bytes: &mut [u8], field: Field, digest: &[u8; 32]) {
    put(bytes, field.at(), digest.iter());
}

fn put<'a>(bytes: &mut [u8], at: usize, values: impl Iterator<Item = &'a u8>) {
    let target = bytes.get_mut(at..).unwrap_or_default();
    for (byte, value) in target.iter_mut().zip(values) {
        *byte = *value;
    }
}

/// Grows a block up to a limit; beyond it nothing more is kept, only counted, and
/// [`Writer::finish`] says so.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    limit: usize,
    /// How long the block would be without the limit, but for what aligns sections.
    needed: usize,
}

impl Writer {
    /// Begins with a header of zeroes.
    pub(crate) fn new(header: u32, limit: u32) -> Self {
        Self {
            bytes: vec![0; header as usize],
            limit: limit as usize,
            needed: header as usize,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if self.room_for(bytes.len()) {
            self.bytes.extend_from_slice(bytes);
        }
    }

    pub(crate) fn zeroes(&mut self, count: usize) {
        if self.room_for(count) {
            self.bytes.resize(self.bytes.len() + count, 0);
        }
    }

    pub(crate) fn words16(&mut self, words: &[u16]) {
        if self.room_for(words.len().saturating_mul(2)) {
            self.bytes
                .extend(words.iter().flat_map(|w| w.to_le_bytes()));
        }
    }

    pub(crate) fn words32(&mut self, words: &[u32]) {
        if self.room_for(words.len().saturating_mul(4)) {
            self.bytes
                .extend(words.iter().flat_map(|w| w.to_le_bytes()));
        }
    }

    fn room_for(&mut self, more: usize) -> bool {
        self.needed = self.needed.saturating_add(more);
        self.needed <= self.limit
    }

    pub(crate) fn align(&mut self) {
        let over = self.bytes.len() % ALIGN as usize;
        if over > 0 {
            self.zeroes(ALIGN as usize - over);
        }
    }

    pub(crate) fn field(&mut self, field: Field, value: u64) {
        put_field(&mut self.bytes, field, value);
    }

    pub(crate) fn digest(&mut self, field: Field, digest: &[u8; 32]) {
        put_digest(&mut self.bytes, field, digest);
    }

    pub(crate) fn patch32(&mut self, at: usize, value: u32) {
        put(&mut self.bytes, at, value.to_le_bytes().iter());
    }

    /// The block; when it grew beyond the limit, the length that it would have at least.
    pub(crate) fn finish(self) -> Result<Vec<u8>, usize> {
        if self.needed <= self.limit {
            Ok(self.bytes)
        } else {
            Err(self.needed)
        }
    }
}
