//! From tables to bytes.

use super::LinkError;
use super::hash::PerfectHash;
use crate::bytes::Writer;
use crate::layout::{
    ENTRY4_LEN, ENTRY6_LEN, Field, HEADER_LEN, MAGIC, MAX_INTERVALS, MAX_LEN, ROW_EMPTY, ROW_LEN,
    VERSION, header as h, mix4, mix6,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Everything that an image holds, in the widths of the image.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Address, class, row.
    pub(super) entries: Vec<(IpAddr, u16, u16)>,
    pub(super) intervals4: Vec<(u32, u16)>,
    pub(super) intervals6: Vec<(u128, u16)>,
    pub(super) port_index: Vec<u16>,
    pub(super) pages: Vec<Vec<u16>>,
    /// Per local endpoint: ingress and egress row.
    pub(super) rows: Vec<[usize; 2]>,
    pub(super) verdict_rows: Vec<Vec<u16>>,
    pub(super) vectors: Vec<Vec<u16>>,
    /// Per local endpoint: ingress and egress attribution row.
    pub(super) attr_of: Vec<[usize; 2]>,
    pub(super) attr_rows: Vec<Vec<u32>>,
    pub(super) attr_vectors: Vec<Vec<u32>>,
    pub(super) n_classes: usize,
    pub(super) n_port_classes: usize,
    pub(super) rule_bound: u32,
    pub(super) policy_digest: [u8; 32],
}

impl Tables {
    /// The portable part, its digest not yet filled in.
    pub(super) fn write(&self) -> Result<Vec<u8>, LinkError> {
        let mut out = Writer::new(HEADER_LEN, MAX_LEN);
        out.field(h::MAGIC, u64::from(MAGIC));
        out.field(h::VERSION, u64::from(VERSION));
        out.field(h::HEADER_LEN, u64::from(HEADER_LEN));
        out.field(h::RULE_BOUND, u64::from(self.rule_bound));
        out.digest(h::POLICY_DIGEST, &self.policy_digest);
        self.write_v4(&mut out)?;
        self.write_v6(&mut out)?;
        self.write_intervals(&mut out)?;
        self.write_ports(&mut out)?;
        self.write_rows(&mut out)?;
        out.align();
        let portable = out.len();
        count(&mut out, h::PORTABLE_LEN, portable)?;
        out.finish()
            .map_err(|needed| LinkError::too_many(LinkError::BYTES, needed, MAX_LEN as usize))
    }

    fn write_v4(&self, out: &mut Writer) -> Result<(), LinkError> {
        let entries: Vec<(u32, u16, u16)> = (self.entries.iter())
            .filter_map(|(address, class, row)| match address {
                IpAddr::V4(a) => Some((wire4(*a), *class, *row)),
                IpAddr::V6(_) => None,
            })
            .collect();
        let hash = super::hash::build("IPv4 addresses", entries.len(), |at, seed| {
            mix4(entries.get(at).map_or(0, |e| e.0), seed)
        })?;
        out.field(h::SEED4, hash.seed);
        out.field(h::PH4_DISP_SHIFT, u64::from(hash.disp_shift));
        out.field(h::PH4_ENTRY_SHIFT, u64::from(hash.entry_shift));
        displacements(out, h::PH4_DISP, &hash)?;
        section(out, h::PH4_ENTRIES)?;
        let mut table = EmptySlots::new(hash.slot_count, ENTRY4_LEN as usize, 6);
        for ((address, class, row), slot) in entries.iter().zip(&hash.slots) {
            table.put(
                *slot,
                &[
                    &address.to_le_bytes(),
                    &class.to_le_bytes(),
                    &row.to_le_bytes(),
                ],
            );
        }
        out.bytes(&table.bytes);
        Ok(())
    }

    fn write_v6(&self, out: &mut Writer) -> Result<(), LinkError> {
        let entries: Vec<((u64, u64), u16, u16)> = (self.entries.iter())
            .filter_map(|(address, class, row)| match address {
                IpAddr::V4(_) => None,
                IpAddr::V6(a) => Some((wire6(*a), *class, *row)),
            })
            .collect();
        let hash = super::hash::build("IPv6 addresses", entries.len(), |at, seed| {
            let (high, low) = entries.get(at).map_or((0, 0), |e| e.0);
            mix6(high, low, seed)
        })?;
        out.field(h::SEED6, hash.seed);
        out.field(h::PH6_DISP_SHIFT, u64::from(hash.disp_shift));
        out.field(h::PH6_ENTRY_SHIFT, u64::from(hash.entry_shift));
        displacements(out, h::PH6_DISP, &hash)?;
        section(out, h::PH6_ENTRIES)?;
        let mut table = EmptySlots::new(hash.slot_count, ENTRY6_LEN as usize, 18);
        for (((high, low), class, row), slot) in entries.iter().zip(&hash.slots) {
            table.put(
                *slot,
                &[
                    &high.to_le_bytes(),
                    &low.to_le_bytes(),
                    &class.to_le_bytes(),
                    &row.to_le_bytes(),
                ],
            );
        }
        out.bytes(&table.bytes);
        Ok(())
    }

    fn write_intervals(&self, out: &mut Writer) -> Result<(), LinkError> {
        for count in [self.intervals4.len(), self.intervals6.len()] {
            if count > MAX_INTERVALS as usize {
                return Err(LinkError::too_many(
                    "address intervals",
                    count,
                    MAX_INTERVALS as usize,
                ));
            }
        }
        count(out, h::N_INTERVALS4, self.intervals4.len())?;
        count(out, h::N_INTERVALS6, self.intervals6.len())?;
        section(out, h::IV4_FIRST)?;
        for (first, _) in &self.intervals4 {
            out.bytes(&first.to_le_bytes());
        }
        section(out, h::IV4_CLASS)?;
        for (_, class) in &self.intervals4 {
            out.bytes(&class.to_le_bytes());
        }
        section(out, h::IV6_FIRST)?;
        for (first, _) in &self.intervals6 {
            // The high half first, each half little-endian.
            let bytes = first.to_le_bytes();
            let (low, high) = bytes.split_at(8);
            out.bytes(high);
            out.bytes(low);
        }
        section(out, h::IV6_CLASS)?;
        for (_, class) in &self.intervals6 {
            out.bytes(&class.to_le_bytes());
        }
        Ok(())
    }

    fn write_ports(&self, out: &mut Writer) -> Result<(), LinkError> {
        count(out, h::N_PORT_CLASSES, self.n_port_classes)?;
        count(out, h::N_PAGES, self.pages.len())?;
        section(out, h::PORT_INDEX)?;
        out.words16(&self.port_index);
        section(out, h::PORT_PAGES)?;
        for page in &self.pages {
            out.words16(page);
        }
        Ok(())
    }

    fn write_rows(&self, out: &mut Writer) -> Result<(), LinkError> {
        count(out, h::N_ROWS, self.rows.len())?;
        count(out, h::N_CLASSES, self.n_classes)?;
        count(out, h::N_VERDICT_ROWS, self.verdict_rows.len())?;
        count(out, h::N_VECTORS, self.vectors.len())?;
        count(out, h::N_ATTR_ROWS, self.attr_rows.len())?;
        count(out, h::N_ATTR_VECTORS, self.attr_vectors.len())?;
        section(out, h::ROW_TABLE)?;
        let table = out.len();
        out.zeroes(self.rows.len().saturating_mul(ROW_LEN as usize));
        let verdict_rows = section(out, h::VERDICT_ROWS)?;
        for row in &self.verdict_rows {
            out.words16(row);
        }
        section(out, h::VECTORS)?;
        for vector in &self.vectors {
            out.words16(vector);
        }
        let attr_rows = section(out, h::ATTR_ROWS)?;
        for row in &self.attr_rows {
            out.words32(row);
        }
        section(out, h::ATTR_VECTORS)?;
        for vector in &self.attr_vectors {
            out.words32(vector);
        }
        let mut at = table;
        for (verdict, attr) in self.rows.iter().zip(&self.attr_of) {
            let offsets = (verdict.iter().map(|row| (verdict_rows, row, 2)))
                .chain(attr.iter().map(|row| (attr_rows, row, 4)));
            for (start, row, width) in offsets {
                let offset = start + row * self.n_classes * width;
                // Offsets beyond MAX_LEN are caught by `finish`.
                out.patch32(at, u32::try_from(offset).unwrap_or(u32::MAX));
                at += 4;
            }
        }
        Ok(())
    }
}

/// The address as the packet carries it, read as a little-endian number.
pub(crate) fn wire4(address: Ipv4Addr) -> u32 {
    u32::from_le_bytes(address.octets())
}

/// The two halves of the address as the packet carries them, read as little-endian numbers.
pub(crate) fn wire6(address: Ipv6Addr) -> (u64, u64) {
    let number = u128::from_le_bytes(address.octets());
    let low_half = number & u128::from(u64::MAX);
    (
        u64::try_from(low_half).unwrap_or_default(),
        u64::try_from(number >> 64).unwrap_or_default(),
    )
}

fn count(out: &mut Writer, field: Field, value: usize) -> Result<(), LinkError> {
    let value = u32::try_from(value)
        .map_err(|_| LinkError::too_many(field.name, value, MAX_LEN as usize))?;
    out.field(field, u64::from(value));
    Ok(())
}

/// Begins a section and notes its offset in the header.
fn section(out: &mut Writer, field: Field) -> Result<usize, LinkError> {
    out.align();
    let start = out.len();
    count(out, field, start)?;
    Ok(start)
}

fn displacements(out: &mut Writer, field: Field, hash: &PerfectHash) -> Result<(), LinkError> {
    section(out, field)?;
    out.words16(&hash.displacements);
    Ok(())
}

/// A table of entries in which every slot is marked empty at first.
struct EmptySlots {
    bytes: Vec<u8>,
    width: usize,
}

impl EmptySlots {
    /// `mark` is where the row stands within an entry.
    fn new(slots: usize, width: usize, mark: usize) -> Self {
        let mut empty = vec![0; width];
        for (byte, value) in empty.iter_mut().skip(mark).zip(ROW_EMPTY.to_le_bytes()) {
            *byte = value;
        }
        Self {
            bytes: empty.repeat(slots),
            width,
        }
    }

    fn put(&mut self, slot: usize, parts: &[&[u8]]) {
        let start = slot.saturating_mul(self.width);
        let entry = self.bytes.get_mut(start..).unwrap_or_default();
        let source = parts.iter().flat_map(|part| part.iter());
        for (byte, value) in entry.iter_mut().zip(source) {
            *byte = *value;
        }
    }
}
