//! The addresses of a family cut into spans in which every address lies in the same blocks.

use super::forest::{EMPTY, Forest, SetId};
use super::matched::CERTAIN;
use crate::IpBlock;
use crate::cidr::{Family, bounds, number};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Range;

/// Sorted cuts and what is true from each to the next.
#[derive(Debug)]
pub(super) struct Spans {
    family: Family,
    cuts: Vec<u128>,
    /// Per cut: the set of the blocks that hold it.
    sets: Vec<SetId>,
    /// Per cut: the same without the blocks that cover addresses outside of the cluster only.
    inside: Vec<SetId>,
    /// Per cut: is it the address of a pod?
    pods: Vec<bool>,
}

/// A block of the policies, by the place of its peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) place: usize,
    pub(super) range: &'a IpBlock,
    /// Never covers addresses of the cluster.
    pub(super) outside_only: bool,
}

impl Spans {
    /// `single` are further nets to tell apart.
    pub(super) fn new(
        family: Family,
        blocks: &[Block<'_>],
        pod_cidrs: &[&IpNet],
        single: &[IpNet],
        forest: &mut Forest,
    ) -> Self {
        let of_blocks = blocks
            .iter()
            .flat_map(|b| std::iter::once(&b.range.cidr).chain(&b.range.except));
        let mut cuts = BTreeSet::from([0]);
        for net in of_blocks.chain(pod_cidrs.iter().copied()).chain(single) {
            if Family::of(net.addr()) == family {
                let (first, last) = bounds(net);
                cuts.insert(first);
                if last < family.last() {
                    cuts.insert(last + 1);
                }
            }
        }
        let mut spans = Self {
            family,
            sets: Vec::new(),
            inside: Vec::new(),
            pods: vec![false; cuts.len()],
            cuts: cuts.into_iter().collect(),
        };
        spans.sets = spans.sets(blocks.iter().copied(), forest);
        let inside = blocks.iter().filter(|b| !b.outside_only).copied();
        spans.inside = if blocks.iter().any(|b| b.outside_only) {
            spans.sets(inside, forest)
        } else {
            spans.sets.clone()
        };
        for net in pod_cidrs {
            for at in spans.range(net) {
                if let Some(pod) = spans.pods.get_mut(at) {
                    *pod = true;
                }
            }
        }
        spans
    }

    /// The set of every span: each block is taken in where it begins and out where it ends.
    fn sets<'b>(&self, blocks: impl Iterator<Item = Block<'b>>, forest: &mut Forest) -> Vec<SetId> {
        let mut changes = Vec::new();
        for Block { place, range, .. } in blocks {
            for range in self.pieces(range) {
                changes.push((range.start, place, CERTAIN));
                changes.push((range.end, place, 0));
            }
        }
        // Where one piece of a block ends and the next begins, taking out comes first.
        changes.sort_unstable();
        let mut changes = changes.into_iter().peekable();
        let mut set = EMPTY;
        let sets = (0..self.cuts.len()).map(|span| {
            while let Some((_, place, code)) = changes.next_if(|(at, ..)| *at <= span) {
                set = forest.with(set, place, code);
            }
            set
        });
        sets.collect()
    }

    /// The spans that a block covers, rising.
    pub(super) fn pieces(&self, block: &IpBlock) -> Vec<Range<usize>> {
        let whole = self.range(&block.cidr);
        let mut holes: Vec<Range<usize>> = block.except.iter().map(|e| self.range(e)).collect();
        holes.sort_unstable_by_key(|hole| (hole.start, hole.end));
        let mut pieces = Vec::new();
        let mut next = whole.start;
        for hole in holes {
            if hole.start.min(whole.end) > next {
                pieces.push(next..hole.start.min(whole.end));
            }
            next = next.max(hole.end);
        }
        if next < whole.end {
            pieces.push(next..whole.end);
        }
        pieces
    }

    /// The spans inside of a net, whose first address is a cut.
    fn range(&self, net: &IpNet) -> Range<usize> {
        if Family::of(net.addr()) != self.family {
            return 0..0;
        }
        let (first, last) = bounds(net);
        self.cuts.partition_point(|cut| *cut < first)..self.cuts.partition_point(|cut| *cut <= last)
    }

    /// The span that an address of this family lies in.
    pub(super) fn of(&self, address: IpAddr) -> usize {
        let after = self.cuts.partition_point(|cut| *cut <= number(address));
        after.saturating_sub(1)
    }

    /// The blocks that hold a span; `inside` of the cluster not all of them count.
    pub(super) fn set(&self, span: usize, inside: bool) -> SetId {
        let sets = if inside { &self.inside } else { &self.sets };
        sets.get(span).copied().unwrap_or(EMPTY)
    }

    /// First address of every span, and whether it belongs to pods.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u128, bool)> {
        self.cuts.iter().copied().zip(self.pods.iter().copied())
    }
}
