//! What the policies of administrators (`policy.networking.k8s.io`) have in common: a subject,
//! rules in order, peers of several kinds, and what happens to a part that is not known.

use super::collect::Item;
use super::policies::Lowered;
use super::selector::selector;
use crate::load::Object;
use crate::model::{PolicyOrigin, PolicyParts, RuleOrigin, RuleParts};
use crate::schema::cidr;
use crate::source::Location;
use ipnet::IpNet;
use netpol_policy::{
    Action, Direction, EndpointSelector, IpBlock, NamespaceScope, Peer, Policy, PolicyKey,
    PolicyKind, PortMatch, Rule, Selector, Subject, Tier,
};
use netpol_yaml::NodeRef;

/// How one of the kinds says it.
pub(super) struct Language {
    /// The kind.
    pub kind: PolicyKind,
    /// The action that lets packets pass.
    pub accept: &'static str,
    /// The list of ports of a rule.
    pub ports: &'static str,
    /// Reads an item of it; `None` when it is not known.
    pub port: fn(NodeRef<'_>) -> Option<PortMatch>,
}

/// A number from 0 to 1000.
pub(super) fn priority(item: &Item<'_>) -> Option<u16> {
    let number = item.object.get("/spec/priority")?.as_i64()?;
    u16::try_from(number).ok().filter(|number| *number <= 1000)
}

/// Lowers one policy. Without a tier or a subject that can be read it is left out.
pub(super) fn lower(item: &Item<'_>, language: &Language, tier: Option<Tier>) -> Lowered {
    let mut reader = Reader {
        object: item.object,
        language,
        closed: Vec::new(),
    };
    let policy = tier.and_then(|tier| reader.policy(tier));
    let mut lowered = Lowered::one_or_left_out(policy, item);
    let closed = reader.closed.iter();
    lowered
        .left_out
        .extend(closed.map(|sentence| format!("{}, {sentence}", item.display())));
    lowered
}

struct Reader<'a> {
    object: &'a Object,
    language: &'a Language,
    /// One sentence for each rule that failed closed.
    closed: Vec<String>,
}

/// What a rule speaks of, each part with its place.
type Placed<T> = (T, Location);

impl Reader<'_> {
    fn policy(&mut self, tier: Tier) -> Option<(Policy, PolicyOrigin)> {
        let spec = self.object.get("/spec")?;
        let (_, subject) = spec.entry("subject")?;
        let subject_at = self.object.locate(subject);
        let selected = pods(subject)?;
        let mut rules = Vec::new();
        let mut origins = Vec::new();
        for direction in Direction::BOTH {
            let list = spec.get(direction.name()).into_iter();
            for (index, node) in list.flat_map(NodeRef::items).enumerate() {
                let (rule, origin) = self.rule(direction, index, node);
                rules.push(rule);
                origins.push(origin);
            }
        }
        let key = PolicyKey {
            kind: self.language.kind,
            namespace: None,
            name: self.object.name.clone(),
            part: 0,
        };
        let origin = PolicyOrigin {
            key: key.clone(),
            object: self.object.at,
            name: self.object.name_at,
            subject: subject_at,
            // S-TIERS: these policies isolate nobody.
            isolation: [subject_at; 2],
            stated: [false; 2],
            rules: origins,
            dead_rules: Vec::new(),
            parts: PolicyParts::default(),
            unheard: Vec::new(),
        };
        let policy = Policy {
            tier,
            key,
            subject: Subject::Endpoints(selected),
            isolates: [false, false],
            rules,
        };
        Some((policy, origin))
    }

    fn rule(
        &mut self,
        direction: Direction,
        index: usize,
        node: NodeRef<'_>,
    ) -> (Rule, RuleOrigin) {
        let at = self.object.locate(node);
        let action = self.action(node);
        let peers = self.peers(direction, action, node);
        let ports = self.ports(node);
        if let (Some(action), Some(peers), Some(ports)) = (action, peers, ports) {
            let (peers, peer_places) = peers.into_iter().unzip();
            let (ports, port_places): (Vec<_>, Vec<_>) = ports.into_iter().unzip();
            let rule = Rule {
                direction,
                action,
                peers: Some(peers),
                ports: Some(ports).filter(|ports| !ports.is_empty()),
                condition: None,
            };
            let origin = RuleOrigin {
                rule: at,
                peers: peer_places,
                ports: port_places,
                parts: RuleParts::default(),
            };
            return (rule, origin);
        }
        let origin = RuleOrigin {
            rule: at,
            peers: Vec::new(),
            ports: Vec::new(),
            parts: RuleParts::default(),
        };
        (self.fail_closed(direction, index, action), origin)
    }

    /// S-FAIL-CLOSED: "For Accept rules, fail closed means: treat the rule as matching no traffic.
    /// For Deny and Pass rules, fail closed means: treat the rule as a Deny all rule"
    /// (`ClusterNetworkPolicyEgressPeer`).
    fn fail_closed(&mut self, direction: Direction, index: usize, action: Option<Action>) -> Rule {
        let accepts = action == Some(Action::Allow);
        let done = if accepts {
            "it matches nothing"
        } else {
            "it denies everything"
        };
        self.closed.push(format!(
            "{} rule {}: a part of it is not known, so {done}",
            direction.name(),
            index + 1
        ));
        Rule {
            direction,
            action: if accepts { Action::Allow } else { Action::Deny },
            peers: accepts.then(Vec::new),
            ports: None,
            condition: None,
        }
    }

    fn action(&self, rule: NodeRef<'_>) -> Option<Action> {
        match rule.get("action").and_then(NodeRef::as_str)? {
            "Deny" => Some(Action::Deny),
            "Pass" if self.language.kind != PolicyKind::BaselineAdminNetworkPolicy => {
                Some(Action::Pass)
            }
            word if word == self.language.accept => Some(Action::Allow),
            _ => None,
        }
    }

    /// The peers of a rule, one for each network. Without any there is one that is not known.
    fn peers(
        &self,
        direction: Direction,
        action: Option<Action>,
        rule: NodeRef<'_>,
    ) -> Option<Vec<Placed<Peer>>> {
        let side = match direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        let mut found = Vec::new();
        for node in rule.get(side).into_iter().flat_map(NodeRef::items) {
            match direction {
                Direction::Ingress => {
                    found.push((Peer::Pods(pods(node)?), self.object.locate(node)));
                }
                Direction::Egress => found.extend(self.egress_peer(action, node)?),
            }
        }
        Some(found).filter(|found| !found.is_empty())
    }

    fn egress_peer(&self, action: Option<Action>, node: NodeRef<'_>) -> Option<Vec<Placed<Peer>>> {
        let at = self.object.locate(node);
        let (key, value) = only_part(node)?;
        let peer = match key {
            "nodes" => Peer::Nodes(selector(value)?),
            // S-NETWORKS: they speak of addresses, those of pods and nodes too.
            "networks" => {
                let place = |item: NodeRef<'_>| {
                    let block = IpBlock::new(network(item.as_str()?)?, []);
                    Some((Peer::IpBlock(block), self.object.locate(item)))
                };
                return value.items().map(place).collect();
            }
            "domainNames" if action == Some(Action::Allow) => {
                let names = value.items().map(|item| Some(item.as_str()?.to_owned()));
                Peer::Names(names.collect::<Option<_>>()?)
            }
            _ => Peer::Pods(pods(node)?),
        };
        Some(vec![(peer, at)])
    }

    fn ports(&self, rule: NodeRef<'_>) -> Option<Vec<Placed<PortMatch>>> {
        let items = rule.get(self.language.ports).into_iter();
        items
            .flat_map(NodeRef::items)
            .map(|node| Some(((self.language.port)(node)?, self.object.locate(node))))
            .collect()
    }
}

/// `isCIDR(self)` lets host bits pass; they are ignored.
fn network(text: &str) -> Option<IpNet> {
    match cidr::parse(text) {
        Ok(net) | Err(cidr::Refusal::HostBits(net)) => Some(net),
        Err(_) => None,
    }
}

/// S-ADMIN-PODS: all pods of the selected namespaces, or the selected pods in them. A missing
/// `namespaceSelector` is the empty one.
fn pods(node: NodeRef<'_>) -> Option<EndpointSelector> {
    let (key, value) = only_part(node)?;
    let (namespaces, pods) = match key {
        "namespaces" => (selector(value)?, Selector::everything()),
        "pods" => {
            let part = |key: &str| match value.get(key).filter(|node| !node.is_null()) {
                Some(node) => selector(node),
                None => Some(Selector::everything()),
            };
            (part("namespaceSelector")?, part("podSelector")?)
        }
        _ => return None,
    };
    let namespaces = NamespaceScope::Matching(namespaces);
    Some(EndpointSelector::new(namespaces, pods))
}

/// The one field of a choice; several, or none, are not known. Null is absent.
pub(super) fn only_part(node: NodeRef<'_>) -> Option<(&str, NodeRef<'_>)> {
    let mut parts = node.entries().filter(|(_, value)| !value.is_null());
    let (key, value) = parts.next()?;
    parts.next().is_none().then_some((key.as_str()?, value))
}

/// A whole number from 1 to 65535.
pub(super) fn port_number(node: NodeRef<'_>, key: &str) -> Option<u16> {
    let number = u16::try_from(node.get(key)?.as_i64()?).ok()?;
    (number > 0).then_some(number)
}
