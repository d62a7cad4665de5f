//! Which pairs of classes let anything pass, without looking at every pair.
//!
//! Most subjects say the same to most peers. What a subject says to the many is set apart from its
//! exceptions: exceptions are looked at one by one, the many in bulk. So the work grows with what
//! passes, not with the square of the cluster.

use super::graph::Passes;
use super::ports::{self, PortRange};
use netpol_policy::matrix::{ClassId, Sides};
use netpol_policy::{Direction, Matrix, Tri, Verdict};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;

/// The number of what one side lets pass, whoever decides it.
type Opening = usize;

/// Nothing passes.
const CLOSED: Opening = 0;

/// Runs of atoms, each by one more than its last atom, and whether they pass.
type Atoms = Vec<(usize, Verdict)>;

/// What classes let pass.
pub(super) struct Openings<'m> {
    matrix: &'m Matrix<'m>,
    /// Classes from here on are addresses.
    border: ClassId,
    /// By class: is a member of it a pod? `None` for classes that nobody asks about.
    asked: Vec<Option<bool>>,
    /// The classes that are asked about, rising.
    classes: Vec<ClassId>,
    numbers: HashMap<Atoms, Opening>,
    distinct: Vec<Atoms>,
    /// By [`Direction::index`], then by [`Matrix::row_number`].
    rows: [HashMap<usize, Rc<Opened>>; 2],
    joined: HashMap<[Opening; 2], Rc<Passes>>,
}

/// A row, as far as it matters what passes.
struct Opened {
    /// All classes in order; runs end at the border.
    runs: Vec<(Range<ClassId>, Opening)>,
    /// What most classes below and above the border get.
    most: [Opening; 2],
}

impl<'m> Openings<'m> {
    /// `members` are the classes that are asked about, with whether a member is a pod, and whether
    /// it is an address at which nobody is.
    pub(super) fn new(
        matrix: &'m Matrix<'m>,
        members: impl Iterator<Item = (ClassId, bool, bool)>,
    ) -> Self {
        let mut asked: Vec<Option<bool>> = vec![None; matrix.class_count()];
        let mut border = 0;
        for (class, is_pod, is_address) in members {
            if let Some(known) = asked.get_mut(class) {
                *known = Some(known.unwrap_or_default() | is_pod);
            }
            if !is_address {
                border = border.max(class + 1);
            }
        }
        let classes = asked.iter().enumerate();
        let classes = classes.filter(|(_, asked)| asked.is_some());
        Self {
            matrix,
            border,
            classes: classes.map(|(class, _)| class).collect(),
            asked,
            numbers: HashMap::from([(Vec::new(), CLOSED)]),
            distinct: vec![Vec::new()],
            rows: [HashMap::new(), HashMap::new()],
            joined: HashMap::new(),
        }
    }

    /// The pairs of a source and a destination, one of them a pod, between which anything passes,
    /// or may; sorted. May hold a few pairs between which nothing does.
    pub(super) fn pairs(&mut self) -> Vec<(ClassId, ClassId)> {
        let mut pairs = Vec::new();
        for subject in self.classes.clone() {
            for direction in Direction::BOTH {
                self.exceptions(direction, subject, &mut pairs);
            }
        }
        let [ingress, egress] = Direction::BOTH.map(|direction| self.alike(direction));
        for ((from_region, from_pod, says), sources) in &egress {
            for ((to_region, to_pod, hears), destinations) in &ingress {
                let both = [hears.get(*from_region), says.get(*to_region)];
                let [Some(inward), Some(outward)] = both else {
                    continue;
                };
                if !(*from_pod || *to_pod) || self.join([*inward, *outward]).is_nothing() {
                    continue;
                }
                for source in sources {
                    pairs.extend(destinations.iter().map(|to| (*source, *to)));
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// What passes between two classes.
    pub(super) fn passes(&mut self, source: ClassId, destination: ClassId) -> Rc<Passes> {
        let inward = self.opening(Direction::Ingress, destination, source);
        let outward = self.opening(Direction::Egress, source, destination);
        self.join([inward, outward])
    }

    /// The pairs in which the subject does not say what it says to most.
    fn exceptions(
        &mut self,
        direction: Direction,
        subject: ClassId,
        pairs: &mut Vec<(ClassId, ClassId)>,
    ) {
        let row = self.opened(direction, subject);
        let is_pod = |asked: &Vec<Option<bool>>, class: ClassId| {
            asked.get(class).copied().flatten().unwrap_or_default()
        };
        let subject_is_pod = is_pod(&self.asked, subject);
        for (peers, opening) in &row.runs {
            let most = row.most.get(self.region(peers.start));
            if *opening == CLOSED || most == Some(opening) {
                continue;
            }
            let from = self.classes.partition_point(|class| *class < peers.start);
            let to = self.classes.partition_point(|class| *class < peers.end);
            for at in from..to {
                let Some(&peer) = self.classes.get(at) else {
                    continue;
                };
                if !subject_is_pod && !is_pod(&self.asked, peer) {
                    continue;
                }
                let other = self.opening(opposite(direction), peer, subject);
                let (pair, both) = match direction {
                    Direction::Ingress => ((peer, subject), [*opening, other]),
                    Direction::Egress => ((subject, peer), [other, *opening]),
                };
                if !self.join(both).is_nothing() {
                    pairs.push(pair);
                }
            }
        }
    }

    /// The classes that say the same to most, by region and by whether they are pods.
    fn alike(
        &mut self,
        direction: Direction,
    ) -> BTreeMap<(usize, bool, [Opening; 2]), Vec<ClassId>> {
        let mut found: BTreeMap<_, Vec<ClassId>> = BTreeMap::new();
        for class in self.classes.clone() {
            let row = self.opened(direction, class);
            let is_pod = self.asked.get(class).copied().flatten().unwrap_or_default();
            let key = (self.region(class), is_pod, row.most);
            found.entry(key).or_default().push(class);
        }
        found
    }

    /// 0 for pods and hosts, 1 for addresses.
    fn region(&self, class: ClassId) -> usize {
        usize::from(class >= self.border)
    }

    fn opening(&mut self, direction: Direction, subject: ClassId, peer: ClassId) -> Opening {
        let row = self.opened(direction, subject);
        let after = row.runs.partition_point(|(run, _)| run.start <= peer);
        let run = after.checked_sub(1).and_then(|at| row.runs.get(at));
        run.map_or(CLOSED, |(_, opening)| *opening)
    }

    fn opened(&mut self, direction: Direction, subject: ClassId) -> Rc<Opened> {
        let number = self
            .matrix
            .row_number(direction, subject)
            .unwrap_or_default();
        if let Some(known) = self
            .rows
            .get(direction.index())
            .and_then(|r| r.get(&number))
        {
            return Rc::clone(known);
        }
        let opened = Rc::new(self.open(direction, subject));
        if let Some(rows) = self.rows.get_mut(direction.index()) {
            rows.insert(number, Rc::clone(&opened));
        }
        opened
    }

    fn open(&mut self, direction: Direction, subject: ClassId) -> Opened {
        let matrix = self.matrix;
        let mut runs: Vec<(Range<ClassId>, Opening)> = Vec::new();
        let Some(row) = matrix.row(direction, subject) else {
            return Opened {
                runs,
                most: [CLOSED; 2],
            };
        };
        let mut of_group: Vec<Option<Opening>> = vec![None; row.group_count()];
        for (run, group) in row.runs() {
            let known = of_group.get(group).copied().flatten();
            let opening = known.unwrap_or_else(|| {
                let sides = row.says(matrix, group, Tri::No);
                sides.map_or(CLOSED, |sides| self.number(sides))
            });
            if let Some(of_group) = of_group.get_mut(group) {
                *of_group = Some(opening);
            }
            let middle = self.border.clamp(run.start, run.end);
            for part in [run.start..middle, middle..run.end] {
                match runs.last_mut() {
                    _ if part.is_empty() => {}
                    Some((before, same)) if *same == opening && part.start != self.border => {
                        before.end = part.end;
                    }
                    _ => runs.push((part, opening)),
                }
            }
        }
        let most = [0, 1].map(|region| self.most(&runs, region));
        Opened { runs, most }
    }

    /// What most classes of a region get.
    fn most(&self, runs: &[(Range<ClassId>, Opening)], region: usize) -> Opening {
        let mut counts: BTreeMap<Opening, usize> = BTreeMap::new();
        for (run, opening) in runs
            .iter()
            .filter(|(run, _)| self.region(run.start) == region)
        {
            *counts.entry(*opening).or_default() += run.len();
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.map_or(CLOSED, |(opening, _)| opening)
    }

    fn number(&mut self, sides: &Sides) -> Opening {
        let mut atoms = Atoms::new();
        for (run, side) in sides.iter() {
            match atoms.last_mut() {
                Some((end, same)) if *same == side.verdict => *end = run.end,
                _ => atoms.push((run.end, side.verdict)),
            }
        }
        if atoms.iter().all(|(_, verdict)| *verdict == Verdict::Deny) {
            atoms.clear();
        }
        if let Some(known) = self.numbers.get(&atoms) {
            return *known;
        }
        self.distinct.push(atoms.clone());
        self.numbers.insert(atoms, self.distinct.len() - 1);
        self.distinct.len() - 1
    }

    /// What both sides let pass, at ingress and at egress.
    fn join(&mut self, both: [Opening; 2]) -> Rc<Passes> {
        if let Some(known) = self.joined.get(&both) {
            return Rc::clone(known);
        }
        let none = Atoms::new();
        let [inward, outward] = both.map(|opening| self.distinct.get(opening).unwrap_or(&none));
        let mut passes = Passes::default();
        let (mut left, mut right) = (inward.iter().peekable(), outward.iter().peekable());
        let mut first = 0;
        while let (Some((end_in, of_in)), Some((end_out, of_out))) = (left.peek(), right.peek()) {
            let end = *end_in.min(end_out);
            let into = match (of_in, of_out) {
                (Verdict::Deny, _) | (_, Verdict::Deny) => None,
                (Verdict::Allow, Verdict::Allow) => Some(&mut passes.allowed),
                _ => Some(&mut passes.unknown),
            };
            if let Some(into) = into {
                let atoms = (first..end).filter_map(|at| self.matrix.atoms().get(at));
                for atom in atoms {
                    ports::push(into, PortRange::new(atom.protocol, atom.first, atom.last));
                }
            }
            first = end;
            left.next_if(|(at, _)| *at == end);
            right.next_if(|(at, _)| *at == end);
        }
        let passes = Rc::new(passes);
        self.joined.insert(both, Rc::clone(&passes));
        passes
    }
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    }
}
