//! What every local endpoint may do with every peer, as vectors and rows.

use super::peers::Peers;
use super::ports::Pieces;
use super::slice::Slice;
use super::subject::{Columns, Findings, Subject, Verdicts};
use super::tables::Interner;
use super::{LinkNote, PerProtocol};
use crate::layout::{ALLOW, NEED_STATE, ROW_NODE};
use netpol_policy::matrix::ClassId;
use netpol_policy::{Cluster, Direction, Matrix};
use std::collections::{BTreeSet, HashMap};

/// One cell per column: verdict vector and attribution vector.
pub(super) type Row = Vec<(u32, u32)>;

/// All verdicts of a node.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Verdict words per piece.
    pub(super) vectors: Interner<Vec<u16>>,
    /// Rule numbers per piece.
    pub(super) attributions: Interner<Vec<u32>>,
    /// Distinct rows.
    pub(super) rows: Interner<Row>,
    /// Per local endpoint: the numbers of its ingress and egress row.
    pub(super) of_endpoint: Vec<[u32; 2]>,
}

/// Judges local endpoints.
pub(super) struct Judge<'a> {
    pub(super) matrix: &'a Matrix<'a>,
    pub(super) cluster: &'a Cluster,
    pub(super) slice: &'a Slice,
    pub(super) pieces: &'a Pieces,
    pub(super) peers: &'a Peers,
}

impl Judge<'_> {
    /// `local` are the places and classes of the endpoints that have rows.
    pub(super) fn judge(&self, local: &[(usize, ClassId)], notes: &mut Vec<LinkNote>) -> Judged {
        let mut judged = Judged::default();
        let mut findings = Findings::default();
        let nodes = self.node_columns();
        let mut of_class: HashMap<ClassId, [u32; 2]> = HashMap::new();
        for &(place, class) in local {
            let rows = of_class.entry(class).or_insert_with(|| {
                let verdicts = Direction::BOTH
                    .map(|d| Subject::new(self, (place, class), d, &mut findings).columns());
                let replies = Replies::new(&nodes, &verdicts);
                let [ingress, egress] = &verdicts;
                [
                    self.row(ingress, &replies, Direction::Ingress, &mut judged),
                    self.row(egress, &replies, Direction::Egress, &mut judged),
                ]
            });
            judged.of_endpoint.push(*rows);
        }
        findings.into_notes(notes);
        judged
    }

    /// The columns that addresses of nodes have.
    fn node_columns(&self) -> BTreeSet<usize> {
        let nodes = self.peers.known.iter().filter(|k| k.row == ROW_NODE);
        nodes
            .filter_map(|known| usize::try_from(known.column).ok())
            .collect()
    }

    fn row(
        &self,
        columns: &Columns,
        replies: &Replies<'_>,
        direction: Direction,
        judged: &mut Judged,
    ) -> u32 {
        // By what is said: the cells of each combination of stateless protocols, of which there
        // are few.
        let mut known: Vec<Vec<(PerProtocol, (u32, u32))>> = Vec::new();
        known.resize(columns.distinct.len(), Vec::new());
        let none = Verdicts::default();
        let mut row = Vec::with_capacity(columns.of_column.len());
        for (column, place) in columns.of_column.iter().enumerate() {
            let stateless = replies.whole(direction, column);
            let cells = known.get_mut(*place);
            let same = |cells: &&mut Vec<(PerProtocol, (u32, u32))>| {
                let cell = cells.iter().find(|(protocols, _)| *protocols == stateless);
                cell.map(|(_, cell)| *cell)
            };
            if let Some(cell) = cells.as_ref().and_then(same) {
                row.push(cell);
                continue;
            }
            let verdicts = columns.distinct.get(*place).unwrap_or(&none);
            let cell = (
                judged.vectors.number(self.words(verdicts, stateless)),
                judged.attributions.number(verdicts.rules.clone()),
            );
            if let Some(cells) = cells {
                cells.push((stateless, cell));
            }
            row.push(cell);
        }
        judged.rows.number(row)
    }

    /// Verdict words; `stateless` says by protocol whether every reply passes by itself.
    fn words(&self, verdicts: &Verdicts, stateless: PerProtocol) -> Vec<u16> {
        let pieces = self.pieces.iter();
        (verdicts.allow.iter().zip(pieces))
            .map(
                |(allow, piece)| match (allow, stateless.get(piece.protocol)) {
                    (false, _) => 0,
                    (true, true) => ALLOW,
                    (true, false) => ALLOW | NEED_STATE,
                },
            )
            .collect()
    }
}

/// Which protocols are allowed whole, so that replies need nothing remembered.
struct Replies<'a> {
    /// By direction.
    columns: &'a [Columns; 2],
    nodes: &'a BTreeSet<usize>,
    /// All node columns and class 0 together, by direction.
    any_node: [PerProtocol; 2],
}

impl<'a> Replies<'a> {
    fn new(nodes: &'a BTreeSet<usize>, columns: &'a [Columns; 2]) -> Self {
        let any_node = columns.each_ref().map(|columns| {
            nodes
                .iter()
                .chain(&[0])
                .fold(PerProtocol::ALL, |so_far, column| {
                    so_far.and(columns.get(*column).map(|v| v.whole).unwrap_or_default())
                })
        });
        Self {
            columns,
            nodes,
            any_node,
        }
    }

    /// Do replies to what `direction` allows pass by themselves, whatever their port?
    ///
    /// A forwarded packet with a node's address is judged as class 0 on its way to the pod, but its
    /// reply as one to the node, and the other way round: then all of these columns must allow.
    fn whole(&self, direction: Direction, column: usize) -> PerProtocol {
        let reverse = match direction {
            Direction::Ingress => Direction::Egress.index(),
            Direction::Egress => Direction::Ingress.index(),
        };
        let of_column = self.columns.get(reverse).and_then(|c| c.get(column));
        let of_column = of_column.map(|v| v.whole).unwrap_or_default();
        if column == 0 || self.nodes.contains(&column) {
            return of_column.and(self.any_node.get(reverse).copied().unwrap_or_default());
        }
        of_column
    }
}
