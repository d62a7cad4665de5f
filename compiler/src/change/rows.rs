//! Differences as people are told of them: alike ones together, the dangerous ones first.

use super::cause::Because;
use super::compare::{Delta, Destination, Found};
use super::groups::{Group, Presence, Witness};
use super::lens::Lens;
use super::touch::Edits;
use super::{Side, Standing};
use crate::reach::graph::GroupKind;
use crate::reach::reason::Reason;
use crate::reach::{PortRange, Reasons};
use netpol_policy::cidr::Family;
use netpol_policy::{Decision, Direction};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One change of reachability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Between whom.
    pub ends: Ends,
    /// What became of these packets before.
    pub was: Standing,
    /// What becomes of them after.
    pub now: Standing,
    /// Set where the address families differ.
    pub family: Option<Family>,
    /// Ports of the destination, or of the service.
    pub ports: Vec<PortRange>,
    /// How far it reaches.
    pub scope: Scope,
    /// Which edits do it.
    pub because: Because,
    /// What decided a first packet, ingress and egress, on each side; `None` where one of the ends
    /// is not there, and for services.
    pub reasons: [Option<[Reason; 2]>; 2],
    pub(super) relevant: Edits,
}

/// The ends of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// Groups that open connections, by place.
    pub sources: Vec<usize>,
    /// Groups that they go to; empty when it is a service.
    pub destinations: Vec<usize>,
    /// The service that they go to: namespace and name.
    pub service: Option<(String, String)>,
}

/// How far a change reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One end is outside of the cluster.
    World,
    /// Several namespaces, or nodes, on one end.
    Cluster,
    /// One namespace on either end.
    Narrow,
}

impl Change {
    /// Does more pass than before?
    pub fn opens(&self) -> bool {
        self.now > self.was
    }

    /// Does less pass than before? (Neither, when only the reason changed.)
    pub fn closes(&self) -> bool {
        self.now < self.was
    }

    /// How many pairs of members it speaks of.
    pub fn pairs(&self, groups: &[Group]) -> usize {
        let count = |list: &[usize]| -> usize {
            let sizes = list.iter().filter_map(|at| groups.get(*at));
            sizes.map(|g| g.names().len()).sum()
        };
        let to = count(&self.ends.destinations).max(usize::from(self.ends.service.is_some()));
        count(&self.ends.sources) * to
    }

    /// Is one of the ends a workload that is there on one side only?
    pub fn presence(&self, groups: &[Group]) -> Presence {
        let ends = self.ends.sources.iter().chain(&self.ends.destinations);
        let of_ends = ends.filter_map(|at| groups.get(*at)).map(|g| g.presence);
        of_ends.max().unwrap_or(Presence::Both)
    }
}

type Key = (
    Destination,
    Delta,
    Vec<usize>,
    Option<(GroupKind, Presence)>,
);

/// Sources with the same difference to the same destination, then destinations with the same
/// sources, become one change.
pub(super) fn merge(found: Vec<Found>, groups: &[Group]) -> Vec<Change> {
    // Nodes, addresses, and what is there on one side only, stand apart from the others.
    let apart = |at: usize| groups.get(at).map(|g| (g.kind, g.presence));
    let mut by_destination: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for one in found {
        let relevant: Vec<usize> = one.relevant.into_iter().collect();
        let key = (one.destination, one.delta, relevant, apart(one.source));
        by_destination.entry(key).or_default().push(one.source);
    }
    let mut changes: Vec<Change> = Vec::new();
    let mut places = BTreeMap::new();
    for ((destination, delta, relevant, _), sources) in by_destination {
        match destination {
            Destination::Service(namespace, name) => {
                changes.push(change(
                    sources,
                    Vec::new(),
                    Some((namespace, name)),
                    &delta,
                    &relevant,
                ));
            }
            Destination::Group(to) => {
                let key = (sources.clone(), apart(to), delta.clone(), relevant.clone());
                let at = *places.entry(key).or_insert_with(|| {
                    changes.push(change(sources, Vec::new(), None, &delta, &relevant));
                    changes.len() - 1
                });
                if let Some(change) = changes.get_mut(at) {
                    change.ends.destinations.push(to);
                }
            }
        }
    }
    for change in &mut changes {
        change.scope = scope(change, groups);
    }
    changes
}

fn change(
    sources: Vec<usize>,
    destinations: Vec<usize>,
    service: Option<(String, String)>,
    delta: &Delta,
    relevant: &[usize],
) -> Change {
    Change {
        ends: Ends {
            sources,
            destinations,
            service,
        },
        was: delta.was,
        now: delta.now,
        family: delta.family,
        ports: delta.ports.clone(),
        scope: Scope::Narrow,
        because: Because::default(),
        reasons: [None, None],
        relevant: relevant.iter().copied().collect(),
    }
}

fn scope(change: &Change, groups: &[Group]) -> Scope {
    let ends = [&change.ends.sources, &change.ends.destinations];
    let of = |list: &'_ [usize]| -> Vec<&Group> {
        list.iter().filter_map(|at| groups.get(*at)).collect()
    };
    let ends = ends.map(|list| of(list));
    if ends.iter().flatten().any(|g| g.is_world()) {
        return Scope::World;
    }
    let wide = ends.iter().any(|list| {
        let namespaces: BTreeSet<&String> = list.iter().flat_map(|g| &g.namespaces).collect();
        namespaces.len() > 1 || list.iter().any(|g| g.kind != GroupKind::Pods)
    });
    if wide { Scope::Cluster } else { Scope::Narrow }
}

/// Opened before closed before reasons; the world first.
pub(super) fn sort(changes: &mut [Change], groups: &[Group]) {
    let names = |list: &[usize]| -> Vec<String> {
        let names = list.iter().filter_map(|at| groups.get(*at));
        names.flat_map(Group::names).collect()
    };
    changes.sort_by_cached_key(|change| {
        let kind = match (change.opens(), change.closes()) {
            (true, _) => 0,
            (_, true) => 1,
            _ => 2,
        };
        let (from, to) = (
            names(&change.ends.sources),
            names(&change.ends.destinations),
        );
        let service = change.ends.service.clone();
        (
            kind,
            change.scope,
            service,
            to,
            from,
            change.ports.clone(),
            change.family,
        )
    });
}

/// Says what decided the first packet of each change on either side.
pub(super) fn explain(
    changes: &mut [Change],
    groups: &[Group],
    sides: [Side<'_>; 2],
    lenses: &[Lens<'_>; 2],
) {
    for change in changes {
        for (side, (lens, known)) in lenses.iter().zip(sides).enumerate() {
            let decision = first_decision(change, groups, side, lens);
            let reasons = Reasons::new(&known.state.policies, known.places);
            let told = decision.map(|decision| {
                Direction::BOTH.map(|direction| reasons.side(direction, decision.side(direction)))
            });
            if let Some(place) = change.reasons.get_mut(side) {
                *place = told;
            }
        }
    }
}

fn first_decision(
    change: &Change,
    groups: &[Group],
    side: usize,
    lens: &Lens<'_>,
) -> Option<Decision> {
    let port = change.ports.first()?;
    let classes = |list: &[usize]| {
        let group = groups.get(*list.first()?)?;
        super::compare::classes_on(group, side)
    };
    let (source, destination) = (
        classes(&change.ends.sources)?,
        classes(&change.ends.destinations)?,
    );
    let met = super::lens::meeting(source, destination);
    let (_, a, b) = (met.iter().find(|(family, ..)| *family == change.family)).or(met.first())?;
    lens.decision((*a, *b), port.protocol, port.first)
}

/// The first members of both ends.
pub(super) fn witnesses<'g>(
    change: &Change,
    groups: &'g [Group],
) -> (Option<&'g Witness>, Option<&'g Witness>) {
    let first = |list: &[usize]| {
        let group = groups.get(*list.first()?)?;
        Some(&group.witness)
    };
    (
        first(&change.ends.sources),
        first(&change.ends.destinations),
    )
}
