//! What `resolve` makes of the documents: the cluster and its policies, without any YAML, and for
//! each part the place that it was read from.

mod parts;
mod size;

pub use parts::{
    ConditionParts, Emptiness, PeerParts, PolicyParts, PortParts, Replacement, RuleParts, Wide,
    Widened,
};
pub use size::{ImageBudget, NoImageBudget};

use crate::source::Location;
use netpol_policy::{Cluster, Direction, PolicyKey, PolicySet, Protocol};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that analyses may look at.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Who is there, normalized.
    pub cluster: Cluster,
    /// What was written, in canonical order.
    pub policies: PolicySet,
    /// Where each policy comes from, in the order of [`PolicySet::policies`].
    pub policy_origins: Vec<PolicyOrigin>,
    /// Where each endpoint comes from, in the order of [`Cluster::endpoints`].
    pub endpoint_origins: Vec<Origin>,
    /// Where declared namespaces come from.
    pub namespace_origins: BTreeMap<String, Origin>,
    /// Workloads and the endpoints that their pods are, by place in [`Cluster::endpoints`]. A
    /// workload whose pods are in the input too is no endpoint itself, its pods are; so is the
    /// Deployment of a ReplicaSet. Workloads that are endpoints themselves are listed as well.
    pub owners: BTreeMap<OwnerKey, Vec<usize>>,
    /// Objects that are given more than once, in the order of reading.
    pub duplicates: Vec<Duplicate>,
    /// Policies that are recognised but not taken into account; [`Model::incomplete`] says so too.
    pub unanalysed: Vec<Unanalysed>,
    /// What stands behind the ports of services that select pods, sorted by namespace and name.
    pub routes: Vec<Route>,
    /// Objects that lead clients outside of the cluster to services, sorted.
    pub ways_in: Vec<WayIn>,
    /// Services that the API server calls (webhooks, aggregated APIs): namespace and name, sorted.
    pub called_by_server: Vec<(String, String)>,
    /// The values given to the CNI's chart, when there are any.
    pub cni: Option<CniValues>,
    /// What policies need of these values, in the order of reading; empty without values.
    pub needs: Vec<Need>,
    /// What the image of a node may take.
    pub image_budget: ImageBudget,
    /// Nothing exists but what was given (`--closed-world`, or a cluster dump).
    pub closed_world: bool,
    /// What could not be taken into account, one sentence each; answers are marked incomplete.
    pub incomplete: Vec<String>,
    /// May anything but policies be missing that was in the input: files that could not be read,
    /// workloads or namespaces that the server refuses? Then who is not found may be just there.
    pub parties_missing: bool,
    /// Parts of rules that name nobody who is known, in the order of reading.
    pub absent: Vec<Absent>,
    /// The policies with rules from which the agent of Cilium learns the addresses of names
    /// (`rules.dns`).
    pub learning: BTreeSet<PolicyKey>,
}

/// A part of a rule that names nobody who is known, so that the rule has no such peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// The policy; of several specifications in one object the first.
    pub policy: PolicyKey,
    /// The rule's direction.
    pub direction: Direction,
    /// The part.
    pub at: Location,
    /// What is named.
    pub what: AbsentPeer,
    /// The sentence of [`Model::incomplete`] that says so too.
    pub sentence: Option<String>,
}

/// Whom a rule names without anybody being meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AbsentPeer {
    /// Lists of peers without items (S-CILIUM-EMPTY).
    EmptyList {
        /// The key of the first one.
        key: &'static str,
        /// Does the rule name ports?
        ports: bool,
    },
    /// A service that is not in the input (S-CILIUM-SERVICES).
    Service {
        /// Every namespace where none is given.
        namespace: Option<String>,
        /// `serviceName`.
        name: String,
    },
    /// Names of DNS, while no policy lets the agent learn their addresses.
    Names,
}

/// A workload by what it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerKey {
    /// The namespace of the workload and of its pods.
    pub namespace: String,
    /// `Deployment`, `ReplicaSet`, `CronJob` …
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
}

/// Two objects of the same kind, namespace and name. The one that is read last is analysed, as
/// `kubectl apply` would leave it in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// `kind` of both.
    pub kind: String,
    /// `None` for objects without a namespace.
    pub namespace: Option<String>,
    /// `metadata.name` of both.
    pub name: String,
    /// The name of the object that is left out.
    pub lost: Location,
    /// The name of the object that is analysed.
    pub kept: Location,
    /// Do both say the same? Then nothing is lost.
    pub identical: bool,
}

/// A service that selects pods, and where its ports lead. Unlike the backends of
/// [`netpol_policy::Service`] pods without an address are meant too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The service's namespace.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// In the order of the manifest.
    pub ports: Vec<RoutePort>,
    /// May clients outside of the cluster use it (`NodePort`, `LoadBalancer`, external addresses)?
    pub from_outside: bool,
    /// Its `metadata.name`; `None` when it comes from a compiled form.
    pub at: Option<Location>,
}

/// One port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePort {
    /// Its name; empty when it has none.
    pub name: String,
    /// Protocol of service and target.
    pub protocol: Protocol,
    /// The port that clients use.
    pub port: u16,
    /// The item of `spec.ports`; `None` when it comes from a compiled form.
    pub at: Option<Location>,
    /// Places in [`Cluster::endpoints`], each with the port that the pods are asked on.
    pub backends: Vec<(usize, u16)>,
}

/// A backend of an Ingress or of a route of the Gateway API. Requests come from the pods of a
/// controller; which these are, the object does not say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WayIn {
    /// `Ingress shop/web`, `HTTPRoute shop/web`.
    pub object: String,
    /// Namespace and name of the service that it leads to.
    pub service: (String, String),
    /// The port of the service.
    pub port: u16,
    /// The host names that clients ask for; empty when any.
    pub hosts: Vec<String>,
    /// Where the backend stands.
    pub at: Location,
}

/// One thing that differs between two readings and can be taken over alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The object's kind; `CNI values` and `inventory` for what is no object.
    pub kind: String,
    /// `None` for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// `metadata.name`; empty for what is no object.
    pub name: String,
    /// What of it differs.
    pub part: EditPart,
    /// Where it stands in the first reading.
    pub before: Option<Location>,
    /// Where it stands in the second one.
    pub after: Option<Location>,
}

/// What of an object differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditPart {
    /// It is there on one side only.
    Whole(EditKind),
    /// One label of its pods, or of the namespace.
    Label {
        /// The label's key.
        key: String,
        /// `None` where the label is missing.
        before: Option<String>,
        /// `None` where the label is missing.
        after: Option<String>,
    },
    /// Other fields, which change together.
    Fields(Vec<EditDetail>),
}

/// Which side lacks the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditKind {
    /// The first one.
    Added,
    /// The second one.
    Removed,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditDetail {
    /// `spec.ingress[0].ports[0].port`.
    pub field: String,
    /// The value in short; `None` where there is none.
    pub before: Option<String>,
    /// The value in short; `None` where there is none.
    pub after: Option<String>,
    /// Where the value stands.
    pub before_at: Option<Location>,
    /// Where the value stands.
    pub after_at: Option<Location>,
}

/// A policy of a language that is known and not analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanalysed {
    /// `apiVersion` as written.
    pub api_version: String,
    /// `kind` as written.
    pub kind: String,
    /// `None` for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
    /// The `metadata.name`, or the object.
    pub at: Location,
}

/// Where an object was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The whole object.
    pub object: Location,
    /// Its `metadata.name`, or the object when it has none.
    pub name: Location,
    /// The pod labels (of the template for workloads), the namespace's labels, else `name`.
    pub labels: Location,
    /// The list of containers for pods and workloads, else `name`.
    pub containers: Location,
    /// One of the containers declares no port: `containerPort` is informational, and that one may
    /// serve any.
    pub undeclared: bool,
}

/// Where a policy and its parts were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOrigin {
    /// What it is called.
    pub key: PolicyKey,
    /// The whole object.
    pub object: Location,
    /// Its `metadata.name`.
    pub name: Location,
    /// The selector of the subject, or `spec` where the selector is missing.
    pub subject: Location,
    /// What makes the policy isolate, by [`Direction::index`]: the item of `policyTypes`, the
    /// `ingress:`/`egress:` key, or the selector where isolation is the default.
    pub isolation: [Location; 2],
    /// Is it said outright whether the policy isolates (`policyTypes`, `enableDefaultDeny`), by
    /// [`Direction::index`]? Else it follows from the rules that are there.
    pub stated: [bool; 2],
    /// In the order of [`netpol_policy::Policy::rules`].
    pub rules: Vec<RuleOrigin>,
    /// Rules of a direction that `policyTypes` leaves out: they are in the text, not in the
    /// policy.
    pub dead_rules: Vec<DeadRule>,
    /// Places inside of it.
    pub parts: PolicyParts,
    /// Where the text asks for isolation in a direction in which it has no rules, so that nobody is
    /// isolated (S-CILIUM-ISOLATION).
    pub unheard: Vec<Unheard>,
}

/// Where a rule and its parts were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOrigin {
    /// The whole rule.
    pub rule: Location,
    /// Its peers in the order of the manifest; empty when the rule names none.
    pub peers: Vec<Location>,
    /// Its ports in the order of the manifest; empty when the rule names none.
    pub ports: Vec<Location>,
    /// Places inside of them.
    pub parts: RuleParts,
}

/// A rule that cannot have any effect because of `policyTypes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadRule {
    /// The direction that is left out.
    pub direction: Direction,
    /// The rule.
    pub rule: Location,
    /// It names no peers, so that it would allow everybody.
    pub everybody: bool,
    /// It names no ports.
    pub every_port: bool,
    /// The `policyTypes` list.
    pub policy_types: Location,
}

/// Something that a policy needs of the CNI's values beyond enforcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What it needs.
    pub feature: Feature,
    /// The policy: `CiliumNetworkPolicy shop/web`.
    pub object: String,
    /// Where the policy shows it.
    pub at: Location,
}

/// What a policy may need of the CNI's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Feature {
    /// Rules for requests (`toPorts[].rules`).
    L7,
    /// Names of DNS (`toFQDNs`).
    Names,
    /// A policy for nodes (`nodeSelector`).
    NodeSubject,
    /// Peers that are nodes by labels (`fromNodes`, `toNodes`).
    NodePeers,
    /// Ports of SCTP.
    Sctp,
    /// Types of ICMP (`icmps`).
    Icmp,
    /// A rule whose blocks are all of IPv6.
    OnlyIpv6,
    /// A rule whose blocks are all of IPv4.
    OnlyIpv4,
    /// Peers that have proved who they are (`authentication.mode: required`).
    Authentication,
    /// An object of `ClusterNetworkPolicy`.
    ClusterNetworkPolicy,
    /// A policy that does not isolate (`enableDefaultDeny: false`).
    NoDefaultDeny,
    /// A narrow block that holds the address of a node.
    NodeAddress,
}

/// `enableDefaultDeny` that is true for a direction without rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unheard {
    /// The direction.
    pub direction: Direction,
    /// The direction's key below `enableDefaultDeny`.
    pub at: Location,
    /// The key `enableDefaultDeny`.
    pub entry: Location,
}

/// The Helm values of the CNI, as a flat list of leaves.
#[derive(Debug, Clone, Default)]
pub struct CniValues {
    /// Dotted path (`hubble.relay.enabled`) → value and place. Lists are one leaf.
    pub leaves: BTreeMap<String, CniValue>,
    /// Dotted path of every mapping (`hubble.relay`) → the place of its key.
    pub branches: BTreeMap<String, Location>,
    /// The chart's version, where somebody said it.
    pub version: Option<ChartVersion>,
    /// The version that the chart is to be upgraded to, where somebody asked.
    pub upgrade_to: Option<ChartVersion>,
}

/// A minor version of the CNI's chart: `1.20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct ChartVersion {
    /// The number before the first dot.
    pub major: u16,
    /// The number behind it.
    pub minor: u16,
}

impl std::fmt::Display for ChartVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl TryFrom<String> for ChartVersion {
    type Error = NoChartVersion;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Text that is no version: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version of a chart; write 1.20 or 1.20.3")]
pub struct NoChartVersion(String);

impl std::str::FromStr for ChartVersion {
    type Err = NoChartVersion;

    /// `1.20`, `v1.20`, `1.20.3`, `1.20.0-rc.1`: what stands behind the minor number does not
    /// matter.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || NoChartVersion(text.to_owned());
        let numbers = text.strip_prefix('v').unwrap_or(text);
        let mut parts = numbers.splitn(3, '.');
        let mut number = || parts.next()?.parse::<u16>().ok();
        let major = number().ok_or_else(bad)?;
        let minor = number().ok_or_else(bad)?;
        Ok(Self { major, minor })
    }
}

/// One leaf of the values.
#[derive(Debug, Clone, PartialEq)]
pub struct CniValue {
    /// What Helm reads.
    pub value: serde_json::Value,
    /// The key's place.
    pub key: Location,
    /// The value's place.
    pub at: Location,
}

#[cfg(test)]
mod tests {
    use super::ChartVersion;

    #[test]
    fn versions_are_read_in_all_forms() {
        for text in ["1.20", "v1.20", "1.20.3", "v1.20.0-rc.1"] {
            let version = text.parse::<ChartVersion>().map(|v| v.to_string());
            assert_eq!(version, Ok("1.20".to_owned()), "{text}");
        }
        for text in ["", "1", "1.", "x.1", "1.20-rc", "newest", "1.99999999"] {
            assert!(text.parse::<ChartVersion>().is_err(), "{text}");
        }
        let version = |text: &str| text.parse::<ChartVersion>();
        assert!(version("1.9").ok() < version("1.10").ok());
    }
}
