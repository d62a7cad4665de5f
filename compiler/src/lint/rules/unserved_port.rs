//! NP403: a rule for a port that none of its pods serves.
//!
//! `containerPort` is informational (`core/v1 ContainerPort`): a pod may listen elsewhere, so a
//! number that nobody declares is a warning, and only where every pod declares some port. A named
//! port that no pod has is an error: it resolves to nothing, and the rule allows nothing.

use crate::finding::{Finding, Severity};
use crate::lint::context::{Context, Written};
use crate::lint::groups::GroupId;
use crate::lint::{Rule, words};
use netpol_policy::{ContainerPort, Direction, Peer, PortMatch};
use std::collections::BTreeSet;

/// Ports that are named as being served.
const MOST_PORTS: usize = 4;

/// Finds them: one finding per port of a rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for written in context.rules() {
        let Some(ports) = &written.rule.ports else {
            continue;
        };
        let Some(servers) = servers(context, written) else {
            continue;
        };
        let declared = || servers.iter().filter_map(|g| Some(&context.pod(*g)?.ports));
        let all: BTreeSet<&ContainerPort> = declared().flatten().collect();
        let some_undeclared = declared().any(Vec::is_empty);
        for (at, port) in ports.iter().enumerate() {
            if all.iter().any(|d| serves(port, d)) {
                continue;
            }
            let (severity, why) = match port {
                PortMatch::Named { .. } => (Severity::Error, "is the name of no port of"),
                PortMatch::Range { first, last, .. } if first == last && !some_undeclared => {
                    (Severity::Warning, "is declared by none of")
                }
                // A range may be for ports that are taken at run time.
                PortMatch::Range { .. } => continue,
            };
            let name = &written.policy.key.name;
            let shown = words::port(Some(port));
            let message = format!("`{name}` opens {shown}, which no selected pod serves");
            let place = written.place.ports.get(at).unwrap_or(&written.place.rule);
            let names = context.names(&servers);
            let mut finding = rule.finding(message);
            finding.severity = severity;
            finding = finding.at(*place, format!("{shown} {why} {names}"));
            if let Some(origin) = servers.first().and_then(|g| origin(context, *g)) {
                finding = finding.see(origin, served(&all));
            }
            finding.help = Some(help(port, &all));
            finding.object = Some(super::object(&written.policy.key));
            findings.push(finding);
        }
    }
    findings
}

/// The pods whose ports the rule speaks of: those that receive. `None` when it is not said who
/// they are, or there is none.
fn servers(context: &Context<'_>, written: Written<'_>) -> Option<Vec<GroupId>> {
    let members = |selector| context.groups.matching(selector).iter().map(|(g, _)| *g);
    let mut found: Vec<GroupId> = match written.rule.direction {
        Direction::Ingress => members(&written.policy.subject).collect(),
        Direction::Egress => {
            let mut found = Vec::new();
            for peer in written.rule.peers.as_ref()? {
                match peer {
                    Peer::Pods(selector) => found.extend(members(selector)),
                    Peer::IpBlock(_) => return None,
                }
            }
            found
        }
    };
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then_some(found)
}

fn serves(port: &PortMatch, declared: &ContainerPort) -> bool {
    let own = std::slice::from_ref(declared);
    match port {
        PortMatch::Range { first, last, .. } if first != last => true,
        _ => port.covers(declared.protocol, declared.port, own),
    }
}

fn origin(context: &Context<'_>, group: GroupId) -> Option<crate::source::Location> {
    let index = context.groups.first(group)?;
    Some(context.model.endpoint_origins.get(index)?.containers)
}

fn served(all: &BTreeSet<&ContainerPort>) -> String {
    let shown = |p: &&ContainerPort| match &p.name {
        Some(name) => format!("{}/{} ({name})", p.protocol, p.port),
        None => format!("{}/{}", p.protocol, p.port),
    };
    let ports: Vec<String> = all.iter().map(shown).collect();
    match ports.as_slice() {
        [] => "no port is declared here".to_owned(),
        _ => format!("served: {}", words::some_of(&ports, MOST_PORTS)),
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
