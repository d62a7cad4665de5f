//! What was written: the policies of all objects together. Each language has its own file with one
//! `lower`; this one knows which.

use super::collect::{Collected, Item};
use super::kinds::{self, Role};
use super::{
    adminnetworkpolicy, baselineadminnetworkpolicy, cilium, clusternetworkpolicy, needs,
    networkpolicy,
};
use crate::model::{Absent, Model, PolicyOrigin, Unanalysed};
use netpol_policy::{Dialect, Policy, PolicyKey, PolicyKind, PolicySet};

/// What one object comes to.
#[derive(Debug, Default)]
pub(crate) struct Lowered {
    /// Its policies, each with its origin; one for most languages, several where an object carries
    /// a list of specifications.
    pub policies: Vec<(Policy, PolicyOrigin)>,
    /// One sentence for each part that is not in them, so that answers are incomplete.
    pub left_out: Vec<String>,
    /// What names nobody who is known.
    pub absent: Vec<Absent>,
    /// Those of its policies from which the agent learns addresses of names.
    pub learning: Vec<PolicyKey>,
}

impl Lowered {
    /// One policy, or the object is left out as a whole.
    pub fn one_or_left_out(policy: Option<(Policy, PolicyOrigin)>, item: &Item<'_>) -> Self {
        let left_out = match policy {
            Some(_) => Vec::new(),
            None => vec![format!("{} is left out", item.display())],
        };
        Self {
            policies: policy.into_iter().collect(),
            left_out,
            ..Self::default()
        }
    }
}

/// Lowers the policies of one object.
fn lower(kind: PolicyKind, item: &Item<'_>, cilium: &cilium::Around) -> Lowered {
    match kind {
        PolicyKind::NetworkPolicy if cilium.settings.no_network_policies => Lowered {
            left_out: vec![format!(
                "{} is left out, because the CNI values keep the agent from reading it",
                item.display()
            )],
            ..Lowered::default()
        },
        PolicyKind::NetworkPolicy => networkpolicy::lower(item),
        PolicyKind::AdminNetworkPolicy => adminnetworkpolicy::lower(item),
        PolicyKind::BaselineAdminNetworkPolicy => baselineadminnetworkpolicy::lower(item),
        PolicyKind::ClusterNetworkPolicy => clusternetworkpolicy::lower(item),
        PolicyKind::CiliumNetworkPolicy | PolicyKind::CiliumClusterwideNetworkPolicy => {
            cilium::lower(kind, item, cilium)
        }
    }
}

/// What was written. Policies are sorted here as [`PolicySet`] sorts them, so that their origins
/// stay beside them.
pub(super) fn resolve(collected: &Collected<'_>, dialect: Option<Dialect>, model: &mut Model) {
    let mut lowered = Vec::new();
    let mut is_cilium = model.cni.is_some();
    let settings = cilium::Settings::read(model.cni.as_ref());
    let around = cilium::Around::new(collected, settings);
    for item in collected.items.iter().filter(|item| !item.removed) {
        is_cilium |= kinds::is_cilium_policy(item.object);
        if model.cni.is_some() {
            model.needs.extend(needs::of(item));
        }
        let found = match item.role {
            Role::Policy(kind) => Some(lower(kind, item, &around)),
            Role::OtherPolicy => None,
            _ => continue,
        };
        if let Some(found) = found {
            lowered.extend(found.policies);
            model.incomplete.extend(found.left_out);
            model.absent.extend(found.absent);
            model.learning.extend(found.learning);
        } else {
            let sentence = format!("{} is not taken into account", item.display());
            model.incomplete.push(sentence);
            model.unanalysed.push(unanalysed(item));
        }
    }
    lowered.extend(around.settings.always_at().map(cilium::isolate_everybody));
    lowered.sort_by(|(a, _), (b, _)| a.canonical_order(b));
    let (policies, origins) = lowered.into_iter().unzip();
    let detected = if is_cilium {
        Dialect::Cilium
    } else {
        Dialect::Kubernetes
    };
    let dialect = dialect.unwrap_or(detected);
    let options = around.settings.options(dialect);
    model.incomplete.extend(around.reservations(dialect));
    model.policies = PolicySet::with_options(options, policies);
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
