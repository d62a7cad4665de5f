//! How parties and ports are written on the command line and in batches.

use ipnet::IpNet;
use netpol_policy::{Cluster, Protocol};
use std::net::IpAddr;
use std::str::FromStr;

/// A party, or a set of them, as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// `world`: every address outside of the cluster.
    World,
    /// `kube-apiserver`: the backends of Service default/kubernetes.
    ApiServer,
    /// `dns`: the pods of the cluster's DNS.
    Dns,
    /// One address.
    Address(IpAddr),
    /// `10.0.0.0/8`: every address of a block.
    Block(IpNet),
    /// `node/NAME`.
    Node(Pattern),
    /// `ns/name` or `ns/Kind/name`.
    Endpoint {
        /// The namespace.
        namespace: Pattern,
        /// The kind that was written, when it matters.
        kind: Option<String>,
        /// The name of the pod or of the workload.
        name: Pattern,
        /// `#2`: the second of several that have kind and name in common (pods of one owner with
        /// different labels), counted from 1 as answers do.
        nth: Option<usize>,
    },
}

/// A name in which `*` stands for any run of characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// Does it stand for one name only?
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Does the name fit?
    pub fn matches(&self, name: &str) -> bool {
        let Some((prefix, rest)) = self.0.split_once('*') else {
            return self.0 == name;
        };
        let Some(mut left) = name.strip_prefix(prefix) else {
            return false;
        };
        // The last piece must stand at the end; those before it are taken as early as possible.
        let mut pieces = rest.split('*').collect::<Vec<_>>();
        let last = pieces.pop().unwrap_or_default();
        for piece in pieces {
            match left.split_once(piece) {
                Some((_, after)) => left = after,
                None => return false,
            }
        }
        left.ends_with(last)
    }
}

impl Who {
    /// Does it stand for one party only, as far as its text tells?
    pub fn is_exact(&self) -> bool {
        match self {
            Self::World | Self::ApiServer | Self::Dns | Self::Block(_) => false,
            Self::Address(_) => true,
            Self::Node(name) => name.is_exact(),
            Self::Endpoint {
                namespace, name, ..
            } => namespace.is_exact() && name.is_exact(),
        }
    }
}

/// What keeps a text from being a party or a port: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadQuestion(pub String);

const PARTY_FORMS: &str = "use ns/name, ns/Kind/name, node/NAME, an address, a CIDR, `world`, `kube-apiserver` or `dns`; `*` stands for any name";

impl FromStr for Who {
    type Err = BadQuestion;

    fn from_str(text: &str) -> Result<Self, BadQuestion> {
        match text {
            "world" => return Ok(Self::World),
            "kube-apiserver" => return Ok(Self::ApiServer),
            "dns" => return Ok(Self::Dns),
            _ => {}
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        if let Ok(block) = text.parse::<IpNet>() {
            return Ok(Self::Block(block.trunc()));
        }
        let pieces: Vec<&str> = text.split('/').collect();
        if pieces.iter().any(|piece| piece.is_empty()) {
            return Err(BadQuestion(format!("`{text}` is no party; {PARTY_FORMS}")));
        }
        let pattern = |name: &str| Pattern(name.to_owned());
        // Neither names nor kinds have a `#` of their own.
        let nth = |name: &str| match name.split_once('#') {
            None => Ok((pattern(name), None)),
            Some((name, nth)) => match nth.parse::<usize>() {
                Ok(nth) if nth > 0 && !name.is_empty() => Ok((pattern(name), Some(nth))),
                _ => Err(BadQuestion(format!("`{text}` is no party; {PARTY_FORMS}"))),
            },
        };
        match pieces.as_slice() {
            ["node", name] => Ok(Self::Node(pattern(name))),
            [namespace, name] => nth(name).map(|(name, nth)| Self::Endpoint {
                namespace: pattern(namespace),
                kind: None,
                name,
                nth,
            }),
            [namespace, kind, name] => nth(name).map(|(name, nth)| Self::Endpoint {
                namespace: pattern(namespace),
                kind: (*kind != "*").then(|| (*kind).to_owned()),
                name,
                nth,
            }),
            _ => Err(BadQuestion(format!("`{text}` is no party; {PARTY_FORMS}"))),
        }
    }
}

/// The ports that a question is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PortQuestion {
    /// Every protocol and port.
    All,
    /// A run of ports of one protocol.
    Range {
        /// The protocol.
        protocol: Protocol,
        /// First port, inclusive.
        first: u16,
        /// Last port, inclusive.
        last: u16,
    },
    /// A port by the name that the destination's containers give it.
    Named {
        /// The protocol.
        protocol: Protocol,
        /// The name.
        name: String,
    },
}

const PORT_FORMS: &str = "use TCP/8443, TCP/8000-8010, TCP/http, TCP or ICMP/8";

impl FromStr for PortQuestion {
    type Err = BadQuestion;

    fn from_str(text: &str) -> Result<Self, BadQuestion> {
        let bad = |why: String| BadQuestion(format!("`{text}` is no port: {why}; {PORT_FORMS}"));
        let (protocol, port) = match text.split_once('/') {
            Some((protocol, port)) => (protocol, Some(port)),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => ("TCP", Some(text)),
            None => (text, None),
        };
        let protocol: Protocol = protocol
            .parse()
            .map_err(|error: netpol_policy::port::UnknownProtocol| bad(error.to_string()))?;
        match port {
            None => Ok(Self::Range {
                protocol,
                first: 0,
                last: protocol.last_port(),
            }),
            Some(port) => port_of(protocol, port).map_err(bad),
        }
    }
}

/// The part behind the protocol: a number, a run or a name.
///
/// # Errors
/// Half a sentence that says what is wrong with it.
pub fn port_of(protocol: Protocol, port: &str) -> Result<PortQuestion, String> {
    // A port name may begin with a digit and have dashes, but it has a letter.
    let digits = port.starts_with(|c: char| c.is_ascii_digit());
    if !digits || port.contains(|c: char| c.is_ascii_alphabetic()) {
        return named_port(protocol, port);
    }
    let (first, last) = port.split_once('-').unwrap_or((port, port));
    let (first, last) = (number(protocol, first)?, number(protocol, last)?);
    if first > last {
        return Err(format!("{first} is above {last}"));
    }
    Ok(PortQuestion::Range {
        protocol,
        first,
        last,
    })
}

fn number(protocol: Protocol, text: &str) -> Result<u16, String> {
    let highest = protocol.last_port();
    match text.parse::<u16>() {
        Ok(number) if number <= highest => Ok(number),
        _ => Err(format!("{protocol} has the numbers 0 to {highest}")),
    }
}

fn named_port(protocol: Protocol, name: &str) -> Result<PortQuestion, String> {
    let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let named = matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::Sctp);
    match (valid, named) {
        (true, true) => Ok(PortQuestion::Named {
            protocol,
            name: name.to_owned(),
        }),
        (true, false) => Err(format!("{protocol} has no port names")),
        (false, _) => Err("neither a number nor a name".to_owned()),
    }
}

impl PortQuestion {
    /// The runs of ports that are meant at a destination; a name may stand for several there, and
    /// for none.
    pub fn at(&self, cluster: &Cluster, destination: Option<usize>) -> Vec<(Protocol, u16, u16)> {
        match self {
            Self::All => (Protocol::ALL.into_iter())
                .map(|p| (p, 0, p.last_port()))
                .collect(),
            Self::Range {
                protocol,
                first,
                last,
            } => vec![(*protocol, *first, *last)],
            Self::Named { protocol, name } => {
                let endpoint = destination.and_then(|at| cluster.endpoints.get(at));
                let declared = endpoint.map_or(&[][..], |e| &e.ports);
                let mut found: Vec<_> = declared
                    .iter()
                    .filter(|d| d.protocol == *protocol && d.name.as_ref() == Some(name))
                    .map(|d| (d.protocol, d.port, d.port))
                    .collect();
                found.sort_unstable();
                found.dedup();
                found
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_are_read_in_all_forms() {
        assert_eq!("world".parse(), Ok(Who::World));
        assert_eq!(
            "::1".parse(),
            Ok(Who::Address("::1".parse::<IpAddr>().unwrap()))
        );
        assert_eq!(
            "10.1.2.3/8".parse(),
            Ok(Who::Block("10.0.0.0/8".parse().unwrap()))
        );
        assert_eq!("node/a".parse(), Ok(Who::Node(Pattern("a".to_owned()))));
        for bad in [
            "", "web", "/", "a//b", "a/b/c/d", "a/", "a/b#", "a/b#0", "a/#1",
        ] {
            assert!(bad.parse::<Who>().is_err(), "{bad}");
        }
        let one: Who = "shop/Deployment/web".parse().unwrap();
        assert!(one.is_exact());
        let many: Who = "shop/*".parse().unwrap();
        assert!(!many.is_exact());
    }

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, fits, fails) in [
            ("*", "anything", None),
            ("web-*", "web-1", Some("api-1")),
            ("*-db", "orders-db", Some("orders-db-2")),
            ("a*b*c", "a1b2c", Some("a1c")),
            ("a*a", "aa", Some("a")),
            ("web", "web", Some("web2")),
        ] {
            let pattern = Pattern(pattern.to_owned());
            assert!(pattern.matches(fits), "{pattern:?} {fits}");
            if let Some(fails) = fails {
                assert!(!pattern.matches(fails), "{pattern:?} {fails}");
            }
        }
    }

    #[test]
    fn ports_are_read_in_all_forms() {
        let range = |protocol, first, last| PortQuestion::Range {
            protocol,
            first,
            last,
        };
        assert_eq!("TCP/8443".parse(), Ok(range(Protocol::Tcp, 8443, 8443)));
        assert_eq!("8443".parse(), Ok(range(Protocol::Tcp, 8443, 8443)));
        assert_eq!("udp/1-2".parse(), Ok(range(Protocol::Udp, 1, 2)));
        assert_eq!("ICMP/8".parse(), Ok(range(Protocol::Icmp, 8, 8)));
        assert_eq!("SCTP".parse(), Ok(range(Protocol::Sctp, 0, 65535)));
        let named = PortQuestion::Named {
            protocol: Protocol::Tcp,
            name: "8080-http".to_owned(),
        };
        assert_eq!("TCP/8080-http".parse(), Ok(named));
        for bad in [
            "",
            "TCP/",
            "TCP/65536",
            "TCP/2-1",
            "ICMP/256",
            "ICMP/echo",
            "XYZ/1",
            "TCP/a b",
            "TCP/1-",
        ] {
            assert!(bad.parse::<PortQuestion>().is_err(), "{bad}");
        }
    }
}
