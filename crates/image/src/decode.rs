//! Checked reading of images: whatever the bytes are, the answer is a view or a reason.
//!
//! An image that decodes can be judged with without a check ever failing: every offset, class,
//! row, vector and rule number was followed once. Sections have no freedom where to stand, so that
//! none can overlap another, and bytes that mean nothing are zero.

mod contents;
mod error;
mod view;

pub use error::DecodeError;
pub use view::ImageView;

use crate::bytes::{get_digest, get_field, get16, get32};
use crate::digest;
use crate::layout::section::{Count, Section};
use crate::layout::{
    ALIGN, Field, HEADER_LEN, LOCAL, LOCAL_KNOWN, MAGIC, MAX_INTERVALS, MAX_LEN, MAX_SLOT_BITS,
    PORTABLE, REQUIRED_KNOWN, ROW_LIMIT, VERSION, header as h,
};

/// Checks an image and gives a view of it. Takes time and memory in proportion to the length,
/// which is limited to [`MAX_LEN`].
///
/// # Errors
/// The first thing that is wrong, in the order: length, magic, version, features, sections,
/// digests, contents.
pub fn decode(image: &[u8]) -> Result<ImageView<'_>, DecodeError> {
    check_identity(image)?;
    check_counts(image)?;
    let portable = check_sections(image, HEADER_LEN, &PORTABLE)?;
    check_equal(image, h::PORTABLE_LEN, portable)?;
    let len = check_sections(image, portable, &LOCAL)?;
    check_equal(image, h::LEN, len)?;
    check_zeroes(image)?;
    check_digests(image)?;
    let view = ImageView::unchecked(image).ok_or(DecodeError::Length {
        says: u64::from(len),
        is: image.len(),
    })?;
    contents::check(&view)?;
    Ok(view)
}

fn field(image: &[u8], field: Field) -> Result<u64, DecodeError> {
    get_field(image, field).ok_or(DecodeError::TooShort { is: image.len() })
}

fn check_identity(image: &[u8]) -> Result<(), DecodeError> {
    if image.len() < HEADER_LEN as usize {
        return Err(DecodeError::TooShort { is: image.len() });
    }
    if image.len() > MAX_LEN as usize {
        return Err(DecodeError::TooLong { is: image.len() });
    }
    let magic = get32(image, h::MAGIC.at()).unwrap_or_default();
    if magic == MAGIC.swap_bytes() {
        return Err(DecodeError::BigEndian);
    }
    if magic != MAGIC {
        return Err(DecodeError::Magic { found: magic });
    }
    let version = get16(image, h::VERSION.at()).unwrap_or_default();
    if version != VERSION {
        return Err(DecodeError::Version { found: version });
    }
    check_equal(image, h::HEADER_LEN, HEADER_LEN)?;
    let required = field(image, h::REQUIRED)? & !u64::from(REQUIRED_KNOWN);
    if required != 0 {
        return Err(DecodeError::Required { unknown: required });
    }
    let flags = field(image, h::LOCAL_FLAGS)? & !u64::from(LOCAL_KNOWN);
    if flags != 0 {
        return Err(DecodeError::Field {
            name: h::LOCAL_FLAGS.name,
            found: flags,
        });
    }
    let says = field(image, h::LEN)?;
    if u64::try_from(image.len()) != Ok(says) {
        return Err(DecodeError::Length {
            says,
            is: image.len(),
        });
    }
    Ok(())
}

fn check_equal(image: &[u8], what: Field, wanted: u32) -> Result<(), DecodeError> {
    let found = field(image, what)?;
    if found == u64::from(wanted) {
        return Ok(());
    }
    Err(DecodeError::Field {
        name: what.name,
        found,
    })
}

/// Counts that have a limit of their own, lowest and highest.
const COUNTS: [(Field, u32, u32); 8] = [
    (h::N_ROWS, 0, ROW_LIMIT as u32),
    (h::N_CLASSES, 1, 1 << 16),
    (h::N_PORT_CLASSES, 1, 1 << 16),
    (h::N_VECTORS, 0, 1 << 16),
    (h::N_PAGES, 1, 1 << 16),
    (h::N_INTERVALS4, 1, MAX_INTERVALS),
    (h::N_INTERVALS6, 1, MAX_INTERVALS),
    (h::N_INTERFACES, 0, 1 << MAX_SLOT_BITS),
];

fn check_counts(image: &[u8]) -> Result<(), DecodeError> {
    for (what, lowest, highest) in COUNTS {
        let found = field(image, what)?;
        if !(u64::from(lowest)..=u64::from(highest)).contains(&found) {
            return Err(DecodeError::Field {
                name: what.name,
                found,
            });
        }
    }
    Ok(())
}

/// Every section stands where the one before it ends, rounded up; the result is where the last
/// one ends, rounded up.
fn check_sections(image: &[u8], start: u32, sections: &[Section]) -> Result<u32, DecodeError> {
    let mut end = start;
    for section in sections {
        check_equal(image, section.offset, end)?;
        let too_long = DecodeError::Section {
            name: section.offset.name,
        };
        let count = count_of(image, section)?;
        let bytes = count.and_then(|n| n.checked_mul(u64::from(section.element)));
        let next = bytes
            .and_then(|bytes| bytes.checked_add(u64::from(end)))
            .and_then(|next| next.checked_next_multiple_of(u64::from(ALIGN)))
            .and_then(|next| u32::try_from(next).ok())
            .filter(|next| usize::try_from(*next).is_ok_and(|next| next <= image.len()));
        end = next.ok_or(too_long)?;
    }
    Ok(end)
}

/// How many elements a section has; `None` when that is beyond 64 bits.
pub(crate) fn count_of(image: &[u8], section: &Section) -> Result<Option<u64>, DecodeError> {
    Ok(match section.count {
        Count::Fixed(count) => Some(u64::from(count)),
        Count::Shift(shift) => {
            let found = field(image, shift)?;
            if !(64 - u64::from(MAX_SLOT_BITS)..=63).contains(&found) {
                return Err(DecodeError::Field {
                    name: shift.name,
                    found,
                });
            }
            1_u64.checked_shl(u32::try_from(64 - found).unwrap_or(u32::MAX))
        }
        Count::Times(count, times) => field(image, count)?.checked_mul(u64::from(times)),
        Count::Product(a, b) => field(image, a)?.checked_mul(field(image, b)?),
    })
}

/// Bytes between fields and between sections mean nothing and must say nothing.
fn check_zeroes(image: &[u8]) -> Result<(), DecodeError> {
    let mut end = 0;
    for field in h::ALL {
        check_gap(image, end, field.at())?;
        end = field.end() as usize;
    }
    check_gap(image, end, HEADER_LEN as usize)?;
    let starts = (PORTABLE.iter().chain(&LOCAL).skip(1))
        .map(|section| field(image, section.offset))
        .chain(std::iter::once(field(image, h::LEN)));
    for (section, next) in PORTABLE.iter().chain(&LOCAL).zip(starts) {
        // Checked before: counts and offsets are in range.
        let bytes = count_of(image, section)?.unwrap_or(0) * u64::from(section.element);
        let end = field(image, section.offset)? + bytes;
        let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        check_gap(image, index(end), index(next?))?;
    }
    Ok(())
}

fn check_gap(image: &[u8], from: usize, to: usize) -> Result<(), DecodeError> {
    let gap = image.get(from..to).unwrap_or_default();
    match gap.iter().position(|byte| *byte != 0) {
        None => Ok(()),
        Some(at) => Err(DecodeError::Reserved { at: from + at }),
    }
}

fn check_digests(image: &[u8]) -> Result<(), DecodeError> {
    if get_digest(image, h::PORTABLE_DIGEST) != digest::portable(image) {
        return Err(DecodeError::Digest { part: "portable" });
    }
    if get_digest(image, h::LOCAL_DIGEST) != digest::local(image) {
        return Err(DecodeError::Digest { part: "node-local" });
    }
    Ok(())
}
