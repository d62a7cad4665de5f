//! Reading an image element by element.

use crate::bytes::{get_digest, get_field, get16, get32, get64};
use crate::layout::{
    ENTRY4_LEN, ENTRY6_LEN, Field, HEADER_LEN, INTERFACE_LEN, PAGE, ROW_LEN, bucket, header as h,
    mix4, mix6, slot,
};
use netpol_policy::{Direction, Protocol};

/// An image that can be read.
///
/// Every reader gives `None` outside of the image, so that a view of bytes that were not checked
/// ([`ImageView::unchecked`]) leads to wrong answers at worst, as it does in the kernel.
#[derive(Debug, Clone, Copy)]
pub struct ImageView<'a> {
    bytes: &'a [u8],
}

/// What an image knows about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The class.
    pub class: u16,
    /// A row or one of the `ROW_*` marks.
    pub row: u16,
}

/// Widens an offset; both count bytes within at most 64 MiB.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl<'a> ImageView<'a> {
    /// Takes bytes as they are, as the kernel does; `None` when they are shorter than a header.
    pub fn unchecked(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= HEADER_LEN as usize).then_some(Self { bytes })
    }

    /// The bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// A number of the header; 0 for digests.
    pub fn field(&self, field: Field) -> u64 {
        get_field(self.bytes, field).unwrap_or_default()
    }

    /// A digest of the header.
    pub fn digest(&self, field: Field) -> [u8; 32] {
        get_digest(self.bytes, field).unwrap_or_default()
    }

    fn place(&self, start: Field, element: u64, width: u32) -> Option<usize> {
        let offset = element.checked_mul(u64::from(width))?;
        Some(index(self.field(start).checked_add(offset)?))
    }

    pub(super) fn element16(&self, start: Field, element: u64) -> Option<u16> {
        get16(self.bytes, self.place(start, element, 2)?)
    }

    pub(super) fn element32(&self, start: Field, element: u64) -> Option<u32> {
        get32(self.bytes, self.place(start, element, 4)?)
    }

    /// The slot of the IPv4 table at which an address must stand.
    pub(super) fn slot4(&self, address: u32) -> Option<u64> {
        let x = mix4(address, self.field(h::SEED4));
        self.slot(x, h::PH4_DISP, h::PH4_DISP_SHIFT, h::PH4_ENTRY_SHIFT)
    }

    /// The same for IPv6.
    pub(super) fn slot6(&self, high: u64, low: u64) -> Option<u64> {
        let x = mix6(high, low, self.field(h::SEED6));
        self.slot(x, h::PH6_DISP, h::PH6_DISP_SHIFT, h::PH6_ENTRY_SHIFT)
    }

    /// The same for interfaces.
    pub(super) fn slot_if(&self, interface: u32) -> Option<u64> {
        let x = mix4(interface, self.field(h::SEED_IF));
        self.slot(x, h::IF_DISP, h::IF_DISP_SHIFT, h::IF_ENTRY_SHIFT)
    }

    fn slot(&self, x: u64, table: Field, disp_shift: Field, entry_shift: Field) -> Option<u64> {
        let shift = |field| u8::try_from(self.field(field)).unwrap_or_default();
        let displacement = self.element16(table, bucket(x, shift(disp_shift)))?;
        Some(slot(x, displacement, shift(entry_shift)))
    }

    /// The address and entry in a slot of the IPv4 table.
    pub(super) fn entry4(&self, slot: u64) -> Option<(u32, Entry)> {
        let at = self.place(h::PH4_ENTRIES, slot, ENTRY4_LEN)?;
        let address = get32(self.bytes, at)?;
        Some((address, self.entry(at.checked_add(4)?)?))
    }

    /// The address and entry in a slot of the IPv6 table.
    pub(super) fn entry6(&self, slot: u64) -> Option<((u64, u64), Entry)> {
        let at = self.place(h::PH6_ENTRIES, slot, ENTRY6_LEN)?;
        let address = (
            get64(self.bytes, at)?,
            get64(self.bytes, at.checked_add(8)?)?,
        );
        Some((address, self.entry(at.checked_add(16)?)?))
    }

    /// The word of an IPv6 entry that is always zero.
    pub(super) fn entry6_zero(&self, slot: u64) -> Option<u32> {
        let at = self.place(h::PH6_ENTRIES, slot, ENTRY6_LEN)?;
        get32(self.bytes, at.checked_add(20)?)
    }

    /// The index and entry in a slot of the interface table; the class is always zero.
    pub(super) fn interface(&self, slot: u64) -> Option<(u32, Entry)> {
        let at = self.place(h::IF_ENTRIES, slot, INTERFACE_LEN)?;
        let interface = get32(self.bytes, at)?;
        Some((interface, self.entry(at.checked_add(4)?)?))
    }

    fn entry(&self, at: usize) -> Option<Entry> {
        Some(Entry {
            class: get16(self.bytes, at)?,
            row: get16(self.bytes, at.checked_add(2)?)?,
        })
    }

    /// The first address of an IPv6 interval.
    pub(super) fn first6(&self, element: u64) -> Option<u128> {
        let at = self.place(h::IV6_FIRST, element, 16)?;
        let high = u128::from(get64(self.bytes, at)?);
        let low = u128::from(get64(self.bytes, at.checked_add(8)?)?);
        Some(high << 64 | low)
    }

    /// The port class of a port.
    pub(crate) fn port_class(&self, protocol: Protocol, port: u16) -> Option<u16> {
        let protocol = u64::try_from(protocol.index()).ok()?;
        let page = protocol * u64::from(PAGE) + u64::from(port >> 8);
        let page = self.element16(h::PORT_INDEX, page)?;
        let port = u64::from(page) * u64::from(PAGE) + u64::from(port & 0xff);
        self.element16(h::PORT_PAGES, port)
    }

    /// Where the verdict row and the attribution row of an endpoint stand.
    pub(crate) fn row(&self, row: u64, direction: Direction) -> Option<(u32, u32)> {
        let at = self.place(h::ROW_TABLE, row, ROW_LEN)?;
        let by_direction = 4 * direction.index();
        let verdict = get32(self.bytes, at.checked_add(by_direction)?)?;
        let attribution = get32(self.bytes, at.checked_add(8 + by_direction)?)?;
        Some((verdict, attribution))
    }

    /// The vector of a class in the verdict row at an offset.
    pub(crate) fn vector(&self, row: u32, class: u16) -> Option<u16> {
        get16(
            self.bytes,
            index(u64::from(row).checked_add(u64::from(class) * 2)?),
        )
    }

    /// The attribution vector of a class in the attribution row at an offset.
    pub(crate) fn attr_vector(&self, row: u32, class: u16) -> Option<u32> {
        get32(
            self.bytes,
            index(u64::from(row).checked_add(u64::from(class) * 4)?),
        )
    }

    /// What stands where an IPv4 address must stand: address, class and row.
    pub(crate) fn address4(&self, address: u32) -> Option<(u32, u16, u16)> {
        let (found, entry) = self.entry4(self.slot4(address)?)?;
        Some((found, entry.class, entry.row))
    }

    /// The same for IPv6.
    pub(crate) fn address6(&self, (high, low): (u64, u64)) -> Option<((u64, u64), u16, u16)> {
        let (found, entry) = self.entry6(self.slot6(high, low)?)?;
        Some((found, entry.class, entry.row))
    }

    /// What stands where an interface must stand: index and row.
    pub(crate) fn interface_at(&self, interface: u32) -> Option<(u32, u16)> {
        let (found, entry) = self.interface(self.slot_if(interface)?)?;
        Some((found, entry.row))
    }

    /// The first address of an IPv4 interval.
    pub(crate) fn interval4(&self, element: u64) -> Option<u32> {
        self.element32(h::IV4_FIRST, element)
    }

    /// The first address of an IPv6 interval.
    pub(crate) fn interval6(&self, element: u64) -> Option<u128> {
        self.first6(element)
    }

    /// The class of an IPv4 interval.
    pub(crate) fn interval_class4(&self, element: u64) -> Option<u16> {
        self.element16(h::IV4_CLASS, element)
    }

    /// The class of an IPv6 interval.
    pub(crate) fn interval_class6(&self, element: u64) -> Option<u16> {
        self.element16(h::IV6_CLASS, element)
    }

    /// The verdict word at a place of all vectors together.
    pub(crate) fn verdict_word(&self, element: u64) -> Option<u16> {
        self.element16(h::VECTORS, element)
    }

    /// The rule number at a place of all attribution vectors together.
    pub(crate) fn rule(&self, element: u64) -> Option<u32> {
        self.element32(h::ATTR_VECTORS, element)
    }
}
