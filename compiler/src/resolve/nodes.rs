//! Nodes: who they are, and which addresses are theirs.

use super::collect::Item;
use super::selector::labels;
use ipnet::IpNet;
use netpol_policy::Node;
use netpol_yaml::NodeRef;
use std::net::IpAddr;

/// Annotations in which CNIs write the address of the node that its pods see.
const ADDRESS_ANNOTATIONS: [&str; 8] = [
    "network.cilium.io/ipv4-cilium-host",
    "network.cilium.io/ipv6-cilium-host",
    "projectcalico.org/IPv4IPIPTunnelAddr",
    "projectcalico.org/IPv4VXLANTunnelAddr",
    "projectcalico.org/IPv6VXLANTunnelAddr",
    "projectcalico.org/IPv4WireguardInterfaceAddr",
    "flannel.alpha.coreos.com/public-ip",
    "flannel.alpha.coreos.com/public-ipv6",
];

/// A node of the cluster.
pub(crate) fn lower(item: &Item<'_>) -> Node {
    let object = item.object;
    let mut node = Node {
        name: object.name.clone(),
        labels: labels(object.get("/metadata/labels")),
        ..Node::default()
    };
    let listed = object.get("/status/addresses").into_iter();
    let listed = listed.flat_map(NodeRef::items).filter_map(|item| {
        let kind = item.get("type").and_then(NodeRef::as_str);
        matches!(kind, Some("InternalIP" | "ExternalIP"))
            .then(|| item.get("address"))
            .flatten()
    });
    let annotations = object.get("/metadata/annotations");
    let annotated = (ADDRESS_ANNOTATIONS.iter())
        .filter_map(|key| annotations.and_then(|annotations| annotations.get(key)));
    for text in listed.chain(annotated).filter_map(NodeRef::as_str) {
        push_new(&mut node.addresses, text.parse::<IpAddr>().ok());
    }
    let many = object
        .get("/spec/podCIDRs")
        .into_iter()
        .flat_map(NodeRef::items);
    for cidr in object.get("/spec/podCIDR").into_iter().chain(many) {
        let parsed = cidr.as_str().and_then(|text| text.parse::<IpNet>().ok());
        push_new(&mut node.pod_cidrs, parsed.map(|cidr| cidr.trunc()));
    }
    node
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: Option<T>) {
    if let Some(item) = item
        && !list.contains(&item)
    {
        list.push(item);
    }
}
