//! What is asked about the peers of one subject, in the order of asking.

use super::Matrix;
use super::matched::Match;
use super::sorter::Seen;
use crate::policy::{TURNS, turn};
use crate::{
    Action, Condition, ContainerPort, Direction, Entity, Peer, PortMatch, RuleId, Tier, Verdict,
};
use std::collections::HashMap;
use std::ops::Range;

/// Runs of atoms.
pub(super) type Atomics = Vec<Range<usize>>;

/// Which atoms a rule covers.
#[derive(Debug)]
pub(super) enum Covered {
    Everything,
    These(Atomics),
    /// Depends on the names of the peer's ports: the rule's policy and place.
    ByName(usize, usize),
}

/// A rule as its subject sees it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: RuleId,
    /// `None` for Pass.
    pub(super) verdict: Option<Verdict>,
    pub(super) condition: Option<Condition>,
    /// How surely its policy selects the subject.
    pub(super) selected: Match,
    /// Places in [`Script::peers`]; `None` for every peer.
    pub(super) peers: Option<Vec<usize>>,
    pub(super) covered: Covered,
}

/// One thing after the other.
#[derive(Debug)]
pub(super) enum Step {
    Rule(Asked),
    /// Isolated, and nothing allows.
    Isolation(RuleId, Match),
    /// The rules of a tier end; what was passed on is open again.
    EndOfTier,
}

/// A peer that some step speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asking {
    /// Its place among the distinct peers.
    pub(super) place: usize,
    /// It depends on whether the peer is the subject's own node, and in which way.
    pub(super) local: Option<Entity>,
}

/// All steps of a direction of a subject.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) direction: Direction,
    /// The subject is a node or a pod on its network.
    pub(super) host: bool,
    pub(super) steps: Vec<Step>,
    pub(super) peers: Vec<Asking>,
}

impl Script {
    /// `names` are the subject's.
    pub(super) fn new(
        matrix: &Matrix<'_>,
        direction: Direction,
        (seen, host): (&Seen, bool),
        names: &[ContainerPort],
    ) -> Self {
        let writer = Writer {
            matrix,
            direction,
            seen,
            names,
            places: HashMap::new(),
            script: Self {
                direction,
                host,
                steps: Vec::new(),
                peers: Vec::new(),
            },
        };
        writer.write()
    }
}

struct Writer<'m, 'a> {
    matrix: &'m Matrix<'a>,
    direction: Direction,
    seen: &'m Seen,
    names: &'m [ContainerPort],
    places: HashMap<usize, usize>,
    script: Script,
}

impl Writer<'_, '_> {
    fn write(mut self) -> Script {
        if !self.matrix.policies.options().enforced {
            // S-ENFORCED: nothing is asked.
            return self.script;
        }
        self.ordered_tier(|tier| matches!(tier, Tier::Admin { .. }));
        self.namespace_tier();
        self.ordered_tier(|tier| matches!(tier, Tier::Baseline { .. }));
        self.script
    }

    fn policies(&self, in_tier: impl Fn(Tier) -> bool) -> Vec<(usize, Match)> {
        let all = self.matrix.policies.policies();
        let selecting = self.seen.subject_of.iter().copied();
        let in_tier = |at: usize| all.get(at).is_some_and(|policy| in_tier(policy.tier));
        selecting.filter(|(at, _)| in_tier(*at)).collect()
    }

    fn ordered_tier(&mut self, in_tier: impl Fn(Tier) -> bool) {
        for (at, selected) in self.policies(in_tier) {
            self.rules(at, selected, |_, _| true);
        }
        self.script.steps.push(Step::EndOfTier);
    }

    fn namespace_tier(&mut self) {
        let policies = self.policies(|tier| tier == Tier::Namespace);
        for now in 0..TURNS {
            for &(at, selected) in &policies {
                self.rules(at, selected, |action, condition| {
                    turn(action, condition) == Some(now)
                });
            }
        }
        let all = self.matrix.policies;
        for (at, selected) in policies {
            let isolates = all.policies().get(at).map(|policy| policy.isolates);
            let isolates = isolates.unwrap_or_default();
            if isolates.get(self.direction.index()) == Some(&true) {
                let id = all.isolation_id(at, self.direction);
                self.script.steps.push(Step::Isolation(id, selected));
            }
        }
    }

    /// Takes the wanted rules of a policy that speak of this direction.
    fn rules(
        &mut self,
        at: usize,
        selected: Match,
        wanted: impl Fn(Action, Option<Condition>) -> bool,
    ) {
        let policies = self.matrix.policies;
        let Some(policy) = policies.policies().get(at) else {
            return;
        };
        for (index, rule) in policy.rules.iter().enumerate() {
            if rule.direction != self.direction || !wanted(rule.action, rule.condition) {
                continue;
            }
            let asked = Asked {
                id: policies.rule_id(at, index),
                verdict: match rule.action {
                    Action::Allow => Some(Verdict::Allow),
                    Action::Deny => Some(Verdict::Deny),
                    Action::Pass => None,
                },
                condition: rule.condition,
                selected,
                peers: self.peers((at, index)),
                covered: self.covered((at, index), rule.ports.as_deref()),
            };
            self.script.steps.push(Step::Rule(asked));
        }
    }

    fn peers(&mut self, (policy, rule): (usize, usize)) -> Option<Vec<usize>> {
        let matrix = self.matrix;
        let places = matrix.classes.peers_of_rule(policy, rule)?;
        let peers = &mut self.script.peers;
        let number = |place: &usize| {
            *self.places.entry(*place).or_insert_with(|| {
                let local = match matrix.classes.peer(*place) {
                    Some(Peer::Entity(entity @ (Entity::Host | Entity::RemoteNode))) => {
                        Some(*entity)
                    }
                    _ => None,
                };
                peers.push(Asking {
                    place: *place,
                    local,
                });
                peers.len() - 1
            })
        };
        Some(places.iter().map(number).collect())
    }

    fn covered(&self, (policy, rule): (usize, usize), ports: Option<&[PortMatch]>) -> Covered {
        let Some(ports) = ports else {
            return Covered::Everything;
        };
        let named = ports.iter().any(|p| matches!(p, PortMatch::Named { .. }));
        // At ingress the subject itself is the destination that names are looked up at.
        if named && self.direction == Direction::Egress {
            return Covered::ByName(policy, rule);
        }
        Covered::These(self.matrix.atoms.cover(ports, self.names))
    }
}
