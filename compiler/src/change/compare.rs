//! What differs between two groups.

use super::groups::Group;
use super::lens::{Lens, Run, Shape, meeting};
use super::touch::Edits;
use super::{Options, Standing};
use crate::reach::graph::{FamilyClasses, GroupKind};
use crate::reach::{PortRange, ports};
use netpol_policy::cidr::Family;
use netpol_policy::matrix::ClassId;
use netpol_policy::{Decision, Direction, PolicyKey, PolicySet, Protocol, RuleRef};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Ports between two groups that were one thing and are another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Delta {
    pub was: Standing,
    pub now: Standing,
    pub family: Option<Family>,
    pub ports: Vec<PortRange>,
}

/// A difference between two groups, or between a group and a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub source: usize,
    pub destination: Destination,
    pub delta: Delta,
    /// Edits that may stand behind it.
    pub relevant: Edits,
}

/// Whom packets go to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Destination {
    /// A group, by its place.
    Group(usize),
    /// A service by namespace and name.
    Service(String, String),
}

/// The classes of source and destination on either side; `None` where one of them is not there.
type Pair = Option<(ClassId, ClassId)>;

/// All differences between groups that an edit can have made.
pub(super) fn pairs(
    lenses: &[Lens<'_>; 2],
    groups: &[Group],
    everything: bool,
    options: Options,
) -> Vec<Found> {
    let mut differ = Differ {
        lenses,
        options,
        known: HashMap::new(),
    };
    let mut found = Vec::new();
    for (from, source) in groups.iter().enumerate() {
        let all =
            everything || !source.touched.party.is_empty() || !source.touched.source.is_empty();
        for (to, destination) in groups.iter().enumerate() {
            let touched = &destination.touched;
            if !all && touched.party.is_empty() && touched.destination.is_empty() {
                continue;
            }
            let a_pod = [source.kind, destination.kind].contains(&GroupKind::Pods);
            if !a_pod || (from == to && !source.reaches_itself) {
                continue;
            }
            for delta in differ.between(source, destination) {
                found.push(Found {
                    source: from,
                    destination: Destination::Group(to),
                    delta,
                    relevant: relevant(source, destination),
                });
            }
        }
    }
    found
}

/// The edits that may decide what one group sends to another.
fn relevant(source: &Group, destination: &Group) -> Edits {
    let (a, b) = (&source.touched, &destination.touched);
    let every = [&a.party, &a.source, &b.party, &b.destination];
    every.into_iter().flatten().copied().collect()
}

struct Differ<'l, 's> {
    lenses: &'l [Lens<'s>; 2],
    options: Options,
    /// By what decides on either side.
    known: HashMap<[Option<Shape>; 2], Rc<Vec<Delta>>>,
}

impl Differ<'_, '_> {
    fn between(&mut self, source: &Group, destination: &Group) -> Vec<Delta> {
        let met = [0, 1].map(|side: usize| {
            let (a, b) = (
                source.classes.get(side)?.as_ref()?,
                destination.classes.get(side)?.as_ref()?,
            );
            Some(meeting(a, b))
        });
        let mut families: Vec<Option<Family>> = Vec::new();
        for (family, ..) in met.iter().flatten().flatten() {
            if !families.contains(family) {
                families.push(*family);
            }
        }
        // Where one side knows addresses and the other none, the families are compared with what
        // is known.
        if families.iter().any(Option::is_some) {
            families.retain(Option::is_some);
        }
        let mut by_family: Vec<(Option<Family>, Rc<Vec<Delta>>)> = Vec::new();
        for family in families {
            let of_side = |side: usize| -> Pair {
                let met = met.get(side)?.as_ref()?;
                let exact = met.iter().find(|(f, ..)| *f == family);
                let (_, a, b) = exact.or_else(|| met.iter().find(|(f, ..)| f.is_none()))?;
                Some((*a, *b))
            };
            let pair = [of_side(0), of_side(1)];
            by_family.push((family, self.deltas(pair)));
        }
        let alike = by_family
            .windows(2)
            .all(|w| matches!(w, [a, b] if a.1 == b.1));
        let take = if alike { 1 } else { by_family.len() };
        let deltas = by_family
            .into_iter()
            .take(take)
            .flat_map(|(family, deltas)| {
                let family = family.filter(|_| !alike);
                let own: Vec<Delta> = deltas.iter().cloned().collect();
                own.into_iter().map(move |delta| Delta { family, ..delta })
            });
        deltas.collect()
    }

    fn deltas(&mut self, pair: [Pair; 2]) -> Rc<Vec<Delta>> {
        let shapes = [0, 1].map(|side: usize| {
            let (a, b) = pair.get(side).copied().flatten()?;
            self.lenses.get(side)?.shape(a, b)
        });
        if let Some(known) = self.known.get(&shapes) {
            return Rc::clone(known);
        }
        let deltas = Rc::new(self.compare(pair));
        self.known.insert(shapes, Rc::clone(&deltas));
        deltas
    }

    /// Both sides cut at each other's ports; what differs, by what it was and what it is.
    fn compare(&self, pair: [Pair; 2]) -> Vec<Delta> {
        let [before, after] = [0, 1].map(|side: usize| {
            let (a, b) = pair.get(side).copied().flatten()?;
            Some(self.lenses.get(side)?.runs(a, b))
        });
        let mut found: BTreeMap<(Standing, Standing), Vec<PortRange>> = BTreeMap::new();
        for protocol in Protocol::ALL {
            let [left, right] = [&before, &after].map(|runs| of_protocol(runs.as_ref(), protocol));
            let (mut l, mut r) = (left.iter().peekable(), right.iter().peekable());
            let mut first = 0;
            while let (Some((end_l, a)), Some((end_r, b))) = (l.peek(), r.peek()) {
                let last = *end_l.min(end_r);
                let standings =
                    [a, b].map(|d| d.as_ref().map_or(Standing::Deny, super::lens::standing));
                let [was, now] = standings;
                if was != now
                    || (self.options.reasons && self.reason_differs(a.as_ref(), b.as_ref()))
                {
                    let ranges = found.entry((was, now)).or_default();
                    ports::push(ranges, PortRange::new(protocol, first, last));
                }
                if *end_l == last {
                    l.next();
                }
                if r.peek().is_some_and(|(end, _)| *end == last) {
                    r.next();
                }
                let Some(next) = last.checked_add(1) else {
                    break;
                };
                first = next;
            }
        }
        let deltas = found.into_iter().map(|((was, now), ports)| Delta {
            was,
            now,
            family: None,
            ports,
        });
        deltas.collect()
    }

    /// Does another rule decide one of the sides? Rules are compared by policy and place.
    fn reason_differs(&self, before: Option<&Decision>, after: Option<&Decision>) -> bool {
        let [a, b] = self.lenses;
        let (Some(before), Some(after)) = (before, after) else {
            return false;
        };
        Direction::BOTH.into_iter().any(|direction| {
            let old = name(&a.state.policies, before, direction);
            old != name(&b.state.policies, after, direction)
        })
    }
}

/// What decided a side, in a form that both states share.
fn name<'p>(
    policies: &'p PolicySet,
    decision: &Decision,
    direction: Direction,
) -> (Option<&'p PolicyKey>, usize) {
    match policies.rule_ref(decision.side(direction).rule) {
        Some(RuleRef::Isolation(policy, _)) => (Some(&policy.key), 0),
        Some(RuleRef::Rule(policy, _, before)) => (Some(&policy.key), before + 1),
        _ => (None, 0),
    }
}

/// The runs of one protocol by their last port; one run without a decision where an end is not
/// there.
fn of_protocol(runs: Option<&Rc<Vec<Run>>>, protocol: Protocol) -> Vec<(u16, Option<Decision>)> {
    let Some(runs) = runs else {
        return vec![(protocol.last_port(), None)];
    };
    let own = runs.iter().filter(|run| run.protocol == protocol);
    own.map(|run| (run.last, Some(run.decision))).collect()
}

/// The classes of a group on one side.
pub(super) fn classes_on(group: &Group, side: usize) -> Option<&FamilyClasses> {
    group.classes.get(side)?.as_ref()
}
