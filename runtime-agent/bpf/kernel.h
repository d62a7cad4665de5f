/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few declarations of the kernel's stable BPF interface that this program uses.
 *
 * They are written out here, and no kernel or libbpf header is included, so that the object
 * depends on the sources of this folder and on the compiler alone: a machine with other headers
 * builds the same bytes.
 */
#ifndef NETPOL_KERNEL_H
#define NETPOL_KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
/* The names that layout.h uses. */
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Map definitions in BTF: what __uint and __type are elsewhere. */
#define MAP_UINT(name, value) int(*name)[value]
#define MAP_TYPE(name, type) type *name
#define MAP_INNER(name, type) type *name[]

/* enum bpf_map_type */
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_LRU_HASH 9
#define BPF_MAP_TYPE_ARRAY_OF_MAPS 12
#define BPF_MAP_TYPE_HASH_OF_MAPS 13
#define BPF_MAP_TYPE_RINGBUF 27

/* flags of BPF_MAP_CREATE */
#define BPF_F_RDONLY_PROG 0x80
#define BPF_F_MMAPABLE 0x400

/* flags of bpf_map_update_elem */
#define BPF_ANY 0
#define BPF_NOEXIST 1

/* What a TCX program may say: "ask the next one" and "drop". */
#define TCX_NEXT (-1)
#define TCX_DROP 2

/* struct __sk_buff of <linux/bpf.h>, as far as it is read here; its layout never changes. */
struct __sk_buff {
	u32 len;
	u32 pkt_type;
	u32 mark;
	u32 queue_mapping;
	u32 protocol;
	u32 vlan_present;
	u32 vlan_tci;
	u32 vlan_proto;
	u32 priority;
	u32 ingress_ifindex;
	u32 ifindex;
	u32 tc_index;
	u32 cb[5];
	u32 hash;
	u32 tc_classid;
	u32 data;
	u32 data_end;
};

/* Helpers by their number in <linux/bpf.h>. */
static void *(*const bpf_map_lookup_elem)(const void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(const void *map, const void *key, const void *value,
					 u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(const void *map, const void *key) = (void *)3;
static long (*const bpf_skb_pull_data)(struct __sk_buff *skb, u32 len) = (void *)39;
static u64 (*const bpf_jiffies64)(void) = (void *)118;
static void *(*const bpf_ringbuf_reserve)(const void *ring, u64 size, u64 flags) = (void *)131;
static void (*const bpf_ringbuf_submit)(const void *record, u64 flags) = (void *)132;

INLINE u16 be16(u16 x)
{
	return __builtin_bswap16(x);
}

INLINE u32 be32(u32 x)
{
	return __builtin_bswap32(x);
}

INLINE u64 be64(u64 x)
{
	return __builtin_bswap64(x);
}

#endif
