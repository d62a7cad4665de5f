//! `schemas/diff.v1.json`.

use super::{Told, words};
use crate::change::{Change, Group, Presence, Proof, Scope, Standing};
use crate::cli::Failure;
use crate::cli::query::family_name;
use crate::model::{Edit, EditKind, EditPart};
use crate::reach::PortRange;
use crate::reach::graph::{AddressRange, GroupKind};
use crate::reach::reason::Reason;
use crate::source::{Location, Sources};
use ipnet::IpNet;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    same: bool,
    summary: Summary,
    groups: Vec<GroupForm<'a>>,
    edits: Vec<EditForm<'a>>,
    changes: Vec<ChangeForm<'a>>,
    added: &'a [String],
    removed: &'a [String],
    incomplete: Incomplete<'a>,
}

#[derive(Serialize)]
struct Summary {
    opened: usize,
    closed: usize,
    reasons: usize,
    #[serde(rename = "openedToWorld")]
    opened_to_world: usize,
}

#[derive(Serialize)]
struct Incomplete<'a> {
    before: &'a [String],
    after: &'a [String],
}

#[derive(Serialize)]
struct GroupForm<'a> {
    id: usize,
    kind: GroupKind,
    presence: Presence,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    members: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<IpNet>,
}

#[derive(Serialize)]
struct EditForm<'a> {
    id: usize,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    sentence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct ChangeForm<'a> {
    kind: &'static str,
    scope: Scope,
    from: &'a [usize],
    to: &'a [usize],
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'static str>,
    ports: &'a [PortRange],
    was: Standing,
    now: Standing,
    pairs: usize,
    presence: Presence,
    proof: Proof,
    causes: Vec<CauseForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Sides<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Sides<'a>>,
}

#[derive(Serialize)]
struct CauseForm {
    edit: usize,
    alone: bool,
    needed: bool,
}

#[derive(Serialize)]
struct Sides<'a> {
    ingress: &'a Reason,
    egress: &'a Reason,
}

pub(super) fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let comparison = told.comparison;
    let changes = &comparison.changes;
    let count = |test: &dyn Fn(&Change) -> bool| changes.iter().filter(|c| test(c)).count();
    let named: BTreeSet<usize> = (changes.iter())
        .flat_map(|c| c.ends.sources.iter().chain(&c.ends.destinations))
        .copied()
        .collect();
    let [before, after] = told.incomplete;
    let document = Document {
        version: 1,
        same: changes.is_empty(),
        summary: Summary {
            opened: count(&Change::opens),
            closed: count(&Change::closes),
            reasons: count(&|c| c.was == c.now),
            opened_to_world: count(&|c| c.opens() && c.scope == Scope::World),
        },
        groups: (named.iter())
            .filter_map(|id| Some(group(*id, comparison.groups.get(*id)?)))
            .collect(),
        edits: (told.edits.iter().enumerate())
            .map(|(id, edit)| edit_form(told, id, edit))
            .collect(),
        changes: changes.iter().map(|c| change(told, c)).collect(),
        added: &comparison.added,
        removed: &comparison.removed,
        incomplete: Incomplete { before, after },
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn group(id: usize, group: &Group) -> GroupForm<'_> {
    GroupForm {
        id,
        kind: group.kind,
        presence: group.presence,
        members: &group.members,
        blocks: (group.addresses.iter().copied())
            .flat_map(AddressRange::blocks)
            .collect(),
    }
}

fn edit_form<'a>(told: &Told<'_>, id: usize, edit: &'a Edit) -> EditForm<'a> {
    let [before, after] = words::places(edit).map(|at| at.and_then(|at| place(told.sources, at)));
    EditForm {
        id,
        kind: &edit.kind,
        namespace: edit.namespace.as_deref(),
        name: &edit.name,
        what: match &edit.part {
            EditPart::Whole(EditKind::Added) => "added",
            EditPart::Whole(EditKind::Removed) => "removed",
            EditPart::Label { .. } => "label",
            EditPart::Fields(_) => "fields",
        },
        label: match &edit.part {
            EditPart::Label { key, .. } => Some(key),
            _ => None,
        },
        sentence: words::edit(edit),
        before,
        after,
    }
}

fn place(sources: &Sources, at: Location) -> Option<Place> {
    let (source, position) = sources.position(at)?;
    Some(Place {
        file: source.path.clone(),
        line: position.line,
        column: position.column,
    })
}

fn change<'a>(told: &Told<'_>, change: &'a Change) -> ChangeForm<'a> {
    let groups = &told.comparison.groups;
    let sides = |side: usize| {
        let reasons = change.reasons.get(side)?.as_ref()?;
        let [ingress, egress] = reasons;
        Some(Sides { ingress, egress })
    };
    ChangeForm {
        kind: words::kind(change),
        scope: change.scope,
        from: &change.ends.sources,
        to: &change.ends.destinations,
        service: (change.ends.service.as_ref()).map(|(ns, name)| format!("{ns}/{name}")),
        family: change.family.map(family_name),
        ports: &change.ports,
        was: change.was,
        now: change.now,
        pairs: change.pairs(groups),
        presence: change.presence(groups),
        proof: change.because.proof,
        causes: (change.because.causes.iter())
            .map(|cause| CauseForm {
                edit: cause.edit,
                alone: cause.alone,
                needed: cause.needed,
            })
            .collect(),
        before: sides(0),
        after: sides(1),
    }
}
