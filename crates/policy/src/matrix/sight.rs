//! What one subject can see of its peers.

use super::classes::Classes;
use super::{ClassId, Matrix};
use crate::{ContainerPort, Direction, PortMatch, Rule, Tri};
use std::collections::BTreeSet;

/// One direction of one subject: tells which peers [`Matrix::sides`] treats alike, without asking
/// it. Most policies do not select a given subject, so most differences between peers are out of
/// its sight.
#[derive(Debug)]
pub struct Sight<'m> {
    classes: &'m Classes<'m>,
    /// Distinct peers that rules of this subject speak of, sorted.
    peers: Vec<usize>,
    /// Port names that these rules use and that the peer resolves.
    names: BTreeSet<&'m str>,
}

/// What is in sight of a peer: two peers of equal keys get equal sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SightKey {
    peers: Vec<(usize, Tri)>,
    names: Vec<ContainerPort>,
}

impl Matrix<'_> {
    /// What a subject can see in a direction.
    pub fn sight(&self, direction: Direction, subject: ClassId) -> Sight<'_> {
        let mut peers = BTreeSet::new();
        let mut names = BTreeSet::new();
        let selected = self.classes.signature(subject);
        let policies = selected.iter().flat_map(|s| &s.subject_of);
        for &(at, _) in policies {
            let Some(policy) = self.policies.policies().get(at) else {
                continue;
            };
            for (index, rule) in policy.rules.iter().enumerate() {
                if rule.direction == direction {
                    peers.extend(self.classes.peers_of_rule((at, index)));
                    // At ingress the subject itself is the destination that names are looked up at.
                    if direction == Direction::Egress {
                        names.extend(named(rule));
                    }
                }
            }
        }
        Sight {
            classes: &self.classes,
            peers: peers.into_iter().collect(),
            names,
        }
    }
}

fn named(rule: &Rule) -> impl Iterator<Item = &str> {
    let ports = rule.ports.iter().flatten();
    ports.filter_map(|port| match port {
        PortMatch::Named { name, .. } => Some(name.as_str()),
        PortMatch::Range { .. } => None,
    })
}

impl Sight<'_> {
    /// What can be seen of a peer.
    pub fn key(&self, peer: ClassId) -> SightKey {
        let mut key = SightKey {
            peers: Vec::new(),
            names: Vec::new(),
        };
        let Some(signature) = self.classes.signature(peer) else {
            return key;
        };
        for place in &self.peers {
            let found = signature.peer_of.binary_search_by_key(place, |(p, _)| *p);
            key.peers
                .extend(found.ok().and_then(|at| signature.peer_of.get(at)));
        }
        if !self.names.is_empty() {
            let in_sight = |port: &&ContainerPort| {
                (port.name.as_deref()).is_some_and(|name| self.names.contains(name))
            };
            key.names
                .extend(signature.names.iter().filter(in_sight).cloned());
        }
        key
    }
}
