//! Who carries an address, looked up instead of searched for.

use super::{Cluster, Party};
use std::collections::HashMap;
use std::net::IpAddr;

/// The addresses of a cluster that somebody is known to carry.
#[derive(Debug, Clone)]
pub struct Addresses<'a> {
    cluster: &'a Cluster,
    known: HashMap<IpAddr, Party>,
}

impl<'a> Addresses<'a> {
    /// Indexes a cluster.
    pub fn new(cluster: &'a Cluster) -> Self {
        let mut known = HashMap::new();
        let pods = |on_host: bool| {
            let all = cluster.endpoints.iter().enumerate();
            let fitting = all.filter(move |(_, pod)| pod.host_network == on_host);
            fitting.flat_map(|(index, pod)| {
                let addresses = pod.addresses.iter();
                addresses.map(move |a| (*a, Party::Endpoint(index, Some(*a))))
            })
        };
        let nodes = cluster.nodes.iter().enumerate();
        let nodes = nodes.flat_map(|(index, node)| {
            let addresses = node.addresses.iter();
            addresses.map(move |a| (*a, Party::Node(index, Some(*a))))
        });
        // In the order in which `Cluster::party_of` looks: the first one has it.
        for (address, party) in pods(false).chain(nodes).chain(pods(true)) {
            known.entry(address).or_insert(party);
        }
        Self { cluster, known }
    }

    /// Who carries this address, as [`Cluster::party_of`] has it.
    pub fn party_of(&self, address: IpAddr) -> Party {
        match self.known.get(&address) {
            Some(party) => *party,
            None => self.cluster.party_of_nobody(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;
    use crate::cluster::Node;
    use crate::{Cluster, Endpoint};
    use std::net::IpAddr;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn looking_up_is_searching() {
        let pod = |at: &str, host_network| Endpoint {
            addresses: vec![address(at), address("fd00::1")],
            host_network,
            ..Endpoint::default()
        };
        let node = |at: &str, range: &str| Node {
            addresses: vec![address(at)],
            pod_cidrs: vec![range.parse().expect("a net")],
            ..Node::default()
        };
        let cluster = Cluster {
            endpoints: vec![
                pod("192.168.0.2", true),
                pod("192.168.0.9", true),
                pod("10.0.0.1", false),
                pod("10.0.0.1", false),
            ],
            nodes: vec![
                node("192.168.0.1", "10.0.0.0/24"),
                node("192.168.0.2", "10.0.1.0/24"),
            ],
            ..Cluster::default()
        };
        let addresses = Addresses::new(&cluster);
        for asked in [
            "10.0.0.1",
            "10.0.0.2",
            "10.0.1.7",
            "10.0.2.7",
            "192.168.0.1",
            "192.168.0.2",
            "192.168.0.9",
            "8.8.8.8",
            "fd00::1",
            "fd00::2",
        ] {
            let asked = address(asked);
            assert_eq!(
                addresses.party_of(asked),
                cluster.party_of(asked),
                "{asked}"
            );
        }
    }
}
