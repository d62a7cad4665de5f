//! Small clusters built by hand, and questions to them in words.

use netpol_policy::{
    Action, Cluster, ContainerPort, Decision, Dialect, Direction, Endpoint, EndpointSelector, Flow,
    IpBlock, Labels, Matrix, Namespace, NamespaceScope, Node, Options, Party, Peer, Policy,
    PolicyKey, PolicyKind, PolicySet, PortMatch, Protocol, Rule, RuleRef, Selector, Service, Side,
    Subject, Tier, Verdict, decide,
};
use std::net::IpAddr;

/// Label pairs as tests write them.
pub type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A cluster with its policies.
#[derive(Default)]
pub struct World {
    cluster: Cluster,
    options: Options,
    policies: Vec<Policy>,
}

impl World {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.options.dialect = dialect;
        self
    }

    /// How the CNI is set up.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Labels of a node that is there.
    pub fn node_labels(mut self, name: &str, labels: Pairs<'_>) -> Self {
        let node = self.cluster.nodes.iter_mut().find(|n| n.name == name);
        node.expect("a node").labels = labels_of(labels);
        self
    }

    pub fn service(mut self, service: Service) -> Self {
        self.cluster.services.push(service);
        self
    }

    /// Declares a namespace.
    pub fn namespace(mut self, name: &str, labels: Pairs<'_>) -> Self {
        let namespace = Namespace {
            labels: labels_of(labels),
            undeclared: false,
        };
        self.cluster.namespaces.insert(name.to_owned(), namespace);
        self
    }

    pub fn node(mut self, name: &str, addresses: &[&str], pod_cidrs: &[&str]) -> Self {
        self.cluster.nodes.push(Node {
            name: name.to_owned(),
            addresses: addresses.iter().map(|a| address(a)).collect(),
            pod_cidrs: pod_cidrs
                .iter()
                .map(|c| c.parse().expect("a CIDR"))
                .collect(),
            ..Node::default()
        });
        self
    }

    /// A running pod, `namespace/name`.
    pub fn pod(self, id: &str, labels: Pairs<'_>, addresses: &[&str]) -> Self {
        self.endpoint(pod(id, labels, addresses))
    }

    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.cluster.endpoints.push(endpoint);
        self
    }

    pub fn policy(mut self, policy: Policy) -> Self {
        self.policies.push(policy);
        self
    }

    /// Everything there is has been declared.
    pub fn closed(mut self) -> Self {
        self.cluster = self.cluster();
        self.cluster.close();
        self
    }

    pub fn cluster(&self) -> Cluster {
        let mut cluster = self.cluster.clone();
        cluster.normalize();
        cluster
    }

    pub fn policies(&self) -> PolicySet {
        PolicySet::with_options(self.options, self.policies.clone())
    }

    /// Asks both evaluators. `from` and `to` are `namespace/name` (the primary address, if any),
    /// `node/NAME`, an address (whoever carries it), or `?` for an unknown source; `port` is
    /// `TCP/80`.
    pub fn ask(&self, from: &str, to: &str, port: &str) -> Answer {
        let (cluster, policies) = (self.cluster(), self.policies());
        let (protocol, number) = port.split_once('/').expect("PROTOCOL/PORT");
        let flow = Flow {
            source: party(&cluster, from),
            destination: party(&cluster, to),
            protocol: protocol.parse().expect("a protocol"),
            port: number.parse().expect("a port"),
        };
        let decision = decide(&policies, &cluster, &flow);
        let fast = Matrix::new(&policies, &cluster).decide(&flow);
        assert_eq!(Some(decision), fast, "S-TWO: {from} to {to} on {port}");
        Answer {
            decision,
            ingress: reason(&policies, decision.ingress),
            egress: reason(&policies, decision.egress),
        }
    }

    pub fn allows(&self, from: &str, to: &str, port: &str) -> bool {
        match self.ask(from, to, port).decision.verdict {
            Verdict::Allow => true,
            Verdict::Deny => false,
            Verdict::Unknown => panic!("{from} to {to} on {port} is unknown"),
        }
    }
}

/// A decision with the reasons in words.
#[derive(Debug)]
pub struct Answer {
    pub decision: Decision,
    pub ingress: String,
    pub egress: String,
}

impl Answer {
    pub fn verdict(&self) -> Verdict {
        self.decision.verdict
    }
}

/// `not isolated`, `self`, `local node`, `isolated by KEY`, or `KEY ingress[0]`.
fn reason(policies: &PolicySet, side: Side) -> String {
    match policies.rule_ref(side.rule).expect("a rule of this set") {
        RuleRef::Builtin(id) => ["not isolated", "self", "local node"]
            .get(usize::try_from(id.0).expect("small"))
            .expect("a built-in reason")
            .to_string(),
        RuleRef::Isolation(policy, _) => format!("isolated by {}", policy.key),
        RuleRef::Rule(policy, rule, place) => {
            format!("{} {}[{place}]", policy.key, rule.direction.name())
        }
    }
}

fn party(cluster: &Cluster, name: &str) -> Party {
    if name == "?" {
        return Party::Unknown;
    }
    if let Ok(address) = name.parse::<IpAddr>() {
        return cluster.party_of(address);
    }
    let (first, second) = name.split_once('/').expect("namespace/name");
    if first == "node" {
        let at = (cluster.nodes.iter().position(|n| n.name == second)).expect("a node");
        let address = cluster.nodes.get(at).and_then(|n| n.addresses.first());
        return Party::Node(at, address.copied());
    }
    let at = (cluster.endpoints.iter())
        .position(|e| e.namespace == first && e.name == second)
        .expect("an endpoint");
    let endpoint = cluster.endpoints.get(at).expect("just found");
    Party::Endpoint(at, endpoint.addresses.first().copied())
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub fn labels_of(pairs: Pairs<'_>) -> Labels {
    pairs.iter().copied().collect()
}

/// A running pod, to be changed with struct update syntax.
pub fn pod(id: &str, labels: Pairs<'_>, addresses: &[&str]) -> Endpoint {
    let (namespace, name) = id.split_once('/').expect("namespace/name");
    Endpoint {
        namespace: namespace.to_owned(),
        kind: "Pod".to_owned(),
        name: name.to_owned(),
        labels: labels_of(labels),
        addresses: addresses.iter().map(|a| address(a)).collect(),
        ..Endpoint::default()
    }
}

/// A container port with a name.
pub fn container_port(name: &str, protocol: Protocol, port: u16) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        protocol,
        port,
    }
}

/// A `NetworkPolicy` for the pods of its namespace with these labels. It isolates in the
/// directions that `types` names.
pub fn network_policy(id: &str, subject: Pairs<'_>, types: &[Direction]) -> Policy {
    let (namespace, name) = id.split_once('/').expect("namespace/name");
    Policy {
        tier: Tier::Namespace,
        key: PolicyKey {
            kind: PolicyKind::NetworkPolicy,
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
            part: 0,
        },
        subject: Subject::Endpoints(EndpointSelector::new(
            NamespaceScope::Named(namespace.to_owned()),
            Selector::match_labels(subject.iter().copied()),
        )),
        isolates: Direction::BOTH.map(|d| types.contains(&d)),
        rules: Vec::new(),
    }
}

/// A cluster-scoped policy of an ordered tier for every pod with these labels.
pub fn tiered_policy(name: &str, tier: Tier, subject: Pairs<'_>) -> Policy {
    Policy {
        tier,
        key: PolicyKey {
            kind: PolicyKind::ClusterNetworkPolicy,
            namespace: None,
            name: name.to_owned(),
            part: 0,
        },
        subject: Subject::Endpoints(EndpointSelector::new(
            NamespaceScope::Matching(Selector::everything()),
            Selector::match_labels(subject.iter().copied()),
        )),
        isolates: [false, false],
        rules: Vec::new(),
    }
}

/// Adds a rule; `None` for peers means everybody, `None` for ports means all of them.
pub fn with_rule(
    mut policy: Policy,
    direction: Direction,
    action: Action,
    peers: Option<Vec<Peer>>,
    ports: Option<Vec<PortMatch>>,
) -> Policy {
    policy.rules.push(Rule {
        direction,
        action,
        peers,
        ports,
        condition: None,
    });
    policy
}

/// Adds `ingress: [{from: peers, ports: ports}]`.
pub fn allow_from(policy: Policy, peers: Vec<Peer>, ports: Vec<PortMatch>) -> Policy {
    let ports = (!ports.is_empty()).then_some(ports);
    with_rule(
        policy,
        Direction::Ingress,
        Action::Allow,
        Some(peers),
        ports,
    )
}

/// Adds `egress: [{to: peers, ports: ports}]`.
pub fn allow_to(policy: Policy, peers: Vec<Peer>, ports: Vec<PortMatch>) -> Policy {
    let ports = (!ports.is_empty()).then_some(ports);
    with_rule(policy, Direction::Egress, Action::Allow, Some(peers), ports)
}

/// `podSelector` alone: pods of this namespace.
pub fn pods_of(namespace: &str, labels: Pairs<'_>) -> Peer {
    Peer::Pods(EndpointSelector::new(
        NamespaceScope::Named(namespace.to_owned()),
        Selector::match_labels(labels.iter().copied()),
    ))
}

/// `namespaceSelector` and `podSelector` in one item.
pub fn pods_in(namespaces: Pairs<'_>, labels: Pairs<'_>) -> Peer {
    Peer::Pods(EndpointSelector::new(
        NamespaceScope::Matching(Selector::match_labels(namespaces.iter().copied())),
        Selector::match_labels(labels.iter().copied()),
    ))
}

/// `ipBlock`.
pub fn block(cidr: &str, except: &[&str]) -> Peer {
    let net = |text: &str| text.parse().expect("a CIDR");
    Peer::IpBlock(IpBlock::new(net(cidr), except.iter().map(|e| net(e))))
}

/// One TCP port.
pub fn tcp(port: u16) -> PortMatch {
    PortMatch::Range {
        protocol: Protocol::Tcp,
        first: port,
        last: port,
    }
}

/// A TCP port by name.
pub fn tcp_named(name: &str) -> PortMatch {
    PortMatch::Named {
        protocol: Some(Protocol::Tcp),
        name: name.to_owned(),
    }
}
