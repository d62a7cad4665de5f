//! What the bytes of an image are spent on.

use crate::decode::count_of;
use crate::layout::{PORTABLE, header as h};

/// Bytes of an image by what they tell. Together they are a little less than its length: headers,
/// interfaces and what aligns sections are no part of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// Who is behind an address: hash tables and intervals.
    pub addresses: usize,
    /// Which ports are treated alike: the index and its pages.
    pub ports: usize,
    /// Which vector holds for a local endpoint and a peer.
    pub rows: usize,
    /// What becomes of each port, and which rule says so.
    pub vectors: usize,
}

impl Parts {
    /// Adds up the sections of an image; none for bytes that are no image.
    pub(crate) fn of(image: &[u8]) -> Self {
        let mut parts = Self::default();
        for section in &PORTABLE {
            let count = count_of(image, section).ok().flatten().unwrap_or_default();
            let bytes = count.saturating_mul(u64::from(section.element));
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            let part = match section.offset {
                h::PORT_INDEX | h::PORT_PAGES => &mut parts.ports,
                h::ROW_TABLE | h::VERDICT_ROWS | h::ATTR_ROWS => &mut parts.rows,
                h::VECTORS | h::ATTR_VECTORS => &mut parts.vectors,
                _ => &mut parts.addresses,
            };
            *part = part.saturating_add(bytes);
        }
        parts
    }

    /// All of them.
    pub fn sum(&self) -> usize {
        let parts = [self.addresses, self.ports, self.rows, self.vectors];
        parts.into_iter().fold(0, usize::saturating_add)
    }
}
