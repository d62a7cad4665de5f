/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Replies: flows that were allowed and whose replies policy alone would deny.
 *
 * An entry is never a verdict of its own. It says that a flow was seen and allowed; when the image
 * has changed since, the flow is judged again, in its own direction, before the entry counts.
 * A table that is full or missing remembers less and therefore denies more.
 */
#ifndef NETPOL_FLOW_H
#define NETPOL_FLOW_H

#include "image.h"
#include "kernel.h"
#include "layout.h"
#include "maps.h"
#include "parse.h"

/* Seconds until an unused entry ends: before the first reply, after it, after FIN or RST. */
#define TCP_NEW 60
#define TCP_OPEN 21600
#define TCP_CLOSING 10
#define UDP_NEW 30
#define UDP_OPEN 180
#define ICMP_ANY 30
#define OTHER_NEW 60
#define OTHER_OPEN 600

/* One packet on its way through one hook. */
struct context {
	const u8 *image;
	u64 control;     /* the control word, as read once */
	u64 now;         /* jiffies64, 0 until somebody needs it */
	u32 ifindex;
	u32 direction;   /* NP_INGRESS or NP_EGRESS of the pod: also the hook's number */
	u32 row;         /* of the pod */
	u32 made_here;   /* made on this node, not forwarded */
	struct party peer;
	struct packet packet;
	struct verdict verdict;
};

INLINE u64 now(struct context *c)
{
	if (!c->now)
		c->now = bpf_jiffies64();
	return c->now;
}

INLINE u32 lifetime(const struct packet *p, u32 flags)
{
	switch (p->index) {
	case NP_PROTOCOL_TCP:
	case NP_PROTOCOL_SCTP:
		return flags & FLOW_CLOSING ? TCP_CLOSING : flags & FLOW_REPLIED ? TCP_OPEN : TCP_NEW;
	case NP_PROTOCOL_UDP:
		return flags & FLOW_REPLIED ? UDP_OPEN : UDP_NEW;
	case NP_PROTOCOL_ICMP:
	case NP_PROTOCOL_ICMPV6:
		return ICMP_ANY;
	default:
		return flags & FLOW_REPLIED ? OTHER_OPEN : OTHER_NEW;
	}
}

INLINE int is_expired(struct context *c, const struct flow *f)
{
	return now(c) - f->seen > (u64)lifetime(&c->packet, f->flags) * HZ;
}

/*
 * The port by which policy judges the packet that this one answers, or that answers it: they
 * mirror each other. -1 when the protocol knows no such packet.
 */
INLINE int mirrored_port(const struct packet *p, int is_reply)
{
	switch (p->index) {
	case NP_PROTOCOL_TCP:
	case NP_PROTOCOL_UDP:
	case NP_PROTOCOL_SCTP:
		return p->source_port;
	case NP_PROTOCOL_ICMP:
		return p->type == (is_reply ? 0 : 8) ? (is_reply ? 8 : 0) : -1;
	case NP_PROTOCOL_ICMPV6:
		return p->type == (is_reply ? 129 : 128) ? (is_reply ? 128 : 129) : -1;
	default:
		return 0;
	}
}

/* The key of the packet's own flow, or of the flow that it answers. */
INLINE void make_key(const struct context *c, int is_reply, struct flow_key *key)
{
	const struct packet *p = &c->packet;

	key->ifindex = c->ifindex;
	key->hook = is_reply ? c->direction ^ 1 : c->direction;
	key->protocol = p->protocol;
	key->source_port = is_reply ? p->dest_port : p->source_port;
	key->dest_port = is_reply ? p->source_port : p->dest_port;
	key->zero = 0;
	copy16(key->source, is_reply ? p->dest : p->source);
	copy16(key->dest, is_reply ? p->source : p->dest);
}

/* Who the other side is to a packet in this direction, made on this node or not. */
INLINE u32 peer_class(const struct context *c, u32 direction, int made_here)
{
	/* Forwarded with a node's address: nobody can say who sent it. */
	if (direction == NP_INGRESS && c->peer.row == NP_ROW_NODE && !made_here)
		return NP_CLASS_UNKNOWN;
	return c->peer.class;
}

/* Does the image allow the mirrored packet in the other direction? */
INLINE int mirror_allowed(const struct context *c, int port, int made_here)
{
	u32 direction = c->direction ^ 1;
	struct verdict v;

	if (verdict_of(c->image, direction, c->row, peer_class(c, direction, made_here),
		       c->packet.index, port, &v))
		return 0;
	return v.word & NP_ALLOW;
}

INLINE void touch(struct context *c, struct flow *f, u32 flags)
{
	/* Written only when it says something new: several CPUs may share the entry. */
	if (now(c) - f->seen > HZ)
		f->seen = now(c);
	if ((f->flags | flags) != f->flags)
		f->flags |= flags;
}

INLINE int insert(struct context *c, void *table, const struct flow_key *key, u32 flags)
{
	struct flow f = {
		.seen = now(c),
		.generation = header_of(c->image)->generation,
		.flags = flags,
	};

	return bpf_map_update_elem(table, key, &f, BPF_ANY) ? NP_RULE_QUOTA : 0;
}

INLINE u32 closing(const struct packet *p)
{
	return p->protocol == IP_TCP && p->tcp_flags & (TCP_FIN | TCP_RST) ? FLOW_CLOSING : 0;
}

/*
 * Remembers an allowed packet whose reply policy alone would deny.
 * 0, or NP_RULE_QUOTA when the flow could not be remembered.
 */
NOINLINE int remember(struct context *c)
{
	const struct packet *p = &c->packet;
	u32 node = c->direction == NP_INGRESS && c->made_here ? FLOW_NODE : 0;
	int port = mirrored_port(p, 0);
	struct flow_key key;
	struct flow *f;
	void *table;

	if (port < 0 || mirror_allowed(c, port, 0))
		return 0;
	table = bpf_map_lookup_elem(&flows, &c->ifindex);
	if (!table)
		return NP_RULE_QUOTA;
	make_key(c, 0, &key);
	f = bpf_map_lookup_elem(table, &key);
	if (f && !is_expired(c, f) && !(p->protocol == IP_TCP && p->tcp_flags & TCP_SYN)) {
		f->generation = header_of(c->image)->generation;
		touch(c, f, node | closing(p));
		return 0;
	}
	if (p->protocol == IP_TCP && p->tcp_flags & TCP_RST)
		return 0;
	return insert(c, table, &key, node | closing(p));
}

/* A denied packet: 0, or the rule by which it passes as a reply all the same. */
NOINLINE int answers(struct context *c)
{
	const struct packet *p = &c->packet;
	u64 generation = header_of(c->image)->generation;
	int port = mirrored_port(p, 1);
	struct flow_key key;
	struct flow *f;
	void *table;

	if (port < 0)
		return 0;
	table = bpf_map_lookup_elem(&flows, &c->ifindex);
	if (!table)
		return 0;
	make_key(c, 1, &key);
	f = bpf_map_lookup_elem(table, &key);
	if (f && !is_expired(c, f)) {
		if (f->generation != generation) {
			if (!mirror_allowed(c, port, f->flags & FLOW_NODE)) {
				bpf_map_delete_elem(table, &key);
				return 0;
			}
			f->generation = generation;
		}
		touch(c, f, FLOW_REPLIED | closing(p));
		return NP_RULE_REPLY;
	}
	/* A TCP connection that is older than what is known of it. */
	if (p->protocol != IP_TCP || (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		return 0;
	if (!(c->control & CTL_STATELESS) &&
	    (int)((u32)(c->control >> 32) - (u32)(now(c) >> 8)) <= 0)
		return 0;
	if (!mirror_allowed(c, port, 1))
		return 0;
	if (!(p->tcp_flags & TCP_RST))
		insert(c, table, &key, FLOW_REPLIED | closing(p) |
		       (c->peer.row == NP_ROW_NODE ? FLOW_NODE : 0));
	return NP_RULE_MIDSTREAM;
}

#endif
