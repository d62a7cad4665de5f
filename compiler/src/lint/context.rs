//! What rules may look at, worked out once for all of them.

use super::fronts::Fronts;
use super::groups::{GroupId, Groups};
use super::host::HostPods;
use super::losses::{Loss, losses};
use super::ordered::Ordered;
use super::wider::Wider;
use super::words::Names;
use crate::load::{Object, Surprise};
use crate::model::{Model, PolicyOrigin, RuleOrigin};
use crate::resolve::Analysis;
use crate::source::Sources;
use netpol_policy::{
    Addresses, Cluster, Direction, Endpoint, IpBlock, Party, Policy, PolicySet, Rule as PolicyRule,
    RuleId, RuleRef, Tri,
};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::OnceLock;

/// The analysis with its indexes.
#[derive(Debug)]
pub struct Context<'a> {
    /// What was written and who is there.
    pub model: &'a Model,
    /// The texts, for edits: what a rule finds does not depend on them.
    pub sources: &'a Sources,
    /// The objects that were read.
    pub objects: &'a [Object],
    /// What kubectl reads as something else than it looks.
    pub surprises: &'a [Surprise],
    /// Pods that no policy tells apart.
    pub groups: Groups<'a>,
    /// Pods that policies do not select.
    pub host: HostPods<'a>,
    fronts: Fronts<'a>,
    /// By group: the policies that select it or may, by place, ascending.
    selecting: Vec<Vec<usize>>,
    /// By policy: its lowest rule number.
    first_ids: Vec<RuleId>,
    /// Policies by whom they select.
    wider: Wider<'a>,
    /// Policies of the admin and baseline tiers.
    pub(super) ordered: Ordered<'a>,
    /// Pods by their first address; those that share their node's are left out.
    by_address: BTreeMap<IpAddr, usize>,
    /// Who carries an address.
    addresses: Addresses<'a>,
    /// The order of the pods' names.
    pub(super) names: Names,
    /// What is allowed in vain, once it was asked for.
    losses: OnceLock<Vec<Loss>>,
}

/// A rule of a policy with its places.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// The policy's place in [`PolicySet::policies`].
    pub at: usize,
    /// The rule's place in [`Policy::rules`].
    pub index: usize,
    /// Its number.
    pub id: RuleId,
    /// The policy.
    pub policy: &'a Policy,
    /// The rule.
    pub rule: &'a PolicyRule,
    /// Where the policy was read.
    pub origin: &'a PolicyOrigin,
    /// Where the rule was read.
    pub place: &'a RuleOrigin,
}

impl<'a> Context<'a> {
    /// Groups the pods and finds out which policies select them.
    pub fn new(analysis: &'a Analysis) -> Self {
        let model = &analysis.model;
        let groups = Groups::new(&model.cluster, &model.policies);
        let mut selecting = vec![Vec::new(); groups.len()];
        for (at, policy) in model.policies.policies().iter().enumerate() {
            for (group, _) in groups.subjects(policy) {
                if let Some(places) = selecting.get_mut(*group) {
                    places.push(at);
                }
            }
        }
        let set = &model.policies;
        let first_ids = 0..set.policies().len();
        let first_ids = first_ids.map(|at| set.isolation_id(at, Direction::Ingress));
        Self {
            first_ids: first_ids.collect(),
            wider: Wider::new(set.policies()),
            ordered: Ordered::new(set.policies()),
            by_address: by_address(&model.cluster),
            addresses: Addresses::new(&model.cluster),
            names: Names::default(),
            losses: OnceLock::new(),
            host: HostPods::new(&model.cluster),
            fronts: Fronts::new(model),
            model,
            sources: &analysis.sources,
            objects: &analysis.objects,
            surprises: &analysis.surprises,
            groups,
            selecting,
        }
    }

    /// Who is there.
    pub fn cluster(&self) -> &'a Cluster {
        &self.model.cluster
    }

    /// What was written.
    pub fn policies(&self) -> &'a PolicySet {
        &self.model.policies
    }

    /// Is something missing, beside policies, that was in the input and could not be read? Who is
    /// not found may be just there.
    pub fn is_incomplete(&self) -> bool {
        self.model.parties_missing
    }

    /// What leads to pods.
    pub fn fronts(&self) -> &Fronts<'a> {
        &self.fronts
    }

    /// Every policy with its place and its origin.
    pub fn written(&self) -> impl Iterator<Item = (usize, &'a Policy, &'a PolicyOrigin)> {
        let policies = self.model.policies.policies().iter();
        let origins = &self.model.policy_origins;
        let both = policies.zip(origins).enumerate();
        both.map(|(at, (policy, origin))| (at, policy, origin))
    }

    /// Every rule of every policy.
    pub fn rules(&self) -> impl Iterator<Item = Written<'a>> {
        self.written().flat_map(|(at, ..)| self.rules_of(at))
    }

    /// The rules of the policy at a place.
    pub fn rules_of(&self, at: usize) -> impl Iterator<Item = Written<'a>> {
        let set = self.policies();
        let policy = set.policies().get(at);
        let both = policy.zip(self.model.policy_origins.get(at));
        both.into_iter().flat_map(move |(policy, origin)| {
            let rules = policy.rules.iter().zip(&origin.rules).enumerate();
            rules.map(move |(index, (rule, place))| Written {
                at,
                index,
                id: set.rule_id(at, index),
                policy,
                rule,
                origin,
                place,
            })
        })
    }

    /// The rule at a place: of a policy, and in it.
    pub fn rule_at(&self, (at, index): (usize, usize)) -> Option<Written<'a>> {
        self.rules_of(at).nth(index)
    }

    /// What rules allow in vain, in the order of the rules.
    pub fn losses(&self) -> &[Loss] {
        self.losses.get_or_init(|| losses(self))
    }

    /// The rules, in the same direction, of all policies that select everybody whom the rule's own
    /// policy selects, in any cluster; those of the own policy first. Where very many do, not all.
    pub fn wider(&self, w: Written<'a>) -> impl Iterator<Item = Written<'a>> {
        let wider = self.wider.of(w.at, self.policies().policies()).iter();
        let rules = wider.flat_map(|at| self.rules_of(*at));
        rules.filter(move |o| o.id != w.id && o.rule.direction == w.rule.direction)
    }

    /// The policies that select a group or may, by place, ascending.
    pub fn selecting(&self, group: GroupId) -> &[usize] {
        self.selecting.get(group).map_or(&[], Vec::as_slice)
    }

    /// The policies that certainly select a group and isolate it in a direction; none where the
    /// CNI enforces nothing.
    pub fn isolating(
        &self,
        group: GroupId,
        direction: Direction,
    ) -> impl Iterator<Item = (usize, &'a PolicyOrigin)> {
        let enforced = self.policies().options().enforced;
        let selecting = self.selecting(group).iter().filter(move |_| enforced);
        selecting.filter_map(move |&at| {
            let policy = self.policies().policies().get(at)?;
            let isolates = policy.isolates.get(direction.index()) == Some(&true);
            let matching = self.groups.subjects(policy);
            let surely = matching.binary_search(&(group, Tri::Yes)).is_ok();
            let origin = self.model.policy_origins.get(at)?;
            (isolates && surely).then_some((at, origin))
        })
    }

    /// A pod by its place.
    pub fn endpoint(&self, index: usize) -> Option<&'a Endpoint> {
        self.model.cluster.endpoints.get(index)
    }

    /// The first pod of a group: all of them look alike to policies.
    pub fn pod(&self, group: GroupId) -> Option<&'a Endpoint> {
        self.endpoint(self.groups.first(group)?)
    }

    /// Who carries an address.
    pub fn party_of(&self, address: IpAddr) -> Party {
        self.addresses.party_of(address)
    }

    /// The pods that are known to have an address of a block.
    pub fn pods_in(&self, block: &IpBlock) -> impl Iterator<Item = usize> {
        let (first, last) = (block.cidr.network(), block.cidr.broadcast());
        let inside = self.by_address.range(first..=last);
        let inside = inside.filter(|(address, _)| block.contains(**address));
        inside.map(|(_, index)| *index)
    }

    /// The places of a policy that decided; `None` for built-in reasons.
    pub fn decided_by(&self, id: RuleId) -> Option<Decider<'a>> {
        let reference = self.policies().rule_ref(id)?;
        if let RuleRef::Builtin(_) = reference {
            return None;
        }
        let after = self.first_ids.partition_point(|first| *first <= id);
        let at = after.checked_sub(1)?;
        let origin = self.model.policy_origins.get(at)?;
        if let RuleRef::Isolation(_, direction) = reference {
            return Some(Decider::Isolation(origin, direction));
        }
        let written = self.rules_of(at).find(|w| w.id == id)?;
        Some(Decider::Rule(written))
    }
}

fn by_address(cluster: &Cluster) -> BTreeMap<IpAddr, usize> {
    let pods = cluster.endpoints.iter().enumerate();
    let pods = pods.filter(|(_, pod)| !pod.host_network);
    pods.filter_map(|(index, pod)| Some((*pod.addresses.first()?, index)))
        .collect()
}

/// What decided about a packet.
#[derive(Debug, Clone, Copy)]
pub enum Decider<'a> {
    /// "Isolated by this policy, and nothing allows".
    Isolation(&'a PolicyOrigin, Direction),
    /// A rule.
    Rule(Written<'a>),
}
