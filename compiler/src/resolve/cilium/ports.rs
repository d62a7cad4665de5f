//! `toPorts` and `icmps`: which packets a rule is about, and what else must hold.

use crate::schema::cilium::{Port, icmp_type, port_number};
use netpol_policy::{Condition, PortMatch, Protocol};
use netpol_yaml::NodeRef;

/// Ports that share a condition, each with the item that it was read from.
#[derive(Debug)]
pub(super) struct Ports<'a> {
    /// `None`: every protocol and port.
    pub listed: Option<Vec<(PortMatch, NodeRef<'a>)>>,
    /// What else must hold.
    pub condition: Option<Condition>,
    /// A protocol of its own among those that are not told apart here (VRRP, GRE …).
    pub other_protocol: bool,
}

/// What the ports are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// An allow must not cover more than what is written.
    Allow,
    /// A deny must not cover less.
    Deny,
}

/// S-CILIUM-PORTS: without `toPorts` and `icmps` every packet; else what their items list, those
/// with a condition apart from those without. `None` when a part has no meaning after all (refused
/// before).
pub(super) fn read<'a>(rule: NodeRef<'a>, purpose: Purpose) -> Option<Vec<Ports<'a>>> {
    let items = |key: &str| -> Vec<NodeRef<'a>> {
        rule.get(key).into_iter().flat_map(NodeRef::items).collect()
    };
    let (to_ports, icmps) = (items("toPorts"), items("icmps"));
    if to_ports.is_empty() && icmps.is_empty() {
        return Some(vec![Ports {
            listed: None,
            condition: None,
            other_protocol: false,
        }]);
    }
    let mut groups: Vec<Ports<'a>> = Vec::new();
    for item in to_ports {
        let condition = condition(item);
        for port in item.get("ports").into_iter().flat_map(NodeRef::items) {
            let (matches, other) = port_matches(port, purpose)?;
            add(&mut groups, condition, matches, port, other);
        }
    }
    for item in icmps {
        for field in item.get("fields").into_iter().flat_map(NodeRef::items) {
            add(&mut groups, None, vec![icmp(field)?], field, false);
        }
    }
    Some(groups)
}

fn add<'a>(
    groups: &mut Vec<Ports<'a>>,
    condition: Option<Condition>,
    matches: Vec<PortMatch>,
    node: NodeRef<'a>,
    other_protocol: bool,
) {
    let at = groups.iter().position(|group| group.condition == condition);
    let at = at.unwrap_or_else(|| {
        groups.push(Ports {
            listed: Some(Vec::new()),
            condition,
            other_protocol: false,
        });
        groups.len() - 1
    });
    if let Some(group) = groups.get_mut(at) {
        group.other_protocol |= other_protocol;
        let listed = group.listed.get_or_insert_default();
        listed.extend(matches.into_iter().map(|m| (m, node)));
    }
}

/// S-CILIUM-L7: whatever sends packets through a proxy. Empty lists of rules do not.
fn condition(item: NodeRef<'_>) -> Option<Condition> {
    let part = |node: NodeRef<'_>, key: &str| {
        let found = node.get(key).filter(|value| !value.is_null());
        found.is_some_and(|value| !value.is_empty() || value.scalar_text().is_some())
    };
    let rules = item.get("rules");
    let rules = rules.is_some_and(|rules| {
        let kinds = ["http", "dns", "kafka", "l7proto"];
        kinds.iter().any(|kind| part(rules, kind))
    });
    let tls = [
        "serverNames",
        "terminatingTLS",
        "originatingTLS",
        "listener",
    ];
    (rules || tls.iter().any(|key| part(item, key))).then_some(Condition::L7)
}

/// Does a rule of this item have the proxy look at DNS queries, so that names are learned?
pub(super) fn learns_names(item: NodeRef<'_>) -> bool {
    let rules = item.pointer("/rules/dns");
    rules.is_some_and(|rules| !rules.is_empty())
}

/// S-CILIUM-PROTOCOL: `ANY` and no protocol stand for TCP, UDP and SCTP. Protocols without ports
/// are one to this model: to deny one of them denies all, to allow one allows none.
fn port_matches(node: NodeRef<'_>, purpose: Purpose) -> Option<(Vec<PortMatch>, bool)> {
    let text = |key: &str| node.get(key).and_then(NodeRef::as_str);
    let protocols: &[Protocol] = match text("protocol").unwrap_or_default() {
        "" | "ANY" => &[Protocol::Tcp, Protocol::Udp, Protocol::Sctp],
        "TCP" => &[Protocol::Tcp],
        "UDP" => &[Protocol::Udp],
        "SCTP" => &[Protocol::Sctp],
        _ if purpose == Purpose::Deny => {
            return Some((vec![PortMatch::all_of(Protocol::Other)], true));
        }
        _ => return Some((Vec::new(), true)),
    };
    let port = text("port").unwrap_or_default();
    let last = node.get("endPort").and_then(NodeRef::as_i64);
    let last = u16::try_from(last.unwrap_or(0)).unwrap_or(0);
    let matches = match port_number(port)? {
        // Port 0 is every port; an `endPort` that is not behind the port says nothing.
        Port::Number(0) => protocols.iter().map(|p| PortMatch::all_of(*p)).collect(),
        Port::Number(first) => (protocols.iter())
            .map(|&protocol| PortMatch::Range {
                protocol,
                first,
                last: last.max(first),
            })
            .collect(),
        Port::Name => (protocols.iter())
            .map(|&protocol| PortMatch::Named {
                protocol: Some(protocol),
                name: port.to_ascii_lowercase(),
            })
            .collect(),
    };
    Some((matches, false))
}

/// S-CILIUM-ICMP: the type is the port. Type 0 is port 0, which stands for every type.
fn icmp(node: NodeRef<'_>) -> Option<PortMatch> {
    let six = node.get("family").and_then(NodeRef::as_str) == Some("IPv6");
    let kind = icmp_type(node.get("type")?.scalar_text()?.as_ref(), six)?;
    let protocol = if six {
        Protocol::Icmpv6
    } else {
        Protocol::Icmp
    };
    if kind == 0 {
        return Some(PortMatch::all_of(protocol));
    }
    let port = u16::from(kind);
    Some(PortMatch::Range {
        protocol,
        first: port,
        last: port,
    })
}
