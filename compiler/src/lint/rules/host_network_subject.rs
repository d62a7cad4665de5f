//! NP407: host-network pods that a policy speaks of. Their traffic carries the node's address, so
//! no policy applies to them and no selector of pods picks them (S-HOSTNET).
//!
//! A policy for every pod of a namespace is not reported as long as it applies to some, nor is a
//! peer that picks other pods as well.

use crate::finding::Finding;
use crate::lint::context::{Context, Written};
use crate::lint::{Rule, words};
use netpol_policy::{Direction, EndpointSelector, Peer};

/// Finds them: one finding per policy, and one per peer that means nobody else.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, policy, origin) in context.written() {
        let subject = policy.subject.endpoints();
        if let Some((subject, pods)) = subject.and_then(|s| Some((s, meant(context, s)?))) {
            let others = !context.groups.matching(subject).is_empty();
            if !(others && subject.pods.is_everything()) {
                let message = format!(
                    "`{}` does not apply to pods on the host's network: {}",
                    policy.key.name, pods.names
                );
                let finding = rule
                    .finding(message)
                    .at(origin.subject, "means these pods …")
                    .see(
                        pods.at,
                        "… which have the node's address and no policy of their own",
                    )
                    .help(
                        "take them off the host's network, or guard the node: \
                         CiliumClusterwideNetworkPolicy with a nodeSelector, a firewall",
                    );
                findings.push(about(finding, &origin.key));
            }
        }
        for written in context.rules_of(at) {
            findings.extend(peers(context, rule, written));
        }
    }
    findings
}

/// Host-network pods in words, and where one of them stands.
struct Pods {
    names: String,
    at: crate::source::Location,
}

fn meant(context: &Context<'_>, selector: &EndpointSelector) -> Option<Pods> {
    let found = context.host.meant(&context.groups, selector);
    let first = context.model.endpoint_origins.get(*found.first()?)?;
    let names = found.iter().filter_map(|at| context.endpoint(*at));
    let names: Vec<String> = names.map(|e| format!("`{}`", e.display_name())).collect();
    Some(Pods {
        names: words::some_of(&names, 2),
        at: first.name,
    })
}

fn peers(context: &Context<'_>, rule: &Rule, written: Written<'_>) -> Vec<Finding> {
    let peers = written.rule.peers.iter().flatten().enumerate();
    let lost = peers.filter_map(|(at, peer)| {
        let Peer::Pods(selector) = peer else {
            return None;
        };
        let others = !context.groups.matching(selector).is_empty();
        if others || selector.pods.is_everything() {
            return None;
        }
        let pods = meant(context, selector)?;
        let name = &written.policy.key.name;
        let why = match written.rule.direction {
            Direction::Ingress => "whose packets are the node's",
            Direction::Egress => "which are reached as the node",
        };
        let message = format!(
            "`{name}` means pods on the host's network, {why}: {}",
            pods.names
        );
        let place = written.place.peers.get(at).unwrap_or(&written.place.rule);
        let finding = rule
            .finding(message)
            .at(*place, "means these pods and matches nobody …")
            .see(pods.at, "… because they are on the host's network")
            .help(
                "name the nodes instead: an ipBlock with their addresses, or what the policy's \
                 language has for nodes",
            );
        Some(about(finding, &written.policy.key))
    });
    lost.collect()
}

fn about(mut finding: Finding, key: &netpol_policy::PolicyKey) -> Finding {
    finding.object = Some(super::object(key));
    finding
}
