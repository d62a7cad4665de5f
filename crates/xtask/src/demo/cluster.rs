//! The shop's node and pods as network namespaces, netpold between them, and real packets.

use super::ask::{self, Party, Try};
use super::stream::Stream;
use super::{Demo, NODE, SHOP, WORK, bundle, expect_success, say, table, words};
use crate::root;
use netpol_policy::Protocol;
use netpold::netns::wire::{self, Attempt, Servers};
use netpold::netns::{Namespace, Node, Pod};
use std::process::Command;
use std::thread;

/// The bank that payments may reach: somebody outside of the cluster.
const OUTSIDE: [&str; 2] = ["203.0.113.10", "2001:db8:bac::10"];
/// How often the policy is swapped under traffic.
const SWAPS: usize = 6;

/// Everything that runs.
pub(super) struct Lab<'a> {
    demo: &'a Demo,
    node: Node,
    /// By the place in [`ask::parties`]; `None` shares the node's network.
    pods: Vec<Option<Pod>>,
    others: Vec<Party>,
    tries: Vec<Try>,
}

impl<'a> Lab<'a> {
    /// Makes the namespaces; the error is why there can be none.
    pub(super) fn new(demo: &'a Demo) -> Result<Self, String> {
        let node = Node::new().map_err(|e| e.to_string())?;
        let addresses = OUTSIDE.iter().filter_map(|a| a.parse().ok()).collect();
        let others = vec![Party {
            name: "bank (outside)".to_owned(),
            addresses,
            ports: [(Protocol::Tcp, 443), (Protocol::Tcp, 8443)].into(),
        }];
        let mut pods = Vec::new();
        for (at, endpoint) in demo.inventory.endpoints.iter().enumerate() {
            let interface = endpoint
                .interface
                .clone()
                .unwrap_or_else(|| format!("np{at}"));
            let pod = if endpoint.host_network {
                None
            } else {
                Some(add(&node, &interface, &endpoint.addresses)?)
            };
            pods.push(pod);
        }
        for other in &others {
            pods.push(Some(add(&node, "outside", &other.addresses)?));
        }
        let tries = ask::attempts(&demo.inventory, &others);
        Ok(Self {
            demo,
            node,
            pods,
            others,
            tries,
        })
    }

    /// Load, packets, swap, packets, rollback, clean up.
    pub(super) fn run(&self) -> Result<(), String> {
        say(&format!(
            "\n== A node with {} pods: network namespaces, veth pairs, addresses in both families",
            self.pods.iter().flatten().count() - 1
        ));
        wire::raise_file_limit().map_err(|e| format!("raise the file limit: {e}"))?;
        let outcome = self.act();
        if outcome.is_err() {
            // Leaves nothing behind; what went wrong is already known.
            let _also = self.netpold("detach");
        }
        outcome
    }

    fn act(&self) -> Result<(), String> {
        say("\n== Version 1 goes into the kernel");
        self.netpold(&load(1))?;
        self.compare(1)?;
        say("\n== The drops, and the lines that made them");
        self.netpold("events --limit 5")?;
        say(&format!(
            "\n== Version 2 replaces it while traffic flows, and back: {SWAPS} swaps"
        ));
        self.swap_under_traffic()?;
        self.compare(2)?;
        say("\n== And back, with one command");
        self.netpold("rollback")?;
        self.compare(1)?;
        self.netpold("status")?;
        self.netpold("detach")?;
        say("\nDone. The namespaces end with this program; nothing is left behind.");
        Ok(())
    }

    fn serve(&self) -> Result<Vec<Servers>, String> {
        let parties = ask::parties(&self.demo.inventory, &self.others);
        parties
            .iter()
            .enumerate()
            .map(|(at, party)| {
                Servers::start(self.network(at), &party.ports)
                    .map_err(|e| format!("servers of {}: {e}", party.name))
            })
            .collect()
    }

    fn network(&self, party: usize) -> &Namespace {
        match self.pods.get(party) {
            Some(Some(pod)) => &pod.namespace,
            _ => &self.node.namespace,
        }
    }

    /// netpold on the demo's node, said before it is run.
    fn netpold(&self, line: &str) -> Result<(), String> {
        let command = self.demo.command("netpold", &words(&with_state(line)));
        self.node
            .namespace
            .run(|| expect_success(command))
            .map_err(|e| e.to_string())?
    }

    /// Loads without a word, while traffic flows.
    fn load_quietly(&self, version: u8) -> Result<(), String> {
        let mut command = Command::new(self.demo.binaries.join("netpold"));
        command
            .current_dir(root())
            .args(words(&with_state(&load(version))));
        let ended = self
            .node
            .namespace
            .run(|| command.output())
            .map_err(|e| e.to_string())?
            .map_err(|e| format!("netpold: {e}"))?;
        if ended.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&ended.stderr).into_owned())
        }
    }

    /// Tries everything with real sockets and holds it against what the sources say.
    fn compare(&self, version: u8) -> Result<(), String> {
        let expected = ask::from_source(self.demo, version, &self.tries)?;
        let _listening = self.serve()?;
        let mut seen = vec![false; self.tries.len()];
        thread::scope(|scope| -> Result<(), String> {
            let mut running = Vec::new();
            for party in 0..self.pods.len() {
                let of_party = |(at, attempt): (usize, &Try)| {
                    (attempt.from == party).then_some((at, to_wire(attempt)))
                };
                let (places, wires): (Vec<usize>, Vec<Attempt>) =
                    self.tries.iter().enumerate().filter_map(of_party).unzip();
                let network = self.network(party);
                running.push((places, scope.spawn(move || wire::attempt(network, &wires))));
            }
            for (places, thread) in running {
                let passed = thread
                    .join()
                    .map_err(|_| "a sender failed".to_owned())?
                    .map_err(|e| format!("sockets: {e}"))?;
                for (place, got) in places.into_iter().zip(passed) {
                    if let Some(slot) = seen.get_mut(place) {
                        *slot = got;
                    }
                }
            }
            Ok(())
        })?;
        let inventory = &self.demo.inventory;
        table::print(inventory, &self.others, &self.tries, &expected, &seen)
    }

    /// Numbered packets to two ports, of which version 1 allows one and version 2 the other: what
    /// arrives must end for one port exactly where it begins for the other, at every swap.
    fn swap_under_traffic(&self) -> Result<(), String> {
        let parties = ask::parties(&self.demo.inventory, &self.others);
        let place = |name: &str| parties.iter().position(|p| p.name == name);
        let (Some(from), Some(to)) = (place("shop/checkout"), place("ops/statsd")) else {
            return Err("the shop lost its checkout or its statsd".to_owned());
        };
        let target = parties
            .get(to)
            .and_then(|p| p.addresses.first())
            .ok_or("statsd has no address")?;
        let stream = Stream::start(self.network(from), self.network(to), *target, [8125, 8126])?;
        for swap in 0..SWAPS {
            let version = if swap % 2 == 0 { 2 } else { 1 };
            self.load_quietly(version)?;
        }
        self.load_quietly(2)?;
        let report = stream.finish()?;
        say(&report.sentence());
        if report.mixtures > 0 || report.cuts < SWAPS {
            return Err("a packet met a mixture of two versions".to_owned());
        }
        Ok(())
    }
}

/// The words that put a version in force.
fn load(version: u8) -> String {
    format!(
        "load {} --endpoints {SHOP}/inventory.json --node {NODE}",
        bundle(version)
    )
}

fn with_state(line: &str) -> String {
    format!("{line} --state-dir {WORK}/state")
}

fn add(node: &Node, interface: &str, addresses: &[std::net::IpAddr]) -> Result<Pod, String> {
    node.add_pod(interface, addresses)
        .map_err(|e| format!("{interface}: {e}"))
}

fn to_wire(attempt: &Try) -> Attempt {
    Attempt {
        protocol: attempt.protocol,
        address: attempt.destination,
        port: attempt.port,
    }
}
