//! The sections, in their order: what each is made of and how many elements it has.

use super::{ENTRY4_LEN, ENTRY6_LEN, Field, INTERFACE_LEN, PAGE, PROTOCOLS, ROW_LEN, header as h};

/// How many elements a section has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Always this many.
    Fixed(u32),
    /// `1 << (64 - field)`.
    Shift(Field),
    /// As many as a field says, times a constant.
    Times(Field, u32),
    /// The product of two fields.
    Product(Field, Field),
}

/// A section by the header field that holds its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Where its offset stands.
    pub offset: Field,
    /// Bytes of one element.
    pub element: u32,
    /// How many elements there are.
    pub count: Count,
}

const fn section(offset: Field, element: u32, count: Count) -> Section {
    Section {
        offset,
        element,
        count,
    }
}

/// The sections of the portable part, in order; the first one follows the header.
pub const PORTABLE: [Section; 15] = [
    section(h::PH4_DISP, 2, Count::Shift(h::PH4_DISP_SHIFT)),
    section(h::PH4_ENTRIES, ENTRY4_LEN, Count::Shift(h::PH4_ENTRY_SHIFT)),
    section(h::PH6_DISP, 2, Count::Shift(h::PH6_DISP_SHIFT)),
    section(h::PH6_ENTRIES, ENTRY6_LEN, Count::Shift(h::PH6_ENTRY_SHIFT)),
    section(h::IV4_FIRST, 4, Count::Times(h::N_INTERVALS4, 1)),
    section(h::IV4_CLASS, 2, Count::Times(h::N_INTERVALS4, 1)),
    section(h::IV6_FIRST, 16, Count::Times(h::N_INTERVALS6, 1)),
    section(h::IV6_CLASS, 2, Count::Times(h::N_INTERVALS6, 1)),
    section(h::PORT_INDEX, 2, Count::Fixed(PROTOCOLS * PAGE)),
    section(h::PORT_PAGES, 2, Count::Times(h::N_PAGES, PAGE)),
    section(h::ROW_TABLE, ROW_LEN, Count::Times(h::N_ROWS, 1)),
    section(
        h::VERDICT_ROWS,
        2,
        Count::Product(h::N_VERDICT_ROWS, h::N_CLASSES),
    ),
    section(
        h::VECTORS,
        2,
        Count::Product(h::N_VECTORS, h::N_PORT_CLASSES),
    ),
    section(
        h::ATTR_ROWS,
        4,
        Count::Product(h::N_ATTR_ROWS, h::N_CLASSES),
    ),
    section(
        h::ATTR_VECTORS,
        4,
        Count::Product(h::N_ATTR_VECTORS, h::N_PORT_CLASSES),
    ),
];

/// The sections of the node-local part, in order; the first one follows the portable part.
pub const LOCAL: [Section; 2] = [
    section(h::IF_DISP, 2, Count::Shift(h::IF_DISP_SHIFT)),
    section(
        h::IF_ENTRIES,
        INTERFACE_LEN,
        Count::Shift(h::IF_ENTRY_SHIFT),
    ),
];
