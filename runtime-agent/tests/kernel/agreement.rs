//! Four-way agreement: `decide`, lowered, = `Matrix` = `image::eval` = the program in the kernel,
//! for random worlds and packets, IPv4 and IPv6, both directions.

use crate::lab::{Place, skip};
use netpol_image::{ImageView, LinkOptions, Local, Packet, decode, eval, link, set_local};
use netpol_policy::{Cluster, Direction, Flow, Matrix, Party, Verdict, decide};
use netpol_testgen::{Gen, Size, World};
use netpold::frame::{Frame, is_discovery};
use netpold::kernel::ctl::{Ctl, Word};
use netpold::kernel::maps::{Maps, Sizes};
use netpold::kernel::object::{Programs, WithoutImage};
use netpold::kernel::sys::Hook;
use netpold::netns::Node;
use netpold::selftest::{Question, ask};
use std::net::IpAddr;
use std::os::fd::AsFd;

const WORLDS: u64 = 500;
const PACKETS: usize = 200;

/// What was put to the test.
#[derive(Debug, Default)]
struct Seen {
    packets: usize,
    v6: usize,
    denied: usize,
    egress: usize,
    by_policy_alone: usize,
}

/// The programs with maps of their own, and interfaces to stand at.
struct Bench {
    maps: Maps,
    programs: Programs,
    ctl: Ctl,
    interfaces: Vec<u32>,
}

impl Bench {
    fn new(place: &Place, interfaces: Vec<u32>) -> Self {
        let sizes = Sizes {
            image: 1 << 20,
            bank: 1 << 12,
            flows: 1 << 12,
        };
        let folder = place.bpffs().join("bench");
        std::fs::create_dir(&folder).unwrap();
        let maps = Maps::open_or_create(&folder, &folder, sizes).unwrap();
        let programs = Programs::load(&maps, sizes, WithoutImage::Drop).unwrap();
        let ctl = Ctl::map(&maps).unwrap();
        Self {
            maps,
            programs,
            ctl,
            interfaces,
        }
    }

    /// Links a world for a node and puts it in force in a slot that was not live before.
    fn put_in_force(&self, world: &World, node: &str, round: u64) -> Vec<u8> {
        let options = LinkOptions::default();
        let image = link(&world.policies, &world.cluster, node, &options).unwrap();
        let interfaces = (image.rows().iter().zip(&self.interfaces))
            .map(|(row, ifindex)| (*ifindex, row.row))
            .collect();
        let rows = image.rows().len();
        assert!(rows <= self.interfaces.len(), "{rows} rows");
        let mut bytes = image.into_bytes();
        let local = Local {
            generation: round,
            interfaces,
            ..Local::default()
        };
        set_local(&mut bytes, &local).unwrap();
        let slot = u32::try_from(round % 4).unwrap();
        let map = self.maps.image_map(&bytes).unwrap();
        self.maps.set_slot(slot, map.as_fd()).unwrap();
        self.ctl.store(Word {
            slot,
            ..Word::default()
        });
        bytes
    }
}

/// One world, put in force.
struct Asked<'a> {
    bench: &'a Bench,
    world: &'a World,
    matrix: &'a Matrix<'a>,
    view: ImageView<'a>,
    node: &'a str,
    seed: u64,
}

impl Asked<'_> {
    /// Asks all four about one side of a flow; `false` when it has no side on this node.
    fn ask(&self, flow: &Flow, direction: Direction, made_here: bool, seen: &mut Seen) -> bool {
        let cluster = &self.world.cluster;
        let (Some(source), Some(destination)) = (flow.source.address(), flow.destination.address())
        else {
            return false;
        };
        let (own, hook) = match direction {
            Direction::Ingress => (destination, Hook::ToPod),
            Direction::Egress => (source, Hook::FromPod),
        };
        let frame = Frame::opening(source, destination, flow.protocol, flow.port);
        if source.is_ipv4() != destination.is_ipv4() || is_discovery(&frame) {
            return false;
        }
        let Some(ifindex) = self.interface(own) else {
            return false;
        };
        let packet = Packet {
            direction,
            source,
            destination,
            protocol: frame.protocol,
            port: flow.port,
            made_here,
            interface: Some(ifindex),
        };
        let by_image = eval(&self.view, &packet);
        let question = Question {
            hook,
            ifindex,
            made_here,
            frame,
            passes: by_image.verdict == Verdict::Allow,
        };
        let by_kernel = ask(&self.bench.programs, &question).unwrap();
        let label = || format!("seed {}: {packet:?}, {by_image:?}", self.seed);
        assert_eq!(by_kernel, question.passes, "kernel and eval, {}", label());
        if let Some(flow) = as_judged(cluster, flow, &packet) {
            let expected = decide(&self.world.policies, cluster, &flow).side(direction);
            let by_matrix = self.matrix.decide(&flow).unwrap().side(direction);
            assert_eq!(by_matrix, expected, "matrix and decide, {}", label());
            let passes = expected.passes();
            assert_eq!(by_kernel, passes, "kernel and decide, {}", label());
            assert_eq!(by_image.rule, expected.rule, "rules, {}", label());
            seen.by_policy_alone += 1;
        }
        seen.packets += 1;
        seen.v6 += usize::from(own.is_ipv6());
        seen.denied += usize::from(!by_kernel);
        seen.egress += usize::from(direction == Direction::Egress);
        true
    }

    /// The interface of a local pod.
    fn interface(&self, own: IpAddr) -> Option<u32> {
        let Party::Endpoint(place, _) = self.world.cluster.party_of(own) else {
            return None;
        };
        let endpoint = self.world.cluster.endpoints.get(place)?;
        if endpoint.node.as_deref() != Some(self.node) {
            return None;
        }
        let frame = |interface: &&u32| {
            let packet = Packet {
                direction: Direction::Ingress,
                source: own,
                destination: own,
                protocol: 6,
                port: 1,
                made_here: false,
                interface: Some(**interface),
            };
            eval(&self.view, &packet).verdict == Verdict::Allow
        };
        self.bench.interfaces.iter().find(frame).copied()
    }
}

/// The flow that policies are asked about; `None` for service addresses, which are judged by their
/// backends (the image's own tests know how).
fn as_judged(cluster: &Cluster, flow: &Flow, packet: &Packet) -> Option<Flow> {
    let other = match packet.direction {
        Direction::Ingress => packet.source,
        Direction::Egress => packet.destination,
    };
    if cluster
        .services
        .iter()
        .any(|s| s.addresses.contains(&other))
    {
        return None;
    }
    let forwarded = packet.direction == Direction::Ingress && !packet.made_here;
    let source = if forwarded && cluster.host_of(flow.source).is_some() {
        Party::Unknown
    } else {
        flow.source
    };
    Some(Flow { source, ..*flow })
}

#[test]
fn four_evaluators_agree() {
    if skip() {
        return;
    }
    let place = Place::new();
    let node = Node::new().unwrap();
    let pods: Vec<_> = (0..12)
        .map(|at| node.add_pod(&format!("veth{at}"), &[]).unwrap())
        .collect();
    let interfaces = pods.iter().map(|p| p.ifindex).collect();
    let seen = node.namespace.run(|| agree(&place, interfaces)).unwrap();
    eprintln!("four-way agreement: {seen:?}");
    assert!(seen.packets >= 500 * PACKETS, "{seen:?}");
    assert!(seen.v6 * 5 > seen.packets, "{seen:?}");
    assert!(seen.denied * 10 > seen.packets, "{seen:?}");
    assert!(seen.egress * 4 > seen.packets, "{seen:?}");
    assert!(seen.by_policy_alone * 2 > seen.packets, "{seen:?}");
}

fn agree(place: &Place, interfaces: Vec<u32>) -> Seen {
    let bench = Bench::new(place, interfaces);
    let mut seen = Seen::default();
    let (mut worlds, mut seed) = (0, 0);
    while worlds < WORLDS {
        seed += 1;
        let world = Gen::world(seed, Size::SMALL);
        let node = &world.cluster.nodes[0].name;
        let bytes = bench.put_in_force(&world, node, seed);
        let matrix = Matrix::new(&world.policies, &world.cluster);
        let asked = Asked {
            bench: &bench,
            world: &world,
            matrix: &matrix,
            view: decode(&bytes).unwrap(),
            node,
            seed,
        };
        let mut packets = 0;
        for flow in Gen::flows(seed, &world, PACKETS * 10) {
            if packets >= PACKETS {
                break;
            }
            for direction in Direction::BOTH {
                for made_here in [false, true] {
                    packets += usize::from(asked.ask(&flow, direction, made_here, &mut seen));
                }
            }
        }
        worlds += u64::from(packets >= PACKETS);
        assert!(seed < 2 * WORLDS, "too few worlds have pods on the node");
    }
    seen
}
