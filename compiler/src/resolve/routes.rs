//! What stands behind each port of each service, also while no pod has an address yet.

use super::collect::Item;
use super::kinds::Role;
use super::selector::labels;
use super::services::{Port, Target};
use crate::model::{Route, RoutePort};
use netpol_policy::{Endpoint, Labels};
use netpol_yaml::NodeRef;
use std::collections::BTreeMap;

/// The routes of all services that select pods, sorted by namespace and name. Endpoints are named
/// by their places in `endpoints`, which are the cluster's.
pub(super) fn lower(items: &[Item<'_>], endpoints: &[Endpoint]) -> Vec<Route> {
    let mut by_namespace: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, endpoint) in endpoints.iter().enumerate() {
        let list = by_namespace.entry(&endpoint.namespace).or_default();
        list.push(at);
    }
    let services = items.iter().filter(|item| !item.removed);
    let mut routes: Vec<Route> = services
        .filter(|item| item.role == Role::Service)
        .filter_map(|item| {
            let inside = by_namespace.get(item.namespace());
            route(item, endpoints, inside.map_or(&[][..], Vec::as_slice))
        })
        .collect();
    routes.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    routes
}

fn route(item: &Item<'_>, endpoints: &[Endpoint], inside: &[usize]) -> Option<Route> {
    let spec = item.object.get("/spec")?;
    let wanted = labels(spec.get("selector"));
    let kind = spec.get("type").and_then(NodeRef::as_str);
    if wanted.is_empty() || kind == Some("ExternalName") {
        return None;
    }
    let behind: Vec<(usize, &Endpoint)> = (inside.iter())
        .filter_map(|at| Some((*at, endpoints.get(*at)?)))
        .filter(|(_, endpoint)| carries(&endpoint.labels, &wanted))
        .collect();
    let listed = spec.get("ports").into_iter().flat_map(NodeRef::items);
    let ports = listed.filter_map(|node| {
        let port = Port::read(node)?;
        let mut backends = Vec::new();
        for (at, endpoint) in &behind {
            backends.extend(target(&port, endpoint).map(|number| (*at, number)));
        }
        Some(RoutePort {
            name: port.name.to_owned(),
            at: Some(item.object.locate(node)),
            protocol: port.protocol,
            port: port.number,
            backends,
        })
    });
    let has = |field: &str| spec.get(field).is_some_and(|list| !list.is_empty());
    Some(Route {
        namespace: item.namespace().to_owned(),
        name: item.object.name.clone(),
        ports: ports.collect(),
        from_outside: matches!(kind, Some("NodePort" | "LoadBalancer")) || has("externalIPs"),
        at: Some(item.object.name_at),
    })
}

fn carries(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(k, v)| labels.get(k) == Some(v))
}

/// The port of this pod that a port of the service leads to.
fn target(port: &Port<'_>, endpoint: &Endpoint) -> Option<u16> {
    match port.target {
        Target::Number(number) => Some(number),
        Target::Name(name) => (endpoint.ports.iter())
            .find(|p| p.name.as_deref() == Some(name) && p.protocol == port.protocol)
            .map(|p| p.port),
    }
}
