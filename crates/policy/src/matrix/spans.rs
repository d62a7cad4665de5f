//! The addresses of a family cut into spans in which every address lies in the same blocks.

use crate::IpBlock;
use crate::cidr::{Family, bounds, number};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Sorted cuts and what is true from each to the next. A block is looked at once for each cut that
/// it spans, not once for each address.
#[derive(Debug)]
pub(super) struct Spans {
    family: Family,
    cuts: Vec<u128>,
    /// Per cut: the places of the blocks that hold it, rising.
    blocks: Vec<Vec<usize>>,
    /// Per cut: is it the address of a pod?
    pods: Vec<bool>,
}

impl Spans {
    /// `blocks` come with their places, in rising order; `single` are further nets to tell apart.
    pub(super) fn new(
        family: Family,
        blocks: &[(usize, &IpBlock)],
        pod_cidrs: &[&IpNet],
        single: &[IpNet],
    ) -> Self {
        let of_blocks = blocks
            .iter()
            .flat_map(|(_, b)| std::iter::once(&b.cidr).chain(&b.except));
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
            blocks: vec![Vec::new(); cuts.len()],
            pods: vec![false; cuts.len()],
            cuts: cuts.into_iter().collect(),
        };
        for (place, block) in blocks {
            for at in spans.range(&block.cidr) {
                let inside = (spans.cuts.get(at)).map(|n| block.contains(family.address(*n)));
                if let (Some(true), Some(list)) = (inside, spans.blocks.get_mut(at)) {
                    list.push(*place);
                }
            }
        }
        for net in pod_cidrs {
            for at in spans.range(net) {
                if let Some(pod) = spans.pods.get_mut(at) {
                    *pod = true;
                }
            }
        }
        spans
    }

    /// The cuts inside of a net, whose first address is one.
    fn range(&self, net: &IpNet) -> std::ops::Range<usize> {
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

    /// The places of the blocks that a span lies in, rising.
    pub(super) fn blocks(&self, span: usize) -> &[usize] {
        self.blocks.get(span).map(Vec::as_slice).unwrap_or_default()
    }

    /// First address of every span, and whether it belongs to pods.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u128, bool)> {
        self.cuts.iter().copied().zip(self.pods.iter().copied())
    }
}
