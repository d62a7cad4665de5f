//! Verdicts of one state, by class.

use super::Standing;
use super::state::State;
use crate::model::{Route, RoutePort};
use crate::reach::graph::FamilyClasses;
use crate::reach::{Directory, ModelJudge};
use netpol_policy::cidr::Family;
use netpol_policy::matrix::{ClassId, GroupId};
use netpol_policy::{Decision, Direction, Matrix, Party, Protocol, Tri, Verdict};
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

/// A run of ports with one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub protocol: Protocol,
    pub first: u16,
    pub last: u16,
    pub decision: Decision,
}

/// What a decision comes to.
pub(super) fn standing(decision: &Decision) -> Standing {
    match decision.verdict {
        Verdict::Deny => Standing::Deny,
        Verdict::Unknown => Standing::Unknown,
        Verdict::Allow if decision.condition().is_some() => Standing::Conditional,
        Verdict::Allow => Standing::Allow,
    }
}

/// What decides between two classes: the row of the destination's ingress and the source's group in
/// it, the row of the source's egress and the destination's group in it. Pairs of one shape have the
/// same verdicts, and there are few shapes.
pub(super) type Shape = (usize, GroupId, usize, GroupId);

/// Runs of ports by shape.
type Known = HashMap<Shape, Rc<Vec<Run>>>;

/// One state with its classes. What a node's own packets are let through for is left out, as in
/// [`crate::reach::Reachability`].
pub(super) struct Lens<'s> {
    pub state: &'s State,
    pub matrix: &'s Matrix<'s>,
    pub directory: Directory<'s>,
    judge: ModelJudge<'s>,
    known: RefCell<Known>,
}

impl<'s> Lens<'s> {
    pub fn new(state: &'s State, matrix: &'s Matrix<'s>) -> Self {
        Self {
            state,
            matrix,
            directory: Directory::new(&state.cluster, matrix),
            judge: ModelJudge::new(matrix, &state.cluster),
            known: RefCell::default(),
        }
    }

    /// What decides between two classes; `None` for classes that do not exist.
    pub fn shape(&self, source: ClassId, destination: ClassId) -> Option<Shape> {
        let side = |direction, subject, peer| {
            let row = self.matrix.row(direction, subject)?;
            let number = self.matrix.row_number(direction, subject)?;
            Some((number, row.group(peer)?))
        };
        let (ingress, from) = side(Direction::Ingress, destination, source)?;
        let (egress, to) = side(Direction::Egress, source, destination)?;
        Some((ingress, from, egress, to))
    }

    /// Every port from one class to another, in the order of protocols and ports.
    pub fn runs(&self, source: ClassId, destination: ClassId) -> Rc<Vec<Run>> {
        let Some(shape) = self.shape(source, destination) else {
            return Rc::default();
        };
        let mut known = self.known.borrow_mut();
        if let Some(runs) = known.get(&shape) {
            return Rc::clone(runs);
        }
        let mut runs: Vec<Run> = Vec::new();
        for judged in self.judge.between(source, destination, [Tri::No; 2]) {
            let (first, last) = judged.atoms;
            for atom in (self.matrix.atoms().iter())
                .skip(first)
                .take(last - first + 1)
            {
                match runs.last_mut() {
                    Some(run)
                        if run.protocol == atom.protocol && run.decision == judged.decision =>
                    {
                        run.last = atom.last;
                    }
                    _ => runs.push(Run {
                        protocol: atom.protocol,
                        first: atom.first,
                        last: atom.last,
                        decision: judged.decision,
                    }),
                }
            }
        }
        let runs = Rc::new(runs);
        known.insert(shape, Rc::clone(&runs));
        runs
    }

    /// One port from one class to another.
    pub fn decision(
        &self,
        (source, destination): (ClassId, ClassId),
        protocol: Protocol,
        port: u16,
    ) -> Option<Decision> {
        let runs = self.runs(source, destination);
        let run = runs
            .iter()
            .find(|run| run.protocol == protocol && (run.first..=run.last).contains(&port));
        run.map(|run| run.decision)
    }

    /// The classes of an endpoint by address family.
    pub fn endpoint(&self, index: usize) -> FamilyClasses {
        let addresses = self.state.cluster.endpoints.get(index);
        let addresses = addresses.map_or(&[][..], |e| &e.addresses);
        self.classes(addresses, |address| Party::Endpoint(index, address))
    }

    /// The classes of a node by address family.
    pub fn node(&self, index: usize) -> FamilyClasses {
        let addresses = self.state.cluster.nodes.get(index);
        let addresses = addresses.map_or(&[][..], |n| &n.addresses);
        self.classes(addresses, |address| Party::Node(index, address))
    }

    fn classes(
        &self,
        addresses: &[IpAddr],
        party: impl Fn(Option<IpAddr>) -> Party,
    ) -> FamilyClasses {
        let mut classes = FamilyClasses::new();
        for address in addresses {
            let family = Some(Family::of(*address));
            if classes.iter().all(|(f, _)| *f != family)
                && let Some(class) = self.matrix.class_of(party(Some(*address)))
            {
                classes.push((family, class));
            }
        }
        if classes.is_empty() {
            classes.extend(self.matrix.class_of(party(None)).map(|class| (None, class)));
        }
        classes
    }

    /// A route of this state.
    pub fn route(&self, namespace: &str, name: &str) -> Option<&'s Route> {
        let key = |route: &Route| {
            (
                route.namespace.as_str() < namespace,
                route.namespace == namespace && route.name.as_str() < name,
            )
        };
        let from = self.state.routes.partition_point(|route| {
            let (earlier_namespace, earlier_name) = key(route);
            earlier_namespace || earlier_name
        });
        let found = self.state.routes.get(from);
        found.filter(|route| route.namespace == namespace && route.name == name)
    }

    /// What becomes of packets to a port of a service: together what becomes of them at its
    /// backends. Without a backend nobody answers.
    pub fn behind(&self, source: &FamilyClasses, port: Option<&RoutePort>) -> Standing {
        let mut found: Vec<Standing> = Vec::new();
        for (index, target) in port.into_iter().flat_map(|port| &port.backends) {
            let protocol = port.map_or(Protocol::Tcp, |port| port.protocol);
            let met = meeting(source, &self.endpoint(*index));
            let Some((_, a, b)) = met.first() else {
                continue;
            };
            let decision = self.decision((*a, *b), protocol, *target);
            found.extend(decision.as_ref().map(standing));
        }
        let best = found.iter().max().copied().unwrap_or(Standing::Deny);
        let worst = found.iter().min().copied().unwrap_or(Standing::Deny);
        match (worst, best) {
            (worst, best) if worst == best => best,
            (_, Standing::Allow | Standing::Conditional) => Standing::Partly,
            _ => Standing::Unknown,
        }
    }
}

/// Pairs of classes that can send each other packets, by family.
pub(super) fn meeting(
    source: &FamilyClasses,
    destination: &FamilyClasses,
) -> Vec<(Option<Family>, ClassId, ClassId)> {
    let mut met = Vec::new();
    for (a, from) in source {
        for (b, to) in destination {
            if a.is_none() || b.is_none() || a == b {
                met.push((a.or(*b), *from, *to));
            }
        }
    }
    met
}
