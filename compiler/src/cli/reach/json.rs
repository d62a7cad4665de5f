//! `schemas/reach.v1.json`.

use crate::cli::Failure;
use crate::cli::query::family_name;
use crate::model::Model;
use crate::reach::graph::{AddressRange, GroupKind};
use crate::reach::{PortRange, Reachability};
use ipnet::IpNet;
use serde::Serialize;
use std::io::Write;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    groups: Vec<Group<'a>>,
    connections: Vec<Connection<'a>>,
    incomplete: &'a [String],
}

#[derive(Serialize)]
struct Group<'a> {
    id: usize,
    kind: GroupKind,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    members: &'a [String],
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
}

pub(super) fn write(
    reach: &Reachability,
    model: &Model,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let groups = reach.groups().map(|(id, group)| Group {
        id,
        kind: group.kind,
        members: &group.members,
        blocks: group
            .addresses
            .iter()
            .copied()
            .flat_map(AddressRange::blocks)
            .collect(),
    });
    let mut connections = Vec::new();
    for (from, to, connection) in reach.connections() {
        for (family, passes) in &connection.by_family {
            if passes.is_nothing() {
                continue;
            }
            connections.push(Connection {
                from,
                to,
                family: family.map(family_name),
                allow: &passes.allowed,
                unknown: &passes.unknown,
            });
        }
    }
    let document = Document {
        version: 1,
        groups: groups.collect(),
        connections,
        incomplete: &model.incomplete,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}
