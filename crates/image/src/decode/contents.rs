//! Every element of every section is followed once.

use super::{DecodeError, ImageView, count_of};
use crate::layout::section::Section;
use crate::layout::{
    ALLOW, Field, LOCAL, PORTABLE, ROW_EMPTY, ROW_LIMIT, ROW_NODE, ROW_NONE, VERDICT_BITS,
    header as h,
};
use netpol_policy::Direction;

/// Checks what the sections hold; where they stand has been checked before.
pub(super) fn check(view: &ImageView<'_>) -> Result<(), DecodeError> {
    check_addresses(view)?;
    check_interfaces(view)?;
    check_intervals(view)?;
    check_ports(view)?;
    check_rows(view)?;
    check_vectors(view)
}

fn out_of_range(section: Field, index: u64) -> DecodeError {
    DecodeError::Element {
        name: section.name,
        index: usize::try_from(index).unwrap_or(usize::MAX),
    }
}

/// Asks about every element of a section, by the field that holds its offset.
fn all(
    view: &ImageView<'_>,
    start: Field,
    good: impl Fn(u64) -> Option<bool>,
) -> Result<(), DecodeError> {
    let is_it = |section: &&Section| section.offset == start;
    let section = PORTABLE.iter().chain(&LOCAL).find(is_it);
    let count = match section {
        Some(section) => count_of(view.bytes(), section)?.unwrap_or(u64::MAX),
        None => 0,
    };
    for element in 0..count {
        if good(element) != Some(true) {
            return Err(out_of_range(start, element));
        }
    }
    Ok(())
}

/// Entries stand where a lookup finds them, so no address is there twice; what they say exists.
fn check_addresses(view: &ImageView<'_>) -> Result<(), DecodeError> {
    let classes = view.field(h::N_CLASSES);
    let rows = view.field(h::N_ROWS);
    let known =
        |row: u16| u64::from(row) < rows && row < ROW_LIMIT || row == ROW_NODE || row == ROW_NONE;
    all(view, h::PH4_ENTRIES, |slot| {
        let (address, entry) = view.entry4(slot)?;
        Some(if entry.row == ROW_EMPTY {
            address == 0 && entry.class == 0
        } else {
            known(entry.row) && u64::from(entry.class) < classes && view.slot4(address)? == slot
        })
    })?;
    all(view, h::PH6_ENTRIES, |slot| {
        let ((high, low), entry) = view.entry6(slot)?;
        let zero = view.entry6_zero(slot)? == 0;
        Some(if entry.row == ROW_EMPTY {
            zero && high == 0 && low == 0 && entry.class == 0
        } else {
            zero && known(entry.row)
                && u64::from(entry.class) < classes
                && view.slot6(high, low)? == slot
        })
    })
}

fn check_interfaces(view: &ImageView<'_>) -> Result<(), DecodeError> {
    let rows = view.field(h::N_ROWS);
    let found = std::cell::Cell::new(0_u64);
    all(view, h::IF_ENTRIES, |slot| {
        let (interface, entry) = view.interface(slot)?;
        if entry.row == ROW_EMPTY {
            return Some(interface == 0 && entry.class == 0);
        }
        found.set(found.get() + 1);
        let there = view.slot_if(interface)? == slot;
        Some(there && entry.class == 0 && u64::from(entry.row) < rows)
    })?;
    if found.get() == view.field(h::N_INTERFACES) {
        return Ok(());
    }
    Err(DecodeError::Field {
        name: h::N_INTERFACES.name,
        found: view.field(h::N_INTERFACES),
    })
}

/// First addresses rise from 0, so that every address lies in exactly one interval.
fn check_intervals(view: &ImageView<'_>) -> Result<(), DecodeError> {
    let classes = view.field(h::N_CLASSES);
    let known = |class: Option<u16>| Some(u64::from(class?) < classes);
    all(view, h::IV4_FIRST, |at| {
        let first = view.element32(h::IV4_FIRST, at)?;
        Some(match at.checked_sub(1) {
            None => first == 0,
            Some(before) => view.element32(h::IV4_FIRST, before)? < first,
        })
    })?;
    all(view, h::IV4_CLASS, |at| {
        known(view.element16(h::IV4_CLASS, at))
    })?;
    all(view, h::IV6_FIRST, |at| {
        let first = view.first6(at)?;
        Some(match at.checked_sub(1) {
            None => first == 0,
            Some(before) => view.first6(before)? < first,
        })
    })?;
    all(view, h::IV6_CLASS, |at| {
        known(view.element16(h::IV6_CLASS, at))
    })
}

fn check_ports(view: &ImageView<'_>) -> Result<(), DecodeError> {
    let pages = view.field(h::N_PAGES);
    let classes = view.field(h::N_PORT_CLASSES);
    all(view, h::PORT_INDEX, |at| {
        Some(u64::from(view.element16(h::PORT_INDEX, at)?) < pages)
    })?;
    all(view, h::PORT_PAGES, |at| {
        Some(u64::from(view.element16(h::PORT_PAGES, at)?) < classes)
    })
}

/// A row's four offsets are those of rows.
fn check_rows(view: &ImageView<'_>) -> Result<(), DecodeError> {
    let classes = view.field(h::N_CLASSES);
    let is_row = |offset: u32, section: Field, count: Field, width: u64| {
        let len = classes * width;
        let inside = u64::from(offset).checked_sub(view.field(section));
        inside.is_some_and(|at| at % len == 0 && at / len < view.field(count))
    };
    all(view, h::ROW_TABLE, |row| {
        let mut good = true;
        for direction in Direction::BOTH {
            let (verdict, attr) = view.row(row, direction)?;
            good &= is_row(verdict, h::VERDICT_ROWS, h::N_VERDICT_ROWS, 2);
            good &= is_row(attr, h::ATTR_ROWS, h::N_ATTR_ROWS, 4);
        }
        Some(good)
    })?;
    let vectors = view.field(h::N_VECTORS);
    all(view, h::VERDICT_ROWS, |at| {
        Some(u64::from(view.element16(h::VERDICT_ROWS, at)?) < vectors)
    })?;
    let attr_vectors = view.field(h::N_ATTR_VECTORS);
    all(view, h::ATTR_ROWS, |at| {
        Some(u64::from(view.element32(h::ATTR_ROWS, at)?) < attr_vectors)
    })
}

fn check_vectors(view: &ImageView<'_>) -> Result<(), DecodeError> {
    all(view, h::VECTORS, |at| {
        let word = view.element16(h::VECTORS, at)?;
        // What is denied needs nothing remembered, and denials are reported anyway.
        Some(word & !VERDICT_BITS == 0 && (word == 0 || word & ALLOW != 0))
    })?;
    let bound = view.field(h::RULE_BOUND);
    all(view, h::ATTR_VECTORS, |at| {
        Some(u64::from(view.element32(h::ATTR_VECTORS, at)?) < bound)
    })
}
