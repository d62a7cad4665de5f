//! The part of an image that belongs to one node at one time.

use crate::bytes::{Writer, get_field, put_digest, put_field};
use crate::layout::{
    ALIGN, HEADER_LEN, HEADER_LOCAL, INTERFACE_LEN, LOCAL_KNOWN, MAX_LEN, ROW_EMPTY, header as h,
    mix4,
};
use crate::link::{LinkError, hash};

/// What the node adds to an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Local {
    /// Which swap on this node the image belongs to.
    pub generation: u64,
    /// `LOCAL_*` bits of the layout; others are dropped.
    pub flags: u32,
    /// SHA-256 of the bundle, zero when there is none.
    pub bundle_digest: [u8; 32],
    /// Host-side interfaces: index and row of the pod behind it.
    pub interfaces: Vec<(u32, u16)>,
}

/// Replaces the node-local part of a linked image.
///
/// # Errors
/// An interface occurs twice, a row does not exist, or the bytes are no image.
pub fn set_local(image: &mut Vec<u8>, local: &Local) -> Result<(), LinkError> {
    let number = |field| get_field(image, field).and_then(|n| usize::try_from(n).ok());
    let (Some(portable), Some(rows)) = (number(h::PORTABLE_LEN), number(h::N_ROWS)) else {
        return Err(LinkError::NotAnImage);
    };
    if portable > image.len() || portable < HEADER_LEN as usize || portable % ALIGN as usize != 0 {
        return Err(LinkError::NotAnImage);
    }
    if let Some((index, row)) = (local.interfaces.iter()).find(|(_, row)| usize::from(*row) >= rows)
    {
        return Err(LinkError::NoSuchRow {
            interface: *index,
            row: *row,
        });
    }
    let mut interfaces = local.interfaces.clone();
    interfaces.sort_unstable();
    let found = hash::build("interfaces", interfaces.len(), |at, seed| {
        mix4(interfaces.get(at).map_or(0, |i| i.0), seed)
    })?;
    let too_long = |needed: usize| {
        let needed = needed.saturating_add(portable);
        LinkError::too_many(LinkError::BYTES, needed, MAX_LEN as usize)
    };
    let limit = u32::try_from((MAX_LEN as usize).saturating_sub(portable)).unwrap_or(0);
    let mut out = Writer::new(0, limit);
    out.words16(&found.displacements);
    out.align();
    let entries = portable + out.len();
    let mut table = vec![[0, ROW_EMPTY]; found.slot_count];
    let mut indexes = vec![0_u32; found.slot_count];
    for ((index, row), slot) in interfaces.iter().zip(&found.slots) {
        if let (Some(entry), Some(known)) = (table.get_mut(*slot), indexes.get_mut(*slot)) {
            *entry = [0, *row];
            *known = *index;
        }
    }
    for (index, entry) in indexes.iter().zip(&table) {
        out.bytes(&index.to_le_bytes());
        out.words16(entry);
    }
    out.align();
    let tail = out.finish().map_err(too_long)?;
    image.truncate(portable);
    image.extend_from_slice(&tail);
    write_header(image, local, &found, (portable, entries));
    Ok(())
}

fn write_header(
    image: &mut [u8],
    local: &Local,
    found: &hash::PerfectHash,
    (disp, entries): (usize, usize),
) {
    let header = image.get_mut(HEADER_LOCAL as usize..HEADER_LEN as usize);
    header.unwrap_or_default().fill(0);
    // Everything lies below MAX_LEN, which the caller has checked.
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    put_field(image, h::LEN, number(image.len()));
    put_field(image, h::LOCAL_FLAGS, u64::from(local.flags & LOCAL_KNOWN));
    put_field(image, h::GENERATION, local.generation);
    put_field(image, h::SEED_IF, found.seed);
    put_field(image, h::IF_DISP, number(disp));
    put_field(image, h::IF_ENTRIES, number(entries));
    put_field(image, h::IF_DISP_SHIFT, u64::from(found.disp_shift));
    put_field(image, h::IF_ENTRY_SHIFT, u64::from(found.entry_shift));
    put_field(image, h::N_INTERFACES, number(local.interfaces.len()));
    put_digest(image, h::BUNDLE_DIGEST, &local.bundle_digest);
    if let Some(digest) = crate::digest::local(image) {
        put_digest(image, h::LOCAL_DIGEST, &digest);
    }
}

const _: () = assert!(INTERFACE_LEN == 8, "an interface is an index and two words");
