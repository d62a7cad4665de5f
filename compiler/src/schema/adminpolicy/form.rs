//! What differs between the kinds.

/// The names and limits of one kind.
pub(in crate::schema) struct Form {
    /// `spec.priority` is there.
    pub has_priority: bool,
    /// `spec.tier` is there.
    pub has_tier: bool,
    /// The most rules of a direction, and items of a list of peers or ports.
    pub limit: usize,
    /// Values of `action`, the one that lets packets pass first.
    pub actions: &'static [&'static str],
    /// The same as a sentence.
    pub actions_in_words: &'static str,
    /// The list of ports of a rule.
    pub ports: &'static str,
    /// What one item of it may have: exactly one.
    pub port_kinds: &'static [&'static str],
    /// The one of them that is a name.
    pub named_port: &'static str,
    /// What an item of `to` may have: exactly one. Items of `from` have [`SUBJECTS`].
    pub egress_peers: &'static [&'static str],
    /// `pods` needs a `namespaceSelector`.
    pub needs_namespaces: bool,
}

impl Form {
    /// The action that lets packets pass.
    pub fn accept(&self) -> &'static str {
        self.actions.first().copied().unwrap_or_default()
    }
}

/// What `subject` and items of `from` may have: exactly one.
pub(super) const SUBJECTS: [&str; 2] = ["namespaces", "pods"];

const PORTS_V1ALPHA1: [&str; 3] = ["portNumber", "portRange", "namedPort"];
const PORTS_V1ALPHA2: [&str; 4] = ["tcp", "udp", "sctp", "destinationNamedPort"];
const PEERS: [&str; 5] = ["namespaces", "pods", "nodes", "networks", "domainNames"];
const PEERS_BASELINE: [&str; 4] = ["namespaces", "pods", "nodes", "networks"];

/// `policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy`.
pub(in crate::schema) const ADMIN: Form = Form {
    has_priority: true,
    has_tier: false,
    limit: 100,
    actions: &["Allow", "Deny", "Pass"],
    actions_in_words: "must be `Allow`, `Deny` or `Pass`",
    ports: "ports",
    port_kinds: &PORTS_V1ALPHA1,
    named_port: "namedPort",
    egress_peers: &PEERS,
    needs_namespaces: true,
};

/// `policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy`.
pub(in crate::schema) const BASELINE: Form = Form {
    has_priority: false,
    actions: &["Allow", "Deny"],
    actions_in_words: "must be `Allow` or `Deny`",
    egress_peers: &PEERS_BASELINE,
    ..ADMIN
};

/// `policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy`.
pub(in crate::schema) const CLUSTER: Form = Form {
    has_tier: true,
    limit: 25,
    actions: &["Accept", "Deny", "Pass"],
    actions_in_words: "must be `Accept`, `Deny` or `Pass`",
    ports: "protocols",
    port_kinds: &PORTS_V1ALPHA2,
    named_port: "destinationNamedPort",
    needs_namespaces: false,
    ..ADMIN
};
