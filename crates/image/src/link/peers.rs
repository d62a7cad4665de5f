//! Who can be at the other end: every address that is known, and the columns that rows have.

use super::ports::Pieces;
use super::tables::Interner;
use super::{LinkError, LinkNote, MAX_NOTES, Unit};
use crate::layout::{ROW_LIMIT, ROW_NODE, ROW_NONE};
use netpol_policy::cidr::Family;
use netpol_policy::matrix::{ClassId, Interval};
use netpol_policy::{Cluster, Endpoint, Matrix, Party, Phase, Protocol, Tri};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// Peers that rows have one cell for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Column {
    /// What the matrix says about the address itself.
    pub(super) base: ClassId,
    /// Is it this node?
    pub(super) local: Tri,
    /// The place in [`Peers::services`] when some of its ports lead to backends.
    pub(super) service: Option<u32>,
}

/// Class 0 of every image: those of whom nobody speaks.
const UNKNOWN: Column = Column {
    base: 0,
    local: Tri::No,
    service: None,
};

/// The ports of a service address that have backends: places of pieces, and for each the classes
/// of the backends, whether they are on this node's network, and the piece of the target port.
pub(super) type Lead = Vec<(usize, Vec<(ClassId, Tri, usize)>)>;

/// A service address as an example for a [`Lead`]: per port its backends.
#[derive(Debug)]
pub(super) struct Exemplar {
    pub(super) address: IpAddr,
    pub(super) ports: BTreeMap<usize, Vec<Backend>>,
}

/// A backend of a service port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backend {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    pub(super) class: ClassId,
    /// Is it this node?
    pub(super) local: Tri,
    /// The piece of the target port.
    pub(super) target: usize,
}

/// An address of the image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) address: IpAddr,
    /// The place in [`Peers::columns`].
    pub(super) column: u32,
    /// A row or one of the `ROW_*` marks.
    pub(super) row: u16,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Peers {
    pub(super) columns: Vec<Column>,
    pub(super) services: Vec<(Lead, Exemplar)>,
    pub(super) known: Vec<Known>,
    /// Intervals by [`Family`]: first address and column.
    pub(super) intervals: [Vec<(u128, u32)>; 2],
}

/// Does an endpoint run on the node? Those that are nowhere yet, but have an interface here, do.
pub(super) fn is_local(endpoint: &Endpoint, node: &str) -> bool {
    let here = match &endpoint.node {
        Some(name) => name == node,
        None => endpoint.interface.is_some(),
    };
    here && !endpoint.host_network && is_alive(endpoint)
}

fn is_alive(endpoint: &Endpoint) -> bool {
    !matches!(endpoint.phase, Phase::Succeeded | Phase::Failed)
}

/// Collects [`Peers`].
pub(super) struct Collector<'a> {
    pub(super) matrix: &'a Matrix<'a>,
    pub(super) cluster: &'a Cluster,
    pub(super) node: &'a str,
    pub(super) pieces: &'a Pieces,
}

impl Collector<'_> {
    /// `local` are those who have rows, in the order of their rows.
    pub(super) fn collect(
        &self,
        local: &[Unit],
        notes: &mut Vec<LinkNote>,
    ) -> Result<Peers, LinkError> {
        let parties = self.parties(local, notes);
        let rows = rows_of(local)?;
        let mut services = self.services(&parties);
        let mut columns = Interner::default();
        columns.number(UNKNOWN);
        let mut peers = Peers::default();
        let mut leads: Interner<Lead> = Interner::default();
        for &(address, party) in &parties.in_order {
            let row = match party {
                Party::Endpoint(place, _) => match rows.get(&(place, address)) {
                    Some(row) => *row,
                    None if self.cluster.host_of(party).is_some() => ROW_NODE,
                    None => ROW_NONE,
                },
                _ => ROW_NODE,
            };
            let lead = services.remove(&address);
            let column = Column {
                base: self.class_of(party),
                local: self.is_this_node(party),
                service: lead.and_then(|lead| number_lead(&mut leads, &mut peers, lead)),
            };
            peers.known.push(Known {
                address,
                column: columns.number(column),
                row,
            });
        }
        for (address, lead) in services {
            let column = Column {
                service: number_lead(&mut leads, &mut peers, lead),
                ..UNKNOWN
            };
            peers.known.push(Known {
                address,
                column: columns.number(column),
                row: ROW_NONE,
            });
        }
        for family in [Family::V4, Family::V6] {
            let to_column = |i: &Interval| {
                let column = Column {
                    base: i.class,
                    ..UNKNOWN
                };
                (i.first, columns.number(column))
            };
            let found = self.matrix.intervals(family).iter().map(to_column);
            let found = found.collect();
            match family {
                Family::V4 => peers.intervals[0] = found,
                Family::V6 => peers.intervals[1] = found,
            }
        }
        peers.columns = columns.into_values();
        Ok(peers)
    }

    fn class_of(&self, party: Party) -> ClassId {
        // Every party here was taken from the cluster that the matrix was made for.
        self.matrix.class_of(party).unwrap_or_default()
    }

    fn is_this_node(&self, party: Party) -> Tri {
        match self.cluster.host_of(party) {
            None => Tri::No,
            Some(None) => Tri::Unknown,
            Some(Some(name)) => (name == self.node).into(),
        }
    }

    /// Whose an address is: endpoints of this node first, then other endpoints, then nodes, then
    /// host-network pods whose node does not list their address.
    fn parties(&self, local: &[Unit], notes: &mut Vec<LinkNote>) -> Parties {
        let mut parties = Parties::default();
        let endpoints = || self.cluster.endpoints.iter().enumerate();
        // An endpoint with a row for each address is here once.
        let mut here: Vec<usize> = local.iter().map(|unit| unit.place).collect();
        here.dedup();
        let pods = here.into_iter().chain(endpoints().map(|(place, _)| place));
        for place in pods {
            let Some(endpoint) = self.cluster.endpoints.get(place) else {
                continue;
            };
            if endpoint.host_network || !is_alive(endpoint) {
                continue;
            }
            for address in &endpoint.addresses {
                let party = Party::Endpoint(place, Some(*address));
                let before = parties.add(*address, party);
                if let Some(Party::Endpoint(other, _)) = before
                    && other != place
                {
                    self.note_shared(*address, other, place, notes);
                }
            }
        }
        for (place, node) in self.cluster.nodes.iter().enumerate() {
            for address in &node.addresses {
                parties.add(*address, Party::Node(place, Some(*address)));
            }
        }
        for (place, endpoint) in endpoints() {
            if endpoint.host_network && is_alive(endpoint) {
                for address in &endpoint.addresses {
                    parties.add(*address, Party::Endpoint(place, Some(*address)));
                }
            }
        }
        parties
    }

    fn note_shared(&self, address: IpAddr, kept: usize, ignored: usize, notes: &mut Vec<LinkNote>) {
        let name = |place: usize| {
            let endpoint = self.cluster.endpoints.get(place);
            endpoint.map(Endpoint::display_name).unwrap_or_default()
        };
        if notes.len() < MAX_NOTES {
            notes.push(LinkNote::SharedAddress {
                address,
                kept: name(kept),
                ignored: name(ignored),
            });
        }
    }

    /// The service addresses and where their ports lead; ports without backends are left out.
    fn services(&self, parties: &Parties) -> BTreeMap<IpAddr, Exemplar> {
        let mut found: BTreeMap<IpAddr, Exemplar> = BTreeMap::new();
        for service in &self.cluster.services {
            for address in &service.addresses {
                let exemplar = found.entry(*address).or_insert_with(|| Exemplar {
                    address: *address,
                    ports: BTreeMap::new(),
                });
                for port in &service.ports {
                    let Some(piece) = self.pieces.index(port.protocol, port.port) else {
                        continue;
                    };
                    let backends = (port.backends.iter())
                        .filter_map(|backend| self.backend(port.protocol, *backend, parties));
                    exemplar.ports.entry(piece).or_default().extend(backends);
                }
                exemplar.ports.retain(|_, backends| !backends.is_empty());
            }
        }
        found
    }

    fn backend(
        &self,
        protocol: Protocol,
        (address, port): (IpAddr, u16),
        parties: &Parties,
    ) -> Option<Backend> {
        let party = parties.by_address.get(&address).copied();
        let party = party.unwrap_or(Party::External(address));
        Some(Backend {
            address,
            port,
            // The class of a free address does not depend on which kind of free it is.
            class: self.class_of(party),
            local: self.is_this_node(party),
            target: self.pieces.index(protocol, port)?,
        })
    }
}

impl Exemplar {
    /// The classes and target pieces of the backends, sorted, each once.
    fn lead(&self) -> Lead {
        let of_port = |(piece, backends): (&usize, &Vec<Backend>)| {
            let mut lead: Vec<_> = backends
                .iter()
                .map(|b| (b.class, b.local, b.target))
                .collect();
            lead.sort_unstable();
            lead.dedup();
            (*piece, lead)
        };
        self.ports.iter().map(of_port).collect()
    }
}

fn number_lead(leads: &mut Interner<Lead>, peers: &mut Peers, exemplar: Exemplar) -> Option<u32> {
    let lead = exemplar.lead();
    if lead.is_empty() {
        return None;
    }
    let number = leads.number(lead.clone());
    if usize::try_from(number) == Ok(peers.services.len()) {
        peers.services.push((lead, exemplar));
    }
    Some(number)
}

/// The row of every address of a local endpoint, by the endpoint's place and the address.
fn rows_of(local: &[Unit]) -> Result<HashMap<(usize, IpAddr), u16>, LinkError> {
    let too_many = || LinkError::too_many("local endpoints", local.len(), ROW_LIMIT.into());
    let mut rows = HashMap::new();
    for (row, unit) in local.iter().enumerate() {
        let row = u16::try_from(row).ok().filter(|row| *row < ROW_LIMIT);
        let row = row.ok_or_else(too_many)?;
        rows.extend(unit.addresses.iter().map(|a| ((unit.place, *a), row)));
    }
    Ok(rows)
}

#[derive(Default)]
struct Parties {
    by_address: HashMap<IpAddr, Party>,
    in_order: Vec<(IpAddr, Party)>,
}

impl Parties {
    /// The first claim counts; later ones get it back.
    fn add(&mut self, address: IpAddr, party: Party) -> Option<Party> {
        if let Some(before) = self.by_address.get(&address) {
            return Some(*before);
        }
        self.by_address.insert(address, party);
        self.in_order.push((address, party));
        None
    }
}
