//! Random clusters.

use crate::{Gen, Size};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use netpol_policy::cluster::ServicePort;
use netpol_policy::{
    Cluster, ContainerPort, Endpoint, Labels, Namespace, Node, Phase, Protocol, Service,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Label values of namespaces: `team` and `env`.
pub(crate) const TEAMS: [&str; 3] = ["red", "green", "blue"];
pub(crate) const ENVS: [&str; 2] = ["dev", "prod"];
/// Label values of pods: `app` and `role`.
pub(crate) const APPS: [&str; 4] = ["web", "api", "db", "cache"];
pub(crate) const ROLES: [&str; 2] = ["front", "back"];
pub(crate) const SERVICE_ACCOUNTS: [&str; 2] = ["default", "robot"];
/// A namespace that is mentioned and never declared.
pub(crate) const GHOST: &str = "ghost";

const PORTS: [(Option<&str>, Protocol, u16); 8] = [
    (Some("http"), Protocol::Tcp, 80),
    (Some("http"), Protocol::Tcp, 8080),
    (Some("dns"), Protocol::Udp, 53),
    (Some("dns"), Protocol::Tcp, 53),
    (Some("metrics"), Protocol::Tcp, 9090),
    (Some("metrics"), Protocol::Sctp, 9090),
    (None, Protocol::Tcp, 443),
    (None, Protocol::Udp, 4789),
];

/// The 8 low bits.
fn low(number: usize) -> u8 {
    u8::try_from(number & 0xff).unwrap_or_default()
}

fn low16(number: usize) -> u16 {
    u16::try_from(number & 0xffff).unwrap_or_default()
}

/// `10.244.0.0/16` and on: a /24 for each node, more than 256 nodes go on into `10.245` …
fn pod_v4(node: usize, host: usize) -> Ipv4Addr {
    Ipv4Addr::new(
        10,
        low(244_usize.wrapping_add(node >> 8)),
        low(node),
        low(host),
    )
}

fn pod_v6(node: usize, host: usize) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0x244, 0, low16(node), 0, 0, 0, low16(host))
}

fn node_v4(node: usize) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, low(node >> 8), low(node))
}

fn node_v6(node: usize) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0xc0de, 0, 0, 0, 0, 0, low16(node))
}

impl Gen {
    pub(crate) fn next_cluster(&mut self, size: Size) -> Cluster {
        let mut cluster = Cluster::default();
        for number in 0..size.namespaces.max(1) {
            let name = format!("ns{number}");
            let namespace = self.namespace();
            cluster.namespaces.insert(name, namespace);
        }
        for number in 0..size.nodes.max(1) {
            let node = self.node(number);
            cluster.nodes.push(node);
        }
        let workloads: Vec<Endpoint> = (0..size.workloads.max(1))
            .map(|_| self.workload(size))
            .collect();
        // The first hosts of a pod CIDR are the network and the bridge.
        let mut next_host = vec![2_usize; size.nodes.max(1)];
        for number in 0..size.endpoints {
            let workload = self.rng.pick(&workloads).clone();
            let endpoint = self.endpoint(number, workload, &mut next_host);
            cluster.endpoints.push(endpoint);
        }
        for number in 0..size.services {
            let service = self.service(number, &cluster);
            cluster.services.push(service);
        }
        if self.rng.chance(50) {
            let service = self.api_server(&cluster);
            cluster.services.push(service);
        }
        cluster.normalize();
        cluster
    }

    fn namespace(&mut self) -> Namespace {
        let mut labels = Labels::new();
        if self.rng.chance(80) {
            labels.insert("team", *self.rng.pick(&TEAMS));
        }
        if self.rng.chance(60) {
            labels.insert("env", *self.rng.pick(&ENVS));
        }
        Namespace {
            labels,
            undeclared: false,
        }
    }

    fn node(&mut self, number: usize) -> Node {
        let mut addresses = vec![IpAddr::V4(node_v4(number))];
        if self.rng.chance(80) {
            addresses.push(IpAddr::V6(node_v6(number)));
        }
        if self.rng.chance(30) {
            // The bridge that the node's pods see, inside of its pod CIDR.
            addresses.push(IpAddr::V4(pod_v4(number, 1)));
        }
        let mut pod_cidrs = Vec::new();
        if self.rng.chance(90) {
            pod_cidrs.extend(Ipv4Net::new(pod_v4(number, 0), 24).map(IpNet::V4));
            pod_cidrs.extend(Ipv6Net::new(pod_v6(number, 0), 64).map(IpNet::V6));
        }
        Node {
            name: format!("node-{number}"),
            labels: Labels::from_iter([("zone", *self.rng.pick(&ENVS))]),
            addresses,
            pod_cidrs,
        }
    }

    /// What replicas have in common.
    fn workload(&mut self, size: Size) -> Endpoint {
        Endpoint {
            namespace: self.endpoint_namespace(size),
            kind: "Pod".to_owned(),
            labels: self.pod_labels(),
            ports: self.ports(),
            host_network: self.rng.chance(8),
            service_account: (self.rng.chance(80))
                .then(|| (*self.rng.pick(&SERVICE_ACCOUNTS)).to_owned()),
            ..Endpoint::default()
        }
    }

    fn endpoint(&mut self, number: usize, workload: Endpoint, next_host: &mut [usize]) -> Endpoint {
        // Spread evenly, so that no pod CIDR overflows.
        let node = number % next_host.len();
        let mut endpoint = Endpoint {
            name: format!("pod-{number}"),
            node: (self.rng.chance(if workload.host_network { 80 } else { 94 }))
                .then(|| format!("node-{node}")),
            ..workload
        };
        if self.rng.chance(25) {
            endpoint.phase = Phase::Pending;
        }
        if self.rng.chance(3) {
            endpoint.phase = Phase::Succeeded;
        }
        if endpoint.host_network {
            match self.rng.below(10) {
                0 | 1 => {}
                // An address that its node does not list.
                2 => endpoint.addresses.push(IpAddr::V4(Ipv4Addr::new(
                    172,
                    21,
                    low(number >> 8),
                    low(number),
                ))),
                _ => endpoint.addresses.push(IpAddr::V4(node_v4(node))),
            }
            return endpoint;
        }
        if self.rng.chance(6) {
            // A workload without pods: no address, may stand for several.
            "Deployment".clone_into(&mut endpoint.kind);
            endpoint.several = true;
            return endpoint;
        }
        endpoint.addresses = self.pod_addresses(node, next_host);
        // Two addresses of one family: one pod, or replicas seen as one endpoint.
        endpoint.several = endpoint.addresses.len() == 3 && self.rng.chance(50);
        if endpoint.node.is_some() {
            endpoint.interface = Some(format!("veth{number}"));
        }
        endpoint
    }

    fn endpoint_namespace(&mut self, size: Size) -> String {
        if self.rng.chance(12) {
            return GHOST.to_owned();
        }
        format!("ns{}", self.rng.below(size.namespaces.max(1)))
    }

    fn pod_labels(&mut self) -> Labels {
        let mut labels = Labels::new();
        if self.rng.chance(90) {
            labels.insert("app", *self.rng.pick(&APPS));
        }
        if self.rng.chance(50) {
            labels.insert("role", *self.rng.pick(&ROLES));
        }
        labels
    }

    fn ports(&mut self) -> Vec<ContainerPort> {
        (0..self.rng.below(4))
            .map(|_| {
                let (name, protocol, port) = *self.rng.pick(&PORTS);
                ContainerPort {
                    name: name.map(str::to_owned),
                    protocol,
                    port,
                }
            })
            .collect()
    }

    fn pod_addresses(&mut self, node: usize, next_host: &mut [usize]) -> Vec<IpAddr> {
        let mut host = || {
            let next = next_host.get_mut(node).map(|next| {
                *next += 1;
                *next - 1
            });
            next.unwrap_or_default()
        };
        let first = host();
        let v4 = IpAddr::V4(pod_v4(node, first));
        let v6 = IpAddr::V6(pod_v6(node, first));
        match self.rng.below(20) {
            0 => vec![],
            1 => vec![v4],
            2 => vec![v6],
            3 => vec![v6, v4],
            4 => vec![v4, IpAddr::V4(pod_v4(node, host())), v6],
            // Outside of every pod CIDR.
            5 => vec![IpAddr::V4(Ipv4Addr::new(172, 20, low(node), low(first)))],
            _ => vec![v4, v6],
        }
    }

    fn service(&mut self, number: usize, cluster: &Cluster) -> Service {
        let v4 = Ipv4Addr::new(10, 96, low(number >> 8), low(number));
        let v6 = Ipv6Addr::new(0xfd00, 0x96, 0, 0, 0, 0, 0, low16(number));
        let mut addresses = vec![IpAddr::V4(v4)];
        match self.rng.below(6) {
            0 => addresses.clear(),
            1 => {}
            // An external address, sometimes that of a node.
            2 => addresses.push(IpAddr::V4(node_v4(self.rng.below(cluster.nodes.len())))),
            3 => addresses.push(IpAddr::V4(Ipv4Addr::new(203, 0, 113, low(number)))),
            _ => addresses.push(IpAddr::V6(v6)),
        }
        let ports = [80, 443, 53]
            .into_iter()
            .take(1 + self.rng.below(3))
            .map(|port| self.service_port(port, cluster))
            .collect();
        Service {
            namespace: format!("ns{}", self.rng.below(cluster.namespaces.len().max(1))),
            name: format!("svc-{number}"),
            addresses,
            ports,
        }
    }

    /// The API server, on a node and outside of the cluster.
    fn api_server(&mut self, cluster: &Cluster) -> Service {
        let node = node_v4(self.rng.below(cluster.nodes.len()));
        let outside = Ipv4Addr::new(203, 0, 113, 6);
        let backends = [node, outside].into_iter().take(1 + self.rng.below(2));
        Service {
            namespace: "default".to_owned(),
            name: "kubernetes".to_owned(),
            addresses: vec![IpAddr::V4(Ipv4Addr::new(10, 96, 255, 1))],
            ports: vec![ServicePort {
                protocol: Protocol::Tcp,
                port: 443,
                backends: backends.map(|a| (IpAddr::V4(a), 6443)).collect(),
            }],
        }
    }

    fn service_port(&mut self, port: u16, cluster: &Cluster) -> ServicePort {
        let mut backends = Vec::new();
        for _ in 0..self.rng.below(4) {
            let target = *self.rng.pick(&[port, 8080, 9090]);
            let address = if cluster.endpoints.is_empty() || self.rng.chance(5) {
                Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)))
            } else {
                let endpoint = self.rng.pick(&cluster.endpoints);
                endpoint.addresses.first().copied()
            };
            backends.extend(address.map(|address| (address, target)));
        }
        ServicePort {
            protocol: if port == 53 {
                Protocol::Udp
            } else {
                Protocol::Tcp
            },
            port,
            backends,
        }
    }
}
