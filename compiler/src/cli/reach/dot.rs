//! For Graphviz, by petgraph's writer.

use super::rows::words;
use crate::reach::graph::GroupKind;
use crate::reach::view::{Node, View};
use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    // Groups that take part in nothing are left out.
    let mut drawn: DiGraph<&Node, String> = DiGraph::new();
    let mut places: BTreeMap<usize, NodeIndex> = BTreeMap::new();
    let used = view.rows.iter().flat_map(|row| [row.from, row.to]);
    let used: std::collections::BTreeSet<usize> = used.collect();
    for at in used {
        if let Some(node) = view.nodes.get(at) {
            places.insert(at, drawn.add_node(node));
        }
    }
    let mut labels: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
    for row in &view.rows {
        let label = words(&row.ports, row.family, row.how);
        labels.entry((row.from, row.to)).or_default().push(label);
    }
    for ((from, to), label) in labels {
        if let (Some(from), Some(to)) = (places.get(&from), places.get(&to)) {
            drawn.add_edge(*from, *to, label.join("; "));
        }
    }
    let edge = |_, edge: petgraph::graph::EdgeReference<'_, String>| {
        format!("label=\"{}\"", escaped(edge.weight()))
    };
    let node = |_, (_, group): (_, &&Node)| {
        let shape = match group.kind {
            GroupKind::Pods => "box",
            GroupKind::Hosts => "house",
            GroupKind::External | GroupKind::Unassigned => "ellipse",
        };
        format!("shape={shape}, label=\"{}\"", escaped(&group.label()))
    };
    let config = [Config::EdgeNoLabel, Config::NodeNoLabel];
    let dot = Dot::with_attr_getters(&drawn, &config, &edge, &node);
    write!(out, "{dot:?}")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace(['\n', '\r'], " ")
}
