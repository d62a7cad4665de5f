//! Who reaches whom, in the shape in which it is shown: groups with their members, and one row for
//! each pair of groups, family and degree of certainty.
//!
//! A view can be narrowed to what touches some parties ([`View::focused`]), its groups can be put
//! together ([`super::aggregate`]), and only a part of its rows can be kept.

use super::addresses::AddressRange;
use super::directory::Directory;
use super::graph::{GroupKind, Reachability};
use super::local::{tells_nodes_apart, with_nodes_apart};
use super::ports::PortRange;
use netpol_policy::cidr::Family;
use netpol_policy::{Cluster, Matrix, PolicySet};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Groups and what passes between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View<'a> {
    /// By kind, then in the order of their first member.
    pub nodes: Vec<Node>,
    /// By source, then destination, then family; what is certain first.
    pub rows: Vec<Row<'a>>,
    /// Are connections of nodes listed with the pods that run on them, among each other and with
    /// the outside? Else the first always pass, and no policy speaks of the others.
    pub lists_nodes: bool,
}

/// A group of parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What its members are.
    pub kind: GroupKind,
    /// What it is called, when that is not its members' names.
    pub name: Option<String>,
    /// Endpoints and nodes.
    pub members: Vec<Member>,
    /// Addresses, for groups of addresses, rising.
    pub addresses: Vec<AddressRange>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// How answers name it.
    pub name: String,
    /// May it stand for several pods, so that it has siblings to talk to?
    pub several: bool,
}

/// What passes from one group to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// The place of the group that opens the connection.
    pub from: usize,
    /// The place of the group that it goes to.
    pub to: usize,
    /// Set where the families have different answers.
    pub family: Option<Family>,
    /// Ports of the destination.
    pub ports: Cow<'a, [PortRange]>,
    /// Does it hold for every pair of members?
    pub how: How,
}

/// For which pairs of members a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// All pairs pass.
    Certain,
    /// For all pairs the input does not decide it.
    Unknown,
    /// The members differ.
    Some {
        /// Pairs that pass.
        allowed: u64,
        /// Pairs for which the input does not decide it.
        unknown: u64,
        /// All pairs.
        pairs: u64,
    },
}

impl Node {
    /// A short name: its own, its only members, or the first one and how many more.
    pub fn label(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        match self.names().as_slice() {
            [first, _, rest @ ..] if rest.len() > 1 => {
                format!("{first} and {} more", rest.len() + 1)
            }
            few => few.join(", "),
        }
    }

    /// The names of all members, or all addresses.
    pub fn names(&self) -> Vec<String> {
        if self.addresses.is_empty() {
            self.members.iter().map(|m| m.name.clone()).collect()
        } else {
            self.addresses.iter().map(AddressRange::to_string).collect()
        }
    }

    /// Addresses outside of the cluster or of nobody known?
    pub fn is_outside(&self) -> bool {
        matches!(self.kind, GroupKind::External | GroupKind::Unassigned)
    }

    /// May a member open connections to a member, itself apart?
    pub fn reaches_itself(&self) -> bool {
        self.members.len() > 1 || self.members.iter().any(|member| member.several)
    }
}

impl<'a> View<'a> {
    /// All of it. Where policies tell nodes apart, groups are cut by node, and what nodes send to
    /// their own pods, to each other and outside is in it too ([`View::lists_nodes`]).
    pub fn new(
        reach: &'a Reachability,
        directory: &Directory<'_>,
        cluster: &Cluster,
        matrix: &Matrix<'_>,
        policies: &PolicySet,
    ) -> Self {
        let view = Self::of_groups(reach, directory);
        if !reach.has_hosts || !tells_nodes_apart(policies) {
            return view;
        }
        let parties = directory.everybody().into_iter();
        let parties = parties.filter_map(|(target, ..)| {
            let (_, party) = *target.parties.first()?;
            Some((target.name, party))
        });
        let mut view = with_nodes_apart(&view, reach, &parties.collect(), cluster, matrix);
        view.lists_nodes = true;
        view
    }

    fn of_groups(reach: &'a Reachability, directory: &Directory<'_>) -> Self {
        let everybody = directory.everybody();
        let several = everybody.into_iter().filter(|(_, several, _)| *several);
        let several: BTreeSet<String> = several.map(|(target, ..)| target.name).collect();
        let nodes = reach.groups().map(|(_, group)| {
            let member = |name: &String| Member {
                name: name.clone(),
                several: several.contains(name),
            };
            Node {
                kind: group.kind,
                name: None,
                members: group.members.iter().map(member).collect(),
                addresses: group.addresses.clone(),
            }
        });
        let mut rows = Vec::new();
        for (from, to, connection) in reach.connections() {
            for (family, passes) in &connection.by_family {
                for (how, ports) in [
                    (How::Certain, &passes.allowed),
                    (How::Unknown, &passes.unknown),
                ] {
                    if !ports.is_empty() {
                        rows.push(Row {
                            from,
                            to,
                            family: *family,
                            ports: Cow::Borrowed(ports),
                            how,
                        });
                    }
                }
            }
        }
        Self {
            nodes: nodes.collect(),
            rows,
            lists_nodes: false,
        }
    }

    /// The groups of a row.
    pub fn ends(&self, row: &Row<'_>) -> Option<(&Node, &Node)> {
        Some((self.nodes.get(row.from)?, self.nodes.get(row.to)?))
    }

    /// Cuts groups into the members that are in it and those that are not; the place of each new
    /// group's old one stands beside. What passes stays the same for every pair of members.
    #[must_use]
    pub fn split(&self, part: impl Fn(&Node, Option<&Member>) -> String) -> (Self, Vec<String>) {
        let mut view = Self {
            lists_nodes: self.lists_nodes,
            ..Self::default()
        };
        let mut parts: Vec<String> = Vec::new();
        let mut pieces: Vec<Vec<usize>> = Vec::new();
        for node in &self.nodes {
            let mut own: Vec<usize> = Vec::new();
            if node.members.is_empty() {
                own.push(view.nodes.len());
                parts.push(part(node, None));
                view.nodes.push(node.clone());
            }
            for member in &node.members {
                let wanted = part(node, Some(member));
                let known = own
                    .iter()
                    .copied()
                    .find(|at| parts.get(*at) == Some(&wanted));
                if let Some(piece) = known.and_then(|at| view.nodes.get_mut(at)) {
                    piece.members.push(member.clone());
                    continue;
                }
                own.push(view.nodes.len());
                parts.push(wanted);
                view.nodes.push(Node {
                    members: vec![member.clone()],
                    ..node.clone()
                });
            }
            pieces.push(own);
        }
        for row in &self.rows {
            let of = |at: usize| pieces.get(at).map_or(&[][..], Vec::as_slice);
            for (&from, &to) in of(row.from)
                .iter()
                .flat_map(|from| of(row.to).iter().map(move |to| (from, to)))
            {
                let alone = view.nodes.get(from).is_some_and(|n| !n.reaches_itself());
                if from == to && alone {
                    continue;
                }
                view.rows.push(Row {
                    from,
                    to,
                    ..row.clone()
                });
            }
        }
        view.sort();
        (view, parts)
    }

    /// Only the rows that touch a party of these names, in either direction; groups without such a
    /// row stay.
    #[must_use]
    pub fn focused(&self, names: &BTreeSet<String>, world: bool) -> Self {
        let (mut view, parts) = self.split(|node, member| {
            let inside = match member {
                Some(member) => names.contains(&member.name),
                None => world && node.kind == GroupKind::External,
            };
            if inside { "in" } else { "" }.to_owned()
        });
        let inside = |at: usize| parts.get(at).is_some_and(|part| part == "in");
        view.rows.retain(|row| inside(row.from) || inside(row.to));
        view
    }

    /// Rows by source, destination and family; what is certain first.
    pub fn sort(&mut self) {
        self.rows
            .sort_by_key(|row| (row.from, row.to, row.family, row.how));
    }

    /// The same without the groups that no row names.
    #[must_use]
    pub fn without_idle_groups(self) -> Self {
        let used: BTreeSet<usize> = self.rows.iter().flat_map(|r| [r.from, r.to]).collect();
        let places: Vec<usize> = used.iter().copied().collect();
        let place = |old: usize| places.binary_search(&old).unwrap_or_default();
        let nodes = self.nodes.into_iter().enumerate();
        let nodes = nodes
            .filter(|(at, _)| used.contains(at))
            .map(|(_, node)| node);
        let rows = self.rows.into_iter().map(|row| Row {
            from: place(row.from),
            to: place(row.to),
            ..row
        });
        Self {
            nodes: nodes.collect(),
            rows: rows.collect(),
            lists_nodes: self.lists_nodes,
        }
    }
}
