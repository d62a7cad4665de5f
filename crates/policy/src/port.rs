//! Protocols and ports.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a port number belongs to. For ICMP the "port" is the message type; `Other` stands for
/// every protocol without ports, its port is always 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// IP protocol 6.
    Tcp,
    /// IP protocol 17.
    Udp,
    /// IP protocol 132.
    Sctp,
    /// IP protocol 1; the port is the ICMP type.
    Icmp,
    /// IP protocol 58; the port is the `ICMPv6` type.
    Icmpv6,
    /// Any other IP protocol; the port is 0.
    Other,
}

impl Protocol {
    /// Every protocol in the order of their indexes.
    pub const ALL: [Self; 6] = [
        Self::Tcp,
        Self::Udp,
        Self::Sctp,
        Self::Icmp,
        Self::Icmpv6,
        Self::Other,
    ];

    /// The place in [`Protocol::ALL`], 0 to 5: what tables are indexed by.
    pub fn index(self) -> usize {
        match self {
            Self::Tcp => 0,
            Self::Udp => 1,
            Self::Sctp => 2,
            Self::Icmp => 3,
            Self::Icmpv6 => 4,
            Self::Other => 5,
        }
    }

    /// The highest port (or ICMP type) of this protocol.
    pub fn last_port(self) -> u16 {
        match self {
            Self::Tcp | Self::Udp | Self::Sctp => u16::MAX,
            Self::Icmp | Self::Icmpv6 => 255,
            Self::Other => 0,
        }
    }

    /// The protocol of an IP protocol number (`Internet Protocol Numbers`, IANA).
    pub fn from_ip(number: u8) -> Self {
        match number {
            6 => Self::Tcp,
            17 => Self::Udp,
            132 => Self::Sctp,
            1 => Self::Icmp,
            58 => Self::Icmpv6,
            _ => Self::Other,
        }
    }

    /// An IP protocol number that [`Protocol::from_ip`] reads back as this protocol; GRE stands for
    /// all that have no ports.
    pub fn ip_number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
            Self::Icmp => 1,
            Self::Icmpv6 => 58,
            Self::Other => 47,
        }
    }

    /// The name used in manifests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
            Self::Icmp => "ICMP",
            Self::Icmpv6 => "ICMPV6",
            Self::Other => "OTHER",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A protocol name that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown protocol `{0}`; use TCP, UDP, SCTP, ICMP, ICMPV6 or OTHER")]
pub struct UnknownProtocol(pub String);

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|p| p.name().eq_ignore_ascii_case(s))
            .ok_or_else(|| UnknownProtocol(s.to_owned()))
    }
}

/// A port that a container declares (`core/v1 ContainerPort`), sidecars included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContainerPort {
    /// What named ports of policies and services resolve to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// TCP unless stated.
    #[serde(default = "tcp")]
    pub protocol: Protocol,
    /// 1 to 65535.
    pub port: u16,
}

fn tcp() -> Protocol {
    Protocol::Tcp
}

/// Which destination ports a rule covers (`networking/v1 NetworkPolicyPort`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum PortMatch {
    /// `first..=last` of one protocol; a port without number is `0..=65535`.
    Range {
        /// The protocol, TCP when the manifest does not say.
        protocol: Protocol,
        /// First port, inclusive.
        first: u16,
        /// Last port, inclusive.
        last: u16,
    },
    /// A port by name, looked up among the containers of each destination pod. `None` as protocol
    /// means that name and protocol both come from the pod (`destinationNamedPort`).
    Named {
        /// The protocol that the container port must have.
        protocol: Option<Protocol>,
        /// The container port's name.
        name: String,
    },
}

impl PortMatch {
    /// Every port of a protocol.
    pub fn all_of(protocol: Protocol) -> Self {
        Self::Range {
            protocol,
            first: 0,
            last: protocol.last_port(),
        }
    }

    /// Does it cover `port` at a destination whose containers declare `declared`?
    pub fn covers(&self, protocol: Protocol, port: u16, declared: &[ContainerPort]) -> bool {
        match self {
            Self::Range {
                protocol: p,
                first,
                last,
            } => *p == protocol && (*first..=*last).contains(&port),
            Self::Named { protocol: p, name } => {
                p.is_none_or(|p| p == protocol)
                    && declared.iter().any(|d| {
                        d.protocol == protocol
                            && d.port == port
                            && d.name.as_deref() == Some(name.as_str())
                    })
            }
        }
    }
}
