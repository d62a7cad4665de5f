//! For people.

use super::rows::{Line, Section, lines, outside_label, words};
use super::{Extra, Shown};
use crate::reach::blast::Reached;
use crate::reach::exposure::{Exposed, Extent, WayIn};
use crate::reach::ports;
use crate::reach::view::{Node, View};
use std::io::{self, Write};

pub(super) fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = &shown.view;
    match &shown.extra {
        Extra::Exposure(exposed) => return write_exposure(view, exposed, out),
        Extra::Blast { from, reached } => return write_blast(view, from, reached, out),
        Extra::Grouped | Extra::None => {}
    }
    writeln!(
        out,
        "{} and {}",
        counted(shown.model.cluster.endpoints.len(), "workload", "workloads"),
        counted(shown.model.policies.policies().len(), "policy", "policies")
    )?;
    write_large_groups(view, out)?;
    let lines = lines(view);
    for (section, title) in [
        (Section::FromOutside, "from outside the cluster"),
        (Section::ToOutside, "to outside the cluster"),
        (Section::Within, "within the cluster"),
    ] {
        let lines = lines.iter().filter(|line| line.section == section);
        write_section(title, &lines.collect::<Vec<_>>(), out)?;
    }
    match (lines.is_empty(), &shown.focus) {
        (true, None) => writeln!(out, "\nNobody reaches anybody.")?,
        (true, Some(focus)) => {
            writeln!(out, "\nNobody reaches {focus}, and {focus} reaches nobody.")?;
        }
        (false, _) => {}
    }
    if shown.has_hosts && !view.lists_nodes {
        writeln!(
            out,
            "\nA node, with its host-network pods, always reaches the pods that run on it; that is not listed."
        )?;
    }
    Ok(())
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Groups whose label does not name all members.
fn write_large_groups(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let large = view.nodes.iter();
    let large = large.filter(|group| group.members.len() > 3 && group.name.is_none());
    for (at, group) in large.enumerate() {
        if at == 0 {
            writeln!(out, "\nno policy tells apart")?;
        }
        writeln!(out, "  {}: {}", group.label(), group.names().join(", "))?;
    }
    Ok(())
}

fn write_section(title: &str, lines: &[&Line<'_>], out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    let from_width = width(lines.iter().map(|line| &*line.from));
    let to_width = width(lines.iter().map(|line| &*line.to));
    for line in lines {
        let (from, to) = (&line.from, &line.to);
        let words = line.words();
        writeln!(out, "  {from:from_width$} → {to:to_width$}  {words}")?;
    }
    Ok(())
}

fn width<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    texts
        .map(|text| text.chars().count())
        .max()
        .unwrap_or(0)
        .min(48)
}

/// One of the extents.
type OfExposed = fn(&Exposed) -> &Extent;

fn write_exposure(view: &View<'_>, exposed: &[Exposed], out: &mut dyn Write) -> io::Result<()> {
    let label = |one: &Exposed| {
        view.nodes
            .get(one.node)
            .map(Node::label)
            .unwrap_or_default()
    };
    let by_extent = |of: fn(&Exposed) -> &Extent| {
        let open = exposed.iter().filter(|one| !of(one).is_nothing());
        let lines = open.map(|one| (label(one), extent_in_words(of(one)), one));
        lines.collect::<Vec<_>>()
    };
    let sections: [(&str, OfExposed); 4] = [
        ("open to the world", |one| &one.ingress.world),
        ("open to any pod, also to one that nobody knows", |one| {
            &one.ingress.any_pod
        }),
        ("may send to the world", |one| &one.egress.world),
        ("may send to any pod", |one| &one.egress.any_pod),
    ];
    for (at, (title, of)) in sections.into_iter().enumerate() {
        let lines = by_extent(of);
        let gap = if at == 0 { "" } else { "\n" };
        if lines.is_empty() {
            writeln!(out, "{gap}{title}\n  nobody")?;
            continue;
        }
        writeln!(out, "{gap}{title}")?;
        let wide = width(lines.iter().map(|(name, ..)| &**name));
        for (name, words, one) in lines {
            let ways = if at == 0 {
                ways(&one.ways_in)
            } else {
                String::new()
            };
            writeln!(out, "  {name:wide$}  {words}{ways}")?;
        }
    }
    for direction in netpol_policy::Direction::BOTH {
        let of = |one: &&Exposed| match direction {
            netpol_policy::Direction::Ingress => one.ingress.isolated_by.is_empty(),
            netpol_policy::Direction::Egress => one.egress.isolated_by.is_empty(),
        };
        let names: Vec<String> = exposed.iter().filter(of).map(label).collect();
        let name = direction.name();
        if names.is_empty() {
            writeln!(out, "\nevery pod is isolated for {name}")?;
        } else {
            writeln!(
                out,
                "\nno policy isolates for {name}\n  {}",
                names.join(", ")
            )?;
        }
    }
    Ok(())
}

/// ` (way in: Service shop/web, TCP/443 to TCP/8443)`.
fn ways(ways: &[WayIn]) -> String {
    if ways.is_empty() {
        return String::new();
    }
    let words: Vec<String> = ways
        .iter()
        .map(|way| {
            let WayIn {
                service,
                protocol,
                port,
                target_port,
                through,
            } = way;
            let lead = through
                .as_ref()
                .map_or_else(String::new, |t| format!("{t} → "));
            format!("{lead}Service {service}, {protocol}/{port} to {target_port}")
        })
        .collect();
    format!("  (way in: {})", words.join("; "))
}

/// `TCP/80; some: TCP/443; unknown: UDP/53`, `nothing`.
pub(super) fn extent_in_words(extent: &Extent) -> String {
    let parts = [
        ("", &extent.all),
        ("some: ", &extent.some),
        ("unknown: ", &extent.unknown),
    ];
    let parts = parts.into_iter().filter(|(_, ports)| !ports.is_empty());
    let parts: Vec<String> = parts
        .map(|(word, of)| format!("{word}{}", ports::in_words(of)))
        .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join("; ")
    }
}

fn write_blast(
    view: &View<'_>,
    from: &[usize],
    reached: &[Reached],
    out: &mut dyn Write,
) -> io::Result<()> {
    let nodes = from.iter().filter_map(|at| view.nodes.get(*at));
    let beginning: Vec<String> = nodes.map(Node::label).collect();
    let count = |certain: bool| {
        let nodes = reached.iter().filter(|one| one.certain == certain);
        let nodes = nodes.filter_map(|one| view.nodes.get(one.node));
        nodes.map(|node| node.members.len()).sum::<usize>()
    };
    let perhaps = match count(false) {
        0 => String::new(),
        n => format!(", perhaps {n} more"),
    };
    writeln!(
        out,
        "within reach of {}: {}{perhaps}",
        beginning.join(", "),
        counted(
            count(true),
            "party of the cluster",
            "parties of the cluster"
        )
    )?;
    let mut hops = 0;
    for (at, one) in reached.iter().enumerate() {
        let Some(alike) = outside_alike(view, reached, at) else {
            continue;
        };
        if one.hops != hops {
            hops = one.hops;
            writeln!(out, "\n{}", counted(hops, "hop", "hops"))?;
        }
        let perhaps = if one.certain { "" } else { "perhaps: " };
        let label = match alike.as_slice() {
            [] => None,
            groups => Some(outside_label(view, groups)),
        };
        writeln!(out, "  {perhaps}{}", steps_to(view, one, label.as_deref()))?;
    }
    Ok(())
}

/// Groups of outside addresses that are reached in the same way as this one, itself included;
/// empty for parties of the cluster, `None` when they have been told before.
fn outside_alike<'v>(view: &'v View<'_>, reached: &[Reached], at: usize) -> Option<Vec<&'v Node>> {
    let key = |one: &Reached| {
        let (_, before) = one.path.split_last()?;
        let last = steps_to(view, one, Some(""));
        let node = view.nodes.get(one.node).filter(|node| node.is_outside())?;
        Some(((before.to_vec(), one.certain, node.kind, last), node))
    };
    let Some((own, _)) = reached.get(at).and_then(key) else {
        return Some(Vec::new());
    };
    let same = |one: &Reached| key(one).filter(|(other, _)| *other == own);
    if reached.iter().take(at).any(|one| same(one).is_some()) {
        return None;
    }
    let alike = reached.iter().skip(at).filter_map(same);
    Some(alike.map(|(_, node)| node).collect())
}

/// `shop/web → shop/api (TCP/8443) → data/db (TCP/5432)`.
pub(super) fn steps(view: &View<'_>, one: &Reached) -> String {
    steps_to(view, one, None)
}

/// The same with another name for the last one.
fn steps_to(view: &View<'_>, one: &Reached, last: Option<&str>) -> String {
    let label = |at: &usize| view.nodes.get(*at).map(Node::label).unwrap_or_default();
    let mut text = one.path.first().map(label).unwrap_or_default();
    for step in one.path.windows(2) {
        let [from, to] = step else { continue };
        let rows = view
            .rows
            .iter()
            .filter(|row| (row.from, row.to) == (*from, *to));
        let by: Vec<String> = rows
            .map(|row| words(&row.ports, row.family, row.how))
            .collect();
        let name = match &last {
            Some(name) if *to == one.node => (*name).to_owned(),
            _ => label(to),
        };
        text = format!("{text} → {name} ({})", by.join("; "));
    }
    text
}
