//! NP411: pods that a rule opens to the whole world, though the input shows that clients inside
//! are meant: a Service of the cluster leads to them, and no Ingress, route of the Gateway API,
//! Service for clients outside or webhook of the API server. Pods that are called like a gateway
//! are one.
//!
//! A note, because a rule for everybody may be meant, and a warning where a port of a database or
//! the like is open, with a Service or without.

use crate::finding::Finding;
use crate::lint::context::{Context, Written};
use crate::lint::fronts::Front;
use crate::lint::groups::GroupId;
use crate::lint::outside::{is_controller, is_world};
use crate::lint::served::internal;
use crate::lint::{Rule, words};
use crate::model::Wide;
use netpol_policy::{Action, Direction, Protocol};

/// Finds them: one finding per rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let opening = context.rules().filter(|w| {
        let everybody = w.rule.peers.as_ref().is_none_or(|p| p.iter().any(is_world));
        let allows = w.rule.direction == Direction::Ingress && w.rule.action == Action::Allow;
        allows && everybody && !is_widened(w)
    });
    let told = opening.filter_map(|written| tell(context, rule, written));
    told.collect()
}

/// Is it open because a list is empty, which NP408 reports?
fn is_widened(written: &Written<'_>) -> bool {
    let rule = written.place.rule;
    let mut widened = written.origin.parts.widened.iter();
    widened.any(|w| {
        let at = w.at.span;
        let inside =
            w.at.source == rule.source && (rule.span.start..rule.span.end).contains(&at.start);
        inside && matches!(w.what, Wide::Peers(_))
    })
}

fn tell(context: &Context<'_>, rule: &Rule, written: Written<'_>) -> Option<Finding> {
    let subject = written.policy.subject.endpoints()?;
    let certain = context.groups.certain(subject);
    let open =
        certain.filter(|g| is_inside(context, *g) || internal(context, written, *g).is_some());
    let open: Vec<GroupId> = open.filter(|g| !is_led_to(context, *g)).collect();
    let internal = open
        .iter()
        .find_map(|g| Some((*g, internal(context, written, *g)?)));
    let shown = internal.map_or(*open.first()?, |(group, _)| group);
    let pod = context.groups.first(shown)?;
    let at = match internal {
        Some((_, (port, _))) => (Protocol::Tcp, port),
        None => context.some_port_of(written, pod),
    };
    let flow = context.outside(pod, Direction::Ingress, at)?;
    if !context.passes(&flow) {
        return None;
    }
    let name = &written.policy.key.name;
    let names = context.names(&open);
    let ports = ports(written);
    let message = format!("`{name}` opens {names} to the world on {ports}");
    let finding = match internal {
        Some((_, (port, what))) => rule
            .finding(message)
            .note(format!("TCP/{port} is {what}'s")),
        // What is missing may be what leads clients there.
        None if context.is_incomplete() => return None,
        None => rule.remark(message),
    };
    let peers = written.rule.peers.iter().flatten();
    let place = peers
        .zip(&written.place.peers)
        .find(|(peer, _)| is_world(peer));
    let (place, text) = match place {
        Some((_, place)) => (*place, "every address outside of the cluster may connect …"),
        None => (
            written.place.rule,
            "a rule without peers lets everybody in …",
        ),
    };
    let origin = context.model.endpoint_origins.get(pod)?;
    let mut finding = finding
        .at(place, text)
        .see(
            origin.name,
            "… and no Ingress, Gateway or Service leads clients outside here",
        )
        .help("name who connects: podSelector, namespaceSelector, or the clients' own ipBlock");
    finding.witness = context.witness(&flow);
    let members = open.iter().map(|g| context.groups.members(*g).len());
    finding.pairs = members.sum();
    finding.object = Some(super::object(&written.policy.key));
    Some(finding)
}

/// Does the input show how the pods are reached, and are they no gateway themselves?
fn is_inside(context: &Context<'_>, group: GroupId) -> bool {
    !fronts(context, group).is_empty() && !is_controller(context, group)
}

/// Does anything lead clients outside to the pods? Then they are open on purpose.
fn is_led_to(context: &Context<'_>, group: GroupId) -> bool {
    let mut fronts = fronts(context, group).iter();
    fronts.any(|front| context.fronts().is_led_to(front))
}

fn fronts<'c, 'a>(context: &'c Context<'a>, group: GroupId) -> &'c [Front<'a>] {
    let pod = context.groups.first(group);
    pod.map_or(&[], |pod| context.fronts().of(pod))
}

fn ports(written: Written<'_>) -> String {
    match &written.rule.ports {
        None => words::port(None),
        Some(ports) => {
            let shown: Vec<String> = ports.iter().map(|port| words::port(Some(port))).collect();
            words::some_of(&shown, 2)
        }
    }
}
