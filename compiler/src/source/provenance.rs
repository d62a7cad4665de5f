//! Where the bytes of a rendered text come from: a line of a template, and the leaves of values.

use super::{Location, Span};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A value that decided bytes of a rendered text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// Where the value stands that was in force: in a values file, an argument, or an object that
    /// holds values.
    pub at: Location,
    /// Its path in the values of the chart, `networkPolicy.ingress.0.port`.
    pub path: Arc<str>,
    /// Did the user set it, rather than the author of the chart?
    pub given: bool,
}

/// A run of bytes with one writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The first byte in the rendered text.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
    /// What wrote it in a template; `None` for text that no template wrote.
    pub template: Option<Location>,
    /// Are the bytes the template's own text, so that the n-th byte stands n bytes further there?
    pub verbatim: bool,
    /// The calls that led there, the outermost first.
    pub calls: Arc<[Location]>,
    /// The values that it shows or was made of.
    pub leaves: Arc<[Leaf]>,
    /// The values that decided whether it was written at all: conditions and ranges around it.
    pub guards: Arc<[Leaf]>,
}

/// The marks of a rendered text, in order and without overlaps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    marks: Vec<Mark>,
}

/// A place in a file, and how it came to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home<'a> {
    /// In a file that people can open.
    pub at: Location,
    /// The calls of templates that led there, the outermost first.
    pub calls: &'a [Location],
    /// The values that the place shows, each once, in the order of the text.
    pub leaves: Vec<&'a Leaf>,
    /// The values that decided whether it is there at all, each once.
    pub guards: Vec<&'a Leaf>,
}

impl Home<'_> {
    /// Of a place in a text that was read.
    pub(super) fn own(at: Location) -> Self {
        Home {
            at,
            calls: &[],
            leaves: Vec::new(),
            guards: Vec::new(),
        }
    }
}

impl Provenance {
    /// Of marks in any order.
    pub fn new(mut marks: Vec<Mark>) -> Self {
        marks.sort_by_key(|mark| mark.start);
        Self { marks }
    }

    /// The marks that touch a span; for an empty span, the one that holds its place.
    pub fn marks(&self, span: Span) -> &[Mark] {
        let first = self.marks.partition_point(|mark| mark.end <= span.start);
        let end = span.end.max(span.start.saturating_add(1));
        let after = self.marks.partition_point(|mark| mark.start < end);
        self.marks.get(first..after).unwrap_or_default()
    }

    pub(super) fn home(&self, at: Location) -> Home<'_> {
        let marks = self.marks(at.span);
        // Bytes that nobody signed, such as those after the last mark, belong to what is before.
        let before = || {
            let next = (self.marks).partition_point(|mark| mark.start <= at.span.start);
            next.checked_sub(1).and_then(|last| self.marks.get(last))
        };
        let first = marks.iter().find(|mark| mark.template.is_some());
        let Some(first) = first.or_else(before) else {
            return Home::own(at);
        };
        let leaves = each_once(marks.iter().flat_map(|mark| mark.leaves.iter()));
        Home {
            at: first.template_of(at.span).unwrap_or(at),
            calls: &first.calls,
            guards: others(&leaves, first.guards.iter()),
            leaves,
        }
    }
}

impl Mark {
    /// Takes in the mark behind it when both are of one action and show the same values.
    pub(crate) fn absorbs(&mut self, next: &Self) -> bool {
        let same = self.end == next.start
            && !self.verbatim
            && !next.verbatim
            && self.template == next.template
            && self.calls == next.calls
            && self.leaves == next.leaves
            && self.guards == next.guards;
        if same {
            self.end = next.end;
        }
        same
    }

    /// The part of the template that wrote the part of a span which lies in this mark.
    fn template_of(&self, span: Span) -> Option<Location> {
        let template = self.template?;
        if !self.verbatim {
            return Some(template);
        }
        let skipped = span.start.saturating_sub(self.start);
        let start = template.span.start.saturating_add(skipped);
        let wanted = span
            .end
            .min(self.end)
            .saturating_sub(span.start.max(self.start));
        let end = start.saturating_add(wanted).min(template.span.end);
        Some(Location {
            source: template.source,
            span: Span {
                start,
                end: end.max(start),
            },
        })
    }
}

/// The guards that say more than the leaves do: no leaf again, and no table around a leaf or guard.
fn others<'a>(leaves: &[&'a Leaf], guards: impl Iterator<Item = &'a Leaf>) -> Vec<&'a Leaf> {
    let guards = each_once(guards);
    let around = |table: &Leaf, leaf: &Leaf| {
        let rest = leaf.path.strip_prefix(&*table.path);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let known = |guard: &&&Leaf| {
        leaves.contains(*guard) || leaves.iter().chain(&guards).any(|leaf| around(guard, leaf))
    };
    let kept = guards.iter().filter(|guard| !known(guard));
    kept.copied().collect()
}

fn each_once<'a>(leaves: impl Iterator<Item = &'a Leaf>) -> Vec<&'a Leaf> {
    let mut seen = BTreeSet::new();
    leaves.filter(|leaf| seen.insert(*leaf)).collect()
}
