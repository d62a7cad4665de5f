//! Sets of places that differ little from each other, each kept once.
//!
//! A set is a tree that decides by the bits of a place; equal trees are the same tree. So two sets
//! are equal when their numbers are, and a set that differs from another one in one place shares
//! all but a few nodes with it: ten thousand nested blocks do not take ten thousand lists.

use std::collections::HashMap;

/// The number of a set within its [`Forest`]; equal numbers are equal sets.
pub(super) type SetId = usize;

/// The set without a member.
pub(super) const EMPTY: SetId = 0;

/// What is known of a member; 0 for those that are none.
pub(super) type Code = u8;

/// Numbers below this one are the trees in which every place has this code.
const LEAVES: usize = 256;

/// All sets.
#[derive(Debug)]
pub(super) struct Forest {
    /// How many bits places have.
    bits: u32,
    nodes: Vec<[SetId; 2]>,
    numbers: HashMap<[SetId; 2], SetId>,
}

impl Forest {
    /// Of places below `bound`.
    pub(super) fn new(bound: usize) -> Self {
        Self {
            bits: usize::BITS - bound.leading_zeros(),
            nodes: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// The set with another code at one place.
    pub(super) fn with(&mut self, set: SetId, place: usize, code: Code) -> SetId {
        self.change(set, self.bits, place, code)
    }

    fn change(&mut self, set: SetId, bits: u32, place: usize, code: Code) -> SetId {
        if bits == 0 {
            return usize::from(code);
        }
        let [low, high] = self.halves(set);
        let halves = if (place >> (bits - 1)) & 1 == 0 {
            [self.change(low, bits - 1, place, code), high]
        } else {
            [low, self.change(high, bits - 1, place, code)]
        };
        self.node(halves)
    }

    fn halves(&self, set: SetId) -> [SetId; 2] {
        let node = set.checked_sub(LEAVES).and_then(|at| self.nodes.get(at));
        node.copied().unwrap_or([set, set])
    }

    fn node(&mut self, halves: [SetId; 2]) -> SetId {
        let [low, high] = halves;
        if low == high && low < LEAVES {
            return low;
        }
        *self.numbers.entry(halves).or_insert_with(|| {
            self.nodes.push(halves);
            LEAVES + self.nodes.len() - 1
        })
    }

    /// The members with their codes, rising.
    pub(super) fn members(&self, set: SetId) -> Vec<(usize, Code)> {
        let mut found = Vec::new();
        // Trees still to be looked at: number, bits below it, first place.
        let mut open = vec![(set, self.bits, 0)];
        while let Some((set, bits, first)) = open.pop() {
            if set == EMPTY {
                continue;
            }
            if bits == 0 {
                found.push((first, Code::try_from(set).unwrap_or_default()));
                continue;
            }
            let [low, high] = self.halves(set);
            open.push((high, bits - 1, first | (1 << (bits - 1))));
            open.push((low, bits - 1, first));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_have_one_number_however_they_came_about() {
        let mut forest = Forest::new(100);
        let mut first = EMPTY;
        for place in [3, 99, 40] {
            first = forest.with(first, place, 1);
        }
        let mut second = EMPTY;
        for (place, code) in [(40, 2), (7, 1), (99, 1), (3, 1), (40, 1), (7, 0)] {
            second = forest.with(second, place, code);
        }
        assert_eq!(first, second);
        assert_eq!(forest.members(first), [(3, 1), (40, 1), (99, 1)]);
        for place in [3, 40, 99] {
            second = forest.with(second, place, 0);
        }
        assert_eq!(second, EMPTY);
    }
}
