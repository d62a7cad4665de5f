//! NP301: one side allows a connection that the other side drops.
//!
//! A permission is one peer and one port of an allow rule. It is one-sided when nothing of it
//! passes the other side, for none of the pods it speaks of; a permission that only some of its
//! pods cannot use is normal.

use crate::finding::Finding;
use crate::lint::ask::Refusal;
use crate::lint::context::{Context, Decider, Written};
use crate::lint::groups::GroupId;
use crate::lint::{Rule, words};
use netpol_policy::{Action, Direction, EndpointSelector, Peer, PortMatch, RuleId};
use std::collections::BTreeMap;

/// Pairs of groups that are looked at for one permission. Whatever is reported is true of all of
/// them; a permission with more pairs is reported from these.
const MOST_PAIRS: usize = 4096;

/// What is lost between one granting and one refusing rule.
struct Lost<'a> {
    peer: usize,
    port: Option<&'a PortMatch>,
    narrow: bool,
    subjects: Vec<GroupId>,
    peers: Vec<GroupId>,
    pairs: usize,
    shown: Refusal,
}

/// Finds them.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for written in context.rules().filter(|w| w.rule.action == Action::Allow) {
        let mut lost: BTreeMap<RuleId, Lost<'_>> = BTreeMap::new();
        for (at, peer) in written.rule.peers.iter().flatten().enumerate() {
            let Peer::Pods(selector) = peer else { continue };
            match &written.rule.ports {
                None => permission(context, written, (at, selector), None, &mut lost),
                Some(ports) => ports
                    .iter()
                    .for_each(|p| permission(context, written, (at, selector), Some(p), &mut lost)),
            }
        }
        let told = lost.iter();
        findings.extend(told.filter_map(|(by, lost)| tell(context, rule, written, *by, lost)));
    }
    findings
}

/// Adds what is lost of one permission, if nothing of it passes.
fn permission<'a>(
    context: &Context<'a>,
    written: Written<'a>,
    (peer, selector): (usize, &'a EndpointSelector),
    port: Option<&'a PortMatch>,
    lost: &mut BTreeMap<RuleId, Lost<'a>>,
) {
    let subjects: Vec<GroupId> = context.groups.certain(&written.policy.subject).collect();
    let mut refused: BTreeMap<RuleId, Lost<'a>> = BTreeMap::new();
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
                port,
                narrow: is_narrow(context, selector),
                subjects: Vec::new(),
                peers: Vec::new(),
                pairs: 0,
                shown,
            });
            entry.subjects.push(subject);
            entry.peers.push(other);
            entry.pairs += members(subject) * members(other);
        }
    }
    for (by, new) in refused {
        match lost.entry(by) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(new);
            }
            std::collections::btree_map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.narrow |= new.narrow;
                known.pairs = known.pairs.max(new.pairs);
            }
        }
    }
}

/// Does the peer name fewer than all pods of its namespaces? A broad peer ("everything in this
/// namespace") grants to many what is meant for some.
fn is_narrow(context: &Context<'_>, selector: &EndpointSelector) -> bool {
    let named = context.groups.matching(selector).len();
    let scope = context.groups.scope(&selector.namespaces);
    let all = scope
        .iter()
        .map(|(n, _)| context.groups.in_namespace(n).len());
    !selector.pods.is_everything() && (named < all.sum() || named == 1)
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    written: Written<'_>,
    by: RuleId,
    lost: &Lost<'_>,
) -> Option<Finding> {
    let (mut subjects, mut peers) = (lost.subjects.clone(), lost.peers.clone());
    for groups in [&mut subjects, &mut peers] {
        groups.sort_unstable();
        groups.dedup();
    }
    let policy = &written.policy.key.name;
    let port = words::port(lost.port);
    let (short, subjects) = (context.short_names(&peers), context.names(&subjects));
    let peers = context.names(&peers);
    let (what, grants, refuses, cure) = match written.rule.direction {
        Direction::Ingress => (
            format!("{short} may not open the connection that `{policy}` accepts"),
            format!("ingress accepts {peers} on {port} …"),
            "no egress rule lets this out",
            format!("let {peers} out to {subjects} on {port}"),
        ),
        Direction::Egress => (
            format!("{short} does not accept the connection that `{policy}` lets out"),
            format!("egress lets out to {peers} on {port} …"),
            "no ingress rule lets this in",
            format!("let {subjects} in to {peers} on {port}"),
        ),
    };
    let message = format!("allowed on one side only: {what}");
    let finding = if lost.narrow {
        rule.finding(message)
    } else {
        rule.remark(message)
    };
    let place = written.place.peers.get(lost.peer);
    let finding = finding
        .at(*place.unwrap_or(&written.place.rule), grants)
        .see(written.origin.subject, format!("… on behalf of {subjects}"));
    let mut finding = match context.decided_by(by)? {
        Decider::Isolation(origin, direction) => {
            let name = &origin.key.name;
            let text = format!(
                "`{name}` isolates {peers} at {}, and {refuses}",
                direction.name()
            );
            let cure = format!("{cure}, or take this peer out of `{policy}`");
            finding
                .see(origin.isolation.get(direction.index()).copied()?, text)
                .help(cure)
        }
        Decider::Rule(other) => {
            let name = &other.policy.key.name;
            let text = format!("`{name}` drops it here");
            let cure = format!("except it from `{name}`, or take this peer out of `{policy}`");
            finding.see(other.place.rule, text).help(cure)
        }
    };
    finding.witness = context.witness(&lost.shown.flow);
    finding.pairs = lost.pairs;
    finding.object = Some(super::object(&written.policy.key));
    Some(finding)
}
