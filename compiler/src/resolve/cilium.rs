//! `cilium.io/v2 CiliumNetworkPolicy` and `CiliumClusterwideNetworkPolicy` to canonical form, as
//! Cilium 1.20 reads them (docs/semantics.md, S-CILIUM-*).

mod groups;
mod peers;
mod ports;
mod selector;
mod settings;

pub(crate) use settings::Settings;

use super::collect::{Collected, Item};
use super::kinds::Role;
use super::policies::Lowered;
use crate::load::Layer;
use crate::model::{Absent, AbsentPeer, PolicyOrigin, PolicyParts, RuleOrigin, RuleParts, Unheard};
use crate::schema;
use crate::source::Location;
use groups::Groups;
use netpol_policy::{
    Action, Condition, Dialect, Direction, EndpointSelector, NamespaceScope, Policy, PolicyKey,
    PolicyKind, Rule, Selector, Subject, Tier,
};
use netpol_yaml::NodeRef;
use peers::Who;
use ports::{Ports, Purpose};
use selector::{Scope, Term, terms};
use std::collections::BTreeSet;

/// What the policies of Cilium have in common: how the CNI is set up, and what they may name.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// How the CNI is set up.
    pub settings: Settings,
    groups: Groups,
    learns_names: bool,
    /// Is there a policy of Cilium?
    any: bool,
}

impl Around {
    /// Looks at all objects.
    pub fn new(collected: &Collected<'_>, settings: Settings) -> Self {
        let policies = || {
            let items = collected.items.iter().filter(|item| !item.removed);
            items.filter(|item| is_cilium(item.role))
        };
        if policies().next().is_none() {
            return Self {
                settings,
                ..Self::default()
            };
        }
        Self {
            settings,
            groups: Groups::read(collected),
            learns_names: policies().any(learns_names),
            any: true,
        }
    }
}

impl Around {
    /// What all answers leave out of account, a sentence each.
    pub fn reservations(&self, dialect: Dialect) -> Vec<String> {
        let mut said = Vec::new();
        if self.any && dialect != Dialect::Cilium {
            said.push(
                "there are policies of Cilium, and blocks of addresses in other policies are read \
                 as covering pods, which they do not under Cilium (--dialect)",
            );
        }
        if self.settings.localhost_needs_rule {
            said.push(
                "`allow-localhost: policy` is not taken into account: a node is taken to reach its \
                 own pods",
            );
        }
        said.into_iter().map(str::to_owned).collect()
    }
}

fn is_cilium(role: Role) -> bool {
    let kinds = [
        PolicyKind::CiliumNetworkPolicy,
        PolicyKind::CiliumClusterwideNetworkPolicy,
    ];
    matches!(role, Role::Policy(kind) if kinds.contains(&kind))
}

fn learns_names(item: &Item<'_>) -> bool {
    specs(item).any(learns)
}

/// Does the agent learn addresses of names from what the specification lets out?
fn learns(spec: NodeRef<'_>) -> bool {
    let rules = spec.get("egress").into_iter().flat_map(NodeRef::items);
    let mut ports = rules
        .filter_map(|rule| Some(rule.get("toPorts")?.items()))
        .flatten();
    ports.any(ports::learns_names)
}

/// `spec`, then the items of `specs`.
pub(super) fn specs<'a>(item: &Item<'a>) -> impl Iterator<Item = NodeRef<'a>> {
    let root = item.object.root();
    let spec = root.get("spec").filter(|spec| !spec.is_null());
    let more = root.get("specs").into_iter().flat_map(NodeRef::items);
    spec.into_iter().chain(more)
}

/// Lowers the policies of one object: one for each of its specifications.
pub(crate) fn lower(kind: PolicyKind, item: &Item<'_>, around: &Around) -> Lowered {
    let mut reader = Reader {
        kind,
        item,
        around,
        said: BTreeSet::new(),
        absent: Vec::new(),
        learning: Vec::new(),
    };
    let policies = reader.policies();
    if policies.is_none() {
        reader.absent.clear();
    }
    let left_out = reader.said.iter();
    Lowered {
        left_out: left_out
            .map(|why| format!("{}: {why}", item.display()))
            .collect(),
        policies: policies.unwrap_or_default(),
        absent: reader.absent,
        learning: reader.learning,
    }
}

/// Everything that isolates nobody in particular and allows nothing: what
/// `policyEnforcementMode: always` comes to.
pub(crate) fn isolate_everybody(at: Location) -> (Policy, PolicyOrigin) {
    let key = PolicyKey {
        kind: PolicyKind::CiliumClusterwideNetworkPolicy,
        namespace: None,
        name: "policyEnforcementMode: always".to_owned(),
        part: 0,
    };
    let origin = PolicyOrigin {
        key: key.clone(),
        object: at,
        name: at,
        subject: at,
        isolation: [at, at],
        stated: [true; 2],
        rules: Vec::new(),
        dead_rules: Vec::new(),
        parts: PolicyParts::default(),
        unheard: Vec::new(),
    };
    let everybody = NamespaceScope::Matching(Selector::everything());
    let policy = Policy {
        tier: Tier::Namespace,
        key,
        subject: Subject::Endpoints(EndpointSelector::new(everybody, Selector::everything())),
        isolates: [true, true],
        rules: Vec::new(),
    };
    (policy, origin)
}

/// A part of a policy that nothing can be made of.
struct Meaningless;

struct Reader<'a> {
    kind: PolicyKind,
    item: &'a Item<'a>,
    around: &'a Around,
    /// Sentences' ends about what answers do not take into account.
    said: BTreeSet<String>,
    /// What names nobody who is known.
    absent: Vec<Absent>,
    /// Specifications from which the agent learns addresses of names.
    learning: Vec<PolicyKey>,
}

/// The lists of rules: their key, direction and purpose.
const LISTS: [(&str, Direction, Purpose); 4] = [
    ("ingress", Direction::Ingress, Purpose::Allow),
    ("ingressDeny", Direction::Ingress, Purpose::Deny),
    ("egress", Direction::Egress, Purpose::Allow),
    ("egressDeny", Direction::Egress, Purpose::Deny),
];

impl<'a> Reader<'a> {
    fn say(&mut self, why: &str) {
        self.said.insert(why.to_owned());
    }

    /// What a rule names and is not there, with what is said of it.
    fn miss(&mut self, direction: Direction, at: Location, what: AbsentPeer, why: Option<&str>) {
        if let Some(why) = why {
            self.say(why);
        }
        self.absent.push(Absent {
            policy: self.key(0),
            direction,
            at,
            what,
            sentence: why.map(|why| format!("{}: {why}", self.item.display())),
        });
    }

    fn key(&self, part: u16) -> PolicyKey {
        PolicyKey {
            kind: self.kind,
            namespace: self.scope().namespace.map(str::to_owned),
            name: self.item.object.name.clone(),
            part,
        }
    }

    fn locate(&self, node: NodeRef<'_>) -> Location {
        self.item.object.locate(node)
    }

    fn scope(&self) -> Scope<'a> {
        let namespaced = self.kind == PolicyKind::CiliumNetworkPolicy;
        Scope {
            namespace: self.item.namespace.as_deref().filter(|_| namespaced),
            cluster: self.around.settings.cluster.as_deref(),
        }
    }

    /// S-CILIUM-SPECS and S-CILIUM-VALID: each specification is a policy of its own; one that the
    /// agent refuses takes the whole object with it.
    fn policies(&mut self) -> Option<Vec<(Policy, PolicyOrigin)>> {
        let settings = &self.around.settings;
        let unread = match self.kind {
            PolicyKind::CiliumNetworkPolicy => settings.no_namespaced,
            _ => settings.no_clusterwide,
        };
        if unread {
            self.say("left out, because the CNI values keep the agent from reading its kind");
            return None;
        }
        // Others have been checked when they were read.
        if self.item.object.layer == Layer::State
            && let Some(why) = schema::cilium::refusal(self.item.object)
        {
            self.say(&format!("left out, because Cilium refuses it ({why})"));
            return None;
        }
        if let Some(why) = self.refused_by_settings() {
            self.say(&format!("left out, because Cilium refuses it ({why})"));
            return None;
        }
        let mut policies = Vec::new();
        for (part, spec) in specs(self.item).enumerate() {
            let part = u16::try_from(part).unwrap_or(u16::MAX);
            let Ok(found) = self.policy(spec, part) else {
                self.say("left out, because a part of it has no meaning");
                return None;
            };
            policies.extend(found);
        }
        Some(policies)
    }

    /// What the agent refuses in the way that it is set up.
    fn refused_by_settings(&self) -> Option<&'static str> {
        let settings = &self.around.settings;
        for spec in specs(self.item) {
            let rules = LISTS.iter().filter_map(|(list, ..)| spec.get(list));
            for rule in rules.flat_map(NodeRef::items) {
                let some = |key: &str| rule.get(key).is_some_and(|list| !list.is_empty());
                let ports = rule.get("toPorts").into_iter().flat_map(NodeRef::items);
                let l7 = |item: NodeRef<'_>| {
                    let rules = item.get("rules");
                    rules.is_some_and(|r| r.entries().any(|(_, list)| !list.is_empty()))
                };
                if settings.no_l7 && ports.into_iter().any(l7) {
                    return Some("rules for requests need `l7Proxy`, which is off");
                }
                if settings.no_icmp && some("icmps") {
                    return Some("`icmps` need `enable-icmp-rules`, which is off");
                }
                if settings.node_selectors == Some(false) && (some("fromNodes") || some("toNodes"))
                {
                    return Some("peers by node labels need `nodeSelectorLabels`, which is off");
                }
            }
        }
        None
    }

    /// One specification; `None` when it has no effect.
    fn policy(
        &mut self,
        spec: NodeRef<'a>,
        part: u16,
    ) -> Result<Option<(Policy, PolicyOrigin)>, Meaningless> {
        let Some((subject, subject_at)) = self.subject(spec)? else {
            return Ok(None);
        };
        let mut rules = Vec::new();
        let mut origins = Vec::new();
        let mut isolates = [false; 2];
        let mut isolation = [subject_at; 2];
        let stated = Direction::BOTH.map(|direction| {
            let pointer = format!("/enableDefaultDeny/{}", direction.name());
            let said = spec.pointer(&pointer).and_then(NodeRef::as_bool);
            said.is_some()
        });
        for (list, direction, purpose) in LISTS {
            let Some((key, items)) = spec.entry(list).filter(|(_, items)| !items.is_empty()) else {
                continue;
            };
            let required = self.required(items, direction).ok_or(Meaningless)?;
            for node in items.items() {
                let rules_of = self.rules((direction, purpose), node, &required);
                for (rule, origin) in rules_of.ok_or(Meaningless)? {
                    rules.push(rule);
                    origins.push(origin);
                }
            }
            let pointer = format!("/enableDefaultDeny/{}", direction.name());
            let asked = spec.pointer_entry(&pointer);
            let asked = asked.and_then(|(key, value)| Some((key?, value.as_bool()?)));
            // S-CILIUM-ISOLATION: a list isolates unless the policy says that it does not.
            let off = asked.is_some_and(|(_, on)| !on) && !self.around.settings.always_isolates;
            let at = direction.index();
            if let (Some(isolates), Some(place)) = (isolates.get_mut(at), isolation.get_mut(at))
                && !*isolates
            {
                *isolates = !off;
                *place = self.locate(asked.map_or(key, |(key, _)| key));
            }
        }
        let object = self.item.object;
        let key = self.key(part);
        if learns(spec) {
            self.learning.push(key.clone());
        }
        let origin = PolicyOrigin {
            key: key.clone(),
            object: object.at,
            name: object.name_at,
            subject: subject_at,
            isolation,
            stated,
            rules: origins,
            dead_rules: Vec::new(),
            parts: PolicyParts::default(),
            unheard: self.unheard(spec),
        };
        let policy = Policy {
            tier: Tier::Namespace,
            key,
            subject,
            isolates,
            rules,
        };
        Ok(Some((policy, origin)))
    }

    /// S-CILIUM-ISOLATION: where no rule is, `enableDefaultDeny: true` has no effect.
    fn unheard(&self, spec: NodeRef<'a>) -> Vec<Unheard> {
        let Some((entry, asked)) = spec.entry("enableDefaultDeny") else {
            return Vec::new();
        };
        let mut unheard = Vec::new();
        for direction in Direction::BOTH {
            let mut lists = LISTS.iter().filter(|(_, of, _)| *of == direction);
            let has_rules = lists.any(|(list, ..)| spec.get(list).is_some_and(|l| !l.is_empty()));
            let said = asked.entry(direction.name());
            let said = said.filter(|(_, value)| value.as_bool() == Some(true));
            if let (Some((key, _)), false) = (said, has_rules) {
                unheard.push(Unheard {
                    direction,
                    at: self.locate(key),
                    entry: self.locate(entry),
                });
            }
        }
        unheard
    }

    /// S-CILIUM-SUBJECT and S-CILIUM-HOST; `None` selects nobody of this model.
    fn subject(&mut self, spec: NodeRef<'a>) -> Result<Option<(Subject, Location)>, Meaningless> {
        let part = |key: &str| spec.get(key).filter(|node| !node.is_null());
        if let Some(node) = part("nodeSelector") {
            match self.around.settings.host_firewall {
                Some(true) => {}
                Some(false) => {
                    self.say("without effect on nodes, because `hostFirewall.enabled` is off");
                    return Ok(None);
                }
                None => self.say(
                    "holds for nodes where `hostFirewall.enabled` is on, which is not known; \
                     give --cni-values",
                ),
            }
            let selected = selector::nodes(&terms(node).ok_or(Meaningless)?, self.scope().cluster);
            return Ok(selected.map(|nodes| (Subject::Nodes(nodes), self.locate(node))));
        }
        let node = part("endpointSelector").ok_or(Meaningless)?;
        let Some(selected) = selector::subject(&terms(node).ok_or(Meaningless)?, self.scope())
        else {
            self.say("selects parties that are no pods, about which no answer is given");
            return Ok(None);
        };
        Ok(Some((Subject::Endpoints(selected), self.locate(node))))
    }

    /// S-CILIUM-REQUIRES: what the rules of a list ask of every endpoint.
    fn required(&mut self, list: NodeRef<'a>, direction: Direction) -> Option<Vec<Term>> {
        let key = match direction {
            Direction::Ingress => "fromRequires",
            Direction::Egress => "toRequires",
        };
        let mut all = Vec::new();
        for rule in list.items() {
            for node in rule.get(key).into_iter().flat_map(NodeRef::items) {
                all.extend(terms(node)?);
            }
        }
        if !all.is_empty() {
            self.say(&format!(
                "`{key}` is refused by Cilium 1.19 and later; it is applied to this policy's own \
                 rules and not to those of others"
            ));
        }
        Some(all)
    }

    /// S-CILIUM-RULE: one canonical rule for each condition that its ports have.
    fn rules(
        &mut self,
        (direction, purpose): (Direction, Purpose),
        node: NodeRef<'a>,
        required: &[Term],
    ) -> Option<Vec<(Rule, RuleOrigin)>> {
        let who = peers::read(self, (direction, purpose), node, required)?;
        let groups = ports::read(node, purpose)?;
        if groups.iter().any(|group| group.other_protocol) {
            self.say(match purpose {
                Purpose::Allow => "allows protocols that are not told apart here; none is allowed",
                Purpose::Deny => "denies a protocol that is not told apart; all like it are denied",
            });
        }
        let names_ports = groups.iter().any(|group| group.listed.is_some());
        let who = match who {
            // S-CILIUM-EMPTY: `{}` allows nothing, and isolates.
            Who::Unnamed if !names_ports => return Some(Vec::new()),
            who => who,
        };
        let authentication = self.authentication(node);
        let rules = groups.into_iter().map(|group| {
            let rule_at = self.locate(node);
            self.rule(direction, purpose, (&who, rule_at), group, authentication)
        });
        Some(rules.collect())
    }

    fn rule(
        &self,
        direction: Direction,
        purpose: Purpose,
        (who, at): (&Who, Location),
        group: Ports<'_>,
        authentication: Authentication,
    ) -> (Rule, RuleOrigin) {
        let (mut peers, peer_places) = match who {
            Who::Unnamed => (None, Vec::new()),
            Who::Everybody(places) => (None, places.clone()),
            Who::These(these) => {
                let peers = these.iter().map(|(peer, _)| peer.clone()).collect();
                (Some(peers), these.iter().map(|(_, at)| *at).collect())
            }
        };
        let mut condition = group.condition;
        match authentication {
            Authentication::None => {}
            Authentication::Asked => condition = condition.or(Some(Condition::Authentication)),
            Authentication::Impossible => peers = Some(Vec::new()),
        }
        let (ports, port_places) = match group.listed {
            Some(listed) => {
                let (ports, nodes): (Vec<_>, Vec<_>) = listed.into_iter().unzip();
                let places = nodes.into_iter().map(|node| self.locate(node));
                (Some(ports), places.collect())
            }
            None => (None, Vec::new()),
        };
        let rule = Rule {
            direction,
            action: match purpose {
                Purpose::Allow => Action::Allow,
                Purpose::Deny => Action::Deny,
            },
            peers,
            ports,
            condition: condition.filter(|_| purpose == Purpose::Allow),
        };
        let origin = RuleOrigin {
            rule: at,
            peers: peer_places,
            ports: port_places,
            parts: RuleParts::default(),
        };
        (rule, origin)
    }

    /// S-CILIUM-AUTHENTICATION.
    fn authentication(&mut self, rule: NodeRef<'_>) -> Authentication {
        let mode = rule
            .pointer("/authentication/mode")
            .and_then(NodeRef::as_str);
        match mode {
            Some("required") if self.around.settings.authentication == Some(false) => {
                Authentication::Impossible
            }
            Some("required") => Authentication::Asked,
            Some("test-always-fail") => Authentication::Impossible,
            _ => Authentication::None,
        }
    }
}

/// What a rule asks of both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Authentication {
    None,
    Asked,
    Impossible,
}
