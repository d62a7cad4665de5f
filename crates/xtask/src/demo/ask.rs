//! Which connections are tried, and what netpolc expects of them.

use super::{Demo, SHOP, WORK, bundle, words};
use crate::root;
use netpol_policy::{Cluster, Protocol};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::process::Stdio;

/// One connection attempt from one party to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Try {
    /// Who sends: a place in [`parties`].
    pub(super) from: usize,
    /// Who is asked.
    pub(super) to: usize,
    /// The sender's address.
    pub(super) source: IpAddr,
    /// The address that is asked.
    pub(super) destination: IpAddr,
    /// TCP or UDP.
    pub(super) protocol: Protocol,
    /// The port that is asked.
    pub(super) port: u16,
}

/// Somebody with addresses and servers: pods, the node, and whoever is outside.
#[derive(Debug, Clone)]
pub(super) struct Party {
    /// What the table calls it.
    pub(super) name: String,
    /// IPv4 first.
    pub(super) addresses: Vec<IpAddr>,
    /// Where servers listen.
    pub(super) ports: BTreeSet<(Protocol, u16)>,
}

/// Ports that nobody declares are tried too.
const MORE: [(Protocol, u16); 4] = [
    (Protocol::Tcp, 443),
    (Protocol::Tcp, 8080),
    (Protocol::Tcp, 8081),
    (Protocol::Udp, 53),
];

/// The inventory's endpoints in order, then the others.
pub(super) fn parties(inventory: &Cluster, others: &[Party]) -> Vec<Party> {
    let of_endpoint = |e: &netpol_policy::Endpoint| Party {
        name: short(&e.namespace, &e.name),
        addresses: e.addresses.clone(),
        ports: e
            .ports
            .iter()
            .map(|p| (p.protocol, p.port))
            .chain(MORE)
            .collect(),
    };
    let pods = inventory.endpoints.iter().map(of_endpoint);
    pods.chain(others.iter().cloned()).collect()
}

/// `shop/checkout` of `checkout-6d5f9c7b48-m4xwz`: the owner's name is what people know.
fn short(namespace: &str, pod: &str) -> String {
    let hash = |part: &&str| part.len() >= 5 && part.chars().any(|c| c.is_ascii_digit());
    let kept: Vec<&str> = pod.split('-').collect();
    let end = kept
        .iter()
        .position(|p| hash(p) || *p == "0")
        .unwrap_or(kept.len());
    format!(
        "{namespace}/{}",
        kept.get(..end).unwrap_or_default().join("-")
    )
}

/// Every pair and every port, in both families.
pub(super) fn attempts(inventory: &Cluster, others: &[Party]) -> Vec<Try> {
    let parties = parties(inventory, others);
    let mut all = Vec::new();
    for (from, source) in parties.iter().enumerate() {
        for (to, destination) in parties.iter().enumerate() {
            if from == to {
                continue;
            }
            for (a, b) in source.addresses.iter().zip(&destination.addresses) {
                all.extend(destination.ports.iter().map(|&(protocol, port)| Try {
                    from,
                    to,
                    source: *a,
                    destination: *b,
                    protocol,
                    port,
                }));
            }
        }
    }
    all
}

/// What `netpolc query` says of the sources.
pub(super) fn from_source(demo: &Demo, version: u8, tries: &[Try]) -> Result<Vec<bool>, String> {
    let line = format!(
        "query --batch {WORK}/attempts.jsonl --cluster-state {SHOP}/inventory.json {SHOP}/v{version}"
    );
    batch(demo, &line, tries)
}

/// What `netpolc query --image` says of the bundle.
pub(super) fn from_image(demo: &Demo, version: u8, tries: &[Try]) -> Result<Vec<bool>, String> {
    let line = format!(
        "query --batch {WORK}/attempts.jsonl --image {}",
        bundle(version)
    );
    batch(demo, &line, tries)
}

fn batch(demo: &Demo, line: &str, tries: &[Try]) -> Result<Vec<bool>, String> {
    let questions: String = tries.iter().map(question).collect();
    let path = root().join(WORK).join("attempts.jsonl");
    std::fs::write(&path, questions).map_err(|e| format!("attempts.jsonl: {e}"))?;
    let answers = demo
        .command("netpolc", &words(line))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("netpolc query: {e}"))?;
    if !answers.status.success() {
        return Err(format!("netpolc query ended with {}", answers.status));
    }
    let text = String::from_utf8_lossy(&answers.stdout);
    let verdicts: Result<Vec<bool>, String> = text.lines().map(verdict).collect();
    let verdicts = verdicts?;
    if verdicts.len() == tries.len() {
        Ok(verdicts)
    } else {
        Err(format!(
            "{} questions, {} answers",
            tries.len(),
            verdicts.len()
        ))
    }
}

fn question(attempt: &Try) -> String {
    let line = serde_json::json!({
        "from": attempt.source.to_string(),
        "to": attempt.destination.to_string(),
        "protocol": attempt.protocol.name(),
        "port": attempt.port,
    });
    format!("{line}\n")
}

fn verdict(line: &str) -> Result<bool, String> {
    let answer: serde_json::Value =
        serde_json::from_str(line).map_err(|e| format!("netpolc query: {e}: {line}"))?;
    match answer.get("verdict").and_then(|v| v.as_str()) {
        Some("allow") => Ok(true),
        Some("deny") => Ok(false),
        _ => Err(format!("netpolc query does not decide: {line}")),
    }
}
