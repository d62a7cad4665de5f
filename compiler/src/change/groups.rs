//! Parties that neither state tells apart.

use super::lens::Lens;
use super::partners::Partner;
use super::touch::{Edits, Touch, Touched};
use crate::reach::addresses::{AddressRange, Run, runs};
use crate::reach::graph::{FamilyClasses, GroupKind};
use netpol_policy::cidr::Family;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// On which sides a party is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// On both.
    Both,
    /// On the first one: it was removed.
    Before,
    /// On the second one: it was added.
    After,
}

/// Parties of one class before and of one class after, which the same edits touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What its members are, by the second state where they are there.
    pub kind: GroupKind,
    /// On which sides they are there.
    pub presence: Presence,
    /// Names of workloads, pods and nodes, sorted.
    pub members: Vec<String>,
    /// The namespaces of the members, sorted; empty for nodes and addresses.
    pub namespaces: Vec<String>,
    /// Addresses, for groups of addresses, rising.
    pub addresses: Vec<AddressRange>,
    /// Do these addresses make up all of their kind and family?
    pub is_whole: bool,
    /// Classes on both sides; `None` where the members are not there.
    pub(super) classes: [Option<FamilyClasses>; 2],
    pub(super) touched: Touched,
    pub(super) reaches_itself: bool,
    /// The first member: its places among the parties of both states.
    pub(super) witness: Witness,
}

/// One member, which can be found in other states too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Witness {
    /// An endpoint by namespace, kind and name on each side, and its place among those that share
    /// these.
    Endpoint([Option<(String, String, String, usize)>; 2]),
    /// A node.
    Node(String),
    /// Addresses of which one is asked.
    Address(AddressRange),
}

impl Group {
    /// The members, or the addresses, in words.
    pub fn names(&self) -> Vec<String> {
        if self.addresses.is_empty() {
            self.members.clone()
        } else {
            self.addresses.iter().map(AddressRange::to_string).collect()
        }
    }

    /// Addresses outside of the cluster?
    pub fn is_world(&self) -> bool {
        self.kind == GroupKind::External
    }
}

type Key = ([Option<GroupKind>; 2], [Option<FamilyClasses>; 2], Touched);

/// All groups: pods and hosts in the order of their first members, then addresses.
pub(super) fn group(lenses: &[Lens<'_>; 2], partners: &[Partner], touch: &Touch) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let nth = [0, 1].map(|side: usize| lenses.get(side).map(nth_of_name).unwrap_or_default());
    for (at, partner) in partners.iter().enumerate() {
        let classes = classes(lenses, partner);
        let touched = touch.partners.get(at).cloned().unwrap_or_default();
        let key = (partner.kinds, sorted(&classes), touched.clone());
        let number = *places.entry(key).or_insert_with(|| {
            groups.push(Group {
                kind: partner.kinds[1]
                    .or(partner.kinds[0])
                    .unwrap_or(GroupKind::Pods),
                presence: partner.presence(),
                members: Vec::new(),
                namespaces: Vec::new(),
                addresses: Vec::new(),
                is_whole: false,
                classes,
                touched,
                reaches_itself: false,
                witness: witness(lenses, &nth, partner),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(number) {
            group.reaches_itself |= partner.several || !group.members.is_empty();
            if group.members.last() != Some(&partner.name) {
                group.members.push(partner.name.clone());
            }
            group.namespaces.extend(partner.namespace.clone());
        }
    }
    for group in &mut groups {
        group.namespaces.sort_unstable();
        group.namespaces.dedup();
    }
    groups.sort_by_key(|group| group.kind);
    for family in [Family::V4, Family::V6] {
        groups.extend(address_groups(lenses, family, &touch.addresses));
    }
    groups
}

fn classes(lenses: &[Lens<'_>; 2], partner: &Partner) -> [Option<FamilyClasses>; 2] {
    [0, 1].map(|side: usize| {
        let (lens, index) = (
            lenses.get(side)?,
            partner.sides.get(side).copied().flatten()?,
        );
        Some(if partner.is_node {
            lens.node(index)
        } else {
            lens.endpoint(index)
        })
    })
}

fn sorted(classes: &[Option<FamilyClasses>; 2]) -> [Option<FamilyClasses>; 2] {
    let mut sorted = classes.clone();
    for side in sorted.iter_mut().flatten() {
        side.sort_unstable();
    }
    sorted
}

/// The place of each endpoint among those that share its name.
fn nth_of_name(lens: &Lens<'_>) -> Vec<usize> {
    let mut count: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let endpoints = lens.state.cluster.endpoints.iter();
    endpoints
        .map(|e| {
            let place = count.entry((&e.namespace, &e.kind, &e.name)).or_default();
            *place += 1;
            *place - 1
        })
        .collect()
}

fn witness(lenses: &[Lens<'_>; 2], nth: &[Vec<usize>; 2], partner: &Partner) -> Witness {
    if partner.is_node {
        let name = partner.name.trim_start_matches("node/");
        return Witness::Node(name.to_owned());
    }
    Witness::Endpoint([0, 1].map(|side: usize| {
        let index = partner.sides.get(side).copied().flatten()?;
        let endpoint = lenses.get(side)?.state.cluster.endpoints.get(index)?;
        let place = nth.get(side)?.get(index).copied()?;
        let own = |text: &String| text.clone();
        Some((
            own(&endpoint.namespace),
            own(&endpoint.kind),
            own(&endpoint.name),
            place,
        ))
    }))
}

/// The addresses of a family, cut where either state cuts them, by their classes on both sides.
fn address_groups(lenses: &[Lens<'_>; 2], family: Family, touched: &Edits) -> Vec<Group> {
    let of_side = |lens: &Lens<'_>| runs(&lens.state.cluster, lens.matrix, family);
    let [before, after] = lenses;
    let sides = [of_side(before), of_side(after)];
    let cuts: BTreeSet<u128> = sides.iter().flatten().map(|run| run.range.first).collect();
    let cuts: Vec<u128> = cuts.into_iter().collect();
    let mut groups: Vec<Group> = Vec::new();
    let mut places = BTreeMap::new();
    for (at, &first) in cuts.iter().enumerate() {
        let last = cuts.get(at + 1).map_or(family.last(), |next| next - 1);
        let [Some(a), Some(b)] = [0, 1].map(|side: usize| covering(sides.get(side)?, first)) else {
            continue;
        };
        let range = AddressRange {
            family,
            first,
            last,
        };
        let key = (a.class, a.unassigned, b.class, b.unassigned);
        let number = *places.entry(key).or_insert_with(|| {
            groups.push(address_group(family, [a, b], touched, range));
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(number) {
            match group.addresses.last_mut() {
                Some(before) if before.last.checked_add(1) == Some(first) => before.last = last,
                _ => group.addresses.push(range),
            }
        }
    }
    let alone =
        |kind: GroupKind, groups: &[Group]| groups.iter().filter(|g| g.kind == kind).count() == 1;
    let whole =
        [GroupKind::External, GroupKind::Unassigned].map(|kind| (kind, alone(kind, &groups)));
    for group in &mut groups {
        group.is_whole = whole.contains(&(group.kind, true));
    }
    groups
}

fn covering(runs: &[Run], first: u128) -> Option<Run> {
    let after = runs.partition_point(|run| run.range.first <= first);
    runs.get(after.checked_sub(1)?).copied()
}

fn address_group(family: Family, sides: [Run; 2], touched: &Edits, range: AddressRange) -> Group {
    let [a, b] = sides;
    let kind = if b.unassigned {
        GroupKind::Unassigned
    } else {
        GroupKind::External
    };
    Group {
        kind,
        presence: Presence::Both,
        members: Vec::new(),
        namespaces: Vec::new(),
        addresses: Vec::new(),
        is_whole: false,
        classes: [a, b].map(|run| Some(vec![(Some(family), run.class)])),
        touched: Touched {
            party: touched.clone(),
            ..Touched::default()
        },
        reaches_itself: false,
        witness: Witness::Address(range),
    }
}
