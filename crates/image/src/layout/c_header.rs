//! The C header of the dataplane program.

use super::{Field, Kind, header};
use crate::reason::REASONS;
use std::fmt::Write as _;

/// The text of `runtime-agent/bpf/layout.h`.
pub fn c_header() -> String {
    let mut out = String::from(TOP);
    constants(&mut out);
    reasons(&mut out);
    header_struct(&mut out);
    out.push_str(STRUCTS);
    out.push_str("\n#endif /* NETPOL_LAYOUT_H */\n");
    out
}

const TOP: &str = "\
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Made from crates/image/src/layout.rs by `cargo xtask gen`; do not edit.
 * What the sections hold and how a packet is judged is described there. */
#ifndef NETPOL_LAYOUT_H
#define NETPOL_LAYOUT_H

";

const STRUCTS: &str = "
/* An address of an endpoint, node or service; addr is as in the packet. */
struct np_entry4 {
	__u32 addr;
	__u16 cls;
	__u16 row;
};
_Static_assert(sizeof(struct np_entry4) == NP_ENTRY4_LEN, \"np_entry4\");

struct np_entry6 {
	__u64 high; /* bytes 0 to 7 of the address, as in the packet */
	__u64 low;  /* bytes 8 to 15 */
	__u16 cls;
	__u16 row;
	__u32 zero;
};
_Static_assert(sizeof(struct np_entry6) == NP_ENTRY6_LEN, \"np_entry6\");

/* A host-side interface and the row of the pod behind it. */
struct np_interface {
	__u32 index;
	__u16 zero;
	__u16 row;
};
_Static_assert(sizeof(struct np_interface) == NP_INTERFACE_LEN, \"np_interface\");

/* Offsets from the start of the image, by direction: 0 ingress, 1 egress. */
struct np_row {
	__u32 verdict[2]; /* u16 vector[n_classes] */
	__u32 attr[2];    /* u32 attribution vector[n_classes] */
};
_Static_assert(sizeof(struct np_row) == NP_ROW_LEN, \"np_row\");
";

fn define(out: &mut String, name: &str, value: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "#define NP_{name} {value}");
}

fn constants(out: &mut String) {
    let hex32 = |v: u32| format!("{v:#x}u");
    let hex16 = |v: u16| format!("{v:#x}u");
    let hex64 = |v: u64| format!("{v:#018x}ull");
    let numbers: [(&str, String); 30] = [
        ("MAGIC", hex32(super::MAGIC)),
        ("VERSION", hex16(super::VERSION)),
        ("HEADER_LEN", hex32(super::HEADER_LEN)),
        ("ALIGN", hex32(super::ALIGN)),
        ("MAX_LEN", hex32(super::MAX_LEN)),
        ("REQUIRED_KNOWN", hex32(super::REQUIRED_KNOWN)),
        ("LOCAL_BANK", hex32(super::LOCAL_BANK)),
        ("LOCAL_AUDIT", hex32(super::LOCAL_AUDIT)),
        ("ENTRY4_LEN", hex32(super::ENTRY4_LEN)),
        ("ENTRY6_LEN", hex32(super::ENTRY6_LEN)),
        ("INTERFACE_LEN", hex32(super::INTERFACE_LEN)),
        ("ROW_LEN", hex32(super::ROW_LEN)),
        ("CLASS_UNKNOWN", hex16(super::CLASS_UNKNOWN)),
        ("ROW_LIMIT", hex16(super::ROW_LIMIT)),
        ("ROW_EMPTY", hex16(super::ROW_EMPTY)),
        ("ROW_NODE", hex16(super::ROW_NODE)),
        ("ROW_NONE", hex16(super::ROW_NONE)),
        ("PROTOCOLS", hex32(super::PROTOCOLS)),
        ("PAGE", hex32(super::PAGE)),
        ("MAX_INTERVALS", hex32(super::MAX_INTERVALS)),
        ("INTERVAL_STEPS", super::INTERVAL_STEPS.to_string()),
        ("MAX_SLOT_BITS", super::MAX_SLOT_BITS.to_string()),
        ("ALLOW", hex16(super::ALLOW)),
        ("NEED_STATE", hex16(super::NEED_STATE)),
        ("LOG", hex16(super::LOG)),
        ("VERDICT_BITS", hex16(super::VERDICT_BITS)),
        ("C1", hex64(super::C1)),
        ("C2", hex64(super::C2)),
        ("C3", hex64(super::C3)),
        ("RULE_FIRST", netpol_policy::RuleId::FIRST.to_string()),
    ];
    for (name, value) in numbers {
        define(out, name, value);
    }
    out.push('\n');
    for protocol in netpol_policy::Protocol::ALL {
        define(
            out,
            &format!("PROTOCOL_{}", protocol.name()),
            protocol.index(),
        );
    }
    for direction in netpol_policy::Direction::BOTH {
        define(
            out,
            &direction.name().to_ascii_uppercase(),
            direction.index(),
        );
    }
    out.push('\n');
}

fn reasons(out: &mut String) {
    for reason in &REASONS {
        let _ = writeln!(
            out,
            "#define NP_RULE_{} {} /* {} */",
            reason.name, reason.id.0, reason.sentence
        );
    }
    out.push('\n');
}

fn header_struct(out: &mut String) {
    out.push_str("struct np_header {\n");
    let mut end = 0;
    for field in header::ALL {
        pad(out, end, field.offset);
        member(out, field);
        end = field.end();
    }
    pad(out, end, super::HEADER_LEN);
    out.push_str("};\n");
    out.push_str("_Static_assert(sizeof(struct np_header) == NP_HEADER_LEN, \"np_header\");\n");
    for field in header::ALL {
        let _ = writeln!(
            out,
            "_Static_assert(__builtin_offsetof(struct np_header, {0}) == {1:#x}, \"{0}\");",
            field.name, field.offset
        );
    }
}

fn pad(out: &mut String, from: u32, to: u32) {
    if from < to {
        let _ = writeln!(out, "\t__u8 zero_{from:03x}[{}];", to - from);
    }
}

fn member(out: &mut String, field: &Field) {
    let (kind, array) = match field.kind {
        Kind::U8 => ("__u8", ""),
        Kind::U16 => ("__u16", ""),
        Kind::U32 => ("__u32", ""),
        Kind::U64 => ("__u64", ""),
        Kind::Digest => ("__u8", "[32]"),
    };
    let _ = writeln!(
        out,
        "\t{kind} {}{array}; /* {:#05x}: {} */",
        field.name,
        field.offset,
        field.note.trim()
    );
}

#[cfg(test)]
mod tests {
    use super::c_header;

    #[test]
    fn names_every_field_and_reason_once() {
        let text = c_header();
        for field in super::header::ALL {
            let member = format!(" {}", field.name);
            let hits = text
                .lines()
                .filter(|l| l.starts_with('\t'))
                .filter(|l| {
                    l.split(';')
                        .next()
                        .is_some_and(|m| m.trim_end_matches("[32]").ends_with(&member))
                })
                .count();
            assert_eq!(hits, 1, "{}", field.name);
        }
        for reason in &super::REASONS {
            let define = format!("#define NP_RULE_{} {} ", reason.name, reason.id.0);
            assert_eq!(text.matches(&define).count(), 1, "{}", reason.name);
        }
    }

    /// Whoever changes the layout must make the header anew.
    #[test]
    fn the_committed_header_is_this_one() {
        let committed = include_str!("../../../../runtime-agent/bpf/layout.h");
        assert_eq!(committed, c_header());
    }
}
