//! What there is to show about a bundle (`schemas/inspect.v1.json`).

use super::SignatureState;
use crate::lower::{Artefact, describe, policy_key};
use netpol_image::layout::{Field, header as h};
use netpol_image::{Bundle, ImageView, Meta, Signature, decode, hex};
use netpol_policy::RuleId;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Content<'a> {
    version: u8,
    /// SHA-256 of the bundle.
    pub(super) sha256: String,
    pub(super) bytes: usize,
    pub(super) meta: &'a Meta,
    pub(super) signature: SignatureContent,
    pub(super) rules: Vec<RuleContent>,
    pub(super) images: Vec<ImageContent>,
}

#[derive(Serialize)]
pub(super) struct SignatureContent {
    pub(super) state: SignatureState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) serial: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<u64>,
    /// The hint of the key that claims to have made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
}

#[derive(Serialize)]
pub(super) struct RuleContent {
    pub(super) rule: u32,
    pub(super) policy: String,
    pub(super) text: String,
    pub(super) places: Vec<PlaceContent>,
}

#[derive(Serialize)]
pub(super) struct PlaceContent {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
    /// The value of a chart that stands there, for the places behind the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ImageContent {
    pub(super) node: String,
    pub(super) bytes: usize,
    /// SHA-256 of the portable part.
    pub(super) digest: String,
    pub(super) tables: Vec<TableContent>,
}

/// How much of something an image holds.
#[derive(Serialize)]
pub(super) struct TableContent {
    pub(super) table: &'static str,
    pub(super) used: u64,
    /// Slots of a hash table, or how many its index can number.
    pub(super) limit: u64,
}

impl<'a> Content<'a> {
    /// Takes everything out of a bundle. The error is a sentence: an image is damaged.
    pub(super) fn new(
        bytes: &[u8],
        artefact: &'a Artefact,
        signature: Option<&Signature>,
        state: SignatureState,
    ) -> Result<Self, String> {
        let bundle = artefact.bundle();
        let mut images = Vec::new();
        for (node, image) in &bundle.images {
            let view = decode(image).map_err(|error| format!("the image of `{node}`: {error}"))?;
            images.push(image_content(node, &view));
        }
        Ok(Self {
            version: 1,
            sha256: hex::encode(&Bundle::digest(bytes)),
            bytes: bytes.len(),
            meta: artefact.meta(),
            signature: SignatureContent {
                state,
                serial: signature.map(|s| s.serial),
                expires: signature.and_then(|s| s.expires),
                key: signature.map(|s| hex::encode(&s.key)),
            },
            rules: rules(bundle),
            images,
        })
    }
}

/// Every rule number of a policy, isolations included.
fn rules(bundle: &Bundle) -> Vec<RuleContent> {
    let numbers = (RuleId::FIRST..bundle.policies.id_bound()).map(RuleId);
    let rules = numbers.filter_map(|rule| {
        let reference = bundle.policies.rule_ref(rule)?;
        let places = bundle.sources.get(rule).iter().map(|place| PlaceContent {
            file: place.file.clone(),
            line: place.line,
            column: place.column,
            value: place.text.strip_prefix("value ").map(str::to_owned),
        });
        Some(RuleContent {
            rule: rule.0,
            policy: policy_key(reference)?.to_string(),
            text: describe(reference),
            places: places.collect(),
        })
    });
    rules.collect()
}

fn image_content(node: &str, view: &ImageView<'_>) -> ImageContent {
    const INDEX16: u64 = 1 << 16;
    let indexed = |table, field: Field, limit| TableContent {
        table,
        used: view.field(field),
        limit,
    };
    let tables = vec![
        indexed(
            "local endpoints",
            h::N_ROWS,
            u64::from(netpol_image::layout::ROW_LIMIT),
        ),
        indexed("classes", h::N_CLASSES, INDEX16),
        indexed("port classes", h::N_PORT_CLASSES, INDEX16),
        indexed("verdict vectors", h::N_VECTORS, INDEX16),
        indexed("port pages", h::N_PAGES, INDEX16),
        indexed(
            "IPv4 intervals",
            h::N_INTERVALS4,
            u64::from(netpol_image::layout::MAX_INTERVALS),
        ),
        indexed(
            "IPv6 intervals",
            h::N_INTERVALS6,
            u64::from(netpol_image::layout::MAX_INTERVALS),
        ),
        indexed("bytes", h::LEN, u64::from(netpol_image::layout::MAX_LEN)),
    ];
    ImageContent {
        node: node.to_owned(),
        bytes: view.bytes().len(),
        digest: hex::encode(&view.digest(h::PORTABLE_DIGEST)),
        tables,
    }
}
