//! Who made whom: pod → ReplicaSet → Deployment, pod → Job → CronJob.

use super::collect::Item;
use super::kinds::Role;
use super::selector::labels;
use crate::load::Layer;
use crate::model::OwnerKey;
use netpol_policy::Labels;
use netpol_yaml::NodeRef;
use std::collections::BTreeMap;

/// How many owners a pod may have above it; real chains have two.
const LONGEST: usize = 4;

/// The label by which the ReplicaSet of one rollout differs from the next; it ends their names.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// A workload by namespace, kind and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    namespace: String,
    kind: String,
    name: String,
}

impl Key {
    /// The key of an item.
    pub fn of(item: &Item<'_>) -> Self {
        Self {
            namespace: item.namespace().to_owned(),
            kind: item.object.kind.clone(),
            name: item.object.name.clone(),
        }
    }

    fn sibling(&self, kind: &str, name: &str) -> Self {
        Self {
            namespace: self.namespace.clone(),
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl From<Key> for OwnerKey {
    fn from(key: Key) -> Self {
        Self {
            namespace: key.namespace,
            kind: key.kind,
            name: key.name,
        }
    }
}

/// The workloads of the input.
pub(crate) struct Owners<'a> {
    known: BTreeMap<Key, &'a Item<'a>>,
}

impl<'a> Owners<'a> {
    /// Indexes the workloads among the items.
    pub fn new(items: &'a [Item<'a>]) -> Self {
        let workloads = items
            .iter()
            .filter(|item| matches!(item.role, Role::Workload(_)));
        Self {
            known: workloads.map(|item| (Key::of(item), item)).collect(),
        }
    }

    /// Is there such a workload?
    pub fn is_known(&self, key: &Key) -> bool {
        self.known.contains_key(key)
    }

    /// Is it to be judged as if it were not there, and its pods with it?
    pub fn is_removed(&self, key: &Key) -> bool {
        self.known.get(key).is_some_and(|item| item.removed)
    }

    /// The workloads above an item, from its own controller upwards.
    pub fn chain(&self, item: &Item<'_>) -> Vec<Key> {
        let mut chain: Vec<Key> = Vec::new();
        let hash = item
            .object
            .get("/metadata/labels")
            .and_then(|labels| labels.get(TEMPLATE_HASH))
            .and_then(NodeRef::as_str);
        let mut next = controller(item);
        while let Some(key) = next.filter(|key| chain.len() < LONGEST && !chain.contains(key)) {
            next = match self.known.get(&key) {
                Some(owner) => controller(owner),
                None => self.guess_above(&key, hash),
            };
            chain.push(key);
        }
        chain
    }

    /// The owner of an owner that is not in the input, by the way controllers name things: the
    /// ReplicaSet `web-5d8c` with template hash `5d8c` is of the Deployment `web`, the Job
    /// `report-28011` of the CronJob `report`, which must be there.
    fn guess_above(&self, key: &Key, hash: Option<&str>) -> Option<Key> {
        match key.kind.as_str() {
            "ReplicaSet" => {
                let name = key.name.strip_suffix(hash?)?.strip_suffix('-')?;
                Some(key.sibling("Deployment", name))
            }
            "Job" => {
                let (name, number) = key.name.rsplit_once('-')?;
                let above = key.sibling("CronJob", name);
                let is_number = number.bytes().all(|b| b.is_ascii_digit());
                (is_number && self.is_known(&above)).then_some(above)
            }
            _ => None,
        }
    }

    /// Does a pod of the cluster's state belong to a workload that the manifests change, so that
    /// it will be replaced? Pods that already carry the labels of the new template stay.
    pub fn is_outdated(&self, pod: &Item<'_>, chain: &[Key]) -> bool {
        if pod.object.layer != Layer::State {
            return false;
        }
        let own: Labels = labels(pod.object.get("/metadata/labels"));
        chain
            .iter()
            .filter_map(|key| self.known.get(key))
            .any(|owner| {
                let Role::Workload(pointer) = owner.role else {
                    return false;
                };
                let template = owner.object.get(&format!("{pointer}/metadata/labels"));
                let carries = labels(template).iter().all(|(k, v)| own.get(k) == Some(v));
                owner.object.layer != Layer::State && !carries
            })
    }
}

/// `metadata.ownerReferences`: the one that says it is the controller, else the first.
fn controller(item: &Item<'_>) -> Option<Key> {
    let references: Vec<NodeRef<'_>> = item
        .object
        .get("/metadata/ownerReferences")?
        .items()
        .collect();
    let controls =
        |node: &&NodeRef<'_>| node.get("controller").and_then(NodeRef::as_bool) == Some(true);
    let owner = references.iter().find(controls).or(references.first())?;
    let text = |key: &str| owner.get(key).and_then(NodeRef::as_str);
    Some(Key::of(item).sibling(text("kind")?, text("name")?))
}
