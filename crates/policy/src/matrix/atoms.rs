//! Ports cut into the largest pieces that no rule separates.

use super::classes::Classes;
use crate::{ContainerPort, PolicySet, PortMatch, Protocol};
use std::collections::BTreeSet;
use std::ops::Range;

/// A run of ports of one protocol that every rule treats alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atom {
    /// The protocol.
    pub protocol: Protocol,
    /// First port, inclusive.
    pub first: u16,
    /// Last port, inclusive.
    pub last: u16,
}

/// All atoms, by protocol and port: they cover everything and do not overlap.
#[derive(Debug, Clone)]
pub struct Atoms(Vec<Atom>);

impl Atoms {
    /// Cuts wherever a rule or the resolution of a port name begins or ends.
    pub(super) fn new(policies: &PolicySet, classes: &Classes<'_>) -> Self {
        let mut cuts: BTreeSet<(Protocol, u32)> =
            Protocol::ALL.into_iter().map(|p| (p, 0)).collect();
        let mut cut = |protocol: Protocol, first: u16, last: u16| {
            cuts.insert((protocol, u32::from(first)));
            if last < protocol.last_port() {
                cuts.insert((protocol, u32::from(last) + 1));
            }
        };
        let rules = policies.policies().iter().flat_map(|p| &p.rules);
        for port in rules.flat_map(|r| r.ports.iter().flatten()) {
            if let PortMatch::Range {
                protocol,
                first,
                last,
            } = *port
                && first <= last
                && first <= protocol.last_port()
            {
                cut(protocol, first, last);
            }
        }
        for declared in classes.named_ports() {
            cut(declared.protocol, declared.port, declared.port);
        }
        let starts: Vec<(Protocol, u32)> = cuts.into_iter().collect();
        let atoms = starts.iter().enumerate().map(|(at, &(protocol, first))| {
            let last = match starts.get(at + 1) {
                Some(&(next, start)) if next == protocol => start - 1,
                _ => u32::from(protocol.last_port()),
            };
            let port = |number| u16::try_from(number).unwrap_or(u16::MAX);
            Atom {
                protocol,
                first: port(first),
                last: port(last),
            }
        });
        Self(atoms.collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: every protocol has at least one atom.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All atoms in order.
    pub fn iter(&self) -> impl Iterator<Item = &Atom> {
        self.0.iter()
    }

    /// The atom at a place.
    pub fn get(&self, index: usize) -> Option<&Atom> {
        self.0.get(index)
    }

    /// The place of the atom that holds a port; `None` for ports that the protocol does not have.
    pub fn index(&self, protocol: Protocol, port: u16) -> Option<usize> {
        let after = self
            .0
            .partition_point(|a| (a.protocol, a.first) <= (protocol, port));
        let index = after.checked_sub(1)?;
        let atom = self.0.get(index)?;
        (atom.protocol == protocol && port <= atom.last).then_some(index)
    }

    /// The runs of atoms that ports of a rule cover, at a destination with these named ports: in
    /// order, without overlap. Ports of one rule may overlap; it is asked once per atom all the
    /// same.
    pub(super) fn cover(&self, ports: &[PortMatch], names: &[ContainerPort]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = ports
            .iter()
            .flat_map(|port| self.ranges(port, names))
            .collect();
        ranges.sort_unstable_by_key(|r| (r.start, r.end));
        let mut done = 0;
        for range in &mut ranges {
            range.start = range.start.max(done);
            done = done.max(range.end);
        }
        ranges.retain(|range| range.start < range.end);
        ranges
    }

    /// The runs of atoms that a port match covers, at a destination with these named ports.
    fn ranges(&self, port: &PortMatch, names: &[ContainerPort]) -> Vec<Range<usize>> {
        match port {
            PortMatch::Range {
                protocol,
                first,
                last,
            } => {
                let last = (*last).min(protocol.last_port());
                match (self.index(*protocol, *first), self.index(*protocol, last)) {
                    (Some(a), Some(b)) if first <= &last => std::iter::once(a..b + 1).collect(),
                    _ => Vec::new(),
                }
            }
            PortMatch::Named { protocol, name } => names
                .iter()
                .filter(|d| d.name.as_deref() == Some(name.as_str()))
                .filter(|d| protocol.is_none_or(|p| p == d.protocol))
                .filter_map(|d| self.index(d.protocol, d.port))
                .map(|at| at..at + 1)
                .collect(),
        }
    }
}
