//! Services by the pods behind them, and rules that speak of a Service's port.

use super::context::{Context, Written};
use super::served::receivers;
use crate::model::{Model, Route, RoutePort};
use netpol_policy::{PortMatch, Protocol};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Pods that are looked at for one port. Whatever is reported is true of all of them.
const MOST_PODS: usize = 4096;

/// A port of a Service that leads to a pod.
#[derive(Debug, Clone, Copy)]
pub struct Front<'a> {
    /// The Service.
    pub route: &'a Route,
    /// Its port.
    pub port: &'a RoutePort,
    /// What the pod is asked on.
    pub target: u16,
}

/// All of them.
#[derive(Debug)]
pub struct Fronts<'a> {
    by_pod: HashMap<usize, Vec<Front<'a>>>,
    /// The Services that something leads clients to: an Ingress, a route, the API server.
    led_to: HashSet<(&'a str, &'a str)>,
    /// The ports that Services have, by number and by name.
    ports: HashSet<(Protocol, u16)>,
    names: HashSet<&'a str>,
}

impl<'a> Fronts<'a> {
    /// In the order of the services and their ports.
    pub fn new(model: &'a Model) -> Self {
        let mut by_pod: HashMap<usize, Vec<Front<'a>>> = HashMap::new();
        let (mut ports, mut names) = (HashSet::new(), HashSet::new());
        for route in &model.routes {
            for port in &route.ports {
                ports.insert((port.protocol, port.port));
                names.insert(port.name.as_str());
                for (pod, target) in &port.backends {
                    by_pod.entry(*pod).or_default().push(Front {
                        route,
                        port,
                        target: *target,
                    });
                }
            }
        }
        let ways = model.ways_in.iter().map(|way| &way.service);
        let led_to = ways.chain(&model.called_by_server);
        Self {
            by_pod,
            led_to: led_to
                .map(|(space, name)| (space.as_str(), name.as_str()))
                .collect(),
            ports,
            names,
        }
    }

    /// Has any Service this port? Most rules are done with after this question.
    fn has(&self, port: &PortMatch) -> bool {
        match port {
            PortMatch::Range {
                protocol,
                first,
                last,
            } => first == last && self.ports.contains(&(*protocol, *first)),
            PortMatch::Named { name, .. } => self.names.contains(name.as_str()),
        }
    }

    /// Does anything in the input lead clients outside, or the API server, to this front?
    pub fn is_led_to(&self, front: &Front<'_>) -> bool {
        let service = (front.route.namespace.as_str(), front.route.name.as_str());
        front.route.from_outside || self.led_to.contains(&service)
    }

    /// What leads to the pod at a place.
    pub fn of(&self, pod: usize) -> &[Front<'a>] {
        self.by_pod.get(&pod).map_or(&[], Vec::as_slice)
    }
}

/// A port that is a Service's, and what it leads to.
#[derive(Debug)]
pub struct Mistaken<'a> {
    /// One of the Service's ports.
    pub front: Front<'a>,
    /// A pod behind it.
    pub pod: usize,
    /// Every port that the pods are asked on instead.
    pub targets: BTreeSet<u16>,
    /// Does every pod say which ports it serves?
    pub declared: bool,
}

/// Is a rule's port one that only a Service in front of its pods has? `None` where any pod serves
/// it, or is asked on it by a Service.
pub fn mistaken<'a>(
    context: &Context<'a>,
    written: Written<'_>,
    port: &PortMatch,
) -> Option<Mistaken<'a>> {
    if !context.fronts().has(port) {
        return None;
    }
    let mut found: Option<Mistaken<'a>> = None;
    let mut silent = false;
    for group in receivers(context, written).take(MOST_PODS) {
        let pod = context.groups.first(group)?;
        let declared = &context.endpoint(pod)?.ports;
        silent |= declared.is_empty();
        let own = |d: &netpol_policy::ContainerPort| {
            port.covers(d.protocol, d.port, std::slice::from_ref(d))
        };
        if declared.iter().any(own) {
            return None;
        }
        for front in context.fronts().of(pod) {
            if port.covers(front.port.protocol, front.target, &[]) {
                return None;
            }
            if names(port, front) {
                let known = found.get_or_insert_with(|| Mistaken {
                    front: *front,
                    pod,
                    targets: BTreeSet::new(),
                    declared: true,
                });
                known.targets.insert(front.target);
            }
        }
    }
    found.map(|found| Mistaken {
        declared: !silent,
        ..found
    })
}

/// Does the port name this port of the Service?
fn names(port: &PortMatch, front: &Front<'_>) -> bool {
    match port {
        PortMatch::Range {
            protocol,
            first,
            last,
        } => first == last && *protocol == front.port.protocol && *first == front.port.port,
        PortMatch::Named { protocol, name } => {
            *name == front.port.name && protocol.is_none_or(|p| p == front.port.protocol)
        }
    }
}

/// Does the rule cover a port of the pods as well?
pub fn covers(written: Written<'_>, front: &Front<'_>, target: u16) -> bool {
    let ports = written.rule.ports.iter().flatten();
    let mut covering = ports.filter(|port| port.covers(front.port.protocol, target, &[]));
    covering.next().is_some()
}
