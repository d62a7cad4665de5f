//! The policies that matter on one node.

use super::{LinkError, Unit};
use netpol_policy::decide::selects;
use netpol_policy::{
    Cluster, Direction, NamespaceScope, Party, Policy, PolicySet, RuleId, Subject,
};
use std::collections::BTreeMap;

/// Policies that select, or may select, an endpoint of the node. All verdicts that the node's
/// image holds are made by these: an endpoint's two sides depend on the policies that select it.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) policies: PolicySet,
    /// Per policy: its first number in the slice, its first number in the whole set.
    firsts: Vec<(u32, u32)>,
    /// One more than the highest number of the whole set.
    pub(super) bound: u32,
}

impl Slice {
    /// Takes the policies that select one of the given pods.
    pub(super) fn new(
        whole: &PolicySet,
        cluster: &Cluster,
        local: &[Unit],
    ) -> Result<Self, LinkError> {
        let bound = whole.id_bound();
        if bound == u32::MAX {
            // Numbers saturate, so this one may be several rules'.
            return Err(LinkError::too_many("rules", usize::MAX, u32::MAX as usize));
        }
        let by_namespace = by_namespace(cluster, local);
        let mut kept = Vec::new();
        let mut numbers = Vec::new();
        for (place, policy) in whole.policies().iter().enumerate() {
            if selects_any(policy, cluster, &by_namespace) {
                kept.push(policy.clone());
                numbers.push(whole.isolation_id(place, Direction::Ingress).0);
            }
        }
        let policies = PolicySet::with_options(whole.options(), kept);
        let firsts = numbers
            .into_iter()
            .enumerate()
            .map(|(place, whole)| (policies.isolation_id(place, Direction::Ingress).0, whole))
            .collect();
        Ok(Self {
            policies,
            firsts,
            bound,
        })
    }

    /// The number in the whole set of a rule of the slice.
    pub(super) fn whole_id(&self, id: RuleId) -> RuleId {
        let after = self.firsts.partition_point(|(first, _)| *first <= id.0);
        match after.checked_sub(1).and_then(|at| self.firsts.get(at)) {
            Some((first, whole)) => RuleId(whole.saturating_add(id.0.saturating_sub(*first))),
            None => id,
        }
    }
}

fn by_namespace<'a>(cluster: &'a Cluster, local: &[Unit]) -> BTreeMap<&'a str, Vec<Party>> {
    let mut found: BTreeMap<&str, Vec<Party>> = BTreeMap::new();
    for unit in local {
        if let Some(endpoint) = cluster.endpoints.get(unit.place) {
            let parties = found.entry(endpoint.namespace.as_str()).or_default();
            parties.push(Party::Endpoint(unit.place, None));
        }
    }
    found
}

fn selects_any(
    policy: &Policy,
    cluster: &Cluster,
    by_namespace: &BTreeMap<&str, Vec<Party>>,
) -> bool {
    // Policies of nodes select no pod.
    let Subject::Endpoints(subject) = &policy.subject else {
        return false;
    };
    let selects = |party: &Party| selects(cluster, subject, *party).possible();
    match &subject.namespaces {
        NamespaceScope::Named(name) => by_namespace
            .get(name.as_str())
            .is_some_and(|parties| parties.iter().any(selects)),
        NamespaceScope::Matching(_) => by_namespace.values().flatten().any(selects),
    }
}
