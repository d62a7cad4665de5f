//! Ports: from the atoms of the matrix and the ports of services to port classes and pages.

use super::LinkError;
use crate::layout::PAGE;
use netpol_policy::matrix::Atoms;
use netpol_policy::{Cluster, Protocol};
use std::collections::{BTreeSet, HashMap};

/// A run of ports that rules and services treat alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) protocol: Protocol,
    pub(super) first: u16,
    pub(super) last: u16,
    /// The place of the atom that it lies in.
    pub(super) atom: usize,
}

/// All pieces by protocol and port; they cover everything.
#[derive(Debug)]
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    /// The atoms, cut again around every port of a service.
    pub(super) fn new(atoms: &Atoms, cluster: &Cluster) -> Self {
        let mut cuts: BTreeSet<(Protocol, u32)> = BTreeSet::new();
        for service in cluster.services.iter().filter(|s| !s.addresses.is_empty()) {
            for port in &service.ports {
                cuts.insert((port.protocol, u32::from(port.port)));
                cuts.insert((port.protocol, u32::from(port.port) + 1));
            }
        }
        let mut pieces = Vec::with_capacity(atoms.len() + cuts.len());
        for (at, atom) in atoms.iter().enumerate() {
            let (low, high) = (u32::from(atom.first), u32::from(atom.last));
            let inside = cuts
                .range((atom.protocol, low + 1)..=(atom.protocol, high.max(low + 1)))
                .map(|(_, port)| *port)
                .filter(|port| *port <= high);
            let mut first = atom.first;
            for next in inside.filter_map(|port| u16::try_from(port).ok()) {
                pieces.push(Piece {
                    protocol: atom.protocol,
                    first,
                    last: next - 1,
                    atom: at,
                });
                first = next;
            }
            pieces.push(Piece {
                protocol: atom.protocol,
                first,
                last: atom.last,
                atom: at,
            });
        }
        Self(pieces)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.0.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<Piece> {
        self.0.get(place).copied()
    }

    /// The place of the piece that holds a port.
    pub(super) fn index(&self, protocol: Protocol, port: u16) -> Option<usize> {
        let after = self
            .0
            .partition_point(|p| (p.protocol, p.first) <= (protocol, port));
        let at = after.checked_sub(1)?;
        let piece = self.0.get(at)?;
        (piece.protocol == protocol && port <= piece.last).then_some(at)
    }
}

/// `port_index` and `port_pages`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pages {
    pub(super) index: Vec<u16>,
    pub(super) pages: Vec<Vec<u16>>,
}

impl Pages {
    /// Lays out the class of every port; `class_of` has one entry per piece.
    ///
    /// Ports that a protocol does not have (an ICMP type above 255) cannot occur in a packet; they
    /// repeat the protocol's first page.
    pub(super) fn new(pieces: &Pieces, class_of: &[u16]) -> Result<Self, LinkError> {
        let mut pages = Self::default();
        let mut known: HashMap<Vec<u16>, u16> = HashMap::new();
        for protocol in Protocol::ALL {
            let of_protocol = pieces.0.iter().zip(class_of);
            let ports: Vec<u16> = of_protocol
                .filter(|(piece, _)| piece.protocol == protocol)
                .flat_map(|(piece, class)| {
                    std::iter::repeat_n(*class, usize::from(piece.last - piece.first) + 1)
                })
                .collect();
            let page_len = PAGE as usize;
            let mut first = None;
            for page in 0..page_len {
                let number = match ports.chunks(page_len).nth(page) {
                    Some(chunk) => pages.page(chunk, &mut known)?,
                    None => first.unwrap_or_default(),
                };
                first.get_or_insert(number);
                pages.index.push(number);
            }
        }
        Ok(pages)
    }

    fn page(
        &mut self,
        chunk: &[u16],
        known: &mut HashMap<Vec<u16>, u16>,
    ) -> Result<u16, LinkError> {
        let mut page = chunk.to_vec();
        page.resize(PAGE as usize, chunk.first().copied().unwrap_or_default());
        if let Some(number) = known.get(&page) {
            return Ok(*number);
        }
        let number = u16::try_from(self.pages.len())
            .map_err(|_| LinkError::too_many("port pages", self.pages.len() + 1, 1 << 16))?;
        self.pages.push(page.clone());
        known.insert(page, number);
        Ok(number)
    }
}
