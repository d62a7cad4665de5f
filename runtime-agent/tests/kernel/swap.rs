//! One store or nothing: swaps under traffic, rollback, restart, growth, interrupted loads.

use crate::lab::{Town, bundle, ingress, set, skip};
use netpol_policy::{PolicySet, PortMatch, Protocol};
use netpold::Agent;
use netpold::exec::Pins;
use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const PORTS: [u16; 2] = [9000, 9001];
const SWAPS: usize = 20;

/// Lets `web` reach `db` on one UDP port.
fn one_port(port: u16) -> PolicySet {
    let mut policy = ingress("shop", "db", &["web"], port);
    policy.rules[0].ports = Some(vec![PortMatch::Range {
        protocol: Protocol::Udp,
        first: port,
        last: port,
    }]);
    set(vec![policy])
}

/// Sends numbered packets to both ports in turn until told to stop; says how many.
fn send(socket: &UdpSocket, town: &Town, stop: &AtomicBool) -> u64 {
    let target = town.address("shop/db", false);
    let mut number = 0u64;
    while !stop.load(Ordering::Relaxed) {
        for port in PORTS {
            let to = SocketAddr::new(target, port);
            socket.send_to(&number.to_le_bytes(), to).unwrap();
            number += 1;
        }
        thread::sleep(Duration::from_micros(100));
    }
    number
}

fn receive(socket: &UdpSocket, stop: &AtomicBool) -> Vec<u64> {
    let wait = Some(Duration::from_millis(100));
    socket.set_read_timeout(wait).unwrap();
    let mut numbers = Vec::new();
    let mut bytes = [0; 8];
    loop {
        match socket.recv(&mut bytes) {
            Ok(_) => numbers.push(u64::from_le_bytes(bytes)),
            Err(_) if stop.load(Ordering::Relaxed) => return numbers,
            Err(_) => {}
        }
    }
}

#[test]
fn no_packet_meets_a_mixture_while_bundles_are_swapped() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    town.load(&one_port(PORTS[0]));
    let stop = AtomicBool::new(false);
    let bind = |name: &str, port| {
        let run = || UdpSocket::bind((Ipv6Addr::UNSPECIFIED, port)).unwrap();
        town.pod(name).namespace.run(run).unwrap()
    };
    let receivers = PORTS.map(|port| bind("shop/db", port));
    let sender = {
        let run = || UdpSocket::bind("0.0.0.0:0").unwrap();
        town.pod("shop/web").namespace.run(run).unwrap()
    };
    let (sent, mut arrived) = thread::scope(|scope| {
        let told = &stop;
        let receiving = receivers
            .each_ref()
            .map(|socket| scope.spawn(move || receive(socket, told)));
        let sending = scope.spawn(|| send(&sender, &town, &stop));
        for swap in 1..=SWAPS {
            town.load(&one_port(PORTS[swap % 2]));
        }
        stop.store(true, Ordering::Relaxed);
        let sent = sending.join().unwrap();
        let arrived = receiving.map(|thread| thread.join().unwrap()).concat();
        (sent, arrived)
    });
    arrived.sort_unstable();
    // While one bundle is in force, every second number arrives. A swap shifts the pattern once;
    // anything else would be a packet judged by both bundles or by none.
    let odd = (arrived.windows(2)).filter(|pair| pair[1] - pair[0] != 2);
    let shifts: Vec<u64> = odd.map(|pair| pair[1] - pair[0]).collect();
    eprintln!(
        "swaps under traffic: {sent} packets, {} arrived, shifts {shifts:?}",
        arrived.len()
    );
    assert!(sent > 1000);
    assert_eq!(shifts.len(), SWAPS, "{shifts:?}");
    assert!(shifts.iter().all(|gap| [1, 3].contains(gap)), "{shifts:?}");
}

#[test]
fn rollback_goes_back_and_forth() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let _servers = PORTS.map(|port| town.listen("shop/db", port));
    let db = town.address("shop/db", true);
    let policies = PORTS.map(|port| set(vec![ingress("shop", "db", &["web"], port)]));
    let first = town.load(&policies[0]);
    let error = town.agent(|agent| agent.rollback(None).unwrap_err());
    assert!(error.to_string().contains("no previous bundle"), "{error}");
    town.load(&policies[1]);
    assert!(!town.connects("shop/web", db, PORTS[0]) && town.connects("shop/web", db, PORTS[1]));
    // The same bundle for the endpoints of today does not become the one to go back to.
    town.load(&policies[1]);
    let back = town.agent(|agent| agent.rollback(None).unwrap());
    assert_eq!(back.bundle, first.bundle);
    assert_eq!(back.generation, 4);
    assert!(town.connects("shop/web", db, PORTS[0]) && !town.connects("shop/web", db, PORTS[1]));
    town.agent(|agent| agent.rollback(None).unwrap());
    assert!(!town.connects("shop/web", db, PORTS[0]) && town.connects("shop/web", db, PORTS[1]));
}

#[test]
fn a_new_agent_adopts_what_is_pinned() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let _server = town.listen("shop/db", PORTS[0]);
    let db = town.address("shop/db", false);
    town.load(&set(vec![ingress("shop", "db", &[], 1)]));
    let pins = Pins::new(town.options().bpffs.unwrap());
    let before = (pins.links(), pins.instances());
    assert_eq!(before.0.len(), 4);
    // Nobody runs, and policy is in force.
    assert!(!town.connects("shop/web", db, PORTS[0]));
    town.load(&set(vec![ingress("shop", "db", &["web"], PORTS[0])]));
    assert_eq!((pins.links(), pins.instances()), before);
    assert!(town.connects("shop/web", db, PORTS[0]));
    // Only live and previous images stay pinned.
    town.load(&set(vec![ingress("shop", "db", &[], 1)]));
    assert_eq!(pins.generations(1), [2, 3]);
    assert!(!town.connects("shop/web", db, PORTS[0]));
}

#[test]
fn a_bundle_that_outgrows_the_maps_moves_in_without_a_gap() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let _servers = PORTS.map(|port| town.listen("shop/db", port));
    let db = town.address("shop/db", false);
    town.load(&set(vec![ingress("shop", "db", &["web"], PORTS[0])]));
    // More rules than a bank of counters holds.
    let mut policy = ingress("shop", "db", &["web"], PORTS[1]);
    let rule = policy.rules[0].clone();
    policy.rules.extend(std::iter::repeat_n(rule, 5000));
    town.load(&set(vec![policy]));
    let pins = Pins::new(town.options().bpffs.unwrap());
    assert_eq!(pins.instances(), [2]);
    assert_eq!(pins.links().len(), 4);
    assert!(!town.connects("shop/web", db, PORTS[0]) && town.connects("shop/web", db, PORTS[1]));
    let status = town.view(|view| view.status().unwrap());
    assert!(status.faults.is_empty(), "{:?}", status.faults);
    town.agent(|agent| agent.rollback(None).unwrap());
    assert!(town.connects("shop/web", db, PORTS[0]) && !town.connects("shop/web", db, PORTS[1]));
}

#[test]
fn endpoints_come_and_go() {
    if skip() {
        return;
    }
    let mut town = Town::new(&["shop/db", "shop/other", "shop/web"]);
    let _server = town.listen("shop/db", PORTS[0]);
    let policies = set(vec![ingress("shop", "db", &["web"], PORTS[0])]);
    town.load(&policies);
    let pins = Pins::new(town.options().bpffs.unwrap());
    assert_eq!(pins.links().len(), 6);
    let gone = town.pod("shop/other").ifindex;
    town.node.remove_pod(town.pod("shop/other")).unwrap();
    let loaded = town.load(&policies);
    assert_eq!(loaded.endpoints.len(), 2);
    assert!(
        loaded.notes.iter().any(|n| n.contains("shop/other")),
        "{:?}",
        loaded.notes
    );
    assert!(pins.links().iter().all(|(ifindex, _)| *ifindex != gone));
    let status = town.view(|view| view.status().unwrap());
    assert_eq!(status.faults.len(), 1, "{:?}", status.faults);
    // A pod of the inventory of tomorrow.
    let place = town.at("shop/other");
    let again = &mut town.cluster.endpoints[place];
    again.interface = Some("veth9".to_owned());
    town.pods[place] = town.node.add_pod("veth9", &again.addresses).unwrap();
    town.load(&policies);
    assert_eq!(pins.links().len(), 6);
    assert!(!town.connects("shop/other", town.address("shop/db", false), PORTS[0]));
}

#[test]
fn a_load_that_was_cut_off_is_told_by_the_kernel() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let policies = PORTS.map(|port| set(vec![ingress("shop", "db", &["web"], port)]));
    town.load(&policies[0]);
    town.load(&policies[1]);
    let journal = town.place.state().join("state.json");
    let whole: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&journal).unwrap()).unwrap();
    // Killed after the store, before the journal said so.
    let mut stored = whole.clone();
    stored["intent"] =
        serde_json::json!({ "standing": whole["live"], "instance": whole["instance"] });
    stored["live"] = whole["previous"].clone();
    stored["previous"] = serde_json::Value::Null;
    std::fs::write(&journal, stored.to_string()).unwrap();
    let (repairs, live) = town.agent(|agent| (agent.repairs.clone(), agent_live(agent)));
    assert!(repairs[0].contains("finished"), "{repairs:?}");
    assert_eq!(live, 2);
    // Killed before the store: the slot that was to be live is not.
    let mut begun = whole.clone();
    begun["intent"] = serde_json::json!({
        "standing": { "generation": 3, "slot": 2, "bundle": "00", "bank": 0, "node": "node" },
        "instance": whole["instance"],
    });
    begun["generation"] = 3.into();
    std::fs::write(&journal, begun.to_string()).unwrap();
    let (repairs, live) = town.agent(|agent| (agent.repairs.clone(), agent_live(agent)));
    assert!(repairs[0].contains("taken back"), "{repairs:?}");
    assert_eq!(live, 2);
    // Generations are never used twice.
    assert_eq!(town.load(&policies[0]).generation, 4);
}

fn agent_live(agent: &Agent) -> u64 {
    agent
        .state()
        .live
        .as_ref()
        .map_or(0, |live| live.generation)
}

#[test]
fn the_loser_of_two_agents_says_who_holds_the_lock() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db"]);
    let bytes = bundle(&set(Vec::new()));
    town.agent(|_holder| {
        let error = Agent::open(town.options()).unwrap_err();
        assert!(error.to_string().contains("another netpold"), "{error}");
    });
    let loaded = town.agent(|agent| agent.load(bytes, None, &town.cluster).unwrap());
    assert_eq!(loaded.generation, 1);
}
