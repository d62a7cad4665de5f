//! The slow, plainly right evaluator: one packet, one rule after another.
//!
//! Every step names the rule of `docs/semantics.md` that it follows.

use crate::cidr::Family;
use crate::verdict::UnknownCause;
use crate::{
    Action, Cluster, ContainerPort, Decision, Dialect, Direction, EndpointSelector, Flow, IpBlock,
    NamespaceScope, Party, Peer, Policy, PolicySet, Rule, RuleId, Side, Tier, Tri, Verdict,
};
use ipnet::IpNet;

/// What becomes of a packet that opens a connection, and which rule says so on either side.
pub fn decide(policies: &PolicySet, cluster: &Cluster, flow: &Flow) -> Decision {
    if is_self(cluster, flow) {
        return Decision::new(Side::allow(RuleId::SELF), Side::allow(RuleId::SELF));
    }
    let all: Vec<usize> = (0..policies.policies().len()).collect();
    let side = |direction| decide_side(policies, cluster, flow, direction, &all);
    Decision::new(side(Direction::Ingress), side(Direction::Egress))
}

/// One side of [`decide()`], asked of some policies only: `candidates` are ascending places in
/// [`PolicySet::policies`] and must hold every policy that may select the subject (the destination
/// at ingress, the source at egress). Self traffic is the caller's to except.
pub fn decide_side(
    policies: &PolicySet,
    cluster: &Cluster,
    flow: &Flow,
    direction: Direction,
    candidates: &[usize],
) -> Side {
    Question {
        policies,
        cluster,
        flow,
        direction,
        candidates,
    }
    .answer()
}

/// S-SELF: a pod always reaches itself; siblings of a workload are not "itself", but one address is
/// one pod's.
pub fn is_self(cluster: &Cluster, flow: &Flow) -> bool {
    match (flow.source, flow.destination) {
        (Party::Endpoint(a, from), Party::Endpoint(b, to)) => {
            let same_address = from.is_some() && from == to;
            let one_pod = |e: &crate::Endpoint| !e.several || same_address;
            a == b && cluster.endpoints.get(a).is_some_and(one_pod)
        }
        _ => false,
    }
}

/// S-NODE: may the packet be the local node's own, so that it always reaches the pod?
pub fn from_local_node(cluster: &Cluster, flow: &Flow) -> Tri {
    let (Some(host), Some(pod)) = (cluster.host_of(flow.source), cluster.pod(flow.destination))
    else {
        return Tri::No;
    };
    match (host, pod.node.as_deref()) {
        (Some(host), Some(node)) => (host == node).into(),
        _ => Tri::Unknown,
    }
}

/// S-PEER-POD and S-HOSTNET: does the selector pick this party?
pub fn selects(cluster: &Cluster, selector: &EndpointSelector, party: Party) -> Tri {
    let Some(endpoint) = cluster.pod(party) else {
        return Tri::No;
    };
    let in_namespace = match &selector.namespaces {
        NamespaceScope::Named(name) => (*name == endpoint.namespace).into(),
        NamespaceScope::Matching(selector) => match cluster.namespaces.get(&endpoint.namespace) {
            Some(namespace) if namespace.undeclared => {
                selector.matches_undeclared(&namespace.labels)
            }
            Some(namespace) => selector.matches(&namespace.labels).into(),
            None => Tri::Unknown,
        },
    };
    in_namespace.and(selector.pods.matches(&endpoint.labels).into())
}

/// S-IPBLOCK: does the block speak of this party under this dialect?
pub(crate) fn in_block(cluster: &Cluster, dialect: Dialect, block: &IpBlock, party: Party) -> Tri {
    if dialect == Dialect::Cilium && !matches!(party, Party::External(_)) {
        return Tri::No;
    }
    match (party, cluster.address_of(party)) {
        (Party::Unknown, _) => Tri::No,
        (_, Some(address)) => block.contains(address).into(),
        (_, None) => covers_one_of(block, &places_of(cluster, party)),
    }
}

/// S-IPBLOCK-OFFLINE: a pod without an address will get one from the pod CIDRs, a host-network pod
/// has its node's, if those are known.
pub(crate) fn places_of(cluster: &Cluster, party: Party) -> Vec<IpNet> {
    match cluster.host_of(party) {
        None => cluster.pod_cidrs().copied().collect(),
        Some(name) => {
            let hosts = cluster.nodes.iter();
            let hosts = hosts.filter(|n| Some(n.name.as_str()) == name);
            hosts
                .flat_map(|n| &n.addresses)
                .map(|a| (*a).into())
                .collect()
        }
    }
}

/// Does the block cover an address that lies somewhere in these nets? Without any net only
/// `0.0.0.0/0` is certain to.
pub(crate) fn covers_one_of(block: &IpBlock, nets: &[IpNet]) -> Tri {
    let overlaps = |a: &IpNet, b: &IpNet| a.contains(b) || b.contains(a);
    let (mut all, mut any, mut none_known) = (true, false, true);
    for net in nets {
        let holed = block.except.iter().any(|e| overlaps(e, net));
        let swallowed = block.except.iter().any(|e| e.contains(net));
        all &= block.cidr.contains(net) && !holed;
        any |= overlaps(&block.cidr, net) && !swallowed;
        none_known = false;
    }
    if none_known {
        all = block.is_whole_family() && Family::of(block.cidr.addr()) == Family::V4;
        any = true;
    }
    match (all, any) {
        (true, _) => Tri::Yes,
        (_, true) => Tri::Unknown,
        _ => Tri::No,
    }
}

/// Does a peer of a rule speak of this party?
pub(crate) fn peer_matches(cluster: &Cluster, dialect: Dialect, peer: &Peer, party: Party) -> Tri {
    match peer {
        Peer::Pods(selector) => selects(cluster, selector, party),
        Peer::IpBlock(block) => in_block(cluster, dialect, block, party),
    }
}

/// Why a peer's match is not decidable.
pub(crate) fn cause_of(peer: Option<&Peer>) -> UnknownCause {
    match peer {
        Some(Peer::IpBlock(_)) => UnknownCause::NoAddress,
        _ => UnknownCause::NamespaceLabels,
    }
}

struct Question<'a> {
    policies: &'a PolicySet,
    cluster: &'a Cluster,
    flow: &'a Flow,
    direction: Direction,
    candidates: &'a [usize],
}

/// What may come out, in the order in which it would be found; the last one is certain.
#[derive(Default)]
struct Outcomes(Vec<(Verdict, RuleId, Option<UnknownCause>)>);

impl Outcomes {
    /// Notes an outcome; says whether the search ends here.
    fn add(&mut self, verdict: Verdict, rule: RuleId, matched: (Tri, UnknownCause)) -> bool {
        let cause = (matched.0 == Tri::Unknown).then_some(matched.1);
        self.0.push((verdict, rule, cause));
        matched.0 == Tri::Yes
    }

    /// One verdict when every possible outcome is the same, else unknown.
    fn side(&self) -> Side {
        let Some(&(first, rule, _)) = self.0.first() else {
            return Side::allow(RuleId::NOT_ISOLATED);
        };
        if self.0.iter().all(|(verdict, ..)| *verdict == first) {
            // Credit goes to the first rule that certainly matches.
            let certain = self.0.iter().find(|(.., cause)| cause.is_none());
            return Side {
                verdict: first,
                rule: certain.map_or(rule, |(_, r, _)| *r),
                cause: None,
            };
        }
        let open = self
            .0
            .iter()
            .find_map(|(_, r, cause)| Some((*r, (*cause)?)));
        let (rule, cause) = open.unwrap_or((rule, UnknownCause::NamespaceLabels));
        Side::unknown(rule, cause)
    }
}

/// Does the search go on with the next tier?
enum Next {
    Tier,
    Stop,
}

impl Question<'_> {
    fn answer(&self) -> Side {
        let mut out = Outcomes::default();
        if self.direction == Direction::Ingress {
            let local = from_local_node(self.cluster, self.flow);
            if local.possible()
                && out.add(
                    Verdict::Allow,
                    RuleId::LOCAL_NODE,
                    (local, UnknownCause::NoNode),
                )
            {
                return out.side();
            }
        }
        let admin = |tier| matches!(tier, Tier::Admin { .. });
        let baseline = |tier| matches!(tier, Tier::Baseline { .. });
        if let Next::Tier = self.ordered_tier(admin, &mut out)
            && let Next::Tier = self.namespace_tier(&mut out)
            && let Next::Tier = self.ordered_tier(baseline, &mut out)
        {
            let certain = (Tri::Yes, UnknownCause::NoAddress);
            out.add(Verdict::Allow, RuleId::NOT_ISOLATED, certain);
        }
        out.side()
    }

    fn subject(&self) -> Party {
        match self.direction {
            Direction::Ingress => self.flow.destination,
            Direction::Egress => self.flow.source,
        }
    }

    fn peer(&self) -> Party {
        match self.direction {
            Direction::Ingress => self.flow.source,
            Direction::Egress => self.flow.destination,
        }
    }

    /// S-TIER-ORDERED: the first rule that matches decides; Pass leaves the tier.
    fn ordered_tier(&self, in_tier: impl Fn(Tier) -> bool, out: &mut Outcomes) -> Next {
        let mut may_leave = false;
        for (at, policy) in self.selecting() {
            if !in_tier(policy.tier) {
                continue;
            }
            for (index, rule) in policy.rules.iter().enumerate() {
                let matched = self.rule_matches(policy, rule);
                let id = self.policies.rule_id(at, index);
                let verdict = match (matched.0, rule.action) {
                    (Tri::No, _) => continue,
                    (Tri::Yes, Action::Pass) => return Next::Tier,
                    (Tri::Unknown, Action::Pass) => {
                        may_leave = true;
                        continue;
                    }
                    (_, Action::Allow) => Verdict::Allow,
                    (_, Action::Deny) => Verdict::Deny,
                };
                if out.add(verdict, id, matched) {
                    return if may_leave { Next::Tier } else { Next::Stop };
                }
            }
        }
        Next::Tier
    }

    /// S-NP-UNION and S-NP-ISOLATION: denies, then allows, then "isolated and nothing allows".
    fn namespace_tier(&self, out: &mut Outcomes) -> Next {
        for action in [Action::Deny, Action::Allow] {
            for (at, policy) in self.selecting() {
                if policy.tier != Tier::Namespace {
                    continue;
                }
                for (index, rule) in policy.rules.iter().enumerate() {
                    if rule.action != action {
                        continue;
                    }
                    let matched = self.rule_matches(policy, rule);
                    let verdict = match action {
                        Action::Deny => Verdict::Deny,
                        _ => Verdict::Allow,
                    };
                    let id = self.policies.rule_id(at, index);
                    if matched.0.possible() && out.add(verdict, id, matched) {
                        return Next::Stop;
                    }
                }
            }
        }
        for (at, policy) in self.selecting() {
            if policy.tier == Tier::Namespace && self.isolates(policy) {
                let matched = self.selected(policy);
                let id = self.policies.isolation_id(at, self.direction);
                if out.add(Verdict::Deny, id, matched) {
                    return Next::Stop;
                }
            }
        }
        Next::Tier
    }

    fn isolates(&self, policy: &Policy) -> bool {
        match self.direction {
            Direction::Ingress => policy.isolates[0],
            Direction::Egress => policy.isolates[1],
        }
    }

    /// The policies that select, or may select, the subject, with their places.
    fn selecting(&self) -> impl Iterator<Item = (usize, &Policy)> {
        self.candidates
            .iter()
            .filter_map(|&at| Some((at, self.policies.policies().get(at)?)))
            .filter(|(_, p)| self.selected(p).0.possible())
    }

    fn selected(&self, policy: &Policy) -> (Tri, UnknownCause) {
        (
            selects(self.cluster, &policy.subject, self.subject()),
            UnknownCause::NamespaceLabels,
        )
    }

    /// S-RULE: one of the peers and one of the ports.
    fn rule_matches(&self, policy: &Policy, rule: &Rule) -> (Tri, UnknownCause) {
        if rule.direction != self.direction || !self.covers_port(rule) {
            return (Tri::No, UnknownCause::NoAddress);
        }
        let selected = self.selected(policy);
        let Some(peers) = &rule.peers else {
            return selected;
        };
        let dialect = self.policies.dialect();
        let mut best = (Tri::No, UnknownCause::NoAddress);
        for peer in peers {
            let matched = peer_matches(self.cluster, dialect, peer, self.peer());
            if matched > best.0 {
                best = (matched, cause_of(Some(peer)));
            }
        }
        if selected.0 < best.0 { selected } else { best }
    }

    /// S-PORT: absent means every protocol and port; names are the destination pod's.
    fn covers_port(&self, rule: &Rule) -> bool {
        let declared: &[ContainerPort] = self
            .cluster
            .pod(self.flow.destination)
            .map_or(&[], |e| e.ports.as_slice());
        rule.ports.as_ref().is_none_or(|ports| {
            ports
                .iter()
                .any(|p| p.covers(self.flow.protocol, self.flow.port, declared))
        })
    }
}
