//! Groups put together by workload, namespace or label, with what passes between them for all
//! pairs of members, or for how many.

use super::ports::{self, PortRange};
use super::view::{How, Member, Node, Row, View};
use netpol_policy::Protocol;
use netpol_policy::cidr::Family;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What passes between two heaps of parties, before it is counted out.
#[derive(Default)]
struct Sum {
    /// How many pairs, whether certain, and which ports, by family; `None` for both.
    terms: Vec<(Option<Family>, u64, bool, Vec<PortRange>)>,
}

/// Puts the groups of one kind together that `heap` gives the same name; addresses stay as they
/// are. Where pairs of members differ the row says how many pass.
pub fn aggregated<'a>(view: &View<'_>, heap: impl Fn(&Node, &Member) -> String) -> View<'a> {
    let (cut, names) = view.split(|node, member| match member {
        Some(member) => heap(node, member),
        None => String::new(),
    });
    // The heaps, in the order of their first group; each piece knows its heap.
    let mut heaps: Vec<Node> = Vec::new();
    let mut places: BTreeMap<(super::graph::GroupKind, String), usize> = BTreeMap::new();
    let mut of_piece: Vec<usize> = Vec::new();
    for (piece, name) in cut.nodes.iter().zip(names) {
        let next = heaps.len();
        let at = if piece.members.is_empty() {
            next
        } else {
            *places.entry((piece.kind, name.clone())).or_insert(next)
        };
        of_piece.push(at);
        match heaps.get_mut(at) {
            Some(heap) => heap.members.extend(piece.members.iter().cloned()),
            None => heaps.push(Node {
                name: (!piece.members.is_empty()).then_some(name),
                ..piece.clone()
            }),
        }
    }
    let mut sums: BTreeMap<(usize, usize), Sum> = BTreeMap::new();
    for row in &cut.rows {
        let (Some(&from), Some(&to)) = (of_piece.get(row.from), of_piece.get(row.to)) else {
            continue;
        };
        let (Some(source), Some(destination)) = (cut.nodes.get(row.from), cut.nodes.get(row.to))
        else {
            continue;
        };
        let pairs = pairs(source, destination, row.from == row.to);
        let certain = row.how == How::Certain;
        let term = (row.family, pairs, certain, row.ports.to_vec());
        sums.entry((from, to)).or_default().terms.push(term);
    }
    let mut whole = View {
        nodes: heaps,
        rows: Vec::new(),
        lists_nodes: view.lists_nodes,
    };
    for ((from, to), sum) in sums {
        let ends = (whole.nodes.get(from), whole.nodes.get(to));
        let (Some(source), Some(destination)) = ends else {
            continue;
        };
        let all = pairs(source, destination, from == to);
        whole.rows.extend(sum.rows(from, to, all));
    }
    whole.sort();
    whole
}

/// How many pairs two groups have; a party and itself count where it has siblings.
pub(super) fn pairs(from: &Node, to: &Node, same: bool) -> u64 {
    let count = |node: &Node| u64::try_from(node.members.len().max(1)).unwrap_or(u64::MAX);
    if !same {
        return count(from).saturating_mul(count(to));
    }
    let alone = from.members.iter().filter(|member| !member.several);
    let alone = u64::try_from(alone.count()).unwrap_or(u64::MAX);
    count(from)
        .saturating_mul(count(from))
        .saturating_sub(alone)
}

impl Sum {
    /// The rows of two heaps: one for each family that differs, one for each way to hold.
    fn rows<'a>(&self, from: usize, to: usize, pairs: u64) -> Vec<Row<'a>> {
        let of = |family: Family| {
            let terms = self.terms.iter();
            let terms = terms.filter(|(of, ..)| of.is_none_or(|of| of == family));
            by_how(
                terms.map(|(_, n, certain, ports)| (*n, *certain, ports.as_slice())),
                pairs,
            )
        };
        let (four, six) = (of(Family::V4), of(Family::V6));
        let by_family = if four == six {
            vec![(None, four)]
        } else {
            vec![(Some(Family::V4), four), (Some(Family::V6), six)]
        };
        let mut rows = Vec::new();
        for (family, by_how) in by_family {
            rows.extend(by_how.into_iter().map(|(how, ports)| Row {
                from,
                to,
                family,
                ports: Cow::Owned(ports),
                how,
            }));
        }
        rows
    }
}

/// Sweeps over the ports: for each run how many pairs pass and for how many it is not decided.
pub(super) fn by_how<'t>(
    terms: impl Iterator<Item = (u64, bool, &'t [PortRange])>,
    pairs: u64,
) -> BTreeMap<How, Vec<PortRange>> {
    // What begins and ends to count at a port: (allowed, unknown), one past the last port.
    let mut steps: BTreeMap<(Protocol, u32), (i128, i128)> = BTreeMap::new();
    for (count, certain, ranges) in terms {
        let count = i128::from(count);
        for range in ranges {
            let ends = [
                (u32::from(range.first), count),
                (u32::from(range.last()) + 1, -count),
            ];
            for (port, change) in ends {
                let step = steps.entry((range.protocol, port)).or_default();
                *(if certain { &mut step.0 } else { &mut step.1 }) += change;
            }
        }
    }
    let mut found: BTreeMap<How, Vec<PortRange>> = BTreeMap::new();
    let (mut allowed, mut unknown) = (0, 0);
    let mut open: Option<(Protocol, u32)> = None;
    for (&(protocol, port), (more_allowed, more_unknown)) in &steps {
        if let Some((before, first)) = open
            && (allowed, unknown) != (0, 0)
            && let (Ok(first), Ok(last)) = (u16::try_from(first), u16::try_from(port - 1))
        {
            let how = how(allowed, unknown, pairs);
            ports::push(
                found.entry(how).or_default(),
                PortRange::new(before, first, last),
            );
        }
        allowed += more_allowed;
        unknown += more_unknown;
        open = Some((protocol, port));
    }
    found
}

fn how(allowed: i128, unknown: i128, pairs: u64) -> How {
    let count = |n: i128| u64::try_from(n).unwrap_or_default();
    let (allowed, unknown) = (count(allowed), count(unknown));
    if allowed >= pairs {
        How::Certain
    } else if unknown >= pairs {
        How::Unknown
    } else {
        How::Some {
            allowed,
            unknown,
            pairs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_counted_out() {
        let tcp = |first, last| PortRange::new(Protocol::Tcp, first, last);
        let terms = [
            (1_u64, true, vec![tcp(80, 90)]),
            (2, true, vec![tcp(85, 100)]),
            (1, false, vec![tcp(100, 100)]),
        ];
        let found = by_how(terms.iter().map(|(n, c, p)| (*n, *c, p.as_slice())), 3);
        let some = |allowed, unknown| How::Some {
            allowed,
            unknown,
            pairs: 3,
        };
        let expected = [
            (How::Certain, vec![tcp(85, 90)]),
            (some(1, 0), vec![tcp(80, 84)]),
            (some(2, 0), vec![tcp(91, 99)]),
            (some(2, 1), vec![tcp(100, 100)]),
        ];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}
