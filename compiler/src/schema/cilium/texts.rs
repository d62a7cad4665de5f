//! CIDRs, ports and ICMP types as Cilium's agent reads them.

use crate::schema::cidr::{self, Refusal};
use ipnet::IpNet;

/// `netip.ParsePrefix`: bits behind the prefix may be set.
pub(crate) fn prefix(text: &str) -> Option<IpNet> {
    match cidr::parse(text) {
        Ok(net) | Err(Refusal::HostBits(net)) => Some(net.trunc()),
        Err(Refusal::MappedV4) => text.parse().ok(),
        Err(Refusal::NotCidr | Refusal::LeadingZero) => None,
    }
}

/// What the text of a port is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// A number.
    Number(u16),
    /// An IANA service name, whose case makes no difference.
    Name,
}

/// Reads a port; `None` when it is neither. Numbers follow Go: `0120` is octal.
pub(crate) fn port_number(text: &str) -> Option<Port> {
    if is_service_name(text) {
        return Some(Port::Name);
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = match text.strip_prefix('0') {
        _ if !digits => None,
        Some(octal) if !octal.is_empty() => u16::from_str_radix(octal, 8).ok(),
        _ => text.parse().ok(),
    };
    number.map(Port::Number)
}

/// `iana.IsSvcName`: 1 to 15 letters, digits and single hyphens inside, at least one letter.
fn is_service_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=15).contains(&bytes.len())
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && bytes.iter().any(u8::is_ascii_alphabetic)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// An ICMP type by number or by name (`icmpIpv4TypeNameToCode`, `icmpIpv6TypeNameToCode`).
pub(crate) fn icmp_type(text: &str, six: bool) -> Option<u8> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let names: &[(&str, u8)] = if six { &V6 } else { &V4 };
    let found = names.iter().find(|(name, _)| *name == text);
    found.map(|(_, code)| *code)
}

const V4: [(&str, u8); 14] = [
    ("EchoReply", 0),
    ("DestinationUnreachable", 3),
    ("Redirect", 5),
    ("Echo", 8),
    ("EchoRequest", 8),
    ("RouterAdvertisement", 9),
    ("RouterSelection", 10),
    ("TimeExceeded", 11),
    ("ParameterProblem", 12),
    ("Timestamp", 13),
    ("TimestampReply", 14),
    ("Photuris", 40),
    ("ExtendedEchoRequest", 42),
    ("ExtendedEchoReply", 43),
];

const V6: [(&str, u8); 27] = [
    ("DestinationUnreachable", 1),
    ("PacketTooBig", 2),
    ("TimeExceeded", 3),
    ("ParameterProblem", 4),
    ("EchoRequest", 128),
    ("EchoReply", 129),
    ("MulticastListenerQuery", 130),
    ("MulticastListenerReport", 131),
    ("MulticastListenerDone", 132),
    ("RouterSolicitation", 133),
    ("RouterAdvertisement", 134),
    ("NeighborSolicitation", 135),
    ("NeighborAdvertisement", 136),
    ("RedirectMessage", 137),
    ("RouterRenumbering", 138),
    ("ICMPNodeInformationQuery", 139),
    ("ICMPNodeInformationResponse", 140),
    ("InverseNeighborDiscoverySolicitation", 141),
    ("InverseNeighborDiscoveryAdvertisement", 142),
    ("HomeAgentAddressDiscoveryRequest", 144),
    ("HomeAgentAddressDiscoveryReply", 145),
    ("MobilePrefixSolicitation", 146),
    ("MobilePrefixAdvertisement", 147),
    ("DuplicateAddressRequestCodeSuffix", 157),
    ("DuplicateAddressConfirmationCodeSuffix", 158),
    ("ExtendedEchoRequest", 160),
    ("ExtendedEchoReply", 161),
];

#[cfg(test)]
mod tests {
    use super::{Port, icmp_type, port_number, prefix};

    #[test]
    fn ports_are_numbers_names_or_nothing() {
        let cases = [
            ("80", Some(Port::Number(80))),
            ("0", Some(Port::Number(0))),
            ("65535", Some(Port::Number(65535))),
            ("0120", Some(Port::Number(80))),
            ("http", Some(Port::Name)),
            ("HTTP-2", Some(Port::Name)),
            ("0x50", Some(Port::Name)),
            ("65536", None),
            ("99999", None),
            ("080", None),
            ("", None),
            ("a--b", None),
            ("-a", None),
            ("80-90", None),
            ("a-name-that-is-too-long", None),
        ];
        for (text, expected) in cases {
            assert_eq!(port_number(text), expected, "{text}");
        }
    }

    #[test]
    fn icmp_types_depend_on_the_family() {
        assert_eq!(icmp_type("EchoRequest", false), Some(8));
        assert_eq!(icmp_type("EchoRequest", true), Some(128));
        assert_eq!(icmp_type("PacketTooBig", true), Some(2));
        assert_eq!(icmp_type("PacketTooBig", false), None);
        assert_eq!(icmp_type("255", false), Some(255));
        assert_eq!(icmp_type("256", false), None);
        assert_eq!(icmp_type("", false), None);
    }

    #[test]
    fn prefixes_may_have_host_bits() {
        assert_eq!(prefix("10.1.2.3/8"), "10.0.0.0/8".parse().ok());
        assert_eq!(prefix("fd00::1/64"), "fd00::/64".parse().ok());
        assert_eq!(prefix("10.1.2.3"), None);
        assert_eq!(prefix("10.1.2.3/33"), None);
    }
}
