//! Which policies need a feature of the CNI: what the model shows of it, and what `resolve` noted of
//! policies that are in no model.

use super::context::{Context, Written};
use crate::model::{Feature, Need};
use crate::source::Location;
use netpol_policy::{IpBlock, Peer, PortMatch, Protocol};
use std::net::IpAddr;

/// Who needs a feature, in the order of the text.
pub fn of(context: &Context<'_>, feature: Feature) -> Vec<Need> {
    let nodes = context.cluster().nodes.iter();
    let mut nodes: Vec<IpAddr> = nodes.flat_map(|node| &node.addresses).copied().collect();
    nodes.sort_unstable();
    let shows = |written: &Written<'_>| match feature {
        Feature::Sctp => sctp(written),
        Feature::OnlyIpv6 => family(written, |block| block.cidr.addr().is_ipv6()),
        Feature::OnlyIpv4 => family(written, |block| block.cidr.addr().is_ipv4()),
        Feature::NodeAddress => node_address(&nodes, written),
        _ => None,
    };
    let mut needing: Vec<Need> = match feature {
        Feature::Sctp | Feature::OnlyIpv4 | Feature::OnlyIpv6 | Feature::NodeAddress => context
            .rules()
            .filter_map(|written| {
                Some(Need {
                    feature,
                    object: written.policy.key.to_string(),
                    at: shows(&written)?,
                })
            })
            .collect(),
        _ => {
            let needs = context.model.needs.iter();
            needs.filter(|n| n.feature == feature).cloned().collect()
        }
    };
    needing.sort_by_key(|need| need.at);
    needing.dedup_by_key(|need| need.at);
    needing
}

/// A port that is for SCTP alone. `ANY` of Cilium stands for every protocol that is there: it is
/// lowered to SCTP as well, at the same place as the others, and asks for nothing.
fn sctp(written: &Written<'_>) -> Option<Location> {
    let protocol = |port: &PortMatch| match port {
        PortMatch::Range { protocol, .. } => Some(*protocol),
        PortMatch::Named { protocol, .. } => *protocol,
    };
    let place = |at: usize| written.place.ports.get(at).copied();
    let ports = written.rule.ports.as_ref()?;
    let others = |at: usize| {
        let mut others = ports.iter().enumerate();
        others.any(|(other, port)| {
            protocol(port) != Some(Protocol::Sctp) && place(other) == place(at)
        })
    };
    let asks = |at: &usize| place(*at).is_none() || !others(*at);
    let mut of_sctp = (ports.iter().enumerate())
        .filter(|(_, port)| protocol(port) == Some(Protocol::Sctp))
        .map(|(at, _)| at);
    let at = of_sctp.find(asks)?;
    Some(place(at).unwrap_or(written.place.rule))
}

/// A rule with blocks alone, all of one family.
fn family(written: &Written<'_>, fits: impl Fn(&IpBlock) -> bool) -> Option<Location> {
    let peers = written.rule.peers.as_ref()?;
    let all = peers.iter().all(|peer| block(peer).is_some_and(&fits));
    (all && !peers.is_empty()).then_some(written.place.rule)
}

fn block(peer: &Peer) -> Option<&IpBlock> {
    match peer {
        Peer::IpBlock(block) | Peer::Outside(block) => Some(block),
        _ => None,
    }
}

/// A block of at most 256 addresses (or one network of IPv6) that holds the address of a node that
/// is in the input: it was written for it. The addresses of the nodes are sorted.
fn node_address(nodes: &[IpAddr], written: &Written<'_>) -> Option<Location> {
    let holds_one = |block: &IpBlock| {
        let (first, last) = (block.cidr.network(), block.cidr.broadcast());
        let from = nodes.partition_point(|node| *node < first);
        let behind = nodes.iter().skip(from);
        let mut inside = behind.take_while(|node| **node <= last);
        inside.any(|node| block.contains(*node))
    };
    let meant = |peer: &Peer| {
        block(peer).is_some_and(|block| {
            let narrow = if block.cidr.addr().is_ipv4() { 24 } else { 64 };
            block.cidr.prefix_len() >= narrow && holds_one(block)
        })
    };
    let at = written.rule.peers.as_ref()?.iter().position(meant)?;
    Some(
        written
            .place
            .peers
            .get(at)
            .copied()
            .unwrap_or(written.place.rule),
    )
}
