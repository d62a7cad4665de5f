//! Who is there: namespaces, nodes, endpoints and services of all objects together.

use super::collect::Collected;
use super::kinds::Role;
use super::workloads::Placed;
use super::{
    ResolveOptions, inventory, namespaces, nodes, routes, services, ways_in, webhooks, what_if,
    workloads,
};
use crate::finding::Finding;
use crate::model::{Model, Origin, OwnerKey};
use crate::source::Location;
use netpol_policy::{Cluster, Endpoint, Namespace};

/// Who is there. Endpoints are sorted here as [`Cluster::normalize`] sorts them, so that their
/// origins stay beside them.
pub(super) fn resolve(
    collected: &Collected<'_>,
    options: &ResolveOptions,
    model: &mut Model,
) -> Vec<Finding> {
    let items = &collected.items;
    for item in items.iter().filter(|item| !item.removed) {
        match item.role {
            Role::Namespace => {
                let (name, namespace, origin) = namespaces::lower(item);
                model.namespace_origins.insert(name.clone(), origin);
                model.cluster.namespaces.insert(name, namespace);
            }
            Role::Node => model.cluster.nodes.push(nodes::lower(item)),
            _ => {}
        }
    }
    let mut placed = workloads::lower(items);
    for (at, given) in &options.inventories {
        let mut given = given.clone();
        given.normalize();
        placed.extend(from_inventory(*at, std::mem::take(&mut given.endpoints)));
        inventory::merge(&mut model.cluster, given);
    }
    let findings = what_if::relabel(&options.labels, &mut placed, &mut model.cluster);
    placed.sort_by(|a, b| a.endpoint.canonical_order(&b.endpoint));
    for (index, placed) in placed.into_iter().enumerate() {
        for owner in placed.owners {
            model.owners.entry(owner).or_default().push(index);
        }
        model.endpoint_origins.push(placed.origin);
        model.cluster.endpoints.push(placed.endpoint);
    }
    let services = services::lower(items, &model.cluster.endpoints);
    model.cluster.services.extend(services);
    model.routes = routes::lower(items, &model.cluster.endpoints);
    model.ways_in = ways_in::lower(items, options.namespace.as_deref().unwrap_or("default"));
    model.called_by_server = webhooks::lower(items);
    for item in items.iter().filter(|item| !item.removed) {
        if let (Role::Policy(_), Some(namespace)) = (item.role, &item.namespace) {
            mention(&mut model.cluster, namespace);
        }
    }
    model.cluster.normalize();
    findings
}

fn from_inventory(at: Location, endpoints: Vec<Endpoint>) -> Vec<Placed> {
    let origin = Origin {
        object: at,
        name: at,
        labels: at,
        containers: at,
        undeclared: false,
    };
    let place = |endpoint| Placed {
        endpoint,
        origin,
        owners: Vec::<OwnerKey>::new(),
    };
    endpoints.into_iter().map(place).collect()
}

fn mention(cluster: &mut Cluster, namespace: &str) {
    if !cluster.namespaces.contains_key(namespace) {
        let undeclared = Namespace {
            undeclared: true,
            ..Namespace::default()
        };
        cluster.namespaces.insert(namespace.to_owned(), undeclared);
    }
}
