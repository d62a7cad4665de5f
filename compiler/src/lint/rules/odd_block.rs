//! NP405: an ipBlock that cannot be meant: its exceptions leave nothing of it, or it names addresses
//! of the cluster where they do not help.
//!
//! Malformed blocks and exceptions outside of their block are refused by the server (NP103). Where
//! ipBlocks never cover addresses of the cluster (S-IPBLOCK-DIALECT) only the first is said.

use crate::finding::{Finding, Label, Severity};
use crate::lint::Rule;
use crate::lint::blocks::{Known, Named, is_nothing};
use crate::lint::context::{Context, Written};
use crate::model::Route;
use crate::source::Location;
use netpol_policy::{Direction, IpBlock, Peer, Service};
use std::collections::BTreeMap;

/// Finds them: one finding per peer.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let known = Known::new(context);
    let mut seen: BTreeMap<&IpBlock, Option<Named<'_>>> = BTreeMap::new();
    let mut findings = Vec::new();
    for written in context.rules() {
        for (at, peer) in written.rule.peers.iter().flatten().enumerate() {
            let named = match peer {
                Peer::IpBlock(block) => {
                    let look = || known.named(block, context.policies().dialect());
                    *seen.entry(block).or_insert_with(look)
                }
                Peer::Outside(block) => is_nothing(block).then_some(Named::Nothing),
                _ => None,
            };
            findings.extend(named.and_then(|named| tell(context, rule, (written, at), named)));
        }
    }
    findings
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    (written, at): (Written<'_>, usize),
    named: Named<'_>,
) -> Option<Finding> {
    let name = &written.policy.key.name;
    let place = written.place.peers.get(at).unwrap_or(&written.place.rule);
    let who = |pod: usize| Some(format!("`{}`", context.endpoint(pod)?.display_name()));
    let (message, label, help) = match named {
        Named::Nothing => (
            format!("`{name}` has an ipBlock that holds no address"),
            "the exceptions cover all of it".to_owned(),
            "delete it, or the exception that is too wide".to_owned(),
        ),
        Named::Service(address, service) => {
            let selects = route(context, service).is_some();
            let service = format!("{}/{}", service.namespace, service.name);
            let instead = if selects {
                format!("select the pods behind `{service}` by their labels, on their own port")
            } else {
                format!("name the addresses of the endpoints of `{service}`, on their own port")
            };
            (
                format!(
                    "`{name}` names Service `{service}` by its address, which policies do not see"
                ),
                format!("{address} is replaced by a pod's address before policies are applied"),
                instead,
            )
        }
        Named::Pod(address, pod) => (
            format!(
                "`{name}` names {} by its address, which the next pod will not have",
                who(pod)?
            ),
            format!("{address} is a pod's"),
            "select the pod by its labels".to_owned(),
        ),
        Named::Left(address, pod) => (
            format!(
                "`{name}` excepts addresses of the cluster, and not that of {}",
                who(pod)?
            ),
            format!("holds {address} all the same"),
            "except the cluster's pod addresses as well".to_owned(),
        ),
    };
    let mut finding = rule.finding(message).at(*place, label).help(help);
    match named {
        Named::Nothing => {}
        Named::Service(_, service) => {
            finding.severity = Severity::Warning;
            let place = route(context, service).and_then(|route| route.at);
            finding.labels.extend(place.map(this_one));
        }
        Named::Pod(_, pod) | Named::Left(_, pod) => {
            finding.severity = Severity::Warning;
            show(context, written, pod, &mut finding);
        }
    }
    finding.object = Some(super::object(&written.policy.key));
    Some(finding)
}

/// A packet between the policy's pods and the pod that passes, and where the pod stands.
fn show(context: &Context<'_>, written: Written<'_>, pod: usize, finding: &mut Finding) {
    let subject = written.policy.subject.endpoints();
    let own = subject.and_then(|s| context.groups.first(context.groups.certain(s).next()?));
    let flow = own.and_then(|own| match written.rule.direction {
        Direction::Ingress => context.between(pod, own, context.some_port_of(written, own)),
        Direction::Egress => context.between(own, pod, context.some_port_of(written, pod)),
    });
    if let Some(flow) = flow.filter(|flow| own != Some(pod) && context.passes(flow)) {
        finding.witness = context.witness(&flow);
    }
    let origin = context.model.endpoint_origins.get(pod);
    finding
        .labels
        .extend(origin.map(|origin| this_one(origin.name)));
}

fn this_one(at: Location) -> Label {
    Label {
        at,
        text: "it is this one".to_owned(),
        primary: false,
    }
}

/// The Service, when it selects pods.
fn route<'a>(context: &Context<'a>, service: &Service) -> Option<&'a Route> {
    let routes = &context.model.routes;
    let wanted = (&service.namespace, &service.name);
    let named = |route: &Route| (&route.namespace, &route.name).cmp(&wanted);
    let at = routes.binary_search_by(named).ok()?;
    routes.get(at)
}
