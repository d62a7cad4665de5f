//! For Graphviz, by petgraph's writer.

use crate::reach::graph::{Connection, Group, GroupKind};
use crate::reach::{Reachability, ports};
use netpol_policy::cidr::Family;
use petgraph::dot::{Config, Dot};
use std::io::{self, Write};

pub(super) fn write(reach: &Reachability, out: &mut dyn Write) -> io::Result<()> {
    // Groups that take part in nothing are left out.
    let drawn = reach.graph.filter_map(
        |node, group| {
            let takes_part = reach.graph.neighbors_undirected(node).next().is_some();
            takes_part.then_some(group)
        },
        |_, connection| Some(connection),
    );
    let edge = |_, edge: petgraph::graph::EdgeReference<'_, &Connection>| {
        format!("label=\"{}\"", escaped(&edge_label(edge.weight())))
    };
    let node = |_, (_, group): (_, &&Group)| {
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

fn edge_label(connection: &Connection) -> String {
    let mut parts = Vec::new();
    for (family, passes) in &connection.by_family {
        let over = match family {
            None => "",
            Some(Family::V4) => " over IPv4",
            Some(Family::V6) => " over IPv6",
        };
        if !passes.allowed.is_empty() {
            parts.push(format!("{}{over}", ports::in_words(&passes.allowed)));
        }
        if !passes.unknown.is_empty() {
            parts.push(format!(
                "unknown: {}{over}",
                ports::in_words(&passes.unknown)
            ));
        }
    }
    parts.join("; ")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace(['\n', '\r'], " ")
}
