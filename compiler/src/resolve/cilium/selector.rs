//! Cilium's label selectors: a key may name the source of the label, the namespace is a label, and
//! so are Cilium's names for parties (`reserved:host`).

use crate::resolve::selector::selector;
use netpol_policy::{EndpointSelector, Entity, NamespaceScope, Operator, Requirement, Selector};
use netpol_yaml::NodeRef;

/// The namespace of a pod as a label (`PodNamespaceLabel`).
const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";
/// What labels of a namespace begin with (`PodNamespaceMetaLabelsPrefix`).
const NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";
/// The label that every namespace carries.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
/// The service account of a pod as a label.
const SERVICE_ACCOUNT: &str = "io.cilium.k8s.policy.serviceaccount";
/// The cluster of a pod as a label.
const CLUSTER: &str = "io.cilium.k8s.policy.cluster";

/// Where a label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Kubernetes: `k8s:`, `any:` or no prefix at all. Pods and nodes have these.
    Kubernetes,
    /// Cilium's names for parties, `reserved:` or `$`.
    Reserved,
    /// `cidr:`, `fqdn:`, `container:` …: no pod has one.
    Elsewhere,
}

/// One demand of a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    source: Source,
    /// Written as `k8s:` among `matchLabels`; only such a namespace gives way to the policy's own.
    replaceable: bool,
    /// With the key behind the source.
    requirement: Requirement,
}

/// What is known where the policy lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The policy's namespace; `None` for cluster-wide policies.
    pub namespace: Option<&'a str>,
    /// The name of the cluster, when the CNI values tell.
    pub cluster: Option<&'a str>,
}

/// Whom a selector of peers selects.
#[derive(Debug, Default)]
pub(super) struct Selected {
    /// Pods.
    pub pods: Option<EndpointSelector>,
    /// Parties beside pods.
    pub entities: Vec<Entity>,
    /// It says more than the entities do.
    pub imprecise: bool,
}

/// Reads `matchLabels` and `matchExpressions`. `None` when an operator is none (refused before).
pub(super) fn terms(node: NodeRef<'_>) -> Option<Vec<Term>> {
    let of_labels = node.get("matchLabels").map_or(0, NodeRef::len);
    let read = selector(node)?.requirements.into_iter().enumerate();
    Some(read.map(|(at, r)| term(r, at < of_labels)).collect())
}

/// `NewSourceEncodedLabelKey`: what stands before the first colon is the source.
fn term(mut requirement: Requirement, of_labels: bool) -> Term {
    let mut replaceable = false;
    let source = if let Some(name) = requirement.key.strip_prefix('$') {
        requirement.key = name.to_owned();
        Source::Reserved
    } else if let Some((prefix, key)) = requirement.key.split_once(':') {
        let source = match prefix {
            "" | "any" | "k8s" => Source::Kubernetes,
            "reserved" => Source::Reserved,
            _ => Source::Elsewhere,
        };
        replaceable = of_labels && prefix == "k8s";
        requirement.key = key.to_owned();
        source
    } else {
        Source::Kubernetes
    };
    Term {
        source,
        replaceable,
        requirement,
    }
}

impl Term {
    fn is_about(&self, key: &str) -> bool {
        self.source == Source::Kubernetes && self.requirement.key == key
    }

    /// Does it hold for a party without such a label?
    fn holds_without(&self) -> bool {
        let operator = self.requirement.operator;
        matches!(operator, Operator::NotIn | Operator::DoesNotExist)
    }

    /// The same demand on another key.
    fn on(&self, key: &str) -> Requirement {
        Requirement {
            key: key.to_owned(),
            ..self.requirement.clone()
        }
    }
}

/// S-CILIUM-SUBJECT: the pods that a policy selects; its namespace is forced. `None` when that can
/// be no pod.
pub(super) fn subject(terms: &[Term], scope: Scope<'_>) -> Option<EndpointSelector> {
    let kept: Vec<&Term> = (terms.iter())
        .filter(|t| scope.namespace.is_none() || !(t.replaceable && t.is_about(POD_NAMESPACE)))
        .collect();
    pods(&kept, scope.namespace, scope.cluster)
}

/// S-CILIUM-PEER: the parties that a selector of peers selects (`getEndpointSelector`).
pub(super) fn peer(terms: &[Term], scope: Scope<'_>) -> Selected {
    let all: Vec<&Term> = terms.iter().collect();
    if terms.iter().any(|t| t.source == Source::Reserved) {
        let (entities, imprecise) = entities(terms);
        return Selected {
            pods: pods(&all, None, scope.cluster),
            entities,
            imprecise,
        };
    }
    let names_namespace = terms.iter().any(|t| {
        let key = t.requirement.key.as_str();
        let by_label = t.source == Source::Kubernetes && key.starts_with(NAMESPACE_LABELS);
        by_label || t.is_about(POD_NAMESPACE)
    });
    let own = scope.namespace.filter(|_| !names_namespace);
    Selected {
        pods: pods(&all, own, scope.cluster),
        ..Selected::default()
    }
}

/// The pods among those that are selected. Every pod has a namespace, a service account and a
/// cluster; it has no label of another source than Kubernetes.
fn pods(terms: &[&Term], own: Option<&str>, cluster: Option<&str>) -> Option<EndpointSelector> {
    let mut namespaces: Vec<Requirement> = own.map(named).into_iter().collect();
    let mut labels = Vec::new();
    let mut identity = Vec::new();
    for term in terms {
        let key = term.requirement.key.as_str();
        if term.source != Source::Kubernetes {
            if term.holds_without() {
                continue;
            }
            return None;
        }
        if matches!(key, POD_NAMESPACE | SERVICE_ACCOUNT | CLUSTER) {
            match term.requirement.operator {
                Operator::Exists => continue,
                Operator::DoesNotExist => return None,
                Operator::In | Operator::NotIn => {}
            }
        }
        match (key, cluster) {
            (POD_NAMESPACE, _) => namespaces.push(term.on(NAMESPACE_NAME)),
            (CLUSTER, Some(name)) => {
                let listed = term.requirement.values.iter().any(|value| value == name);
                if listed == term.holds_without() {
                    return None;
                }
            }
            (SERVICE_ACCOUNT | CLUSTER, _) => identity.push(term.requirement.clone()),
            _ => match key.strip_prefix(NAMESPACE_LABELS) {
                Some(label) => namespaces.push(term.on(label)),
                None => labels.push(term.requirement.clone()),
            },
        }
    }
    let selector = |requirements| Selector { requirements };
    Some(EndpointSelector {
        namespaces: scope_of(namespaces),
        pods: selector(labels),
        identity: selector(identity),
    })
}

fn named(namespace: &str) -> Requirement {
    Requirement {
        key: NAMESPACE_NAME.to_owned(),
        operator: Operator::In,
        values: vec![namespace.to_owned()],
    }
}

/// One namespace by name where that is all that is asked for.
fn scope_of(requirements: Vec<Requirement>) -> NamespaceScope {
    if let [only] = requirements.as_slice()
        && only.key == NAMESPACE_NAME
        && only.operator == Operator::In
        && let [name] = only.values.as_slice()
    {
        return NamespaceScope::Named(name.clone());
    }
    NamespaceScope::Matching(Selector { requirements })
}

/// Parties beside pods, with the reserved labels that each of them has and no other labels.
const PARTIES: [(Entity, &[&str]); 9] = [
    (Entity::Host, &["host"]),
    (Entity::RemoteNode, &["remote-node"]),
    (Entity::WorldIpv4, &["world", "world-ipv4"]),
    (Entity::WorldIpv6, &["world", "world-ipv6"]),
    (Entity::KubeApiserver, &["kube-apiserver"]),
    (Entity::Ingress, &["ingress"]),
    (Entity::Health, &["health"]),
    (Entity::Init, &["init"]),
    (Entity::Unmanaged, &["unmanaged"]),
];

/// S-CILIUM-RESERVED: the parties that satisfy the terms, and whether these say more than can be
/// told in entities: the API server is one of the nodes or outside at the same time.
fn entities(terms: &[Term]) -> (Vec<Entity>, bool) {
    let reserved = || terms.iter().filter(|t| t.source == Source::Reserved);
    let asks_for_one = reserved().any(|t| !t.holds_without());
    let mut found: Vec<Entity> = (PARTIES.iter())
        .filter(|(_, labels)| terms.iter().all(|term| holds(term, labels)))
        .map(|(entity, _)| *entity)
        .filter(|e| asks_for_one || !is_elsewhere(*e))
        .collect();
    let both = [Entity::WorldIpv4, Entity::WorldIpv6];
    if both.iter().all(|entity| found.contains(entity)) {
        found.retain(|entity| !both.contains(entity));
        found.push(Entity::World);
    }
    let server = reserved().find(|t| t.requirement.key == "kube-apiserver");
    let alone = reserved().count() == 1;
    let imprecise = server.is_some_and(|term| !alone || term.holds_without());
    (found, imprecise)
}

/// Only counted where they are asked for by name: they have no place of their own among parties.
fn is_elsewhere(entity: Entity) -> bool {
    let places = [
        Entity::Host,
        Entity::RemoteNode,
        Entity::WorldIpv4,
        Entity::WorldIpv6,
    ];
    !places.contains(&entity)
}

/// Reserved labels have no value.
fn holds(term: &Term, labels: &[&str]) -> bool {
    let present =
        term.source == Source::Reserved && labels.contains(&term.requirement.key.as_str());
    let listed = present && term.requirement.values.iter().any(String::is_empty);
    match term.requirement.operator {
        Operator::In => listed,
        Operator::NotIn => !listed,
        Operator::Exists => present,
        Operator::DoesNotExist => !present,
    }
}

/// S-CILIUM-NODES: nodes by labels (`nodeSelector`, `fromNodes`). `None` when it can be no node.
pub(super) fn nodes(terms: &[Term], cluster: Option<&str>) -> Option<Selector> {
    let mut requirements = Vec::new();
    for term in terms {
        let key = term.requirement.key.as_str();
        let about_nodes = matches!(key, "host" | "remote-node");
        let holds = match term.source {
            Source::Reserved if about_nodes => !term.holds_without(),
            Source::Reserved | Source::Elsewhere => term.holds_without(),
            Source::Kubernetes if key == CLUSTER => match cluster {
                Some(name) => term.requirement.values.iter().any(|v| v == name),
                None => true,
            },
            Source::Kubernetes => {
                requirements.push(term.requirement.clone());
                true
            }
        };
        if !holds {
            return None;
        }
    }
    Some(Selector { requirements })
}

/// Labels of a service or of a group of CIDRs; the source of a key makes no difference.
pub(super) fn by_labels(terms: &[Term]) -> Selector {
    Selector {
        requirements: terms.iter().map(|t| t.requirement.clone()).collect(),
    }
}
