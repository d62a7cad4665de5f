//! Finishing a mapping: merge keys, equal keys, and keys that JSON cannot hold.

use std::cmp::Ordering;

use super::Loader;
use crate::span::offset;
use crate::tree::{Data, NodeId, Tree};
use crate::{Diagnostic, DiagnosticKind, Span, Surprise, SurpriseKind};

/// What the node of a merge key holds: an alias to nowhere. Such a node is never among the
/// entries of a mapping.
pub(super) const MERGE: Data = Data::Alias(NodeId::MAX);

/// Up to so many entries, every key is compared with every other.
const FEW: usize = 12;

/// An entry on its way into a mapping.
#[derive(Clone, Copy)]
struct Entry {
    key: NodeId,
    value: NodeId,
    /// The place in the text that brought it in: the key itself, or the `<<`.
    origin: Span,
    merged: bool,
}

impl Loader<'_> {
    /// Moves the keys and values that wait since `first` into the tree and returns their range.
    pub(super) fn finish_mapping(&mut self, first: usize, merges: bool) -> Span {
        let start = self.tree.children.len();
        let written = self.waiting.get(first..).unwrap_or_default();
        if !merges && written.len() <= 2 * FEW && are_distinct(&self.tree, self.source, written) {
            self.tree.children.extend(self.waiting.drain(first..));
        } else {
            let entries = self.entries(first);
            self.waiting.truncate(first);
            let kept = self.without_equal(entries);
            self.tree
                .children
                .extend(kept.iter().flat_map(|entry| [entry.key, entry.value]));
        }
        Span::from_range(start..self.tree.children.len())
    }

    /// The entries in the order in which go-yaml puts them into its map, merge keys replaced by
    /// what they bring in.
    fn entries(&mut self, first: usize) -> Vec<Entry> {
        let written = self.waiting.get(first..).unwrap_or_default().to_vec();
        let mut entries = Vec::with_capacity(written.len() / 2);
        for pair in written.chunks_exact(2) {
            let [key, value] = *pair else { continue };
            let Some(node) = self.tree.nodes.get(key as usize).copied() else {
                continue;
            };
            if matches!(node.data, Data::Alias(NodeId::MAX)) {
                self.merge(node.span, value, &mut entries);
            } else if self.is_key(key, node.span) {
                entries.push(Entry {
                    key,
                    value,
                    origin: node.span,
                    merged: false,
                });
            }
        }
        entries
    }

    /// Adds what follows a `<<`: a mapping, or mappings of which the first counts most.
    fn merge(&mut self, origin: Span, value: NodeId, entries: &mut Vec<Entry>) {
        let sources = match self.tree.resolved(value) {
            Some((node, _)) => match node.data {
                Data::Mapping(range) => vec![Some(range)],
                // An alias that leads to a sequence is refused; only a written one is a list.
                Data::Sequence(range) if !self.is_alias(value) => self
                    .tree
                    .children(range)
                    .iter()
                    .rev()
                    .map(|item| self.mapping_range(*item))
                    .collect(),
                _ => vec![None],
            },
            None => vec![None],
        };
        for source in sources {
            let Some(range) = source else {
                let message = "`<<` takes a mapping or a sequence of mappings";
                let place = self
                    .tree
                    .nodes
                    .get(value as usize)
                    .map_or(origin, |node| node.span);
                let place = if place.is_empty() { origin } else { place };
                self.report(Diagnostic::new(DiagnosticKind::Merge, message, place));
                return;
            };
            let pairs = self.tree.children(range).chunks_exact(2);
            entries.extend(pairs.filter_map(|pair| match *pair {
                [key, value] => Some(Entry {
                    key,
                    value,
                    origin,
                    merged: true,
                }),
                _ => None,
            }));
        }
    }

    fn is_alias(&self, id: NodeId) -> bool {
        self.tree
            .nodes
            .get(id as usize)
            .is_some_and(|node| matches!(node.data, Data::Alias(_)))
    }

    fn mapping_range(&self, id: NodeId) -> Option<Span> {
        match self.tree.resolved(id)?.0.data {
            Data::Mapping(range) => Some(range),
            _ => None,
        }
    }

    /// Whether a node can be a key; if not, that is reported.
    fn is_key(&mut self, key: NodeId, span: Span) -> bool {
        let what = match self.tree.resolved(key).map(|(node, _)| node.data) {
            Some(Data::Null) | None => "null",
            Some(Data::Sequence(_)) => "a sequence",
            Some(Data::Mapping(_)) => "a mapping",
            Some(Data::Uint(_)) => "a number above 9223372036854775807",
            Some(_) => return true,
        };
        let message = format!("{what} cannot be the key of a mapping");
        self.report(Diagnostic::new(DiagnosticKind::Key, message, span));
        false
    }

    /// Keeps the last of entries with equal keys, at the place of the first, and reports the rest.
    fn without_equal(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        let data = |at: usize| {
            entries
                .get(at)
                .and_then(|entry| self.tree.resolved(entry.key))
                .map(|(node, _)| node.data)
        };
        let compare = |a: &usize, b: &usize| match (data(*a), data(*b)) {
            (Some(a), Some(b)) => compare(&self.tree, self.source, a, b),
            _ => Ordering::Equal,
        };
        order.sort_by(compare);
        let groups: Vec<Vec<usize>> = order
            .chunk_by(|a, b| compare(a, b) == Ordering::Equal && !data(*a).is_some_and(is_nan))
            .filter(|group| group.len() > 1)
            .map(<[usize]>::to_vec)
            .collect();
        let mut kept: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
        for group in groups {
            self.collapse(&group, &mut kept);
        }
        let kept: Vec<Entry> = kept.into_iter().flatten().collect();
        self.note_collisions(&kept);
        kept
    }

    /// Notes keys that differ in YAML and are the same in JSON, which only strings and other
    /// scalars side by side can be.
    fn note_collisions(&mut self, entries: &[Entry]) {
        let is_text = |entry: &Entry| {
            let data = self.tree.resolved(entry.key).map(|(node, _)| node.data);
            matches!(data, Some(Data::Source(_) | Data::Owned(_)))
        };
        if entries.iter().all(is_text) {
            return;
        }
        let mut names: Vec<(String, usize)> = (0..)
            .zip(entries)
            .filter_map(|(at, entry)| {
                Some((
                    self.tree.scalar_text(self.source, entry.key)?.into_owned(),
                    at,
                ))
            })
            .collect();
        names.sort();
        for pair in names.windows(2) {
            let [(before, _), (after, at)] = pair else {
                continue;
            };
            if let (true, Some(entry)) = (before == after, entries.get(*at)) {
                self.surprises.push(Surprise {
                    span: entry.origin,
                    kind: SurpriseKind::KeyCollision,
                    looks_like: entry.origin.slice(self.source).to_owned(),
                    read_as: crate::resolve::quoted(after).into_owned(),
                    is_key: true,
                });
            }
        }
    }

    /// Puts the last entry of a group of equals into the first one's place.
    fn collapse(&mut self, group: &[usize], kept: &mut [Option<Entry>]) {
        let mut winner: Option<Entry> = None;
        for at in group {
            let Some(entry) = kept.get_mut(*at).and_then(Option::take) else {
                continue;
            };
            if let Some(before) = winner {
                self.report_equal(before, entry);
            }
            winner = Some(entry);
        }
        if let Some(slot) = group.first().and_then(|at| kept.get_mut(*at)) {
            *slot = winner;
        }
    }

    /// Reports that `entry` takes the place of `before`.
    fn report_equal(&mut self, before: Entry, entry: Entry) {
        let name = self.name(entry.key);
        let (kind, message) = if before.merged || entry.merged {
            (
                DiagnosticKind::MergeOverride,
                format!("the key {name} is set here and by `<<`; the later one wins"),
            )
        } else {
            (
                DiagnosticKind::DuplicateKey,
                format!("the key {name} is given twice; the later one wins"),
            )
        };
        self.report(Diagnostic::new(kind, message, entry.origin).with_related(before.origin));
        let most = super::MOST_DIAGNOSTICS * super::MOST_DIAGNOSTICS;
        // A merge that says the same surprises nobody.
        let says_other = self.text_of(before.value) != self.text_of(entry.value);
        if entry.merged && says_other && self.surprises.len() < most {
            self.surprises.push(Surprise {
                span: before.origin,
                kind: SurpriseKind::MergeOverride,
                looks_like: self.written(before.value),
                read_as: self.written(entry.value),
                is_key: true,
            });
        }
    }

    /// A node as written.
    fn text_of(&self, id: NodeId) -> &str {
        let node = self.tree.resolved(id);
        let span = node.map_or(Span::default(), |(node, _)| node.span);
        span.slice(self.source)
    }

    /// The first line of a node as written.
    fn written(&self, id: NodeId) -> String {
        let first = self.text_of(id).lines().next();
        first.unwrap_or_default().to_owned()
    }

    /// A key in quotes, for a message.
    fn name(&self, key: NodeId) -> String {
        let node = self.tree.resolved(key).map(|(node, _)| *node);
        let text = node.and_then(|node| self.tree.text(self.source, node.data));
        crate::resolve::quoted(
            text.unwrap_or_else(|| node.map_or("", |node| node.span.slice(self.source))),
        )
        .into_owned()
    }
}

/// Whether a few keys are all strings and all different, which nearly all are.
///
/// A set of 64 bits, one for each of 64 classes of texts, tells most keys apart without comparing.
fn are_distinct(tree: &Tree, source: &str, written: &[NodeId]) -> bool {
    let mut classes = 0_u64;
    let mut keys: [&[u8]; FEW] = [&[]; FEW];
    for (count, pair) in written.chunks_exact(2).enumerate() {
        let text = pair
            .first()
            .and_then(|key| tree.nodes.get(*key as usize))
            .and_then(|node| tree.text(source, node.data));
        let (Some(text), Some(slot)) = (text, keys.get_mut(count)) else {
            return false;
        };
        let key = text.as_bytes();
        *slot = key;
        let class = 1 << class(key);
        if classes & class != 0 && keys.get(..count).unwrap_or_default().contains(&key) {
            return false;
        }
        classes |= class;
    }
    true
}

/// A number below 64 that texts share seldom.
fn class(key: &[u8]) -> u32 {
    let first = key.first().copied().unwrap_or_default();
    let last = key.last().copied().unwrap_or_default();
    let length = offset(key.len());
    (u32::from(first) ^ u32::from(last).wrapping_mul(7) ^ length.wrapping_mul(11)) % 64
}

/// An order in which exactly the keys that go-yaml takes for the same are equal: of the same kind
/// and of the same value, so that `1` and `"1"` differ.
fn compare(tree: &Tree, source: &str, a: Data, b: Data) -> Ordering {
    match (a, b) {
        (Data::Bool(a), Data::Bool(b)) => a.cmp(&b),
        (Data::Int(a), Data::Int(b)) => a.i64().cmp(&b.i64()),
        (Data::Uint(a), Data::Uint(b)) => a.u64().cmp(&b.u64()),
        // Adding zero makes the two zeros one.
        (Data::Float(a), Data::Float(b)) => (a.f64() + 0.0).total_cmp(&(b.f64() + 0.0)),
        _ => match (tree.text(source, a), tree.text(source, b)) {
            (Some(a), Some(b)) => a.cmp(b),
            _ => rank(a).cmp(&rank(b)),
        },
    }
}

fn rank(data: Data) -> u8 {
    match data {
        Data::Null | Data::Alias(_) | Data::Sequence(_) | Data::Mapping(_) => 0,
        Data::Bool(_) => 1,
        Data::Int(_) => 2,
        Data::Uint(_) => 3,
        Data::Float(_) => 4,
        Data::Source(_) | Data::Owned(_) => 5,
    }
}

/// NaN is no key twice, for it equals nothing.
fn is_nan(data: Data) -> bool {
    matches!(data, Data::Float(value) if value.f64().is_nan())
}
