//! `policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy` to canonical form.

use super::adminpolicy::{self, Language, only_part, port_number, priority};
use super::collect::Item;
use super::policies::Lowered;
use netpol_policy::{PolicyKind, PortMatch, Protocol, Tier};
use netpol_yaml::NodeRef;

/// Lowers one policy: the tier that it names, at its priority.
pub(crate) fn lower(item: &Item<'_>) -> Lowered {
    let language = Language {
        kind: PolicyKind::ClusterNetworkPolicy,
        accept: "Accept",
        ports: "protocols",
        port,
    };
    adminpolicy::lower(item, &language, tier(item))
}

fn tier(item: &Item<'_>) -> Option<Tier> {
    let priority = priority(item)?;
    match item.object.get("/spec/tier")?.as_str()? {
        "Admin" => Some(Tier::Admin { priority }),
        "Baseline" => Some(Tier::Baseline { priority }),
        _ => None,
    }
}

/// `ClusterNetworkPolicyProtocol`: the ports of one protocol, all of them when it names none, or a
/// name whose number and protocol are the destination pod's (S-PORT-NAMED).
fn port(node: NodeRef<'_>) -> Option<PortMatch> {
    let (kind, value) = only_part(node)?;
    let protocol = match kind {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        "destinationNamedPort" => {
            let name = value.as_str().filter(|name| !name.is_empty())?.to_owned();
            return Some(PortMatch::Named {
                protocol: None,
                name,
            });
        }
        _ => return None,
    };
    // An attribute beside `destinationPort` narrows the match in a way that is not known.
    let Some((attribute, port)) = only_part(value) else {
        return value.is_empty().then(|| PortMatch::all_of(protocol));
    };
    let (kind, value) = only_part(port).filter(|_| attribute == "destinationPort")?;
    let (first, last) = match kind {
        "number" => (port_number(port, "number")?, port_number(port, "number")?),
        "range" => (port_number(value, "start")?, port_number(value, "end")?),
        _ => return None,
    };
    Some(PortMatch::Range {
        protocol,
        first,
        last,
    })
}
