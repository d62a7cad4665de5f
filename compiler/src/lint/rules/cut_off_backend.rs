//! NP410: the backend of an Ingress, of a route of the Gateway API or of a Service for clients
//! outside, that policies cut off: its pods are isolated, and no rule on the port lets in anybody
//! who could be the controller, or an address outside.
//!
//! Which pods the controller has, an Ingress does not say. Every ipBlock may hold it, and every
//! namespace that is not in the input; pods of the input are it only if they are called like one.

use crate::finding::{Finding, Severity};
use crate::lint::Rule;
use crate::lint::context::Context;
use crate::lint::fronts::Front;
use crate::lint::groups::GroupId;
use crate::lint::outside::{Client, cut_off};
use crate::model::{Route, RoutePort};
use crate::source::Location;
use netpol_policy::{Direction, Verdict};
use std::collections::BTreeSet;

/// Finds them: one finding per backend of an Ingress or route, and per port of a Service.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let routes = &context.model.routes;
    let mut findings = Vec::new();
    for way in &context.model.ways_in {
        let named = |r: &Route| (&r.namespace, &r.name).cmp(&(&way.service.0, &way.service.1));
        let route = routes.binary_search_by(named).ok();
        let Some(route) = route.and_then(|at| routes.get(at)) else {
            continue;
        };
        for port in route.ports.iter().filter(|port| port.port == way.port) {
            let way = (Client::Controller, way.object.as_str(), way.at);
            findings.extend(tell(context, rule, (route, port), way));
        }
    }
    for route in routes.iter().filter(|route| route.from_outside) {
        let object = format!("Service {}/{}", route.namespace, route.name);
        for port in &route.ports {
            let at = port.at.or(route.at);
            let way = at.map(|at| (Client::Outside, object.as_str(), at));
            findings.extend(way.and_then(|way| tell(context, rule, (route, port), way)));
        }
    }
    findings
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    (route, port): (&Route, &RoutePort),
    (client, object, at): (Client, &str, Location),
) -> Option<Finding> {
    let mut groups = BTreeSet::new();
    let mut isolation = None;
    for (pod, target) in &port.backends {
        let front = Front {
            route,
            port,
            target: *target,
        };
        let group = context.groups.of(*pod)?;
        if groups.insert(group) {
            let found = cut_off(context, group, &front, client)?;
            isolation.get_or_insert((found, *pod, *target));
        }
    }
    let (origin, pod, target) = isolation?;
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let names = context.names(&groups);
    let shown = format!("{}/{target}", port.protocol);
    let (nobody, who) = match client {
        Client::Controller => ("no ingress controller", "an ingress controller"),
        Client::Outside => ("nobody from outside", "an address outside"),
    };
    let message = format!("`{object}` leads to {names}, and policies let {nobody} in");
    let mut finding = rule
        .finding(message)
        .at(at, format!("leads to {names} on {shown} …"));
    if !context.model.closed_world {
        finding.severity = Severity::Warning;
    }
    let place = *origin.isolation.first()?;
    let name = &origin.key.name;
    let text = format!("… `{name}` isolates them, and no rule lets {who} in on {shown}");
    finding = finding.see(place, text).help(match client {
        Client::Controller => format!(
            "let the controller's pods in on {shown}: a peer with the namespaceSelector of its \
             namespace and the podSelector of its pods"
        ),
        Client::Outside => format!(
            "let the addresses of the clients in on {shown} with an ipBlock, or make the Service \
             a ClusterIP"
        ),
    });
    let flow = context.outside(pod, Direction::Ingress, (port.protocol, target));
    let denied = |flow: &_| context.side(Direction::Ingress, flow).verdict == Verdict::Deny;
    finding.witness = context.witness(&flow.filter(denied)?);
    if client == Client::Controller {
        let from = finding.witness.as_ref().map(|w| &w.from);
        let note = from.map(|from| format!("{from} stands for the controller"));
        finding.notes.extend(note);
    }
    finding.pairs = port.backends.len();
    finding.object = Some(object.replacen(' ', "/", 1));
    Some(finding)
}
