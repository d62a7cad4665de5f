//! NP311: the same text reaches other parties under the configured CNI.
//!
//! Under Cilium an ipBlock covers addresses outside of the cluster alone (S-IPBLOCK-DIALECT), and a
//! named port of an egress rule must stand for one number among the pods of its peer: where it
//! stands for several, the agent opens none (`pkg/types/portmap.go`, `ErrDuplicateNamedPorts`).
//! Shown by asking about the same packet in both dialects, or by two pods.

use crate::finding::Finding;
use crate::lint::context::{Context, Written};
use crate::lint::differs::{differs, read_as, two_numbers};
use crate::lint::groups::GroupId;
use crate::lint::{Rule, words};
use netpol_policy::{
    Dialect, Direction, EndpointSelector, IpBlock, Peer, PolicySet, PortMatch, Protocol,
};

/// Pods that are looked at for one block.
const MOST_PODS: usize = 8;

/// Finds them: one finding for each block and each port.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let options = context.policies().options();
    if options.dialect != Dialect::Cilium || !options.enforced {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut elsewhere = None;
    for w in context.rules() {
        for (at, peer) in w.rule.peers.iter().flatten().enumerate() {
            match peer {
                Peer::IpBlock(block) if context.pods_in(block).next().is_some() => {
                    let elsewhere =
                        elsewhere.get_or_insert_with(|| read_as(context, Dialect::Kubernetes));
                    findings.extend(covers_no_pod(context, rule, (w, at, block), elsewhere));
                }
                Peer::Pods(selector) if w.rule.direction == Direction::Egress => {
                    findings.extend(ambiguous_ports(context, rule, (w, at, selector)));
                }
                _ => {}
            }
        }
    }
    findings
}

/// A block with addresses of pods, one of which gets another answer than it reads.
fn covers_no_pod(
    context: &Context<'_>,
    rule: &Rule,
    (w, at, block): (Written<'_>, usize, &IpBlock),
    elsewhere: &PolicySet,
) -> Option<Finding> {
    // "Everywhere" is most often meant for what is outside.
    if block.cidr.prefix_len() == 0 {
        return None;
    }
    let pods: Vec<usize> = context.pods_in(block).take(MOST_PODS).collect();
    let flow = differs(context, w, &pods, elsewhere)?;
    let name = &w.policy.key.name;
    let pods: Vec<GroupId> = (pods.iter())
        .filter_map(|pod| context.groups.of(*pod))
        .collect();
    let mut finding = rule
        .finding(format!(
            "an address block of `{name}` does not reach pods under Cilium"
        ))
        .at(
            *w.place.peers.get(at).unwrap_or(&w.place.rule),
            format!(
                "has the addresses of {}, and covers none of them",
                context.names(&pods)
            ),
        )
        .help("name pods by podSelector and namespaceSelector")
        .note("under Cilium blocks cover addresses outside of the cluster alone");
    finding.witness = context.witness(&flow);
    finding.pairs = context.pairs(w);
    finding.object = Some(super::object(&w.policy.key));
    Some(finding)
}

/// Named ports that stand for several numbers among the pods of one peer.
fn ambiguous_ports(
    context: &Context<'_>,
    rule: &Rule,
    (w, at, selector): (Written<'_>, usize, &EndpointSelector),
) -> Vec<Finding> {
    let ports = w.rule.ports.iter().flatten().enumerate();
    let found = ports.filter_map(|(port_at, port)| {
        let PortMatch::Named { protocol, name } = port else {
            return None;
        };
        let protocol = protocol.unwrap_or(Protocol::Tcp);
        let ((first, one), (second, other)) = two_numbers(context, selector, (protocol, name))?;
        let policy = &w.policy.key.name;
        let message =
            format!("`{policy}` opens no `{name}` under Cilium: it stands for several ports");
        let finding = rule.finding(message).at(
            *w.place.ports.get(port_at).unwrap_or(&w.place.rule),
            format!(
                "{first} of {}, {second} of {} …",
                context.names(&[one]),
                context.names(&[other])
            ),
        );
        let mut finding = finding
            .see(
                *w.place.peers.get(at).unwrap_or(&w.place.rule),
                "… which are both among these pods",
            )
            .help(format!(
                "write {} and {}, or name the ports differently",
                words::port(Some(&number(protocol, first))),
                words::port(Some(&number(protocol, second)))
            ))
            .note("answers take the name at each pod for what it is there");
        finding.object = Some(super::object(&w.policy.key));
        Some(finding)
    });
    found.collect()
}

fn number(protocol: Protocol, port: u16) -> PortMatch {
    PortMatch::Range {
        protocol,
        first: port,
        last: port,
    }
}
