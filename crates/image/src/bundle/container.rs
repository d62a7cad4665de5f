//! Named sections with lengths and digests.

use super::BundleError;
use crate::bytes::{get16, get32, get64};
use crate::digest::sha256;

/// No bundle is longer, in bytes.
pub const MAX_LEN: usize = 256 << 20;
/// No bundle has more sections.
pub const MAX_SECTIONS: usize = 64;

const MAGIC: &[u8; 8] = b"NPBUNDLE";
const VERSION: u16 = 1;
const HEADER: usize = 64;
const ENTRY: usize = 64;
const NAME: usize = 16;
const DIGEST_AT: usize = 32;
const REQUIRED: u32 = 1;
const ALIGN: usize = 8;

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section<'a> {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) contents: std::borrow::Cow<'a, [u8]>,
}

/// All sections in their order.
#[derive(Debug, Default)]
pub(super) struct Container<'a>(Vec<Section<'a>>);

fn padding(len: usize) -> usize {
    len.wrapping_neg() % ALIGN
}

/// The digest at the end of the header.
fn table_digest(bundle: &[u8], table: usize) -> Option<[u8; 32]> {
    let mut covered = bundle.get(..DIGEST_AT)?.to_vec();
    covered.extend_from_slice(bundle.get(HEADER..HEADER.checked_add(table)?)?);
    Some(sha256(&covered))
}

impl<'a> Container<'a> {
    pub(super) fn sections(&self) -> &[Section<'a>] {
        &self.0
    }

    pub(super) fn add(&mut self, name: &str, required: bool, contents: Vec<u8>) {
        self.0.push(Section {
            name: name.to_owned(),
            required,
            contents: contents.into(),
        });
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, BundleError> {
        let mut out = Vec::new();
        let contents = self.0.iter().map(|s| s.contents.len());
        let total =
            HEADER + ENTRY * self.0.len() + contents.map(|len| len + padding(len)).sum::<usize>();
        let count = u32::try_from(self.0.len());
        let (Ok(count), Ok(length), true) = (count, u64::try_from(total), total <= MAX_LEN) else {
            return Err(BundleError::Container("it would be too long"));
        };
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        out.resize(HEADER, 0);
        for section in &self.0 {
            let mut name = section.name.as_bytes().to_vec();
            name.resize(NAME, 0);
            out.extend_from_slice(&name);
            let flags = if section.required { REQUIRED } else { 0 };
            out.extend_from_slice(&flags.to_le_bytes());
            out.extend_from_slice(&[0; 4]);
            // Not longer than the total, which fits.
            let length = u64::try_from(section.contents.len()).unwrap_or(u64::MAX);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(&sha256(&section.contents));
        }
        let digest = table_digest(&out, ENTRY * self.0.len()).unwrap_or_default();
        for (byte, value) in out.iter_mut().skip(DIGEST_AT).zip(digest) {
            *byte = value;
        }
        for section in &self.0 {
            out.extend_from_slice(&section.contents);
            out.resize(out.len() + padding(section.contents.len()), 0);
        }
        Ok(out)
    }

    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, BundleError> {
        let count = check_header(bytes)?;
        let mut sections: Vec<Section<'a>> = Vec::new();
        let mut start = HEADER + ENTRY * count;
        for at in (HEADER..).step_by(ENTRY).take(count) {
            let entry = bytes.get(at..at + ENTRY).unwrap_or_default();
            let (section, end) = read_section(bytes, entry, start)?;
            if sections.iter().any(|s| s.name == section.name) {
                return Err(BundleError::section(&section.name, "is there twice"));
            }
            sections.push(section);
            start = end;
        }
        if start != bytes.len() {
            return Err(BundleError::Container("its sections do not add up"));
        }
        Ok(Self(sections))
    }
}

/// Checks everything before the contents; the result is the number of sections.
fn check_header(bytes: &[u8]) -> Result<usize, BundleError> {
    if bytes.len() > MAX_LEN {
        return Err(BundleError::Container("it is too long"));
    }
    if bytes.get(..MAGIC.len()) != Some(MAGIC) {
        return Err(BundleError::Container("it does not begin like one"));
    }
    let cut = BundleError::Container("it is cut off");
    let (Some(version), Some(zero), Some(count), Some(length), Some(more)) = (
        get16(bytes, 8),
        get16(bytes, 10),
        get32(bytes, 12),
        get64(bytes, 16),
        get64(bytes, 24),
    ) else {
        return Err(cut);
    };
    if version != VERSION {
        return Err(BundleError::Version { found: version });
    }
    if zero != 0 || more != 0 {
        return Err(BundleError::Container("reserved bytes are not zero"));
    }
    if u64::try_from(bytes.len()) != Ok(length) {
        return Err(BundleError::Container("its length is not what it says"));
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count > MAX_SECTIONS {
        return Err(BundleError::Container("it has too many sections"));
    }
    let Some(digest) = table_digest(bytes, ENTRY * count) else {
        return Err(cut);
    };
    if bytes.get(DIGEST_AT..HEADER) != Some(&digest) {
        return Err(BundleError::Container("its section table is damaged"));
    }
    Ok(count)
}

/// One section by its table entry; with it, where its padding ends.
fn read_section<'a>(
    bytes: &'a [u8],
    entry: &[u8],
    start: usize,
) -> Result<(Section<'a>, usize), BundleError> {
    let name = entry.get(..NAME).unwrap_or_default();
    let name: Vec<u8> = name.iter().copied().take_while(|b| *b != 0).collect();
    let good = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    let padded = (entry.iter().take(NAME).skip(name.len())).all(|b| *b == 0);
    if name.is_empty() || !padded || !name.iter().all(good) {
        return Err(BundleError::Container("a section has no proper name"));
    }
    let name = String::from_utf8_lossy(&name).into_owned();
    let fault = |fault| BundleError::section(&name, fault);
    let (Some(flags), Some(0), Some(length)) = (
        get32(entry, NAME),
        get32(entry, NAME + 4),
        get64(entry, NAME + 8),
    ) else {
        return Err(fault("has reserved bytes that are not zero"));
    };
    if flags & !REQUIRED != 0 {
        return Err(fault("has unknown flags"));
    }
    let end = usize::try_from(length)
        .ok()
        .and_then(|length| start.checked_add(length));
    let contents = end.and_then(|end| bytes.get(start..end));
    let (Some(contents), Some(end)) = (contents, end) else {
        return Err(fault("reaches beyond the end"));
    };
    let padded = end + padding(contents.len());
    match bytes.get(end..padded) {
        Some(zeroes) if zeroes.iter().all(|b| *b == 0) => {}
        _ => return Err(fault("is not padded with zeroes")),
    }
    if entry.get(NAME + 16..) != Some(&sha256(contents)) {
        return Err(fault("is damaged: its digest differs"));
    }
    let required = flags == REQUIRED;
    let section = Section {
        name,
        required,
        contents: contents.into(),
    };
    Ok((section, padded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut container = Container::default();
        container.add("one", true, b"first".to_vec());
        container.add("two", false, Vec::new());
        container.add("three", false, vec![7; 16]);
        container.encode().unwrap()
    }

    #[test]
    fn sections_come_back_as_they_were() {
        let bytes = sample();
        let container = Container::decode(&bytes).unwrap();
        let names: Vec<_> = container.sections().iter().map(|s| &*s.name).collect();
        assert_eq!(names, ["one", "two", "three"]);
        assert_eq!(&*container.sections()[0].contents, b"first");
        assert!(container.sections()[0].required);
        assert!(!container.sections()[2].required);
        assert_eq!(container.encode().unwrap(), bytes);
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_refused() {
        let bytes = sample();
        for len in 0..bytes.len() {
            assert!(Container::decode(&bytes[..len]).is_err(), "cut at {len}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Container::decode(&bytes).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_name_twice_is_refused() {
        let mut container = Container::default();
        container.add("one", false, Vec::new());
        container.add("one", false, Vec::new());
        let bytes = container.encode().unwrap();
        assert!(Container::decode(&bytes).is_err());
    }
}
