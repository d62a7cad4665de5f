//! `policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy` to canonical form.

use super::adminpolicy::{self, Language, only_part, port_number, priority};
use super::collect::Item;
use super::policies::Lowered;
use netpol_policy::{PolicyKind, PortMatch, Protocol, Tier};
use netpol_yaml::NodeRef;

/// Lowers one policy: the admin tier at its priority.
pub(crate) fn lower(item: &Item<'_>) -> Lowered {
    let language = Language {
        kind: PolicyKind::AdminNetworkPolicy,
        accept: "Allow",
        ports: "ports",
        port,
    };
    let tier = priority(item).map(|priority| Tier::Admin { priority });
    adminpolicy::lower(item, &language, tier)
}

/// `AdminNetworkPolicyPort`: a number or a range of one protocol, TCP unless stated, or a name
/// whose number and protocol are the destination pod's (S-PORT-NAMED).
pub(super) fn port(node: NodeRef<'_>) -> Option<PortMatch> {
    let (kind, value) = only_part(node)?;
    let protocol = || match value.get("protocol").filter(|node| !node.is_null()) {
        Some(name) => transport(name.as_str()?),
        None => Some(Protocol::Tcp),
    };
    let (first, last) = match kind {
        "portNumber" => (port_number(value, "port")?, port_number(value, "port")?),
        "portRange" => (port_number(value, "start")?, port_number(value, "end")?),
        "namedPort" => {
            return Some(PortMatch::Named {
                protocol: None,
                name: value.as_str()?.to_owned(),
            });
        }
        _ => return None,
    };
    Some(PortMatch::Range {
        protocol: protocol()?,
        first,
        last,
    })
}

/// `core/v1 Protocol`; the server keeps an empty one, which says nothing.
fn transport(name: &str) -> Option<Protocol> {
    match name {
        "" | "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        "SCTP" => Some(Protocol::Sctp),
        _ => None,
    }
}
