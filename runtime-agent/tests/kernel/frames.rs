//! Single frames through the programs in force: source binding, the link's own traffic, odd
//! packets, replies, hostile images.

use crate::lab::{Town, ingress, no_egress, set, skip};
use netpol_image::layout::HEADER_LEN;
use netpol_image::{ImageView, Packet, eval, reason};
use netpol_policy::{Direction, PolicySet, Protocol, RuleId};
use netpol_testgen::Rng;
use netpold::exec::Pins;
use netpold::frame::{ACK, Frame, SYN};
use netpold::kernel::ctl::{Ctl, Word};
use netpold::kernel::maps::{Maps, Sizes, read_image};
use netpold::kernel::object::{Programs, WithoutImage};
use netpold::kernel::sys::{self, Hook, TestRun};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;

/// The programs in force in a town.
struct Live<'a> {
    town: &'a Town,
    programs: Programs,
}

impl<'a> Live<'a> {
    fn load(town: &'a Town, policies: &PolicySet) -> Self {
        town.load(policies);
        let pins = Pins::new(town.options().bpffs.unwrap());
        let programs = Programs::open(&pins.instance(1)).unwrap();
        Self { town, programs }
    }

    /// Does a frame pass at a pod's hook, forwarded by the node?
    fn passes(&self, pod: &str, hook: Hook, frame: &[u8]) -> bool {
        let run = TestRun {
            ingress_ifindex: 1,
            ifindex: self.town.pod(pod).ifindex,
            repeat: 1,
        };
        let answer = || sys::test_run(self.programs.at(hook), frame, run).unwrap().0;
        self.town.node.namespace.run(answer).unwrap() != 2
    }

    fn sends(&self, pod: &str, frame: &[u8]) -> bool {
        self.passes(pod, Hook::FromPod, frame)
    }

    fn gets(&self, pod: &str, frame: &[u8]) -> bool {
        self.passes(pod, Hook::ToPod, frame)
    }

    /// How often a reason of the dataplane was met by packets from pods.
    fn met(&self, rule: RuleId) -> u64 {
        let counters = self.town.view(|view| view.counters().unwrap());
        let of_rule = (counters.iter()).filter(|c| c.rule == rule.0 && c.direction == "egress");
        of_rule.map(|c| c.packets).sum()
    }
}

fn udp(source: IpAddr, destination: IpAddr, source_port: u16, port: u16) -> Frame {
    Frame {
        source_port,
        ..Frame::opening(source, destination, Protocol::Udp, port)
    }
}

fn bytes(frame: Frame) -> Vec<u8> {
    frame.bytes().unwrap()
}

/// The frame that answers: addresses and ports exchanged.
fn answer(frame: Frame, flags: u8) -> Vec<u8> {
    bytes(Frame {
        source: frame.destination,
        destination: frame.source,
        source_port: frame.port,
        port: frame.source_port,
        flags,
        ..frame
    })
}

#[test]
fn a_pod_sends_from_its_own_address_or_not_at_all() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let live = Live::load(&town, &set(Vec::new()));
    for v6 in [false, true] {
        let (db, web) = (town.address("shop/db", v6), town.address("shop/web", v6));
        let world: IpAddr = if v6 {
            "2001:db8::1".parse().unwrap()
        } else {
            "192.0.2.1".parse().unwrap()
        };
        assert!(live.sends("shop/web", &bytes(udp(web, db, 1, 2))));
        for forged in [db, world] {
            let before = live.met(reason::SPOOFED);
            assert!(!live.sends("shop/web", &bytes(udp(forged, world, 1, 2))));
            assert_eq!(live.met(reason::SPOOFED), before + 1);
        }
        // What arrives at a pod's link is for the pod.
        assert!(live.gets("shop/web", &bytes(udp(db, web, 1, 2))));
        assert!(!live.gets("shop/web", &bytes(udp(web, db, 1, 2))));
    }
    // A DHCP client has no address yet.
    let broadcast = Ipv4Addr::BROADCAST.into();
    let any = Ipv4Addr::UNSPECIFIED.into();
    assert!(live.sends("shop/web", &bytes(udp(any, broadcast, 68, 67))));
    assert!(!live.sends("shop/web", &bytes(udp(any, broadcast, 68, 53))));
    assert!(!live.sends(
        "shop/web",
        &bytes(udp(any, town.address("shop/db", false), 68, 67))
    ));
}

fn arp(sender: Ipv4Addr) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend([2, 0, 0, 0, 0, 1, 0x08, 0x06]);
    frame.extend([0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 1]);
    frame.extend(sender.octets());
    frame.extend([0; 10]);
    frame
}

/// Neighbour discovery: type, source, destination, the address spoken of.
fn discovery(kind: u8, source: Ipv6Addr, destination: Ipv6Addr, target: Ipv6Addr) -> Vec<u8> {
    let frame = Frame {
        source: source.into(),
        destination: destination.into(),
        protocol: 58,
        source_port: 0,
        port: kind.into(),
        flags: 0,
    };
    let mut frame = bytes(frame);
    frame[21] = 255;
    frame.truncate(62);
    frame.extend(target.octets());
    frame[18..20].copy_from_slice(&24u16.to_be_bytes());
    frame
}

#[test]
fn a_pod_speaks_for_itself_on_its_link() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    // Policy has no say in it.
    let live = Live::load(&town, &set(vec![no_egress("shop", "web")]));
    let v4 = |name: &str| match town.address(name, false) {
        IpAddr::V4(a) => a,
        IpAddr::V6(_) => unreachable!(),
    };
    let v6 = |name: &str| match town.address(name, true) {
        IpAddr::V6(a) => a,
        IpAddr::V4(_) => unreachable!(),
    };
    assert!(live.sends("shop/web", &arp(v4("shop/web"))));
    assert!(live.sends("shop/web", &arp(Ipv4Addr::UNSPECIFIED)));
    assert!(!live.sends("shop/web", &arp(v4("shop/db"))));
    let (web, db) = (v6("shop/web"), v6("shop/db"));
    let all: Ipv6Addr = "ff02::1".parse().unwrap();
    let link: Ipv6Addr = "fe80::77".parse().unwrap();
    let any = Ipv6Addr::UNSPECIFIED;
    let world: Ipv6Addr = "2001:db8::1".parse().unwrap();
    for (kind, source, destination, target, passes) in [
        (135, web, all, db, true),
        (135, link, all, db, true),
        (135, any, all, web, true),
        (135, any, all, db, false),
        (135, db, all, web, false),
        (135, web, world, world, false),
        (136, web, all, web, true),
        (136, link, all, link, true),
        (136, web, all, db, false),
        (133, link, all, any, true),
        (134, link, all, any, false),
        (137, link, all, web, false),
    ] {
        let frame = discovery(kind, source, destination, target);
        let sent = live.sends("shop/web", &frame);
        assert_eq!(
            sent, passes,
            "type {kind} from {source} to {destination} about {target}"
        );
        // Whatever passed a router is no neighbour's.
        let mut far = frame.clone();
        far[21] = 254;
        assert!(!live.sends("shop/web", &far));
    }
    assert!(live.met(reason::ROGUE_NEIGHBOUR) >= 7);
    assert!(live.met(reason::LINK_CONTROL) >= 8);
}

#[test]
fn odd_packets_drop_and_say_why() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let live = Live::load(&town, &set(Vec::new()));
    let pair = |v6| (town.address("shop/web", v6), town.address("shop/db", v6));
    let plain = |v6| bytes(udp(pair(v6).0, pair(v6).1, 1, 2));
    let edit = |v6, place: usize, value: u8| {
        let mut frame = plain(v6);
        frame[place] = value;
        frame
    };
    let short = |v6, length: usize| plain(v6)[..length].to_vec();
    let mut options = plain(false);
    options.splice(34..34, [1, 1, 1, 1]);
    options[14] = 0x46;
    assert!(
        live.sends("shop/web", &options),
        "IPv4 options shift the ports"
    );
    for (what, frame, rule) in [
        ("more fragments", edit(false, 20, 0x20), reason::FRAGMENT),
        ("a later fragment", edit(false, 21, 1), reason::FRAGMENT),
        ("an IPv6 fragment", edit(true, 20, 44), reason::FRAGMENT),
        ("hop-by-hop options", edit(true, 20, 0), reason::EXT_HEADER),
        ("a routing header", edit(true, 20, 43), reason::EXT_HEADER),
        (
            "destination options",
            edit(true, 20, 60),
            reason::EXT_HEADER,
        ),
        ("a VLAN tag", edit(false, 12, 0x81), reason::NON_IP),
        ("another ether type", edit(false, 13, 0x42), reason::NON_IP),
        (
            "a header too short",
            edit(false, 14, 0x44),
            reason::MALFORMED,
        ),
        ("another version", edit(false, 14, 0x65), reason::MALFORMED),
        ("a cut UDP header", short(false, 38), reason::MALFORMED),
        (
            "a cut header behind IPv6",
            short(true, 58),
            reason::MALFORMED,
        ),
    ] {
        let before = live.met(rule);
        assert!(!live.sends("shop/web", &frame), "{what}");
        assert_eq!(live.met(rule), before + 1, "{what}");
    }
}

#[test]
fn replies_follow_their_flow_and_nothing_else_does() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/other", "shop/web"]);
    // `web` may send and takes nothing in.
    let closed = || ingress("shop", "web", &[], 1);
    let live = Live::load(&town, &set(vec![closed()]));
    for v6 in [false, true] {
        let (web, db) = (town.address("shop/web", v6), town.address("shop/db", v6));
        let other = town.address("shop/other", v6);
        let asked = udp(web, db, 5000, 53);
        assert!(
            !live.gets("shop/web", &answer(asked, 0)),
            "no answer without a question"
        );
        assert!(live.sends("shop/web", &bytes(asked)));
        assert!(live.gets("shop/web", &answer(asked, 0)));
        for (what, frame) in [
            ("another port", udp(db, web, 54, 5000)),
            ("another client", udp(db, web, 53, 5001)),
            ("another server", udp(other, web, 53, 5000)),
        ] {
            assert!(!live.gets("shop/web", &bytes(frame)), "{what}");
        }
        // The entry speaks for `web` alone, and for this protocol.
        let tcp = Frame {
            protocol: 6,
            ..asked
        };
        assert!(!live.gets("shop/web", &answer(tcp, SYN)));
        let echo = Frame {
            protocol: if v6 { 58 } else { 1 },
            port: if v6 { 128 } else { 8 },
            source_port: 99,
            ..asked
        };
        let echoed = |identifier| {
            bytes(Frame {
                source: db,
                destination: web,
                port: if v6 { 129 } else { 0 },
                source_port: identifier,
                ..echo
            })
        };
        assert!(!live.gets("shop/web", &echoed(99)));
        assert!(live.sends("shop/web", &bytes(echo)));
        assert!(live.gets("shop/web", &echoed(99)));
        assert!(!live.gets("shop/web", &echoed(98)));
    }
    // Another bundle judges the flow again, in its own direction.
    let (web, db) = (
        town.address("shop/web", false),
        town.address("shop/db", false),
    );
    let asked = udp(web, db, 5000, 53);
    town.load(&set(vec![closed(), no_egress("shop", "db")]));
    assert!(
        live.gets("shop/web", &answer(asked, 0)),
        "the flow is still allowed"
    );
    town.load(&set(vec![closed(), no_egress("shop", "web")]));
    assert!(
        !live.gets("shop/web", &answer(asked, 0)),
        "the flow is denied now"
    );
    town.load(&set(vec![closed()]));
    assert!(
        !live.gets("shop/web", &answer(asked, 0)),
        "and was forgotten"
    );
    assert!(live.sends("shop/web", &bytes(asked)));
    assert!(
        live.gets("shop/web", &answer(asked, 0)),
        "until it is used again"
    );
}

#[test]
fn connections_older_than_the_policy_go_on_for_a_while() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let closed = set(vec![ingress("shop", "web", &[], 1)]);
    let live = Live::load(&town, &closed);
    let (web, db) = (
        town.address("shop/web", false),
        town.address("shop/db", false),
    );
    let mine = Frame {
        source_port: 5000,
        ..Frame::opening(web, db, Protocol::Tcp, 80)
    };
    assert!(
        !live.gets("shop/web", &answer(mine, SYN)),
        "a bare SYN opens nothing"
    );
    assert!(live.gets("shop/web", &answer(mine, ACK)), "just loaded");
    // When the time is over, only what is known goes on.
    let pins = Pins::new(town.options().bpffs.unwrap());
    let expire = || {
        let sizes = Sizes::for_image(1, 1).unwrap();
        let maps = Maps::open_or_create(&pins.instance(1), &pins.shared(), sizes).unwrap();
        let ctl = Ctl::map(&maps).unwrap();
        let word = ctl.load();
        let now = live.programs.now().unwrap();
        assert!(
            word.grace_until.wrapping_sub(now) < 1000,
            "{word:?} at {now}"
        );
        ctl.store(Word {
            grace_until: now.wrapping_sub(1),
            ..word
        });
    };
    town.node.namespace.run(expire).unwrap();
    assert!(live.gets("shop/web", &answer(mine, ACK)));
    let unknown = Frame {
        source_port: 5001,
        ..mine
    };
    assert!(!live.gets("shop/web", &answer(unknown, ACK)));
    // The pod's own next segment makes the entry again.
    let segment = Frame {
        flags: ACK,
        ..unknown
    };
    assert!(live.sends("shop/web", &bytes(segment)));
    assert!(live.gets("shop/web", &answer(unknown, ACK)));
    // In neither direction allowed: no time helps.
    town.load(&set(vec![
        ingress("shop", "web", &[], 1),
        no_egress("shop", "web"),
    ]));
    let third = Frame {
        source_port: 5002,
        ..mine
    };
    assert!(!live.gets("shop/web", &answer(third, ACK)));
}

#[test]
fn a_nodes_address_counts_only_on_the_node_itself() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db"]);
    let live = Live::load(&town, &set(vec![ingress("shop", "db", &[], 1)]));
    for v6 in [false, true] {
        let db = town.address("shop/db", v6);
        let node = *(town.cluster.nodes[0].addresses.iter())
            .find(|a| a.is_ipv6() == v6)
            .unwrap();
        let frame = bytes(udp(node, db, 1, 2));
        assert!(!live.gets("shop/db", &frame), "forwarded");
        let run = TestRun {
            ingress_ifindex: 0,
            ifindex: town.pod("shop/db").ifindex,
            repeat: 1,
        };
        let made_here = || {
            sys::test_run(live.programs.at(Hook::ToPod), &frame, run)
                .unwrap()
                .0
        };
        assert_ne!(town.node.namespace.run(made_here).unwrap(), 2, "made here");
    }
}

/// Damages one to eight places of an image.
fn damage(rng: &mut Rng, image: &mut [u8], used: usize) {
    for _ in 0..=rng.below(7) {
        // Half of the time where all offsets stand.
        let header = usize::try_from(HEADER_LEN).unwrap();
        let bound = if rng.chance(50) { header } else { used };
        // Magic and version stay, or nothing would be read at all.
        let place = 8 + rng.below(bound - 8);
        image[place] = u8::try_from(rng.below(256)).unwrap();
    }
}

#[test]
fn a_hostile_image_does_no_more_than_judge_wrongly() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    town.load(&set(vec![
        ingress("shop", "db", &["web"], 80),
        no_egress("shop", "db"),
    ]));
    let pins = Pins::new(town.options().bpffs.unwrap());
    let map = sys::open_pin(&pins.generation(1, 1)).unwrap();
    let sound = read_image(map.as_fd()).unwrap();
    let used =
        usize::try_from(u32::from_le_bytes(sound[0x100..0x104].try_into().unwrap())).unwrap();
    let folder = town.place.bpffs().join("hostile");
    std::fs::create_dir(&folder).unwrap();
    let run = || {
        let sizes = Sizes {
            image: u32::try_from(sound.len()).unwrap(),
            bank: 4096,
            flows: 4096,
        };
        let maps = Maps::open_or_create(&folder, &folder, sizes).unwrap();
        let programs = Programs::load(&maps, sizes, WithoutImage::Drop).unwrap();
        let mut rng = Rng::new(7);
        let (mut dropped, mut asked) = (0, 0);
        for round in 0..300 {
            let mut image = sound.clone();
            damage(&mut rng, &mut image, used);
            let map = maps.image_map(&image).unwrap();
            maps.set_slot(0, map.as_fd()).unwrap();
            for (hook, direction) in Hook::BOTH.into_iter().zip(Direction::BOTH) {
                for v6 in [false, true] {
                    let (db, web) = (town.address("shop/db", v6), town.address("shop/web", v6));
                    let (source, destination, pod) = match direction {
                        Direction::Ingress => (web, db, "shop/db"),
                        Direction::Egress => (db, web, "shop/db"),
                    };
                    let frame = Frame::opening(source, destination, Protocol::Tcp, 80);
                    let ifindex = town.pod(pod).ifindex;
                    let run = TestRun {
                        ingress_ifindex: 1,
                        ifindex,
                        repeat: 1,
                    };
                    let got = sys::test_run(programs.at(hook), &bytes(frame), run)
                        .unwrap()
                        .0;
                    assert!([2, u32::MAX].contains(&got), "round {round}: {got}");
                    asked += 1;
                    dropped += usize::from(got == 2);
                    // Where the damage is seen, the interpreter sees it too and drops as well.
                    let view = ImageView::unchecked(&image).unwrap();
                    let packet = Packet {
                        direction,
                        source,
                        destination,
                        protocol: 6,
                        port: 80,
                        made_here: false,
                        interface: Some(ifindex),
                    };
                    let seen = eval(&view, &packet);
                    if seen.rule == reason::NO_IMAGE {
                        assert_eq!(got, 2, "round {round}: {seen:?}");
                    }
                }
            }
        }
        assert!(
            dropped > asked / 4 && dropped < asked,
            "{dropped} of {asked}"
        );
    };
    town.node.namespace.run(run).unwrap();
}
