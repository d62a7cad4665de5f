//! All peers of one subject: which of them it treats alike, and what it says about those.

use super::Matrix;
use super::classes::ClassId;
use super::forest::Code;
use super::matched::{CERTAIN, Match, decoded};
use super::paint::{Canvas, Coat};
use super::script::{Asked, Covered, Script, Step};
use crate::verdict::UnknownCause;
use crate::{ContainerPort, Direction, Entity, Side, Tri};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

/// The number of a group of peers within one [`Row`].
pub type GroupId = usize;

/// One direction of one subject. Peers of one group get the same answers; most subjects have few
/// groups, and neighbouring classes of a group are one run.
#[derive(Debug)]
pub struct Row {
    script: Script,
    /// The first class of each run and its group, rising; the first run begins at class 0.
    runs: Vec<(ClassId, GroupId)>,
    classes: usize,
    groups: Vec<Group>,
}

/// What one side says about the ports of a peer: runs of atoms, in order and without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sides(Vec<(usize, Side)>);

/// Peers that nothing the subject asks about tells apart.
#[derive(Debug)]
struct Group {
    /// How surely they are each of [`Script::peers`].
    codes: Box<[Code]>,
    /// The place of their port names, where those matter.
    names: usize,
    /// By [`Tri`] of being the subject's own node, once somebody asks.
    sides: [OnceLock<Sides>; 3],
}

impl Sides {
    /// The runs: first atom, one more than the last atom, and what is said about them.
    pub fn iter(&self) -> impl Iterator<Item = (Range<usize>, Side)> {
        let mut first = 0;
        self.0.iter().map(move |(end, side)| {
            let run = first..*end;
            first = *end;
            (run, *side)
        })
    }

    /// What is said about an atom.
    pub fn at(&self, atom: usize) -> Option<Side> {
        let at = self.0.partition_point(|(end, _)| *end <= atom);
        self.0.get(at).map(|(_, side)| *side)
    }
}

impl Row {
    pub(super) fn new(matrix: &Matrix<'_>, script: Script) -> Self {
        let mut sweep = Sweep {
            matrix,
            known: HashMap::new(),
            row: Self {
                script,
                runs: Vec::new(),
                classes: matrix.class_count(),
                groups: Vec::new(),
            },
        };
        sweep.run();
        sweep.row
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The group of a peer.
    pub fn group(&self, peer: ClassId) -> Option<GroupId> {
        if peer >= self.classes {
            return None;
        }
        let after = self.runs.partition_point(|(first, _)| *first <= peer);
        let (_, group) = self.runs.get(after.checked_sub(1)?)?;
        Some(*group)
    }

    /// All classes in order, as runs of one group.
    pub fn runs(&self) -> impl Iterator<Item = (Range<ClassId>, GroupId)> {
        let ends = self.runs.iter().skip(1).map(|(first, _)| *first);
        let ends = ends.chain(std::iter::once(self.classes));
        self.runs
            .iter()
            .zip(ends)
            .map(|((first, group), end)| (*first..end, *group))
    }

    /// What is said about the members of a group. `local` says whether the peer is the subject's
    /// own node ([`crate::on_local_node`]); self traffic is the caller's to except.
    pub fn says(&self, matrix: &Matrix<'_>, group: GroupId, local: Tri) -> Option<&Sides> {
        let group = self.groups.get(group)?;
        let at = match local {
            Tri::No => 0,
            Tri::Unknown => 1,
            Tri::Yes => 2,
        };
        let sides = group.sides.get(at)?;
        Some(sides.get_or_init(|| self.paint(matrix, group, local)))
    }

    fn paint(&self, matrix: &Matrix<'_>, group: &Group, local: Tri) -> Sides {
        let names = matrix.classes.names(group.names);
        let mut laid = Vec::with_capacity(self.script.steps.len());
        for step in &self.script.steps {
            let Step::Rule(asked) = step else {
                laid.push((step, None));
                continue;
            };
            let matched = self.matched(asked, group, local);
            if matched.0.possible() {
                laid.push((step, Some((matched, asked.atoms(matrix, names)))));
            }
        }
        let end = matrix.atoms.len();
        let mut cuts: Vec<usize> = laid
            .iter()
            .filter_map(|(_, rule)| rule.as_ref()?.1.as_deref())
            .flatten()
            .flat_map(|range| [range.start, range.end])
            .chain([0, end])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut canvas = Canvas::new(cuts.len() - 1);
        if self.script.direction == Direction::Ingress && !self.script.host && is_enforced(matrix) {
            canvas.local_node(local);
        }
        let cell = |atom: usize| cuts.partition_point(|cut| *cut < atom);
        for (step, rule) in laid {
            match (step, rule) {
                (Step::Rule(asked), Some((matched, atoms))) => {
                    let whole = atoms.is_none().then_some(0..end);
                    for range in atoms.as_deref().unwrap_or_default().iter().chain(&whole) {
                        asked.lay(&mut canvas, cell(range.start)..cell(range.end), matched);
                    }
                }
                (Step::Isolation(id, selected), _) => {
                    canvas.fill(crate::Verdict::Deny, *id, *selected);
                }
                (Step::EndOfTier, _) => canvas.leave_tier(),
                (Step::Rule(_), None) => {}
            }
        }
        let mut runs: Vec<(usize, Side)> = Vec::new();
        for (side, end) in canvas.finish().into_iter().zip(cuts.iter().skip(1)) {
            match runs.last_mut() {
                Some((before, same)) if *same == side => *before = *end,
                _ => runs.push((*end, side)),
            }
        }
        Sides(runs)
    }

    /// Does a rule speak of the members of a group?
    fn matched(&self, asked: &Asked, group: &Group, local: Tri) -> Match {
        let Some(peers) = &asked.peers else {
            return asked.selected;
        };
        let mut best = (Tri::No, UnknownCause::NoAddress);
        for at in peers {
            let code = group.codes.get(*at).copied().unwrap_or_default();
            let (mut matched, mut cause) = decoded(code);
            let entity = self.script.peers.get(*at).and_then(|asking| asking.local);
            if let Some(entity) = entity {
                let here = if entity == Entity::Host {
                    local
                } else {
                    local.not()
                };
                matched = matched.and(here);
                cause = UnknownCause::NoNode;
            }
            if matched > best.0 {
                best = (matched, cause);
            }
        }
        if asked.selected.0 < best.0 {
            asked.selected
        } else {
            best
        }
    }
}

fn is_enforced(matrix: &Matrix<'_>) -> bool {
    matrix.policies.options().enforced
}

impl Asked {
    /// The runs of atoms that it covers at a destination with these named ports; `None` for all.
    fn atoms(
        &self,
        matrix: &Matrix<'_>,
        names: &[ContainerPort],
    ) -> Option<Cow<'_, [Range<usize>]>> {
        match &self.covered {
            Covered::Everything => None,
            Covered::These(ranges) => Some(Cow::Borrowed(ranges.as_slice())),
            Covered::ByName(policy, rule) => {
                let policy = matrix.policies.policies().get(*policy);
                let ports = policy.and_then(|p| p.rules.get(*rule)?.ports.as_deref());
                Some(Cow::Owned(
                    matrix.atoms.cover(ports.unwrap_or_default(), names),
                ))
            }
        }
    }

    fn lay(&self, canvas: &mut Canvas, range: Range<usize>, matched: Match) {
        match self.verdict {
            None => canvas.pass(range, matched.0),
            Some(verdict) => canvas.paint(
                range,
                Coat {
                    verdict,
                    rule: self.id,
                    matched,
                    condition: self.condition,
                },
            ),
        }
    }
}

/// Goes through the classes once, from change to change.
struct Sweep<'m, 'a> {
    matrix: &'m Matrix<'a>,
    known: HashMap<(Box<[Code]>, usize), GroupId>,
    row: Row,
}

impl Sweep<'_, '_> {
    fn run(&mut self) {
        let mut changes = Vec::new();
        for (at, asking) in self.row.script.peers.iter().enumerate() {
            for stretch in self.matrix.classes.matching(asking.place) {
                changes.push((stretch.first, at, stretch.code));
                changes.push((stretch.end, at, 0));
            }
        }
        // Where one stretch ends and the next begins, the beginning has the last word.
        changes.sort_unstable();
        let mut codes = vec![0; self.row.script.peers.len()];
        let mut first = 0;
        for (class, at, code) in changes {
            if class > first {
                self.stretch(first..class, &codes);
                first = class;
            }
            if let Some(of_peer) = codes.get_mut(at) {
                *of_peer = code;
            }
        }
        let end = self.row.classes;
        if first < end {
            self.stretch(first..end, &codes);
        }
    }

    /// Classes that all peers match alike, told apart by their port names where those matter.
    fn stretch(&mut self, classes: Range<ClassId>, codes: &[Code]) {
        if !self.asks_for_names(codes) {
            return self.push(classes.start, codes, 0);
        }
        let matrix = self.matrix;
        let mut next = classes.start;
        for (class, names) in matrix.classes.named_in(&classes) {
            if *class > next {
                self.push(next, codes, 0);
            }
            self.push(*class, codes, *names);
            next = class + 1;
        }
        if next < classes.end {
            self.push(next, codes, 0);
        }
    }

    fn asks_for_names(&self, codes: &[Code]) -> bool {
        let speaks = |asked: &Asked| {
            let one = |at: &usize| codes.get(*at).is_some_and(|code| *code >= CERTAIN);
            asked
                .peers
                .as_ref()
                .is_none_or(|peers| peers.iter().any(one))
        };
        self.row.script.steps.iter().any(|step| match step {
            Step::Rule(asked) => matches!(asked.covered, Covered::ByName(..)) && speaks(asked),
            _ => false,
        })
    }

    fn push(&mut self, first: ClassId, codes: &[Code], names: usize) {
        let groups = &mut self.row.groups;
        let key = (Box::from(codes), names);
        let group = if let Some(known) = self.known.get(&key) {
            *known
        } else {
            groups.push(Group {
                codes: key.0.clone(),
                names,
                sides: Default::default(),
            });
            self.known.insert(key, groups.len() - 1);
            groups.len() - 1
        };
        if self
            .row
            .runs
            .last()
            .is_none_or(|(_, before)| *before != group)
        {
            self.row.runs.push((first, group));
        }
    }
}
