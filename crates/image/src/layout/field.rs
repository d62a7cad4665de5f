//! One field of the header.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One byte.
    U8,
    /// Two bytes, little-endian.
    U16,
    /// Four bytes, little-endian.
    U32,
    /// Eight bytes, little-endian.
    U64,
    /// A SHA-256 digest.
    Digest,
}

impl Kind {
    /// Bytes that it takes.
    pub const fn width(self) -> u32 {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 => 4,
            Self::U64 => 8,
            Self::Digest => 32,
        }
    }
}

/// A field by name and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The member's name in C.
    pub name: &'static str,
    /// Bytes from the start of the image.
    pub offset: u32,
    /// What it holds.
    pub kind: Kind,
    /// One line about it.
    pub note: &'static str,
}

impl Field {
    /// The offset as an index.
    pub fn at(&self) -> usize {
        // Header offsets are below 2^16; the fallback lies outside of every image.
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    /// The first byte after the field.
    pub const fn end(&self) -> u32 {
        self.offset + self.kind.width()
    }
}
