//! `networking.k8s.io/v1 NetworkPolicy`: what types alone cannot say
//! (`pkg/apis/networking/validation`, `ValidateNetworkPolicySpec`).

use super::path::Path;
use super::report::Report;
use super::selectors::selector;
use super::{cidr, syntax};
use netpol_yaml::{Kind, NodeRef};

/// Checks `spec`. Fields of a wrong type are passed over; their type is reported elsewhere.
pub(crate) fn check(report: &mut Report<'_>) {
    let Some(spec) = report.object.get("/spec") else {
        return;
    };
    let path = Path::root("spec");
    if let Some(node) = spec.get("podSelector") {
        selector(report, node, &path.key("podSelector"));
    }
    for (direction, side) in [("ingress", "from"), ("egress", "to")] {
        let rules = spec.get(direction).into_iter();
        let list = path.key(direction);
        for (index, rule) in rules.flat_map(NodeRef::items).enumerate() {
            check_rule(report, rule, side, &list.index(index));
        }
    }
    check_types(report, spec, &path.key("policyTypes"));
}

fn check_rule(report: &mut Report<'_>, rule: NodeRef<'_>, side: &str, path: &Path<'_>) {
    let ports = path.key("ports");
    let items = rule.get("ports").into_iter().flat_map(NodeRef::items);
    for (index, port) in items.enumerate() {
        check_port(report, port, &ports.index(index));
    }
    let peers = path.key(side);
    let items = rule.get(side).into_iter().flat_map(NodeRef::items);
    for (index, peer) in items.enumerate() {
        check_peer(report, peer, &peers.index(index));
    }
}

fn check_types(report: &mut Report<'_>, spec: NodeRef<'_>, path: &Path<'_>) {
    let Some(types) = spec.get("policyTypes") else {
        return;
    };
    if types.len() > 2 {
        let why = "may not name more than two types";
        report.refuse_entry(spec, "policyTypes", path, why);
        return;
    }
    for (index, item) in types.items().enumerate() {
        let known = match item.kind() {
            Kind::String => matches!(item.as_str(), Some("Ingress" | "Egress")),
            // null is the empty text; other kinds are reported by their type.
            kind => kind != Kind::Null,
        };
        if !known {
            let why = "must be `Ingress` or `Egress`";
            report.refuse(item, &path.index(index), why);
        }
    }
}

/// `ValidateNetworkPolicyPort`.
fn check_port(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let part = |key: &str| node.get(key).filter(|value| !value.is_null());
    if let Some(protocol) = part("protocol")
        && let Some(name) = protocol.as_str()
        && !matches!(name, "TCP" | "UDP" | "SCTP")
    {
        let why = "must be `TCP`, `UDP` or `SCTP`";
        report.refuse(protocol, &path.key("protocol"), why);
    }
    let end_path = path.key("endPort");
    let end = part("endPort").and_then(|node| Some((node, node.as_i64()?)));
    match part("port").map(|port| (port, port.as_i64(), port.as_str())) {
        Some((port, Some(number), _)) => {
            check_number(report, port, number, &path.key("port"));
            if let Some((end, last)) = end {
                if last < number {
                    report.refuse(end, &end_path, "must be greater than or equal to `port`");
                } else {
                    check_number(report, end, last, &end_path);
                }
            }
        }
        Some((port, None, Some(name))) => {
            if let Err(why) = syntax::port_name(name) {
                report.refuse(port, &path.key("port"), format!("a port name {why}"));
            }
            if let Some((end, _)) = end {
                report.refuse(end, &end_path, "may not be given when `port` is a name");
            }
        }
        Some(_) => {}
        None => {
            if let Some((end, _)) = end {
                report.refuse(end, &end_path, "may not be given without `port`");
            }
        }
    }
}

/// `IsValidPortNum`; numbers beyond 32 bits are reported by their type.
fn check_number(report: &mut Report<'_>, node: NodeRef<'_>, number: i64, path: &Path<'_>) {
    if i32::try_from(number).is_ok() && !(1..=65_535).contains(&number) {
        report.refuse(node, path, "must be between 1 and 65535");
    }
}

/// `ValidateNetworkPolicyPeer`: selectors, or an ipBlock, and at least one of them.
fn check_peer(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    if !matches!(node.kind(), Kind::Mapping | Kind::Null) {
        return;
    }
    let part = |key: &str| node.get(key).filter(|value| !value.is_null());
    let selectors = ["podSelector", "namespaceSelector"];
    for key in selectors {
        if let Some(value) = part(key) {
            selector(report, value, &path.key(key));
        }
    }
    let block = part("ipBlock");
    if let Some(block) = block {
        check_block(report, block, &path.key("ipBlock"));
    }
    match (block, selectors.into_iter().find_map(part)) {
        // A misspelt part is an unknown field, which says it better.
        (None, None) if has_unknown_part(node) => {}
        (None, None) => report.refuse(
            node,
            path,
            "must have a podSelector, a namespaceSelector or an ipBlock",
        ),
        (Some(_), Some(_)) => {
            report.refuse(node, path, "may not have both an ipBlock and a selector");
        }
        _ => {}
    }
}

fn has_unknown_part(peer: NodeRef<'_>) -> bool {
    peer.entries().any(|(key, _)| {
        !matches!(
            key.as_str(),
            Some("podSelector" | "namespaceSelector" | "ipBlock")
        )
    })
}

/// `ValidateIPBlock`: each exception must be a smaller block inside of the CIDR.
fn check_block(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let text = node.get("cidr").filter(|cidr| !cidr.is_null());
    let whole = match text.map(|cidr| (cidr, cidr.as_str())) {
        None | Some((_, Some(""))) => {
            report.refuse_entry(node, "cidr", &path.key("cidr"), "must be given");
            return;
        }
        Some((_, None)) => return,
        Some((cidr, Some(text))) => match cidr::parse(text) {
            Ok(whole) => Some(whole),
            Err(why) => {
                refuse_cidr(report, cidr, &path.key("cidr"), why);
                None
            }
        },
    };
    let holes = node.get("except").into_iter().flat_map(NodeRef::items);
    let list = path.key("except");
    for (index, hole) in holes.enumerate() {
        // null is the empty text here; other types are reported by their type.
        let text = match hole.kind() {
            Kind::Null => "",
            _ => match hole.as_str() {
                Some(text) => text,
                None => continue,
            },
        };
        match cidr::parse(text) {
            Err(why) => refuse_cidr(report, hole, &list.index(index), why),
            Ok(hole_net) => {
                let inside = whole.is_none_or(|whole| {
                    whole.contains(&hole_net) && whole.prefix_len() < hole_net.prefix_len()
                });
                if !inside {
                    let why = "must lie inside of `cidr` and be smaller";
                    report.refuse(hole, &list.index(index), why);
                }
            }
        }
    }
}

fn refuse_cidr(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>, why: cidr::Refusal) {
    report.refuse(node, path, why.message());
    if let cidr::Refusal::HostBits(net) = why
        && let Some(finding) = report.findings.last_mut()
    {
        finding.help = Some(format!("write `{net}` for the block"));
    }
}
