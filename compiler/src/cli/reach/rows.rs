//! What the readable forms of `netpolc reach` show.
//!
//! The exact forms (`json`, `csv`) tell every connection of every group. For people, groups of
//! outside addresses that have the same connection stand in one line, and all of them together are
//! `world` again.

use crate::reach::graph::{Connection, Group, GroupKind};
use crate::reach::{PortRange, Reachability};
use netpol_policy::cidr::Family;

/// One connection of two groups, in one family, certain or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) from: &'a Group,
    pub(super) to: &'a Group,
    pub(super) numbers: (usize, usize),
    pub(super) family: Option<Family>,
    pub(super) ports: &'a [PortRange],
    /// Does the input decide it? Else it is unknown whether it passes.
    pub(super) certain: bool,
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

/// Where a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    FromOutside,
    ToOutside,
    Within,
}

/// A line for people.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    pub(super) section: Section,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) ports: &'a [PortRange],
    /// ` over IPv6` where only this family is meant.
    pub(super) over: &'static str,
    pub(super) certain: bool,
    /// Outside groups of the line, and the number of the group inside.
    outside: Vec<&'a Group>,
    inside: usize,
}

/// All lines, by section.
pub(super) fn lines(reach: &Reachability) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for row in rows(reach) {
        let line = line(&row);
        let same = |l: &&mut Line<'_>| {
            l.section != Section::Within
                && (l.section, l.inside, l.ports, l.certain)
                    == (line.section, line.inside, line.ports, line.certain)
                && kind_of(l) == kind_of(&line)
        };
        match lines.iter_mut().find(same) {
            Some(before) => before.outside.extend(line.outside),
            None => lines.push(line),
        }
    }
    for line in &mut lines {
        let outside = outside_label(reach, &line.outside);
        match line.section {
            Section::FromOutside => line.from = outside,
            Section::ToOutside => line.to = outside,
            Section::Within => {}
        }
    }
    lines.sort_by_key(|line| line.section);
    lines
}

fn line<'a>(row: &Row<'a>) -> Line<'a> {
    let (section, outside, inside) = if is_outside(row.from) {
        (Section::FromOutside, vec![row.from], row.numbers.1)
    } else if is_outside(row.to) {
        (Section::ToOutside, vec![row.to], row.numbers.0)
    } else {
        (Section::Within, Vec::new(), row.numbers.0)
    };
    Line {
        section,
        from: row.from.label(),
        to: row.to.label(),
        ports: row.ports,
        over: match row.family {
            None => "",
            Some(Family::V4) => " over IPv4",
            Some(Family::V6) => " over IPv6",
        },
        certain: row.certain,
        outside,
        inside,
    }
}

fn is_outside(group: &Group) -> bool {
    matches!(group.kind, GroupKind::External | GroupKind::Unassigned)
}

fn kind_of(line: &Line<'_>) -> Option<GroupKind> {
    line.outside.first().map(|group| group.kind)
}

/// `world` for all outside groups, `world over IPv4` for all of a family, else the addresses.
fn outside_label(reach: &Reachability, groups: &[&Group]) -> String {
    let Some(kind) = groups.first().map(|g| g.kind) else {
        return String::new();
    };
    let family = |group: &Group| group.addresses.first().map(|range| range.family);
    let all: Vec<&Group> = reach
        .groups()
        .map(|(_, g)| g)
        .filter(|g| g.kind == kind)
        .collect();
    let name = match kind {
        GroupKind::Unassigned => "pod addresses of nobody known",
        _ => "world",
    };
    if groups.len() == all.len() {
        return name.to_owned();
    }
    for (wanted, words) in [(Family::V4, "IPv4"), (Family::V6, "IPv6")] {
        let of_family = all.iter().filter(|g| family(g) == Some(wanted)).count();
        if groups.len() == of_family && groups.iter().all(|g| family(g) == Some(wanted)) {
            return format!("{name} over {words}");
        }
    }
    let labels: Vec<String> = groups.iter().map(|g| g.label()).collect();
    labels.join(", ")
}
