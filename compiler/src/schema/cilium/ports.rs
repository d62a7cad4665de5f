//! `toPorts` and `icmps` of a rule of Cilium.

use super::peers::each;
use super::texts::{Port, icmp_type, port_number};
use super::{Side, refuse, refuse_entry};
use crate::schema::path::Path;
use crate::schema::report::Report;
use netpol_yaml::NodeRef;

/// The CRD's enumeration; the second half are protocols without ports.
const PROTOCOLS: [&str; 4] = ["TCP", "UDP", "SCTP", "ANY"];
const WITHOUT_PORTS: [&str; 7] = ["VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH"];

/// `maxPorts`, `maxICMPFields`.
const MOST: usize = 40;

/// `IngressRule.sanitize`, `EgressRule.sanitize` and those of deny rules.
pub(super) fn check(report: &mut Report<'_>, rule: NodeRef<'_>, side: Side, path: &Path<'_>) {
    let filled = |key: &str| rule.get(key).is_some_and(|list| !list.is_empty());
    if filled("toPorts") && filled("icmps") {
        let why = "may not stand beside toPorts; make a rule of its own for it";
        refuse_entry(report, rule, "icmps", &path.key("icmps"), why);
    }
    each(report, rule, "toPorts", path, |report, item, path| {
        check_ports(report, item, side, path);
    });
    each(report, rule, "icmps", path, |report, item, path| {
        if item.get("fields").map_or(0, NodeRef::len) > MOST {
            let why = "has more than 40 fields";
            refuse_entry(report, item, "fields", &path.key("fields"), why);
        }
        each(report, item, "fields", path, icmp);
    });
}

/// `PortRule.sanitize`.
fn check_ports(report: &mut Report<'_>, item: NodeRef<'_>, side: Side, path: &Path<'_>) {
    let ports: Vec<NodeRef<'_>> = item
        .get("ports")
        .into_iter()
        .flat_map(NodeRef::items)
        .collect();
    if ports.len() > MOST {
        let why = "has more than 40 ports";
        refuse_entry(report, item, "ports", &path.key("ports"), why);
    }
    each(report, item, "ports", path, check_port);
    if !side.denies {
        check_l7(report, item, &ports, side, path);
    }
}

/// `PortProtocol.sanitize` and the CRD.
fn check_port(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let part = |key: &str| node.get(key).filter(|value| !value.is_null());
    let protocol = part("protocol")
        .and_then(NodeRef::as_str)
        .unwrap_or_default();
    let without_ports = WITHOUT_PORTS.contains(&protocol);
    if let Some(value) = part("protocol")
        && !protocol.is_empty()
        && !without_ports
        && !PROTOCOLS.contains(&protocol)
    {
        let upper = protocol.to_ascii_uppercase();
        refuse(
            report,
            value,
            &path.key("protocol"),
            "must be `TCP`, `UDP`, `SCTP` or `ANY`",
        );
        let help = match upper.as_str() {
            "ICMP" | "ICMPV6" => Some("name ICMP types in `icmps`".to_owned()),
            _ if PROTOCOLS.contains(&upper.as_str()) => Some(format!("did you mean `{upper}`?")),
            _ => None,
        };
        if let Some(finding) = report.findings.last_mut() {
            finding.help = help;
        }
    }
    let at = path.key("port");
    match part("port").map(|port| (port, port.as_str())) {
        Some((port, Some(text))) if !text.is_empty() => {
            let number = port_number(text);
            if without_ports && text != "0" {
                refuse(
                    report,
                    port,
                    &at,
                    "must be absent or `0`, because the protocol has no ports",
                );
            } else if number.is_none() {
                let why = "must be a number from 0 to 65535 or a port name";
                refuse(report, port, &at, why);
            }
        }
        // Another type than a text is reported by its type.
        Some((port, None)) if port.scalar_text().is_some() => {}
        _ if without_ports => {}
        _ => refuse_entry(
            report,
            node,
            "port",
            &at,
            "must be given; `\"0\"` is every port",
        ),
    }
    if let Some(end) = part("endPort")
        && let Some(number) = end.as_i64()
        && !(0..=65_535).contains(&number)
    {
        refuse(
            report,
            end,
            &path.key("endPort"),
            "must be between 0 and 65535",
        );
    }
}

/// What the proxy can be asked to read, and where.
fn check_l7(
    report: &mut Report<'_>,
    item: NodeRef<'_>,
    ports: &[NodeRef<'_>],
    side: Side,
    path: &Path<'_>,
) {
    let rules = item.get("rules").filter(|rules| !rules.is_null());
    let kind = |key: &str| {
        rules
            .and_then(|rules| rules.get(key))
            .filter(|list| !list.is_empty())
    };
    let dns = kind("dns").is_some();
    let others = ["http", "kafka", "l7proto"]
        .iter()
        .any(|key| kind(key).is_some());
    let at = path.key("rules");
    let refused = |report: &mut Report<'_>, why: &str| {
        refuse_entry(report, item, "rules", &at, why);
    };
    if dns && side.ingress {
        refused(report, "DNS rules are for egress alone");
    }
    if side.host && (others || (dns && side.ingress)) {
        refused(
            report,
            "policies on nodes may have DNS rules at egress and no others",
        );
    }
    if dns && others {
        refused(report, "may speak of one protocol only");
    }
    if dns && ports.is_empty() {
        refused(report, "DNS rules need a port, usually 53");
    }
    let text = |port: &NodeRef<'_>, key: &str| -> String {
        let found = port.get(key).and_then(NodeRef::as_str);
        found.unwrap_or_default().to_owned()
    };
    let number = |port: &NodeRef<'_>| match port_number(&text(port, "port")) {
        Some(Port::Number(number)) => Some(number),
        _ => None,
    };
    if (dns || others) && ports.iter().any(|port| number(port) == Some(0)) {
        refused(
            report,
            "rules for requests need a port, and `0` is every port",
        );
    }
    if others && !dns && ports.iter().any(|port| text(port, "protocol") != "TCP") {
        refused(
            report,
            "rules for requests need `protocol: TCP` on every port",
        );
    }
    let is_range = |port: &NodeRef<'_>| {
        let end = port.get("endPort").and_then(NodeRef::as_i64).unwrap_or(0);
        number(port).is_some_and(|first| end > i64::from(first))
    };
    if dns && ports.iter().any(is_range) {
        refused(report, "DNS rules do not support ranges of ports");
    }
    check_tls(report, item, (side, dns || others), path);
}

/// Server names and listeners.
fn check_tls(
    report: &mut Report<'_>,
    item: NodeRef<'_>,
    (side, l7): (Side, bool),
    path: &Path<'_>,
) {
    let given = |key: &str| item.get(key).filter(|node| !node.is_null());
    let names = given("serverNames").filter(|names| !names.is_empty());
    if let Some(names) = names {
        if l7 && given("terminatingTLS").is_none() {
            let why = "rules for requests beside it need terminatingTLS";
            refuse_entry(report, item, "serverNames", &path.key("serverNames"), why);
        }
        let list = path.key("serverNames");
        for (index, name) in names.items().enumerate() {
            if name.as_str() == Some("") {
                refuse(report, name, &list.index(index), "must not be empty");
            }
        }
    }
    if given("listener").is_some() {
        let at = path.key("listener");
        if side.ingress {
            refuse_entry(report, item, "listener", &at, "is for egress alone");
        }
        if l7 {
            refuse_entry(
                report,
                item,
                "listener",
                &at,
                "may not stand beside rules for requests",
            );
        }
    }
}

/// `ICMPField.UnmarshalJSON` and `ICMPRule.verify`.
fn icmp(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let family = node.get("family").filter(|family| !family.is_null());
    let text = family.and_then(NodeRef::as_str).unwrap_or("IPv4");
    if let Some(family) = family
        && !matches!(text, "IPv4" | "IPv6")
    {
        refuse(
            report,
            family,
            &path.key("family"),
            "must be `IPv4` or `IPv6`",
        );
    }
    let at = path.key("type");
    match node.get("type").filter(|kind| !kind.is_null()) {
        None => refuse_entry(report, node, "type", &at, "must be given"),
        Some(kind) => {
            let said = kind.scalar_text();
            if said.is_some_and(|said| icmp_type(&said, text == "IPv6").is_none()) {
                let why =
                    "must be a number from 0 to 255 or the name of an ICMP type of the family";
                refuse(report, kind, &at, why);
            }
        }
    }
}
