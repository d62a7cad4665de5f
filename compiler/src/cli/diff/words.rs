//! The words that the readable forms share.

use super::Told;
use crate::change::{Change, Group, Presence, Proof, Scope, Standing};
use crate::cli::query::family_name;
use crate::model::{Edit, EditDetail, EditKind, EditPart};
use crate::reach::graph::GroupKind;
use crate::reach::{PortRange, ports};
use crate::source::{Location, Sources};
use netpol_policy::cidr::Family;

/// So many names stand in a line.
const NAMES: usize = 4;
/// So many runs of ports or addresses stand in a line.
const RUNS: usize = 4;

/// `opened`, `closed`, or `as before, for another reason`.
pub(super) fn kind(change: &Change) -> &'static str {
    if change.opens() {
        "opened"
    } else if change.closes() {
        "closed"
    } else {
        "reason"
    }
}

/// `2 opened, 1 closed; 1 with the world`.
pub(super) fn summary(told: &Told<'_>) -> String {
    let changes = &told.comparison.changes;
    if changes.is_empty() {
        return "nobody reaches more or less than before".to_owned();
    }
    let count = |test: fn(&Change) -> bool| changes.iter().filter(|c| test(c)).count();
    let mut parts = Vec::new();
    for (number, word) in [
        (count(Change::opens), "opened"),
        (count(Change::closes), "closed"),
        (count(|c| c.was == c.now), "for another reason"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let world = count(|c| c.opens() && c.scope == Scope::World);
    let world = match world {
        0 => String::new(),
        n => format!("; {n} between the cluster and the world"),
    };
    format!("{}{world}", parts.join(", "))
}

/// Who stands on one end.
pub(super) fn end(told: &Told<'_>, places: &[usize]) -> String {
    let every = &told.comparison.groups;
    let groups: Vec<&Group> = places.iter().filter_map(|at| every.get(*at)).collect();
    let mut names: Vec<String> = Vec::new();
    for group in groups.iter().filter(|g| g.addresses.is_empty()) {
        names.extend(group.members.iter().map(|member| match group.presence {
            Presence::After => format!("{member} (new)"),
            Presence::Before => format!("{member} (gone)"),
            Presence::Both => member.clone(),
        }));
    }
    for kind in [GroupKind::External, GroupKind::Unassigned] {
        let own: Vec<&Group> = groups.iter().copied().filter(|g| g.kind == kind).collect();
        names.extend(addresses(every, &own, kind));
    }
    few(&names, NAMES)
}

/// Addresses: all of them together have a name.
fn addresses(every: &[Group], own: &[&Group], kind: GroupKind) -> Vec<String> {
    if own.is_empty() {
        return Vec::new();
    }
    let name = match kind {
        GroupKind::Unassigned => "pod addresses of nobody known",
        _ => "world",
    };
    let of_kind = |g: &&Group| g.kind == kind && !g.addresses.is_empty();
    if every.iter().filter(of_kind).count() == own.len() {
        return vec![name.to_owned()];
    }
    let is = |g: &Group, family| g.addresses.first().is_some_and(|r| r.family == family);
    let mut names = Vec::new();
    for family in [Family::V4, Family::V6] {
        let mine: Vec<&&Group> = own.iter().filter(|g| is(g, family)).collect();
        let all = every
            .iter()
            .filter(of_kind)
            .filter(|g| is(g, family))
            .count();
        if !mine.is_empty() && mine.len() == all {
            names.push(format!("{name} over {}", family_name(family)));
        } else {
            let ranges: Vec<String> = mine.iter().flat_map(|g| g.names()).collect();
            if !ranges.is_empty() {
                names.push(few(&ranges, RUNS));
            }
        }
    }
    names
}

/// Whom the packets go to.
pub(super) fn destination(told: &Told<'_>, change: &Change) -> String {
    match &change.ends.service {
        Some((namespace, name)) => format!("Service {namespace}/{name}"),
        None => end(told, &change.ends.destinations),
    }
}

fn few(names: &[String], most: usize) -> String {
    let shown = names
        .iter()
        .take(most)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().checked_sub(most) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// The ports, and the family where only one is meant.
pub(super) fn ports_of(change: &Change) -> String {
    let words = if ports::is_everything(&change.ports) || change.ports.len() <= RUNS {
        ports::in_words(&change.ports)
    } else {
        let runs: Vec<String> = change.ports.iter().map(PortRange::to_string).collect();
        few(&runs, RUNS)
    };
    match change.family {
        Some(family) => format!("{words} over {}", family_name(family)),
        None => words,
    }
}

/// What became of packets, in a word.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Deny => "denied",
        Standing::Unknown => "unknown",
        Standing::Partly => "allowed to some backends",
        Standing::Conditional => "allowed on a condition",
        Standing::Allow => "allowed",
    }
}

/// An edit in one line, without places.
pub(super) fn edit(edit: &Edit) -> String {
    let object = object(edit);
    match &edit.part {
        EditPart::Whole(EditKind::Added) => format!("{object} was added"),
        EditPart::Whole(EditKind::Removed) => format!("{object} was removed"),
        EditPart::Label { key, before, after } => {
            let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "(none)".to_owned());
            format!(
                "label `{key}` of {object}: {} → {}",
                value(before),
                value(after)
            )
        }
        EditPart::Fields(details) if details.is_empty() => format!("{object} changed"),
        EditPart::Fields(details) => {
            let shown: Vec<String> = details.iter().map(field).collect();
            format!("{object}: {}", few(&shown, 2))
        }
    }
}

fn field(detail: &EditDetail) -> String {
    let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "(none)".to_owned());
    let (before, after) = (value(&detail.before), value(&detail.after));
    format!("`{}` {before} → {after}", detail.field)
}

/// `Deployment shop/api`.
pub(super) fn object(edit: &Edit) -> String {
    let Edit {
        kind,
        namespace,
        name,
        ..
    } = edit;
    match namespace {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None if name.is_empty() => format!("the {kind}"),
        None => format!("{kind} {name}"),
    }
}

/// Where an edit stands, before and after: the field that changed first, else the object.
pub(super) fn places(edit: &Edit) -> [Option<Location>; 2] {
    let detail = match &edit.part {
        EditPart::Fields(details) => details.first(),
        _ => None,
    };
    match detail {
        Some(detail) => [
            detail.before_at.or(edit.before),
            detail.after_at.or(edit.after),
        ],
        None => [edit.before, edit.after],
    }
}

/// `path:line`.
pub(super) fn place(sources: &Sources, at: Location) -> Option<String> {
    let (source, position) = sources.position(at)?;
    Some(format!("{}:{}", source.path, position.line))
}

/// Both places of an edit in words: `a.yaml:3 → b.yaml:4`.
pub(super) fn where_is(told: &Told<'_>, edit: &Edit) -> String {
    let found = places(edit).map(|at| at.and_then(|at| place(told.sources, at)));
    match found {
        [Some(before), Some(after)] if before == after => before,
        [Some(before), Some(after)] => format!("{before} → {after}"),
        [Some(one), None] | [None, Some(one)] => one,
        [None, None] => String::new(),
    }
}

/// How the causes belong together.
pub(super) fn proof(change: &Change) -> &'static str {
    match (change.because.proof, change.because.causes.len()) {
        (Proof::Alone | Proof::Together, 0 | 1) => "because",
        (Proof::Alone, _) => "because, each alone",
        (Proof::Together, _) => "because, only together",
        (Proof::Unproven, _) => "perhaps because",
    }
}
