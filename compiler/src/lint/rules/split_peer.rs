//! NP409: two items of a list where one was meant. `- namespaceSelector` and `- podSelector` are
//! alternatives: every pod of the namespaces, or these pods of the policy's own namespace
//! (S-PEER-POD). Reported where the input shows that one item with both was meant.

use crate::finding::Finding;
use crate::lint::context::{Context, Written};
use crate::lint::groups::GroupId;
use crate::lint::split::{Split, Why, splits};
use crate::lint::{Rule, edits, words};
use netpol_policy::{Direction, Flow};

/// Groups of pods that are tried as witness.
const MOST_TRIED: usize = 64;

/// Finds them: one finding per pair of neighbours.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for written in context.rules() {
        for split in splits(context, written) {
            findings.extend(tell(context, rule, written, split));
        }
    }
    findings
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    written: Written<'_>,
    split: Split<'_>,
) -> Option<Finding> {
    let name = &written.policy.key.name;
    let labels = words::selector(&split.pods.pods);
    let namespaces = words::scope(split.namespaces);
    let verb = match written.rule.direction {
        Direction::Ingress => "lets in",
        Direction::Egress => "lets out to",
    };
    let own = words::scope(split.pods);
    let first = *written.place.peers.get(split.at)?;
    let second = *written.place.peers.get(split.at + 1)?;
    let (wide, narrow) = if is_first(written, split) {
        (first, second)
    } else {
        (second, first)
    };
    let because = match split.why {
        Why::Covered => format!("… so this item adds nothing: {own} is one of them"),
        Why::There => format!("… or `{labels}` in {own}, which has no such pod"),
        Why::Dns => format!("… or `{labels}` in {own}, where the cluster's DNS is not"),
    };
    let mut finding = rule
        .finding(format!(
            "`{name}` {verb} every pod of {namespaces}: two items are alternatives"
        ))
        .at(wide, "every pod of these namespaces …")
        .see(narrow, because)
        .help(format!(
            "make it one item, without the second `-`: then it is `{labels}` in {namespaces}"
        ));
    let parts = written.place.parts.peers.get(split.at + 1);
    let join = parts.and_then(|parts| parts.join.as_ref());
    finding.edits.extend(join.map(edits::replacement));
    let others = others(context, split);
    let members = |groups: &[GroupId]| -> usize {
        groups
            .iter()
            .map(|g| context.groups.members(*g).len())
            .sum()
    };
    let subject = written.policy.subject.endpoints()?;
    let subjects: Vec<GroupId> = context.groups.certain(subject).collect();
    if let Some(flow) = shown(context, written, &subjects, &others) {
        finding.witness = context.witness(&flow);
        finding.pairs = members(&subjects).saturating_mul(members(&others));
    }
    finding.object = Some(super::object(&written.policy.key));
    Some(finding)
}

/// Do the namespaces stand before the pods?
fn is_first(written: Written<'_>, split: Split<'_>) -> bool {
    let peers = written.rule.peers.iter().flatten();
    let first = peers.skip(split.at).map(|peer| match peer {
        netpol_policy::Peer::Pods(selector) => selector == split.namespaces,
        _ => false,
    });
    first.into_iter().next().unwrap_or(false)
}

/// The pods that the rule speaks of as it is written, and would not if it were one item.
fn others(context: &Context<'_>, split: Split<'_>) -> Vec<GroupId> {
    let all = context.groups.certain(split.namespaces);
    let meant = |group: &GroupId| {
        let pod = context.pod(*group);
        pod.is_some_and(|pod| split.pods.pods.matches(&pod.labels))
    };
    all.filter(|group| !meant(group)).collect()
}

/// A packet of theirs that passes.
fn shown(
    context: &Context<'_>,
    written: Written<'_>,
    subjects: &[GroupId],
    others: &[GroupId],
) -> Option<Flow> {
    let subject = subjects.first()?;
    let flows = others.iter().take(MOST_TRIED).filter_map(|other| {
        let (from, to) = match written.rule.direction {
            Direction::Ingress => context.two_pods(*other, *subject)?,
            Direction::Egress => context.two_pods(*subject, *other)?,
        };
        let port = context.some_port_of(written, to);
        context.between(from, to, port)
    });
    let mut passing = flows.filter(|flow| context.passes(flow));
    passing.next()
}
