//! NP306: egress is limited and names cannot be resolved.
//!
//! Asked of all policies that select a pod together: an `allow-dns` policy anywhere is enough.
//! Pods that may reach nothing at all are cut off on purpose and are not reported, nor are pods
//! whose rules name single addresses only, nor DNS servers themselves.

use crate::finding::Finding;
use crate::lint::context::{Context, Written};
use crate::lint::groups::GroupId;
use crate::lint::{Rule, dns, words};
use netpol_policy::{Direction, Flow, Peer, PolicyKind, Protocol, Verdict};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// The usual address of the cluster's DNS Service; only there to show a packet.
const RESOLVER: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 10);

/// What is isolated by one policy.
#[derive(Default)]
struct CutOff<'a> {
    groups: Vec<GroupId>,
    /// A rule that lets something out of the first group.
    allows: Option<Written<'a>>,
}

/// Finds them: one finding per isolating policy.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let servers = dns::servers(context);
    // Per policy, not per pod: many pods share few policies.
    let resolves: Vec<bool> = (context.written())
        .map(|(at, ..)| {
            context
                .rules_of(at)
                .any(|w| dns::resolves(context, &servers, &w))
        })
        .collect();
    let mut cut_off: BTreeMap<usize, CutOff<'_>> = BTreeMap::new();
    for group in 0..context.groups.len() {
        let selecting = context.selecting(group);
        let resolved = selecting.iter().any(|at| resolves.get(*at) == Some(&true));
        if resolved || servers.binary_search(&group).is_ok() {
            continue;
        }
        let Some((by, _)) = context.isolating(group, Direction::Egress).next() else {
            continue;
        };
        let rules = selecting.iter().flat_map(|at| context.rules_of(*at));
        let Some(allows) = rules
            .into_iter()
            .find(|w| dns::lets_out(w) && needs_names(w))
        else {
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

/// Does a rule reach anything that is called by name? Single addresses are not.
fn needs_names(w: &Written<'_>) -> bool {
    let named = |peer: &Peer| match peer {
        Peer::Pods(_) | Peer::Names(_) | Peer::Entity(_) => true,
        Peer::Nodes(_) => false,
        Peer::IpBlock(block) | Peer::Outside(block) => {
            block.cidr.prefix_len() < block.cidr.max_prefix_len()
        }
    };
    w.rule
        .peers
        .as_ref()
        .is_none_or(|peers| peers.iter().any(named))
}

/// What is added, in the words of the policy.
fn help(kind: PolicyKind) -> String {
    let namespace = words::namespace_label(kind, "kubernetes.io/metadata.name: kube-system");
    let peer = if words::speaks_cilium(kind) {
        format!("a selector of toEndpoints with `{namespace}` and `k8s-app: kube-dns`")
    } else {
        format!("namespaceSelector `{namespace}` with podSelector `k8s-app: kube-dns`")
    };
    format!(
        "let UDP/53 and TCP/53 out to the cluster's DNS, for all pods of the namespace in one \
         policy: {peer}"
    )
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
        .help(help(origin.key.kind));
    let members = cut.groups.iter().map(|g| context.groups.members(*g).len());
    let members = members.sum();
    if members > 1 {
        finding = finding.note(format!("{} affected", words::count(members, "workload")));
    }
    let flow = Flow {
        source: context.party(context.groups.first(*cut.groups.first()?)?)?,
        destination: context.party_of(RESOLVER.into()),
        protocol: Protocol::Udp,
        port: 53,
    };
    // Where everything outside may be asked, the address would be taken for one outside.
    if context.side(Direction::Egress, &flow).verdict == Verdict::Deny {
        finding.witness = context.witness(&flow);
        finding = finding.note(format!("{RESOLVER} stands for the cluster's DNS"));
    }
    finding.object = Some(super::object(&origin.key));
    Some(finding)
}
