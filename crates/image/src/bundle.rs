//! The bundle (`.npb`): everything that an agent needs to link images, and people to understand
//! them.
//!
//! ```text
//! 0    magic "NPBUNDLE"
//! 8    u16 version, u16 zero, u32 number of sections
//! 16   u64 length of the bundle
//! 24   u64 zero
//! 32   SHA-256 of the 32 bytes before and of the section table
//! 64   section table, 64 bytes per section:
//!        name, 16 bytes, zero-padded · u32 flags (bit 0: required) · u32 zero
//!        u64 length · SHA-256 of the contents
//! …    the contents, in the order of the table, each padded with zeroes to 8 bytes
//! ```
//!
//! All numbers are little-endian. Sections have no offsets, so none can overlap. A required section
//! that a reader does not know is refused, an optional one is left alone. There is no compression,
//! no time and no path outside of the sources' root: the same input gives the same bytes.
//!
//! | section | required | contents |
//! |---|---|---|
//! | `meta` | yes | JSON, [`Meta`] |
//! | `policy` | yes | JSON, the canonical `PolicySet` |
//! | `sources` | no | JSON, [`SourceMap`] |
//! | `inventory` | no | JSON, `schemas/inventory.v1.json` |
//! | `images` | no | per node: u32 length and name, u32 length and image |

mod container;
mod images;
mod meta;
mod sources;

pub use container::{MAX_LEN, MAX_SECTIONS};
pub use meta::{Counts, Meta};
pub use sources::{SourceMap, SourceRef};

use crate::digest::sha256;
use crate::{DecodeError, ImageView};
use container::{Container, Section};
use netpol_policy::{Cluster, PolicySet};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// A compiled policy set with its map back to the sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The policies in canonical form.
    pub policies: PolicySet,
    /// Where the rules were written.
    pub sources: SourceMap,
    /// Who was there when the bundle was built (`netpolc build --inventory`).
    pub inventory: Option<Cluster>,
    /// Linked images by node name, for questions about the compiled artefact.
    pub images: BTreeMap<String, Vec<u8>>,
}

/// Why bytes are no bundle, or a bundle cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The container itself.
    #[error("this is no policy bundle: {0}")]
    Container(&'static str),
    /// Another version of the container or of its contents.
    #[error("the policy bundle has version {found}, which this program does not read")]
    Version {
        /// The version.
        found: u16,
    },
    /// A section that the reader must understand and does not.
    #[error("the policy bundle requires section `{0}`, which this program does not know")]
    UnknownSection(String),
    /// A section is missing, twice there, or its digest differs.
    #[error("section `{name}` of the policy bundle {fault}")]
    Section {
        /// The section.
        name: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A section cannot be read.
    #[error("section `{name}` of the policy bundle cannot be read: {source}")]
    Json {
        /// The section.
        name: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A source outside of the root.
    #[error("a policy bundle names files by their path below the root, not `{0}`")]
    Path(String),
}

impl BundleError {
    fn section(name: &str, fault: &'static str) -> Self {
        Self::Section {
            name: name.to_owned(),
            fault,
        }
    }
}

/// SHA-256 of the canonical form of a policy set: what a bundle's meta section and linked images
/// say about which policies they hold.
///
/// # Errors
/// None for policy sets made by [`PolicySet::new`].
pub fn policy_digest(policies: &PolicySet) -> Result<[u8; 32], BundleError> {
    Ok(sha256(&json("policy", policies)?))
}

fn json(name: &'static str, value: &impl Serialize) -> Result<Vec<u8>, BundleError> {
    serde_json::to_vec(value).map_err(|source| BundleError::Json { name, source })
}

/// Reads a section and insists on the bytes that a writer would have written: one meaning has one
/// form, and rule numbers follow from the order of the policies.
fn from_json<T: Serialize + DeserializeOwned>(
    name: &'static str,
    bytes: &[u8],
) -> Result<T, BundleError> {
    let value: T =
        serde_json::from_slice(bytes).map_err(|source| BundleError::Json { name, source })?;
    if json(name, &value)? != bytes {
        return Err(BundleError::section(name, "is not in canonical form"));
    }
    Ok(value)
}

impl Bundle {
    /// The bytes of the bundle. `producer` names the program and its version.
    ///
    /// # Errors
    /// A source has an absolute path or one that leads out of the root; something is too long.
    pub fn encode(&self, producer: &str) -> Result<Vec<u8>, BundleError> {
        self.sources.check(&self.policies)?;
        let policy = json("policy", &self.policies)?;
        let meta = Meta::new(self, producer, sha256(&policy));
        let mut container = Container::default();
        container.add("meta", true, json("meta", &meta)?);
        container.add("policy", true, policy);
        container.add("sources", false, json("sources", &self.sources)?);
        if let Some(inventory) = &self.inventory {
            let mut inventory = inventory.clone();
            inventory.normalize();
            container.add("inventory", false, json("inventory", &inventory)?);
        }
        if !self.images.is_empty() {
            container.add("images", false, images::encode(&self.images)?);
        }
        container.encode()
    }

    /// Reads a bundle. Never panics; takes memory in proportion to the length, which is limited to
    /// [`MAX_LEN`].
    ///
    /// # Errors
    /// Anything that [`Bundle::encode`] would not have written, but for unknown optional sections.
    pub fn decode(bytes: &[u8]) -> Result<Self, BundleError> {
        Self::decode_with_meta(bytes).map(|(bundle, _)| bundle)
    }

    /// The same, with the meta section, which says who wrote the bundle.
    ///
    /// # Errors
    /// As [`Bundle::decode`].
    pub fn decode_with_meta(bytes: &[u8]) -> Result<(Self, Meta), BundleError> {
        let container = Container::decode(bytes)?;
        let mut bundle = Self::default();
        let (mut meta, mut policy) = (None, None);
        for Section {
            name,
            required,
            contents,
        } in container.sections()
        {
            match name.as_str() {
                "meta" => meta = Some(from_json::<Meta>("meta", contents)?),
                "policy" => {
                    bundle.policies = from_json("policy", contents)?;
                    policy = Some(sha256(contents));
                }
                "sources" => bundle.sources = from_json("sources", contents)?,
                "inventory" => bundle.inventory = Some(inventory(contents)?),
                "images" => bundle.images = images::decode(contents)?,
                _ if *required => return Err(BundleError::UnknownSection(name.clone())),
                _ => {}
            }
        }
        let missing = |name| BundleError::section(name, "is missing");
        let meta = meta.ok_or_else(|| missing("meta"))?;
        let policy = policy.ok_or_else(|| missing("policy"))?;
        bundle.sources.check(&bundle.policies)?;
        if meta != Meta::new(&bundle, &meta.producer, policy) {
            return Err(BundleError::section(
                "meta",
                "contradicts the other sections",
            ));
        }
        Ok((bundle, meta))
    }

    /// SHA-256 of a bundle's bytes: its name in rollouts, what its signature covers.
    pub fn digest(bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }

    /// The linked image of a node, checked; `None` when the bundle has none.
    pub fn image(&self, node: &str) -> Option<Result<ImageView<'_>, DecodeError>> {
        self.images.get(node).map(|image| crate::decode(image))
    }
}

fn inventory(contents: &[u8]) -> Result<Cluster, BundleError> {
    let cluster: Cluster = from_json("inventory", contents)?;
    let mut normal = cluster.clone();
    normal.normalize();
    if normal != cluster {
        let fault = "is not in canonical form";
        return Err(BundleError::section("inventory", fault));
    }
    Ok(cluster)
}
