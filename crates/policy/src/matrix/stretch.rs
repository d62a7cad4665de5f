//! Runs of classes. Classes are numbered in the order of namespaces and addresses, so that what
//! matches many of them matches few runs.

use super::classes::ClassId;
use super::forest::Code;
use std::ops::Range;

/// Neighbouring classes that something matches alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first class.
    pub(super) first: ClassId,
    /// One more than the last class.
    pub(super) end: ClassId,
    /// How surely they match.
    pub(super) code: Code,
}

impl Stretch {
    pub(super) fn one(class: ClassId, code: Code) -> Self {
        Self {
            first: class,
            end: class + 1,
            code,
        }
    }
}

/// Appends a run, growing the last one when it is its direct continuation.
pub(super) fn push(stretches: &mut Vec<Stretch>, next: Stretch) {
    match stretches.last_mut() {
        Some(last) if last.end == next.first && last.code == next.code => last.end = next.end,
        _ => stretches.push(next),
    }
}

/// Sorts runs that do not overlap, and joins those that continue each other.
pub(super) fn tidy(stretches: &mut Vec<Stretch>) {
    if stretches.is_sorted_by_key(|s| s.first) {
        return;
    }
    stretches.sort_unstable_by_key(|s| s.first);
    let mut joined = Vec::with_capacity(stretches.len());
    for stretch in stretches.drain(..) {
        push(&mut joined, stretch);
    }
    *stretches = joined;
}

/// Classes by the span that they lie in, so that those of a range of spans are found as runs.
#[derive(Debug)]
pub(super) struct Stretches {
    /// Sorted.
    classes: Vec<(usize, ClassId)>,
    /// Per entry: one more than the last entry up to which classes follow each other.
    ends: Vec<usize>,
}

impl Stretches {
    pub(super) fn new(mut classes: Vec<(usize, ClassId)>) -> Self {
        classes.sort_unstable();
        let mut ends = vec![classes.len(); classes.len()];
        let mut end = classes.len();
        for (at, pair) in classes.windows(2).enumerate().rev() {
            if let [(_, class), (_, next)] = pair
                && class + 1 != *next
            {
                end = at + 1;
            }
            if let Some(of_entry) = ends.get_mut(at) {
                *of_entry = end;
            }
        }
        Self { classes, ends }
    }

    /// Tells the runs of the classes that lie in a range of spans.
    pub(super) fn within(&self, spans: &Range<usize>, mut tell: impl FnMut(Stretch)) {
        let bound = |span| self.classes.partition_point(|(at, _)| *at < span);
        let (mut at, last) = (bound(spans.start), bound(spans.end));
        while at < last {
            let end = self.ends.get(at).map_or(last, |end| (*end).min(last));
            if let Some((_, first)) = self.classes.get(at) {
                tell(Stretch {
                    first: *first,
                    end: first + (end - at),
                    code: super::matched::CERTAIN,
                });
            }
            at = end.max(at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_a_range_of_spans_come_as_runs() {
        let stretches = Stretches::new(vec![(0, 5), (0, 6), (1, 7), (2, 3), (4, 8), (5, 9)]);
        let within = |spans| {
            let mut found = Vec::new();
            stretches.within(&spans, |s| found.push((s.first, s.end)));
            found
        };
        assert_eq!(within(0..6), [(5, 8), (3, 4), (8, 10)]);
        assert_eq!(within(1..3), [(7, 8), (3, 4)]);
        assert_eq!(within(5..9), [(9, 10)]);
        assert_eq!(within(3..4), []);
    }
}
