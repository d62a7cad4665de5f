//! Questions and answers.

use crate::{Condition, Direction, Party, Protocol, RuleId};
use serde::{Deserialize, Serialize};

/// One packet that opens a connection (replies follow their flow and are not asked about).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// Who sends.
    pub source: Party,
    /// Who receives, after any service address was translated.
    pub destination: Party,
    /// The transport protocol.
    pub protocol: Protocol,
    /// The destination port, or the ICMP type.
    pub port: u16,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It passes.
    Allow,
    /// It is dropped.
    Deny,
    /// The input does not decide it; see [`UnknownCause`].
    Unknown,
}

/// Why an answer is [`Verdict::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnknownCause {
    /// An ipBlock may or may not cover a pod whose address is not known.
    NoAddress,
    /// A namespace is mentioned but declared nowhere, so its labels are not known.
    NamespaceLabels,
    /// It matters on which node a pod runs, and the input does not say.
    NoNode,
    /// A rule names DNS names, whose addresses are known at run time alone.
    DnsName,
    /// A rule names the API server, whose addresses the input does not tell.
    ApiServer,
    /// A rule names nodes by labels, and the node is declared nowhere.
    NodeLabels,
    /// An address among the pods', at which nobody is known.
    NoEndpoint,
    /// A rule asks for the service account or cluster of a pod, which the input does not tell.
    Identity,
}

impl UnknownCause {
    /// One sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoAddress => {
                "an ipBlock may cover the pod, whose address is not known; give an inventory or --cluster-state"
            }
            Self::NamespaceLabels => {
                "the namespace is declared nowhere, so its labels are not known; add its manifest, --closed-world or --cluster-state"
            }
            Self::NoNode => "it depends on whether both run on the same node; give --cluster-state",
            Self::DnsName => {
                "a rule names DNS names; which addresses they stand for is known at run time alone"
            }
            Self::ApiServer => {
                "a rule names the API server, whose addresses are not known; add the EndpointSlice of Service default/kubernetes, or give --cluster-state"
            }
            Self::NodeLabels => {
                "a rule names nodes by labels, and the node's are not known; add its manifest or give --cluster-state"
            }
            Self::NoEndpoint => {
                "the address lies among the pods' addresses, and nobody is known there"
            }
            Self::Identity => {
                "a rule asks for the pod's service account or cluster, which is not known; give --cluster-state"
            }
        }
    }
}

/// What one side says about a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Side {
    /// Allow, deny or unknown.
    pub verdict: Verdict,
    /// The rule that decided: the first in canonical order that gives this verdict.
    pub rule: RuleId,
    /// Set when the verdict is unknown.
    pub cause: Option<UnknownCause>,
    /// Of an allow: what else must hold. No rule allows the packet without it.
    pub condition: Option<Condition>,
}

impl Side {
    /// Lowered to what a kernel can do: what is not decided is denied, and so is what is allowed on
    /// a condition (S-CONDITION).
    pub fn passes(&self) -> bool {
        self.verdict == Verdict::Allow && self.condition.is_none()
    }

    /// A side that a rule allows.
    pub fn allow(rule: RuleId) -> Self {
        Self {
            verdict: Verdict::Allow,
            rule,
            cause: None,
            condition: None,
        }
    }

    /// A side that a rule or an isolation denies.
    pub fn deny(rule: RuleId) -> Self {
        Self {
            verdict: Verdict::Deny,
            rule,
            cause: None,
            condition: None,
        }
    }

    /// A side that the input does not decide.
    pub fn unknown(rule: RuleId, cause: UnknownCause) -> Self {
        Self {
            verdict: Verdict::Unknown,
            rule,
            cause: Some(cause),
            condition: None,
        }
    }
}

/// The answer for one packet: both sides must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decision {
    /// Allow when both sides allow, deny when one denies, else unknown.
    pub verdict: Verdict,
    /// What the destination's policies say.
    pub ingress: Side,
    /// What the source's policies say.
    pub egress: Side,
}

impl Decision {
    /// Do both sides let the packet pass in a kernel ([`Side::passes`])?
    pub fn passes(&self) -> bool {
        self.ingress.passes() && self.egress.passes()
    }

    /// Of an allow: what else must hold, on the first side that asks for something.
    pub fn condition(&self) -> Option<Condition> {
        (self.verdict == Verdict::Allow)
            .then(|| self.ingress.condition.or(self.egress.condition))
            .flatten()
    }

    /// Joins two sides.
    pub fn new(ingress: Side, egress: Side) -> Self {
        let verdict = match (ingress.verdict, egress.verdict) {
            (Verdict::Deny, _) | (_, Verdict::Deny) => Verdict::Deny,
            (Verdict::Allow, Verdict::Allow) => Verdict::Allow,
            _ => Verdict::Unknown,
        };
        Self {
            verdict,
            ingress,
            egress,
        }
    }

    /// The side of a direction.
    pub fn side(&self, direction: Direction) -> Side {
        match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
        }
    }
}
