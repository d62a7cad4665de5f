//! Blast radius: who can be reached from a party, over others, in how many hops.
//!
//! Every party on the way is taken to be in the hands of whoever holds the first one. Addresses
//! outside of the cluster are ends, never steps: what an outsider could do with a connection is not
//! the cluster's to say. A node reaches the pods that run on it whatever policies say.

use super::graph::GroupKind;
use super::ports::PortRange;
use super::view::{How, Row, View};
use netpol_policy::Protocol;
use netpol_policy::cidr::Family;
use petgraph::Direction;
use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{EdgeFiltered, EdgeRef};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Who is within reach of whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blast<'a> {
    /// The groups, and for each that is within reach the connections of the last hop.
    pub view: View<'a>,
    /// The groups in which it begins.
    pub from: Vec<usize>,
    /// Who is within reach: by hops, what is certain first, then by place.
    pub reached: Vec<Reached>,
}

/// A group within reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Its place in the view.
    pub node: usize,
    /// Connections from the beginning to it, at least 1.
    pub hops: usize,
    /// Do all connections on the way certainly pass?
    pub certain: bool,
    /// The groups on the way, the first and this one included.
    pub path: Vec<usize>,
}

/// Ports of a row that a node's right of way stands for.
fn everything() -> Vec<PortRange> {
    let all = Protocol::ALL.into_iter();
    all.map(|p| PortRange::new(p, 0, p.last_port())).collect()
}

/// Works it out. `inside` are the names that it begins with, or the world; `home` says on which
/// node a party is, when that is known: a node's own name for a node.
pub fn blast<'a>(
    view: &View<'a>,
    inside: &BTreeSet<String>,
    world: bool,
    most_hops: Option<usize>,
    home: &BTreeMap<String, String>,
) -> Blast<'a> {
    let (mut cut, parts) = cut(view, inside, world, home);
    if !cut.lists_nodes {
        add_local(&mut cut, &parts);
    }
    let from: Vec<usize> = (0..cut.nodes.len())
        .filter(|at| parts.get(*at).is_some_and(|part| part.starts_with('+')))
        .collect();
    let graph = graph(&cut, &from);
    let Some(start) = graph.node_indices().next_back() else {
        return Blast::default();
    };
    let certain_only = EdgeFiltered::from_fn(&graph, |edge| *edge.weight());
    let certain = dijkstra(&certain_only, start, None, |_| 1_usize);
    let possible = dijkstra(&graph, start, None, |_| 1_usize);
    let mut reached = Vec::new();
    for at in 0..cut.nodes.len() {
        let node = NodeIndex::new(at);
        let (is_certain, distance) = match (certain.get(&node), possible.get(&node)) {
            (Some(distance), _) => (true, *distance),
            (None, Some(distance)) => (false, *distance),
            (None, None) => continue,
        };
        // The beginning itself is one step behind the place where the search starts.
        let hops = distance.saturating_sub(1);
        if hops == 0 || most_hops.is_some_and(|most| hops > most) {
            continue;
        }
        let distances = if is_certain { &certain } else { &possible };
        let closer = |edge: NodeIndex, d: usize| distances.get(&edge) == Some(&d);
        let mut path = vec![at];
        let mut here = node;
        for d in (1..distance).rev() {
            let before = graph.edges_directed(here, Direction::Incoming);
            let before = before.filter(|edge| !is_certain || *edge.weight());
            let before = before
                .map(|edge| edge.source())
                .filter(|n| closer(*n, d))
                .min();
            let Some(before) = before else { break };
            path.push(before.index());
            here = before;
        }
        path.reverse();
        reached.push(Reached {
            node: at,
            hops,
            certain: is_certain,
            path,
        });
    }
    reached.sort_by_key(|r| (r.hops, !r.certain, r.node));
    let steps: BTreeSet<(usize, usize)> = (reached.iter())
        .flat_map(|r| {
            r.path
                .windows(2)
                .filter_map(|w| Some((*w.first()?, *w.last()?)))
        })
        .collect();
    cut.rows.retain(|row| steps.contains(&(row.from, row.to)));
    Blast {
        view: cut,
        from,
        reached,
    }
}

/// Groups cut so that the beginning stands alone, and, where nodes are known, each node alone and
/// pods by the node that they run on. The part is `+` for the beginning, then the node's name.
fn cut<'a>(
    view: &View<'a>,
    inside: &BTreeSet<String>,
    world: bool,
    home: &BTreeMap<String, String>,
) -> (View<'a>, Vec<String>) {
    view.split(|node, member| match member {
        Some(member) => {
            let first = if inside.contains(&member.name) {
                "+"
            } else {
                "-"
            };
            let home = home.get(&member.name).map_or("", String::as_str);
            format!("{first}{home}")
        }
        None if world && node.kind == GroupKind::External => "+".to_owned(),
        None => "-".to_owned(),
    })
}

/// A node reaches its own pods.
fn add_local(view: &mut View<'_>, parts: &[String]) {
    let home = |at: usize| {
        parts
            .get(at)
            .and_then(|part| part.get(1..))
            .filter(|h| !h.is_empty())
    };
    let of_kind = |view: &View<'_>, kind| {
        let places =
            (0..view.nodes.len()).filter(|at| view.nodes.get(*at).is_some_and(|n| n.kind == kind));
        places.collect::<Vec<usize>>()
    };
    let mut by_home: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for at in of_kind(view, GroupKind::Pods) {
        if let Some(home) = home(at) {
            by_home.entry(home).or_default().push(at);
        }
    }
    for from in of_kind(view, GroupKind::Hosts) {
        let pods = home(from).and_then(|home| by_home.get(home));
        let pods: BTreeSet<usize> = pods.into_iter().flatten().copied().collect();
        view.rows
            .retain(|row| row.from != from || !pods.contains(&row.to));
        view.rows.extend(pods.into_iter().map(|to| Row {
            from,
            to,
            family: None::<Family>,
            ports: Cow::Owned(everything()),
            how: How::Certain,
        }));
    }
    view.sort();
}

/// The groups as a graph whose edges say whether something certainly passes; its last node stands
/// before the beginning.
fn graph(view: &View<'_>, from: &[usize]) -> DiGraph<(), bool> {
    let mut graph = DiGraph::new();
    for _ in &view.nodes {
        graph.add_node(());
    }
    let start = graph.add_node(());
    for first in from {
        graph.add_edge(start, NodeIndex::new(*first), true);
    }
    for row in &view.rows {
        let outside = view
            .nodes
            .get(row.from)
            .is_some_and(super::view::Node::is_outside);
        if !outside || from.contains(&row.from) {
            let certain = row.how == How::Certain;
            graph.add_edge(NodeIndex::new(row.from), NodeIndex::new(row.to), certain);
        }
    }
    graph
}
