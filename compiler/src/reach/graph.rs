//! Everybody at once: a graph whose nodes are groups of parties that no policy tells apart.

pub use super::addresses::AddressRange;
use super::addresses::runs;
use super::directory::Directory;
use super::judge::ModelJudge;
use super::ports::{self, PortRange};
use netpol_policy::cidr::Family;
use netpol_policy::matrix::ClassId;
use netpol_policy::{Cluster, Matrix, Party, Tri, Verdict};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, HashMap};

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
    /// Works it out, once per pair of classes.
    pub fn new(cluster: &Cluster, matrix: &Matrix<'_>, directory: &Directory<'_>) -> Self {
        let judge = ModelJudge::new(matrix, cluster);
        let mut graph = DiGraph::new();
        for group in groups(cluster, matrix, directory) {
            graph.add_node(group);
        }
        let mut between = Between {
            judge: &judge,
            matrix,
            known: HashMap::new(),
        };
        let nodes: Vec<NodeIndex> = graph.node_indices().collect();
        for &from in &nodes {
            for &to in &nodes {
                let (Some(source), Some(destination)) =
                    (graph.node_weight(from), graph.node_weight(to))
                else {
                    continue;
                };
                let a_pod = [source.kind, destination.kind].contains(&GroupKind::Pods);
                if !a_pod || (from == to && !source.reaches_itself) {
                    continue;
                }
                if let Some(connection) = between.connection(source, destination) {
                    graph.add_edge(from, to, connection);
                }
            }
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

/// Connections of class pairs, each worked out once.
struct Between<'m> {
    judge: &'m ModelJudge<'m>,
    matrix: &'m Matrix<'m>,
    known: HashMap<(ClassId, ClassId), Passes>,
}

impl Between<'_> {
    fn connection(&mut self, from: &Group, to: &Group) -> Option<Connection> {
        let mut by_family: Vec<(Option<Family>, Passes)> = Vec::new();
        for (of_source, source) in &from.classes {
            for (of_destination, destination) in &to.classes {
                match (of_source, of_destination) {
                    (Some(a), Some(b)) if a != b => {}
                    (a, b) => by_family.push((a.or(*b), self.passes(*source, *destination))),
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
        Some(Connection { by_family })
    }

    fn passes(&mut self, source: ClassId, destination: ClassId) -> Passes {
        if let Some(known) = self.known.get(&(source, destination)) {
            return known.clone();
        }
        let mut passes = Passes::default();
        for judged in self.judge.between(source, destination, [Tri::No; 2]) {
            let into = match judged.decision.verdict {
                Verdict::Allow => &mut passes.allowed,
                Verdict::Unknown => &mut passes.unknown,
                Verdict::Deny => continue,
            };
            let (first, last) = judged.atoms;
            for atom in (self.matrix.atoms().iter())
                .skip(first)
                .take(last - first + 1)
            {
                ports::push(into, PortRange::new(atom.protocol, atom.first, atom.last));
            }
        }
        self.known.insert((source, destination), passes.clone());
        passes
    }
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
    let wanted = kind == GroupKind::Unassigned;
    for run in runs(cluster, matrix, family) {
        if run.unassigned != wanted {
            continue;
        }
        let class = (Some(family), run.class);
        match groups.iter_mut().find(|g| g.classes.contains(&class)) {
            Some(group) => group.addresses.push(run.range),
            None => groups.push(Group {
                kind,
                members: Vec::new(),
                addresses: vec![run.range],
                classes: vec![class],
                reaches_itself: false,
            }),
        }
    }
    groups
}
