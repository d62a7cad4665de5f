//! What was written: policies of every language in one canonical form.
//!
//! Readers of the individual languages (`compiler/src/resolve/*.rs`) lower what they read to these
//! types; both evaluators and the image know nothing else.

use crate::{IpBlock, PortMatch, Selector};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// How a CNI reads what the specifications leave open.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// ipBlocks cover pod and node addresses like any other.
    #[default]
    Kubernetes,
    /// ipBlocks never cover addresses of the cluster.
    Cilium,
}

/// How the CNI that enforces the policies is set up, as far as it changes what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// How it reads what the specifications leave open.
    pub dialect: Dialect,
    /// Does it enforce anything? Not with `policyEnforcementMode: never`. (`always` is a policy
    /// that selects everybody and allows nothing.)
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enforced: bool,
    /// Blocks of addresses cover nodes too where they do not cover pods
    /// (`policyCIDRMatchMode: nodes`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocks_cover_nodes: bool,
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands skip_serializing_if a reference"
)]
fn is_true(value: &bool) -> bool {
    *value
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            enforced: true,
            blocks_cover_nodes: false,
        }
    }
}

/// The language that a policy is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PolicyKind {
    /// `networking.k8s.io/v1`.
    NetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha1`.
    AdminNetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha1`.
    BaselineAdminNetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha2`.
    ClusterNetworkPolicy,
    /// `cilium.io/v2`.
    CiliumNetworkPolicy,
    /// `cilium.io/v2`.
    CiliumClusterwideNetworkPolicy,
}

impl PolicyKind {
    /// The `kind:` of the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::NetworkPolicy => "NetworkPolicy",
            Self::AdminNetworkPolicy => "AdminNetworkPolicy",
            Self::BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
            Self::ClusterNetworkPolicy => "ClusterNetworkPolicy",
            Self::CiliumNetworkPolicy => "CiliumNetworkPolicy",
            Self::CiliumClusterwideNetworkPolicy => "CiliumClusterwideNetworkPolicy",
        }
    }
}

/// When a policy is asked. Earlier tiers are asked first; lower priorities first within a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Tier {
    /// Before any namespace owner has a say; first match wins.
    Admin {
        /// 0 to 1000.
        priority: u16,
    },
    /// NetworkPolicy: additive, denies beat allows, final for the pods it isolates.
    Namespace,
    /// For pods that no policy of the namespace tier isolates; first match wins.
    Baseline {
        /// 0 to 1000; 0 for the singleton `BaselineAdminNetworkPolicy`.
        priority: u16,
    },
}

/// Seen from the endpoint that the policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Towards the selected endpoint.
    Ingress,
    /// Away from it.
    Egress,
}

impl Direction {
    /// Both, ingress first.
    pub const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    /// 0 for ingress, 1 for egress: what tables are indexed by.
    pub fn index(self) -> usize {
        match self {
            Self::Ingress => 0,
            Self::Egress => 1,
        }
    }

    /// A subject and its other end as source and destination.
    pub fn pair<T>(self, subject: T, other: T) -> (T, T) {
        match self {
            Self::Ingress => (other, subject),
            Self::Egress => (subject, other),
        }
    }

    /// `ingress` or `egress`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// What a rule does with the packets that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The packet passes this side.
    Allow,
    /// The packet is dropped.
    Deny,
    /// The rest of this tier is skipped (admin and baseline tiers).
    Pass,
}

/// Which namespaces are meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NamespaceScope {
    /// This one: where the policy lives.
    Named(String),
    /// Those whose labels match; the empty selector means all.
    Matching(Selector),
}

/// Pods, by namespace and labels. Host-network pods are never selected
/// (`semantic-corners` 16: their traffic carries the node's address).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EndpointSelector {
    /// The namespaces to look in.
    pub namespaces: NamespaceScope,
    /// The pods in there.
    pub pods: Selector,
    /// Conditions on what the CNI knows of a pod beside its labels
    /// ([`crate::Endpoint::identity`]).
    #[serde(default, skip_serializing_if = "Selector::is_everything")]
    pub identity: Selector,
}

impl EndpointSelector {
    /// By namespace and labels alone, as every language but Cilium's selects.
    pub fn new(namespaces: NamespaceScope, pods: Selector) -> Self {
        Self {
            namespaces,
            pods,
            identity: Selector::everything(),
        }
    }
}

/// Whom a policy selects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// Pods.
    Endpoints(EndpointSelector),
    /// Nodes by their labels, with the pods that share their network
    /// (`CiliumClusterwideNetworkPolicy spec.nodeSelector`).
    Nodes(Selector),
}

impl Subject {
    /// The selector of pods, when pods are meant.
    pub fn endpoints(&self) -> Option<&EndpointSelector> {
        match self {
            Self::Endpoints(selector) => Some(selector),
            Self::Nodes(_) => None,
        }
    }
}

/// Names that Cilium has for parties (`fromEntities`, `toEntities`). `all` has none: it is no
/// condition at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entity {
    /// The subject's own node and the pods on its network.
    Host,
    /// The other nodes and the pods on their networks.
    RemoteNode,
    /// All pods and all nodes.
    Cluster,
    /// Every address outside of the cluster.
    World,
    /// The IPv4 addresses outside of the cluster.
    WorldIpv4,
    /// The IPv6 addresses outside of the cluster.
    WorldIpv6,
    /// The backends of the service `default/kubernetes`.
    KubeApiserver,
    /// Cilium's own ingress proxy, health endpoint, pods without identity or not under Cilium:
    /// none of the parties of a [`crate::Cluster`].
    Ingress,
    /// See [`Entity::Ingress`].
    Health,
    /// See [`Entity::Ingress`].
    Init,
    /// See [`Entity::Ingress`].
    Unmanaged,
}

impl Entity {
    /// As written in policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::RemoteNode => "remote-node",
            Self::Cluster => "cluster",
            Self::World => "world",
            Self::WorldIpv4 => "world-ipv4",
            Self::WorldIpv6 => "world-ipv6",
            Self::KubeApiserver => "kube-apiserver",
            Self::Ingress => "ingress",
            Self::Health => "health",
            Self::Init => "init",
            Self::Unmanaged => "unmanaged",
        }
    }
}

/// The other end that a rule speaks of (`networking/v1 NetworkPolicyPeer` and its relatives).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Peer {
    /// Pods by labels.
    Pods(EndpointSelector),
    /// Addresses; whether they cover those of the cluster is the [`Dialect`]'s to say.
    IpBlock(IpBlock),
    /// Addresses outside of the cluster, whatever the dialect (`fromCIDR`, `toCIDRSet`).
    Outside(IpBlock),
    /// Nodes by labels, with the pods that share their network
    /// (`ClusterNetworkPolicy egress[].to[].nodes`, `fromNodes`).
    Nodes(Selector),
    /// A party by Cilium's name for it.
    Entity(Entity),
    /// Addresses outside of the cluster that these DNS names stand for when packets flow
    /// (`toFQDNs`, `domainNames`): known at run time alone. Each with its wildcards, as written.
    Names(Vec<String>),
}

/// What must hold beside peer and port, and is decided while the connection runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    /// A proxy reads the requests and allows some of them (`toPorts[].rules`, `serverNames`).
    L7,
    /// Both ends must have proved who they are (`authentication.mode: required`).
    Authentication,
}

impl Condition {
    /// One sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::L7 => "a proxy allows some requests only (L7 rules)",
            Self::Authentication => "both ends must authenticate first",
        }
    }
}

/// When rules of the namespace tier are asked: denies first, then allows, those behind
/// authentication before all others (S-CONDITION). `Pass` has no meaning there.
pub(crate) fn turn(action: Action, condition: Option<Condition>) -> Option<usize> {
    match (action, condition) {
        (Action::Deny, _) => Some(0),
        (Action::Allow, Some(Condition::Authentication)) => Some(1),
        (Action::Allow, None) => Some(2),
        (Action::Allow, Some(Condition::L7)) => Some(3),
        (Action::Pass, _) => None,
    }
}

/// How many turns there are.
pub(crate) const TURNS: usize = 4;

/// One rule: packets between the subject and any of `peers` on any of `ports`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// As seen from the subject.
    pub direction: Direction,
    /// What happens to matching packets.
    pub action: Action,
    /// `None`: every peer, also those of which nothing is known (absent or empty `from`/`to`).
    /// `Some([])`: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peers: Option<Vec<Peer>>,
    /// `None`: every protocol and port (absent or empty `ports`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<PortMatch>>,
    /// Of an allow rule: what else must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// What names a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyKey {
    /// The language.
    pub kind: PolicyKind,
    /// `None` for cluster-scoped kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
    /// The place in a list of specifications that one object carries (`specs`), else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub part: u16,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands skip_serializing_if a reference"
)]
fn is_zero(part: &u16) -> bool {
    *part == 0
}

impl std::fmt::Display for PolicyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.kind.name())?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

/// One policy in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Where it is asked.
    pub tier: Tier,
    /// What it is called.
    pub key: PolicyKey,
    /// Whom it selects.
    pub subject: Subject,
    /// Does selecting isolate the endpoint, by [`Direction::index`]? (`spec.policyTypes`.)
    pub isolates: [bool; 2],
    /// Ingress rules first, then egress rules, each in the order of the manifest.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// The order of [`PolicySet::policies`] (S-REASON): tier with priority, namespace, kind, name,
    /// then the part. Whoever keeps something beside the policies sorts by it first.
    pub fn canonical_order(&self, other: &Self) -> Ordering {
        fn key(p: &Policy) -> (Tier, &Option<String>, PolicyKind, &str, u16) {
            let PolicyKey { kind, .. } = p.key;
            (p.tier, &p.key.namespace, kind, &p.key.name, p.key.part)
        }
        key(self).cmp(&key(other))
    }
}

/// Numbers a rule within a [`PolicySet`]; stable for the same set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub u32);

impl RuleId {
    /// No policy isolates the endpoint in this direction, and none denies.
    pub const NOT_ISOLATED: Self = Self(0);
    /// A pod always reaches itself.
    pub const SELF: Self = Self(1);
    /// A node always reaches its own pods (`networking/v1 NetworkPolicySpec.ingress`: "if the
    /// traffic source is the pod's local node").
    pub const LOCAL_NODE: Self = Self(2);
    /// Numbers below this one are not rules of policies; 3 to 15 are the dataplane's own reasons.
    pub const FIRST: u32 = 16;
}

/// What a [`RuleId`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleRef<'a> {
    /// A number below [`RuleId::FIRST`].
    Builtin(RuleId),
    /// "Isolated by this policy in this direction, and nothing allows".
    Isolation(&'a Policy, Direction),
    /// A rule and its place among the policy's rules of the same direction.
    Rule(&'a Policy, &'a Rule, usize),
}

/// All policies, sorted and numbered.
///
/// The canonical order is tier, priority, namespace, kind, name, then ingress before egress, then
/// the order of the manifest. Each policy takes two numbers for its isolations and one per rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Parts", into = "Parts")]
pub struct PolicySet {
    options: Options,
    policies: Vec<Policy>,
    first_ids: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct Parts {
    #[serde(flatten)]
    options: Options,
    policies: Vec<Policy>,
}

impl From<Parts> for PolicySet {
    fn from(parts: Parts) -> Self {
        Self::with_options(parts.options, parts.policies)
    }
}

impl From<PolicySet> for Parts {
    fn from(set: PolicySet) -> Self {
        Self {
            options: set.options,
            policies: set.policies,
        }
    }
}

impl PolicySet {
    /// Sorts and numbers the policies, which are enforced. Two policies of the same key keep their
    /// order.
    pub fn new(dialect: Dialect, policies: Vec<Policy>) -> Self {
        let options = Options {
            dialect,
            ..Options::default()
        };
        Self::with_options(options, policies)
    }

    /// As [`PolicySet::new`], under a CNI that is set up differently.
    pub fn with_options(options: Options, mut policies: Vec<Policy>) -> Self {
        policies.sort_by(Policy::canonical_order);
        let mut next = RuleId::FIRST;
        let mut first_ids = Vec::with_capacity(policies.len());
        for policy in &mut policies {
            policy.rules.sort_by_key(|r| r.direction);
            first_ids.push(next);
            let taken = u32::try_from(policy.rules.len()).unwrap_or(u32::MAX);
            next = next.saturating_add(2).saturating_add(taken);
        }
        Self {
            options,
            policies,
            first_ids,
        }
    }

    /// How the CNI is set up.
    pub fn options(&self) -> Options {
        self.options
    }

    /// How the CNI reads what is left open.
    pub fn dialect(&self) -> Dialect {
        self.options.dialect
    }

    /// The policies in canonical order.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The number of "isolated by" for the policy at a place in [`PolicySet::policies`].
    pub fn isolation_id(&self, policy: usize, direction: Direction) -> RuleId {
        let base = self.first_ids.get(policy).copied().unwrap_or(u32::MAX);
        RuleId(base.saturating_add(u32::from(direction == Direction::Egress)))
    }

    /// The number of a rule by its policy's place and its own place in [`Policy::rules`].
    pub fn rule_id(&self, policy: usize, rule: usize) -> RuleId {
        let base = self.first_ids.get(policy).copied().unwrap_or(u32::MAX);
        let rule = u32::try_from(rule).unwrap_or(u32::MAX);
        RuleId(base.saturating_add(2).saturating_add(rule))
    }

    /// One more than the highest number in use.
    pub fn id_bound(&self) -> u32 {
        match (self.policies.last(), self.first_ids.last()) {
            (Some(policy), Some(first)) => first
                .saturating_add(2)
                .saturating_add(u32::try_from(policy.rules.len()).unwrap_or(u32::MAX)),
            _ => RuleId::FIRST,
        }
    }

    /// What a number stands for; `None` when it is out of range.
    pub fn rule_ref(&self, id: RuleId) -> Option<RuleRef<'_>> {
        if id.0 < RuleId::FIRST {
            return Some(RuleRef::Builtin(id));
        }
        let place = self
            .first_ids
            .partition_point(|first| *first <= id.0)
            .checked_sub(1)?;
        let policy = self.policies.get(place)?;
        let offset = usize::try_from(id.0.checked_sub(*self.first_ids.get(place)?)?).ok()?;
        match offset {
            0 => Some(RuleRef::Isolation(policy, Direction::Ingress)),
            1 => Some(RuleRef::Isolation(policy, Direction::Egress)),
            _ => {
                let index = offset - 2;
                let rule = policy.rules.get(index)?;
                let before = policy
                    .rules
                    .iter()
                    .take(index)
                    .filter(|r| r.direction == rule.direction)
                    .count();
                Some(RuleRef::Rule(policy, rule, before))
            }
        }
    }
}
