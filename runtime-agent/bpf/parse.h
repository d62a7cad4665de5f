/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From bytes to a tuple.
 *
 * A packet is judged by a tuple only when every byte of the tuple was in sight and is certain.
 * Whatever is not - fragments, extension headers, tags, truncated headers - gets a reason of the
 * dataplane's own and is dropped, never passed unread.
 */
#ifndef NETPOL_PARSE_H
#define NETPOL_PARSE_H

#include "kernel.h"
#include "layout.h"

#define ETH_LEN 14
#define ETH_IPV4 0x0800
#define ETH_ARP 0x0806
#define ETH_IPV6 0x86dd

#define IP_ICMP 1
#define IP_TCP 6
#define IP_UDP 17
#define IP_ICMPV6 58
#define IP_SCTP 132

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* The longest headers that are read: IPv4 with all options, or IPv6, and TCP's fixed part. */
#define HEADERS (ETH_LEN + 60 + 20)

/* What a packet is besides its tuple. */
enum kind {
	KIND_FLOW,   /* judged by policy */
	KIND_LINK,   /* keeps the link alive (neighbour discovery, MLD, DHCP): passes when it is bound */
	KIND_ARP,
};

/*
 * A packet's tuple. Addresses are in network order, IPv4 in word 0; ports in host order.
 * `port` is what policies speak of: the destination port, or the ICMP type.
 * `source_port` and `dest_port` tell flows apart: for ICMP echo both are the identifier.
 */
struct packet {
	u32 source[4];
	u32 dest[4];
	u16 source_port;
	u16 dest_port;
	u16 port;
	u8 protocol;       /* of the IP header */
	u8 index;          /* Protocol::index of the policy model */
	u8 v6;
	u8 tcp_flags;
	u8 kind;           /* enum kind */
	u8 type;           /* ICMP type */
	u32 target[4];     /* neighbour discovery: the address spoken of; ARP: the sender's */
};

INLINE int is_v6_zero(const u32 *a)
{
	return !(a[0] | a[1] | a[2] | a[3]);
}

/* ff02::/16: never leaves the link. */
INLINE int is_v6_link_multicast(const u32 *a)
{
	return (a[0] & be32(0xffff0000)) == be32(0xff020000);
}

/* fe80::/10 */
INLINE int is_v6_link_local(const u32 *a)
{
	return (a[0] & be32(0xffc00000)) == be32(0xfe800000);
}

INLINE void copy16(u32 *to, const void *from)
{
	const u32 *words = from;

	to[0] = words[0];
	to[1] = words[1];
	to[2] = words[2];
	to[3] = words[3];
}

/* The place of an IP protocol in the policy model's list. */
INLINE u8 protocol_index(u8 protocol)
{
	switch (protocol) {
	case IP_TCP:
		return NP_PROTOCOL_TCP;
	case IP_UDP:
		return NP_PROTOCOL_UDP;
	case IP_SCTP:
		return NP_PROTOCOL_SCTP;
	case IP_ICMP:
		return NP_PROTOCOL_ICMP;
	case IP_ICMPV6:
		return NP_PROTOCOL_ICMPV6;
	default:
		return NP_PROTOCOL_OTHER;
	}
}

/* Neighbour discovery may be believed only when no router has touched it (RFC 4861, 7.1). */
INLINE int is_discovery(u8 type)
{
	return type >= 133 && type <= 137;
}

/* MLDv1 queries, reports and dones, and MLDv2 reports. */
INLINE int is_mld(u8 type)
{
	return (type >= 130 && type <= 132) || type == 143;
}

/* ICMP and ICMPv6: the type is the port, and the identifier of an echo tells flows apart. */
INLINE u32 parse_icmp(struct packet *p, const u8 *at, const void *end)
{
	if ((const void *)(at + 8) > end)
		return NP_RULE_MALFORMED;
	p->type = at[0];
	p->port = at[0];
	if (p->v6 ? at[0] == 128 || at[0] == 129 : at[0] == 8 || at[0] == 0) {
		p->source_port = be16(*(const u16 *)(at + 4));
		p->dest_port = p->source_port;
	}
	return 0;
}

/* The transport header. */
INLINE u32 parse_transport(struct packet *p, const u8 *at, const void *end)
{
	p->index = protocol_index(p->protocol);
	if (p->index <= NP_PROTOCOL_SCTP) {
		if ((const void *)(at + 8) > end)
			return NP_RULE_MALFORMED;
		p->source_port = be16(*(const u16 *)at);
		p->dest_port = be16(*(const u16 *)(at + 2));
		p->port = p->dest_port;
		if (p->protocol == IP_TCP) {
			if ((const void *)(at + 20) > end)
				return NP_RULE_MALFORMED;
			p->tcp_flags = at[13];
		}
		return 0;
	}
	if (p->index <= NP_PROTOCOL_ICMPV6)
		return parse_icmp(p, at, end);
	return 0;
}

INLINE u32 parse_v4(struct packet *p, const u8 *data, const void *end)
{
	const u8 *ip = data + ETH_LEN;
	u32 header, reason;

	if ((const void *)(ip + 20) > end)
		return NP_RULE_MALFORMED;
	header = (ip[0] & 15) * 4;
	if (ip[0] >> 4 != 4 || header < 20)
		return NP_RULE_MALFORMED;
	p->protocol = ip[9];
	p->source[0] = *(const u32 *)(ip + 12);
	p->dest[0] = *(const u32 *)(ip + 16);
	/* More fragments, or not the first one: no ports in sight, or not all of them. */
	if (*(const u16 *)(ip + 6) & be16(0x3fff))
		return NP_RULE_FRAGMENT;
	reason = parse_transport(p, ip + header, end);
	/* A DHCP client has no address yet. */
	if (p->protocol == IP_UDP && !p->source[0] && p->source_port == 68 && p->dest_port == 67 &&
	    p->dest[0] == 0xffffffff)
		p->kind = KIND_LINK;
	return reason;
}

/*
 * MLD says what it wants behind a hop-by-hop header with a router alert (RFC 2710, RFC 3810):
 * the one extension header that is looked behind.
 */
INLINE u32 parse_mld(struct packet *p, const u8 *at, const void *end)
{
	if ((const void *)(at + 16) > end)
		return NP_RULE_MALFORMED;
	if (at[0] != IP_ICMPV6 || at[1] != 0 || !is_mld(at[8]) || !is_v6_link_multicast(p->dest))
		return NP_RULE_EXT_HEADER;
	p->protocol = IP_ICMPV6;
	p->index = NP_PROTOCOL_ICMPV6;
	p->type = at[8];
	p->port = at[8];
	p->kind = KIND_LINK;
	return 0;
}

/* Hop-by-hop, routing, fragment, ESP, AH, none, destination options, mobility, HIP, shim6, tests. */
INLINE int is_extension(u8 next)
{
	return next == 0 || next == 43 || next == 44 || next == 50 || next == 51 || next == 59 ||
	       next == 60 || next == 135 || next == 139 || next == 140 || next >= 253;
}

INLINE u32 parse_v6(struct packet *p, const u8 *data, const void *end)
{
	const u8 *ip = data + ETH_LEN;
	u32 reason;

	p->v6 = 1;
	if ((const void *)(ip + 40) > end)
		return NP_RULE_MALFORMED;
	if (ip[0] >> 4 != 6)
		return NP_RULE_MALFORMED;
	p->protocol = ip[6];
	copy16(p->source, ip + 8);
	copy16(p->dest, ip + 24);
	if (p->protocol == 44)
		return NP_RULE_FRAGMENT;
	if (p->protocol == 0)
		return parse_mld(p, ip + 40, end);
	if (is_extension(p->protocol))
		return NP_RULE_EXT_HEADER;
	reason = parse_transport(p, ip + 40, end);
	if (p->protocol == IP_UDP && p->source_port == 546 && p->dest_port == 547 &&
	    is_v6_link_local(p->source) && is_v6_link_multicast(p->dest))
		p->kind = KIND_LINK;
	if (reason || p->protocol != IP_ICMPV6 || !is_discovery(p->type))
		return reason;
	p->kind = KIND_LINK;
	if (ip[7] != 255)
		return NP_RULE_MALFORMED;
	if (p->type == 135 || p->type == 136) {
		if ((const void *)(ip + 64) > end)
			return NP_RULE_MALFORMED;
		copy16(p->target, ip + 48);
	}
	return 0;
}

/* ARP for IPv4 over Ethernet: the sender's protocol address is what may be forged. */
INLINE u32 parse_arp(struct packet *p, const u8 *data, const void *end)
{
	const u8 *arp = data + ETH_LEN;

	p->kind = KIND_ARP;
	if ((const void *)(arp + 28) > end)
		return NP_RULE_MALFORMED;
	if (*(const u32 *)arp != be32(0x00010800) || *(const u16 *)(arp + 4) != be16(0x0604))
		return NP_RULE_MALFORMED;
	p->target[0] = *(const u32 *)(arp + 14);
	return 0;
}

/* Reads the headers; 0, or the reason why the packet must drop. */
INLINE u32 parse(struct __sk_buff *skb, struct packet *p)
{
	const u8 *data = (const u8 *)(long)skb->data;
	const void *end = (const void *)(long)skb->data_end;

	if (skb->vlan_present)
		return NP_RULE_NON_IP;
	if (UNLIKELY((const void *)(data + HEADERS) > end) && skb->len > (u32)(skb->data_end - skb->data)) {
		/* Part of the headers lies outside of the linear area. */
		if (bpf_skb_pull_data(skb, skb->len < HEADERS ? skb->len : HEADERS))
			return NP_RULE_MALFORMED;
		data = (const u8 *)(long)skb->data;
		end = (const void *)(long)skb->data_end;
	}
	switch (skb->protocol) {
	case __builtin_bswap16(ETH_IPV4):
		return parse_v4(p, data, end);
	case __builtin_bswap16(ETH_IPV6):
		return parse_v6(p, data, end);
	case __builtin_bswap16(ETH_ARP):
		return parse_arp(p, data, end);
	default:
		return NP_RULE_NON_IP;
	}
}

#endif
