//! Why bytes are no image.

/// The reason for refusing an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not even a header.
    #[error("{is} bytes are too short for a policy image")]
    TooShort {
        /// The length.
        is: usize,
    },
    /// Longer than any image.
    #[error("{is} bytes are more than a policy image may have")]
    TooLong {
        /// The length.
        is: usize,
    },
    /// Made by a big-endian writer.
    #[error("the policy image is big-endian; only little-endian images exist")]
    BigEndian,
    /// Something else altogether.
    #[error("this is no policy image: it begins with {found:#010x}")]
    Magic {
        /// The first four bytes.
        found: u32,
    },
    /// Another version of the layout.
    #[error("the policy image has version {found}, which this program does not read")]
    Version {
        /// The version.
        found: u16,
    },
    /// Features that the reader must know and does not.
    #[error("the policy image requires features that this program does not know ({unknown:#x})")]
    Required {
        /// The unknown bits.
        unknown: u64,
    },
    /// Cut off, or something follows.
    #[error("the policy image says that it has {says} bytes, but it has {is}")]
    Length {
        /// What the header says.
        says: u64,
        /// The length.
        is: usize,
    },
    /// A header field outside of its range.
    #[error("header field `{name}` of the policy image cannot be {found}")]
    Field {
        /// The field.
        name: &'static str,
        /// Its value.
        found: u64,
    },
    /// A section that does not fit into the image.
    #[error("section `{name}` of the policy image reaches beyond its end")]
    Section {
        /// The section.
        name: &'static str,
    },
    /// A byte that means nothing is not zero.
    #[error("byte {at} of the policy image is reserved and not zero")]
    Reserved {
        /// Where.
        at: usize,
    },
    /// A digest differs.
    #[error("the {part} part of the policy image is damaged: its digest differs")]
    Digest {
        /// `portable` or `node-local`.
        part: &'static str,
    },
    /// An element of a section is out of range.
    #[error("element {index} of section `{name}` of the policy image is out of range")]
    Element {
        /// The section.
        name: &'static str,
        /// Which element.
        index: usize,
    },
}
