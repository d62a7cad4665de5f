//! Address blocks.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `networking/v1 IPBlock`: the addresses of `cidr` that lie in none of `except`.
/// Host bits are cleared on construction, as every implementation reads them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IpBlock {
    /// What the block spans.
    pub cidr: IpNet,
    /// Holes in it; sorted, without repetition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<IpNet>,
}

impl IpBlock {
    /// A block with holes, in canonical form.
    pub fn new(cidr: IpNet, except: impl IntoIterator<Item = IpNet>) -> Self {
        let mut except: Vec<IpNet> = except.into_iter().map(|e| e.trunc()).collect();
        except.sort_unstable();
        except.dedup();
        Self {
            cidr: cidr.trunc(),
            except,
        }
    }

    /// Is the address inside and in none of the holes? An IPv4 block holds no IPv6 address and the
    /// other way round; `::/0` does not cover IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.cidr.contains(&address) && !self.except.iter().any(|e| e.contains(&address))
    }

    /// Every address of its family that a pod or node can have?
    pub fn is_whole_family(&self) -> bool {
        self.cidr.prefix_len() == 0 && self.except.iter().all(is_nobodys)
    }
}

/// No pod and no node is reached at an address of this net: unspecified, loopback, link-local and
/// multicast addresses (RFC 6890, RFC 5771, RFC 4291). The metadata service of clouds,
/// `169.254.169.254`, is the one that policies speak of.
pub fn is_nobodys(net: &IpNet) -> bool {
    const V4: [(Ipv4Addr, u8); 4] = [
        (Ipv4Addr::UNSPECIFIED, 8),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
    ];
    const V6: [(Ipv6Addr, u8); 4] = [
        (Ipv6Addr::UNSPECIFIED, 128),
        (Ipv6Addr::LOCALHOST, 128),
        (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
        (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
    ];
    let inside = |range: IpNet| range.contains(net);
    let v4 = |(address, len)| Ipv4Net::new(address, len).is_ok_and(|r| inside(r.into()));
    let v6 = |(address, len)| Ipv6Net::new(address, len).is_ok_and(|r| inside(r.into()));
    V4.into_iter().any(v4) || V6.into_iter().any(v6)
}

/// The two address families, which never match each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4, 32 bits.
    V4,
    /// IPv6, 128 bits.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// The highest address as a number.
    pub fn last(self) -> u128 {
        match self {
            Self::V4 => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
        }
    }

    /// The address with this number; numbers beyond the family's last one are cut to it.
    pub fn address(self, number: u128) -> IpAddr {
        match self {
            Self::V4 => IpAddr::V4(Ipv4Addr::from_bits(
                u32::try_from(number).unwrap_or(u32::MAX),
            )),
            Self::V6 => IpAddr::V6(Ipv6Addr::from_bits(number)),
        }
    }
}

/// An address as a number within its family.
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(a) => u128::from(a.to_bits()),
        IpAddr::V6(a) => a.to_bits(),
    }
}

/// The first and last address of a block, as numbers.
pub fn bounds(net: &IpNet) -> (u128, u128) {
    (number(net.network()), number(net.broadcast()))
}
