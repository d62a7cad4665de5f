//! Pods and the workloads that make them, as endpoints.
//!
//! With only manifests, a workload is one endpoint that stands for all of its pods. When its pods
//! are in the input too (a dump), the pods are the endpoints, each with its own labels, and the
//! workload is only a name for them.

use super::collect::Item;
use super::kinds::Role;
use super::owners::{Key, Owners};
use super::pods;
use crate::model::{Origin, OwnerKey};
use netpol_policy::{Endpoint, Phase};
use netpol_yaml::NodeRef;
use std::collections::{BTreeMap, BTreeSet};

/// An endpoint, where it comes from, and the workloads that it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Where it comes from.
    pub origin: Origin,
    /// Every workload above it, itself included when it is one.
    pub owners: Vec<OwnerKey>,
}

/// All endpoints among the items, in the order of reading; finished pods are dropped.
pub(crate) fn lower(items: &[Item<'_>]) -> Vec<Placed> {
    let owners = Owners::new(items);
    let mut out = Vec::new();
    let mut represented: BTreeSet<Key> = BTreeSet::new();
    for item in items
        .iter()
        .filter(|item| item.role == Role::Pod && !item.removed)
    {
        let chain = owners.chain(item);
        if chain.iter().any(|key| owners.is_removed(key)) || owners.is_outdated(item, &chain) {
            continue;
        }
        if let Some(placed) = pod(item, &chain) {
            represented.extend(chain);
            out.push(placed);
        }
    }
    // Workloads below others (ReplicaSet, Job) are represented by the topmost one.
    let mut names: BTreeMap<Key, Vec<OwnerKey>> = BTreeMap::new();
    let mut templates = Vec::new();
    for item in items.iter().filter(|item| !item.removed) {
        let Role::Workload(pointer) = item.role else {
            continue;
        };
        let own = Key::of(item);
        let chain = owners.chain(item);
        let gone = chain.iter().any(|key| owners.is_removed(key));
        if gone || represented.contains(&own) {
            continue;
        }
        let above = chain.iter().rev().find(|key| owners.is_known(key)).cloned();
        match above {
            Some(above) => names.entry(above).or_default().push(own.into()),
            None if !is_spent(item) => templates.push((item, pointer, own)),
            None => {}
        }
    }
    for (item, pointer, own) in templates {
        let mut owners = vec![OwnerKey::from(own.clone())];
        owners.extend(names.remove(&own).unwrap_or_default());
        out.push(workload(item, pointer, owners));
    }
    out
}

/// A pod of its own, unless it has ended.
fn pod(item: &Item<'_>, chain: &[Key]) -> Option<Placed> {
    let (mut endpoint, origin) = pods::endpoint(item.object, item.namespace(), "");
    endpoint.phase = pods::phase(item.object);
    endpoint.addresses = pods::addresses(item.object);
    let ended = matches!(endpoint.phase, Phase::Succeeded | Phase::Failed);
    (!ended).then(|| Placed {
        endpoint,
        origin,
        owners: chain.iter().cloned().map(OwnerKey::from).collect(),
    })
}

fn workload(item: &Item<'_>, pointer: &str, owners: Vec<OwnerKey>) -> Placed {
    let (mut endpoint, origin) = pods::endpoint(item.object, item.namespace(), pointer);
    endpoint.several = may_be_several(item);
    if item.object.kind == "Job" {
        // The Job controller adds these to each of its pods (`batch/v1 Job`).
        for key in ["batch.kubernetes.io/job-name", "job-name"] {
            if endpoint.labels.get(key).is_none() {
                endpoint.labels.insert(key, item.object.name.clone());
            }
        }
    }
    Placed {
        endpoint,
        origin,
        owners,
    }
}

/// May there be two pods of it at a time? Only when the manifest says one is it taken at its word:
/// an absent number is often left to an autoscaler.
fn may_be_several(item: &Item<'_>) -> bool {
    let number = |pointer: &str| item.object.get(pointer).and_then(NodeRef::as_i64);
    let text = |pointer: &str| item.object.get(pointer).and_then(NodeRef::as_str);
    match item.object.kind.as_str() {
        "DaemonSet" => true,
        "Job" => number("/spec/parallelism").is_some_and(|n| n > 1),
        "CronJob" => {
            let one_at_a_time =
                matches!(text("/spec/concurrencyPolicy"), Some("Forbid" | "Replace"));
            !one_at_a_time || number("/spec/jobTemplate/spec/parallelism").is_some_and(|n| n > 1)
        }
        _ => number("/spec/replicas") != Some(1),
    }
}

/// Will it never make a pod again: a Job that has ended, an old ReplicaSet that was scaled away?
fn is_spent(item: &Item<'_>) -> bool {
    let object = item.object;
    match object.kind.as_str() {
        "Job" => {
            let conditions = object.get("/status/conditions").into_iter();
            conditions.flat_map(NodeRef::items).any(|condition| {
                let text = |key: &str| condition.get(key).and_then(NodeRef::as_str);
                matches!(text("type"), Some("Complete" | "Failed"))
                    && text("status") == Some("True")
            })
        }
        "ReplicaSet" => {
            let replicas = object.get("/spec/replicas").and_then(NodeRef::as_i64);
            replicas == Some(0) && object.get("/metadata/ownerReferences/0").is_some()
        }
        _ => false,
    }
}
