//! Services whose ports lead somewhere else than before.

use super::Standing;
use super::compare::{Delta, Destination, Found, classes_on};
use super::groups::Group;
use super::lens::Lens;
use super::touch::{Edits, Touch};
use crate::model::{Route, RoutePort};
use crate::reach::PortRange;
use crate::reach::graph::GroupKind;
use netpol_policy::Protocol;
use std::collections::BTreeSet;

/// What a port of a service leads to, in a form that both states share.
type Targets = BTreeSet<(String, String, u16)>;

/// The difference that each changed service makes to everybody who may use it. A service whose
/// ports lead to the same pods and ports as before is told by the changes of these pods.
pub(super) fn changes(lenses: &[Lens<'_>; 2], groups: &[Group], touch: &Touch) -> Vec<Found> {
    let mut names: BTreeSet<(&str, &str)> = BTreeSet::new();
    for lens in lenses {
        let routes = lens.state.routes.iter();
        names.extend(routes.map(|r| (r.namespace.as_str(), r.name.as_str())));
    }
    let mut found = Vec::new();
    for (namespace, name) in names {
        let [before, after] = lenses;
        let routes = [before, after].map(|lens| lens.route(namespace, name));
        for (protocol, number) in ports(routes) {
            let sides = routes.map(|route| port(route, protocol, number));
            let targets =
                [(before, sides[0]), (after, sides[1])].map(|(l, p)| p.map(|p| of_port(l, p)));
            if targets[0] == targets[1] {
                continue;
            }
            for (from, source) in groups.iter().enumerate() {
                let outside = routes.iter().flatten().any(|route| route.from_outside);
                let may = match source.kind {
                    GroupKind::Pods | GroupKind::Hosts => true,
                    GroupKind::External => outside,
                    GroupKind::Unassigned => false,
                };
                let [was, now] = [(before, 0, sides[0]), (after, 1, sides[1])]
                    .map(|(lens, side, port)| standing(lens, source, side, port));
                if may && was != now {
                    found.push(Found {
                        source: from,
                        destination: Destination::Service(namespace.to_owned(), name.to_owned()),
                        delta: Delta {
                            was,
                            now,
                            family: None,
                            ports: vec![PortRange::new(protocol, number, number)],
                        },
                        relevant: relevant(source, touch, groups, [&targets[0], &targets[1]]),
                    });
                }
            }
        }
    }
    found
}

fn ports(routes: [Option<&Route>; 2]) -> BTreeSet<(Protocol, u16)> {
    let every = routes.into_iter().flatten().flat_map(|route| &route.ports);
    every.map(|port| (port.protocol, port.port)).collect()
}

/// A port of a route.
pub(super) fn port(route: Option<&Route>, protocol: Protocol, number: u16) -> Option<&RoutePort> {
    let mut ports = route?.ports.iter();
    ports.find(|port| port.protocol == protocol && port.port == number)
}

fn of_port(lens: &Lens<'_>, port: &RoutePort) -> Targets {
    let named = |index: usize| {
        let endpoint = lens.state.cluster.endpoints.get(index)?;
        Some((endpoint.namespace.clone(), endpoint.name.clone()))
    };
    let targets = port.backends.iter().filter_map(|(index, target)| {
        let (namespace, name) = named(*index)?;
        Some((namespace, name, *target))
    });
    targets.collect()
}

fn standing(lens: &Lens<'_>, source: &Group, side: usize, port: Option<&RoutePort>) -> Standing {
    match classes_on(source, side) {
        Some(classes) => lens.behind(classes, port),
        None => Standing::Deny,
    }
}

/// The edits of the source, of services and values, and of the pods behind.
fn relevant(
    source: &Group,
    touch: &Touch,
    groups: &[Group],
    targets: [&Option<Targets>; 2],
) -> Edits {
    let mut edits: Edits = touch.derived.clone();
    edits.extend(source.touched.party.iter().chain(&source.touched.source));
    let behind = targets.into_iter().flatten().flatten();
    let behind: BTreeSet<&str> = behind.map(|(namespace, ..)| namespace.as_str()).collect();
    for group in groups {
        if group.namespaces.iter().any(|n| behind.contains(n.as_str())) {
            edits.extend(group.touched.party.iter().chain(&group.touched.destination));
        }
    }
    edits
}
