//! `policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy` to canonical form.

use super::adminnetworkpolicy::port;
use super::adminpolicy::{self, Language};
use super::collect::Item;
use super::policies::Lowered;
use netpol_policy::{PolicyKind, Tier};

/// Lowers the one policy of this kind that a cluster has: the baseline tier.
pub(crate) fn lower(item: &Item<'_>) -> Lowered {
    let language = Language {
        kind: PolicyKind::BaselineAdminNetworkPolicy,
        accept: "Allow",
        ports: "ports",
        port,
    };
    adminpolicy::lower(item, &language, Some(Tier::Baseline { priority: 0 }))
}
