//! What a pod or a pod template says about the network.

use super::selector::labels;
use crate::load::Object;
use crate::model::Origin;
use crate::source::Location;
use netpol_policy::{ContainerPort, Endpoint, Phase, Protocol};
use netpol_yaml::NodeRef;
use std::net::IpAddr;

/// Reads the pod, or the pod template at a JSON pointer, of an object. `several`, `kind` and the
/// status are up to the caller.
pub(crate) fn endpoint(object: &Object, namespace: &str, pointer: &str) -> (Endpoint, Origin) {
    let template = object.get(pointer);
    let label_node = template.and_then(|t| t.pointer("/metadata/labels"));
    let spec = template.and_then(|t| t.get("spec"));
    let endpoint = Endpoint {
        namespace: namespace.to_owned(),
        kind: object.kind.clone(),
        name: object.name.clone(),
        labels: labels(label_node),
        ports: spec.map(ports).unwrap_or_default(),
        host_network: spec
            .and_then(|spec| spec.get("hostNetwork"))
            .and_then(NodeRef::as_bool)
            .unwrap_or(false),
        node: spec
            .and_then(|spec| spec.get("nodeName"))
            .and_then(NodeRef::as_str)
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        service_account: spec.map(account),
        ..Endpoint::default()
    };
    let containers = spec.and_then(|spec| spec.get("containers"));
    let mut origin = origin(object, label_node, containers);
    origin.undeclared = spec.is_some_and(|spec| serving(spec).any(|c| declared(c).is_none()));
    (endpoint, origin)
}

/// The service account; the server fills in `default` (admission plugin `ServiceAccount`).
fn account(spec: NodeRef<'_>) -> String {
    let text = |key: &str| {
        let text = spec.get(key).and_then(NodeRef::as_str);
        text.filter(|name| !name.is_empty())
    };
    let name = text("serviceAccountName").or_else(|| text("serviceAccount"));
    name.unwrap_or("default").to_owned()
}

/// The places of an object's parts, `name` where a part is missing.
pub(crate) fn origin(
    object: &Object,
    labels: Option<NodeRef<'_>>,
    containers: Option<NodeRef<'_>>,
) -> Origin {
    let place = |node: Option<NodeRef<'_>>| -> Location {
        node.filter(|node| !node.span().is_empty())
            .map_or(object.name_at, |node| object.locate(node))
    };
    Origin {
        object: object.at,
        name: object.name_at,
        labels: place(labels),
        containers: place(containers),
        undeclared: false,
    }
}

/// The containers of a running pod: also the init containers that go on beside the others
/// (`restartPolicy: Always`, native sidecars).
fn serving(spec: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    let containers = spec.get("containers").into_iter().flat_map(NodeRef::items);
    let sidecars = spec.get("initContainers").into_iter();
    let sidecars = sidecars.flat_map(NodeRef::items).filter(|container| {
        container.get("restartPolicy").and_then(NodeRef::as_str) == Some("Always")
    });
    containers.chain(sidecars)
}

/// The ports that a container declares; `None` when it declares nothing.
fn declared(container: NodeRef<'_>) -> Option<NodeRef<'_>> {
    (container.get("ports")).filter(|ports| ports.items().next().is_some())
}

/// Ports of all containers; sorted, each once.
fn ports(spec: NodeRef<'_>) -> Vec<ContainerPort> {
    let mut ports: Vec<ContainerPort> = serving(spec)
        .filter_map(declared)
        .flat_map(NodeRef::items)
        .filter_map(container_port)
        .collect();
    ports.sort();
    ports.dedup();
    ports
}

fn container_port(node: NodeRef<'_>) -> Option<ContainerPort> {
    let protocol = match node.get("protocol").and_then(NodeRef::as_str) {
        Some(name) if !name.is_empty() => name.parse().ok()?,
        _ => Protocol::Tcp,
    };
    Some(ContainerPort {
        name: node
            .get("name")
            .and_then(NodeRef::as_str)
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        protocol,
        port: u16::try_from(node.get("containerPort")?.as_i64()?).ok()?,
    })
}

/// `status.phase`; a pod without one has not been started yet and counts as one that will run.
pub(crate) fn phase(object: &Object) -> Phase {
    match object.get("/status/phase").and_then(NodeRef::as_str) {
        Some("Pending") => Phase::Pending,
        Some("Succeeded") => Phase::Succeeded,
        Some("Failed") => Phase::Failed,
        _ => Phase::Running,
    }
}

/// `status.podIPs`, else `status.podIP`; the primary address first, each once.
pub(crate) fn addresses(object: &Object) -> Vec<IpAddr> {
    let many = object.get("/status/podIPs").into_iter();
    let many = many
        .flat_map(NodeRef::items)
        .filter_map(|item| item.get("ip"));
    let mut out: Vec<IpAddr> = Vec::new();
    for node in object.get("/status/podIP").into_iter().chain(many) {
        if let Some(address) = node.as_str().and_then(|text| text.parse().ok())
            && !out.contains(&address)
        {
            out.push(address);
        }
    }
    out
}
