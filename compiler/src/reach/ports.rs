//! Sets of ports, as runs.

use netpol_policy::Protocol;
use serde::Serialize;
use std::fmt;

/// A run of ports of one protocol; for ICMP of message types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PortRange {
    /// The protocol.
    pub protocol: Protocol,
    /// The first port.
    #[serde(rename = "port")]
    pub first: u16,
    /// The last port, when it is another one.
    #[serde(rename = "endPort", skip_serializing_if = "Option::is_none")]
    end: Option<u16>,
}

impl PortRange {
    /// `first..=last` of a protocol.
    pub fn new(protocol: Protocol, first: u16, last: u16) -> Self {
        Self {
            protocol,
            first,
            end: (last != first).then_some(last),
        }
    }

    /// The last port, inclusive.
    pub fn last(self) -> u16 {
        self.end.unwrap_or(self.first)
    }

    /// Is the port one of these?
    pub fn contains(self, protocol: Protocol, port: u16) -> bool {
        self.protocol == protocol && (self.first..=self.last()).contains(&port)
    }

    fn is_whole_protocol(self) -> bool {
        self.first == 0 && self.last() == self.protocol.last_port()
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            protocol, first, ..
        } = self;
        match self.end {
            _ if self.is_whole_protocol() => write!(f, "{protocol}"),
            None => write!(f, "{protocol}/{first}"),
            Some(last) => write!(f, "{protocol}/{first}-{last}"),
        }
    }
}

/// Appends a run, growing the last one when it is its direct continuation.
pub fn push(ranges: &mut Vec<PortRange>, next: PortRange) {
    if let Some(before) = ranges.last_mut()
        && before.protocol == next.protocol
        && before.last().checked_add(1) == Some(next.first)
    {
        *before = PortRange::new(before.protocol, before.first, next.last());
    } else {
        ranges.push(next);
    }
}

/// Every port of every protocol?
pub fn is_everything(ranges: &[PortRange]) -> bool {
    ranges.len() == Protocol::ALL.len() && ranges.iter().all(|r| r.is_whole_protocol())
}

/// The runs in words: `TCP/80, TCP/8000-8010`, `every port`.
pub fn in_words(ranges: &[PortRange]) -> String {
    if is_everything(ranges) {
        return "every port".to_owned();
    }
    let words: Vec<String> = ranges.iter().map(PortRange::to_string).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_grow_together_and_words_are_short() {
        let mut ranges = Vec::new();
        for (protocol, first, last) in [
            (Protocol::Tcp, 80, 80),
            (Protocol::Tcp, 81, 90),
            (Protocol::Tcp, 92, 92),
            (Protocol::Udp, 93, 93),
            (Protocol::Other, 0, 0),
        ] {
            push(&mut ranges, PortRange::new(protocol, first, last));
        }
        assert_eq!(in_words(&ranges), "TCP/80-90, TCP/92, UDP/93, OTHER");
        assert!(!is_everything(&ranges));
        let all: Vec<PortRange> = (Protocol::ALL.into_iter())
            .map(|p| PortRange::new(p, 0, p.last_port()))
            .collect();
        assert_eq!(in_words(&all), "every port");
    }
}
