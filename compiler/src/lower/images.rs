//! The images of all nodes of an inventory.

use netpol_image::{LinkError, LinkNote, LinkOptions, link};
use netpol_policy::{Cluster, PolicySet};
use std::collections::{BTreeMap, BTreeSet};

/// The node that pods without a node are put on, so that they can be asked about. No node can have
/// this name.
pub(super) const UNPLACED: &str = "(no node)";

/// Bundles keep linked images up to this many bytes; beyond it they are linked when asked.
const KEPT_BYTES: usize = 64 << 20;

/// What linking gave.
#[derive(Debug, Default)]
pub struct Linked {
    /// The images by node; empty when together they are too large to be kept.
    pub images: BTreeMap<String, Vec<u8>>,
    /// How many images were linked.
    pub count: usize,
    /// The node with the longest image, and its bytes.
    pub longest: Option<(String, usize)>,
    /// What is to be said about them, each once.
    pub notes: Vec<LinkNote>,
}

/// A node that cannot have an image, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("node `{node}`: {error}")]
pub struct NoImage {
    /// The node.
    pub node: String,
    /// What is in the way.
    pub error: LinkError,
}

/// Links the policies for every node of an inventory.
///
/// # Errors
/// Something does not fit into an image.
pub fn link_all(
    policies: &PolicySet,
    inventory: &Cluster,
    options: &LinkOptions,
) -> Result<Linked, NoImage> {
    let placed = placed(inventory);
    let mut linked = Linked::default();
    let mut bytes = 0_usize;
    for node in nodes(&placed) {
        let image = link(policies, &placed, node, options).map_err(|error| NoImage {
            node: node.to_owned(),
            error,
        })?;
        linked.count += 1;
        for note in image.notes() {
            if !linked.notes.contains(note) {
                linked.notes.push(note.clone());
            }
        }
        let len = image.bytes().len();
        if linked.longest.as_ref().is_none_or(|(_, most)| *most < len) {
            linked.longest = Some((node.to_owned(), len));
        }
        bytes = bytes.saturating_add(len);
        if bytes <= KEPT_BYTES {
            linked.images.insert(node.to_owned(), image.into_bytes());
        }
    }
    if bytes > KEPT_BYTES {
        linked.images.clear();
    }
    Ok(linked)
}

/// The inventory with pods that no node runs yet on a node of their own.
pub(super) fn placed(inventory: &Cluster) -> Cluster {
    let mut placed = inventory.clone();
    for endpoint in &mut placed.endpoints {
        if endpoint.node.is_none() && !endpoint.host_network && !endpoint.addresses.is_empty() {
            endpoint.node = Some(UNPLACED.to_owned());
        }
    }
    placed
}

/// The names of all nodes on which a pod may be judged.
fn nodes(inventory: &Cluster) -> BTreeSet<&str> {
    let of_pods = inventory.endpoints.iter().filter_map(|e| e.node.as_deref());
    let declared = inventory.nodes.iter().map(|node| node.name.as_str());
    of_pods.chain(declared).collect()
}
