//! What all tables of `netpolc reach` show: one row per connection, family and certainty.

use crate::reach::graph::{Connection, Group};
use crate::reach::{PortRange, Reachability};
use netpol_policy::cidr::Family;

/// One line of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) from: &'a Group,
    pub(super) to: &'a Group,
    /// The numbers of the two groups.
    pub(super) numbers: (usize, usize),
    pub(super) family: Option<Family>,
    pub(super) ports: &'a [PortRange],
    /// Does the input decide it? Else it is unknown whether it passes.
    pub(super) certain: bool,
}

impl Row<'_> {
    /// ` over IPv6` where only this family is meant.
    pub(super) fn over(&self) -> &'static str {
        match self.family {
            None => "",
            Some(Family::V4) => " over IPv4",
            Some(Family::V6) => " over IPv6",
        }
    }
}

/// All rows, by source, destination, family, what is certain first.
pub(super) fn rows(reach: &Reachability) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (from, to, connection) in reach.connections() {
        if let (Some(source), Some(destination)) = (reach.group(from), reach.group(to)) {
            rows.extend(
                of_connection(connection).map(|(family, ports, certain)| Row {
                    from: source,
                    to: destination,
                    numbers: (from, to),
                    family,
                    ports,
                    certain,
                }),
            );
        }
    }
    rows
}

fn of_connection(
    connection: &Connection,
) -> impl Iterator<Item = (Option<Family>, &[PortRange], bool)> {
    connection.by_family.iter().flat_map(|(family, passes)| {
        [(true, &passes.allowed), (false, &passes.unknown)]
            .into_iter()
            .filter(|(_, ports)| !ports.is_empty())
            .map(|(certain, ports)| (*family, ports.as_slice(), certain))
    })
}
