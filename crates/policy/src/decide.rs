//! The slow, plainly right evaluator: one packet, one rule after another.
//!
//! Every step names the rule of `docs/semantics.md` that it follows.

mod derivation;

pub use derivation::{Derivation, Role, RuleStep, Step, derive};

use crate::cidr::{Family, is_nobodys};
use crate::policy::{TURNS, turn};
use crate::verdict::UnknownCause;
use crate::{
    Action, Cluster, Condition, ContainerPort, Decision, Dialect, Direction, EndpointSelector,
    Entity, Flow, IpBlock, NamespaceScope, Options, Party, Peer, Policy, PolicySet, Rule, RuleId,
    Selector, Side, Subject, Tier, Tri, Verdict,
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
    Question::new(policies, cluster, flow, direction, candidates).answer()
}

/// S-RULE: does a rule speak of a packet, whatever others say? `policy` and `rule` are places in
/// [`PolicySet::policies`] and [`Policy::rules`]; a rule that is not there speaks of nothing.
pub fn speaks_of(
    policies: &PolicySet,
    cluster: &Cluster,
    flow: &Flow,
    (policy, rule): (usize, usize),
) -> Tri {
    let Some(written) = policies.policies().get(policy) else {
        return Tri::No;
    };
    let Some(rule) = written.rules.get(rule) else {
        return Tri::No;
    };
    let question = Question::new(policies, cluster, flow, rule.direction, &[]);
    question.rule_matches(question.selected(written), rule).0
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
    match cluster.pod(flow.destination) {
        Some(_) => on_local_node(cluster, flow.destination, flow.source),
        None => Tri::No,
    }
}

/// Is the peer the node that the subject runs on, or a pod on that node's network?
pub fn on_local_node(cluster: &Cluster, subject: Party, peer: Party) -> Tri {
    let Some(host) = cluster.host_of(peer) else {
        return Tri::No;
    };
    let home = match cluster.host_of(subject) {
        Some(node) => node,
        None => match cluster.pod(subject) {
            Some(pod) => pod.node.as_deref(),
            None => return Tri::No,
        },
    };
    match (host, home) {
        (Some(host), Some(home)) => (host == home).into(),
        _ => Tri::Unknown,
    }
}

/// Whether something matches, and why it may not be decidable.
type Match = (Tri, UnknownCause);

/// S-PEER-POD and S-HOSTNET: does the selector pick this party?
pub fn selects(cluster: &Cluster, selector: &EndpointSelector, party: Party) -> Tri {
    selects_because(cluster, selector, party).0
}

pub(crate) fn selects_because(
    cluster: &Cluster,
    selector: &EndpointSelector,
    party: Party,
) -> Match {
    let Some(endpoint) = cluster.pod(party) else {
        return (Tri::No, UnknownCause::NamespaceLabels);
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
    let by_labels = in_namespace.and(selector.pods.matches(&endpoint.labels).into());
    if selector.identity.is_everything() {
        return (by_labels, UnknownCause::NamespaceLabels);
    }
    // S-IDENTITY: what is not given is not known.
    let identity = selector.identity.matches_partly_known(&endpoint.identity());
    let cause = if by_labels == Tri::Unknown {
        UnknownCause::NamespaceLabels
    } else {
        UnknownCause::Identity
    };
    (by_labels.and(identity), cause)
}

/// S-NODES: is the party a node of these labels, or a pod on such a node's network?
pub(crate) fn selects_node(cluster: &Cluster, selector: &Selector, party: Party) -> Tri {
    let Some(name) = cluster.host_of(party) else {
        return Tri::No;
    };
    let node = name.and_then(|name| cluster.nodes.iter().find(|node| node.name == name));
    match node {
        Some(node) => selector.matches(&node.labels).into(),
        None if selector.is_everything() => Tri::Yes,
        None => Tri::Unknown,
    }
}

/// Whom the policy selects (S-SUBJECT, S-NODE-SUBJECT).
pub(crate) fn is_subject(cluster: &Cluster, subject: &Subject, party: Party) -> Match {
    match subject {
        Subject::Endpoints(selector) => selects_because(cluster, selector, party),
        Subject::Nodes(selector) => (
            selects_node(cluster, selector, party),
            UnknownCause::NodeLabels,
        ),
    }
}

/// S-IPBLOCK-DIALECT and S-OUTSIDE: do blocks of this reach see the party at all?
pub(crate) fn in_sight_of_blocks(
    cluster: &Cluster,
    options: Options,
    outside_only: bool,
    party: Party,
) -> bool {
    match party {
        Party::External(_) => true,
        Party::Unknown => false,
        _ if !outside_only && options.dialect == Dialect::Kubernetes => true,
        _ => options.blocks_cover_nodes && cluster.host_of(party).is_some(),
    }
}

/// S-IPBLOCK: does the block speak of this party?
fn in_block(cluster: &Cluster, block: &IpBlock, party: Party) -> Tri {
    match cluster.address_of(party) {
        Some(address) => block.contains(address).into(),
        None => covers_one_of(block, &places_of(cluster, party)),
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
/// `0.0.0.0/0` is certain to, and a block of addresses that nobody has is certain not to.
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
        any = !is_nobodys(&block.cidr);
    }
    match (all, any) {
        (true, _) => Tri::Yes,
        (_, true) => Tri::Unknown,
        _ => Tri::No,
    }
}

/// S-ENTITY: is the party what Cilium calls by this name? `local` says whether it is the subject's
/// own node.
pub(crate) fn is_entity(cluster: &Cluster, entity: Entity, party: Party, local: Tri) -> Tri {
    let on_a_node = cluster.host_of(party).is_some();
    let outside = |family: Option<Family>| match party {
        Party::External(address) => family.is_none_or(|f| f == Family::of(address)).into(),
        _ => Tri::No,
    };
    match entity {
        Entity::Host if on_a_node => local,
        Entity::RemoteNode if on_a_node => local.not(),
        Entity::Cluster => match party {
            Party::Endpoint(..) | Party::Node(..) => Tri::Yes,
            Party::UnknownPod(_) => Tri::Unknown,
            Party::Unknown | Party::External(_) => Tri::No,
        },
        Entity::World => outside(None),
        Entity::WorldIpv4 => outside(Some(Family::V4)),
        Entity::WorldIpv6 => outside(Some(Family::V6)),
        Entity::KubeApiserver => is_api_server(cluster, party),
        Entity::Host
        | Entity::RemoteNode
        | Entity::Ingress
        | Entity::Health
        | Entity::Init
        | Entity::Unmanaged => Tri::No,
    }
}

/// The API server runs on nodes or outside of the cluster, never as a pod with its own address.
fn is_api_server(cluster: &Cluster, party: Party) -> Tri {
    if !matches!(party, Party::External(_)) && cluster.host_of(party).is_none() {
        return Tri::No;
    }
    match (cluster.api_server(), cluster.address_of(party)) {
        (Some(known), Some(address)) => known.contains(&address).into(),
        _ => Tri::Unknown,
    }
}

/// Does a peer of a rule speak of this party?
pub(crate) fn peer_matches(
    cluster: &Cluster,
    options: Options,
    peer: &Peer,
    party: Party,
    local: Tri,
) -> Match {
    let seen = |outside_only| in_sight_of_blocks(cluster, options, outside_only, party);
    match peer {
        Peer::Pods(selector) => selects_because(cluster, selector, party),
        Peer::IpBlock(block) if seen(false) => {
            (in_block(cluster, block, party), UnknownCause::NoAddress)
        }
        Peer::Outside(block) if seen(true) => {
            (in_block(cluster, block, party), UnknownCause::NoAddress)
        }
        Peer::IpBlock(_) | Peer::Outside(_) => (Tri::No, UnknownCause::NoAddress),
        Peer::Nodes(selector) => (
            selects_node(cluster, selector, party),
            UnknownCause::NodeLabels,
        ),
        Peer::Entity(entity) => (
            is_entity(cluster, *entity, party, local),
            entity_cause(*entity),
        ),
        // S-NAMES: any address outside may be one of the names'.
        Peer::Names(names) => {
            let may_be = !names.is_empty() && matches!(party, Party::External(_));
            let matched = if may_be { Tri::Unknown } else { Tri::No };
            (matched, UnknownCause::DnsName)
        }
    }
}

/// Why it may not be decidable whether a party is this.
pub(crate) fn entity_cause(entity: Entity) -> UnknownCause {
    match entity {
        Entity::KubeApiserver => UnknownCause::ApiServer,
        Entity::Cluster => UnknownCause::NoEndpoint,
        _ => UnknownCause::NoNode,
    }
}

struct Question<'a> {
    policies: &'a PolicySet,
    cluster: &'a Cluster,
    flow: &'a Flow,
    direction: Direction,
    /// The policies that select, or may select, the subject, by place, and how surely they do.
    selecting: Vec<(usize, &'a Policy, Match)>,
}

/// One thing that may come out.
#[derive(Clone, Copy)]
struct Outcome {
    verdict: Verdict,
    rule: RuleId,
    /// Why it is not certain; `None` when it is.
    cause: Option<UnknownCause>,
    condition: Option<Condition>,
}

/// What may come out, in the order in which it would be found; the last one is certain.
#[derive(Default)]
struct Outcomes {
    found: Vec<Outcome>,
    /// Every rule that was asked and may match, with how it matched: kept for a derivation alone.
    heard: Option<Vec<(RuleId, Tri)>>,
}

impl Outcomes {
    fn hear(&mut self, rule: RuleId, matched: Match) {
        if let Some(heard) = &mut self.heard {
            heard.push((rule, matched.0));
        }
    }

    /// Notes an outcome; says whether the search ends here.
    fn add(&mut self, verdict: Verdict, rule: RuleId, matched: Match) -> bool {
        self.add_conditional(verdict, rule, matched, None)
    }

    fn add_conditional(
        &mut self,
        verdict: Verdict,
        rule: RuleId,
        matched: Match,
        condition: Option<Condition>,
    ) -> bool {
        self.found.push(Outcome {
            verdict,
            rule,
            cause: (matched.0 == Tri::Unknown).then_some(matched.1),
            condition: condition.filter(|_| verdict == Verdict::Allow),
        });
        matched.0 == Tri::Yes
    }

    /// One verdict when every possible outcome is the same, else unknown.
    fn side(&self) -> Side {
        let Some(first) = self.found.first() else {
            return Side::allow(RuleId::NOT_ISOLATED);
        };
        if self.found.iter().all(|o| o.verdict == first.verdict) {
            // Credit goes to the first rule that certainly matches; what may have to hold holds
            // back the answer.
            let certain = self.found.iter().find(|o| o.cause.is_none());
            return Side {
                verdict: first.verdict,
                rule: certain.unwrap_or(first).rule,
                cause: None,
                condition: self.found.iter().find_map(|o| o.condition),
            };
        }
        let open = self.found.iter().find_map(|o| Some((o.rule, o.cause?)));
        let (rule, cause) = open.unwrap_or((first.rule, UnknownCause::NamespaceLabels));
        Side::unknown(rule, cause)
    }
}

/// Does the search go on with the next tier?
enum Next {
    Tier,
    Stop,
}

impl<'a> Question<'a> {
    fn new(
        policies: &'a PolicySet,
        cluster: &'a Cluster,
        flow: &'a Flow,
        direction: Direction,
        candidates: &[usize],
    ) -> Self {
        let mut question = Self {
            policies,
            cluster,
            flow,
            direction,
            selecting: Vec::new(),
        };
        for &at in candidates {
            if let Some(policy) = policies.policies().get(at) {
                let selected = question.selected(policy);
                if selected.0.possible() {
                    question.selecting.push((at, policy, selected));
                }
            }
        }
        question
    }

    fn answer(&self) -> Side {
        let mut out = Outcomes::default();
        self.search(&mut out);
        out.side()
    }

    fn search(&self, out: &mut Outcomes) {
        // S-ENFORCED: a CNI that enforces nothing lets everything pass.
        if !self.policies.options().enforced {
            return;
        }
        if self.direction == Direction::Ingress {
            let local = from_local_node(self.cluster, self.flow);
            if local.possible()
                && out.add(
                    Verdict::Allow,
                    RuleId::LOCAL_NODE,
                    (local, UnknownCause::NoNode),
                )
            {
                return;
            }
        }
        let admin = |tier| matches!(tier, Tier::Admin { .. });
        let baseline = |tier| matches!(tier, Tier::Baseline { .. });
        if let Next::Tier = self.ordered_tier(admin, out)
            && let Next::Tier = self.namespace_tier(out)
            && let Next::Tier = self.ordered_tier(baseline, out)
        {
            let certain = (Tri::Yes, UnknownCause::NoAddress);
            out.add(Verdict::Allow, RuleId::NOT_ISOLATED, certain);
        }
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
        for &(at, policy, selected) in &self.selecting {
            if !in_tier(policy.tier) {
                continue;
            }
            for (index, rule) in policy.rules.iter().enumerate() {
                let matched = self.rule_matches(selected, rule);
                let id = self.policies.rule_id(at, index);
                if matched.0.possible() {
                    out.hear(id, matched);
                }
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
                if out.add_conditional(verdict, id, matched, rule.condition) {
                    return if may_leave { Next::Tier } else { Next::Stop };
                }
            }
        }
        Next::Tier
    }

    /// S-NP-UNION and S-NP-ISOLATION: denies, then allows in their order (S-CONDITION), then "isolated and nothing allows".
    fn namespace_tier(&self, out: &mut Outcomes) -> Next {
        for now in 0..TURNS {
            for &(at, policy, selected) in &self.selecting {
                if policy.tier != Tier::Namespace {
                    continue;
                }
                for (index, rule) in policy.rules.iter().enumerate() {
                    if turn(rule.action, rule.condition) != Some(now) {
                        continue;
                    }
                    let matched = self.rule_matches(selected, rule);
                    let verdict = match rule.action {
                        Action::Deny => Verdict::Deny,
                        _ => Verdict::Allow,
                    };
                    let id = self.policies.rule_id(at, index);
                    if !matched.0.possible() {
                        continue;
                    }
                    out.hear(id, matched);
                    if out.add_conditional(verdict, id, matched, rule.condition) {
                        return Next::Stop;
                    }
                }
            }
        }
        for &(at, policy, selected) in &self.selecting {
            if policy.tier == Tier::Namespace && self.isolates(policy) {
                let id = self.policies.isolation_id(at, self.direction);
                if out.add(Verdict::Deny, id, selected) {
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

    fn selected(&self, policy: &Policy) -> Match {
        is_subject(self.cluster, &policy.subject, self.subject())
    }

    /// S-RULE: one of the peers and one of the ports. `selected` is how surely the rule's policy
    /// selects the subject.
    fn rule_matches(&self, selected: Match, rule: &Rule) -> Match {
        if rule.direction != self.direction || !self.covers_port(rule) {
            return (Tri::No, UnknownCause::NoAddress);
        }
        match self.best_peer(rule) {
            Some((_, best)) if best.0 <= selected.0 => best,
            _ => selected,
        }
    }

    /// The first of the rule's peers that matches best, and how; `None` when the rule names none
    /// and matches everybody. The place means nothing when none matches.
    fn best_peer(&self, rule: &Rule) -> Option<(usize, Match)> {
        let options = self.policies.options();
        let local = on_local_node(self.cluster, self.subject(), self.peer());
        let mut best = (0, (Tri::No, UnknownCause::NoAddress));
        for (at, peer) in rule.peers.as_ref()?.iter().enumerate() {
            let matched = peer_matches(self.cluster, options, peer, self.peer(), local);
            if matched.0 > best.1.0 {
                best = (at, matched);
            }
        }
        Some(best)
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
