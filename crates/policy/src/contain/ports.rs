//! What lists of ports prove about each other (S-PORT, S-PORT-NAMED).

use crate::{PortMatch, Protocol};

/// The protocols whose ports have names (`core/v1 ContainerPort.protocol`).
const NAMED: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

/// Is every port of the first list one of the second list's? `None` is every port.
pub fn ports_within(narrow: Option<&[PortMatch]>, wide: Option<&[PortMatch]>) -> bool {
    match (narrow, wide) {
        (_, None) => true,
        (None, Some(wide)) => Protocol::ALL.into_iter().all(|p| covers_all(wide, p)),
        (Some(narrow), Some(wide)) => narrow.iter().all(|port| is_covered(port, wide)),
    }
}

/// Have the lists no port in common? `None` is every port.
pub fn ports_apart(a: Option<&[PortMatch]>, b: Option<&[PortMatch]>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            let apart = |one: &PortMatch| b.iter().all(|other| are_apart(one, other));
            a.iter().all(apart)
        }
        (Some(one), None) | (None, Some(one)) => one.is_empty(),
        (None, None) => false,
    }
}

fn is_covered(port: &PortMatch, wide: &[PortMatch]) -> bool {
    match port {
        PortMatch::Range {
            protocol,
            first,
            last,
        } => covers_run(wide, *protocol, (*first, *last)),
        PortMatch::Named { protocol, name } => {
            let same = |other: &PortMatch| match other {
                PortMatch::Named {
                    protocol: of,
                    name: other,
                } => other == name && of.is_none_or(|of| *protocol == Some(of)),
                PortMatch::Range { .. } => false,
            };
            let may_be = |p: &Protocol| protocol.is_none_or(|only| only == *p);
            let mut protocols = NAMED.iter().filter(|p| may_be(p));
            wide.iter().any(same) || protocols.all(|p| covers_all(wide, *p))
        }
    }
}

fn covers_all(wide: &[PortMatch], protocol: Protocol) -> bool {
    covers_run(wide, protocol, (0, protocol.last_port()))
}

/// Do the ranges of a protocol cover the run together?
fn covers_run(wide: &[PortMatch], protocol: Protocol, (first, last): (u16, u16)) -> bool {
    let ranges = wide.iter().filter_map(|port| match port {
        PortMatch::Range {
            protocol: of,
            first,
            last,
        } if *of == protocol => Some((*first, *last)),
        _ => None,
    });
    let mut ranges: Vec<(u16, u16)> = ranges.filter(|(first, last)| first <= last).collect();
    ranges.sort_unstable();
    // The first port that is not covered yet.
    let mut open = u32::from(first);
    for (from, to) in ranges {
        if u32::from(from) <= open {
            open = open.max(u32::from(to) + 1);
        }
    }
    open > u32::from(last)
}

fn are_apart(a: &PortMatch, b: &PortMatch) -> bool {
    match (a, b) {
        (
            PortMatch::Range {
                protocol,
                first,
                last,
            },
            PortMatch::Range {
                protocol: other,
                first: from,
                last: to,
            },
        ) => protocol != other || first.max(from) > last.min(to),
        (PortMatch::Range { protocol, .. }, PortMatch::Named { protocol: of, .. })
        | (PortMatch::Named { protocol: of, .. }, PortMatch::Range { protocol, .. }) => {
            !NAMED.contains(protocol) || of.is_some_and(|of| of != *protocol)
        }
        (
            PortMatch::Named { protocol, .. },
            PortMatch::Named {
                protocol: other, ..
            },
        ) => {
            matches!((protocol, other), (Some(a), Some(b)) if a != b)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(first: u16, last: u16) -> PortMatch {
        PortMatch::Range {
            protocol: Protocol::Tcp,
            first,
            last,
        }
    }

    fn named(protocol: Option<Protocol>) -> PortMatch {
        PortMatch::Named {
            protocol,
            name: "http".to_owned(),
        }
    }

    #[test]
    fn ranges_cover_together() {
        let wide = [tcp(80, 90), tcp(91, 100)];
        assert!(ports_within(Some(&[tcp(85, 95)]), Some(&wide)));
        assert!(!ports_within(Some(&[tcp(85, 101)]), Some(&wide)));
        assert!(ports_within(Some(&[tcp(85, 101)]), None));
        assert!(!ports_within(None, Some(&[tcp(0, 65535)])));
        let all: Vec<PortMatch> = Protocol::ALL.into_iter().map(PortMatch::all_of).collect();
        assert!(ports_within(None, Some(&all)));
    }

    #[test]
    fn names_are_covered_by_names_and_by_every_port() {
        let tcp_http = [named(Some(Protocol::Tcp))];
        let any_http = [named(None)];
        assert!(ports_within(Some(&tcp_http), Some(&any_http)));
        assert!(!ports_within(Some(&any_http), Some(&tcp_http)));
        assert!(ports_within(Some(&tcp_http), Some(&[tcp(0, 65535)])));
        assert!(!ports_within(Some(&tcp_http), Some(&[tcp(0, 65534)])));
    }

    #[test]
    fn ports_that_cannot_meet() {
        let udp = [PortMatch::all_of(Protocol::Udp)];
        let icmp = [PortMatch::all_of(Protocol::Icmp)];
        assert!(ports_apart(Some(&[tcp(80, 90)]), Some(&[tcp(91, 95)])));
        assert!(!ports_apart(Some(&[tcp(80, 90)]), Some(&[tcp(90, 95)])));
        assert!(ports_apart(Some(&[tcp(80, 90)]), Some(&udp)));
        assert!(ports_apart(Some(&[named(None)]), Some(&icmp)));
        assert!(!ports_apart(Some(&[named(None)]), Some(&udp)));
        assert!(!ports_apart(None, Some(&udp)));
    }
}
