//! Who gives the verdicts.

use netpol_policy::matrix::{ClassId, Sides};
use netpol_policy::{
    Cluster, Decision, Direction, Flow, Matrix, Party, Protocol, RuleId, Side, Tri, Verdict,
    is_self, on_local_node,
};

/// Something that judges packets: the model, or what was compiled from it. Several threads may ask
/// it at the same time.
pub trait Judge: Sync {
    /// The verdict on one packet; `None` for parties that it does not know, and for ports that the
    /// protocol does not have.
    fn judge(&self, flow: &Flow) -> Option<Decision>;
}

/// Judges by the model: every subject's row is worked out once, when it is asked for.
#[derive(Debug)]
pub struct ModelJudge<'a> {
    matrix: &'a Matrix<'a>,
    cluster: &'a Cluster,
}

impl<'a> ModelJudge<'a> {
    /// Judges by these classes; `cluster` is the one that they were made from.
    pub fn new(matrix: &'a Matrix<'a>, cluster: &'a Cluster) -> Self {
        Self { matrix, cluster }
    }

    /// What two classes may send each other, in the order of the atoms: verdicts of whole runs of
    /// ports. `here` says by [`Direction::index`] whether the peer is the subject's own node.
    pub fn between(&self, source: ClassId, destination: ClassId, here: [Tri; 2]) -> Vec<Judged> {
        let [local, away] = here;
        let says = |direction, subject, peer, local| {
            let sides = self.matrix.says(direction, subject, peer, local);
            sides.into_iter().flat_map(Sides::iter).peekable()
        };
        let mut left = says(Direction::Ingress, destination, source, local);
        let mut right = says(Direction::Egress, source, destination, away);
        let mut first = 0;
        let mut judged = Vec::new();
        while let (Some((run_in, side_in)), Some((run_out, side_out))) = (left.peek(), right.peek())
        {
            let end = run_in.end.min(run_out.end);
            judged.push(Judged {
                atoms: (first, end.saturating_sub(1)),
                decision: Decision::new(*side_in, *side_out),
            });
            first = end;
            left.next_if(|(run, _)| run.end == end);
            right.next_if(|(run, _)| run.end == end);
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
        let side = |direction, subject: (Party, ClassId), peer: (Party, ClassId)| {
            let local = on_local_node(self.cluster, subject.0, peer.0);
            let sides = self.matrix.says(direction, subject.1, peer.1, local)?;
            sides.at(atom)
        };
        let (from, to) = ((flow.source, source), (flow.destination, destination));
        Some(Decision::new(
            side(Direction::Ingress, to, from)?,
            side(Direction::Egress, from, to)?,
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
