/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Made from crates/image/src/layout.rs by `cargo xtask gen`; do not edit.
 * What the sections hold and how a packet is judged is described there. */
#ifndef NETPOL_LAYOUT_H
#define NETPOL_LAYOUT_H

#define NP_MAGIC 0x4d49504eu
#define NP_VERSION 0x1u
#define NP_HEADER_LEN 0x180u
#define NP_ALIGN 0x40u
#define NP_MAX_LEN 0x4000000u
#define NP_REQUIRED_KNOWN 0x0u
#define NP_LOCAL_BANK 0x1u
#define NP_LOCAL_AUDIT 0x2u
#define NP_ENTRY4_LEN 0x8u
#define NP_ENTRY6_LEN 0x18u
#define NP_INTERFACE_LEN 0x8u
#define NP_ROW_LEN 0x10u
#define NP_CLASS_UNKNOWN 0x0u
#define NP_ROW_LIMIT 0xfff0u
#define NP_ROW_EMPTY 0xfffdu
#define NP_ROW_NODE 0xfffeu
#define NP_ROW_NONE 0xffffu
#define NP_PROTOCOLS 0x6u
#define NP_PAGE 0x100u
#define NP_MAX_INTERVALS 0x100000u
#define NP_INTERVAL_STEPS 20
#define NP_MAX_SLOT_BITS 22
#define NP_ALLOW 0x1u
#define NP_NEED_STATE 0x2u
#define NP_LOG 0x4u
#define NP_VERDICT_BITS 0x7u
#define NP_C1 0x9e3779b97f4a7c15ull
#define NP_C2 0xd6e8feb86659fd93ull
#define NP_C3 0xbf58476d1ce4e5b9ull
#define NP_RULE_FIRST 16

#define NP_PROTOCOL_TCP 0
#define NP_PROTOCOL_UDP 1
#define NP_PROTOCOL_SCTP 2
#define NP_PROTOCOL_ICMP 3
#define NP_PROTOCOL_ICMPV6 4
#define NP_PROTOCOL_OTHER 5
#define NP_INGRESS 0
#define NP_EGRESS 1

#define NP_RULE_NOT_ISOLATED 0 /* No policy isolates the endpoint in this direction. */
#define NP_RULE_SELF 1 /* A pod always reaches itself. */
#define NP_RULE_LOCAL_NODE 2 /* A node always reaches the pods that run on it. */
#define NP_RULE_REPLY 3 /* The packet answers a flow that was allowed the other way. */
#define NP_RULE_NO_IMAGE 4 /* No policy image is in force, or it is damaged. */
#define NP_RULE_NOT_OURS 5 /* The address on the pod's side is not known to belong to the pod behind this interface. */
#define NP_RULE_SPOOFED 6 /* The packet left a pod with a source address that is not the pod's. */
#define NP_RULE_FRAGMENT 7 /* A fragment without ports arrived and nothing is known of its first part. */
#define NP_RULE_MALFORMED 8 /* The packet's headers contradict themselves or end too early. */
#define NP_RULE_EXT_HEADER 9 /* The packet carries IPv4 options or IPv6 extension headers that are not followed. */
#define NP_RULE_ICMP_ERROR 10 /* An ICMP error quotes a packet that no allowed flow sent. */
#define NP_RULE_NON_IP 11 /* The frame is neither IPv4 nor IPv6 nor a neighbour lookup, or it is packed into another protocol. */
#define NP_RULE_QUOTA 12 /* The endpoint's share of the flow table is used up, so no further flow is remembered. */
#define NP_RULE_LINK_CONTROL 13 /* Address configuration or neighbour lookup for the pod's own addresses. */
#define NP_RULE_MIDSTREAM 14 /* A segment of a connection that was open before the policy was put in force. */
#define NP_RULE_ROGUE_NEIGHBOUR 15 /* A neighbour or router message from a pod speaks for somebody else. */

struct np_header {
	__u32 magic; /* 0x000: `NPIM`. */
	__u16 version; /* 0x004: Version of the layout. */
	__u16 header_len; /* 0x006: Bytes of this header. */
	__u32 required; /* 0x008: Features that a reader must know; an unknown bit is refused. */
	__u32 optional; /* 0x00c: Features that a reader may know. */
	__u32 portable_len; /* 0x010: Bytes of the portable part, this header included. */
	__u32 n_rows; /* 0x014: Local endpoints. */
	__u32 n_classes; /* 0x018: Peer classes. */
	__u32 n_port_classes; /* 0x01c: Port classes. */
	__u32 n_vectors; /* 0x020: Distinct verdict vectors. */
	__u32 n_verdict_rows; /* 0x024: Distinct verdict rows. */
	__u32 n_attr_rows; /* 0x028: Distinct attribution rows. */
	__u32 n_attr_vectors; /* 0x02c: Distinct attribution vectors. */
	__u32 n_pages; /* 0x030: Pages of ports. */
	__u32 n_intervals4; /* 0x034: IPv4 intervals. */
	__u32 n_intervals6; /* 0x038: IPv6 intervals. */
	__u32 rule_bound; /* 0x03c: Rule numbers are below this one. */
	__u64 seed4; /* 0x040: Seed of the IPv4 hash. */
	__u64 seed6; /* 0x048: Seed of the IPv6 hash. */
	__u32 ph4_disp; /* 0x050: Offset of the section. */
	__u32 ph4_entries; /* 0x054: Offset of the section. */
	__u32 ph6_disp; /* 0x058: Offset of the section. */
	__u32 ph6_entries; /* 0x05c: Offset of the section. */
	__u8 ph4_disp_shift; /* 0x060: 64 minus the binary logarithm of the number of displacements. */
	__u8 ph4_entry_shift; /* 0x061: 64 minus the binary logarithm of the number of entries. */
	__u8 ph6_disp_shift; /* 0x062: The same for IPv6. */
	__u8 ph6_entry_shift; /* 0x063: The same for IPv6. */
	__u32 iv4_first; /* 0x064: Offset of the section. */
	__u32 iv4_class; /* 0x068: Offset of the section. */
	__u32 iv6_first; /* 0x06c: Offset of the section. */
	__u32 iv6_class; /* 0x070: Offset of the section. */
	__u32 port_index; /* 0x074: Offset of the section. */
	__u32 port_pages; /* 0x078: Offset of the section. */
	__u32 row_table; /* 0x07c: Offset of the section. */
	__u32 verdict_rows; /* 0x080: Offset of the section. */
	__u32 vectors; /* 0x084: Offset of the section. */
	__u32 attr_rows; /* 0x088: Offset of the section. */
	__u32 attr_vectors; /* 0x08c: Offset of the section. */
	__u8 zero_090[16];
	__u8 policy_digest[32]; /* 0x0a0: SHA-256 of the policy section of the bundle that was linked; zero when there is no bundle. */
	__u8 portable_digest[32]; /* 0x0c0: SHA-256 of the portable part. */
	__u8 zero_0e0[32];
	__u32 len; /* 0x100: Bytes of the whole image. */
	__u32 local_flags; /* 0x104: `NP_LOCAL_*` bits. */
	__u64 generation; /* 0x108: Which swap on this node the image belongs to; 0 before it is staged. */
	__u64 seed_if; /* 0x110: Seed of the interface hash. */
	__u32 if_disp; /* 0x118: Offset of the section. */
	__u32 if_entries; /* 0x11c: Offset of the section. */
	__u8 if_disp_shift; /* 0x120: 64 minus the binary logarithm of the number of displacements. */
	__u8 if_entry_shift; /* 0x121: 64 minus the binary logarithm of the number of entries. */
	__u8 zero_122[2];
	__u32 n_interfaces; /* 0x124: Interfaces in the hash. */
	__u8 zero_128[24];
	__u8 bundle_digest[32]; /* 0x140: SHA-256 of the bundle that the image was linked from; zero when there is none. */
	__u8 local_digest[32]; /* 0x160: SHA-256 of the node-local part. */
};
_Static_assert(sizeof(struct np_header) == NP_HEADER_LEN, "np_header");
_Static_assert(__builtin_offsetof(struct np_header, magic) == 0x0, "magic");
_Static_assert(__builtin_offsetof(struct np_header, version) == 0x4, "version");
_Static_assert(__builtin_offsetof(struct np_header, header_len) == 0x6, "header_len");
_Static_assert(__builtin_offsetof(struct np_header, required) == 0x8, "required");
_Static_assert(__builtin_offsetof(struct np_header, optional) == 0xc, "optional");
_Static_assert(__builtin_offsetof(struct np_header, portable_len) == 0x10, "portable_len");
_Static_assert(__builtin_offsetof(struct np_header, n_rows) == 0x14, "n_rows");
_Static_assert(__builtin_offsetof(struct np_header, n_classes) == 0x18, "n_classes");
_Static_assert(__builtin_offsetof(struct np_header, n_port_classes) == 0x1c, "n_port_classes");
_Static_assert(__builtin_offsetof(struct np_header, n_vectors) == 0x20, "n_vectors");
_Static_assert(__builtin_offsetof(struct np_header, n_verdict_rows) == 0x24, "n_verdict_rows");
_Static_assert(__builtin_offsetof(struct np_header, n_attr_rows) == 0x28, "n_attr_rows");
_Static_assert(__builtin_offsetof(struct np_header, n_attr_vectors) == 0x2c, "n_attr_vectors");
_Static_assert(__builtin_offsetof(struct np_header, n_pages) == 0x30, "n_pages");
_Static_assert(__builtin_offsetof(struct np_header, n_intervals4) == 0x34, "n_intervals4");
_Static_assert(__builtin_offsetof(struct np_header, n_intervals6) == 0x38, "n_intervals6");
_Static_assert(__builtin_offsetof(struct np_header, rule_bound) == 0x3c, "rule_bound");
_Static_assert(__builtin_offsetof(struct np_header, seed4) == 0x40, "seed4");
_Static_assert(__builtin_offsetof(struct np_header, seed6) == 0x48, "seed6");
_Static_assert(__builtin_offsetof(struct np_header, ph4_disp) == 0x50, "ph4_disp");
_Static_assert(__builtin_offsetof(struct np_header, ph4_entries) == 0x54, "ph4_entries");
_Static_assert(__builtin_offsetof(struct np_header, ph6_disp) == 0x58, "ph6_disp");
_Static_assert(__builtin_offsetof(struct np_header, ph6_entries) == 0x5c, "ph6_entries");
_Static_assert(__builtin_offsetof(struct np_header, ph4_disp_shift) == 0x60, "ph4_disp_shift");
_Static_assert(__builtin_offsetof(struct np_header, ph4_entry_shift) == 0x61, "ph4_entry_shift");
_Static_assert(__builtin_offsetof(struct np_header, ph6_disp_shift) == 0x62, "ph6_disp_shift");
_Static_assert(__builtin_offsetof(struct np_header, ph6_entry_shift) == 0x63, "ph6_entry_shift");
_Static_assert(__builtin_offsetof(struct np_header, iv4_first) == 0x64, "iv4_first");
_Static_assert(__builtin_offsetof(struct np_header, iv4_class) == 0x68, "iv4_class");
_Static_assert(__builtin_offsetof(struct np_header, iv6_first) == 0x6c, "iv6_first");
_Static_assert(__builtin_offsetof(struct np_header, iv6_class) == 0x70, "iv6_class");
_Static_assert(__builtin_offsetof(struct np_header, port_index) == 0x74, "port_index");
_Static_assert(__builtin_offsetof(struct np_header, port_pages) == 0x78, "port_pages");
_Static_assert(__builtin_offsetof(struct np_header, row_table) == 0x7c, "row_table");
_Static_assert(__builtin_offsetof(struct np_header, verdict_rows) == 0x80, "verdict_rows");
_Static_assert(__builtin_offsetof(struct np_header, vectors) == 0x84, "vectors");
_Static_assert(__builtin_offsetof(struct np_header, attr_rows) == 0x88, "attr_rows");
_Static_assert(__builtin_offsetof(struct np_header, attr_vectors) == 0x8c, "attr_vectors");
_Static_assert(__builtin_offsetof(struct np_header, policy_digest) == 0xa0, "policy_digest");
_Static_assert(__builtin_offsetof(struct np_header, portable_digest) == 0xc0, "portable_digest");
_Static_assert(__builtin_offsetof(struct np_header, len) == 0x100, "len");
_Static_assert(__builtin_offsetof(struct np_header, local_flags) == 0x104, "local_flags");
_Static_assert(__builtin_offsetof(struct np_header, generation) == 0x108, "generation");
_Static_assert(__builtin_offsetof(struct np_header, seed_if) == 0x110, "seed_if");
_Static_assert(__builtin_offsetof(struct np_header, if_disp) == 0x118, "if_disp");
_Static_assert(__builtin_offsetof(struct np_header, if_entries) == 0x11c, "if_entries");
_Static_assert(__builtin_offsetof(struct np_header, if_disp_shift) == 0x120, "if_disp_shift");
_Static_assert(__builtin_offsetof(struct np_header, if_entry_shift) == 0x121, "if_entry_shift");
_Static_assert(__builtin_offsetof(struct np_header, n_interfaces) == 0x124, "n_interfaces");
_Static_assert(__builtin_offsetof(struct np_header, bundle_digest) == 0x140, "bundle_digest");
_Static_assert(__builtin_offsetof(struct np_header, local_digest) == 0x160, "local_digest");

/* An address of an endpoint, node or service; addr is as in the packet. */
struct np_entry4 {
	__u32 addr;
	__u16 cls;
	__u16 row;
};
_Static_assert(sizeof(struct np_entry4) == NP_ENTRY4_LEN, "np_entry4");

struct np_entry6 {
	__u64 high; /* bytes 0 to 7 of the address, as in the packet */
	__u64 low;  /* bytes 8 to 15 */
	__u16 cls;
	__u16 row;
	__u32 zero;
};
_Static_assert(sizeof(struct np_entry6) == NP_ENTRY6_LEN, "np_entry6");

/* A host-side interface and the row of the pod behind it. */
struct np_interface {
	__u32 index;
	__u16 zero;
	__u16 row;
};
_Static_assert(sizeof(struct np_interface) == NP_INTERFACE_LEN, "np_interface");

/* Offsets from the start of the image, by direction: 0 ingress, 1 egress. */
struct np_row {
	__u32 verdict[2]; /* u16 vector[n_classes] */
	__u32 attr[2];    /* u32 attribution vector[n_classes] */
};
_Static_assert(sizeof(struct np_row) == NP_ROW_LEN, "np_row");

#endif /* NETPOL_LAYOUT_H */
