//! From policies and an inventory to the image of one node.
//!
//! `link(policy, inventory, node) -> image` is the same function in the compiler and in the agent.
//! It builds everything anew each time, and the same input gives the same bytes.
//!
//! **Who has a row.** The endpoints that run on the node (`node` names it, or names none and the
//! endpoint has an interface here), share no node's network, are not finished and have an address.
//!
//! **Who has a class.** Every address of the inventory, and all intervals of free addresses. Class
//! 0 are those of whom nobody speaks.
//!
//! **Lowering is total.** What the input does not decide is denied and noted (NP503).
//!
//! **Services.** A port of a service address that leads to backends is allowed when every backend
//! is allowed at its target port; when only some are, it is denied and noted (NP504). A port
//! without backends, and everything else sent to or from the address, is judged like a peer of
//! whom nothing is known: denied to isolated endpoints unless a rule speaks of all peers. A packet
//! to such a port leads nowhere, so nothing is lost, and endpoints without policies are not cut off
//! while a service starts. An address that is also a node's keeps the node's verdicts on other
//! ports.

pub(crate) mod hash;
mod judge;
mod note;
mod peers;
mod ports;
mod slice;
mod subject;
mod tables;
mod write;

pub use note::{LinkNote, Open, UnknownExample};

use crate::local::{Local, set_local};
use crate::parts::Parts;
use judge::{Judge, Judged};
use netpol_policy::matrix::ClassId;
use netpol_policy::{Cluster, Endpoint, Matrix, Party, PolicySet, Protocol};
use peers::{Collector, Peers};
use ports::{Pages, Pieces};
use slice::Slice;
use std::net::IpAddr;
use tables::{Grouping, Groups, Interner};
use write::Tables;

/// No more notes of a kind are kept.
const MAX_NOTES: usize = 100;
/// No more examples are kept of one note.
const MAX_EXAMPLES: usize = 10;

/// What linking needs besides policies and inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkOptions {
    /// SHA-256 of the policy section of the bundle that the policies come from; zero when there is
    /// none. It stands in the portable part.
    pub policy_digest: [u8; 32],
}

/// Why there is no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Neither the nodes nor the endpoints of the inventory name this node.
    #[error("the inventory knows no node `{0}`")]
    UnknownNode(String),
    /// More of something than the image can number.
    #[error("{count} {what} are more than the image can hold ({limit})")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Two keys of a table are the same.
    #[error("no perfect hash was found for the {what}")]
    NoHash {
        /// Keys of what.
        what: &'static str,
    },
    /// An interface was given a row that the image does not have.
    #[error("interface {interface} has row {row}, which the image does not have")]
    NoSuchRow {
        /// The interface's index.
        interface: u32,
        /// The row.
        row: u16,
    },
    /// The bytes to be changed are no image.
    #[error("these bytes are no policy image")]
    NotAnImage,
}

impl LinkError {
    /// What [`LinkError::TooMany`] counts when the image as a whole is too long.
    pub const BYTES: &'static str = "image bytes";

    pub(crate) fn too_many(what: &'static str, count: usize, limit: usize) -> Self {
        Self::TooMany { what, count, limit }
    }
}

/// A local endpoint of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalRow {
    /// Its row.
    pub row: u16,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The host side of its veth pair, when the inventory names it.
    pub interface: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// The image of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    bytes: Vec<u8>,
    rows: Vec<LocalRow>,
    notes: Vec<LinkNote>,
}

impl Image {
    /// The block, as the kernel reads it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The block alone.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The endpoints that have rows, by row.
    pub fn rows(&self) -> &[LocalRow] {
        &self.rows
    }

    /// What is to be said about the image.
    pub fn notes(&self) -> &[LinkNote] {
        &self.notes
    }

    /// What the bytes are spent on.
    pub fn parts(&self) -> Parts {
        Parts::of(&self.bytes)
    }

    /// SHA-256 of the portable part: the same wherever the same input was linked.
    pub fn portable_digest(&self) -> [u8; 32] {
        crate::bytes::get_digest(&self.bytes, crate::layout::header::PORTABLE_DIGEST)
            .unwrap_or_default()
    }

    /// Replaces the node-local part.
    ///
    /// # Errors
    /// See [`set_local`].
    pub fn set_local(&mut self, local: &Local) -> Result<(), LinkError> {
        set_local(&mut self.bytes, local)
    }
}

/// Links policies with who is there, for one node. The inventory must be normalised
/// ([`Cluster::normalize`]).
///
/// # Errors
/// The node is unknown, or something does not fit into the image's widths.
pub fn link(
    policies: &PolicySet,
    inventory: &Cluster,
    node: &str,
    options: &LinkOptions,
) -> Result<Image, LinkError> {
    let local = local_units(inventory, node)?;
    let mut notes = Vec::new();
    note_unaddressed(inventory, node, &mut notes);
    let slice = Slice::new(policies, inventory, &local)?;
    let matrix = Matrix::new(&slice.policies, inventory);
    let pieces = Pieces::new(matrix.atoms(), inventory);
    let collector = Collector {
        matrix: &matrix,
        cluster: inventory,
        node,
        pieces: &pieces,
    };
    let peers = collector.collect(&local, &mut notes)?;
    let judge = Judge {
        matrix: &matrix,
        cluster: inventory,
        slice: &slice,
        pieces: &pieces,
        peers: &peers,
    };
    let subjects = subject_classes(&matrix, &local);
    let judged = judge.judge(&subjects, &mut notes);
    let mut tables = lay_out(&peers, &pieces, judged)?;
    tables.rule_bound = slice.bound;
    tables.policy_digest = options.policy_digest;
    let mut bytes = tables.write()?;
    set_local(&mut bytes, &Local::default())?;
    crate::digest::seal(&mut bytes);
    Ok(Image {
        bytes,
        rows: local_rows(inventory, local),
        notes,
    })
}

/// A pod of the node: an endpoint, or one address of an endpoint that stands for several pods.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    /// The place of the endpoint.
    place: usize,
    addresses: Vec<IpAddr>,
}

/// Those who get rows, in the order of their rows.
fn local_units(inventory: &Cluster, node: &str) -> Result<Vec<Unit>, LinkError> {
    let named = inventory.nodes.iter().any(|n| n.name == node)
        || (inventory.endpoints.iter()).any(|e| e.node.as_deref() == Some(node));
    if !named {
        return Err(LinkError::UnknownNode(node.to_owned()));
    }
    let mut units = Vec::new();
    for (place, endpoint) in inventory.endpoints.iter().enumerate() {
        if !peers::is_local(endpoint, node) || endpoint.addresses.is_empty() {
            continue;
        }
        // The same row on both sides means "itself", which siblings are not.
        let per_unit = if endpoint.several {
            1
        } else {
            endpoint.addresses.len()
        };
        units.extend(endpoint.addresses.chunks(per_unit).map(|addresses| Unit {
            place,
            addresses: addresses.to_vec(),
        }));
    }
    Ok(units)
}

fn note_unaddressed(inventory: &Cluster, node: &str, notes: &mut Vec<LinkNote>) {
    let without = |e: &&Endpoint| peers::is_local(e, node) && e.addresses.is_empty();
    let found = inventory.endpoints.iter().filter(without).take(MAX_NOTES);
    notes.extend(found.map(|e| LinkNote::NoAddress {
        endpoint: e.display_name(),
    }));
}

/// As a subject an endpoint is the same at all of its addresses; the first one's class is taken.
fn subject_classes(matrix: &Matrix<'_>, local: &[Unit]) -> Vec<(usize, ClassId)> {
    let class = |unit: &Unit| {
        let party = Party::Endpoint(unit.place, unit.addresses.first().copied());
        Some((unit.place, matrix.class_of(party)?))
    };
    local.iter().filter_map(class).collect()
}

fn local_rows(inventory: &Cluster, local: Vec<Unit>) -> Vec<LocalRow> {
    let row = |(row, unit): (usize, Unit)| {
        let endpoint = inventory.endpoints.get(unit.place)?;
        Some(LocalRow {
            row: u16::try_from(row).ok()?,
            namespace: endpoint.namespace.clone(),
            name: endpoint.name.clone(),
            interface: endpoint.interface.clone(),
            addresses: unit.addresses,
        })
    };
    local.into_iter().enumerate().filter_map(row).collect()
}

/// Joins columns and pieces that nothing tells apart, and splits verdicts from attributions.
fn lay_out(peers: &Peers, pieces: &Pieces, judged: Judged) -> Result<Tables, LinkError> {
    let vectors = judged.vectors.into_values();
    let attributions = judged.attributions.into_values();
    let rows = judged.rows.into_values();
    let mut ports = Grouping::new(pieces.len());
    for vector in &vectors {
        ports.refine(vector.iter());
    }
    for vector in &attributions {
        ports.refine(vector.iter());
    }
    let ports = ports.finish("port classes")?;
    let mut columns = Grouping::new(peers.columns.len());
    for row in &rows {
        columns.refine(row.iter());
    }
    let columns = columns.finish("peer classes")?;
    let pages = Pages::new(pieces, &ports.of)?;
    let mut tables = Tables {
        n_classes: columns.firsts.len(),
        n_port_classes: ports.firsts.len(),
        vectors: vectors.iter().map(|v| ports.pick(v)).collect(),
        attr_vectors: attributions.iter().map(|v| ports.pick(v)).collect(),
        port_index: pages.index,
        pages: pages.pages,
        ..Tables::default()
    };
    if vectors.len() > 1 << 16 {
        return Err(LinkError::too_many(
            "verdict vectors",
            vectors.len(),
            1 << 16,
        ));
    }
    lay_out_rows(&mut tables, &rows, &columns, &judged.of_endpoint);
    lay_out_addresses(&mut tables, peers, &columns);
    Ok(tables)
}

fn lay_out_rows(
    tables: &mut Tables,
    rows: &[judge::Row],
    columns: &Groups,
    of_endpoint: &[[u32; 2]],
) {
    let mut verdict_rows = Interner::default();
    let mut attr_rows = Interner::default();
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let mut split = |row: &u32| {
        let row = rows.get(place(*row)).map(|row| columns.pick(row));
        let (verdicts, attrs): (Vec<u32>, Vec<u32>) = row.unwrap_or_default().into_iter().unzip();
        // The caller has checked that vectors fit into 16 bits.
        let verdicts: Vec<u16> = (verdicts.into_iter())
            .map(|v| u16::try_from(v).unwrap_or(u16::MAX))
            .collect();
        (
            place(verdict_rows.number(verdicts)),
            place(attr_rows.number(attrs)),
        )
    };
    for both in of_endpoint {
        let [ingress, egress] = both.each_ref().map(&mut split);
        tables.rows.push([ingress.0, egress.0]);
        tables.attr_of.push([ingress.1, egress.1]);
    }
    tables.verdict_rows = verdict_rows.into_values();
    tables.attr_rows = attr_rows.into_values();
}

fn lay_out_addresses(tables: &mut Tables, peers: &Peers, columns: &Groups) {
    let class = |column: u32| {
        let place = usize::try_from(column).unwrap_or(usize::MAX);
        columns.of.get(place).copied().unwrap_or_default()
    };
    tables.entries = (peers.known.iter())
        .map(|known| (known.address, class(known.column), known.row))
        .collect();
    let [v4, v6] = &peers.intervals;
    for (first, column) in v4 {
        let class = class(*column);
        let first = u32::try_from(*first).unwrap_or(u32::MAX);
        if tables
            .intervals4
            .last()
            .is_none_or(|(_, before)| *before != class)
        {
            tables.intervals4.push((first, class));
        }
    }
    for (first, column) in v6 {
        let class = class(*column);
        if tables
            .intervals6
            .last()
            .is_none_or(|(_, before)| *before != class)
        {
            tables.intervals6.push((*first, class));
        }
    }
}

/// One truth per protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct PerProtocol([bool; 6]);

impl PerProtocol {
    const ALL: Self = Self([true; 6]);

    fn get(self, protocol: Protocol) -> bool {
        self.0.get(protocol.index()).copied().unwrap_or_default()
    }

    fn clear(&mut self, protocol: Protocol) {
        if let Some(value) = self.0.get_mut(protocol.index()) {
            *value = false;
        }
    }

    fn and(self, other: Self) -> Self {
        let mut out = self.0;
        for (out, other) in out.iter_mut().zip(other.0) {
            *out &= other;
        }
        Self(out)
    }
}

/// How notes name a party.
fn party_name(cluster: &Cluster, party: Party) -> String {
    match party {
        Party::Endpoint(place, _) => {
            let endpoint = cluster.endpoints.get(place);
            endpoint.map(Endpoint::display_name).unwrap_or_default()
        }
        Party::Node(place, _) => {
            let node = cluster.nodes.get(place);
            node.map(|n| format!("node/{}", n.name)).unwrap_or_default()
        }
        Party::UnknownPod(address) => format!("unknown pod {address}"),
        Party::Unknown => "an unknown sender".to_owned(),
        Party::External(address) => address.to_string(),
    }
}
