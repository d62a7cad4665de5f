//! Edits between states of which only the canonical form is known, as in bundles.

use super::state::{Assembly, State};
use crate::model::{Edit, EditDetail, EditKind, EditPart};
use netpol_policy::{Cluster, Endpoint, Namespace, Node, Policy, PolicyKey, PolicySet, Service};
use std::collections::{BTreeMap, BTreeSet};

/// Two states and the parts in which they differ.
#[derive(Debug)]
pub struct Canonical<'a> {
    edits: Vec<Edit>,
    /// What each edit exchanges.
    parts: BTreeMap<Part, usize>,
    sides: [&'a State; 2],
}

/// What an edit exchanges.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Policy(PolicyKey),
    Namespace(String),
    Endpoint(String, String, String),
    Node(String),
    Service(String, String),
    Settings,
}

impl Part {
    fn edit(&self, part: EditPart) -> Edit {
        let own = |kind: &str, namespace: Option<&String>, name: &str| Edit {
            kind: kind.to_owned(),
            namespace: namespace.cloned(),
            name: name.to_owned(),
            part,
            before: None,
            after: None,
        };
        match self {
            Self::Policy(key) => own(key.kind.name(), key.namespace.as_ref(), &key.name),
            Self::Namespace(name) => own("Namespace", None, name),
            Self::Endpoint(namespace, kind, name) => own(kind, Some(namespace), name),
            Self::Node(name) => own("Node", None, name),
            Self::Service(namespace, name) => own("Service", Some(namespace), name),
            Self::Settings => own("CNI values", None, ""),
        }
    }
}

/// The parts of one state.
struct Parts<'a> {
    policies: BTreeMap<&'a PolicyKey, Vec<&'a Policy>>,
    namespaces: BTreeMap<&'a String, &'a Namespace>,
    endpoints: BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a Endpoint>>,
    nodes: BTreeMap<&'a String, &'a Node>,
    services: BTreeMap<(&'a str, &'a str), &'a Service>,
}

impl<'a> Parts<'a> {
    fn new(state: &'a State) -> Self {
        let mut policies: BTreeMap<_, Vec<&Policy>> = BTreeMap::new();
        for policy in state.policies.policies() {
            policies.entry(&policy.key).or_default().push(policy);
        }
        let mut endpoints: BTreeMap<_, Vec<&Endpoint>> = BTreeMap::new();
        let cluster = &state.cluster;
        for e in &cluster.endpoints {
            let key = (e.namespace.as_str(), e.kind.as_str(), e.name.as_str());
            endpoints.entry(key).or_default().push(e);
        }
        let services = cluster.services.iter();
        Self {
            policies,
            endpoints,
            namespaces: cluster.namespaces.iter().collect(),
            nodes: cluster.nodes.iter().map(|n| (&n.name, n)).collect(),
            services: services
                .map(|s| ((s.namespace.as_str(), s.name.as_str()), s))
                .collect(),
        }
    }
}

impl<'a> Canonical<'a> {
    /// Compares two states part by part.
    pub fn new(before: &'a State, after: &'a State) -> Self {
        let mut out = Self {
            edits: Vec::new(),
            parts: BTreeMap::new(),
            sides: [before, after],
        };
        let (a, b) = (Parts::new(before), Parts::new(after));
        out.differ(&a.policies, &b.policies, |key| Part::Policy((*key).clone()));
        out.differ(&a.namespaces, &b.namespaces, |name| {
            Part::Namespace((*name).clone())
        });
        out.differ(&a.endpoints, &b.endpoints, |(namespace, kind, name)| {
            let own = |text: &str| text.to_owned();
            Part::Endpoint(own(namespace), own(kind), own(name))
        });
        out.differ(&a.nodes, &b.nodes, |name| Part::Node((*name).clone()));
        out.differ(&a.services, &b.services, |(namespace, name)| {
            Part::Service((*namespace).to_owned(), (*name).to_owned())
        });
        if before.policies.options() != after.policies.options() {
            out.push(Part::Settings, EditPart::Fields(Vec::new()));
        }
        out
    }

    fn push(&mut self, part: Part, how: EditPart) {
        self.edits.push(part.edit(how));
        self.parts.insert(part, self.edits.len() - 1);
    }

    fn differ<K: Ord, V: PartialEq>(
        &mut self,
        before: &BTreeMap<K, V>,
        after: &BTreeMap<K, V>,
        part: impl Fn(&K) -> Part,
    ) {
        let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let how = match (before.get(key), after.get(key)) {
                (Some(a), Some(b)) if a == b => continue,
                (Some(_), Some(_)) => EditPart::Fields(Vec::<EditDetail>::new()),
                (None, _) => EditPart::Whole(EditKind::Added),
                (_, None) => EditPart::Whole(EditKind::Removed),
            };
            self.push(part(key), how);
        }
    }
}

impl Assembly for Canonical<'_> {
    fn edits(&self) -> &[Edit] {
        &self.edits
    }

    fn assemble(&self, chosen: &dyn Fn(usize) -> bool) -> State {
        let [before, after] = self.sides;
        // A part is taken from the second state when it does not differ or its edit is chosen.
        let second = |part: Part| self.parts.get(&part).is_some_and(|edit| chosen(*edit));
        let pick = |part: Part, side: usize| usize::from(second(part)) == side;
        let mut cluster = Cluster::default();
        let mut policies = Vec::new();
        for (side, state) in [before, after].into_iter().enumerate() {
            let own = &state.cluster;
            policies.extend(
                (state.policies.policies().iter())
                    .filter(|p| pick(Part::Policy(p.key.clone()), side))
                    .cloned(),
            );
            let namespaces = own.namespaces.iter();
            let chosen =
                namespaces.filter(|(name, _)| pick(Part::Namespace((*name).clone()), side));
            cluster
                .namespaces
                .extend(chosen.map(|(n, ns)| (n.clone(), ns.clone())));
            cluster.endpoints.extend(
                (own.endpoints.iter())
                    .filter(|e| {
                        pick(
                            Part::Endpoint(e.namespace.clone(), e.kind.clone(), e.name.clone()),
                            side,
                        )
                    })
                    .cloned(),
            );
            cluster.nodes.extend(
                (own.nodes.iter())
                    .filter(|n| pick(Part::Node(n.name.clone()), side))
                    .cloned(),
            );
            cluster.services.extend(
                (own.services.iter())
                    .filter(|s| pick(Part::Service(s.namespace.clone(), s.name.clone()), side))
                    .cloned(),
            );
        }
        cluster.normalize();
        let settings = if second(Part::Settings) {
            after
        } else {
            before
        };
        let policies = PolicySet::with_options(settings.policies.options(), policies);
        State::compiled(cluster, policies)
    }
}
