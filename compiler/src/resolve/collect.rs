//! From the objects that were read to the ones that are analysed: the last of equal names, what
//! the server would refuse left out, what is to be removed taken away.

use super::kinds::{self, Role};
use crate::load::{Kustomized, Layer, Object, ObjectKey};
use crate::model::Duplicate;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// An object that is analysed.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    /// The object.
    pub object: &'a Object,
    /// What it is.
    pub role: Role,
    /// The namespace that it is in.
    pub namespace: Option<String>,
    /// What-if: it is to be judged as if it were not there.
    pub removed: bool,
}

impl Item<'_> {
    /// The namespace for kinds that live in one.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// How people are told of it.
    pub fn display(&self) -> String {
        let (kind, name) = (&self.object.kind, &self.object.name);
        match &self.namespace {
            Some(namespace) => format!("{kind} {namespace}/{name}"),
            None => format!("{kind} {name}"),
        }
    }

    fn is_named(&self, key: &ObjectKey, default: &str) -> bool {
        let namespace = key.namespace.as_deref();
        let same_namespace = match &self.namespace {
            Some(own) => own == namespace.unwrap_or(default),
            None => namespace.is_none(),
        };
        self.object.kind.eq_ignore_ascii_case(&key.kind)
            && self.object.name == key.name
            && same_namespace
    }
}

/// What is analysed, and what was said about it on the way.
#[derive(Debug, Default)]
pub(crate) struct Collected<'a> {
    /// In the order of reading.
    pub items: Vec<Item<'a>>,
    /// Objects that are given twice.
    pub duplicates: Vec<Duplicate>,
    /// One sentence for each object that is left out.
    pub incomplete: Vec<String>,
    /// Is one of these no policy?
    pub parties_missing: bool,
    /// Names of `--remove` that name nothing.
    pub missing: Vec<ObjectKey>,
}

/// No kustomization takes it up, though there are some around it.
fn is_unused(object: &Object) -> bool {
    matches!(
        object.kustomized,
        Kustomized::PassedOver | Kustomized::LeftOut
    )
}

/// A patch may change the name, so that two of one name are none in the end.
fn is_patched(object: &Object) -> bool {
    object.kustomized == Kustomized::Patched
}

fn as_item<'a>(object: &'a Object, default_namespace: &str) -> Item<'a> {
    let role = kinds::role(object);
    Item {
        namespace: kinds::namespace_of(object, role, default_namespace),
        object,
        role,
        removed: false,
    }
}

/// Sorts out which objects are analysed.
pub(crate) fn collect<'a>(
    objects: &'a [Object],
    default_namespace: &str,
    remove: &[ObjectKey],
) -> Collected<'a> {
    let mut out = Collected::default();
    let mut slots: Vec<Option<Item<'a>>> = Vec::new();
    let mut places: HashMap<(&str, &str, Option<String>, &str), usize> = HashMap::new();
    for object in objects {
        let item = as_item(object, default_namespace);
        // `generateName` makes a new name each time; without a name there is nothing to compare. A
        // patch is no second object.
        let name = object.name.as_str();
        let is_patch = object.unfilled && is_unused(object);
        if name.is_empty() || name.ends_with('*') || is_patch {
            slots.push(Some(item));
            continue;
        }
        let group = group_of(object);
        let namespace = item.namespace.clone();
        match places.entry((group, object.kind.as_str(), namespace, name)) {
            Entry::Vacant(free) => {
                free.insert(slots.len());
            }
            Entry::Occupied(mut taken) => {
                let earlier = slots.get_mut(*taken.get()).and_then(Option::take);
                if let Some(earlier) = earlier
                    && item.role != Role::Other
                    && !is_patched(earlier.object)
                    && !is_patched(object)
                    && earlier.object.layer == object.layer
                    && object.layer != Layer::State
                {
                    out.duplicates.push(duplicate(&earlier, &item));
                }
                taken.insert(slots.len());
            }
        }
        slots.push(Some(item));
    }
    out.items = slots.into_iter().flatten().collect();
    for key in remove {
        // What is added is added afterwards, and has perhaps taken the place of what is removed.
        let replaced = (objects.iter())
            .filter(|object| object.layer != Layer::Added && object.name == key.name)
            .any(|object| as_item(object, default_namespace).is_named(key, default_namespace));
        let mut found = replaced;
        for item in (out.items.iter_mut()).filter(|item| item.object.layer != Layer::Added) {
            if item.is_named(key, default_namespace) {
                item.removed = true;
                found = true;
            }
        }
        if !found {
            out.missing.push(key.clone());
        }
    }
    out.leave_out_refused();
    out
}

impl Collected<'_> {
    /// What `--remove` may name.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.items.iter().map(|item| {
            let (kind, name) = (&item.object.kind, &item.object.name);
            match &item.namespace {
                Some(namespace) => format!("{kind}/{namespace}/{name}"),
                None => format!("{kind}/{name}"),
            }
        })
    }

    /// What the server refuses never gets into the cluster, and what a variable stands for is not
    /// known. Both are left out rather than guessed at, and the answers say that they are incomplete.
    fn leave_out_refused(&mut self) {
        let (incomplete, parties_missing) = (&mut self.incomplete, &mut self.parties_missing);
        self.items.retain(|item| {
            let is_out = item.object.refused || item.object.unfilled;
            let left_out = is_out && item.role != Role::Other;
            if left_out {
                let why = match item.object.group() {
                    _ if is_unused(item.object) => "no kustomization takes it up as it stands",
                    _ if !item.object.refused => "a variable in it is not filled in",
                    "cilium.io" => "the API server or the agent of Cilium refuses it",
                    _ => "the API server refuses it",
                };
                let name = item.display();
                incomplete.push(format!("{name} is left out, because {why}"));
                let policy = matches!(item.role, Role::Policy(_) | Role::OtherPolicy);
                *parties_missing |= !policy;
            }
            !left_out
        });
    }
}

/// Kinds without a version belong to the group in which the kind is known.
fn group_of(object: &Object) -> &str {
    match object.kind.as_str() {
        _ if !object.api_version.is_empty() => object.group(),
        "NetworkPolicy" => "networking.k8s.io",
        "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" | "ClusterNetworkPolicy" => {
            "policy.networking.k8s.io"
        }
        _ => "",
    }
}

fn duplicate(lost: &Item<'_>, kept: &Item<'_>) -> Duplicate {
    Duplicate {
        kind: kept.object.kind.clone(),
        namespace: kept.namespace.clone(),
        name: kept.object.name.clone(),
        lost: lost.object.name_at,
        kept: kept.object.name_at,
        identical: lost.object.root().to_json() == kept.object.root().to_json(),
    }
}
