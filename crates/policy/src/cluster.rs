//! Who is there: namespaces, nodes, endpoints, services.
//!
//! The same form is the inventory of `schemas/inventory.v1.json`, which the agent, the CNI plugin
//! and `netpolc build --inventory` read.

mod addresses;

pub use addresses::Addresses;

use crate::labels::{self, NAMESPACE_NAME};
use crate::{ContainerPort, Labels, Protocol};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The parties of a cluster. Build it freely, then call [`Cluster::normalize`] once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// Every namespace that is declared or mentioned, by name.
    #[serde(default)]
    pub namespaces: BTreeMap<String, Namespace>,
    /// Nodes, sorted by name.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// Pods and pod templates, sorted by namespace, kind and name.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Services, sorted by namespace and name.
    #[serde(default)]
    pub services: Vec<Service>,
}

/// A namespace with its labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {
    /// Labels, always with `kubernetes.io/metadata.name`.
    #[serde(default)]
    pub labels: Labels,
    /// Only mentioned, never declared: labels other than the name are unknown, not absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undeclared: bool,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Node {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// `status.addresses` of type `InternalIP` and `ExternalIP`, and bridge or gateway addresses of
    /// the node that its pods see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// `spec.podCIDRs`.
    #[serde(default, rename = "podCIDRs", skip_serializing_if = "Vec::is_empty")]
    pub pod_cidrs: Vec<IpNet>,
}

/// Where a pod is in its life (`core/v1 PodPhase`); finished pods are no endpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// Accepted, not yet running; keeps its place in the answers, may have no address.
    Pending,
    /// Running, or a pod template that will run.
    #[default]
    Running,
    /// Ended well: dropped by [`Cluster::normalize`].
    Succeeded,
    /// Ended badly: dropped by [`Cluster::normalize`].
    Failed,
}

/// A pod, or the pods of a workload that are alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// The pod's namespace.
    pub namespace: String,
    /// The kind that the user wrote: `Pod`, `Deployment`, `CronJob` …
    #[serde(default = "pod_kind", skip_serializing_if = "is_pod_kind")]
    pub kind: String,
    /// The name of the pod or of the workload.
    pub name: String,
    /// The pod's labels, not the workload's.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// `status.podIPs`; empty when it is not known yet. The first one is the primary address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// Ports of all containers and native sidecars.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    /// `spec.hostNetwork`: the pod is the node as far as policy is concerned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
    /// `status.phase`.
    #[serde(default)]
    pub phase: Phase,
    /// `spec.nodeName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// `spec.serviceAccountName`; `None` when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// May stand for several pods (a Deployment, a DaemonSet …), so that traffic "to itself" is
    /// traffic to a sibling and subject to policy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub several: bool,
    /// On its own node: the host side of the pod's veth pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
}

fn pod_kind() -> String {
    "Pod".to_owned()
}

fn is_pod_kind(kind: &str) -> bool {
    kind == "Pod"
}

impl Endpoint {
    /// The order of [`Cluster::endpoints`] after [`Cluster::normalize`].
    pub fn canonical_order(&self, other: &Self) -> Ordering {
        fn key(e: &Endpoint) -> (&str, &str, &str, &Labels, &[IpAddr]) {
            (&e.namespace, &e.name, &e.kind, &e.labels, &e.addresses)
        }
        key(self).cmp(&key(other))
    }

    /// What Cilium knows of a pod beside its labels, under the keys that its policies use. A key
    /// that is absent here is one whose value is not known.
    pub fn identity(&self) -> Labels {
        let account = self.service_account.iter().cloned();
        account
            .map(|name| (labels::SERVICE_ACCOUNT, name))
            .collect()
    }

    /// `namespace/name` for pods, `namespace/Kind/name` for workloads: how answers name it.
    pub fn display_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// A service (`core/v1 Service`) with what its ports lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The service's namespace.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.clusterIPs`, external and load-balancer addresses; empty for headless services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// Ports and their targets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
}

/// One port of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePort {
    /// Protocol of service and target.
    pub protocol: Protocol,
    /// The port clients use.
    pub port: u16,
    /// Backend address and port for each ready backend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<(IpAddr, u16)>,
}

/// One end of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// An endpoint of the cluster, by its place in [`Cluster::endpoints`], and the address that
    /// the packet carries for it (`None` while the pod has none).
    Endpoint(usize, Option<IpAddr>),
    /// A node, by its place in [`Cluster::nodes`]: the packet is made on that node or for it.
    Node(usize, Option<IpAddr>),
    /// An address inside a pod CIDR at which no endpoint is known: never "world".
    UnknownPod(IpAddr),
    /// Carries an address that does not tell who it is, such as a forwarded packet with a node's
    /// address (masqueraded): no selector and no ipBlock speaks about it.
    Unknown,
    /// Outside of the cluster.
    External(IpAddr),
}

impl Party {
    /// The address that the packet carries, when it is known.
    pub fn address(self) -> Option<IpAddr> {
        match self {
            Self::Endpoint(_, a) | Self::Node(_, a) => a,
            Self::UnknownPod(a) | Self::External(a) => Some(a),
            Self::Unknown => None,
        }
    }
}

impl Cluster {
    /// Brings the cluster into canonical form: finished pods dropped, every mentioned namespace
    /// present and named by its label, lists sorted, addresses without repetition.
    pub fn normalize(&mut self) {
        self.endpoints
            .retain(|e| !matches!(e.phase, Phase::Succeeded | Phase::Failed));
        let mentioned: Vec<&String> = (self.endpoints.iter().map(|e| &e.namespace))
            .chain(self.services.iter().map(|s| &s.namespace))
            .collect();
        for name in mentioned {
            if !self.namespaces.contains_key(name) {
                let undeclared = Namespace {
                    undeclared: true,
                    ..Namespace::default()
                };
                self.namespaces.insert(name.clone(), undeclared);
            }
        }
        for (name, namespace) in &mut self.namespaces {
            namespace.labels.insert(NAMESPACE_NAME, name.clone());
        }
        for addresses in (self.endpoints.iter_mut().map(|e| &mut e.addresses))
            .chain(self.nodes.iter_mut().map(|n| &mut n.addresses))
        {
            // In the order given: the first one is the primary address.
            let mut seen = BTreeSet::new();
            addresses.retain(|a| seen.insert(*a));
        }
        self.nodes.sort_by(|a, b| a.name.cmp(&b.name));
        self.endpoints.sort_by(Endpoint::canonical_order);
        self.services
            .sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    }

    /// Says that everything there is has been declared: labels that a namespace was not seen with
    /// are absent, not unknown (`--closed-world`, cluster dumps, live inventories).
    pub fn close(&mut self) {
        for namespace in self.namespaces.values_mut() {
            namespace.undeclared = false;
        }
    }

    /// Who carries this address, looked up the way the dataplane does: endpoint, then node, then a
    /// host-network pod whose node does not list the address, then pod CIDR, else outside.
    /// Host-network pods share their node's address and are the node.
    pub fn party_of(&self, address: IpAddr) -> Party {
        let endpoint = self
            .endpoints
            .iter()
            .position(|e| !e.host_network && e.addresses.contains(&address));
        if let Some(index) = endpoint {
            return Party::Endpoint(index, Some(address));
        }
        if let Some(index) = self
            .nodes
            .iter()
            .position(|n| n.addresses.contains(&address))
        {
            return Party::Node(index, Some(address));
        }
        let on_host = self
            .endpoints
            .iter()
            .position(|e| e.host_network && e.addresses.contains(&address));
        if let Some(index) = on_host {
            return Party::Endpoint(index, Some(address));
        }
        self.party_of_nobody(address)
    }

    /// Who an address is that nobody is known to carry: some pod, or somebody outside.
    fn party_of_nobody(&self, address: IpAddr) -> Party {
        if self.pod_cidrs().any(|cidr| cidr.contains(&address)) {
            return Party::UnknownPod(address);
        }
        Party::External(address)
    }

    /// The address that the party's packets carry: the one it names, else its primary one; `None`
    /// while it has none, and for [`Party::Unknown`].
    pub fn address_of(&self, party: Party) -> Option<IpAddr> {
        let primary = match party {
            Party::Endpoint(index, None) => self.endpoints.get(index).map(|e| &e.addresses),
            Party::Node(index, None) => self.nodes.get(index).map(|n| &n.addresses),
            _ => None,
        };
        party.address().or_else(|| primary?.first().copied())
    }

    /// The addresses of the API server: the backends of the service `default/kubernetes`. `None`
    /// when the input does not tell.
    pub fn api_server(&self) -> Option<BTreeSet<IpAddr>> {
        let service =
            (self.services.iter()).find(|s| s.namespace == "default" && s.name == "kubernetes")?;
        let backends = service.ports.iter().flat_map(|port| &port.backends);
        let found: BTreeSet<IpAddr> = backends.map(|(address, _)| *address).collect();
        Some(found).filter(|found| !found.is_empty())
    }

    /// The pod CIDRs of all nodes.
    pub fn pod_cidrs(&self) -> impl Iterator<Item = &IpNet> {
        self.nodes.iter().flat_map(|n| &n.pod_cidrs)
    }

    /// The endpoint that a party is, unless it is none or shares its node's network.
    pub fn pod(&self, party: Party) -> Option<&Endpoint> {
        match party {
            Party::Endpoint(index, _) => self.endpoints.get(index).filter(|e| !e.host_network),
            _ => None,
        }
    }

    /// The name of the node whose network the party uses: a node or a host-network pod. The inner
    /// `None` is a host-network pod that is not placed yet.
    pub fn host_of(&self, party: Party) -> Option<Option<&str>> {
        match party {
            Party::Node(index, _) => self.nodes.get(index).map(|n| Some(n.name.as_str())),
            Party::Endpoint(index, _) => self
                .endpoints
                .get(index)
                .filter(|e| e.host_network)
                .map(|e| e.node.as_deref()),
            _ => None,
        }
    }
}
