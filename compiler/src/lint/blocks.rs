//! Who has which address, and whom a block of addresses names by them.

use super::context::Context;
use ipnet::IpNet;
use netpol_policy::{Dialect, IpBlock, Service};
use std::net::IpAddr;

/// The shortest prefix of a block that may be meant for services: the usual range of their
/// addresses is a /12.
const SERVICE_RANGE: u8 = 12;

/// Whom a block names that it should not.
#[derive(Debug, Clone, Copy)]
pub enum Named<'a> {
    /// Nobody.
    Nothing,
    /// A Service by its address.
    Service(IpAddr, &'a Service),
    /// A pod by its address.
    Pod(IpAddr, usize),
    /// The world but for some blocks, and a pod that lies in none of them.
    Left(IpAddr, usize),
}

/// The addresses that the input shows, sorted.
#[derive(Debug)]
pub struct Known<'a> {
    /// Pods with a network of their own, by place.
    pods: Vec<(IpAddr, usize)>,
    /// Services.
    services: Vec<(IpAddr, &'a Service)>,
    /// Nodes, with their host-network pods.
    nodes: Vec<IpAddr>,
}

impl<'a> Known<'a> {
    /// Gathers them.
    pub fn new(context: &Context<'a>) -> Self {
        let cluster = context.cluster();
        let pods = cluster.endpoints.iter().enumerate();
        let pods = pods.filter(|(_, e)| !e.host_network);
        let pods = pods.flat_map(|(index, e)| e.addresses.iter().map(move |a| (*a, index)));
        let services = cluster.services.iter();
        let services = services.flat_map(|s| s.addresses.iter().map(move |a| (*a, s)));
        let nodes = cluster.nodes.iter().flat_map(|node| &node.addresses);
        let mut known = Self {
            pods: pods.collect(),
            services: services.collect(),
            nodes: nodes.copied().collect(),
        };
        known.pods.sort_unstable();
        known.services.sort_by_key(|(address, _)| *address);
        known.nodes.sort_unstable();
        known
    }

    /// Whom a block names that it should not.
    pub fn named(&self, block: &IpBlock, dialect: Dialect) -> Option<Named<'a>> {
        if is_nothing(block) {
            return Some(Named::Nothing);
        }
        if dialect == Dialect::Cilium {
            return None;
        }
        let single = block.cidr.prefix_len() == block.cidr.max_prefix_len();
        let world = block.cidr.prefix_len() == 0;
        let pod = || self.pod(block);
        if single && let Some((address, pod)) = pod() {
            return Some(Named::Pod(address, pod));
        }
        if world && block.except.iter().any(is_private) {
            return pod().map(|(address, pod)| Named::Left(address, pod));
        }
        let narrow = block.cidr.prefix_len() >= SERVICE_RANGE && !is_private_range(block);
        let (address, service) = self.service(block).filter(|_| narrow)?;
        let alone = pod().is_none() && !self.has_node(block);
        alone.then_some(Named::Service(address, service))
    }

    /// The first pod in a block.
    fn pod(&self, block: &IpBlock) -> Option<(IpAddr, usize)> {
        let inside = run(&self.pods, |(a, _)| *a, &block.cidr);
        inside.iter().find(|(a, _)| block.contains(*a)).copied()
    }

    /// The first service in a block.
    fn service(&self, block: &IpBlock) -> Option<(IpAddr, &'a Service)> {
        let inside = run(&self.services, |(a, _)| *a, &block.cidr);
        inside.iter().find(|(a, _)| block.contains(*a)).copied()
    }

    /// Does a block hold an address of a node?
    fn has_node(&self, block: &IpBlock) -> bool {
        let inside = run(&self.nodes, |a| *a, &block.cidr);
        inside.iter().any(|a| block.contains(*a))
    }
}

/// The part of a sorted list that lies in a net.
fn run<'l, T>(sorted: &'l [T], address: impl Fn(&T) -> IpAddr, net: &IpNet) -> &'l [T] {
    let from = sorted.partition_point(|item| address(item) < net.network());
    let to = sorted.partition_point(|item| address(item) <= net.broadcast());
    sorted.get(from..to).unwrap_or(&[])
}

/// Does a block hold no address at all, because its holes cover it?
pub fn is_nothing(block: &IpBlock) -> bool {
    let holes = IpNet::aggregate(&block.except);
    holes.iter().any(|hole| hole.contains(&block.cidr))
}

/// Addresses that are nobody's outside (RFC 1918, RFC 6598, RFC 4193): who excepts them means the
/// cluster and what is around it.
fn is_private(net: &IpNet) -> bool {
    match net.network() {
        IpAddr::V4(v4) => v4.is_private() || matches!(v4.octets(), [100, 64..=127, ..]),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// One of the ranges of RFC 1918 as a whole, which stand for "everything inside".
fn is_private_range(block: &IpBlock) -> bool {
    let prefix = block.cidr.prefix_len();
    match block.cidr.network() {
        IpAddr::V4(v4) => matches!(
            (v4.octets(), prefix),
            ([172, 16, 0, 0], 12) | ([192, 168, 0, 0], 16)
        ),
        IpAddr::V6(_) => false,
    }
}
