//! Nodes whose image is beyond a limit: found by counting from above ([`super::image_bound`]) and
//! proved by linking, as `build --inventory` and the agents do.
//!
//! Pods that have no address yet are given one that no policy speaks of; pods that run on no node
//! yet are looked at alone, and together as one node may have to run them.

use super::context::Context;
use super::groups::GroupId;
use super::image_bound::{Bound, Cost, Costs};
use netpol_image::{LinkError, LinkOptions, Parts, link};
use netpol_policy::{Cluster, PolicySet};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// Pods that a node runs unless the kubelet is told otherwise (`KubeletConfiguration.maxPods`).
pub const MAX_PODS: usize = 110;
/// Nodes whose images are linked: those with the highest bounds. Whoever has more that are beyond a
/// limit has enough to mend.
const LINKED: usize = 4;
/// Where pods are put that run nowhere yet. No node can have this name.
const NOWHERE: &str = "(a node)";
/// Reserved addresses (RFC 1112, section 4) for pods that have none yet: no policy names them.
const RESERVED: u32 = 0xf000_0000;

/// A node, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its name; `None` for one that will run these pods.
    pub node: Option<String>,
    /// Which groups have pods there, rising.
    pub groups: Vec<GroupId>,
}

/// What is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    /// Of what there is too much, as [`LinkError::TooMany`] says it.
    pub what: &'static str,
    /// How much there is.
    pub count: usize,
    /// How much there may be.
    pub limit: usize,
    /// What the bytes go to, when the image can be made.
    pub parts: Option<Parts>,
}

/// Looks for them.
#[derive(Debug)]
pub struct Sizes<'a> {
    context: &'a Context<'a>,
    costs: Costs<'a>,
    /// Bytes that an image may have.
    limit: usize,
}

impl<'a> Sizes<'a> {
    /// Counts what is written.
    pub fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            costs: Costs::new(context),
            limit: context.model.image_budget.bytes(),
        }
    }

    /// What policies cost.
    pub fn costs(&self) -> &Costs<'a> {
        &self.costs
    }

    /// The nodes of the input, and one for each group of pods that run nowhere yet, whose images are
    /// beyond a limit whatever else runs there; the largest bound first.
    pub fn beyond(&self) -> Vec<(Place, Excess)> {
        let mut places = Vec::new();
        let mut nodes: BTreeMap<&str, Vec<GroupId>> = BTreeMap::new();
        for group in 0..self.context.groups.len() {
            match self.node_of(group) {
                Some(node) => nodes.entry(node).or_default().push(group),
                None => places.push(Place {
                    node: None,
                    groups: vec![group],
                }),
            }
        }
        places.extend(nodes.into_iter().map(|(node, groups)| Place {
            node: Some(node.to_owned()),
            groups,
        }));
        let mut suspects: Vec<(Bound, Place)> = (places.into_iter())
            .map(|place| (self.costs.bound(&place.groups, usize::MAX), place))
            .filter(|(bound, _)| bound.may_pass(self.limit))
            .collect();
        suspects.sort_by_key(|(bound, _)| Reverse(bound.bytes));
        let suspects = suspects.into_iter().take(LINKED);
        suspects
            .filter_map(|(_, place)| Some((self.excess(&place, None)?, place)))
            .map(|(excess, place)| (place, excess))
            .collect()
    }

    /// A node with as many different pods as one may run, of those that cost the most and run
    /// nowhere yet, when its image is beyond a limit.
    pub fn crowded(&self) -> Option<(Place, Excess)> {
        let groups = 0..self.context.groups.len();
        let mut groups: Vec<GroupId> = groups.filter(|g| self.node_of(*g).is_none()).collect();
        if groups.len() < 2 || !self.costs.bound(&groups, MAX_PODS).may_pass(self.limit) {
            return None;
        }
        groups.sort_by_cached_key(|g| Reverse(self.costs.bound(&[*g], 1).bytes));
        groups.truncate(MAX_PODS);
        groups.sort_unstable();
        let place = Place { node: None, groups };
        let excess = self.excess(&place, None)?;
        Some((place, excess))
    }

    /// The place of a node; what runs nowhere when no pod is known to run there.
    pub fn place(&self, node: &str) -> Place {
        let groups = |node: Option<&str>| -> Vec<GroupId> {
            let groups = 0..self.context.groups.len();
            groups.filter(|g| self.node_of(*g) == node).collect()
        };
        let found = groups(Some(node));
        let found = if found.is_empty() {
            groups(None)
        } else {
            found
        };
        Place {
            node: Some(node.to_owned()),
            groups: found,
        }
    }

    /// What people call it.
    pub fn name(&self, place: &Place) -> String {
        let mut pods = place.groups.iter().filter_map(|g| self.context.pod(*g));
        match (&place.node, pods.next(), place.groups.len()) {
            (Some(node), ..) => format!("node `{node}`"),
            (None, Some(pod), 1) => format!("a node that runs `{}`", pod.display_name()),
            (None, Some(pod), n) => {
                let (pod, others) = (pod.display_name(), n - 1);
                format!("a node that runs `{pod}` and {others} more")
            }
            (None, None, _) => "a node".to_owned(),
        }
    }

    fn node_of(&self, group: GroupId) -> Option<&'a str> {
        self.context.pod(group)?.node.as_deref()
    }

    /// What of a node's image is beyond a limit, if anything; `without` is a policy that is left out.
    /// A node without an image for another reason has none that is too large.
    pub fn excess(&self, place: &Place, without: Option<usize>) -> Option<Excess> {
        let whole = self.context.policies();
        let left = without.map(|without| {
            let kept = whole.policies().iter().enumerate();
            let kept = kept.filter(|(at, _)| *at != without);
            let kept = kept.map(|(_, policy)| policy.clone()).collect();
            PolicySet::with_options(whole.options(), kept)
        });
        let cluster = addressed(self.context, place);
        let node = place.node.as_deref().unwrap_or(NOWHERE);
        let policies = left.as_ref().unwrap_or(whole);
        match link(policies, &cluster, node, &LinkOptions::default()) {
            Ok(image) if image.bytes().len() > self.limit => Some(Excess {
                what: LinkError::BYTES,
                count: image.bytes().len(),
                limit: self.limit,
                parts: Some(image.parts()),
            }),
            Err(LinkError::TooMany { what, count, limit }) => Some(Excess {
                what,
                count,
                limit,
                parts: None,
            }),
            Ok(_) | Err(_) => None,
        }
    }

    /// The policies that select pods of a place, those that take the most of what is too much first.
    pub fn ranked(&self, place: &Place, what: &str) -> Vec<usize> {
        let groups = place.groups.iter();
        let selecting = groups.flat_map(|group| self.context.selecting(*group));
        let policies: BTreeSet<usize> = selecting.copied().collect();
        let mut ranked: Vec<usize> = policies.into_iter().collect();
        let cost = |at: &usize| share(&self.costs.of_policy(*at), what, place.groups.len());
        ranked.sort_by_cached_key(|at| (Reverse(cost(at)), *at));
        ranked
    }
}

/// How much something takes of what is too much.
pub fn share(cost: &Cost, what: &str, pods: usize) -> usize {
    let peers: usize = cost.peers.iter().sum();
    match what {
        "port classes" | "port pages" => cost.ports,
        "address intervals" => cost.nets,
        // Six bytes for each peer in two rows of each pod, a page of 512 bytes for each port.
        LinkError::BYTES => peers * 12 * pods + cost.ports * 512 + cost.nets * 6,
        _ => peers + cost.rules.iter().sum::<usize>(),
    }
}

/// The cluster with an address for every pod, and a pod of each group of the place on its node.
fn addressed(context: &Context<'_>, place: &Place) -> Cluster {
    let mut cluster = context.cluster().clone();
    let mut next = RESERVED;
    for pod in &mut cluster.endpoints {
        if pod.addresses.is_empty() && !pod.host_network {
            pod.addresses.push(IpAddr::V4(Ipv4Addr::from_bits(next)));
            next = next.saturating_add(1);
        }
    }
    if place.node.is_none() {
        for pod in place.groups.iter().filter_map(|g| context.groups.first(*g)) {
            if let Some(pod) = cluster.endpoints.get_mut(pod) {
                pod.node = Some(NOWHERE.to_owned());
            }
        }
    }
    cluster
}
