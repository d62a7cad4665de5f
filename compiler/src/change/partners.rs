//! Who of one state is who of the other.

use super::groups::Presence;
use super::state::State;
use crate::model::OwnerKey;
use crate::reach::graph::GroupKind;
use netpol_policy::Endpoint;
use std::collections::{BTreeMap, BTreeSet};

/// An endpoint or a node on both sides, or on one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partner {
    /// How it is called, by the second state where it is there.
    pub name: String,
    /// The kind of the workload.
    pub kind: String,
    /// Its namespace; `None` for nodes.
    pub namespace: Option<String>,
    /// Its places in the two states.
    pub sides: [Option<usize>; 2],
    /// Is it a node?
    pub is_node: bool,
    /// What it is on each side.
    pub kinds: [Option<GroupKind>; 2],
    /// May it stand for several pods?
    pub several: bool,
}

impl Partner {
    pub fn presence(&self) -> Presence {
        match self.sides {
            [Some(_), None] => Presence::Before,
            [None, Some(_)] => Presence::After,
            _ => Presence::Both,
        }
    }
}

/// Pairs everybody. Endpoints are named by the workload that makes them, so that the pods of one
/// rollout are those of the next; within a workload by name, then by labels, then in order. A
/// replica more or less is no new party.
pub(super) fn pair(states: [&State; 2]) -> Vec<Partner> {
    let idents = states.map(by_ident);
    let every: BTreeSet<&OwnerKey> = idents.iter().flat_map(BTreeMap::keys).collect();
    let mut partners = Vec::new();
    for ident in every {
        let [before, after] = [0, 1].map(|side: usize| {
            let list = idents.get(side).and_then(|of_side| of_side.get(ident));
            list.map_or(&[][..], Vec::as_slice)
        });
        let pairs = pair_members(states, before, after);
        let count = pairs.len();
        for (nth, sides) in pairs.into_iter().enumerate() {
            partners.push(partner(states, ident, sides, (nth, count)));
        }
    }
    disambiguate(&mut partners);
    partners.extend(nodes(states));
    partners
}

/// The endpoints of a state by the topmost workload that makes them.
fn by_ident(state: &State) -> BTreeMap<OwnerKey, Vec<usize>> {
    let rank = |kind: &str| match kind {
        "ReplicaSet" | "Job" => 0,
        _ => 1,
    };
    let mut top: BTreeMap<usize, &OwnerKey> = BTreeMap::new();
    for (owner, members) in &state.owners {
        for member in members {
            let known = top.entry(*member).or_insert(owner);
            if rank(&owner.kind) > rank(&known.kind) {
                *known = owner;
            }
        }
    }
    let mut out: BTreeMap<OwnerKey, Vec<usize>> = BTreeMap::new();
    for (index, endpoint) in state.cluster.endpoints.iter().enumerate() {
        let ident = top.get(&index).map_or_else(
            || OwnerKey {
                namespace: endpoint.namespace.clone(),
                kind: endpoint.kind.clone(),
                name: endpoint.name.clone(),
            },
            |owner| (*owner).clone(),
        );
        out.entry(ident).or_default().push(index);
    }
    out
}

/// Pairs the endpoints of one workload.
fn pair_members(states: [&State; 2], before: &[usize], after: &[usize]) -> Vec<[Option<usize>; 2]> {
    let of = |side: usize, index: usize| {
        states
            .get(side)
            .and_then(|s| s.cluster.endpoints.get(index))
    };
    let mut open: Vec<usize> = after.to_vec();
    let mut pairs: Vec<[Option<usize>; 2]> = before.iter().map(|a| [Some(*a), None]).collect();
    let tests: [fn(&Endpoint, &Endpoint) -> bool; 3] = [
        |a, b| a.name == b.name && a.labels == b.labels,
        |a, b| a.labels == b.labels,
        |_, _| true,
    ];
    for fits in tests {
        for pair in &mut pairs {
            let [Some(a), None] = *pair else { continue };
            let found = open
                .iter()
                .position(|b| matches!((of(0, a), of(1, *b)), (Some(a), Some(b)) if fits(a, b)));
            if let Some(at) = found {
                pair[1] = Some(open.remove(at));
            }
        }
    }
    // More replicas than before: they are compared with one that was there.
    let like = pairs.last().and_then(|pair| pair[0]);
    pairs.extend(open.into_iter().map(|b| [like, Some(b)]));
    let like = pairs.iter().rev().find_map(|pair| pair[1]);
    for pair in &mut pairs {
        pair[1] = pair[1].or(like);
    }
    pairs
}

fn partner(
    states: [&State; 2],
    ident: &OwnerKey,
    sides: [Option<usize>; 2],
    (nth, count): (usize, usize),
) -> Partner {
    let endpoints = [0, 1].map(|side: usize| {
        let state = states.get(side)?;
        state
            .cluster
            .endpoints
            .get(sides.get(side).copied().flatten()?)
    });
    let kind = |endpoint: Option<&Endpoint>| {
        endpoint.map(|e| {
            if e.host_network {
                GroupKind::Hosts
            } else {
                GroupKind::Pods
            }
        })
    };
    let base = format!("{}/{}", ident.namespace, ident.name);
    Partner {
        name: if count > 1 {
            format!("{base}#{}", nth + 1)
        } else {
            base
        },
        kind: ident.kind.clone(),
        namespace: Some(ident.namespace.clone()),
        sides,
        is_node: false,
        kinds: endpoints.map(kind),
        several: endpoints.iter().flatten().any(|e| e.several),
    }
}

/// Workloads of one name and different kinds carry the kind in their names.
fn disambiguate(partners: &mut [Partner]) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for partner in partners.iter() {
        *count.entry(partner.name.clone()).or_default() += 1;
    }
    for partner in partners {
        if count.get(&partner.name).is_some_and(|n| *n > 1)
            && let Some((namespace, name)) = partner.name.split_once('/')
        {
            partner.name = format!("{namespace}/{}/{name}", partner.kind);
        }
    }
}

fn nodes(states: [&State; 2]) -> Vec<Partner> {
    let mut by_name: BTreeMap<&str, [Option<usize>; 2]> = BTreeMap::new();
    for (side, state) in states.into_iter().enumerate() {
        for (index, node) in state.cluster.nodes.iter().enumerate() {
            let sides = by_name.entry(&node.name).or_default();
            if let Some(place) = sides.get_mut(side) {
                *place = Some(index);
            }
        }
    }
    let nodes = by_name.into_iter().map(|(name, sides)| Partner {
        name: format!("node/{name}"),
        kind: "Node".to_owned(),
        namespace: None,
        sides,
        is_node: true,
        kinds: sides.map(|side| side.map(|_| GroupKind::Hosts)),
        several: false,
    });
    nodes.collect()
}
