//! A bundle as the agent uses it: admitted, decoded, with words for its rules.

use crate::error::Error;
use netpol_image::bundle::policy_digest;
use netpol_image::signature::{PublicKey, admit};
use netpol_image::{Bundle, hex as digits};
use netpol_policy::{Direction, PolicySet, RuleId, RuleRef};
use std::time::{SystemTime, UNIX_EPOCH};

/// A key that bundles may be signed with.
pub type Key = PublicKey;

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    digits::encode(bytes)
}

/// A bundle that may be put in force.
#[derive(Debug, Clone)]
pub struct Package {
    bytes: Vec<u8>,
    digest: [u8; 32],
    policy_digest: [u8; 32],
    bundle: Bundle,
    serial: Option<u64>,
}

impl Package {
    /// Admits a bundle from outside: with keys, only when one of them signed it and the signature
    /// has not expired.
    ///
    /// # Errors
    /// It is not signed as it must be, or it is no bundle.
    pub fn open(bytes: Vec<u8>, signature: Option<&str>, keys: &[Key]) -> Result<Self, Error> {
        // Before 1970 nothing has expired.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let admitted =
            admit(keys, &bytes, signature, Some(now)).map_err(|e| Error::Bundle(e.to_string()))?;
        Ok(Self::kept(bytes)?.with_serial(admitted.map(|s| s.serial)))
    }

    /// Takes a bundle that was admitted before and kept since.
    ///
    /// # Errors
    /// It is no bundle.
    pub fn kept(bytes: Vec<u8>) -> Result<Self, Error> {
        let bundle = Bundle::decode(&bytes).map_err(|e| Error::Bundle(e.to_string()))?;
        let policy_digest =
            policy_digest(&bundle.policies).map_err(|e| Error::Bundle(e.to_string()))?;
        Ok(Self {
            digest: Bundle::digest(&bytes),
            policy_digest,
            bundle,
            serial: None,
            bytes,
        })
    }

    /// The same with the serial number that it was admitted with.
    #[must_use]
    pub fn with_serial(mut self, serial: Option<u64>) -> Self {
        self.serial = serial;
        self
    }

    /// Its exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// SHA-256 of its policies' canonical form.
    pub fn policy_digest(&self) -> [u8; 32] {
        self.policy_digest
    }

    /// Its policies.
    pub fn policies(&self) -> &PolicySet {
        &self.bundle.policies
    }

    /// Its serial number, when it was signed.
    pub fn serial(&self) -> Option<u64> {
        self.serial
    }

    /// The pod's direction that a rule speaks of; empty for rules that do not exist.
    pub fn direction(&self, rule: RuleId) -> &'static str {
        match self.policies().rule_ref(rule) {
            Some(RuleRef::Isolation(_, direction)) => direction.name(),
            Some(RuleRef::Rule(_, rule, _)) => rule.direction.name(),
            Some(RuleRef::Builtin(_)) | None => "",
        }
    }

    /// A rule in words, and where it was written.
    pub fn describe(&self, rule: RuleId) -> String {
        let what = match self.policies().rule_ref(rule) {
            Some(RuleRef::Isolation(policy, direction)) => {
                format!(
                    "isolated by {} for {}, and nothing allows",
                    policy.key,
                    direction.name()
                )
            }
            Some(RuleRef::Rule(policy, rule, place)) => {
                let direction: Direction = rule.direction;
                format!("{}, {} rule {}", policy.key, direction.name(), place + 1)
            }
            Some(RuleRef::Builtin(_)) | None => format!("rule {}", rule.0),
        };
        match self.bundle.sources.get(rule).first() {
            Some(place) => format!("{what} ({}:{})", place.file, place.line),
            None => what,
        }
    }
}
