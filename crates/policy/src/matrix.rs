//! The fast evaluator: identity classes of parties × atoms of ports.
//!
//! Two parties are of one class when no policy can tell them apart: the same policies select them,
//! the same peers speak of them, and the port names that policies use resolve alike. Two ports are
//! of one atom when no rule separates them. A pair of classes is decided once for all its members.
//!
//! The answers are sparse. A [`Row`] holds what one subject says about all peers in a direction,
//! as runs of neighbouring classes that it treats alike; what it says to them are runs of atoms.
//! Rows are worked out when they are asked for, once for all subjects of the same policies.

mod atoms;
mod classes;
mod forest;
mod index;
mod matched;
mod paint;
mod row;
mod script;
mod sorter;
mod spans;
mod stretch;

pub use atoms::{Atom, Atoms};
pub use classes::{ClassId, Interval};
pub use row::{GroupId, Row, Sides};

use crate::cidr::Family;
use crate::decide::is_self;
use crate::{
    Cluster, Decision, Direction, Flow, Party, PolicySet, RuleId, Side, Tri, on_local_node,
};
use classes::Classes;
use matched::Match;
use script::Script;
use sorter::Seen;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Every verdict of a cluster, worked out per pair of classes when asked.
#[derive(Debug)]
pub struct Matrix<'a> {
    policies: &'a PolicySet,
    cluster: &'a Cluster,
    classes: Classes<'a>,
    atoms: Atoms,
    /// By [`Direction::index`], then by class: its place in `rows`.
    row_of: [Vec<usize>; 2],
    /// By [`Direction::index`].
    rows: [Vec<OnceLock<Box<Row>>>; 2],
}

impl<'a> Matrix<'a> {
    /// Classifies all parties and ports; decides nothing yet.
    pub fn new(policies: &'a PolicySet, cluster: &'a Cluster) -> Self {
        let classes = Classes::new(policies, cluster);
        let atoms = Atoms::new(policies, &classes);
        let numbered = Direction::BOTH.map(|direction| number_rows(&classes, direction));
        let rows = numbered
            .each_ref()
            .map(|(_, count)| std::iter::repeat_with(OnceLock::new).take(*count).collect());
        Self {
            policies,
            cluster,
            classes,
            atoms,
            row_of: numbered.map(|(numbers, _)| numbers),
            rows,
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
        let looks = self.classes.looks(class);
        let seen = looks.and_then(|looks| self.classes.seen(looks));
        seen.is_some_and(|seen| !seen.subject_of.is_empty())
    }

    /// What a class says about all of its peers in a direction. Worked out when first asked for,
    /// once for all classes that the same policies select.
    pub fn row(&self, direction: Direction, subject: ClassId) -> Option<&Row> {
        let number = self.row_number(direction, subject)?;
        let row = self.rows.get(direction.index())?.get(number)?;
        Some(row.get_or_init(|| {
            let looks = self.classes.looks(subject).copied().unwrap_or_default();
            let nothing = Seen::default();
            let seen = self.classes.seen(&looks).unwrap_or(&nothing);
            let names = self.classes.names(looks.names);
            let script = Script::new(self, direction, (seen, looks.host), names);
            Box::new(Row::new(self, script))
        }))
    }

    /// Classes with the same number have the same [`Matrix::row`] in this direction.
    pub fn row_number(&self, direction: Direction, subject: ClassId) -> Option<usize> {
        let numbers = self.row_of.get(direction.index())?;
        numbers.get(subject).copied()
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
        let Some(sides) = self.says(direction, subject, peer, local) else {
            return Vec::new();
        };
        let runs = sides.iter();
        runs.flat_map(|(run, side)| std::iter::repeat_n(side, run.len()))
            .collect()
    }

    /// The same by runs of atoms; `None` for classes that do not exist.
    pub fn says(
        &self,
        direction: Direction,
        subject: ClassId,
        peer: ClassId,
        local: Tri,
    ) -> Option<&Sides> {
        let row = self.row(direction, subject)?;
        row.says(self, row.group(peer)?, local)
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
        let ingress = self.says(Direction::Ingress, destination, source, here)?;
        let here = local(flow.source, flow.destination);
        let egress = self.says(Direction::Egress, source, destination, here)?;
        Some(Decision::new(ingress.at(atom)?, egress.at(atom)?))
    }
}

/// Numbers the distinct rows of a direction: the row of every class, and how many there are.
fn number_rows(classes: &Classes<'_>, direction: Direction) -> (Vec<usize>, usize) {
    let mut subjects: HashMap<&[(usize, Match)], usize> = HashMap::new();
    let mut rows: HashMap<(usize, bool, usize), usize> = HashMap::new();
    let numbers = classes.all_looks().map(|looks| {
        let subject_of = classes.seen(looks).map_or(&[][..], |s| &s.subject_of);
        let next = subjects.len();
        let subject = *subjects.entry(subject_of).or_insert(next);
        // Names are looked up at the destination, and only rules look them up.
        let names = match direction {
            Direction::Ingress if !subject_of.is_empty() => looks.names,
            _ => 0,
        };
        let next = rows.len();
        *rows.entry((subject, looks.host, names)).or_insert(next)
    });
    let numbers = numbers.collect();
    (numbers, rows.len())
}
