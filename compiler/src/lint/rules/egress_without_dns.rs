//! NP306: egress is limited and names cannot be resolved.
//!
//! Asked of all policies that select a pod together: an `allow-dns` policy anywhere is enough.
//! Pods that may reach nothing at all are cut off on purpose and are not reported, nor are pods
//! whose rules name single addresses only, nor DNS servers themselves.

use crate::finding::{Finding, Witness};
use crate::lint::context::{Context, Written};
use crate::lint::groups::GroupId;
use crate::lint::{Rule, words};
use netpol_policy::{
    Action, Direction, Endpoint, EndpointSelector, Labels, NamespaceScope, Peer, PortMatch,
    Protocol, Tri,
};
use std::collections::BTreeMap;

/// Where DNS servers listen: the standard port and the one of OpenShift and dnsmasq pods.
const PORTS: [u16; 2] = [53, 5353];
/// Names of DNS ports in the manifests of CoreDNS and kube-dns.
const NAMES: [&str; 4] = ["dns", "dns-tcp", "dns-udp", "domain"];
/// The usual address of the cluster's DNS Service; only there to show a packet.
const RESOLVER: &str = "10.96.0.10";

/// What is isolated by one policy.
#[derive(Default)]
struct CutOff<'a> {
    groups: Vec<GroupId>,
    /// A rule that lets something out of the first group.
    allows: Option<Written<'a>>,
}

/// Finds them: one finding per isolating policy.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let servers: Vec<GroupId> = (0..context.groups.len())
        .filter(|g| context.pod(*g).is_some_and(is_server))
        .collect();
    // Per policy, not per pod: many pods share few policies.
    let resolves: Vec<bool> = (context.written())
        .map(|(at, ..)| {
            context
                .rules_of(at)
                .any(|w| resolves(context, &servers, &w))
        })
        .collect();
    let mut cut_off: BTreeMap<usize, CutOff<'_>> = BTreeMap::new();
    for group in 0..context.groups.len() {
        let selecting = context.selecting(group);
        let resolved = selecting.iter().any(|at| resolves.get(*at) == Some(&true));
        if resolved || servers.contains(&group) {
            continue;
        }
        let Some((by, _)) = context.isolating(group, Direction::Egress).next() else {
            continue;
        };
        let rules = selecting.iter().flat_map(|at| context.rules_of(*at));
        let Some(allows) = rules.into_iter().find(|w| is_allow(w) && needs_names(w)) else {
            continue;
        };
        let entry = cut_off.entry(by).or_default();
        entry.groups.push(group);
        entry.allows.get_or_insert(allows);
    }
    let told = cut_off.iter();
    told.filter_map(|(by, cut)| tell(context, rule, *by, cut))
        .collect()
}

fn is_allow(w: &Written<'_>) -> bool {
    w.rule.action == Action::Allow
        && w.rule.direction == Direction::Egress
        && w.rule.ports.as_ref().is_none_or(|ports| !ports.is_empty())
}

/// Does a rule reach anything that is called by name? Single addresses are not.
fn needs_names(w: &Written<'_>) -> bool {
    let named = |peer: &Peer| match peer {
        Peer::Pods(_) => true,
        Peer::IpBlock(block) => block.cidr.prefix_len() < block.cidr.max_prefix_len(),
    };
    w.rule
        .peers
        .as_ref()
        .is_none_or(|peers| peers.iter().any(named))
}

/// Does a rule let DNS queries out to something that may answer them?
fn resolves(context: &Context<'_>, servers: &[GroupId], w: &Written<'_>) -> bool {
    if !is_allow(w) {
        return false;
    }
    let covers = |port: &PortMatch| match port {
        PortMatch::Range {
            protocol,
            first,
            last,
        } => {
            let within = PORTS.iter().any(|p| (*first..=*last).contains(p));
            (*protocol == Protocol::Udp && within, first == last)
        }
        PortMatch::Named { protocol, name } => {
            let udp = protocol.is_none_or(|p| p == Protocol::Udp);
            (udp && NAMES.contains(&name.as_str()), true)
        }
    };
    let fitting = match &w.rule.ports {
        None => Some(false),
        Some(ports) => {
            let fitting = ports.iter().map(covers).filter(|(covered, _)| *covered);
            fitting.map(|(_, named)| named).max()
        }
    };
    let Some(meant_for_dns) = fitting else {
        return false;
    };
    let answers = |peer: &Peer| match peer {
        Peer::IpBlock(_) => true,
        Peer::Pods(selector) => meant_for_dns || may_be_server(context, servers, selector),
    };
    w.rule
        .peers
        .as_ref()
        .is_none_or(|peers| peers.iter().any(answers))
}

/// Does a selector pick a DNS server of the input, or, when there is none, the usual one of
/// `kube-system`?
fn may_be_server(context: &Context<'_>, servers: &[GroupId], selector: &EndpointSelector) -> bool {
    if !servers.is_empty() {
        let mut matching = context.groups.matching(selector).iter();
        return matching.any(|(group, _)| servers.contains(group));
    }
    let labels = Labels::from_iter([("k8s-app", "kube-dns")]);
    let in_scope = match &selector.namespaces {
        NamespaceScope::Named(name) => (name == "kube-system").into(),
        NamespaceScope::Matching(wanted) => match context.cluster().namespaces.get("kube-system") {
            Some(known) if !known.undeclared => wanted.matches(&known.labels).into(),
            _ => wanted.matches_undeclared(&Labels::from_iter([(
                netpol_policy::labels::NAMESPACE_NAME,
                "kube-system",
            )])),
        },
    };
    in_scope.and(selector.pods.matches_undeclared(&labels)) != Tri::No
}

fn is_server(pod: &Endpoint) -> bool {
    let label = |key| pod.labels.get(key).is_some_and(|v| v.contains("dns"));
    let port = pod
        .ports
        .iter()
        .any(|p| p.protocol == Protocol::Udp && PORTS.contains(&p.port));
    port || label("k8s-app") || label("app.kubernetes.io/name")
}

fn tell(context: &Context<'_>, rule: &Rule, by: usize, cut: &CutOff<'_>) -> Option<Finding> {
    let origin = context.model.policy_origins.get(by)?;
    let allows = cut.allows?;
    let (name, pods) = (&origin.key.name, context.names(&cut.groups));
    let mut finding = rule
        .finding(format!(
            "`{name}` limits egress, and no policy lets DNS queries out"
        ))
        .at(
            *origin.isolation.get(1)?,
            format!("isolates {pods} at egress …"),
        )
        .see(allows.place.rule, "… and lets this out, but not UDP/53")
        .help(
            "let UDP/53 and TCP/53 out to the cluster's DNS, for all pods of the namespace in one \
             policy: namespaceSelector `kubernetes.io/metadata.name: kube-system` with \
             podSelector `k8s-app: kube-dns`",
        );
    let first = context.pod(*cut.groups.first()?)?;
    finding.witness = Some(Witness {
        from: first.display_name(),
        to: RESOLVER.to_owned(),
        port: "UDP/53".to_owned(),
    });
    let members = cut
        .groups
        .iter()
        .map(|g| context.groups.members(*g).len())
        .sum();
    finding = finding.note(format!("{} affected", words::count(members, "workload")));
    finding.object = Some(super::object(&origin.key));
    Some(finding)
}
