//! Which parties an edit can touch. What no edit touches is as it was, and is not asked about.

use super::partners::Partner;
use super::state::State;
use crate::model::{Edit, OwnerKey};
use netpol_policy::decide::selects;
use netpol_policy::{Direction, Endpoint, NamespaceScope, Party, Policy, PolicyKey, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// Places of edits in [`super::Assembly::edits`].
pub(super) type Edits = BTreeSet<usize>;

/// What touches one party.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touched {
    /// Edits of the party itself: what policies see of it.
    pub party: Edits,
    /// Edits of policies that may decide what it sends.
    pub source: Edits,
    /// Edits of policies that may decide what it receives.
    pub destination: Edits,
}

/// What touches whom.
#[derive(Debug)]
pub(super) struct Touch {
    /// By place among the partners.
    pub partners: Vec<Touched>,
    /// Of addresses outside and of addresses at which nobody is known.
    pub addresses: Edits,
    /// Settings differ that may concern everybody.
    pub everything: bool,
    /// Edits of objects that are neither parties nor policies, such as services and values: they
    /// may stand behind any difference that no other edit explains.
    pub derived: Edits,
    by_object: BTreeMap<(String, Option<String>, String), Edits>,
}

impl Touch {
    pub fn new(states: [&State; 2], edits: &[Edit], partners: &[Partner]) -> Self {
        let [before, after] = states;
        let mut by_object: BTreeMap<_, Edits> = BTreeMap::new();
        let mut derived = Edits::new();
        for (number, edit) in edits.iter().enumerate() {
            if !is_party(&edit.kind) && !edit.kind.ends_with("NetworkPolicy") {
                derived.insert(number);
            }
            let key = (edit.kind.clone(), edit.namespace.clone(), edit.name.clone());
            by_object.entry(key).or_default().insert(number);
        }
        let nodes_differ = before.cluster.nodes != after.cluster.nodes;
        let server_differs = before.cluster.api_server() != after.cluster.api_server();
        let mut out = Self {
            partners: vec![Touched::default(); partners.len()],
            addresses: Edits::new(),
            everything: before.policies.options() != after.policies.options() || server_differs,
            derived,
            by_object,
        };
        if nodes_differ || server_differs {
            out.addresses.clone_from(&out.derived);
        }
        out.parties(states, partners, nodes_differ);
        out.policies(states, partners);
        out
    }

    /// The edits of an object, or those that may stand behind it.
    fn of(&self, kind: &str, namespace: Option<&str>, name: &str) -> Edits {
        let key = (
            kind.to_owned(),
            namespace.map(str::to_owned),
            name.to_owned(),
        );
        let own = self.by_object.get(&key);
        own.unwrap_or(&self.derived).clone()
    }

    fn parties(&mut self, states: [&State; 2], partners: &[Partner], nodes_differ: bool) {
        let owners = states.map(owners_of);
        for (at, partner) in partners.iter().enumerate() {
            let mut party = Edits::new();
            if partner.is_node {
                let node = |side: usize| {
                    let index = partner.sides.get(side).copied().flatten()?;
                    states.get(side)?.cluster.nodes.get(index)
                };
                if node(0) != node(1) {
                    let name = partner.name.trim_start_matches("node/");
                    party.extend(self.of("Node", None, name));
                }
            } else {
                let endpoint = |side: usize| {
                    let index = partner.sides.get(side).copied().flatten()?;
                    Some((index, states.get(side)?.cluster.endpoints.get(index)?))
                };
                let sides = [endpoint(0), endpoint(1)];
                if !alike(sides) {
                    party.extend(self.of_endpoint(&owners, sides));
                }
                let hosts = sides.iter().flatten().any(|(_, e)| e.host_network);
                if hosts && nodes_differ {
                    party.extend(self.derived.iter().copied());
                }
            }
            if let Some(namespace) = &partner.namespace {
                let labels = states.map(|s| s.cluster.namespaces.get(namespace));
                if let [Some(a), Some(b)] = labels
                    && a != b
                {
                    party.extend(self.of("Namespace", None, namespace));
                }
            }
            if let Some(touched) = self.partners.get_mut(at) {
                touched.party = party;
            }
        }
    }

    /// The edits of an endpoint's object and of the workloads above it.
    fn of_endpoint(
        &self,
        owners: &[BTreeMap<usize, Vec<&OwnerKey>>; 2],
        sides: [Option<(usize, &Endpoint)>; 2],
    ) -> Edits {
        let mut found = Edits::new();
        for (side, owners) in sides.iter().zip(owners) {
            let Some((index, endpoint)) = side else {
                continue;
            };
            let own = [(&endpoint.kind, &endpoint.namespace, &endpoint.name)];
            let above = owners.get(index).into_iter().flatten();
            let above = above.map(|key| (&key.kind, &key.namespace, &key.name));
            for (kind, namespace, name) in own.into_iter().chain(above) {
                let key = (kind.clone(), Some(namespace.clone()), name.clone());
                found.extend(self.by_object.get(&key).into_iter().flatten());
            }
        }
        if found.is_empty() {
            found.clone_from(&self.derived);
        }
        found
    }

    fn policies(&mut self, states: [&State; 2], partners: &[Partner]) {
        let mut by_key: [BTreeMap<&PolicyKey, Vec<&Policy>>; 2] =
            [BTreeMap::new(), BTreeMap::new()];
        for (of_side, state) in by_key.iter_mut().zip(states) {
            for policy in state.policies.policies() {
                of_side.entry(&policy.key).or_default().push(policy);
            }
        }
        for (side, state) in states.into_iter().enumerate() {
            let places = Places::new(state, partners, side);
            let [first, second] = &by_key;
            let (own, other) = if side == 0 {
                (first, second)
            } else {
                (second, first)
            };
            for (key, policies) in own {
                if other.get(key) == Some(policies) {
                    continue;
                }
                let edits = self.of(key.kind.name(), key.namespace.as_deref(), &key.name);
                for policy in policies {
                    self.selected(&places, policy, &edits);
                }
            }
        }
    }

    /// Marks everybody whom a policy may select.
    fn selected(&mut self, places: &Places<'_>, policy: &Policy, edits: &Edits) {
        let decides = |direction: Direction| {
            policy.isolates.get(direction.index()) == Some(&true)
                || policy.rules.iter().any(|rule| rule.direction == direction)
        };
        for partner in places.selected(&policy.subject) {
            if let Some(touched) = self.partners.get_mut(partner) {
                if decides(Direction::Egress) {
                    touched.source.extend(edits.iter().copied());
                }
                if decides(Direction::Ingress) {
                    touched.destination.extend(edits.iter().copied());
                }
            }
        }
    }
}

/// The partners of one side by namespace.
struct Places<'s> {
    state: &'s State,
    by_namespace: BTreeMap<&'s str, Vec<(usize, usize)>>,
    hosts: Vec<usize>,
}

impl<'s> Places<'s> {
    fn new(state: &'s State, partners: &'s [Partner], side: usize) -> Self {
        let mut out = Self {
            state,
            by_namespace: BTreeMap::new(),
            hosts: Vec::new(),
        };
        for (at, partner) in partners.iter().enumerate() {
            let Some(index) = partner.sides.get(side).copied().flatten() else {
                continue;
            };
            if let Some(namespace) = &partner.namespace {
                let list = out.by_namespace.entry(namespace).or_default();
                list.push((at, index));
            }
            if partner
                .kinds
                .contains(&Some(crate::reach::graph::GroupKind::Hosts))
            {
                out.hosts.push(at);
            }
        }
        out
    }

    fn selected(&self, subject: &Subject) -> Vec<usize> {
        let selector = match subject {
            Subject::Nodes(_) => return self.hosts.clone(),
            Subject::Endpoints(selector) => selector,
        };
        let every: Vec<&Vec<(usize, usize)>> = match &selector.namespaces {
            NamespaceScope::Named(name) => {
                self.by_namespace.get(name.as_str()).into_iter().collect()
            }
            NamespaceScope::Matching(_) => self.by_namespace.values().collect(),
        };
        let picked = every.into_iter().flatten().filter(|(_, index)| {
            selects(&self.state.cluster, selector, Party::Endpoint(*index, None)).possible()
        });
        picked.map(|(at, _)| *at).collect()
    }
}

/// Kinds whose objects are parties or say what parties are.
fn is_party(kind: &str) -> bool {
    matches!(
        kind,
        "Pod"
            | "Namespace"
            | "Deployment"
            | "ReplicaSet"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicationController"
            | "Job"
            | "CronJob"
    )
}

/// Do policies see the same of both?
fn alike(sides: [Option<(usize, &Endpoint)>; 2]) -> bool {
    let [Some((_, a)), Some((_, b))] = sides else {
        return false;
    };
    a.labels == b.labels
        && a.addresses == b.addresses
        && a.ports == b.ports
        && a.host_network == b.host_network
        && a.node == b.node
        && a.service_account == b.service_account
        && a.several == b.several
}

fn owners_of(state: &State) -> BTreeMap<usize, Vec<&OwnerKey>> {
    let mut out: BTreeMap<usize, Vec<&OwnerKey>> = BTreeMap::new();
    for (owner, members) in &state.owners {
        for member in members {
            out.entry(*member).or_default().push(owner);
        }
    }
    out
}
