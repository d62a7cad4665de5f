//! The image decides what `decide` decides, once lowered: verdict and rule, for every flow that
//! has a side on the node, IPv4 and IPv6, both directions.
#![expect(clippy::indexing_slicing, reason = "tests fail by panicking")]

use netpol_image::{ImageView, LinkOptions, Packet, decode, eval, link};
use netpol_policy::decide::decide_side;
use netpol_policy::{Cluster, Direction, Flow, Party, Protocol, RuleId, Side, Verdict, decide};
use netpol_testgen::{Gen, Size, World};
use std::collections::BTreeSet;
use std::net::IpAddr;

const WORLDS: u64 = 500;
const FLOWS: usize = 200;

/// Lowering: what is not decided, or allowed on a condition, is denied.
fn lower(side: Side) -> (Verdict, RuleId) {
    if side.passes() {
        (Verdict::Allow, side.rule)
    } else {
        (Verdict::Deny, side.rule)
    }
}

/// Is this address that of a pod with a row in the node's image?
fn has_row(cluster: &Cluster, node: &str, address: IpAddr) -> bool {
    match cluster.party_of(address) {
        Party::Endpoint(place, _) => {
            let endpoint = &cluster.endpoints[place];
            endpoint.node.as_deref() == Some(node) && !endpoint.host_network
        }
        _ => false,
    }
}

/// Does the address belong to an endpoint or node, whatever services say?
fn known_party(cluster: &Cluster, address: IpAddr) -> bool {
    matches!(
        cluster.party_of(address),
        Party::Endpoint(..) | Party::Node(..)
    )
}

fn is_service(cluster: &Cluster, address: IpAddr) -> bool {
    (cluster.services.iter()).any(|s| s.addresses.contains(&address))
}

#[derive(Default)]
struct Seen {
    asked: usize,
    v6: usize,
    denied: usize,
    services: usize,
    forwarded: usize,
    stateless: usize,
}

struct Asked<'a> {
    world: &'a World,
    view: ImageView<'a>,
    node: &'a str,
    label: String,
}

impl Asked<'_> {
    /// Asks the side of a flow that lies on this node, if it does.
    fn ask(&self, flow: &Flow, direction: Direction, seen: &mut Seen) {
        let cluster = &self.world.cluster;
        let (Some(source), Some(destination)) = (flow.source.address(), flow.destination.address())
        else {
            return;
        };
        let own = match direction {
            Direction::Ingress => destination,
            Direction::Egress => source,
        };
        if source.is_ipv4() != destination.is_ipv4() || !has_row(cluster, self.node, own) {
            return;
        }
        for made_here in [false, true] {
            let packet = Packet {
                direction,
                source,
                destination,
                protocol: flow.protocol.ip_number(),
                port: flow.port,
                made_here,
                interface: None,
            };
            let expected = self.expected(flow, &packet, seen);
            let outcome = eval(&self.view, &packet);
            let decided = (outcome.verdict, outcome.rule);
            assert_eq!(decided, expected, "{}: {packet:?} as {flow:?}", self.label);
            assert!(!outcome.need_state || outcome.verdict == Verdict::Allow);
            seen.asked += 1;
            seen.v6 += usize::from(own.is_ipv6());
            seen.denied += usize::from(outcome.verdict == Verdict::Deny);
            if outcome.verdict == Verdict::Allow && !outcome.need_state {
                seen.stateless += 1;
                self.no_reply_is_denied(&packet);
            }
        }
    }

    fn expected(&self, flow: &Flow, packet: &Packet, seen: &mut Seen) -> (Verdict, RuleId) {
        let cluster = &self.world.cluster;
        let (egress, other) = match packet.direction {
            Direction::Ingress => (false, packet.source),
            Direction::Egress => (true, packet.destination),
        };
        if is_service(cluster, other) && (egress || !known_party(cluster, other)) {
            seen.services += 1;
            return self.service(flow, packet, other);
        }
        if !egress && !packet.made_here && cluster.host_of(flow.source).is_some() {
            seen.forwarded += 1;
            let unknown = Flow {
                source: Party::Unknown,
                ..*flow
            };
            return lower(decide(&self.world.policies, cluster, &unknown).ingress);
        }
        lower(decide(&self.world.policies, cluster, flow).side(packet.direction))
    }

    /// What a packet to or from a service address meets: worked out from its backends.
    fn service(&self, flow: &Flow, packet: &Packet, address: IpAddr) -> (Verdict, RuleId) {
        let cluster = &self.world.cluster;
        let all: Vec<usize> = (0..self.world.policies.policies().len()).collect();
        let side = |source, destination, port| {
            let flow = Flow {
                source,
                destination,
                port,
                ..*flow
            };
            let policies = &self.world.policies;
            lower(decide_side(
                policies,
                cluster,
                &flow,
                packet.direction,
                &all,
            ))
        };
        let base = match cluster.party_of(address) {
            party @ (Party::Node(..) | Party::Endpoint(..)) => party,
            _ => Party::Unknown,
        };
        if packet.direction == Direction::Ingress {
            return side(base, flow.destination, flow.port);
        }
        let backends: Vec<(IpAddr, u16)> = (cluster.services.iter())
            .filter(|s| s.addresses.contains(&address))
            .flat_map(|s| &s.ports)
            .filter(|p| p.protocol == flow.protocol && p.port == flow.port)
            .flat_map(|p| p.backends.clone())
            .collect();
        if backends.is_empty() {
            return side(flow.source, base, flow.port);
        }
        let sides: Vec<(Verdict, RuleId)> = (backends.iter())
            .map(|(address, port)| side(flow.source, cluster.party_of(*address), *port))
            .collect();
        let verdict = if sides.iter().all(|(verdict, _)| *verdict == Verdict::Allow) {
            Verdict::Allow
        } else {
            Verdict::Deny
        };
        // Which of several backends is credited is the image's choice; its verdict is not.
        let credited: BTreeSet<RuleId> = (sides.iter())
            .filter(|(v, _)| *v == verdict)
            .map(|(_, rule)| *rule)
            .collect();
        let rule = eval(&self.view, packet).rule;
        assert!(credited.contains(&rule), "{}: {packet:?}", self.label);
        (verdict, rule)
    }

    /// Without `NEED_STATE` nothing is remembered, so every possible reply must pass by itself.
    fn no_reply_is_denied(&self, packet: &Packet) {
        let protocol = Protocol::from_ip(packet.protocol);
        for port in [0, 1, 52, 80, 1024, 8080, 32768, 65535] {
            for made_here in [false, true] {
                let reply = Packet {
                    direction: match packet.direction {
                        Direction::Ingress => Direction::Egress,
                        Direction::Egress => Direction::Ingress,
                    },
                    source: packet.destination,
                    destination: packet.source,
                    port: port.min(protocol.last_port()),
                    made_here,
                    ..*packet
                };
                let outcome = eval(&self.view, &reply);
                assert_eq!(outcome.verdict, Verdict::Allow, "{}: {reply:?}", self.label);
            }
        }
    }
}

#[test]
fn the_image_decides_what_decide_decides() {
    let mut seen = Seen::default();
    for seed in 0..WORLDS {
        let world = Gen::world(seed, Size::SMALL);
        let node = &world.cluster.nodes[0].name;
        let options = LinkOptions::default();
        let image = link(&world.policies, &world.cluster, node, &options);
        let image = image.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let view = decode(image.bytes()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let asked = Asked {
            world: &world,
            view,
            node,
            label: format!("seed {seed}"),
        };
        for flow in Gen::flows(seed, &world, FLOWS) {
            for direction in Direction::BOTH {
                asked.ask(&flow, direction, &mut seen);
            }
        }
    }
    // The worlds must put every part of the image to the test.
    assert!(seen.asked > 50_000, "asked {}", seen.asked);
    assert!(seen.v6 * 5 > seen.asked, "v6 {}", seen.v6);
    assert!(seen.denied * 10 > seen.asked, "denied {}", seen.denied);
    assert!(seen.services > 1000, "services {}", seen.services);
    assert!(seen.forwarded > 1000, "forwarded {}", seen.forwarded);
    assert!(seen.stateless > 1000, "stateless {}", seen.stateless);
}
