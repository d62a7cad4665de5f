//! Who is open to what: to every address outside, to any pod that may come, to every pod there is;
//! and whom no policy isolates.
//!
//! "Any pod" is judged by one that nobody knows: without labels, in a namespace without labels,
//! several of it, with an address that is not known. What it may reach is what nothing but knowing
//! its labels could forbid.

use super::aggregate::{by_how, pairs};
use super::directory::Directory;
use super::graph::GroupKind;
use super::ports::PortRange;
use super::view::{How, Node, Row, View};
use crate::model::Model;
use netpol_policy::cidr::Family;
use netpol_policy::decide::selects;
use netpol_policy::{
    Cluster, Direction, Endpoint, Namespace, Party, PolicySet, Protocol, Tier, Tri,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// How answers name the pod that nobody knows. No object can be called so.
pub const ANY_POD: &str = "*/*";

/// The cluster with a pod that nobody knows.
#[must_use]
pub fn with_any_pod(cluster: &Cluster) -> Cluster {
    let mut cluster = cluster.clone();
    let star = "*".to_owned();
    cluster
        .namespaces
        .insert(star.clone(), Namespace::default());
    cluster.endpoints.push(Endpoint {
        namespace: star.clone(),
        name: star,
        several: true,
        ..Endpoint::default()
    });
    cluster.normalize();
    cluster
}

/// One group of pods and what it is open to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// Its place in the view.
    pub node: usize,
    /// Who may open connections to it.
    pub ingress: Openness,
    /// To whom it may open connections.
    pub egress: Openness,
    /// Services through which clients outside of the cluster come in.
    pub ways_in: Vec<WayIn>,
}

/// What one direction is open to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Openness {
    /// The policies that isolate the pods in this direction; none means that they are unprotected.
    pub isolated_by: Vec<String>,
    /// Every address outside of the cluster.
    pub world: Extent,
    /// A pod that nobody knows.
    pub any_pod: Extent,
    /// The other pods of the input.
    pub cluster: Extent,
}

/// Ports by how many of a set of parties pass on them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// All of them pass.
    pub all: Vec<PortRange>,
    /// Some of them pass.
    pub some: Vec<PortRange>,
    /// Nobody passes for certain, and for some the input does not decide it.
    pub unknown: Vec<PortRange>,
}

/// A Service that clients outside of the cluster may use, directly or through another object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WayIn {
    /// `ns/name`.
    pub service: String,
    /// Of service and pods.
    pub protocol: Protocol,
    /// What clients use.
    pub port: u16,
    /// What the pods are asked on.
    pub target_port: u16,
    /// `Ingress shop/web`: what leads clients to the service. Its controller's pods ask in their
    /// stead. Absent when they use the service's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
}

/// Works it out for every group of pods. `view` and `directory` are those of the cluster
/// [`with_any_pod`]; the group of that pod is cut off and is no part of the answer. What is open to
/// the world comes first.
pub fn exposure<'a>(
    view: &View<'a>,
    cluster: &Cluster,
    directory: &Directory<'_>,
    model: &Model,
) -> (View<'a>, Vec<Exposed>) {
    let (mut cut, _) = view.split(|_, member| {
        let stranger = member.is_some_and(|member| member.name == ANY_POD);
        if stranger { "any" } else { "" }.to_owned()
    });
    for node in cut.nodes.iter_mut().filter(|node| is_any(node)) {
        node.name = Some("any pod".to_owned());
    }
    let known = Known {
        view: &cut,
        parties: parties(directory),
        ways: ways_in(model),
        cluster,
        policies: &model.policies,
    };
    let mut found: Vec<Exposed> = (0..cut.nodes.len())
        .filter_map(|at| known.exposed(at))
        .collect();
    found.sort_by_key(|e| {
        let world = &e.ingress.world;
        let any = &e.ingress.any_pod;
        (
            world.all.is_empty(),
            world.some.is_empty(),
            any.all.is_empty(),
            e.node,
        )
    });
    (cut, found)
}

fn is_any(node: &Node) -> bool {
    node.members.iter().any(|member| member.name == ANY_POD)
}

/// Parties by name, with the families that they have addresses of.
fn parties(directory: &Directory<'_>) -> BTreeMap<String, (Party, Vec<Family>)> {
    let everybody = directory.everybody().into_iter();
    let everybody = everybody.filter_map(|(target, ..)| {
        let (_, party) = *target.parties.first()?;
        let families: Vec<Family> = target.parties.iter().filter_map(|(f, _)| *f).collect();
        let families = if families.is_empty() {
            vec![Family::V4, Family::V6]
        } else {
            families
        };
        Some((target.name, (party, families)))
    });
    everybody.collect()
}

/// By the name of the endpoint.
fn ways_in(model: &Model) -> BTreeMap<(String, String), Vec<WayIn>> {
    let mut found: BTreeMap<(String, String), Vec<WayIn>> = BTreeMap::new();
    for route in &model.routes {
        for port in &route.ports {
            let leading = model.ways_in.iter().filter(|way| {
                let (namespace, name) = &way.service;
                (namespace, name, way.port) == (&route.namespace, &route.name, port.port)
            });
            let mut through: Vec<Option<String>> =
                leading.map(|way| Some(way.object.clone())).collect();
            if route.from_outside {
                through.push(None);
            }
            for (at, target_port) in &port.backends {
                let Some(endpoint) = model.cluster.endpoints.get(*at) else {
                    continue;
                };
                let key = (endpoint.namespace.clone(), endpoint.name.clone());
                let ways = found.entry(key).or_default();
                ways.extend(through.iter().map(|through| WayIn {
                    service: format!("{}/{}", route.namespace, route.name),
                    protocol: port.protocol,
                    port: port.port,
                    target_port: *target_port,
                    through: through.clone(),
                }));
            }
        }
    }
    found
}

struct Known<'k, 'a> {
    view: &'k View<'a>,
    parties: BTreeMap<String, (Party, Vec<Family>)>,
    ways: BTreeMap<(String, String), Vec<WayIn>>,
    cluster: &'k Cluster,
    policies: &'k PolicySet,
}

impl Known<'_, '_> {
    fn exposed(&self, at: usize) -> Option<Exposed> {
        let node = self.view.nodes.get(at)?;
        if node.kind != GroupKind::Pods || is_any(node) {
            return None;
        }
        let (party, families) = self.parties.get(&node.members.first()?.name)?;
        let side = |direction| Openness {
            isolated_by: self.isolated_by(*party, direction),
            world: self.world(at, direction, families),
            any_pod: self.extent(at, direction, is_any),
            cluster: self.extent(at, direction, |other| {
                other.kind == GroupKind::Pods && !is_any(other)
            }),
        };
        let mut ways: Vec<WayIn> = Vec::new();
        for member in &node.members {
            if let Some((party, _)) = self.parties.get(&member.name)
                && let Some(pod) = self.cluster.pod(*party)
            {
                let key = (pod.namespace.clone(), pod.name.clone());
                ways.extend(self.ways.get(&key).into_iter().flatten().cloned());
            }
        }
        ways.sort();
        ways.dedup();
        Some(Exposed {
            node: at,
            ingress: side(Direction::Ingress),
            egress: side(Direction::Egress),
            ways_in: ways,
        })
    }

    fn isolated_by(&self, party: Party, direction: Direction) -> Vec<String> {
        let isolating = self.policies.policies().iter().filter(|policy| {
            policy.tier == Tier::Namespace
                && policy.isolates.get(direction.index()) == Some(&true)
                && (policy.subject.endpoints())
                    .is_some_and(|s| selects(self.cluster, s, party) == Tri::Yes)
        });
        isolating.map(|policy| policy.key.to_string()).collect()
    }

    /// The rows between a group and others, with the others.
    fn rows(&self, at: usize, direction: Direction) -> impl Iterator<Item = (&Row<'_>, usize)> {
        self.view.rows.iter().filter_map(move |row| {
            let (own, other) = match direction {
                Direction::Ingress => (row.to, row.from),
                Direction::Egress => (row.from, row.to),
            };
            (own == at).then_some((row, other))
        })
    }

    /// What is open to the groups that are wanted, counted by pairs.
    fn extent(&self, at: usize, direction: Direction, wanted: impl Fn(&Node) -> bool) -> Extent {
        let Some(own) = self.view.nodes.get(at) else {
            return Extent::default();
        };
        let count = |other: usize| {
            let node = self.view.nodes.get(other).filter(|node| wanted(node))?;
            Some(pairs(node, own, other == at))
        };
        let all: u64 = (0..self.view.nodes.len()).filter_map(count).sum();
        // A connection of one family alone is open to some.
        let terms = self.rows(at, direction).filter_map(|(row, other)| {
            let n = if row.family.is_none() {
                count(other)?
            } else {
                0
            };
            count(other)?;
            Some((n, row.how == How::Certain, &*row.ports))
        });
        let whole = Extent::of(by_how(terms, all));
        let of_one_family = self.rows(at, direction).filter_map(|(row, other)| {
            count(other)?;
            (row.family.is_some() && row.how == How::Certain).then_some(&*row.ports)
        });
        whole.with_some(of_one_family)
    }

    /// What is open to outside addresses: to all where every group of every family that the pods
    /// have passes.
    fn world(&self, at: usize, direction: Direction, families: &[Family]) -> Extent {
        let outside = |other: usize| {
            let node = self.view.nodes.get(other)?;
            let family = node.addresses.first()?.family;
            (node.kind == GroupKind::External && families.contains(&family)).then_some(())
        };
        let all = (0..self.view.nodes.len()).filter_map(outside).count();
        let terms = self.rows(at, direction).filter_map(|(row, other)| {
            outside(other)?;
            Some((1, row.how == How::Certain, &*row.ports))
        });
        Extent::of(by_how(terms, u64::try_from(all).unwrap_or(u64::MAX)))
    }
}

impl Extent {
    fn of(by_how: BTreeMap<How, Vec<PortRange>>) -> Self {
        let mut extent = Self::default();
        for (how, mut ports) in by_how {
            match how {
                How::Certain => extent.all.append(&mut ports),
                How::Some { allowed, .. } if allowed > 0 => extent.some.append(&mut ports),
                How::Unknown | How::Some { .. } => extent.unknown.append(&mut ports),
            }
        }
        for ports in [&mut extent.some, &mut extent.unknown] {
            join(ports);
        }
        extent
    }

    /// With ports that pass for some.
    fn with_some<'p>(mut self, more: impl Iterator<Item = &'p [PortRange]>) -> Self {
        for ports in more {
            self.some.extend_from_slice(ports);
        }
        join(&mut self.some);
        self
    }

    /// Nothing passes and nothing may?
    pub fn is_nothing(&self) -> bool {
        self.all.is_empty() && self.some.is_empty() && self.unknown.is_empty()
    }
}

/// Sorted, without overlaps, neighbours in one run.
fn join(ports: &mut Vec<PortRange>) {
    ports.sort();
    let mut joined: Vec<PortRange> = Vec::new();
    for next in ports.drain(..) {
        match joined.last_mut() {
            Some(last)
                if last.protocol == next.protocol
                    && u32::from(next.first) <= u32::from(last.last()) + 1 =>
            {
                let end = last.last().max(next.last());
                *last = PortRange::new(last.protocol, last.first, end);
            }
            _ => joined.push(next),
        }
    }
    *ports = joined;
}
