//! What policies refer to beside pods: groups of CIDRs and services.

use super::selector::{by_labels, terms};
use crate::resolve::collect::{Collected, Item};
use crate::resolve::kinds::Role;
use crate::resolve::selector::labels;
use crate::schema::cilium::prefix;
use ipnet::IpNet;
use netpol_policy::{EndpointSelector, IpBlock, Labels, NamespaceScope, Peer, Selector};
use netpol_yaml::NodeRef;
use std::net::IpAddr;

/// `CiliumCIDRGroup`.
#[derive(Debug)]
struct Group {
    name: String,
    labels: Labels,
    cidrs: Vec<IpNet>,
}

/// A service, as far as `toServices` asks for it.
#[derive(Debug)]
struct Service {
    namespace: String,
    name: String,
    labels: Labels,
    selector: Selector,
    /// Of a service without a selector: the ready addresses in its `EndpointSlice`s.
    addresses: Vec<IpAddr>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: Vec<Group>,
    services: Vec<Service>,
}

impl Groups {
    /// Reads them from the objects.
    pub fn read(collected: &Collected<'_>) -> Self {
        let items = || collected.items.iter().filter(|item| !item.removed);
        let slices: Vec<&Item<'_>> = items().filter(|i| i.role == Role::EndpointSlice).collect();
        Self {
            groups: items()
                .filter(|i| i.role == Role::CidrGroup)
                .map(group)
                .collect(),
            services: items()
                .filter(|i| i.role == Role::Service)
                .map(|item| service(item, &slices))
                .collect(),
        }
    }

    /// S-CILIUM-CIDR-GROUP: the CIDRs of the group of this name; `None` when there is none.
    pub fn by_name(&self, name: &str) -> Option<&[IpNet]> {
        let found = self.groups.iter().find(|group| group.name == name);
        found.map(|group| group.cidrs.as_slice())
    }

    /// The CIDRs of the groups whose labels match.
    pub fn by_labels(&self, selector: &Selector) -> Vec<IpNet> {
        let matching = self.groups.iter().filter(|g| selector.matches(&g.labels));
        matching
            .flat_map(|group| group.cidrs.iter().copied())
            .collect()
    }

    /// S-CILIUM-SERVICES: what stands behind the services that an item of `toServices` names: the
    /// pods of those with a selector, the addresses of the others. `None` when the item names no
    /// service; an empty list when nothing matches.
    pub fn services(&self, item: NodeRef<'_>) -> Option<Vec<Peer>> {
        let text = |pointer: &str| item.pointer(pointer).and_then(NodeRef::as_str);
        let wanted = item.pointer("/k8sServiceSelector/selector");
        let wanted = wanted.filter(|node| !node.is_null());
        let (selector, name, namespace) = match wanted {
            Some(node) => (
                by_labels(&terms(node)?),
                None,
                text("/k8sServiceSelector/namespace"),
            ),
            None => (
                Selector::everything(),
                Some(text("/k8sService/serviceName")?),
                text("/k8sService/namespace"),
            ),
        };
        // No namespace stands for every one.
        let namespace = namespace.filter(|text| !text.is_empty());
        let matching = self.services.iter().filter(|service| {
            namespace.is_none_or(|n| n == service.namespace)
                && name.is_none_or(|n| n == service.name)
                && selector.matches(&service.labels)
        });
        Some(matching.flat_map(behind).collect())
    }
}

impl Groups {
    /// The service that an item of `toServices` names, by namespace and name, where it is not in
    /// the input.
    pub fn unknown(&self, item: NodeRef<'_>) -> Option<(Option<String>, String)> {
        let text = |pointer: &str| {
            let text = item.pointer(pointer).and_then(NodeRef::as_str);
            text.filter(|text| !text.is_empty())
        };
        let by_labels = item.pointer("/k8sServiceSelector/selector");
        if by_labels.is_some_and(|node| !node.is_null()) {
            return None;
        }
        let (namespace, name) = (
            text("/k8sService/namespace"),
            text("/k8sService/serviceName")?,
        );
        let mut known = self.services.iter();
        let is_this = |s: &Service| s.name == name && namespace.is_none_or(|n| n == s.namespace);
        let missing = !known.any(is_this);
        missing.then(|| (namespace.map(str::to_owned), name.to_owned()))
    }
}

fn behind(service: &Service) -> Vec<Peer> {
    if service.selector.is_everything() {
        let block = |address: &IpAddr| Peer::Outside(IpBlock::new((*address).into(), []));
        return service.addresses.iter().map(block).collect();
    }
    let namespace = NamespaceScope::Named(service.namespace.clone());
    let pods = EndpointSelector::new(namespace, service.selector.clone());
    vec![Peer::Pods(pods)]
}

fn group(item: &Item<'_>) -> Group {
    let cidrs = item.object.get("/spec/externalCIDRs").into_iter();
    Group {
        name: item.object.name.clone(),
        labels: labels(item.object.get("/metadata/labels")),
        cidrs: cidrs
            .flat_map(NodeRef::items)
            .filter_map(|node| prefix(node.as_str()?))
            .collect(),
    }
}

fn service(item: &Item<'_>, slices: &[&Item<'_>]) -> Service {
    let wanted = labels(item.object.get("/spec/selector"));
    let pairs: Vec<(&str, &str)> = wanted.iter().collect();
    let of_this = |slice: &&&Item<'_>| {
        let labels = slice.object.get("/metadata/labels");
        let name = labels.and_then(|l| l.get("kubernetes.io/service-name"));
        slice.namespace == item.namespace
            && name.and_then(NodeRef::as_str) == Some(item.object.name.as_str())
    };
    let mut addresses: Vec<IpAddr> = (slices.iter().filter(of_this))
        .filter_map(|slice| slice.object.get("/endpoints"))
        .flat_map(NodeRef::items)
        .filter(|e| e.pointer("/conditions/ready").and_then(NodeRef::as_bool) != Some(false))
        .filter_map(|endpoint| endpoint.get("addresses"))
        .flat_map(NodeRef::items)
        .filter_map(|node| node.as_str()?.parse().ok())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    Service {
        namespace: item.namespace().to_owned(),
        name: item.object.name.clone(),
        labels: labels(item.object.get("/metadata/labels")),
        selector: Selector::match_labels(pairs),
        addresses,
    }
}
