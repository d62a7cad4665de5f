//! What differs between two readings of a cluster, edit by edit, and the cluster that any choice
//! of the edits would make.

mod detail;

use super::collect::{self, Item};
use super::kinds::Role;
use super::{Analysis, LabelChange, LabelTarget, ResolveOptions, resolve};
use crate::load::{Object, location};
use crate::model::{Edit, EditKind, EditPart, Model};
use crate::source::Location;
use detail::Details;
use netpol_policy::Labels;
use std::collections::BTreeMap;

/// Two readings, and what differs between them.
#[derive(Debug)]
pub struct Difference<'a> {
    slots: Vec<Slot<'a>>,
    edits: Vec<Edit>,
    options: [&'a ResolveOptions; 2],
    cni: Option<usize>,
    inventory: Option<usize>,
}

/// One object of one name, on either side.
#[derive(Debug)]
struct Slot<'a> {
    sides: [Option<&'a Object>; 2],
    /// The edit that exchanges the whole object; none when the rest of it is the same.
    whole: Option<usize>,
    /// Labels that are edits of their own, and whose they are.
    labels: Vec<(usize, LabelChange, Option<String>)>,
}

/// Makes an edit of an object: what of it differs, and where it stands on either side.
type MakeEdit<'e> = dyn Fn(&Object, EditPart, [Option<Location>; 2]) -> Edit + 'e;

/// Namespace, kind and name: objects of both sides with these in common are one.
type Key = (String, String, Option<String>, String);

impl<'a> Difference<'a> {
    /// Compares what was read. Both must have been read into the same sources.
    pub fn new(before: &'a Analysis, after: &'a Analysis) -> Self {
        let mut out = Self {
            slots: Vec::new(),
            edits: Vec::new(),
            options: [&before.options, &after.options],
            cni: None,
            inventory: None,
        };
        let mut places: BTreeMap<Key, usize> = BTreeMap::new();
        let mut roles = Vec::new();
        for (side, analysis) in [before, after].into_iter().enumerate() {
            for item in items(analysis) {
                let at = *places.entry(key(&item)).or_insert_with(|| {
                    roles.push((item.role, item.namespace.clone()));
                    out.slots.push(Slot {
                        sides: [None; 2],
                        whole: None,
                        labels: Vec::new(),
                    });
                    out.slots.len() - 1
                });
                if let Some(place) = out.slots.get_mut(at).and_then(|s| s.sides.get_mut(side)) {
                    *place = Some(item.object);
                }
            }
        }
        for at in 0..out.slots.len() {
            if let Some((role, namespace)) = roles.get(at) {
                out.compare(at, *role, namespace.as_deref());
            }
        }
        out.compare_settings();
        out
    }

    /// Everything that differs, in the order of the first reading, then of the second.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The model of the first reading with the chosen edits made.
    pub fn mixture(&self, chosen: &dyn Fn(usize) -> bool) -> Model {
        let picked = |edit: Option<usize>| usize::from(edit.is_some_and(chosen));
        let mut objects = Vec::with_capacity(self.slots.len());
        let mut labels = Vec::new();
        for slot in &self.slots {
            let side = match slot.sides {
                [Some(_), Some(_)] | [None, None] => picked(slot.whole),
                [before, _] => {
                    let here = picked(slot.whole) == usize::from(before.is_none());
                    objects.extend(
                        slot.sides
                            .iter()
                            .flatten()
                            .filter(|_| here)
                            .map(|o| (*o).clone()),
                    );
                    continue;
                }
            };
            objects.extend(slot.sides.get(side).copied().flatten().cloned());
            for (edit, change, before) in &slot.labels {
                let wanted = usize::from(chosen(*edit));
                if wanted != side {
                    let value = if wanted == 1 {
                        change.value.clone()
                    } else {
                        before.clone()
                    };
                    labels.push(LabelChange {
                        value,
                        ..change.clone()
                    });
                }
            }
        }
        let [before, after] = self.options;
        let of = |edit| if picked(edit) == 1 { after } else { before };
        let options = ResolveOptions {
            cni: of(self.cni).cni.clone(),
            inventories: of(self.inventory).inventories.clone(),
            closed_world: of(self.inventory).closed_world,
            labels,
            ..before.clone()
        };
        resolve(&objects, options).0
    }

    fn push(&mut self, edit: Edit) -> usize {
        self.edits.push(edit);
        self.edits.len() - 1
    }

    fn compare(&mut self, at: usize, role: Role, namespace: Option<&str>) {
        let Some(slot) = self.slots.get(at) else {
            return;
        };
        let edit = |object: &Object, part, [before, after]: [Option<Location>; 2]| Edit {
            kind: object.kind.clone(),
            namespace: namespace.map(str::to_owned),
            name: object.name.clone(),
            part,
            before,
            after,
        };
        match slot.sides {
            [Some(gone), None] => {
                let places = [Some(gone.name_at), None];
                let whole = self.push(edit(gone, EditPart::Whole(EditKind::Removed), places));
                self.set_whole(at, Some(whole));
            }
            [None, Some(new)] => {
                let places = [None, Some(new.name_at)];
                let whole = self.push(edit(new, EditPart::Whole(EditKind::Added), places));
                self.set_whole(at, Some(whole));
            }
            [Some(before), Some(after)] => self.compare_both(at, role, (before, after), &edit),
            [None, None] => {}
        }
    }

    fn set_whole(&mut self, at: usize, whole: Option<usize>) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.whole = whole;
        }
    }

    fn compare_both(
        &mut self,
        at: usize,
        role: Role,
        (before, after): (&Object, &Object),
        edit: &MakeEdit<'_>,
    ) {
        let mut details = Details::between(before, after);
        details.keep_relevant(role);
        if let Some((pointer, of)) = label_target(role, after, edit) {
            for (key, old, new) in
                differences(&labels_at(before, &pointer), &labels_at(after, &pointer))
            {
                let places = [before, after].map(|object| label_place(object, &pointer, &key));
                let part = EditPart::Label {
                    key: key.clone(),
                    before: old.clone(),
                    after: new.clone(),
                };
                let number = self.push(edit(after, part, places));
                let change = LabelChange {
                    of: of.clone(),
                    key,
                    value: new,
                };
                if let Some(slot) = self.slots.get_mut(at) {
                    slot.labels.push((number, change, old));
                }
            }
            details.drop_below(&pointer);
        }
        if !details.is_empty() {
            let places = [Some(before.name_at), Some(after.name_at)];
            let part = EditPart::Fields(details.into_list());
            let whole = self.push(edit(after, part, places));
            self.set_whole(at, Some(whole));
        }
    }

    /// The values of the CNI's chart, and parties that were given in the form of an inventory.
    fn compare_settings(&mut self) {
        let [before, after] = self.options;
        let edit = |kind: &str, part, places: [Option<Location>; 2]| Edit {
            kind: kind.to_owned(),
            namespace: None,
            name: String::new(),
            part,
            before: places[0],
            after: places[1],
        };
        let values = detail::of_values(before.cni.as_ref(), after.cni.as_ref());
        if !values.is_empty() {
            let first = |side: fn(&crate::model::EditDetail) -> Option<Location>| {
                values.iter().find_map(side)
            };
            let places = [first(|d| d.before_at), first(|d| d.after_at)];
            self.cni = Some(self.push(edit("CNI values", EditPart::Fields(values), places)));
        }
        let parties = |options: &ResolveOptions| -> Vec<_> {
            options.inventories.iter().map(|(_, c)| c.clone()).collect()
        };
        if parties(before) != parties(after) || before.closed_world != after.closed_world {
            let place = |options: &ResolveOptions| options.inventories.first().map(|(at, _)| *at);
            let part = EditPart::Fields(Vec::new());
            self.inventory =
                Some(self.push(edit("inventory", part, [place(before), place(after)])));
        }
    }
}

/// The objects that are analysed; those that are no part of the analysis are left out.
fn items(analysis: &Analysis) -> Vec<Item<'_>> {
    let namespace = analysis.options.namespace.as_deref().unwrap_or("default");
    let mut items = collect::collect(&analysis.objects, namespace, &[]).items;
    items.retain(|item| item.role != Role::Other);
    items
}

fn key(item: &Item<'_>) -> Key {
    (
        item.object.group().to_owned(),
        item.object.kind.clone(),
        item.namespace.clone(),
        item.object.name.clone(),
    )
}

/// Where the labels stand that policies see of an object, and how one of them is changed.
fn label_target(role: Role, object: &Object, edit: &MakeEdit<'_>) -> Option<(String, LabelTarget)> {
    let of_pods = |pointer: &str| {
        let namespace = edit(object, EditPart::Whole(EditKind::Added), [None; 2]).namespace?;
        let target = LabelTarget::Endpoint {
            namespace,
            name: object.name.clone(),
        };
        Some((format!("{pointer}/metadata/labels"), target))
    };
    match role {
        Role::Namespace => {
            let target = LabelTarget::Namespace(object.name.clone());
            Some(("/metadata/labels".to_owned(), target))
        }
        Role::Node => {
            let target = LabelTarget::Node(object.name.clone());
            Some(("/metadata/labels".to_owned(), target))
        }
        Role::Pod => of_pods(""),
        Role::Workload(pointer) => of_pods(pointer),
        _ => None,
    }
}

fn labels_at(object: &Object, pointer: &str) -> Labels {
    super::selector::labels(object.get(pointer))
}

/// The key of a label in an object, else the labels, else the object's name.
fn label_place(object: &Object, pointer: &str, key: &str) -> Option<Location> {
    let labels = object.get(pointer);
    let entry = labels.and_then(|labels| labels.entry(key));
    let place = entry.map(|(name, _)| location(object.source, name));
    place.or_else(|| {
        let labels = labels.filter(|node| !node.span().is_empty());
        Some(labels.map_or(object.name_at, |node| object.locate(node)))
    })
}

/// Labels that differ: key, value before, value after.
fn differences(before: &Labels, after: &Labels) -> Vec<(String, Option<String>, Option<String>)> {
    let keys: std::collections::BTreeSet<&str> = before
        .iter()
        .chain(after.iter())
        .map(|(key, _)| key)
        .collect();
    let own = |value: Option<&str>| value.map(str::to_owned);
    keys.into_iter()
        .map(|key| (key, before.get(key), after.get(key)))
        .filter(|(_, old, new)| old != new)
        .map(|(key, old, new)| (key.to_owned(), own(old), own(new)))
        .collect()
}

/// Is it an object of which a pod is made?
pub(crate) fn makes_pods(role: Role) -> bool {
    matches!(role, Role::Pod | Role::Workload(_))
}
