//! `schemas/reach.v1.json`.

use super::Extra;
use crate::cli::Failure;
use crate::cli::query::family_name;
use crate::model::Model;
use crate::reach::PortRange;
use crate::reach::exposure::{Openness, WayIn};
use crate::reach::graph::{AddressRange, GroupKind};
use crate::reach::view::{How, Node, View};
use ipnet::IpNet;
use serde::Serialize;
use std::io::Write;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    version: u8,
    groups: Vec<Group<'a>>,
    connections: Vec<Connection<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    lists_nodes: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<Vec<Exposed<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blast: Option<Blast<'a>>,
    incomplete: &'a [String],
}

#[derive(Serialize)]
struct Group<'a> {
    id: usize,
    kind: GroupKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<IpNet>,
}

#[derive(Serialize)]
struct Connection<'a> {
    from: usize,
    to: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'static str>,
    #[serde(skip_serializing_if = "<[PortRange]>::is_empty")]
    allow: &'a [PortRange],
    #[serde(skip_serializing_if = "<[PortRange]>::is_empty")]
    unknown: &'a [PortRange],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    some: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    ports: &'a [PortRange],
    allowed: u64,
    unknown: u64,
    pairs: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exposed<'a> {
    group: usize,
    ingress: &'a Openness,
    egress: &'a Openness,
    ways_in: &'a [WayIn],
}

#[derive(Serialize)]
struct Blast<'a> {
    from: &'a [usize],
    reached: Vec<Reached<'a>>,
}

#[derive(Serialize)]
struct Reached<'a> {
    group: usize,
    hops: usize,
    certain: bool,
    path: &'a [usize],
}

pub(super) fn write(
    view: &View<'_>,
    extra: &Extra,
    model: &Model,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let groups = view.nodes.iter().enumerate();
    let exposure = match extra {
        Extra::Exposure(exposed) => Some(exposed.iter().map(|e| Exposed {
            group: e.node,
            ingress: &e.ingress,
            egress: &e.egress,
            ways_in: &e.ways_in,
        })),
        _ => None,
    };
    let blast = match extra {
        Extra::Blast { from, reached } => Some(Blast {
            from,
            reached: (reached.iter())
                .map(|r| Reached {
                    group: r.node,
                    hops: r.hops,
                    certain: r.certain,
                    path: &r.path,
                })
                .collect(),
        }),
        _ => None,
    };
    let document = Document {
        version: 1,
        groups: groups.map(|(id, node)| group(id, node)).collect(),
        connections: connections(view),
        lists_nodes: view.lists_nodes,
        exposure: exposure.map(Iterator::collect),
        blast,
        incomplete: &model.incomplete,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn group(id: usize, node: &Node) -> Group<'_> {
    Group {
        id,
        kind: node.kind,
        name: node.name.as_deref(),
        members: node.members.iter().map(|m| m.name.as_str()).collect(),
        blocks: (node.addresses.iter().copied())
            .flat_map(AddressRange::blocks)
            .collect(),
    }
}

/// Rows of the same groups and family are one connection.
fn connections<'a>(view: &'a View<'_>) -> Vec<Connection<'a>> {
    let mut connections: Vec<Connection<'a>> = Vec::new();
    for row in &view.rows {
        let family = row.family.map(family_name);
        let same = |c: &Connection<'_>| (c.from, c.to, c.family) == (row.from, row.to, family);
        if !connections.last().is_some_and(same) {
            connections.push(Connection {
                from: row.from,
                to: row.to,
                family,
                allow: &[],
                unknown: &[],
                some: Vec::new(),
            });
        }
        let Some(connection) = connections.last_mut() else {
            continue;
        };
        match row.how {
            How::Certain => connection.allow = &row.ports,
            How::Unknown => connection.unknown = &row.ports,
            How::Some {
                allowed,
                unknown,
                pairs,
            } => connection.some.push(Part {
                ports: &row.ports,
                allowed,
                unknown,
                pairs,
            }),
        }
    }
    connections
}
