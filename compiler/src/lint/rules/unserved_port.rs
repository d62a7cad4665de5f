//! NP403: a rule for a port that none of its pods serves.
//!
//! `containerPort` is informational (`core/v1 ContainerPort`): a pod may listen elsewhere, so a
//! number that nobody declares is a warning, and only where every pod declares some port. A named
//! port that no pod has is an error: it resolves to nothing, and the rule allows nothing.

use crate::finding::{Finding, Severity};
use crate::lint::context::{Context, Written};
use crate::lint::groups::GroupId;
use crate::lint::{Rule, words};
use netpol_policy::{Action, ContainerPort, Direction, Peer, PortMatch, Protocol};
use std::collections::BTreeSet;

/// Finds them: one finding per port of a rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for written in context.rules().filter(|w| w.rule.action == Action::Allow) {
        let ports = written.rule.ports.iter().flatten().enumerate();
        let unserved = ports.filter(|(at, _)| {
            let mut one_of = alternatives(written, *at).peekable();
            one_of.peek().is_some_and(|(first, _)| first == at)
                && one_of.all(|(_, port)| !is_served(context, written, port))
        });
        findings.extend(unserved.filter_map(|at| tell(context, rule, written, at)));
    }
    findings
}

/// What is written in the same place: a port without protocol may stand for one of each.
fn alternatives(written: Written<'_>, at: usize) -> impl Iterator<Item = (usize, &PortMatch)> {
    let place = written.place.ports.get(at);
    let ports = written.rule.ports.iter().flatten().enumerate();
    ports.filter(move |(other, _)| *other == at || written.place.ports.get(*other) == place)
}

/// The pods whose ports the rule speaks of: those that receive. Nobody, when the rule also speaks
/// of others than pods.
fn servers<'c>(context: &'c Context<'_>, written: Written<'c>) -> impl Iterator<Item = GroupId> {
    let peers = written.rule.peers.as_deref().unwrap_or_default();
    let pods = peers.iter().map(|peer| match peer {
        Peer::Pods(selector) => Some(selector),
        _ => None,
    });
    let selectors = match written.rule.direction {
        Direction::Ingress => written.policy.subject.endpoints().map(|s| vec![s]),
        Direction::Egress => pods.collect(),
    };
    let matching = |selector| context.groups.matching(selector).iter();
    let found = selectors.into_iter().flatten().flat_map(matching);
    found.map(|(group, _)| *group)
}

/// Does any of the pods serve the port? True when that cannot be said: a range may be for ports
/// that are taken at run time, and a pod that declares no port may listen anywhere.
fn is_served(context: &Context<'_>, written: Written<'_>, port: &PortMatch) -> bool {
    let mut ports = servers(context, written)
        .filter_map(|g| Some(context.pod(g)?.ports.as_slice()))
        .peekable();
    let nobody = ports.peek().is_none();
    let named = match port {
        PortMatch::Named { .. } => true,
        // What has no ports is not declared.
        PortMatch::Range { protocol, .. } if !has_ports(*protocol) => return true,
        PortMatch::Range { .. } => false,
    };
    let open = |declared: &[ContainerPort]| !named && declared.is_empty();
    nobody || ports.any(|declared| open(declared) || declared.iter().any(|d| serves(port, d)))
}

fn has_ports(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::Sctp)
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    written: Written<'_>,
    (at, port): (usize, &PortMatch),
) -> Option<Finding> {
    let mut servers: Vec<GroupId> = servers(context, written).collect();
    servers.sort_unstable();
    servers.dedup();
    let declared = servers.iter().filter_map(|g| Some(&context.pod(*g)?.ports));
    let declared: BTreeSet<&ContainerPort> = declared.flatten().collect();
    let (name, shown) = (&written.policy.key.name, words::port(Some(port)));
    let place = written.place.ports.get(at).unwrap_or(&written.place.rule);
    let names = context.names(&servers);
    let mut finding = rule
        .finding(format!(
            "`{name}` opens {shown}, which none of its pods serves"
        ))
        .at(*place, format!("no port of {names} is {shown}"));
    if let PortMatch::Range { .. } = port {
        finding.severity = Severity::Warning;
    }
    let first = context.groups.first(*servers.first()?)?;
    if let Some(origin) = context.model.endpoint_origins.get(first) {
        finding = finding.see(origin.containers, served(&declared));
    }
    finding.help = Some(help(port, &declared));
    finding.object = Some(super::object(&written.policy.key));
    Some(finding)
}

fn serves(port: &PortMatch, declared: &ContainerPort) -> bool {
    let own = std::slice::from_ref(declared);
    match port {
        PortMatch::Range { first, last, .. } if first != last => true,
        _ => port.covers(declared.protocol, declared.port, own),
    }
}

fn served(all: &BTreeSet<&ContainerPort>) -> String {
    let shown = |p: &&ContainerPort| match &p.name {
        Some(name) => format!("{}/{} ({name})", p.protocol, p.port),
        None => format!("{}/{}", p.protocol, p.port),
    };
    let ports: Vec<String> = all.iter().map(shown).collect();
    match ports.as_slice() {
        [] => "no port is declared here".to_owned(),
        _ => format!("served: {}", words::some_of(&ports, 4)),
    }
}

fn help(port: &PortMatch, all: &BTreeSet<&ContainerPort>) -> String {
    let same = all.iter().find(|d| match port {
        PortMatch::Named { name, .. } => d.name.as_ref() == Some(name),
        PortMatch::Range { first, .. } => d.port == *first,
    });
    if let Some(other) = same {
        return format!(
            "the pods serve it over {}; set the port's protocol",
            other.protocol
        );
    }
    match port {
        PortMatch::Named { name, .. } => {
            let names = all.iter().filter_map(|d| d.name.as_deref());
            match crate::lint::nearest::word(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "use the name of a container port, or its number".to_owned(),
            }
        }
        PortMatch::Range { .. } => "policies are applied behind Services: write the port of the \
                                    container, not the Service's, or declare it as containerPort"
            .to_owned(),
    }
}
