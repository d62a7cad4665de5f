//! Where everything stands in an image. No other place in the project knows an offset: the C
//! header of the dataplane program is made from these constants ([`c_header()`]).
//!
//! An image is one flat block of bytes: little-endian, position-independent, the value of one
//! array map. All offsets count bytes from the start of the block. Sections begin at multiples of
//! [`ALIGN`], stand in the order of [`PORTABLE`], do not overlap, and the bytes between them are
//! zero.
//!
//! ```text
//! header            HEADER_LEN bytes, see `header`
//! ph4_disp          u16[1 << (64 - ph4_disp_shift)]      displacements of the IPv4 hash
//! ph4_entries       entry4[1 << (64 - ph4_entry_shift)]  address → class and row
//! ph6_disp          u16[…]                               the same for IPv6
//! ph6_entries       entry6[…]
//! iv4_first         u32[n_intervals4]     first addresses as numbers, rising, the first one is 0
//! iv4_class         u16[n_intervals4]     their classes
//! iv6_first         {u64 high, u64 low}[n_intervals6]
//! iv6_class         u16[n_intervals6]
//! port_index        u16[6][256]           protocol, high byte of the port → page
//! port_pages        u16[n_pages][256]     page, low byte of the port → port class
//! row_table         row[n_rows]           local endpoint → where its four rows stand
//! verdict_rows      u16[n_verdict_rows][n_classes]           peer class → vector
//! vectors           u16[n_vectors][n_port_classes]           port class → verdict word
//! attr_rows         u32[n_attr_rows][n_classes]              peer class → attribution vector
//! attr_vectors      u32[n_attr_vectors][n_port_classes]      port class → rule number
//! ---------------   portable_len: what follows is the node's own
//! if_disp           u16[…]                               displacements of the interface hash
//! if_entries        interface[…]                         interface index → row
//! ```
//!
//! **Judging a packet.** (1) Look up the address on the pod's side: its entry must have a row.
//! (2) Look up the other address: an entry's class, else the class of the interval it lies in.
//! (3) The same row on both sides is the pod itself: allow, [`RuleId::SELF`]. (4) A packet *to* a
//! pod that carries a node's address ([`ROW_NODE`]) and was not made on this node has class
//! [`CLASS_UNKNOWN`]. (5) Protocol and port give the port class. (6) The row of the direction gives
//! the vector, and that the verdict word; the attribution row gives the rule in the same way.
//!
//! **Hash of an address.** `x` is made of the address as it stands in the packet, read as
//! little-endian numbers (see [`mix4`], [`mix6`]); the displacement is number `(x * C2) >> shift` of
//! its table; the entry is number `((x ^ displacement * C2) * C3) >> shift`. All arithmetic wraps.
//!
//! **Digests.** `portable_digest` is the SHA-256 of the first `portable_len` bytes, the header's
//! node-local range and the digest itself taken as zeroes. `local_digest` is the SHA-256 of the
//! header's node-local range (the digest itself taken as zeroes) and the bytes from `portable_len`.

mod c_header;
mod field;
pub mod header;
pub mod section;

pub use c_header::c_header;
pub use field::{Field, Kind};
pub use section::{LOCAL, PORTABLE, Section};

#[cfg(doc)]
use netpol_policy::RuleId;

/// The first four bytes, `NPIM` as text.
pub const MAGIC: u32 = u32::from_le_bytes(*b"NPIM");
/// The version of this layout; another one is refused.
pub const VERSION: u16 = 1;
/// Bytes of the header.
pub const HEADER_LEN: u32 = 0x180;
/// Where the node-local part of the header begins; it ends with the header.
pub const HEADER_LOCAL: u32 = 0x100;
/// Sections begin at multiples of this: a cache line.
pub const ALIGN: u32 = 64;
/// No image is longer, in bytes.
pub const MAX_LEN: u32 = 64 << 20;
/// Bits of `required` that this version knows: none yet.
pub const REQUIRED_KNOWN: u32 = 0;

/// Local flag: packets of this image count in the second counter bank.
pub const LOCAL_BANK: u32 = 1 << 0;
/// Local flag: verdicts are counted and reported, but nothing is dropped.
pub const LOCAL_AUDIT: u32 = 1 << 1;
/// All local flags that this version knows.
pub const LOCAL_KNOWN: u32 = LOCAL_BANK | LOCAL_AUDIT;

/// Bytes of an IPv4 entry: `{u32 address, u16 class, u16 row}`, the address as in the packet.
pub const ENTRY4_LEN: u32 = 8;
/// Bytes of an IPv6 entry: `{u64 high, u64 low, u16 class, u16 row, u32 zero}`, the halves of the
/// address as in the packet.
pub const ENTRY6_LEN: u32 = 24;
/// Bytes of an interface entry: `{u32 index, u16 zero, u16 row}`.
pub const INTERFACE_LEN: u32 = 8;
/// Bytes of a row: `{u32 ingress, u32 egress, u32 attr_ingress, u32 attr_egress}`, offsets from
/// the start of the image.
pub const ROW_LEN: u32 = 16;

/// The class of those of whom nobody speaks.
pub const CLASS_UNKNOWN: u16 = 0;
/// Rows are below this number; what is not below has no row.
pub const ROW_LIMIT: u16 = 0xfff0;
/// In place of a row: nothing stands in this slot.
pub const ROW_EMPTY: u16 = 0xfffd;
/// In place of a row: the address of a node.
pub const ROW_NODE: u16 = 0xfffe;
/// In place of a row: not on this node, or no endpoint at all.
pub const ROW_NONE: u16 = 0xffff;

/// Protocols of `port_index`, in the order of `Protocol::ALL`.
pub const PROTOCOLS: u32 = 6;
/// Ports of a page.
pub const PAGE: u32 = 256;
/// A search in this many intervals takes at most [`INTERVAL_STEPS`] steps.
pub const MAX_INTERVALS: u32 = 1 << INTERVAL_STEPS;
/// Steps of the interval search.
pub const INTERVAL_STEPS: u32 = 20;
/// Hash tables have at least two and at most this many slots, as a power of two.
pub const MAX_SLOT_BITS: u32 = 22;

/// Verdict word: the packet passes.
pub const ALLOW: u16 = 1 << 0;
/// Verdict word, with [`ALLOW`]: a reply might be denied, so the flow may have to be remembered.
pub const NEED_STATE: u16 = 1 << 1;
/// Verdict word: an event is wanted although the packet passes.
pub const LOG: u16 = 1 << 2;
/// All bits of a verdict word; the others are zero.
pub const VERDICT_BITS: u16 = ALLOW | NEED_STATE | LOG;

/// First multiplier of the hash.
pub const C1: u64 = 0x9E37_79B9_7F4A_7C15;
/// Second multiplier of the hash.
pub const C2: u64 = 0xD6E8_FEB8_6659_FD93;
/// Third multiplier of the hash.
pub const C3: u64 = 0xBF58_476D_1CE4_E5B9;

/// The hash of an IPv4 address or an interface index, before displacement.
pub fn mix4(key: u32, seed: u64) -> u64 {
    let x = (u64::from(key) ^ seed).wrapping_mul(C1);
    x ^ (x >> 32)
}

/// The hash of an IPv6 address, before displacement.
pub fn mix6(high: u64, low: u64, seed: u64) -> u64 {
    let x = ((high ^ (high >> 32)) ^ seed).wrapping_mul(C1);
    let x = (x ^ (x >> 32) ^ low ^ (low >> 32)).wrapping_mul(C2);
    x ^ (x >> 32)
}

/// The number of the displacement that belongs to a hash.
pub fn bucket(x: u64, shift: u8) -> u64 {
    x.wrapping_mul(C2) >> (shift & 63)
}

/// The number of the entry that belongs to a hash and its displacement.
pub fn slot(x: u64, displacement: u16, shift: u8) -> u64 {
    let moved = x ^ u64::from(displacement).wrapping_mul(C2);
    moved.wrapping_mul(C3) >> (shift & 63)
}
