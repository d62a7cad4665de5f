/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program shares with the agent. Sizes that the agent chooses when it creates the maps
 * (image size, rules per bank, flows per endpoint) are constants of the loader below.
 */
#ifndef NETPOL_MAPS_H
#define NETPOL_MAPS_H

#include "kernel.h"

/* Constants that the loader writes before the program is verified. */
const volatile u32 IMAGE_SIZE = 1 << 16; /* bytes of one image map's value */
const volatile u32 BANK_SIZE = 1 << 12;  /* counters per bank */
const volatile u32 HZ = 250;             /* jiffies per second */
const volatile u32 NO_IMAGE = 2;         /* what to say without an image: TCX_DROP, or TCX_NEXT */

#define SLOTS 4

/* An image: one flat value, written once by the agent and frozen. */
struct image_map {
	MAP_UINT(type, BPF_MAP_TYPE_ARRAY);
	MAP_UINT(map_flags, BPF_F_RDONLY_PROG);
	MAP_UINT(max_entries, 1);
	MAP_UINT(key_size, 4);
	MAP_UINT(value_size, 1 << 16);
};

/* Live, previous, candidate and shadow; which is which says `ctl` alone. */
struct {
	MAP_UINT(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	MAP_UINT(max_entries, SLOTS);
	MAP_UINT(key_size, 4);
	MAP_INNER(values, struct image_map);
} slots SEC(".maps");

/*
 * The control word, read exactly once per packet and stored whole:
 *   bits 0-1   the live slot
 *   bit  2     TCP connections without a flow entry go on for ever, not only for a while
 *   bits 32-63 until when they do otherwise, in units of 256 jiffies
 */
#define CTL_SLOT 3
#define CTL_STATELESS 4
struct {
	MAP_UINT(type, BPF_MAP_TYPE_ARRAY);
	MAP_UINT(map_flags, BPF_F_MMAPABLE);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} ctl SEC(".maps");

/*
 * A flow that was allowed and whose replies are not: the tuple is the flow's own, `hook` the one
 * that it passed forward. The interface and the hook are part of the key, so an entry never
 * speaks for another endpoint or direction.
 */
struct flow_key {
	u32 ifindex;
	u8 hook;
	u8 protocol;
	u16 source_port;
	u16 dest_port;
	u16 zero;
	u32 source[4];
	u32 dest[4];
};

#define FLOW_REPLIED 1 /* a reply was seen */
#define FLOW_CLOSING 2 /* FIN or RST was seen */
#define FLOW_NODE 4    /* made by the local node */

struct flow {
	u64 seen;       /* jiffies64 when it was last used */
	u64 generation; /* the image that last allowed it */
	u32 flags;
	u32 zero;
};

_Static_assert(sizeof(struct flow_key) == 44, "no padding in a key");
_Static_assert(sizeof(struct flow) == 24, "no padding in a value");

/* The flows of one endpoint: what an endpoint makes too many of, it loses itself. */
struct flow_map {
	MAP_UINT(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_UINT(max_entries, 4096);
	MAP_UINT(key_size, 44);
	MAP_UINT(value_size, 24);
};

/* By interface index. */
struct {
	MAP_UINT(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	MAP_UINT(max_entries, 1024);
	MAP_UINT(key_size, 4);
	MAP_INNER(values, struct flow_map);
} flows SEC(".maps");

/*
 * Packets and bytes per rule: BANKS banks of BANK_SIZE. Within a bank the built-in rules of
 * ingress, those of egress, then the rules of policies from NP_RULE_FIRST on.
 */
#define BANKS 2
struct counter {
	u64 packets;
	u64 bytes;
};
struct {
	MAP_UINT(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_UINT(max_entries, BANKS * 4096);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct counter);
} counters SEC(".maps");

/* How many drop events an endpoint may still make this second, and how many it could not. */
struct meter {
	u64 second;
	u32 made;
	u32 pad;
	u64 suppressed;
	u64 lost;
};
struct {
	MAP_UINT(type, BPF_MAP_TYPE_HASH);
	MAP_UINT(max_entries, 1024);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct meter);
} meters SEC(".maps");

/* A packet that was dropped, or whose passing somebody wanted to hear of. */
struct event {
	u64 jiffies;
	u64 generation;
	u64 digest[2]; /* the first half of the bundle's */
	u32 rule;
	u32 ifindex;
	u32 length;
	u32 source[4];
	u32 dest[4];
	u16 source_port;
	u16 dest_port;
	u16 port;
	u8 protocol;
	u8 v6;
	u8 hook;
	u8 tcp_flags;
	u8 passed;
	u8 zero;
};
_Static_assert(sizeof(struct event) == 88, "the agent reads 88 bytes");

struct {
	MAP_UINT(type, BPF_MAP_TYPE_RINGBUF);
	MAP_UINT(max_entries, 1 << 20);
} events SEC(".maps");

#endif
