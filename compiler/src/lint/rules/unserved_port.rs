//! NP403: a rule for a port that none of its pods serves.
//!
//! `containerPort` is informational (`core/v1 ContainerPort`): a pod may listen elsewhere, so a
//! number that nobody declares is a warning, and only where every container declares some port. A named
//! port that no pod has is an error: it resolves to nothing, and the rule allows nothing. The port
//! of a Service is NP404.

use crate::finding::{Edit, Finding, Severity};
use crate::lint::context::{Context, Written};
use crate::lint::fronts::mistaken;
use crate::lint::nearest::is_slip;
use crate::lint::{Rule, edits, nearest, served, words};
use netpol_policy::{Action, ContainerPort, PortMatch};
use std::collections::BTreeSet;

/// Finds them: one finding per port of a rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for written in context.rules().filter(|w| w.rule.action == Action::Allow) {
        for (at, port) in served::written_ports(written) {
            let mut one_of = served::alternatives(written, at);
            let unserved = one_of.all(|(_, port)| !served::is_served(context, written, port));
            if unserved && mistaken(context, written, port).is_none() {
                findings.extend(tell(context, rule, written, (at, port)));
            }
        }
    }
    findings
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    written: Written<'_>,
    (at, port): (usize, &PortMatch),
) -> Option<Finding> {
    let servers = served::servers(context, written);
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
        finding = finding.see(origin.containers, shown_ports(&declared));
    }
    finding.help = Some(help(port, &declared));
    finding.edits.extend(edit(written, (at, port), &declared));
    finding.object = Some(super::object(&written.policy.key));
    Some(finding)
}

fn shown_ports(all: &BTreeSet<&ContainerPort>) -> String {
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

/// The same port over another protocol.
fn over_another<'d>(
    port: &PortMatch,
    all: &BTreeSet<&'d ContainerPort>,
) -> Option<&'d ContainerPort> {
    let mut same = all.iter().filter(|d| match port {
        PortMatch::Named { name, .. } => d.name.as_ref() == Some(name),
        PortMatch::Range { first, .. } => d.port == *first,
    });
    same.next().copied()
}

fn near<'d>(name: &str, all: &BTreeSet<&'d ContainerPort>) -> Option<&'d str> {
    nearest::word(name, all.iter().filter_map(|d| d.name.as_deref()))
}

fn help(port: &PortMatch, all: &BTreeSet<&ContainerPort>) -> String {
    if let Some(other) = over_another(port, all) {
        return format!(
            "the pods serve it over {}; set the port's protocol",
            other.protocol
        );
    }
    match port {
        PortMatch::Named { name, .. } => match near(name, all) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "use the name of a container port, or its number".to_owned(),
        },
        PortMatch::Range { .. } => "policies are applied behind Services: write the port of the \
                                    container, not the Service's, or declare it as containerPort"
            .to_owned(),
    }
}

/// Another protocol where one is written, or the name that was surely meant.
fn edit(
    written: Written<'_>,
    (at, port): (usize, &PortMatch),
    all: &BTreeSet<&ContainerPort>,
) -> Option<Edit> {
    let parts = written.place.parts.ports.get(at)?;
    if let Some(other) = over_another(port, all) {
        return Some(edits::scalar(parts.protocol?, other.protocol.name()));
    }
    let PortMatch::Named { name, .. } = port else {
        return None;
    };
    let near = near(name, all).filter(|near| is_slip(name, near))?;
    Some(edits::scalar(parts.port?, near))
}
