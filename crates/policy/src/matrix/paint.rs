//! Rules are laid over the atoms in the order of asking; the first certain one closes an atom.

use crate::verdict::UnknownCause;
use crate::{Condition, RuleId, Side, Tri, Verdict};
use std::ops::Range;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Rules of the current tier still count.
    #[default]
    Open,
    /// Left the current tier by Pass; open again in the next one.
    Left,
    /// Decided.
    Closed,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    state: State,
    /// A Pass may have matched, so that a decision of this tier is not final.
    may_leave: bool,
    first: Option<(Verdict, RuleId)>,
    certain: Option<RuleId>,
    open: Option<(RuleId, UnknownCause)>,
    mixed: bool,
    condition: Option<Condition>,
}

/// A rule that is laid over some atoms.
#[derive(Clone, Copy)]
pub(super) struct Coat {
    pub(super) verdict: Verdict,
    pub(super) rule: RuleId,
    pub(super) matched: (Tri, UnknownCause),
    pub(super) condition: Option<Condition>,
}

impl Cell {
    fn add(&mut self, coat: Coat) {
        let Coat { verdict, rule, .. } = coat;
        let (matched, cause) = coat.matched;
        if self.state != State::Open {
            return;
        }
        if verdict == Verdict::Allow {
            self.condition = self.condition.or(coat.condition);
        }
        match self.first {
            None => self.first = Some((verdict, rule)),
            Some((before, _)) => self.mixed |= before != verdict,
        }
        if matched == Tri::Yes {
            self.certain.get_or_insert(rule);
            self.state = if self.may_leave {
                State::Left
            } else {
                State::Closed
            };
        } else {
            self.open.get_or_insert((rule, cause));
        }
    }

    fn side(&self) -> Side {
        let Some((verdict, rule)) = self.first else {
            return Side::allow(RuleId::NOT_ISOLATED);
        };
        if self.mixed {
            let (rule, cause) = self.open.unwrap_or((rule, UnknownCause::NamespaceLabels));
            return Side::unknown(rule, cause);
        }
        Side {
            verdict,
            rule: self.certain.unwrap_or(rule),
            cause: None,
            condition: self.condition,
        }
    }
}

/// One cell per atom.
pub(super) struct Canvas(Vec<Cell>);

impl Canvas {
    pub(super) fn new(atoms: usize) -> Self {
        Self(vec![Cell::default(); atoms])
    }

    /// The peer is, or may be, the subject's own node.
    pub(super) fn local_node(&mut self, local: Tri) {
        if local.possible() {
            self.fill(
                Verdict::Allow,
                RuleId::LOCAL_NODE,
                (local, UnknownCause::NoNode),
            );
        }
    }

    pub(super) fn fill(&mut self, verdict: Verdict, rule: RuleId, matched: (Tri, UnknownCause)) {
        let coat = Coat {
            verdict,
            rule,
            matched,
            condition: None,
        };
        self.paint(0..self.0.len(), coat);
    }

    pub(super) fn paint(&mut self, range: Range<usize>, coat: Coat) {
        if coat.matched.0.possible() {
            for cell in self.0.get_mut(range).unwrap_or_default() {
                cell.add(coat);
            }
        }
    }

    pub(super) fn pass(&mut self, range: Range<usize>, matched: Tri) {
        for cell in self.0.get_mut(range).unwrap_or_default() {
            match (cell.state, matched) {
                (State::Open, Tri::Yes) => cell.state = State::Left,
                (State::Open, Tri::Unknown) => cell.may_leave = true,
                _ => {}
            }
        }
    }

    pub(super) fn leave_tier(&mut self) {
        for cell in &mut self.0 {
            cell.may_leave = false;
            if cell.state == State::Left {
                cell.state = State::Open;
            }
        }
    }

    /// Atoms that nothing decided are allowed: nobody isolates.
    pub(super) fn finish(mut self) -> Vec<Side> {
        let certain = (Tri::Yes, UnknownCause::NoAddress);
        self.fill(Verdict::Allow, RuleId::NOT_ISOLATED, certain);
        self.0.iter().map(Cell::side).collect()
    }
}
