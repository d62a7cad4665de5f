//! Real sockets in random worlds: every pair of pods, every port, both families, held against
//! `decide`.

use crate::lab::{Place, bundle, skip};
use netpol_policy::{Cluster, Flow, Party, Protocol, decide};
use netpol_testgen::{Gen, Size, World};
use netpold::netns::wire::{self, Attempt, Servers};
use netpold::netns::{Node, Pod};
use netpold::{Agent, Options};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::thread;

const WORLDS: u64 = 30;
/// So many worlds are at work at once.
const TOGETHER: u64 = 6;

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    attempts: usize,
    passed: usize,
    udp: usize,
    v6: usize,
}

/// A random world as namespaces.
struct Street {
    world: World,
    node: Node,
    /// Places in the inventory, with their pods.
    pods: Vec<(usize, Pod)>,
    place: Place,
}

impl Street {
    fn new(seed: u64) -> Self {
        let mut world = Gen::world(seed, Size::TINY);
        let node = Node::new().unwrap();
        let name = world.cluster.nodes[0].name.clone();
        let mut pods = Vec::new();
        for place in 0..world.cluster.endpoints.len() {
            let endpoint = &mut world.cluster.endpoints[place];
            let here = endpoint.node.as_ref() == Some(&name) && !endpoint.host_network;
            let addresses = endpoint.addresses.clone();
            let interface = format!("veth{place}");
            // What has an interface is one pod, not a workload.
            endpoint.several &= !here;
            endpoint.interface = here.then(|| interface.clone());
            let own = |a: &IpAddr| is_pod(&world.cluster, *a, place);
            if here && !addresses.is_empty() && addresses.iter().all(own) {
                pods.push((place, node.add_pod(&interface, &addresses).unwrap()));
            }
        }
        Self {
            world,
            node,
            pods,
            place: Place::new(),
        }
    }

    fn load(&self) {
        let options = Options {
            bpffs: Some(self.place.bpffs().join("netpold")),
            node: Some(self.world.cluster.nodes[0].name.clone()),
            ..Options::new(self.place.state())
        };
        let bytes = bundle(&self.world.policies);
        let load = || Agent::open(options)?.load(bytes, None, &self.world.cluster);
        let loaded = self.node.namespace.run(load).unwrap().unwrap();
        assert!(loaded.faults.is_empty(), "{:?}", loaded.faults);
        assert_eq!(loaded.endpoints.len(), self.pods.len());
    }

    /// TCP and UDP ports that rules or containers speak of, their neighbours, and one of nobody.
    fn ports(&self) -> BTreeSet<(Protocol, u16)> {
        let declared = self.world.cluster.endpoints.iter().flat_map(|e| &e.ports);
        let declared = declared.map(|p| (p.protocol, p.port));
        let more = [(Protocol::Tcp, 7777), (Protocol::Udp, 7777)];
        let matched = netpol_policy::Matrix::new(&self.world.policies, &self.world.cluster)
            .atoms()
            .iter()
            .map(|atom| (atom.protocol, atom.first))
            .collect::<Vec<_>>();
        declared
            .chain(more)
            .chain(matched)
            .filter(|(protocol, port)| {
                *port != 0 && matches!(protocol, Protocol::Tcp | Protocol::Udp)
            })
            .collect()
    }

    fn attempts(&self, from: usize, ports: &BTreeSet<(Protocol, u16)>) -> Vec<(Attempt, bool)> {
        let mut attempts = Vec::new();
        for (to, pod) in self.pods.iter().filter(|(to, _)| *to != from) {
            for address in &pod.addresses {
                let Some(source) = self.source(from, *address) else {
                    continue;
                };
                for (protocol, port) in ports {
                    let flow = Flow {
                        source: Party::Endpoint(from, Some(source)),
                        destination: Party::Endpoint(*to, Some(*address)),
                        protocol: *protocol,
                        port: *port,
                    };
                    let decision = decide(&self.world.policies, &self.world.cluster, &flow);
                    // A UDP server that listens on every address answers from the first one.
                    if *protocol == Protocol::Udp && self.source(*to, *address).is_none() {
                        continue;
                    }
                    let attempt = Attempt {
                        protocol: *protocol,
                        address: *address,
                        port: *port,
                    };
                    attempts.push((attempt, decision.passes()));
                }
            }
        }
        attempts
    }

    /// The address that the kernel sends from, when there is no choice.
    fn source(&self, from: usize, to: IpAddr) -> Option<IpAddr> {
        let addresses = &self.world.cluster.endpoints[from].addresses;
        let mut of_family = addresses.iter().filter(|a| a.is_ipv4() == to.is_ipv4());
        let only = of_family.next().copied();
        only.filter(|_| of_family.next().is_none())
    }
}

fn is_pod(cluster: &Cluster, address: IpAddr, place: usize) -> bool {
    let service = (cluster.services.iter()).any(|s| s.addresses.contains(&address));
    !service && cluster.party_of(address) == Party::Endpoint(place, Some(address))
}

fn try_world(seed: u64) -> Seen {
    let street = Street::new(seed);
    let ports = street.ports();
    let servers: Vec<Servers> = (street.pods.iter())
        .map(|(_, pod)| Servers::start(&pod.namespace, &ports).unwrap())
        .collect();
    street.load();
    let mut seen = Seen::default();
    thread::scope(|scope| {
        let tried: Vec<_> = (street.pods.iter())
            .map(|(from, pod)| {
                let (street, ports) = (&street, &ports);
                scope.spawn(move || {
                    let (attempts, expected): (Vec<_>, Vec<_>) =
                        street.attempts(*from, ports).into_iter().unzip();
                    let got = wire::attempt(&pod.namespace, &attempts).unwrap();
                    (*from, attempts, expected, got)
                })
            })
            .collect();
        for thread in tried {
            let (from, attempts, expected, got) = thread.join().unwrap();
            let from = street.world.cluster.endpoints[from].display_name();
            for ((attempt, expected), got) in attempts.iter().zip(expected).zip(got) {
                assert_eq!(got, expected, "seed {seed}: {from} to {attempt:?}");
                seen.attempts += 1;
                seen.passed += usize::from(got);
                seen.udp += usize::from(attempt.protocol == Protocol::Udp);
                seen.v6 += usize::from(attempt.address.is_ipv6());
            }
        }
    });
    drop(servers);
    seen
}

#[test]
fn real_packets_meet_what_decide_says() {
    if skip() {
        return;
    }
    wire::raise_file_limit().unwrap();
    let mut all = Seen::default();
    for first in (0..WORLDS).step_by(usize::try_from(TOGETHER).unwrap()) {
        let running: Vec<_> = (first..first + TOGETHER)
            .map(|seed| thread::spawn(move || try_world(seed)))
            .collect();
        for world in running {
            let seen = world.join().unwrap();
            all.attempts += seen.attempts;
            all.passed += seen.passed;
            all.udp += seen.udp;
            all.v6 += seen.v6;
        }
    }
    eprintln!("real packets in {WORLDS} worlds: {all:?}");
    assert!(all.attempts > 3000, "{all:?}");
    assert!(all.passed * 10 > all.attempts, "{all:?}");
    assert!((all.attempts - all.passed) * 10 > all.attempts, "{all:?}");
    assert!(
        all.udp * 10 > all.attempts && all.v6 * 10 > all.attempts,
        "{all:?}"
    );
}
