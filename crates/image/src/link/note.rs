//! What linking wants said.

use netpol_policy::{Condition, Direction, Protocol, RuleId, UnknownCause};
use std::net::IpAddr;

/// Something that the image decides more strictly, or otherwise, than the input asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkNote {
    /// NP503: the input does not decide these, or allows them on a condition that the kernel cannot
    /// check; the image denies them.
    Unknown {
        /// How many combinations of local endpoint, peer class and port range.
        count: usize,
        /// The first few.
        examples: Vec<UnknownExample>,
    },
    /// NP504: a service whose backends are partly allowed and partly denied; the image denies it.
    MixedService {
        /// Its address.
        address: IpAddr,
        /// The protocol of the service port.
        protocol: Protocol,
        /// The service port.
        port: u16,
        /// The first local endpoint that is denied for this, as `namespace/name`.
        endpoint: String,
        /// Backends that this endpoint may reach.
        allowed: Vec<(IpAddr, u16)>,
        /// Backends that it may not reach.
        denied: Vec<(IpAddr, u16)>,
    },
    /// Two endpoints claim one address; the image believes the first of them, and one of this node
    /// before others.
    SharedAddress {
        /// The address.
        address: IpAddr,
        /// Who has it in the image, as `namespace/name`.
        kept: String,
        /// Who does not.
        ignored: String,
    },
    /// An endpoint of this node without an address has no row yet: its packets are dropped.
    NoAddress {
        /// The endpoint as `namespace/name`.
        endpoint: String,
    },
}

/// Why the image denies what no policy denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// The input does not decide it.
    Unknown(UnknownCause),
    /// It is allowed on a condition, which the kernel cannot check.
    Condition(Condition),
}

impl Open {
    /// One sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Unknown(cause) => cause.sentence(),
            Self::Condition(condition) => condition.sentence(),
        }
    }
}

/// One undecided combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownExample {
    /// The local endpoint as `namespace/name`.
    pub endpoint: String,
    /// The side that is not decided.
    pub direction: Direction,
    /// Some peer that it is not decided for.
    pub peer: String,
    /// The protocol.
    pub protocol: Protocol,
    /// First port of the range.
    pub first: u16,
    /// Last port of the range.
    pub last: u16,
    /// What is open.
    pub open: Open,
    /// The rule that would need to know it; drops of these packets are credited to it.
    pub rule: RuleId,
}

impl LinkNote {
    /// The code of the finding that this note becomes, if it is one.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { .. } => Some("NP503"),
            Self::MixedService { .. } => Some("NP504"),
            Self::SharedAddress { .. } | Self::NoAddress { .. } => None,
        }
    }
}
