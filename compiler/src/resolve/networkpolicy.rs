//! `networking.k8s.io/v1 NetworkPolicy` to canonical form.

use super::collect::Item;
use super::parts;
use super::policies::Lowered;
use super::selector::selector;
use crate::load::Object;
use crate::model::{
    ConditionParts, DeadRule, PolicyOrigin, PolicyParts, RuleOrigin, RuleParts, Widened,
};
use crate::schema::cidr;
use crate::source::Location;
use netpol_policy::{
    Action, Direction, EndpointSelector, IpBlock, NamespaceScope, Peer, Policy, PolicyKey,
    PolicyKind, PortMatch, Protocol, Rule, Selector, Subject, Tier,
};
use netpol_yaml::NodeRef;

/// Lowers one policy that the server would accept. It is left out when a part of it has no meaning
/// after all; then nothing is guessed.
pub(crate) fn lower(item: &Item<'_>) -> Lowered {
    let reader = Reader {
        object: item.object,
        namespace: item.namespace(),
    };
    Lowered::one_or_left_out(reader.policy(), item)
}

struct Reader<'a> {
    object: &'a Object,
    namespace: &'a str,
}

/// The types of a policy: which directions it isolates and what says so.
struct Types {
    isolates: [bool; 2],
    places: [Location; 2],
    list: Location,
    stated: bool,
}

impl Reader<'_> {
    fn policy(&self) -> Option<(Policy, PolicyOrigin)> {
        let spec = self.object.get("/spec");
        let subject_at = self.subject(spec);
        let pods = match spec.and_then(|spec| spec.get("podSelector")) {
            Some(node) => selector(node)?,
            None => Selector::everything(),
        };
        let types = self.types(spec, subject_at);
        let mut rules = Vec::new();
        let mut origins = Vec::new();
        let mut dead_rules = Vec::new();
        let mut widened = Vec::from_iter(parts::of_subject(self.object, subject_at));
        for direction in Direction::BOTH {
            let list = spec.and_then(|spec| spec.get(direction.name()));
            for node in list.into_iter().flat_map(NodeRef::items) {
                let isolates = match direction {
                    Direction::Ingress => types.isolates[0],
                    Direction::Egress => types.isolates[1],
                };
                if isolates {
                    let (rule, origin) = self.rule(direction, node)?;
                    widened.extend(self.widened(direction, node));
                    rules.push(rule);
                    origins.push(origin);
                } else {
                    let side = match direction {
                        Direction::Ingress => "from",
                        Direction::Egress => "to",
                    };
                    let is_empty = |key: &str| node.get(key).is_none_or(NodeRef::is_empty);
                    dead_rules.push(DeadRule {
                        direction,
                        rule: self.object.locate(node),
                        everybody: is_empty(side),
                        every_port: is_empty("ports"),
                        policy_types: types.list,
                    });
                }
            }
        }
        let key = PolicyKey {
            kind: PolicyKind::NetworkPolicy,
            namespace: Some(self.namespace.to_owned()),
            name: self.object.name.clone(),
            part: 0,
        };
        let origin = PolicyOrigin {
            key: key.clone(),
            object: self.object.at,
            name: self.object.name_at,
            subject: subject_at,
            isolation: types.places,
            stated: [types.stated; 2],
            rules: origins,
            dead_rules,
            parts: PolicyParts {
                subject: self.conditions(spec),
                widened,
            },
            unheard: Vec::new(),
        };
        let policy = Policy {
            tier: Tier::Namespace,
            key,
            subject: Subject::Endpoints(EndpointSelector::new(
                NamespaceScope::Named(self.namespace.to_owned()),
                pods,
            )),
            isolates: types.isolates,
            rules,
        };
        Some((policy, origin))
    }

    /// The place of an entry: its value, or its key when nothing is written behind it.
    fn place(&self, parent: NodeRef<'_>, key: &str) -> Option<Location> {
        let (key, value) = parent.entry(key)?;
        let node = if value.span().is_empty() { key } else { value };
        Some(self.object.locate(node))
    }

    fn subject(&self, spec: Option<NodeRef<'_>>) -> Location {
        let Some(spec) = spec else {
            return self.object.at;
        };
        self.place(spec, "podSelector")
            .or_else(|| self.place(self.object.root(), "spec"))
            .unwrap_or(self.object.at)
    }

    /// S-NP-TYPES: `policyTypes` as given; absent, null or empty it is Ingress, and Egress when
    /// there is an egress rule (`SetDefaults_NetworkPolicy`).
    fn types(&self, spec: Option<NodeRef<'_>>, subject: Location) -> Types {
        let list = spec.and_then(|spec| spec.entry("policyTypes"));
        let place_of = |name: &str| {
            let entry = spec.and_then(|spec| spec.entry(name));
            entry.map_or(subject, |(key, _)| self.object.locate(key))
        };
        if let Some((_, items)) = list.filter(|(_, items)| !items.is_empty()) {
            let of = |name: &str| items.items().find(|item| item.as_str() == Some(name));
            let (ingress, egress) = (of("Ingress"), of("Egress"));
            let at = |item: Option<NodeRef<'_>>| item.map_or(subject, |i| self.object.locate(i));
            return Types {
                isolates: [ingress.is_some(), egress.is_some()],
                places: [at(ingress), at(egress)],
                list: self.object.locate(items),
                stated: true,
            };
        }
        let egress = spec.and_then(|spec| spec.get("egress"));
        Types {
            isolates: [true, egress.is_some_and(|rules| !rules.is_empty())],
            places: [place_of("ingress"), place_of("egress")],
            list: list.map_or(subject, |(key, _)| self.object.locate(key)),
            stated: false,
        }
    }

    fn rule(&self, direction: Direction, node: NodeRef<'_>) -> Option<(Rule, RuleOrigin)> {
        let side = match direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        let listed = |key: &str| -> Vec<NodeRef<'_>> {
            node.get(key).into_iter().flat_map(NodeRef::items).collect()
        };
        let (peers, ports) = (listed(side), listed("ports"));
        let places = |nodes: &[NodeRef<'_>]| nodes.iter().map(|n| self.object.locate(*n)).collect();
        let origin = RuleOrigin {
            rule: self.object.locate(node),
            peers: places(&peers),
            ports: places(&ports),
            parts: self.parts(node, side),
        };
        // An absent and an empty list mean the same: everyone, every port.
        let peers: Option<Vec<Peer>> = peers.into_iter().map(|n| self.peer(n)).collect();
        let ports: Option<Vec<PortMatch>> = ports.into_iter().map(port).collect();
        let rule = Rule {
            direction,
            action: Action::Allow,
            peers: Some(peers?).filter(|peers| !peers.is_empty()),
            ports: Some(ports?).filter(|ports| !ports.is_empty()),
            condition: None,
        };
        Some((rule, origin))
    }

    /// The places of the conditions of the subject's selector.
    fn conditions(&self, spec: Option<NodeRef<'_>>) -> Vec<ConditionParts> {
        let Some(spec) = spec else { return Vec::new() };
        let selector = spec.get("podSelector");
        let selector = selector.filter(|selector| parts::within(spec, *selector));
        selector.map_or_else(Vec::new, |s| parts::conditions(self.object, s))
    }

    /// The places inside of a rule; none when the rule is written somewhere else.
    fn parts(&self, rule: NodeRef<'_>, side: &str) -> RuleParts {
        if !parts::within(self.object.root(), rule) {
            return RuleParts::default();
        }
        let list = |key: &str| rule.get(key).filter(|list| parts::within(rule, *list));
        let mut peers = Vec::new();
        if let Some(list) = list(side) {
            let mut before = None;
            for node in list.items() {
                let mut peer = parts::peer(self.object, list, node);
                peer.join = before.and_then(|b| parts::join(self.object, list, b, node));
                peers.push(peer);
                before = Some(node);
            }
        }
        let ports = list("ports").into_iter().flat_map(|list| {
            let ports = list.items();
            ports.map(move |node| parts::port(self.object, list, node))
        });
        RuleParts {
            peers,
            ports: ports.collect(),
        }
    }

    /// What is empty in a rule.
    fn widened(&self, direction: Direction, rule: NodeRef<'_>) -> Vec<Widened> {
        let side = match direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        let mut found = parts::of_rule(self.object, rule, direction);
        for peer in rule.get(side).into_iter().flat_map(NodeRef::items) {
            found.extend(parts::of_peer(self.object, peer, direction));
        }
        found
    }

    /// S-PEER: an ipBlock alone; else pods of the policy's namespace, all pods of the selected
    /// namespaces, or, with both selectors in one item, the selected pods of these namespaces.
    fn peer(&self, node: NodeRef<'_>) -> Option<Peer> {
        let part = |key: &str| node.get(key).filter(|node| !node.is_null());
        if let Some(block) = part("ipBlock") {
            let cidr = cidr::parse(block.get("cidr")?.as_str()?).ok()?;
            let except = block.get("except").into_iter().flat_map(NodeRef::items);
            let except: Option<Vec<ipnet::IpNet>> = except
                .map(|hole| cidr::parse(hole.as_str()?).ok())
                .collect();
            return Some(Peer::IpBlock(IpBlock::new(cidr, except?)));
        }
        let namespaces = match part("namespaceSelector") {
            Some(node) => NamespaceScope::Matching(selector(node)?),
            None => NamespaceScope::Named(self.namespace.to_owned()),
        };
        let pods = match part("podSelector") {
            Some(node) => selector(node)?,
            None => Selector::everything(),
        };
        Some(Peer::Pods(EndpointSelector::new(namespaces, pods)))
    }
}

/// S-PORT: TCP unless stated; no number means every port of the protocol; `endPort` is inclusive.
fn port(node: NodeRef<'_>) -> Option<PortMatch> {
    let part = |key: &str| node.get(key).filter(|node| !node.is_null());
    let protocol = match part("protocol") {
        Some(name) => name.as_str()?.parse::<Protocol>().ok()?,
        None => Protocol::Tcp,
    };
    let Some(port) = part("port") else {
        return Some(PortMatch::all_of(protocol));
    };
    if let Some(name) = port.as_str() {
        return Some(PortMatch::Named {
            protocol: Some(protocol),
            name: name.to_owned(),
        });
    }
    let number = |node: NodeRef<'_>| u16::try_from(node.as_i64()?).ok();
    let first = number(port)?;
    let last = match part("endPort") {
        Some(end) => number(end)?,
        None => first,
    };
    Some(PortMatch::Range {
        protocol,
        first,
        last,
    })
}
