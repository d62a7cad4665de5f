//! NP504: a Service whose backends have different verdicts. Clients speak to the Service's
//! address, and one address has one verdict in a compiled bundle, so the mixture is denied.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::context::Context;
use crate::lint::groups::GroupId;
use netpol_policy::cluster::ServicePort;
use netpol_policy::{Direction, Flow, Party, Service, Verdict};
use std::collections::BTreeMap;

/// One backend of each group and port, with the group.
type Backends = BTreeMap<(Option<GroupId>, u16), Party>;

/// Finds them: one finding per Service.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let services = context.cluster().services.iter();
    services.filter_map(|s| mixed(context, rule, s)).collect()
}

fn mixed(context: &Context<'_>, rule: &Rule, service: &Service) -> Option<Finding> {
    for port in &service.ports {
        let backends = backends(context, port);
        // Backends that look alike to every policy have one verdict.
        if backends.len() < 2 {
            continue;
        }
        for client in 0..context.groups.len() {
            let verdicts = verdicts(context, client, port, &backends);
            let of = |verdict| verdicts.iter().find(|(v, _)| *v == verdict);
            if let (Some((_, allowed)), Some((_, denied))) = (of(Verdict::Allow), of(Verdict::Deny))
            {
                return tell(context, rule, service, (allowed, denied));
            }
        }
    }
    None
}

fn backends(context: &Context<'_>, port: &ServicePort) -> Backends {
    let mut backends = Backends::new();
    for (address, target) in &port.backends {
        let party = context.party_of(*address);
        let group = match party {
            Party::Endpoint(index, _) => context.groups.of(index),
            _ => None,
        };
        backends.entry((group, *target)).or_insert(party);
    }
    backends
}

fn verdicts(
    context: &Context<'_>,
    client: GroupId,
    port: &ServicePort,
    backends: &Backends,
) -> Vec<(Verdict, Flow)> {
    let index = context.groups.first(client);
    let address = |index| context.endpoint(index)?.addresses.first().copied();
    let Some(source) = index.map(|i| Party::Endpoint(i, address(i))) else {
        return Vec::new();
    };
    let others = backends.iter().filter(|(_, party)| **party != source);
    let ask = |(&(_, target), &destination): (&(Option<GroupId>, u16), &Party)| {
        let flow = Flow {
            source,
            destination,
            protocol: port.protocol,
            port: target,
        };
        let sides = Direction::BOTH.map(|d| context.side(d, &flow));
        let [ingress, egress] = sides;
        (netpol_policy::Decision::new(ingress, egress).verdict, flow)
    };
    others.map(ask).collect()
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    service: &Service,
    (allowed, denied): (&Flow, &Flow),
) -> Option<Finding> {
    let (yes, no) = (context.witness(allowed)?, context.witness(denied)?);
    let name = format!("{}/{}", service.namespace, service.name);
    let mut finding = rule.finding(format!(
        "the backends of Service `{name}` have different verdicts"
    ));
    for (flow, text) in [
        (
            denied,
            format!("`{}` may not reach this backend on {} …", no.from, no.port),
        ),
        (allowed, format!("… and may reach this one on {}", yes.port)),
    ] {
        if let Party::Endpoint(index, _) = flow.destination
            && let Some(origin) = context.model.endpoint_origins.get(index)
        {
            let primary = finding.labels.is_empty();
            finding = if primary {
                finding.at(origin.labels, text)
            } else {
                finding.see(origin.labels, text)
            };
        }
    }
    finding = finding
        .note("the compiled bundle denies the Service's address")
        .help("give all backends the same policies, or narrow the Service's selector");
    finding.witness = Some(no);
    finding.object = Some(format!("Service/{name}"));
    Some(finding)
}
