//! Flows that lean towards places where verdicts change.

use crate::{Gen, World};
use ipnet::IpNet;
use netpol_policy::cidr::{Family, bounds};
use netpol_policy::{Flow, Party, Peer, PortMatch, Protocol};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses and ports of a world at which something may change.
struct Edges {
    pods: Vec<IpAddr>,
    nodes: Vec<IpAddr>,
    services: Vec<IpAddr>,
    blocks: Vec<IpAddr>,
    ports: Vec<(Protocol, u16)>,
}

impl Gen {
    pub(crate) fn next_flows(&mut self, world: &World, count: usize) -> Vec<Flow> {
        let edges = Edges::new(world);
        (0..count).map(|_| self.flow(world, &edges)).collect()
    }

    fn flow(&mut self, world: &World, edges: &Edges) -> Flow {
        let v6 = self.rng.chance(40);
        let source = self.party(world, edges, v6);
        let mut destination = self.party(world, edges, v6);
        // Flows between outsiders say little.
        if !matches!(source, Party::Endpoint(..)) && !matches!(destination, Party::Endpoint(..)) {
            destination = self.pod(world, edges, v6);
        }
        let (protocol, port) = if edges.ports.is_empty() || self.rng.chance(15) {
            let protocol = *self.rng.pick(&Protocol::ALL);
            (protocol, self.rng.bits16().min(protocol.last_port()))
        } else {
            *self.rng.pick(&edges.ports)
        };
        Flow {
            source,
            destination,
            protocol,
            port,
        }
    }

    fn party(&mut self, world: &World, edges: &Edges, v6: bool) -> Party {
        match self.rng.below(20) {
            0 => Party::Unknown,
            1 => self.unaddressed(world),
            2 | 3 => self.of_list(world, &edges.nodes, v6),
            4 => self.of_list(world, &edges.services, v6),
            5..=8 => self.of_list(world, &edges.blocks, v6),
            9 => {
                let address = self.random_address(v6);
                world.cluster.party_of(address)
            }
            _ => self.pod(world, edges, v6),
        }
    }

    fn pod(&mut self, world: &World, edges: &Edges, v6: bool) -> Party {
        self.of_list(world, &edges.pods, v6)
    }

    /// An endpoint or node by name, without saying at which address.
    fn unaddressed(&mut self, world: &World) -> Party {
        let (endpoints, nodes) = (world.cluster.endpoints.len(), world.cluster.nodes.len());
        let at = self.rng.below(endpoints + nodes);
        match at.checked_sub(endpoints) {
            None => Party::Endpoint(at, None),
            Some(node) => Party::Node(node, None),
        }
    }

    fn of_list(&mut self, world: &World, list: &[IpAddr], v6: bool) -> Party {
        let of_family: Vec<IpAddr> = list.iter().copied().filter(|a| a.is_ipv6() == v6).collect();
        let address = if of_family.is_empty() {
            self.random_address(v6)
        } else {
            *self.rng.pick(&of_family)
        };
        world.cluster.party_of(address)
    }

    fn random_address(&mut self, v6: bool) -> IpAddr {
        let bits = self.rng.bits();
        if v6 {
            let high = 0x2001_0db8_u128 << 96;
            return IpAddr::V6(Ipv6Addr::from_bits(high | u128::from(bits)));
        }
        IpAddr::V4(Ipv4Addr::from_bits(
            u32::try_from(bits >> 32).unwrap_or_default(),
        ))
    }
}

impl Edges {
    fn new(world: &World) -> Self {
        let cluster = &world.cluster;
        let rules = || world.policies.policies().iter().flat_map(|p| &p.rules);
        let mut blocks = BTreeSet::new();
        for peer in rules().flat_map(|r| r.peers.iter().flatten()) {
            if let Peer::IpBlock(block) = peer {
                for net in std::iter::once(&block.cidr).chain(&block.except) {
                    around(&mut blocks, net);
                }
            }
        }
        for net in cluster.pod_cidrs() {
            around(&mut blocks, net);
        }
        let mut ports = BTreeSet::new();
        for port in rules().flat_map(|r| r.ports.iter().flatten()) {
            if let PortMatch::Range {
                protocol,
                first,
                last,
            } = *port
            {
                around_port(&mut ports, protocol, first);
                around_port(&mut ports, protocol, last);
            }
        }
        for declared in cluster.endpoints.iter().flat_map(|e| &e.ports) {
            around_port(&mut ports, declared.protocol, declared.port);
        }
        for port in cluster.services.iter().flat_map(|s| &s.ports) {
            around_port(&mut ports, port.protocol, port.port);
        }
        ports.extend(Protocol::ALL.map(|protocol| (protocol, 0)));
        let addresses = cluster.endpoints.iter().flat_map(|e| &e.addresses);
        Self {
            pods: addresses.copied().collect(),
            nodes: (cluster.nodes.iter().flat_map(|n| &n.addresses).copied()).collect(),
            services: (cluster.services.iter().flat_map(|s| &s.addresses).copied()).collect(),
            blocks: blocks.into_iter().collect(),
            ports: ports.into_iter().collect(),
        }
    }
}

/// The first and last address of a block and their neighbours outside.
fn around(found: &mut BTreeSet<IpAddr>, net: &IpNet) {
    let family = Family::of(net.addr());
    let (first, last) = bounds(net);
    for number in [
        first,
        last,
        first.saturating_sub(1),
        last.saturating_add(1).min(family.last()),
    ] {
        found.insert(family.address(number));
    }
}

fn around_port(found: &mut BTreeSet<(Protocol, u16)>, protocol: Protocol, port: u16) {
    for port in [port.saturating_sub(1), port, port.saturating_add(1)] {
        found.insert((protocol, port.min(protocol.last_port())));
    }
}
