//! NP404: a rule names the port of a Service, where policies see the port of the pod: the Service's
//! address and port are replaced before a packet is judged (S-SERVICE).
//!
//! An error where the pods say which ports they serve, a warning where they say nothing, and a note
//! where the rule covers the pods' port as well.

use crate::finding::{Finding, Severity};
use crate::lint::context::{Context, Written};
use crate::lint::fronts::{Mistaken, covers, mistaken};
use crate::lint::{Rule, edits, served, words};
use netpol_policy::{Action, PortMatch, Verdict};

/// Finds them: one finding per port of a rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for written in context.rules().filter(|w| w.rule.action == Action::Allow) {
        for (at, port) in served::written_ports(written) {
            let found = mistaken(context, written, port);
            let told = found.map(|found| tell(context, rule, written, (at, port), &found));
            findings.extend(told);
        }
    }
    findings
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    written: Written<'_>,
    (at, port): (usize, &PortMatch),
    found: &Mistaken<'_>,
) -> Finding {
    let front = found.front;
    let shown = words::port(Some(port));
    let protocol = front.port.protocol;
    let targets: Vec<String> = (found.targets.iter())
        .map(|target| format!("{protocol}/{target}"))
        .collect();
    let meant = words::some_of(&targets, 2);
    let service = format!("{}/{}", front.route.namespace, front.route.name);
    let message = format!(
        "`{}` opens {shown}, the port of Service `{service}` and not of the pods behind it",
        written.policy.key.name
    );
    let also = found.targets.iter().any(|t| covers(written, &front, *t));
    let mut finding = match (also, found.declared) {
        (true, _) => rule.remark(message),
        (false, true) => rule.finding(message),
        (false, false) => Finding {
            severity: Severity::Warning,
            ..rule.finding(message)
        },
    };
    let place = written.place.ports.get(at).unwrap_or(&written.place.rule);
    finding = finding.at(*place, format!("the pods are asked on {meant} …"));
    if let Some(place) = front.port.at {
        let asked = front.port.port;
        let text = format!("… because the Service leads its port {asked} there");
        finding = finding.see(place, text);
    }
    let only = found
        .targets
        .iter()
        .next()
        .filter(|_| found.targets.len() == 1);
    finding.help = Some(if also {
        format!("delete it: the rule covers {meant} already")
    } else {
        format!("policies are applied behind Services: write {meant}")
    });
    if let Some(target) = only.filter(|_| !also) {
        let parts = written.place.parts.ports.get(at);
        let number = parts.and_then(|parts| parts.port);
        finding
            .edits
            .extend(number.map(|at| edits::number(at, *target)));
    }
    if let Some(flow) = context.packet(written, found.pod, (protocol, front.target))
        && context.side(written.rule.direction, &flow).verdict == Verdict::Deny
    {
        finding.witness = context.witness(&flow);
        finding.pairs = context.pairs(written);
    }
    finding.object = Some(super::object(&written.policy.key));
    finding
}
