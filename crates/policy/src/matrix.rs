//! The fast evaluator: identity classes of parties × atoms of ports.
//!
//! Two parties are of one class when no policy can tell them apart: the same policies select them,
//! the same peers speak of them, and the port names that policies use resolve alike. Two ports are
//! of one atom when no rule separates them. A pair of classes is decided once for all its members.

mod atoms;
mod classes;
mod paint;
mod sight;
mod sorter;
mod spans;

pub use atoms::{Atom, Atoms};
pub use classes::{ClassId, Interval};
pub use sight::Sight;

use crate::cidr::Family;
use crate::decide::is_self;
use crate::verdict::UnknownCause;
use crate::{
    Action, Cluster, Decision, Direction, Flow, Party, PolicySet, RuleId, Side, Tier, Tri, Verdict,
    on_local_node,
};
use classes::{Classes, Signature};
use paint::{Canvas, Coat};

/// Every verdict of a cluster, worked out per pair of classes when asked.
#[derive(Debug)]
pub struct Matrix<'a> {
    policies: &'a PolicySet,
    cluster: &'a Cluster,
    classes: Classes<'a>,
    atoms: Atoms,
}

impl<'a> Matrix<'a> {
    /// Classifies all parties and ports; decides nothing yet.
    pub fn new(policies: &'a PolicySet, cluster: &'a Cluster) -> Self {
        let classes = Classes::new(policies, cluster);
        let atoms = Atoms::new(policies, &classes);
        Self {
            policies,
            cluster,
            classes,
            atoms,
        }
    }

    /// The atoms of all protocols; [`Matrix::sides`] answers in their order.
    pub fn atoms(&self) -> &Atoms {
        &self.atoms
    }

    /// How many classes there are; [`ClassId`]s count from 0. Class 0 is [`Party::Unknown`]'s:
    /// those of whom no policy speaks.
    pub fn class_count(&self) -> usize {
        self.classes.len()
    }

    /// A member of the class.
    pub fn representative(&self, class: ClassId) -> Option<Party> {
        self.classes.representative(class)
    }

    /// The class of a party; `None` only for parties that do not exist in this cluster.
    pub fn class_of(&self, party: Party) -> Option<ClassId> {
        self.classes.of(party)
    }

    /// The classes of all addresses of a family at which no endpoint and no node is: sorted,
    /// gapless from address 0, neighbours differ.
    pub fn intervals(&self, family: Family) -> &[Interval] {
        self.classes.intervals(family)
    }

    /// Does any policy isolate or rule this class in this direction? If not, every side is
    /// "not isolated".
    pub fn is_selected(&self, class: ClassId) -> bool {
        self.classes
            .signature(class)
            .is_some_and(|s| !s.subject_of.is_empty())
    }

    /// What the subject's policies say about a peer, per atom. `local` says whether the peer is
    /// the subject's own node ([`on_local_node`]). Self traffic is the caller's to except.
    pub fn sides(
        &self,
        direction: Direction,
        subject: ClassId,
        peer: ClassId,
        local: Tri,
    ) -> Vec<Side> {
        let (Some(subject), Some(peer)) = (
            self.classes.signature(subject),
            self.classes.signature(peer),
        ) else {
            return Vec::new();
        };
        let mut canvas = Canvas::new(self.atoms.len());
        if !self.policies.options().enforced {
            return canvas.finish();
        }
        if direction == Direction::Ingress && !subject.host {
            canvas.local_node(local);
        }
        let pair = Pair {
            matrix: self,
            direction,
            subject,
            peer,
            local,
        };
        pair.ordered_tier(&mut canvas, |tier| matches!(tier, Tier::Admin { .. }));
        pair.namespace_tier(&mut canvas);
        pair.ordered_tier(&mut canvas, |tier| matches!(tier, Tier::Baseline { .. }));
        canvas.finish()
    }

    /// The same answer as [`crate::decide()`], by way of classes.
    pub fn decide(&self, flow: &Flow) -> Option<Decision> {
        if is_self(self.cluster, flow) {
            return Some(Decision::new(
                Side::allow(RuleId::SELF),
                Side::allow(RuleId::SELF),
            ));
        }
        let source = self.class_of(flow.source)?;
        let destination = self.class_of(flow.destination)?;
        let atom = self.atoms.index(flow.protocol, flow.port)?;
        let local = |subject, peer| on_local_node(self.cluster, subject, peer);
        let here = local(flow.destination, flow.source);
        let ingress = self.sides(Direction::Ingress, destination, source, here);
        let here = local(flow.source, flow.destination);
        let egress = self.sides(Direction::Egress, source, destination, here);
        Some(Decision::new(*ingress.get(atom)?, *egress.get(atom)?))
    }
}

/// One direction of one pair of classes.
struct Pair<'m> {
    matrix: &'m Matrix<'m>,
    direction: Direction,
    subject: &'m Signature,
    peer: &'m Signature,
    local: Tri,
}

impl Pair<'_> {
    /// The party whose container ports give names their numbers.
    fn destination(&self) -> &Signature {
        match self.direction {
            Direction::Ingress => self.subject,
            Direction::Egress => self.peer,
        }
    }

    fn ordered_tier(&self, canvas: &mut Canvas, in_tier: impl Fn(Tier) -> bool) {
        for &(at, selected) in &self.subject.subject_of {
            let Some(policy) = self.matrix.policies.policies().get(at) else {
                continue;
            };
            if in_tier(policy.tier) {
                for (index, rule) in policy.rules.iter().enumerate() {
                    self.paint_rule(canvas, (at, index), selected, rule.action);
                }
            }
        }
        canvas.leave_tier();
    }

    fn namespace_tier(&self, canvas: &mut Canvas) {
        let policies = self.matrix.policies.policies();
        let namespaced = || {
            self.subject
                .subject_of
                .iter()
                .filter_map(|&(at, selected)| Some((at, selected, policies.get(at)?)))
                .filter(|(.., policy)| policy.tier == Tier::Namespace)
        };
        let steps = [
            (Action::Deny, false),
            (Action::Allow, false),
            (Action::Allow, true),
        ];
        for (action, conditional) in steps {
            for (at, selected, policy) in namespaced() {
                for (index, rule) in policy.rules.iter().enumerate() {
                    let has_condition = action == Action::Allow && rule.condition.is_some();
                    if rule.action == action && has_condition == conditional {
                        self.paint_rule(canvas, (at, index), selected, action);
                    }
                }
            }
        }
        for (at, selected, policy) in namespaced() {
            if policy.isolates.get(self.direction.index()) == Some(&true) {
                let id = self.matrix.policies.isolation_id(at, self.direction);
                canvas.fill(Verdict::Deny, id, selected);
            }
        }
    }

    fn paint_rule(
        &self,
        canvas: &mut Canvas,
        (at, index): (usize, usize),
        selected: (Tri, UnknownCause),
        action: Action,
    ) {
        let classes = &self.matrix.classes;
        let Some(rule) = self
            .matrix
            .policies
            .policies()
            .get(at)
            .and_then(|p| p.rules.get(index))
        else {
            return;
        };
        if rule.direction != self.direction {
            return;
        }
        let matched = classes.match_peers((at, index), selected, self.peer, self.local);
        if !matched.0.possible() {
            return;
        }
        let id = self.matrix.policies.rule_id(at, index);
        let coat = |verdict| Coat {
            verdict,
            rule: id,
            matched,
            condition: rule.condition,
        };
        let mut put = |range| match action {
            Action::Allow => canvas.paint(range, coat(Verdict::Allow)),
            Action::Deny => canvas.paint(range, coat(Verdict::Deny)),
            Action::Pass => canvas.pass(range, matched.0),
        };
        match &rule.ports {
            None => put(0..self.matrix.atoms.len()),
            Some(ports) => {
                let mut ranges: Vec<_> = ports
                    .iter()
                    .flat_map(|port| self.matrix.atoms.ranges(port, &self.destination().names))
                    .collect();
                // Ports of one rule may overlap; it is asked once per atom all the same.
                ranges.sort_unstable_by_key(|r| (r.start, r.end));
                let mut done = 0;
                for range in ranges {
                    put(range.start.max(done)..range.end);
                    done = done.max(range.end);
                }
            }
        }
    }
}
