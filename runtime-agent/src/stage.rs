//! From a bundle and an inventory to an image that could go into force.

use crate::endpoints::{LocalEndpoint, Resolved, resolve};
use crate::error::Error;
use crate::kernel::interface::Interface;
use crate::kernel::maps::Sizes;
use crate::package::Package;
use crate::selftest::{Question, questions};
use netpol_image::layout::LOCAL_BANK;
use netpol_image::{Image, LinkNote, LinkOptions, Local, decode, link};
use netpol_policy::Cluster;
use std::collections::BTreeMap;

/// A linked image with everything that was found out on the way.
#[derive(Debug)]
pub struct Staged {
    image: Image,
    resolved: Resolved,
    bundle_digest: [u8; 32],
    /// What the self-test asks.
    pub questions: Vec<Question>,
    /// What an instance must be sized for.
    pub sizes: Sizes,
    /// How many counters the bundle's rules take in a bank.
    pub counters: u32,
}

impl Staged {
    /// Links a bundle with the endpoints of a node.
    ///
    /// # Errors
    /// The node is unknown, or something does not fit into an image.
    pub fn new(
        package: &Package,
        cluster: &Cluster,
        node: &str,
        interfaces: &BTreeMap<String, Interface>,
        beside: bool,
    ) -> Result<Self, Error> {
        let options = LinkOptions {
            policy_digest: package.policy_digest(),
        };
        let image = link(package.policies(), cluster, node, &options)
            .map_err(|e| Error::message(format!("the bundle does not fit this node: {e}")))?;
        let resolved = resolve(image.rows(), interfaces, beside)?;
        let subjects = resolved.subjects(cluster, image.rows());
        let rules = package.policies().id_bound();
        Ok(Self {
            questions: questions(package.policies(), cluster, node, &subjects),
            // Interfaces come and go with every image: leave room for them beside the tables.
            sizes: Sizes::for_image(image.bytes().len() + (1 << 14), rules)?,
            counters: rules.saturating_add(16),
            bundle_digest: package.digest(),
            image,
            resolved,
        })
    }

    /// The endpoints at living interfaces.
    pub fn endpoints(&self) -> &[LocalEndpoint] {
        &self.resolved.endpoints
    }

    /// What is to be said to the user.
    pub fn notes(&self) -> Vec<String> {
        let linked = self.image.notes().iter().map(sentence);
        linked.chain(self.resolved.notes.iter().cloned()).collect()
    }

    /// The bytes for a generation, checked once more as the kernel will read them.
    ///
    /// # Errors
    /// The image is not sound, which would be a fault of the linker.
    pub fn bytes(&self, generation: u64, bank: u32) -> Result<Vec<u8>, Error> {
        let local = Local {
            generation,
            flags: if bank == 0 { 0 } else { LOCAL_BANK },
            bundle_digest: self.bundle_digest,
            interfaces: (self.resolved.endpoints.iter())
                .map(|e| (e.ifindex, e.row))
                .collect(),
        };
        let mut image = self.image.clone();
        let broken =
            |e: &dyn std::fmt::Display| Error::message(format!("the image is broken: {e}"));
        image.set_local(&local).map_err(|e| broken(&e))?;
        let bytes = image.into_bytes();
        decode(&bytes).map_err(|e| broken(&e))?;
        Ok(bytes)
    }
}

/// A note of the linker for people.
fn sentence(note: &LinkNote) -> String {
    match note {
        LinkNote::Unknown { count, examples } => {
            let example = examples.first().map_or_else(String::new, |e| {
                format!(", such as {} and {}", e.endpoint, e.peer)
            });
            format!(
                "NP503: {count} combinations are not decided by the inventory and are denied{example}"
            )
        }
        LinkNote::MixedService {
            address,
            protocol,
            port,
            endpoint,
            denied,
            ..
        } => {
            let (backend, target) = denied.first().copied().unwrap_or((*address, *port));
            format!(
                "NP504: the service {address} {protocol}/{port} is denied to {endpoint}, because its backend {backend} {protocol}/{target} is"
            )
        }
        LinkNote::SharedAddress {
            address,
            kept,
            ignored,
        } => format!("{kept} and {ignored} both claim {address}; the first one has it"),
        LinkNote::NoAddress { endpoint } => {
            format!("{endpoint} has no address yet; its packets are dropped")
        }
    }
}
