//! Ethernet frames made from tuples: what self-tests and tests send through the programs.

use netpol_policy::Protocol;
use std::net::IpAddr;

/// Flags of a bare SYN.
pub const SYN: u8 = 0x02;
/// Flags of a segment in the middle of a connection.
pub const ACK: u8 = 0x10;

/// A packet to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Source address; both must be of one family.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// The protocol number of the IP header.
    pub protocol: u8,
    /// Source port; for ICMP the identifier.
    pub source_port: u16,
    /// Destination port, or the ICMP type.
    pub port: u16,
    /// TCP flags.
    pub flags: u8,
}

impl Frame {
    /// The packet that opens a flow: a bare SYN for TCP.
    pub fn opening(source: IpAddr, destination: IpAddr, protocol: Protocol, port: u16) -> Self {
        Self {
            source,
            destination,
            protocol: protocol.ip_number(),
            source_port: 40000,
            port,
            flags: SYN,
        }
    }

    /// The bytes, Ethernet header first; `None` when the addresses are of two families.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let payload = self.transport();
        let length = u16::try_from(payload.len()).ok()?;
        let mut out = vec![0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2];
        match (self.source, self.destination) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                out.extend([0x08, 0x00, 0x45, 0]);
                out.extend(length.checked_add(20)?.to_be_bytes());
                out.extend([0, 1, 0, 0, 64, self.protocol, 0, 0]);
                out.extend(from.octets());
                out.extend(to.octets());
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                out.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
                out.extend(length.to_be_bytes());
                out.extend([self.protocol, 64]);
                out.extend(from.octets());
                out.extend(to.octets());
            }
            _ => return None,
        }
        out.extend(payload);
        Some(out)
    }

    fn transport(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(20);
        match Protocol::from_ip(self.protocol) {
            Protocol::Icmp | Protocol::Icmpv6 => {
                // The type is one byte; whoever asks for a higher one gets the highest.
                out.extend([u8::try_from(self.port).unwrap_or(u8::MAX), 0, 0, 0]);
                out.extend(self.source_port.to_be_bytes());
            }
            _ => {
                out.extend(self.source_port.to_be_bytes());
                out.extend(self.port.to_be_bytes());
                out.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, self.flags, 0x20, 0]);
            }
        }
        out.resize(20, 0);
        out
    }
}

/// Is this neighbour discovery, of which no policy speaks?
pub fn is_discovery(frame: &Frame) -> bool {
    frame.source.is_ipv6() && frame.protocol == 58 && (133..=137).contains(&frame.port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_ports_where_the_kernel_looks() {
        let v4 = Frame::opening(
            [10, 0, 0, 1].into(),
            [10, 0, 0, 2].into(),
            Protocol::Tcp,
            443,
        );
        let bytes = v4.bytes().unwrap();
        assert_eq!(bytes[12..15], [0x08, 0x00, 0x45]);
        assert_eq!(bytes[36..38], 443u16.to_be_bytes());
        let v6 = Frame {
            source: "fd00::1".parse().unwrap(),
            destination: "fd00::2".parse().unwrap(),
            ..v4
        };
        assert_eq!(v6.bytes().unwrap()[56..58], 443u16.to_be_bytes());
        assert_eq!(
            Frame {
                source: v6.source,
                ..v4
            }
            .bytes(),
            None
        );
    }
}
