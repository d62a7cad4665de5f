//! Vectors and rows, each kept once; columns that never differ become one.

use super::LinkError;
use std::collections::HashMap;
use std::hash::Hash;

/// Numbers distinct values in the order in which they first appear.
#[derive(Debug)]
pub(super) struct Interner<T> {
    numbers: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            values: Vec::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    pub(super) fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        // More than 2^32 vectors do not fit into memory.
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    pub(super) fn into_values(self) -> Vec<T> {
        self.values
    }
}

/// Groups places that no list tells apart. Groups are numbered by their first place.
#[derive(Debug)]
pub(super) struct Grouping {
    groups: Vec<u32>,
}

impl Grouping {
    /// All `places` in one group.
    pub(super) fn new(places: usize) -> Self {
        Self {
            groups: vec![0; places],
        }
    }

    /// Splits groups whose members differ in `values`.
    pub(super) fn refine<V: Clone + Eq + Hash>(&mut self, values: impl Iterator<Item = V>) {
        let mut numbers = HashMap::new();
        for (group, value) in self.groups.iter_mut().zip(values) {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *group = *numbers.entry((*group, value)).or_insert(next);
        }
    }

    /// The group of every place, checked to fit into 16 bits.
    pub(super) fn finish(self, what: &'static str) -> Result<Groups, LinkError> {
        let mut firsts = Vec::new();
        for (place, group) in self.groups.iter().enumerate() {
            if usize::try_from(*group) == Ok(firsts.len()) {
                firsts.push(place);
            }
        }
        let narrow = |group: &u32| u16::try_from(*group);
        let of = self.groups.iter().map(narrow).collect::<Result<_, _>>();
        let of = of.map_err(|_| LinkError::too_many(what, firsts.len(), 1 << 16))?;
        Ok(Groups { of, firsts })
    }
}

/// The result of [`Grouping`].
#[derive(Debug)]
pub(super) struct Groups {
    /// Per place: its group.
    pub(super) of: Vec<u16>,
    /// Per group: its first place.
    pub(super) firsts: Vec<usize>,
}

impl Groups {
    /// One value per group, out of one per place.
    pub(super) fn pick<V: Copy>(&self, values: &[V]) -> Vec<V> {
        self.firsts
            .iter()
            .filter_map(|place| values.get(*place).copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_split_where_values_differ_and_are_numbered_by_first_place() {
        let mut grouping = Grouping::new(5);
        grouping.refine("aabab".chars());
        grouping.refine([1, 1, 1, 2, 1].into_iter());
        let groups = grouping.finish("things").unwrap();
        assert_eq!(groups.of, [0, 0, 1, 2, 1]);
        assert_eq!(groups.firsts, [0, 2, 3]);
        assert_eq!(groups.pick(&[10, 11, 12, 13, 14]), [10, 12, 13]);
    }

    #[test]
    fn more_groups_than_16_bits_are_an_error() {
        let mut grouping = Grouping::new(70_000);
        grouping.refine(0..70_000);
        let error = grouping.finish("things").unwrap_err();
        assert_eq!(error, LinkError::too_many("things", 70_000, 65_536));
    }
}
