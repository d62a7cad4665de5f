// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The dataplane: two TCX programs on the host side of a pod's veth pair.
 *
 * `to_pod` sits where packets leave the node for the pod (TCX egress of the host side) and judges
 * the pod's ingress; `from_pod` sits where they come from it (TCX ingress) and judges its egress.
 * Both say "next" to what passes, so that programs behind them still see it, and drop the rest.
 *
 * A packet is judged by one image: the control word is read once, it names a slot, and everything
 * else follows from what that slot held.
 */
#include "flow.h"
#include "image.h"
#include "kernel.h"
#include "layout.h"
#include "link.h"
#include "maps.h"
#include "parse.h"
#include "report.h"

/* The image in force, or 0. */
INLINE const u8 *live_image(u64 *control)
{
	u32 zero = 0, slot;
	const u64 *word = bpf_map_lookup_elem(&ctl, &zero);
	const struct np_header *h;
	void *inner;

	if (!word)
		return 0;
	*control = *(const volatile u64 *)word; /* the one read */
	slot = *control & CTL_SLOT;
	inner = bpf_map_lookup_elem(&slots, &slot);
	if (!inner)
		return 0;
	h = bpf_map_lookup_elem(inner, &zero);
	if (!h || h->magic != NP_MAGIC || h->version != NP_VERSION ||
	    h->required & ~NP_REQUIRED_KNOWN || h->len > IMAGE_SIZE)
		return 0;
	return (const u8 *)h;
}

/* Who stands on the pod's side and who on the other: 0, or the reason to drop. */
INLINE u32 parties(struct context *c, const struct packet *p)
{
	const u32 *own = c->direction == NP_EGRESS ? p->source : p->dest;
	const u32 *other = c->direction == NP_EGRESS ? p->dest : p->source;
	struct party local;

	if (party_of(c->image, p->v6, own, 0, &local))
		return NP_RULE_NO_IMAGE;
	/* IPv6 link-local addresses stand in no inventory; they do not leave the link. */
	if (local.row != c->row && !(p->v6 && is_v6_link_local(own)))
		return c->direction == NP_EGRESS ? NP_RULE_SPOOFED : NP_RULE_NOT_OURS;
	if (party_of(c->image, p->v6, other, 1, &c->peer))
		return NP_RULE_NO_IMAGE;
	return 0;
}

/* Fills `verdict`: what the image says of a packet whose parties are known. */
INLINE u32 judge_flow(struct context *c, const struct packet *p)
{
	u32 class = peer_class(c, c->direction, c->made_here);

	if (c->peer.row == c->row) {
		c->verdict.word = NP_ALLOW;
		c->verdict.rule = NP_RULE_SELF;
		return 0;
	}
	if (verdict_of(c->image, c->direction, c->row, class, p->index, p->port, &c->verdict))
		return NP_RULE_NO_IMAGE;
	return 0;
}

/* Ends a packet: counts it, tells of it, and says what becomes of it. */
INLINE int finish(struct context *c, u32 length, u32 passes)
{
	const struct np_header *h = header_of(c->image);

	count(h, c->direction, c->verdict.rule, length);
	if (UNLIKELY(!passes)) {
		tell(c, length, 0);
		return h && h->local_flags & NP_LOCAL_AUDIT ? TCX_NEXT : TCX_DROP;
	}
	if (UNLIKELY(c->verdict.word & NP_LOG))
		tell(c, length, 1);
	return TCX_NEXT;
}

INLINE int refuse(struct context *c, u32 length, u32 reason)
{
	c->verdict.word = 0;
	c->verdict.rule = reason;
	return finish(c, length, 0);
}

INLINE int judge(struct __sk_buff *skb, u32 direction)
{
	struct context c = {
		.direction = direction,
		.ifindex = skb->ifindex,
		.made_here = !skb->ingress_ifindex,
	};
	u32 length = skb->len;
	u32 reason = parse(skb, &c.packet);
	int rule;

	c.image = live_image(&c.control);
	if (!c.image) {
		count(0, direction, NP_RULE_NO_IMAGE, length);
		return NO_IMAGE;
	}
	if (UNLIKELY(reason))
		return refuse(&c, length, reason);
	if (interface_row(c.image, c.ifindex, &c.row))
		return refuse(&c, length, NP_RULE_NO_IMAGE);
	if (UNLIKELY(c.row == NP_ROW_NONE))
		return refuse(&c, length, NP_RULE_NOT_OURS);
	if (UNLIKELY(c.packet.kind != KIND_FLOW)) {
		rule = judge_link(&c);
		c.verdict.rule = rule;
		return finish(&c, length, rule == NP_RULE_LINK_CONTROL);
	}
	reason = parties(&c, &c.packet);
	if (!reason)
		reason = judge_flow(&c, &c.packet);
	if (UNLIKELY(reason))
		return refuse(&c, length, reason);
	if (c.verdict.word & NP_ALLOW) {
		if (c.verdict.word & NP_NEED_STATE && remember(&c))
			count(header_of(c.image), direction, NP_RULE_QUOTA, length);
		return finish(&c, length, 1);
	}
	rule = answers(&c);
	if (rule) {
		c.verdict.word = NP_ALLOW;
		c.verdict.rule = rule;
	}
	return finish(&c, length, rule);
}

SEC("classifier") int to_pod(struct __sk_buff *skb)
{
	return judge(skb, NP_INGRESS);
}

SEC("classifier") int from_pod(struct __sk_buff *skb)
{
	return judge(skb, NP_EGRESS);
}

/* What time the programs have, in units of 256 jiffies: for the control word. */
SEC("classifier") int clock(struct __sk_buff *skb)
{
	return (u32)(bpf_jiffies64() >> 8);
}

char _license[] SEC("license") = "Dual BSD/GPL";
