//! One direction of one subject class on its way through all columns.

use super::judge::Judge;
use super::note::{Open, UnknownExample};
use super::peers::{Backend, Column};
use super::ports::{Piece, Pieces};
use super::{LinkNote, MAX_EXAMPLES, MAX_NOTES, PerProtocol, party_name};
use netpol_policy::matrix::{ClassId, Row, Sides};
use netpol_policy::{Direction, Endpoint, Side, Tri, Verdict};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// What one side says, per piece, after lowering.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdicts {
    pub(super) allow: Vec<bool>,
    pub(super) rules: Vec<u32>,
    /// Is every port of a protocol allowed?
    pub(super) whole: PerProtocol,
}

impl Verdicts {
    fn summarize(mut self, pieces: &Pieces) -> Self {
        let mut whole = PerProtocol::ALL;
        for (allow, piece) in self.allow.iter().zip(pieces.iter()) {
            if !allow {
                whole.clear(piece.protocol);
            }
        }
        self.whole = whole;
        self
    }

    fn at(&self, piece: usize) -> Option<(bool, u32)> {
        Some((*self.allow.get(piece)?, *self.rules.get(piece)?))
    }

    fn set(&mut self, piece: usize, (allow, rule): (bool, u32)) {
        if let (Some(a), Some(r)) = (self.allow.get_mut(piece), self.rules.get_mut(piece)) {
            *a = allow;
            *r = rule;
        }
    }
}

/// One direction of one subject.
pub(super) struct Columns {
    pub(super) distinct: Vec<Verdicts>,
    /// Per column: a place in `distinct`.
    pub(super) of_column: Vec<usize>,
}

impl Columns {
    /// What is said about a column.
    pub(super) fn get(&self, column: usize) -> Option<&Verdicts> {
        self.distinct.get(*self.of_column.get(column)?)
    }
}

/// What is to be said, gathered over all subjects.
#[derive(Default)]
pub(super) struct Findings {
    unknown: usize,
    examples: Vec<UnknownExample>,
    mixed: Vec<LinkNote>,
    mixed_seen: BTreeSet<(IpAddr, usize)>,
}

impl Findings {
    pub(super) fn into_notes(self, notes: &mut Vec<LinkNote>) {
        if self.unknown > 0 {
            notes.push(LinkNote::Unknown {
                count: self.unknown,
                examples: self.examples,
            });
        }
        notes.extend(self.mixed);
    }
}

/// Decides one direction of one subject class.
pub(super) struct Subject<'j, 'f> {
    judge: &'j Judge<'j>,
    /// Some endpoint of the class.
    place: usize,
    class: ClassId,
    direction: Direction,
    row: Option<&'j Row>,
    /// Everything that was worked out so far.
    distinct: Vec<Verdicts>,
    /// By the group of the peer in `row`, and whether it is this node.
    of_group: HashMap<(Option<usize>, Tri), usize>,
    of_service: HashMap<(usize, u32), usize>,
    findings: &'f mut Findings,
}

impl<'j, 'f> Subject<'j, 'f> {
    pub(super) fn new(
        judge: &'j Judge<'j>,
        (place, class): (usize, ClassId),
        direction: Direction,
        findings: &'f mut Findings,
    ) -> Self {
        Self {
            judge,
            place,
            class,
            direction,
            row: judge.matrix.row(direction, class),
            distinct: Vec::new(),
            of_group: HashMap::new(),
            of_service: HashMap::new(),
            findings,
        }
    }

    /// What is said, each once, and per column the place of what is said about it.
    pub(super) fn columns(mut self) -> Columns {
        let columns = &self.judge.peers.columns;
        let of_column = columns.iter().map(|column| self.column(*column)).collect();
        Columns {
            distinct: self.distinct,
            of_column,
        }
    }

    fn column(&mut self, column: Column) -> usize {
        let plain = self.base(column.base, column.local);
        match (self.direction, column.service) {
            (Direction::Ingress, _) | (Direction::Egress, None) => plain,
            (Direction::Egress, Some(service)) => {
                if let Some(known) = self.of_service.get(&(plain, service)) {
                    return *known;
                }
                let verdicts = self.service(plain, service);
                self.distinct.push(verdicts);
                let place = self.distinct.len() - 1;
                self.of_service.insert((plain, service), place);
                place
            }
        }
    }

    fn base(&mut self, peer: ClassId, local: Tri) -> usize {
        let group = (self.row.and_then(|row| row.group(peer)), local);
        if let Some(known) = self.of_group.get(&group) {
            return *known;
        }
        let verdicts = self.lower(peer, local);
        self.distinct.push(verdicts);
        let place = self.distinct.len() - 1;
        self.of_group.insert(group, place);
        place
    }

    /// What is said about a peer at one piece.
    fn at(&mut self, peer: ClassId, local: Tri, piece: usize) -> Option<(bool, u32)> {
        let place = self.base(peer, local);
        self.distinct.get(place)?.at(piece)
    }

    /// What the policies say about a peer, lowered: what the input does not decide is denied.
    fn lower(&mut self, peer: ClassId, local: Tri) -> Verdicts {
        let judge = self.judge;
        let sides = judge.matrix.says(self.direction, self.class, peer, local);
        let mut sides = sides.into_iter().flat_map(Sides::iter).peekable();
        let mut verdicts = Verdicts::default();
        for piece in judge.pieces.iter() {
            while sides.next_if(|(run, _)| run.end <= piece.atom).is_some() {}
            // The matrix answers for every atom; nothing is allowed should one be missing.
            let missing = Side::deny(crate::reason::NO_IMAGE);
            let side = sides.peek().map_or(missing, |(_, side)| *side);
            // The kernel reads no requests and asks nobody to authenticate (S-CONDITION).
            let open = match (side.cause, side.condition) {
                (Some(cause), _) => Some(Open::Unknown(cause)),
                (None, Some(condition)) => Some(Open::Condition(condition)),
                (None, None) => None,
            };
            if let Some(open) = open {
                self.note_open(peer, *piece, side, open);
            }
            verdicts
                .allow
                .push(side.verdict == Verdict::Allow && open.is_none());
            verdicts.rules.push(judge.slice.whole_id(side.rule).0);
        }
        verdicts.summarize(judge.pieces)
    }

    /// A service address: a port that leads to backends is allowed when every backend is; the rule
    /// is that of the first backend which denies, else of the first one. All other ports are those
    /// of the address itself.
    ///
    /// A backend that is the subject itself is judged like any other: what it sends to the service
    /// address may come back from another node with another source.
    fn service(&mut self, plain: usize, service: u32) -> Verdicts {
        let mut verdicts = self.distinct.get(plain).cloned().unwrap_or_default();
        let judge = self.judge;
        let found = usize::try_from(service).ok();
        let found = found.and_then(|place| judge.peers.services.get(place));
        let Some((lead, exemplar)) = found else {
            return verdicts;
        };
        for (piece, backends) in lead {
            let mut says = Vec::with_capacity(backends.len());
            for (class, local, target) in backends {
                says.extend(self.at(*class, *local, *target));
            }
            let denied = says.iter().find(|(allow, _)| !allow);
            if denied.is_some() && says.iter().any(|(allow, _)| *allow) {
                let backends = exemplar.ports.get(piece);
                let backends = backends.map(Vec::as_slice).unwrap_or_default();
                self.note_mixed(exemplar.address, *piece, backends);
            }
            if let Some(says) = denied.or(says.first()) {
                verdicts.set(*piece, *says);
            }
        }
        verdicts.summarize(judge.pieces)
    }

    fn endpoint_name(&self) -> String {
        let endpoint = self.judge.cluster.endpoints.get(self.place);
        endpoint.map(Endpoint::display_name).unwrap_or_default()
    }

    fn note_open(&mut self, peer: ClassId, piece: Piece, side: Side, open: Open) {
        self.findings.unknown += 1;
        let party = self.judge.matrix.representative(peer);
        if let Some(party) = party
            && self.findings.examples.len() < MAX_EXAMPLES
        {
            let example = UnknownExample {
                endpoint: self.endpoint_name(),
                direction: self.direction,
                peer: party_name(self.judge.cluster, party),
                protocol: piece.protocol,
                first: piece.first,
                last: piece.last,
                open,
                rule: self.judge.slice.whole_id(side.rule),
            };
            self.findings.examples.push(example);
        }
    }

    fn note_mixed(&mut self, address: IpAddr, piece: usize, backends: &[Backend]) {
        let Some(port) = self.judge.pieces.get(piece) else {
            return;
        };
        if self.findings.mixed.len() >= MAX_NOTES
            || !self.findings.mixed_seen.insert((address, piece))
        {
            return;
        }
        let (mut allowed, mut denied) = (Vec::new(), Vec::new());
        for backend in backends {
            match self.at(backend.class, backend.local, backend.target) {
                Some((true, _)) => allowed.push((backend.address, backend.port)),
                _ => denied.push((backend.address, backend.port)),
            }
        }
        let note = LinkNote::MixedService {
            address,
            protocol: port.protocol,
            port: port.first,
            endpoint: self.endpoint_name(),
            allowed,
            denied,
        };
        self.findings.mixed.push(note);
    }
}
