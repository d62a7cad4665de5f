//! Everybody at once: a graph whose nodes are groups of parties that no policy tells apart.

pub use super::addresses::AddressRange;
use super::addresses::runs;
use super::directory::Directory;
use super::openings::Openings;
use super::ports::PortRange;
use netpol_policy::cidr::Family;
use netpol_policy::matrix::ClassId;
use netpol_policy::{Cluster, Matrix, Party};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Who reaches whom.
///
/// An edge leads from those who may open connections to those whom they reach. There is no edge
/// where nothing passes and nothing is unknown. Connections are listed where at least one end is a
/// pod with a network of its own: nodes and the outside world are under no policy.
#[derive(Debug, Default)]
pub struct Reachability {
    /// The groups and what passes between them.
    pub graph: DiGraph<Group, Connection>,
    /// Does one of the groups consist of nodes or host-network pods? What a node sends to the pods
    /// that run on it always passes and is in no edge.
    pub has_hosts: bool,
}

/// What the members of a group are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// Pods with a network of their own.
    Pods,
    /// Nodes and host-network pods.
    Hosts,
    /// Addresses outside of the cluster.
    External,
    /// Addresses of pod CIDRs at which no pod is known.
    Unassigned,
}

/// The class of each address family.
pub type FamilyClasses = Vec<(Option<Family>, ClassId)>;

/// Parties that no policy tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What its members are.
    pub kind: GroupKind,
    /// Names of endpoints and nodes, sorted as in the cluster.
    pub members: Vec<String>,
    /// Addresses, for groups of addresses, rising.
    pub addresses: Vec<AddressRange>,
    /// The class of each address family; one entry without family where no address is known.
    pub classes: FamilyClasses,
    /// Has it members that may reach each other, or siblings behind one name?
    pub reaches_itself: bool,
}

impl Group {
    /// A short name: its only members, or the first one and how many more.
    pub fn label(&self) -> String {
        let names: Vec<String> = if self.addresses.is_empty() {
            self.members.clone()
        } else {
            self.addresses.iter().map(AddressRange::to_string).collect()
        };
        match names.as_slice() {
            [first, _, rest @ ..] if rest.len() > 1 => {
                format!("{first} and {} more", rest.len() + 1)
            }
            few => few.join(", "),
        }
    }
}

/// What passes from one group to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// By family; one entry without family where all of them agree.
    pub by_family: Vec<(Option<Family>, Passes)>,
}

/// Ports that pass, and ports that may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passes {
    /// Both sides allow.
    pub allowed: Vec<PortRange>,
    /// The input does not decide it.
    pub unknown: Vec<PortRange>,
}

impl Passes {
    /// Does nothing pass, for certain?
    pub fn is_nothing(&self) -> bool {
        self.allowed.is_empty() && self.unknown.is_empty()
    }
}

impl Reachability {
    /// Works it out: the effort grows with what passes.
    pub fn new(cluster: &Cluster, matrix: &Matrix<'_>, directory: &Directory<'_>) -> Self {
        let (mut graph, mut edges) = (DiGraph::new(), Vec::new());
        let groups = groups(cluster, matrix, directory);
        let classes = groups.iter().flat_map(|group| {
            let is_pod = group.kind == GroupKind::Pods;
            let is_address = matches!(group.kind, GroupKind::External | GroupKind::Unassigned);
            let of_group = group.classes.iter();
            of_group.map(move |(_, class)| (*class, is_pod, is_address))
        });
        let mut openings = Openings::new(matrix, classes);
        for (from, to) in candidates(&groups, &mut openings) {
            let (Some(source), Some(destination)) = (groups.get(from), groups.get(to)) else {
                continue;
            };
            let a_pod = [source.kind, destination.kind].contains(&GroupKind::Pods);
            if !a_pod || (from == to && !source.reaches_itself) {
                continue;
            }
            if let Some(connection) = connection(&mut openings, source, destination) {
                let (from, to) = (NodeIndex::new(from), NodeIndex::new(to));
                edges.push((from, to, connection));
            }
        }
        for group in groups {
            graph.add_node(group);
        }
        for (from, to, connection) in edges {
            graph.add_edge(from, to, connection);
        }
        let has_hosts = graph.node_weights().any(|g| g.kind == GroupKind::Hosts);
        Self { graph, has_hosts }
    }

    /// The groups with their numbers.
    pub fn groups(&self) -> impl Iterator<Item = (usize, &Group)> {
        self.graph.node_weights().enumerate()
    }

    /// The connections by source, then destination.
    pub fn connections(&self) -> Vec<(usize, usize, &Connection)> {
        let mut found: Vec<(usize, usize, &Connection)> = self
            .graph
            .edge_indices()
            .filter_map(|edge| {
                let (from, to) = self.graph.edge_endpoints(edge)?;
                Some((from.index(), to.index(), self.graph.edge_weight(edge)?))
            })
            .collect();
        found.sort_by_key(|(from, to, _)| (*from, *to));
        found
    }

    /// A group by its number.
    pub fn group(&self, number: usize) -> Option<&Group> {
        self.graph.node_weight(NodeIndex::new(number))
    }
}

/// The pairs of groups between which anything may pass, by source, then destination.
fn candidates(groups: &[Group], openings: &mut Openings<'_>) -> Vec<(usize, usize)> {
    let mut holders: HashMap<ClassId, Vec<usize>> = HashMap::new();
    for (number, group) in groups.iter().enumerate() {
        for (_, class) in &group.classes {
            holders.entry(*class).or_default().push(number);
        }
    }
    let mut found = Vec::new();
    for (source, destination) in openings.pairs() {
        for from in holders.get(&source).into_iter().flatten() {
            let to = holders.get(&destination).into_iter().flatten();
            found.extend(to.map(|to| (*from, *to)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What passes between two groups; `None` when nothing does.
fn connection(openings: &mut Openings<'_>, from: &Group, to: &Group) -> Option<Connection> {
    let mut by_family: Vec<(Option<Family>, Rc<Passes>)> = Vec::new();
    for (of_source, source) in &from.classes {
        for (of_destination, destination) in &to.classes {
            match (of_source, of_destination) {
                (Some(a), Some(b)) if a != b => {}
                (a, b) => by_family.push((a.or(*b), openings.passes(*source, *destination))),
            }
        }
    }
    if by_family.iter().all(|(_, passes)| passes.is_nothing()) {
        return None;
    }
    if by_family
        .windows(2)
        .all(|w| matches!(w, [a, b] if a.1 == b.1))
    {
        by_family.truncate(1);
        for (family, _) in &mut by_family {
            *family = None;
        }
    }
    let by_family = by_family.into_iter();
    let by_family = by_family.map(|(family, passes)| (family, Passes::clone(&passes)));
    Some(Connection {
        by_family: by_family.collect(),
    })
}

/// All groups: pods, then hosts, then addresses, each in the order of their first member.
fn groups(cluster: &Cluster, matrix: &Matrix<'_>, directory: &Directory<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<(GroupKind, FamilyClasses), usize> = BTreeMap::new();
    let mut put = |kind, parties: &[(Option<Family>, Party)], name: String, several: bool| {
        let classes: Vec<_> = parties
            .iter()
            .filter_map(|(family, party)| Some((*family, matrix.class_of(*party)?)))
            .collect();
        let mut key = classes.clone();
        key.sort_unstable();
        let at = *places.entry((kind, key)).or_insert_with(|| {
            groups.push(Group {
                kind,
                members: Vec::new(),
                addresses: Vec::new(),
                classes,
                reaches_itself: false,
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.reaches_itself |= several || !group.members.is_empty();
            group.members.push(name);
        }
    };
    for (target, several, kind) in directory.everybody() {
        put(kind, &target.parties, target.name, several);
    }
    groups.sort_by_key(|group| group.kind);
    for kind in [GroupKind::External, GroupKind::Unassigned] {
        for family in [Family::V4, Family::V6] {
            groups.extend(address_groups(cluster, matrix, kind, family));
        }
    }
    groups
}

/// The addresses of a family by class.
fn address_groups(
    cluster: &Cluster,
    matrix: &Matrix<'_>,
    kind: GroupKind,
    family: Family,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<ClassId, usize> = HashMap::new();
    let wanted = kind == GroupKind::Unassigned;
    for run in runs(cluster, matrix, family) {
        if run.unassigned != wanted {
            continue;
        }
        let at = *places.entry(run.class).or_insert_with(|| {
            groups.push(Group {
                kind,
                members: Vec::new(),
                addresses: Vec::new(),
                classes: vec![(Some(family), run.class)],
                reaches_itself: false,
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.addresses.push(run.range);
        }
    }
    groups
}
