/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looking things up in an image. `crates/image/src/layout.rs` says what stands where.
 *
 * The agent has checked the image before it filled the map; here every offset is checked again
 * against the size of the map and every number against the header, so that a damaged image leads
 * to DAMAGED and a drop, never beyond the map.
 */
#ifndef NETPOL_IMAGE_H
#define NETPOL_IMAGE_H

#include "kernel.h"
#include "layout.h"
#include "maps.h"
#include "parse.h"

#define DAMAGED (-1)

/* Reads a T at an offset, or leaves the function with DAMAGED. */
#define READ(T, image, offset)                          \
	({                                              \
		u32 _offset = (offset);                 \
		if (_offset > IMAGE_SIZE - sizeof(T))   \
			return DAMAGED;                 \
		*(const T *)((image) + _offset);        \
	})

/* What an address is: a class, and a row when it is a pod of this node. */
struct party {
	u32 class;
	u32 row;
};

/* What a vector says about a port, and which rule said it. */
struct verdict {
	u32 word;
	u32 rule;
};

INLINE const struct np_header *header_of(const u8 *image)
{
	return (const struct np_header *)image;
}

INLINE u64 mix4(u32 key, u64 seed)
{
	u64 x = ((u64)key ^ seed) * NP_C1;

	return x ^ (x >> 32);
}

INLINE u64 mix6(u64 high, u64 low, u64 seed)
{
	u64 x = ((high ^ (high >> 32)) ^ seed) * NP_C1;

	x = (x ^ (x >> 32) ^ low ^ (low >> 32)) * NP_C2;
	return x ^ (x >> 32);
}

INLINE u32 bucket(u64 x, u8 shift)
{
	return (u32)((x * NP_C2) >> (shift & 63));
}

INLINE u32 place(u64 x, u16 displacement, u8 shift)
{
	return (u32)(((x ^ (u64)displacement * NP_C2) * NP_C3) >> (shift & 63));
}

/* The pod behind a host-side interface; NP_ROW_NONE when there is none. */
INLINE int interface_row(const u8 *image, u32 ifindex, u32 *row)
{
	const struct np_header *h = header_of(image);
	u64 x = mix4(ifindex, h->seed_if);
	u16 moved = READ(u16, image, h->if_disp + bucket(x, h->if_disp_shift) * 2);
	u32 at = h->if_entries + place(x, moved, h->if_entry_shift) * NP_INTERFACE_LEN;
	struct np_interface entry = READ(struct np_interface, image, at);

	*row = NP_ROW_NONE;
	if (entry.index == ifindex && entry.row < h->n_rows)
		*row = entry.row;
	return 0;
}

/* The last interval that begins at or below the address, without a branch on the data. */
INLINE int interval4(const u8 *image, u32 address, u32 *class)
{
	const struct np_header *h = header_of(image);
	u32 low = 0, left = h->n_intervals4, half, first;

	for (int i = 0; i < NP_INTERVAL_STEPS; i++) {
		if (left <= 1)
			break;
		half = left >> 1;
		first = READ(u32, image, h->iv4_first + (low + half) * 4);
		low += half & (u32)(((long long)(u64)first - (long long)(u64)address - 1) >> 63);
		left -= half;
	}
	*class = READ(u16, image, h->iv4_class + low * 2);
	return 0;
}

INLINE int interval6(const u8 *image, u64 high, u64 low, u32 *class)
{
	const struct np_header *h = header_of(image);
	u32 at = 0, left = h->n_intervals6, half;

	for (int i = 0; i < NP_INTERVAL_STEPS; i++) {
		struct {
			u64 high, low;
		} first;

		if (left <= 1)
			break;
		half = left >> 1;
		first.high = READ(u64, image, h->iv6_first + (at + half) * 16);
		first.low = READ(u64, image, h->iv6_first + (at + half) * 16 + 8);
		if (first.high < high || (first.high == high && first.low <= low))
			at += half;
		left -= half;
	}
	*class = READ(u16, image, h->iv6_class + at * 2);
	return 0;
}

INLINE int party4(const u8 *image, u32 address, int outside, struct party *out)
{
	const struct np_header *h = header_of(image);
	u64 x = mix4(address, h->seed4);
	u16 moved = READ(u16, image, h->ph4_disp + bucket(x, h->ph4_disp_shift) * 2);
	u32 at = h->ph4_entries + place(x, moved, h->ph4_entry_shift) * NP_ENTRY4_LEN;
	struct np_entry4 entry = READ(struct np_entry4, image, at);

	if (entry.addr == address && entry.row != NP_ROW_EMPTY) {
		out->class = entry.cls;
		out->row = entry.row;
		return 0;
	}
	out->class = NP_CLASS_UNKNOWN;
	out->row = NP_ROW_EMPTY;
	return outside ? interval4(image, be32(address), &out->class) : 0;
}

INLINE int party6(const u8 *image, const u32 *address, int outside, struct party *out)
{
	const struct np_header *h = header_of(image);
	u64 high = address[0] | (u64)address[1] << 32;
	u64 low = address[2] | (u64)address[3] << 32;
	u64 x = mix6(high, low, h->seed6);
	u16 moved = READ(u16, image, h->ph6_disp + bucket(x, h->ph6_disp_shift) * 2);
	u32 at = h->ph6_entries + place(x, moved, h->ph6_entry_shift) * NP_ENTRY6_LEN;
	struct np_entry6 entry = READ(struct np_entry6, image, at);

	if (entry.high == high && entry.low == low && entry.row != NP_ROW_EMPTY) {
		out->class = entry.cls;
		out->row = entry.row;
		return 0;
	}
	out->class = NP_CLASS_UNKNOWN;
	out->row = NP_ROW_EMPTY;
	return outside ? interval6(image, be64(high), be64(low), &out->class) : 0;
}

/*
 * Who has this address. Addresses that belong to nobody known get row NP_ROW_EMPTY and, when
 * `outside` asks for it, the class of the interval that they lie in.
 */
INLINE int party_of(const u8 *image, int v6, const u32 *address, int outside, struct party *out)
{
	if (v6)
		return party6(image, address, outside, out);
	return party4(image, address[0], outside, out);
}

INLINE int port_class(const u8 *image, u32 index, u32 port, u32 *class)
{
	const struct np_header *h = header_of(image);
	u32 page = READ(u16, image, h->port_index + (index * NP_PAGE + (port >> 8)) * 2);

	if (page >= h->n_pages)
		return DAMAGED;
	*class = READ(u16, image, h->port_pages + (page * NP_PAGE + (port & 255)) * 2);
	return *class < h->n_port_classes ? 0 : DAMAGED;
}

/* What the policies of a row say in a direction about a class and a port, and by which rule. */
INLINE int verdict_of(const u8 *image, u32 direction, u32 row, u32 class, u32 index, u32 port,
		      struct verdict *out)
{
	const struct np_header *h = header_of(image);
	u32 ports, vector, at;

	if (port_class(image, index, port, &ports))
		return DAMAGED;
	if (row >= h->n_rows || class >= h->n_classes)
		return DAMAGED;
	/* struct np_row, one word at a time: a pointer into a copy would be one the verifier refuses. */
	at = h->row_table + row * NP_ROW_LEN + (direction & 1) * 4;
	vector = READ(u16, image, READ(u32, image, at) + class * 2);
	if (vector >= h->n_vectors)
		return DAMAGED;
	out->word = READ(u16, image, h->vectors + (vector * h->n_port_classes + ports) * 2);
	at += __builtin_offsetof(struct np_row, attr);
	vector = READ(u32, image, READ(u32, image, at) + class * 4);
	if (vector >= h->n_attr_vectors)
		return DAMAGED;
	out->rule = READ(u32, image, h->attr_vectors + (vector * h->n_port_classes + ports) * 4);
	return 0;
}

#endif
