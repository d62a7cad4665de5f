//! The meta section: what the bundle says about itself.

use super::Bundle;
use crate::hex;
use netpol_policy::Dialect;
use serde::{Deserialize, Serialize};

/// What stands in the meta section (`schemas/bundle.v1.json`). No time and no machine: the same
/// input gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Meta {
    /// The version of what the sections hold: 1.
    pub format: u16,
    /// The program that wrote the bundle and its version.
    pub producer: String,
    /// How the policies are read.
    pub dialect: Dialect,
    /// SHA-256 of the policy section, in lower-case hexadecimal digits.
    pub policy_digest: String,
    /// How much there is.
    pub counts: Counts,
}

/// What can be known without reading the other sections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
    /// Policies.
    pub policies: usize,
    /// Rules of all policies.
    pub rules: usize,
    /// One more than the highest rule number.
    pub rule_bound: u32,
    /// Rule numbers that the source map knows.
    pub sources: usize,
    /// Endpoints of the inventory.
    pub endpoints: usize,
    /// Linked images.
    pub images: usize,
}

impl Meta {
    pub(super) fn new(bundle: &Bundle, producer: &str, policy_digest: [u8; 32]) -> Self {
        let policies = bundle.policies.policies();
        let inventory = bundle.inventory.as_ref();
        Self {
            format: 1,
            producer: producer.to_owned(),
            dialect: bundle.policies.dialect(),
            policy_digest: hex::encode(&policy_digest),
            counts: Counts {
                policies: policies.len(),
                rules: policies.iter().map(|p| p.rules.len()).sum(),
                rule_bound: bundle.policies.id_bound(),
                sources: bundle.sources.len(),
                endpoints: inventory.map_or(0, |i| i.endpoints.len()),
                images: bundle.images.len(),
            },
        }
    }
}
