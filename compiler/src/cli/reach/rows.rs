//! What the readable forms of `netpolc reach` show.
//!
//! The exact forms (`json`, `csv`) tell every connection of every group. For people, groups of
//! outside addresses that have the same connection stand in one line, and all of them together are
//! `world` again.

use crate::reach::graph::GroupKind;
use crate::reach::view::{How, Node, Row, View};
use crate::reach::{PortRange, ports};
use netpol_policy::cidr::Family;
use std::collections::HashMap;

/// Where a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    pub(super) family: Option<Family>,
    pub(super) how: How,
    /// Outside groups of the line.
    outside: Vec<&'a Node>,
}

impl Line<'_> {
    /// `unknown: TCP/80 over IPv6 (2 of 6 pairs)`.
    pub(super) fn words(&self) -> String {
        words(self.ports, self.family, self.how)
    }

    /// Does it pass for every pair?
    pub(super) fn is_certain(&self) -> bool {
        self.how == How::Certain
    }
}

/// Ports, family and for whom they hold.
pub(super) fn words(ports: &[PortRange], family: Option<Family>, how: How) -> String {
    let over = match family {
        None => "",
        Some(Family::V4) => " over IPv4",
        Some(Family::V6) => " over IPv6",
    };
    let ports = ports::in_words(ports);
    match how {
        How::Certain => format!("{ports}{over}"),
        How::Unknown => format!("unknown: {ports}{over}"),
        How::Some {
            allowed: 0,
            unknown,
            pairs,
        } => format!("unknown: {ports}{over} (some: {unknown} of {pairs} pairs)"),
        How::Some {
            allowed,
            unknown: 0,
            pairs,
        } => format!("{ports}{over} (some: {allowed} of {pairs} pairs)"),
        How::Some {
            allowed,
            unknown,
            pairs,
        } => format!("{ports}{over} (some: {allowed} of {pairs} pairs, {unknown} unknown)"),
    }
}

/// What lines of outside groups have in common, so that they are one.
type Same<'a> = (
    Section,
    usize,
    &'a [PortRange],
    Option<Family>,
    How,
    GroupKind,
);

/// All lines, by section.
pub(super) fn lines<'a>(view: &'a View<'_>) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut known: HashMap<Same<'a>, usize> = HashMap::new();
    for row in &view.rows {
        let Some((line, inside)) = line(view, row) else {
            continue;
        };
        let Some(kind) = line.outside.first().map(|node| node.kind) else {
            lines.push(line);
            continue;
        };
        let same = (
            line.section,
            inside,
            line.ports,
            line.family,
            line.how,
            kind,
        );
        let at = *known.entry(same).or_insert(lines.len());
        match lines.get_mut(at) {
            Some(before) => before.outside.extend(line.outside),
            None => lines.push(line),
        }
    }
    for line in &mut lines {
        let outside = outside_label(view, &line.outside);
        match line.section {
            Section::FromOutside => line.from = outside,
            Section::ToOutside => line.to = outside,
            Section::Within => {}
        }
    }
    lines.sort_by_key(|line| line.section);
    lines
}

/// The line of a row, and the place of the group inside.
fn line<'a>(view: &'a View<'_>, row: &'a Row<'_>) -> Option<(Line<'a>, usize)> {
    let (from, to) = view.ends(row)?;
    let (section, outside, inside) = if from.is_outside() {
        (Section::FromOutside, vec![from], row.to)
    } else if to.is_outside() {
        (Section::ToOutside, vec![to], row.from)
    } else {
        (Section::Within, Vec::new(), row.from)
    };
    let line = Line {
        section,
        from: from.label(),
        to: to.label(),
        ports: &row.ports,
        family: row.family,
        how: row.how,
        outside,
    };
    Some((line, inside))
}

/// `world` for all outside groups, `world over IPv4` for all of a family, else the addresses.
pub(super) fn outside_label(view: &View<'_>, groups: &[&Node]) -> String {
    let Some(kind) = groups.first().map(|g| g.kind) else {
        return String::new();
    };
    let family = |group: &Node| group.addresses.first().map(|range| range.family);
    let all: Vec<&Node> = view.nodes.iter().filter(|g| g.kind == kind).collect();
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
