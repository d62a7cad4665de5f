/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is told about packets: counters for all, events for those that drop.
 */
#ifndef NETPOL_REPORT_H
#define NETPOL_REPORT_H

#include "flow.h"
#include "kernel.h"
#include "layout.h"
#include "maps.h"

/* Events an endpoint may make in a second; what is above is counted. */
#define EVENTS_PER_SECOND 64

/* Counts a packet by its rule, in the bank of the image's bundle. */
INLINE void count(const struct np_header *h, u32 direction, u32 rule, u32 length)
{
	u32 bank = h && h->local_flags & NP_LOCAL_BANK ? BANK_SIZE : 0;
	u32 place = rule < NP_RULE_FIRST ? rule + direction * NP_RULE_FIRST : rule + NP_RULE_FIRST;
	struct counter *counter;

	if (place >= BANK_SIZE)
		return;
	place += bank;
	counter = bpf_map_lookup_elem(&counters, &place);
	if (counter) {
		counter->packets++;
		counter->bytes += length;
	}
}

/* May the endpoint make another event this second? */
INLINE struct meter *admit(struct context *c)
{
	struct meter *meter = bpf_map_lookup_elem(&meters, &c->ifindex);
	u64 second = now(c) / HZ;

	if (!meter)
		return 0;
	if (meter->second != second) {
		meter->second = second;
		meter->made = 0;
	}
	if (meter->made >= EVENTS_PER_SECOND) {
		__sync_fetch_and_add(&meter->suppressed, 1);
		return 0;
	}
	__sync_fetch_and_add(&meter->made, 1);
	return meter;
}

NOINLINE int tell(struct context *c, u32 length, u32 passed)
{
	const struct np_header *h = header_of(c->image);
	const struct packet *p = &c->packet;
	struct meter *meter = admit(c);
	struct event *e;

	if (!meter)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&meter->lost, 1);
		return 0;
	}
	e->jiffies = now(c);
	e->generation = h ? h->generation : 0;
	e->digest[0] = h ? *(const u64 *)h->bundle_digest : 0;
	e->digest[1] = h ? *(const u64 *)(h->bundle_digest + 8) : 0;
	e->rule = c->verdict.rule;
	e->ifindex = c->ifindex;
	e->length = length;
	copy16(e->source, p->source);
	copy16(e->dest, p->dest);
	e->source_port = p->source_port;
	e->dest_port = p->dest_port;
	e->port = p->port;
	e->protocol = p->protocol;
	e->v6 = p->v6;
	e->hook = c->direction;
	e->tcp_flags = p->tcp_flags;
	e->passed = passed;
	e->zero = 0;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

#endif
