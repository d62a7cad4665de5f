//! Two neighbouring peers that are one peer torn apart: one names namespaces alone, the other one
//! pods alone. As two items of a list they are alternatives (S-PEER-POD).

use super::context::{Context, Written};
use super::dns;
use netpol_policy::{Action, EndpointSelector, NamespaceScope, Peer, PolicyKind, Tri};

/// The two halves, by their places in the rule.
#[derive(Debug, Clone, Copy)]
pub struct Split<'a> {
    /// The place of the first of the two; the other one is the next.
    pub at: usize,
    /// The namespaces, all of whose pods are meant as it is written.
    pub namespaces: &'a EndpointSelector,
    /// The pods, which are meant in the policy's own namespace as it is written.
    pub pods: &'a EndpointSelector,
    /// Why they belong together.
    pub why: Why,
}

/// What shows that one peer was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The namespaces include the policy's own, so that the item with the pods adds nothing.
    Covered,
    /// No pod of the policy's own namespace has the labels, and pods of the namespaces have.
    There,
    /// The labels are those of the cluster's DNS, which runs in another namespace.
    Dns,
}

/// Every pair of neighbours that belongs together.
pub fn splits<'a, 'm>(
    context: &'a Context<'m>,
    written: Written<'a>,
) -> impl Iterator<Item = Split<'a>> + use<'a, 'm> {
    let wanted = written.rule.action == Action::Allow
        && written.policy.key.kind == PolicyKind::NetworkPolicy;
    let peers = written.rule.peers.as_deref().filter(|_| wanted);
    let peers = peers.unwrap_or_default();
    let pairs = peers.iter().zip(peers.iter().skip(1)).enumerate();
    pairs.filter_map(move |(at, (first, second))| {
        let (namespaces, pods) = halves(first, second).or_else(|| halves(second, first))?;
        let why = why(context, namespaces, pods)?;
        Some(Split {
            at,
            namespaces,
            pods,
            why,
        })
    })
}

/// Is a peer one half of such a pair?
pub fn is_part(context: &Context<'_>, written: Written<'_>, peer: usize) -> bool {
    splits(context, written).any(|split| split.at == peer || split.at + 1 == peer)
}

/// Namespaces alone and pods alone.
fn halves<'a>(a: &'a Peer, b: &'a Peer) -> Option<(&'a EndpointSelector, &'a EndpointSelector)> {
    let (Peer::Pods(namespaces), Peer::Pods(pods)) = (a, b) else {
        return None;
    };
    let alone = matches!(namespaces.namespaces, NamespaceScope::Matching(_))
        && namespaces.pods.is_everything()
        && matches!(pods.namespaces, NamespaceScope::Named(_))
        && !pods.pods.is_everything();
    alone.then_some((namespaces, pods))
}

fn why(
    context: &Context<'_>,
    namespaces: &EndpointSelector,
    pods: &EndpointSelector,
) -> Option<Why> {
    let NamespaceScope::Named(own) = &pods.namespaces else {
        return None;
    };
    let covered = context.groups.in_scope(&namespaces.namespaces, own);
    if covered == Tri::Yes {
        return Some(Why::Covered);
    }
    if !context.groups.matching(pods).is_empty() {
        return None;
    }
    if dns::is_usual(&pods.pods) && own != dns::NAMESPACE {
        return Some(Why::Dns);
    }
    let joined = EndpointSelector::new(namespaces.namespaces.clone(), pods.pods.clone());
    let there = context.groups.picks(&joined);
    there
        .iter()
        .any(|(_, t)| *t == Tri::Yes)
        .then_some(Why::There)
}
