//! What a rule allows in vain.
//!
//! A permission is one peer and one port of an allow rule. It is lost when nothing of it passes
//! the other side, for none of the pods it speaks of.

use super::ask::Refusal;
use super::context::{Context, Written};
use super::groups::GroupId;
use netpol_policy::{Action, Direction, EndpointSelector, Peer, PortMatch, RuleId};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Pairs of groups that are looked at for one permission. Whatever is reported is true of all of
/// them; a permission with more pairs is reported from these.
const MOST_PAIRS: usize = 4096;

/// Refusing rules that are told apart for one permission. A peer of a hundred pods, each isolated by
/// a policy of its own, is one mistake and not a hundred: the first one is shown, the others are
/// counted.
const MOST_REFUSERS: usize = 3;

/// What is lost between one granting and one refusing rule.
#[derive(Debug)]
pub struct Lost {
    /// The peer, by its place in the rule.
    pub peer: usize,
    /// The port, by its place in the rule; `None` for a rule without ports.
    pub port: Option<usize>,
    /// Does the rule name the peer narrowly?
    pub narrow: bool,
    /// The pods that the granting policy selects; may repeat.
    pub subjects: Vec<GroupId>,
    /// The pods of the peer; may repeat.
    pub peers: Vec<GroupId>,
    /// How many pairs of endpoints.
    pub pairs: usize,
    /// How many more rules refuse the same permission and are not told apart.
    pub others: usize,
    /// One packet.
    pub shown: Refusal,
}

/// Everything that a rule allows in vain, by what refuses it.
pub fn lost(context: &Context<'_>, written: Written<'_>) -> BTreeMap<RuleId, Lost> {
    let mut lost = BTreeMap::new();
    if written.rule.action != Action::Allow {
        return lost;
    }
    for (at, peer) in written.rule.peers.iter().flatten().enumerate() {
        let Peer::Pods(selector) = peer else { continue };
        match &written.rule.ports {
            None => add(context, written, (at, selector), None, &mut lost),
            Some(ports) => {
                for port in ports.iter().enumerate() {
                    add(context, written, (at, selector), Some(port), &mut lost);
                }
            }
        }
    }
    lost
}

/// Adds what is lost of one permission, if nothing of it passes.
fn add(
    context: &Context<'_>,
    written: Written<'_>,
    (peer, selector): (usize, &EndpointSelector),
    port: Option<(usize, &PortMatch)>,
    lost: &mut BTreeMap<RuleId, Lost>,
) {
    let (place, port) = (port.map(|(at, _)| at), port.map(|(_, port)| port));
    let Some(subject) = written.policy.subject.endpoints() else {
        return;
    };
    let subjects: Vec<GroupId> = context.groups.certain(subject).collect();
    let mut refused: BTreeMap<RuleId, Lost> = BTreeMap::new();
    let mut looked = 0;
    for &subject in &subjects {
        for other in context.groups.certain(selector) {
            let pair = match written.rule.direction {
                Direction::Ingress => (other, subject),
                Direction::Egress => (subject, other),
            };
            looked += 1;
            if looked > MOST_PAIRS {
                break;
            }
            if subject == other && context.groups.members(subject).len() == 1 {
                continue;
            }
            let Some(shown) = context.refusal(written.rule.direction, pair, port) else {
                return;
            };
            let members = |group| context.groups.members(group).len();
            let entry = refused.entry(shown.by).or_insert_with(|| Lost {
                peer,
                port: place,
                narrow: is_narrow(context, selector),
                subjects: Vec::new(),
                peers: Vec::new(),
                pairs: 0,
                others: 0,
                shown,
            });
            entry.subjects.push(subject);
            entry.peers.push(other);
            entry.pairs += members(subject) * members(other);
        }
    }
    for (by, new) in gathered(refused) {
        match lost.entry(by) {
            Entry::Vacant(free) => {
                free.insert(new);
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.narrow |= new.narrow;
                known.pairs = known.pairs.max(new.pairs);
            }
        }
    }
}

/// Many refusing rules become the first of them.
fn gathered(refused: BTreeMap<RuleId, Lost>) -> BTreeMap<RuleId, Lost> {
    if refused.len() <= MOST_REFUSERS {
        return refused;
    }
    let others = refused.len() - 1;
    let pairs = refused.values().map(|lost| lost.pairs).sum();
    let first = refused.into_iter().take(1);
    let told = first.map(|(by, lost)| {
        let all = Lost {
            pairs,
            others,
            ..lost
        };
        (by, all)
    });
    told.collect()
}

/// Does the peer name fewer than all pods of its namespaces? A broad peer ("everything in this
/// namespace") grants to many what is meant for some.
pub fn is_narrow(context: &Context<'_>, selector: &EndpointSelector) -> bool {
    let named = context.groups.matching(selector).len();
    let scope = context.groups.scope(&selector.namespaces);
    let all = scope
        .iter()
        .map(|(n, _)| context.groups.in_namespace(n).len());
    !selector.pods.is_everything() && (named < all.sum() || named == 1)
}
