//! Who gives the verdicts.

use netpol_policy::{
    Cluster, Decision, Direction, Flow, Matrix, Party, Protocol, RuleId, Side, Tri, Verdict,
    is_self, matrix::ClassId, on_local_node,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Something that judges packets: the model, or what was compiled from it.
pub trait Judge {
    /// The verdict on one packet; `None` for parties that it does not know, and for ports that the
    /// protocol does not have.
    fn judge(&self, flow: &Flow) -> Option<Decision>;
}

/// Judges by the model, each pair of identity classes once.
#[derive(Debug)]
pub struct ModelJudge<'a> {
    matrix: &'a Matrix<'a>,
    cluster: &'a Cluster,
    known: RefCell<HashMap<Pair, Rc<Runs>>>,
}

/// One direction of two classes; `local` as in [`Matrix::sides`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    direction: Direction,
    subject: ClassId,
    peer: ClassId,
    local: Tri,
}

/// Sides by atom, equal neighbours once: the last atom of each run, and its side.
type Runs = Vec<(usize, Side)>;

/// Pairs that are kept; beyond it all are forgotten and worked out anew when asked again, so that
/// a long batch over a large cluster stays within bounds.
const KEPT_PAIRS: usize = 1 << 20;

impl<'a> ModelJudge<'a> {
    /// Judges by these classes; `cluster` is the one that they were made from.
    pub fn new(matrix: &'a Matrix<'a>, cluster: &'a Cluster) -> Self {
        Self {
            matrix,
            cluster,
            known: RefCell::default(),
        }
    }

    /// One side of a pair of classes, per run of atoms.
    fn runs(&self, pair: Pair) -> Rc<Runs> {
        let mut known = self.known.borrow_mut();
        if let Some(runs) = known.get(&pair) {
            return Rc::clone(runs);
        }
        if known.len() >= KEPT_PAIRS {
            known.clear();
        }
        let sides = self
            .matrix
            .sides(pair.direction, pair.subject, pair.peer, pair.local);
        let mut runs = Runs::new();
        for (atom, side) in sides.into_iter().enumerate() {
            match runs.last_mut() {
                Some((last, before)) if *before == side => *last = atom,
                _ => runs.push((atom, side)),
            }
        }
        let runs = Rc::new(runs);
        known.insert(pair, Rc::clone(&runs));
        runs
    }

    fn side(&self, pair: Pair, atom: usize) -> Option<Side> {
        let runs = self.runs(pair);
        let at = runs.partition_point(|(last, _)| *last < atom);
        runs.get(at).map(|(_, side)| *side)
    }

    /// What two classes may send each other, in the order of the atoms: verdicts of whole runs of
    /// ports. `here` says by [`Direction::index`] whether the peer is the subject's own node.
    pub fn between(&self, source: ClassId, destination: ClassId, here: [Tri; 2]) -> Vec<Judged> {
        let [local, away] = here;
        let ingress = self.runs(Pair {
            direction: Direction::Ingress,
            subject: destination,
            peer: source,
            local,
        });
        let egress = self.runs(Pair {
            direction: Direction::Egress,
            subject: source,
            peer: destination,
            local: away,
        });
        let (mut left, mut right) = (ingress.iter().peekable(), egress.iter().peekable());
        let mut first = 0;
        let mut judged = Vec::new();
        while let (Some((end_in, side_in)), Some((end_out, side_out))) = (left.peek(), right.peek())
        {
            let last = *end_in.min(end_out);
            judged.push(Judged {
                atoms: (first, last),
                decision: Decision::new(*side_in, *side_out),
            });
            first = last + 1;
            if *end_in == last {
                left.next();
            }
            if right.peek().is_some_and(|(end, _)| *end == last) {
                right.next();
            }
        }
        judged
    }
}

/// A run of atoms with one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The first and the last atom.
    pub atoms: (usize, usize),
    /// What becomes of their packets.
    pub decision: Decision,
}

impl Judge for ModelJudge<'_> {
    fn judge(&self, flow: &Flow) -> Option<Decision> {
        if is_self(self.cluster, flow) {
            let own = Side::allow(RuleId::SELF);
            return Some(Decision::new(own, own));
        }
        let source = self.matrix.class_of(flow.source)?;
        let destination = self.matrix.class_of(flow.destination)?;
        let atom = self.matrix.atoms().index(flow.protocol, flow.port)?;
        let ingress = Pair {
            direction: Direction::Ingress,
            subject: destination,
            peer: source,
            local: on_local_node(self.cluster, flow.destination, flow.source),
        };
        let egress = Pair {
            direction: Direction::Egress,
            subject: source,
            peer: destination,
            local: on_local_node(self.cluster, flow.source, flow.destination),
        };
        Some(Decision::new(
            self.side(ingress, atom)?,
            self.side(egress, atom)?,
        ))
    }
}

/// Verdicts on a run of ports between two parties: one entry per change, in order.
pub fn over_ports(
    judge: &dyn Judge,
    matrix: &Matrix<'_>,
    (source, destination): (Party, Party),
    (protocol, first, last): (Protocol, u16, u16),
) -> Vec<(u16, u16, Decision)> {
    let mut found: Vec<(u16, u16, Decision)> = Vec::new();
    let atoms = matrix.atoms();
    let start = atoms.index(protocol, first).unwrap_or(atoms.len());
    let touched = (atoms.iter().skip(start))
        .take_while(|atom| atom.protocol == protocol && atom.first <= last);
    for atom in touched {
        let (first, last) = (atom.first.max(first), atom.last.min(last));
        let flow = Flow {
            source,
            destination,
            protocol,
            port: first,
        };
        let Some(decision) = judge.judge(&flow) else {
            continue;
        };
        match found.last_mut() {
            Some((_, end, before)) if *before == decision => *end = last,
            _ => found.push((first, last, decision)),
        }
    }
    found
}

/// The verdict on many: the common one, else `None`.
pub fn common(verdicts: impl IntoIterator<Item = Verdict>) -> Option<Verdict> {
    let mut verdicts = verdicts.into_iter();
    let first = verdicts.next()?;
    verdicts.all(|v| v == first).then_some(first)
}
