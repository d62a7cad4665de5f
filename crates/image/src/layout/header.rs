//! The fields of the header, in their order.

use super::{Field, Kind};

macro_rules! fields {
    ($($(#[doc = $note:literal])+ $constant:ident = $offset:literal $kind:ident $name:literal;)+) => {
        $(
            $(#[doc = $note])+
            pub const $constant: Field = Field {
                name: $name,
                offset: $offset,
                kind: Kind::$kind,
                note: concat!($($note),+),
            };
        )+
        /// All fields in the order of their offsets; bytes between them are zero.
        pub const ALL: &[Field] = &[$($constant),+];
    };
}

fields! {
    /// `NPIM`.
    MAGIC = 0x000 U32 "magic";
    /// Version of the layout.
    VERSION = 0x004 U16 "version";
    /// Bytes of this header.
    HEADER_LEN = 0x006 U16 "header_len";
    /// Features that a reader must know; an unknown bit is refused.
    REQUIRED = 0x008 U32 "required";
    /// Features that a reader may know.
    OPTIONAL = 0x00c U32 "optional";
    /// Bytes of the portable part, this header included.
    PORTABLE_LEN = 0x010 U32 "portable_len";
    /// Local endpoints.
    N_ROWS = 0x014 U32 "n_rows";
    /// Peer classes.
    N_CLASSES = 0x018 U32 "n_classes";
    /// Port classes.
    N_PORT_CLASSES = 0x01c U32 "n_port_classes";
    /// Distinct verdict vectors.
    N_VECTORS = 0x020 U32 "n_vectors";
    /// Distinct verdict rows.
    N_VERDICT_ROWS = 0x024 U32 "n_verdict_rows";
    /// Distinct attribution rows.
    N_ATTR_ROWS = 0x028 U32 "n_attr_rows";
    /// Distinct attribution vectors.
    N_ATTR_VECTORS = 0x02c U32 "n_attr_vectors";
    /// Pages of ports.
    N_PAGES = 0x030 U32 "n_pages";
    /// IPv4 intervals.
    N_INTERVALS4 = 0x034 U32 "n_intervals4";
    /// IPv6 intervals.
    N_INTERVALS6 = 0x038 U32 "n_intervals6";
    /// Rule numbers are below this one.
    RULE_BOUND = 0x03c U32 "rule_bound";

    /// Seed of the IPv4 hash.
    SEED4 = 0x040 U64 "seed4";
    /// Seed of the IPv6 hash.
    SEED6 = 0x048 U64 "seed6";
    /// Offset of the section.
    PH4_DISP = 0x050 U32 "ph4_disp";
    /// Offset of the section.
    PH4_ENTRIES = 0x054 U32 "ph4_entries";
    /// Offset of the section.
    PH6_DISP = 0x058 U32 "ph6_disp";
    /// Offset of the section.
    PH6_ENTRIES = 0x05c U32 "ph6_entries";
    /// 64 minus the binary logarithm of the number of displacements.
    PH4_DISP_SHIFT = 0x060 U8 "ph4_disp_shift";
    /// 64 minus the binary logarithm of the number of entries.
    PH4_ENTRY_SHIFT = 0x061 U8 "ph4_entry_shift";
    /// The same for IPv6.
    PH6_DISP_SHIFT = 0x062 U8 "ph6_disp_shift";
    /// The same for IPv6.
    PH6_ENTRY_SHIFT = 0x063 U8 "ph6_entry_shift";
    /// Offset of the section.
    IV4_FIRST = 0x064 U32 "iv4_first";
    /// Offset of the section.
    IV4_CLASS = 0x068 U32 "iv4_class";
    /// Offset of the section.
    IV6_FIRST = 0x06c U32 "iv6_first";
    /// Offset of the section.
    IV6_CLASS = 0x070 U32 "iv6_class";
    /// Offset of the section.
    PORT_INDEX = 0x074 U32 "port_index";
    /// Offset of the section.
    PORT_PAGES = 0x078 U32 "port_pages";
    /// Offset of the section.
    ROW_TABLE = 0x07c U32 "row_table";

    /// Offset of the section.
    VERDICT_ROWS = 0x080 U32 "verdict_rows";
    /// Offset of the section.
    VECTORS = 0x084 U32 "vectors";
    /// Offset of the section.
    ATTR_ROWS = 0x088 U32 "attr_rows";
    /// Offset of the section.
    ATTR_VECTORS = 0x08c U32 "attr_vectors";
    /// SHA-256 of the policy section of the bundle that was linked; zero when there is no bundle.
    POLICY_DIGEST = 0x0a0 Digest "policy_digest";
    /// SHA-256 of the portable part.
    PORTABLE_DIGEST = 0x0c0 Digest "portable_digest";

    /// Bytes of the whole image.
    LEN = 0x100 U32 "len";
    /// `NP_LOCAL_*` bits.
    LOCAL_FLAGS = 0x104 U32 "local_flags";
    /// Which swap on this node the image belongs to; 0 before it is staged.
    GENERATION = 0x108 U64 "generation";
    /// Seed of the interface hash.
    SEED_IF = 0x110 U64 "seed_if";
    /// Offset of the section.
    IF_DISP = 0x118 U32 "if_disp";
    /// Offset of the section.
    IF_ENTRIES = 0x11c U32 "if_entries";
    /// 64 minus the binary logarithm of the number of displacements.
    IF_DISP_SHIFT = 0x120 U8 "if_disp_shift";
    /// 64 minus the binary logarithm of the number of entries.
    IF_ENTRY_SHIFT = 0x121 U8 "if_entry_shift";
    /// Interfaces in the hash.
    N_INTERFACES = 0x124 U32 "n_interfaces";
    /// SHA-256 of the bundle that the image was linked from; zero when there is none.
    BUNDLE_DIGEST = 0x140 Digest "bundle_digest";
    /// SHA-256 of the node-local part.
    LOCAL_DIGEST = 0x160 Digest "local_digest";
}

#[cfg(test)]
mod tests {
    use super::super::{HEADER_LEN as LEN_OF_HEADER, HEADER_LOCAL};
    use super::*;

    #[test]
    fn fields_are_in_order_aligned_and_inside() {
        let mut end = 0;
        for field in ALL {
            assert!(field.offset >= end, "{} overlaps", field.name);
            let align = field.kind.width().min(8);
            assert_eq!(field.offset % align, 0, "{} is not aligned", field.name);
            end = field.end();
        }
        assert!(end <= LEN_OF_HEADER);
        assert!(PORTABLE_DIGEST.end() <= HEADER_LOCAL);
        assert_eq!(LEN.offset, HEADER_LOCAL);
    }
}
