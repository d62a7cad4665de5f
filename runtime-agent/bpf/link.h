/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What keeps a link alive: ARP, neighbour discovery, MLD, DHCP. Policies do not speak of it; a pod
 * may speak for itself and for nobody else (CVE-2020-10749).
 */
#ifndef NETPOL_LINK_H
#define NETPOL_LINK_H

#include "flow.h"
#include "image.h"
#include "kernel.h"
#include "layout.h"
#include "parse.h"

/* Is it an address of the pod, or one that exists on this link alone? */
INLINE int is_own(const struct context *c, int v6, const u32 *address)
{
	struct party party;

	if (v6 && is_v6_link_local(address))
		return 1;
	if (party_of(c->image, v6, address, 0, &party))
		return 0;
	return party.row == c->row;
}

/* Can neighbour discovery for this address stay on the link? */
INLINE int is_on_link(const struct context *c, const u32 *address)
{
	struct party party;

	if (is_v6_link_local(address) || is_v6_link_multicast(address))
		return 1;
	return !party6(c->image, address, 0, &party) && party.row != NP_ROW_EMPTY;
}

INLINE int discovery_is_own(const struct context *c)
{
	const struct packet *p = &c->packet;
	int unspecified = is_v6_zero(p->source);

	if (p->type == 134 || p->type == 137)
		return 0;
	if (!unspecified && !is_own(c, 1, p->source))
		return 0;
	if (!is_on_link(c, p->dest))
		return 0;
	/* An advertisement, and the question whether an address is free, speak for an address. */
	if (p->type == 136 || (p->type == 135 && unspecified))
		return is_own(c, 1, p->target);
	return 1;
}

/* The rule for a packet of KIND_LINK or KIND_ARP. */
NOINLINE int judge_link(struct context *c)
{
	const struct packet *p = &c->packet;
	int own;

	/* The other ends of the link are the node and, on a bridge, pods that were checked. */
	if (c->direction == NP_INGRESS)
		return NP_RULE_LINK_CONTROL;
	if (p->kind == KIND_ARP)
		own = !p->target[0] || is_own(c, 0, p->target);
	else if (p->protocol == IP_UDP)
		own = !p->v6 || is_own(c, 1, p->source);
	else if (is_discovery(p->type))
		own = discovery_is_own(c);
	else
		own = is_v6_zero(p->source) || is_own(c, 1, p->source);
	return own ? NP_RULE_LINK_CONTROL : NP_RULE_ROGUE_NEIGHBOUR;
}

#endif
