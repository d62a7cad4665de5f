//! Questions to a compiled bundle: what its images decide, as the dataplane does.

use super::images::placed;
use crate::reach::{Judge, Place, Places, ValuePlace};
use netpol_image::{
    Bundle, BundleError, DecodeError, ImageView, LinkError, LinkOptions, Meta, Packet, decode,
    eval, link, policy_digest,
};
use netpol_policy::{Cluster, Decision, Direction, Flow, Party, PolicySet, RuleId, Side};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// A bundle that was read.
#[derive(Debug)]
pub struct Artefact {
    bundle: Bundle,
    meta: Meta,
}

/// Why a bundle has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ArtefactError {
    /// It cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// It cannot be linked with this inventory.
    #[error("the policies cannot be linked for node `{node}`: {error}")]
    Link {
        /// The node.
        node: String,
        /// Why.
        error: LinkError,
    },
    /// One of its images is damaged.
    #[error("the image of node `{node}` is damaged: {error}")]
    Image {
        /// The node.
        node: String,
        /// How.
        error: DecodeError,
    },
}

impl Artefact {
    /// Reads the bytes of a bundle.
    ///
    /// # Errors
    /// They are none.
    pub fn read(bytes: &[u8]) -> Result<Self, ArtefactError> {
        let (bundle, meta) = Bundle::decode_with_meta(bytes)?;
        Ok(Self { bundle, meta })
    }

    /// What the bundle holds.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// What the bundle says about itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// A judge by the images of a cluster's nodes: those that the bundle keeps when the cluster is
    /// the inventory that they were linked with, else they are linked here.
    ///
    /// # Errors
    /// An image is damaged, or there can be none.
    pub fn judge(&self, cluster: &Cluster) -> Result<ImageJudge, ArtefactError> {
        let cluster_is_kept = self.bundle.inventory.as_ref() == Some(cluster);
        let mut images = BTreeMap::new();
        if cluster_is_kept {
            for (node, image) in &self.bundle.images {
                decode(image).map_err(|error| ArtefactError::Image {
                    node: node.clone(),
                    error,
                })?;
                images.insert((node.clone(), Vec::new()), Arc::from(image.as_slice()));
            }
        }
        let cluster = placed(cluster);
        Ok(ImageJudge {
            policies: self.bundle.policies.clone(),
            digest: policy_digest(&self.bundle.policies)?,
            shared: shared_addresses(&cluster),
            cluster,
            images: Mutex::new(images),
        })
    }
}

/// Places by a bundle's source map.
#[derive(Debug)]
pub struct BundlePlaces<'a>(&'a Bundle);

impl<'a> BundlePlaces<'a> {
    /// Places of this bundle's rules.
    pub fn new(bundle: &'a Bundle) -> Self {
        Self(bundle)
    }
}

impl Places for BundlePlaces<'_> {
    fn place(&self, rule: RuleId) -> Option<Place> {
        let (place, values) = self.0.sources.get(rule).split_first()?;
        let values = values.iter().filter_map(|value| {
            Some(ValuePlace {
                value: value.text.strip_prefix("value ")?.to_owned(),
                file: value.file.clone(),
                line: value.line,
                column: value.column,
            })
        });
        Some(Place {
            path: place.file.clone(),
            line: place.line,
            column: place.column,
            values: values.collect(),
        })
    }
}

/// Judges by images.
#[derive(Debug)]
pub struct ImageJudge {
    policies: PolicySet,
    digest: [u8; 32],
    /// Every pod on a node.
    cluster: Cluster,
    /// Addresses that several endpoints claim.
    shared: BTreeSet<IpAddr>,
    /// By node and claims: checked, or linked here.
    images: Mutex<Images>,
}

/// Images by node and by what they are to believe.
type Images = BTreeMap<(String, Vec<Claim>), Arc<[u8]>>;

/// An endpoint, and an address that others claim as well. An image believes one of those
/// who claim an address; a question by name about another one is a question about the image in
/// which that one is believed.
type Claim = (usize, IpAddr);

impl ImageJudge {
    /// The image of a node; linked when it is asked for the first time. A node whose image cannot
    /// be made has none, and its pods no verdict.
    fn image(&self, node: &str, claims: Vec<Claim>) -> Option<Arc<[u8]>> {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (node.to_owned(), claims);
        if let Some(image) = images.get(&key) {
            return Some(Arc::clone(image));
        }
        let options = LinkOptions {
            policy_digest: self.digest,
        };
        let mut cluster = Cow::Borrowed(&self.cluster);
        for (claimant, address) in &key.1 {
            for (index, endpoint) in cluster.to_mut().endpoints.iter_mut().enumerate() {
                if index != *claimant {
                    endpoint.addresses.retain(|a| a != address);
                }
            }
        }
        let image = link(&self.policies, &cluster, node, &options).ok()?;
        let image: Arc<[u8]> = Arc::from(image.into_bytes());
        images.insert(key, Arc::clone(&image));
        Some(image)
    }

    /// The ends of a flow whose address others claim as well. Two ends of one address cannot both be
    /// believed: the packet never leaves the one that is asked for.
    fn claims(&self, own: Party, other: Party) -> Vec<Claim> {
        let claim = |party| match party {
            Party::Endpoint(index, Some(address)) => Some((index, address)),
            _ => None,
        };
        let shared = |(_, address): &Claim| self.shared.contains(address);
        let own = claim(own).filter(shared);
        let other = claim(other).filter(shared);
        let other = other.filter(|(_, address)| own.is_none_or(|(_, mine)| mine != *address));
        let mut claims: Vec<Claim> = own.into_iter().chain(other).collect();
        claims.sort_unstable();
        claims
    }

    /// One side of a flow: what the image of the pod's node decides; allowed where the end is no
    /// pod, because nodes and the outside are under no policy.
    fn side(&self, flow: &Flow, direction: Direction) -> Option<Side> {
        let (own, other) = match direction {
            Direction::Ingress => (flow.destination, flow.source),
            Direction::Egress => (flow.source, flow.destination),
        };
        let Some(pod) = self.cluster.pod(own) else {
            return Some(Side::allow(RuleId::NOT_ISOLATED));
        };
        let image = self.image(pod.node.as_deref()?, self.claims(own, other))?;
        let view = ImageView::unchecked(&image)?;
        let outcome = eval(
            &view,
            &Packet {
                direction,
                source: self.cluster.address_of(flow.source)?,
                destination: self.cluster.address_of(flow.destination)?,
                protocol: flow.protocol.ip_number(),
                port: flow.port,
                // A question about a node means the packets that it makes itself.
                made_here: self.cluster.host_of(flow.source).is_some(),
                interface: None,
            },
        );
        Some(Side {
            verdict: outcome.verdict,
            rule: outcome.rule,
            cause: None,
            condition: None,
        })
    }
}

impl Judge for ImageJudge {
    fn judge(&self, flow: &Flow) -> Option<Decision> {
        if flow.port > flow.protocol.last_port() {
            return None;
        }
        let flow = Flow {
            source: self.addressed(flow.source)?,
            destination: self.addressed(flow.destination)?,
            ..*flow
        };
        Some(Decision::new(
            self.side(&flow, Direction::Ingress)?,
            self.side(&flow, Direction::Egress)?,
        ))
    }
}

impl ImageJudge {
    /// The party with the address that its packets carry. Packets without one do not exist.
    fn addressed(&self, party: Party) -> Option<Party> {
        self.cluster.address_of(party).map(|address| match party {
            Party::Endpoint(index, _) => Party::Endpoint(index, Some(address)),
            Party::Node(index, _) => Party::Node(index, Some(address)),
            other => other,
        })
    }
}

/// Addresses that several endpoints claim.
fn shared_addresses(cluster: &Cluster) -> BTreeSet<IpAddr> {
    let mut first: BTreeMap<IpAddr, usize> = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for (index, endpoint) in cluster.endpoints.iter().enumerate() {
        for address in endpoint.addresses.iter().filter(|_| !endpoint.host_network) {
            if *first.entry(*address).or_insert(index) != index {
                shared.insert(*address);
            }
        }
    }
    shared
}
