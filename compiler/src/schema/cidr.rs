//! CIDR values as kube-apiserver 1.36 reads them (`IsValidCIDR` with strict validation).

use ipnet::IpNet;
use std::net::IpAddr;

/// Why a text is no CIDR value that the server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not ADDRESS/LENGTH at all.
    NotCidr,
    /// Digits that older versions read as decimal and C libraries as octal.
    LeadingZero,
    /// `::ffff:10.0.0.0/104`: IPv4 in the clothes of IPv6.
    MappedV4,
    /// Bits behind the prefix are set; the canonical form is given.
    HostBits(IpNet),
}

impl Refusal {
    /// What the server says.
    pub fn message(self) -> &'static str {
        match self {
            Self::NotCidr => "must be a valid CIDR value, such as 10.9.8.0/24 or 2001:db8::/64",
            Self::LeadingZero => "must not have leading zeros in address or prefix length",
            Self::MappedV4 => "must not have an IPv4-mapped IPv6 address",
            Self::HostBits(_) => "must not have bits set beyond the prefix length",
        }
    }
}

/// Reads a CIDR value, and says why the server would refuse it.
pub(crate) fn parse(text: &str) -> Result<IpNet, Refusal> {
    let (address, length) = text.split_once('/').ok_or(Refusal::NotCidr)?;
    if length.is_empty() || !length.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::NotCidr);
    }
    let Ok(ip) = address.parse::<IpAddr>() else {
        let bare = without_leading_zeros(address);
        let zeros = bare.parse::<IpAddr>().is_ok();
        return Err(if zeros {
            Refusal::LeadingZero
        } else {
            Refusal::NotCidr
        });
    };
    let bits = length.parse::<u8>().map_err(|_| Refusal::NotCidr)?;
    let net = IpNet::new(ip, bits).map_err(|_| Refusal::NotCidr)?;
    if length.len() > 1 && length.starts_with('0') {
        return Err(Refusal::LeadingZero);
    }
    if let IpAddr::V6(ip) = ip
        && ip.to_ipv4_mapped().is_some()
    {
        return Err(Refusal::MappedV4);
    }
    if net.trunc().addr() != ip {
        return Err(Refusal::HostBits(net.trunc()));
    }
    Ok(net)
}

/// The address with each number cut to its significant digits.
fn without_leading_zeros(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for part in address.split_inclusive(['.', ':']) {
        let (digits, separator) = match part.strip_suffix(['.', ':']) {
            Some(digits) => (digits, part.get(digits.len()..).unwrap_or_default()),
            None => (part, ""),
        };
        let bare = digits.trim_start_matches('0');
        out.push_str(if bare.is_empty() && !digits.is_empty() {
            "0"
        } else {
            bare
        });
        out.push_str(separator);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Refusal, parse};

    #[test]
    fn takes_what_the_server_takes() {
        for text in [
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.1.2.3/32",
            "::/0",
            "fd00::/8",
            "FD00::0/8",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_the_server_refuses() {
        let cases = [
            ("", Refusal::NotCidr),
            ("10.0.0.1", Refusal::NotCidr),
            ("10.0.0.0/", Refusal::NotCidr),
            ("10.0.0.0/+8", Refusal::NotCidr),
            ("10.0.0.0/33", Refusal::NotCidr),
            ("10.0.0.0/999", Refusal::NotCidr),
            ("10.0.0.0/8/8", Refusal::NotCidr),
            ("10.0.0/8", Refusal::NotCidr),
            (" 10.0.0.0/8", Refusal::NotCidr),
            ("fe80::1%eth0/64", Refusal::NotCidr),
            ("fd00::/129", Refusal::NotCidr),
            ("010.0.0.0/8", Refusal::LeadingZero),
            ("10.00.0.0/8", Refusal::LeadingZero),
            ("10.0.0.0/08", Refusal::LeadingZero),
            ("::ffff:10.0.0.0/104", Refusal::MappedV4),
        ];
        for (text, why) in cases {
            assert_eq!(parse(text), Err(why), "{text}");
        }
        assert!(matches!(parse("10.1.0.1/16"), Err(Refusal::HostBits(_))));
        assert!(matches!(parse("fd00::1/64"), Err(Refusal::HostBits(_))));
    }
}
