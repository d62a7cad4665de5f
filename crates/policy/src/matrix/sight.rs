//! What one subject can see of its peers.

use super::classes::Classes;
use super::{ClassId, Matrix};
use crate::{ContainerPort, Direction, PortMatch, Rule, Tri};
use std::collections::{BTreeSet, HashMap};

/// One direction of one subject: tells which peers [`Matrix::sides`] treats alike, without asking
/// it. Most policies do not select a given subject, so most differences between peers are out of
/// its sight.
#[derive(Debug)]
pub struct Sight {
    groups: Vec<usize>,
}

impl Sight {
    /// The group of a peer: peers of one group get the same sides. Groups have no order.
    pub fn group(&self, peer: ClassId) -> Option<usize> {
        self.groups.get(peer).copied()
    }
}

impl Matrix<'_> {
    /// What a subject can see in a direction.
    pub fn sight(&self, direction: Direction, subject: ClassId) -> Sight {
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
        let mut groups = Groups {
            of: vec![0; self.classes.len()],
            count: 1,
        };
        for place in peers {
            groups.split(self.classes.matching(place));
        }
        if !names.is_empty() {
            groups.split_by_names(&self.classes, &names);
        }
        Sight { groups: groups.of }
    }
}

fn named(rule: &Rule) -> impl Iterator<Item = &str> {
    let ports = rule.ports.iter().flatten();
    ports.filter_map(|port| match port {
        PortMatch::Named { name, .. } => Some(name.as_str()),
        PortMatch::Range { .. } => None,
    })
}

/// The group of every class so far.
struct Groups {
    of: Vec<usize>,
    count: usize,
}

impl Groups {
    /// Takes the members of every group that a peer matches, or may match, out of it.
    fn split(&mut self, members: &[(ClassId, Tri)]) {
        let mut moved = vec![None; self.count * 2];
        for (class, tri) in members {
            let Some(group) = self.of.get_mut(*class) else {
                continue;
            };
            if let Some(target) = moved.get_mut(*group * 2 + usize::from(*tri == Tri::Yes)) {
                *group = *target.get_or_insert_with(|| {
                    self.count += 1;
                    self.count - 1
                });
            }
        }
    }

    /// Tells classes apart whose ports of these names differ.
    fn split_by_names(&mut self, classes: &Classes<'_>, names: &BTreeSet<&str>) {
        let mut seen: HashMap<(usize, Vec<&ContainerPort>), usize> = HashMap::new();
        for (class, group) in self.of.iter_mut().enumerate() {
            let in_sight = |port: &&ContainerPort| {
                (port.name.as_deref()).is_some_and(|name| names.contains(name))
            };
            let ports = classes.signature(class).map(|s| &s.names);
            let ports = ports.into_iter().flatten().filter(in_sight).collect();
            let next = seen.len();
            *group = *seen.entry((*group, ports)).or_insert(next);
        }
        self.count = seen.len();
    }
}
