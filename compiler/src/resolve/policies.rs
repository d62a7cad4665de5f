//! What was written: the policies of all objects together.

use super::collect::{Collected, Item};
use super::kinds::{self, Role};
use super::networkpolicy;
use crate::model::{Model, Unanalysed};
use netpol_policy::{Dialect, PolicySet};

/// What was written. Policies are sorted here as [`PolicySet::new`] sorts them, so that their
/// origins stay beside them.
pub(super) fn resolve(collected: &Collected<'_>, dialect: Option<Dialect>, model: &mut Model) {
    let mut lowered = Vec::new();
    let mut cilium = model.cni.is_some();
    for item in collected.items.iter().filter(|item| !item.removed) {
        match item.role {
            Role::NetworkPolicy => match networkpolicy::lower(item) {
                Some(policy) => lowered.push(policy),
                None => model
                    .incomplete
                    .push(format!("{} is left out", item.display())),
            },
            Role::OtherPolicy => {
                cilium |= kinds::is_cilium_policy(item.object);
                let sentence = format!("{} is not taken into account", item.display());
                model.incomplete.push(sentence);
                model.unanalysed.push(unanalysed(item));
            }
            _ => {}
        }
    }
    lowered.sort_by(|(a, _), (b, _)| {
        (&a.key.namespace, &a.key.name).cmp(&(&b.key.namespace, &b.key.name))
    });
    let (policies, origins) = lowered.into_iter().unzip();
    let detected = if cilium {
        Dialect::Cilium
    } else {
        Dialect::Kubernetes
    };
    model.policies = PolicySet::new(dialect.unwrap_or(detected), policies);
    model.policy_origins = origins;
}

fn unanalysed(item: &Item<'_>) -> Unanalysed {
    Unanalysed {
        api_version: item.object.api_version.clone(),
        kind: item.object.kind.clone(),
        namespace: item.namespace.clone(),
        name: item.object.name.clone(),
        at: item.object.name_at,
    }
}
