//! Where values came from, and which of them anything ever read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use netpol_yaml::Span;

/// A handle on a [`Leaf`], or on a union of leaves, in an [`Origins`] table. `NONE` is neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(u32);

impl Origin {
    /// Came from no values.
    pub const NONE: Self = Self(0);

    /// Whether it came from no values.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// This one, or the other when this one is none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.is_none() { other } else { self }
    }
}

/// Index of a values source: a chart's `values.yaml`, a `-f` file, a `--set` argument. The list
/// of sources is the loader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// One place in the values: a scalar, or the head of a map or list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The file or argument that set it (the last one that did).
    pub source: SourceId,
    /// The place in that source's text: the value's own span.
    pub span: Span,
    /// The path from the root chart's values, e.g. `["postgresql", "auth", "0"]`.
    pub path: Rc<[Rc<str>]>,
}

#[derive(Debug)]
enum Entry {
    Leaf(Leaf),
    Union(Rc<[Origin]>),
}

/// All origins of one rendering.
#[derive(Debug, Default)]
pub struct Origins {
    entries: Vec<Entry>,
    unions: HashMap<Rc<[Origin]>, Origin>,
}

impl Origins {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    fn push(&mut self, entry: Entry) -> Origin {
        self.entries.push(entry);
        Origin(u32::try_from(self.entries.len()).unwrap_or(0))
    }

    fn entry(&self, origin: Origin) -> Option<&Entry> {
        let index = usize::try_from(origin.0).ok()?.checked_sub(1)?;
        self.entries.get(index)
    }

    /// Enters a leaf.
    pub fn add(&mut self, leaf: Leaf) -> Origin {
        self.push(Entry::Leaf(leaf))
    }

    /// The leaf, if the origin is exactly one.
    pub fn leaf(&self, origin: Origin) -> Option<&Leaf> {
        match self.entry(origin)? {
            Entry::Leaf(leaf) => Some(leaf),
            Entry::Union(_) => None,
        }
    }

    /// The single origins behind one, in the order they were entered; none for `NONE`.
    pub fn singles(&self, origin: Origin) -> Vec<Origin> {
        match self.entry(origin) {
            None => Vec::new(),
            Some(Entry::Leaf(_)) => vec![origin],
            Some(Entry::Union(of)) => of.to_vec(),
        }
    }

    /// The origin that stands for both.
    pub fn union(&mut self, one: Origin, other: Origin) -> Origin {
        if one == other || other.is_none() {
            return one;
        }
        if one.is_none() {
            return other;
        }
        let mut all: BTreeSet<Origin> = self.singles(one).into_iter().collect();
        all.extend(self.singles(other));
        self.intern(all)
    }

    fn intern(&mut self, all: BTreeSet<Origin>) -> Origin {
        let all: Rc<[Origin]> = all.into_iter().collect();
        if let Some(known) = self.unions.get(&all) {
            return *known;
        }
        let origin = self.push(Entry::Union(Rc::clone(&all)));
        self.unions.insert(all, origin);
        origin
    }

    /// The origin that stands for all of these.
    pub fn union_all(&mut self, all: impl IntoIterator<Item = Origin>) -> Origin {
        let all: BTreeSet<Origin> = all.into_iter().filter(|one| !one.is_none()).collect();
        let mut all = all.into_iter();
        match (all.next(), all.next(), all.next()) {
            (None, ..) => Origin::NONE,
            (Some(one), None, _) => one,
            (Some(one), Some(other), None) => self.union(one, other),
            (Some(one), Some(other), Some(third)) => {
                let mut singles = BTreeSet::new();
                for origin in [one, other, third].into_iter().chain(all) {
                    singles.extend(self.singles(origin));
                }
                self.intern(singles)
            }
        }
    }

    /// Every single leaf with its handle, in the order they were entered.
    pub fn leaves(&self) -> impl Iterator<Item = (Origin, &Leaf)> {
        (1_u32..)
            .zip(&self.entries)
            .filter_map(|(number, entry)| match entry {
                Entry::Leaf(leaf) => Some((Origin(number), leaf)),
                Entry::Union(_) => None,
            })
    }
}

/// Which values were read.
///
/// A leaf is read when a template takes its value: by field, index, `range`, `get`, `dig`, or as
/// part of a subtree that is written as a whole. A branch is read in the same way; that says
/// nothing of the leaves below it.
#[derive(Debug, Default)]
pub struct Reads {
    leaves: Vec<u64>,
    missing: HashSet<(Origin, Rc<str>)>,
    /// What is read while somebody listens, in order.
    heard: Vec<Origin>,
    listeners: usize,
}

impl Reads {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins to listen to what is read: for [`Reads::heard_since`], which ends it.
    pub(crate) fn listen(&mut self) -> usize {
        self.listeners += 1;
        self.heard.len()
    }

    /// What was read since [`Reads::listen`] gave this number, each once.
    pub(crate) fn heard_since(&mut self, start: usize) -> BTreeSet<Origin> {
        let heard = self.heard.get(start..).unwrap_or_default();
        let heard = heard.iter().copied().collect();
        self.listeners = self.listeners.saturating_sub(1);
        if self.listeners == 0 {
            self.heard.clear();
        }
        heard
    }

    /// Marks a value as read. `NONE` is ignored.
    pub fn mark(&mut self, origin: Origin) {
        if self.listeners > 0 && !origin.is_none() {
            self.heard.push(origin);
        }
        let Ok(at) = usize::try_from(origin.0) else {
            return;
        };
        if at / 64 >= self.leaves.len() {
            self.leaves.resize(at / 64 + 1, 0);
        }
        if let Some(word) = self.leaves.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// Marks that a key was asked of a branch that does not have it.
    pub fn mark_missing(&mut self, branch: Origin, key: &str) {
        if !branch.is_none() {
            self.missing.insert((branch, key.into()));
        }
    }

    /// Whether the value was read.
    pub fn is_read(&self, origin: Origin) -> bool {
        let at = usize::try_from(origin.0).unwrap_or(0);
        let word = self.leaves.get(at / 64).copied().unwrap_or(0);
        !origin.is_none() && word >> (at % 64) & 1 == 1
    }

    /// The keys that were asked for and not there: the branch and the key, sorted.
    pub fn missing(&self) -> Vec<(Origin, Rc<str>)> {
        let sorted: BTreeSet<_> = self.missing.iter().cloned().collect();
        sorted.into_iter().collect()
    }
}
