//! Pods that no policy can tell apart, and which of them a selector picks.

mod holding;

use holding::Blocks;
use netpol_policy::labels::NAMESPACE_NAME;
use netpol_policy::{
    Cluster, ContainerPort, EndpointSelector, Labels, NamespaceScope, Operator, Peer, Policy,
    PolicySet, Requirement, Selector, Tri,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

/// Label pairs, each once.
pub type Pairs<'a> = BTreeSet<(&'a str, &'a str)>;

/// Namespaces whose labels are compared with a misspelt one at most.
const MOST_NAMESPACES: usize = 500;

/// The place of a group in [`Groups`].
pub type GroupId = usize;

/// All pods, grouped, with indexes by namespace and label. Host-network pods are in no group: no
/// policy selects them.
#[derive(Debug)]
pub struct Groups<'a> {
    cluster: &'a Cluster,
    /// Places in [`Cluster::endpoints`]; never empty.
    all: Vec<Vec<usize>>,
    of_endpoint: Vec<Option<GroupId>>,
    by_namespace: BTreeMap<&'a str, Vec<GroupId>>,
    by_label: HashMap<(&'a str, &'a str), Vec<GroupId>>,
    matched: HashMap<&'a EndpointSelector, Vec<(GroupId, Tri)>>,
    /// The label pairs of the first namespaces.
    of_namespaces: Pairs<'a>,
    /// The keys of the labels of all namespaces.
    namespace_keys: BTreeSet<&'a str>,
    /// The label pairs of the pods in each namespace: asked for by findings alone.
    labels: OnceLock<BTreeMap<String, Vec<(String, String)>>>,
}

/// What policies can see of a pod.
#[derive(PartialEq, Eq, Hash)]
struct Looks<'a> {
    namespace: &'a str,
    labels: &'a Labels,
    ports: &'a [ContainerPort],
    several: bool,
    node: Option<&'a str>,
    /// For each address, the places of the ipBlocks that hold it.
    blocks: Vec<Vec<usize>>,
}

impl<'a> Groups<'a> {
    /// Groups the pods and finds the members of every selector of the policies.
    pub fn new(cluster: &'a Cluster, policies: &'a PolicySet) -> Self {
        let mut groups = Self {
            cluster,
            all: Vec::new(),
            of_endpoint: Vec::with_capacity(cluster.endpoints.len()),
            by_namespace: BTreeMap::new(),
            by_label: HashMap::new(),
            matched: HashMap::new(),
            of_namespaces: (cluster.namespaces.values().take(MOST_NAMESPACES))
                .flat_map(|namespace| namespace.labels.iter())
                .collect(),
            namespace_keys: (cluster.namespaces.values())
                .flat_map(|namespace| namespace.labels.iter())
                .map(|(key, _)| key)
                .collect(),
            labels: OnceLock::new(),
        };
        groups.sort_endpoints(policies);
        groups.index();
        for selector in selectors(policies) {
            if !groups.matched.contains_key(selector) {
                let members = groups.search(selector);
                groups.matched.insert(selector, members);
            }
        }
        groups
    }

    fn sort_endpoints(&mut self, policies: &'a PolicySet) {
        let rules = policies.policies().iter().flat_map(|p| &p.rules);
        let peers = rules.flat_map(|r| r.peers.iter().flatten());
        let blocks = Blocks::new(peers.filter_map(|peer| match peer {
            Peer::IpBlock(block) => Some(block),
            _ => None,
        }));
        let mut known: HashMap<Looks<'_>, GroupId> = HashMap::new();
        for (index, endpoint) in self.cluster.endpoints.iter().enumerate() {
            if endpoint.host_network {
                self.of_endpoint.push(None);
                continue;
            }
            let looks = Looks {
                namespace: &endpoint.namespace,
                labels: &endpoint.labels,
                ports: &endpoint.ports,
                several: endpoint.several,
                node: endpoint.node.as_deref(),
                blocks: (endpoint.addresses.iter())
                    .map(|address| blocks.holding(*address))
                    .collect(),
            };
            let id = *known.entry(looks).or_insert_with(|| {
                self.all.push(Vec::new());
                self.all.len() - 1
            });
            if let Some(group) = self.all.get_mut(id) {
                group.push(index);
            }
            self.of_endpoint.push(Some(id));
        }
    }

    fn index(&mut self) {
        for (id, members) in self.all.iter().enumerate() {
            let endpoint = members.first().and_then(|i| self.cluster.endpoints.get(*i));
            let Some(endpoint) = endpoint else { continue };
            let namespace = self.by_namespace.entry(&endpoint.namespace);
            namespace.or_default().push(id);
            for pair in endpoint.labels.iter() {
                self.by_label.entry(pair).or_default().push(id);
            }
        }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Is there no pod at all?
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The pods of a group, by place in [`Cluster::endpoints`].
    pub fn members(&self, group: GroupId) -> &[usize] {
        self.all.get(group).map_or(&[], Vec::as_slice)
    }

    /// The first pod of a group.
    pub fn first(&self, group: GroupId) -> Option<usize> {
        self.members(group).first().copied()
    }

    /// The group of a pod; `None` for host-network pods.
    pub fn of(&self, endpoint: usize) -> Option<GroupId> {
        self.of_endpoint.get(endpoint).copied().flatten()
    }

    /// The groups of a namespace.
    pub fn in_namespace(&self, namespace: &str) -> &[GroupId] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The groups that a selector of the policies picks, or may pick.
    pub fn matching(&self, selector: &EndpointSelector) -> &[(GroupId, Tri)] {
        self.matched.get(selector).map_or(&[], Vec::as_slice)
    }

    /// The groups that a policy selects, or may; none when it selects nodes.
    pub fn subjects(&self, policy: &Policy) -> &[(GroupId, Tri)] {
        (policy.subject.endpoints()).map_or(&[], |selector| self.matching(selector))
    }

    /// The groups that a selector of the policies certainly picks.
    pub fn certain(&self, selector: &EndpointSelector) -> impl Iterator<Item = GroupId> {
        let matching = self.matching(selector).iter();
        matching.filter(|(_, t)| *t == Tri::Yes).map(|(g, _)| *g)
    }

    /// The groups with pod labels like these, in any namespace.
    pub fn with_labels(&self, pods: &Selector) -> Vec<GroupId> {
        let all = EndpointSelector::new(
            NamespaceScope::Matching(Selector::everything()),
            pods.clone(),
        );
        self.search(&all).into_iter().map(|(id, _)| id).collect()
    }

    /// How surely a namespace is meant.
    pub fn in_scope(&self, scope: &NamespaceScope, namespace: &str) -> Tri {
        match scope {
            NamespaceScope::Named(name) => (name == namespace).into(),
            NamespaceScope::Matching(selector) => match self.cluster.namespaces.get(namespace) {
                Some(n) if n.undeclared => selector.matches_undeclared(&n.labels),
                Some(n) => selector.matches(&n.labels).into(),
                None => Tri::Unknown,
            },
        }
    }

    /// The namespaces of the scope that have pods.
    pub fn scope(&self, scope: &NamespaceScope) -> Vec<(&'a str, Tri)> {
        let surely = |name: &str| self.in_scope(scope, name);
        let known = |name: &str| self.by_namespace.get_key_value(name).map(|(n, _)| *n);
        let meant: Vec<&'a str> = match names(scope) {
            Some(names) => names.into_iter().filter_map(known).collect(),
            None => self.by_namespace.keys().copied().collect(),
        };
        let found = meant.into_iter().map(|name| (name, surely(name)));
        found.filter(|(_, t)| t.possible()).collect()
    }

    fn search(&self, selector: &EndpointSelector) -> Vec<(GroupId, Tri)> {
        let (candidates, surely) = self.candidates(selector);
        let mut found: Vec<(GroupId, Tri)> = candidates
            .into_iter()
            .filter_map(|id| {
                let endpoint = self.cluster.endpoints.get(self.first(id)?)?;
                let tri = *surely.get(endpoint.namespace.as_str())?;
                let matches = selector.pods.matches(&endpoint.labels);
                (matches && tri.possible()).then_some((id, tri))
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Groups among which are all that a selector may pick, and how surely their namespaces are
    /// meant: by label or by namespace, whatever are fewer.
    fn candidates(&self, selector: &EndpointSelector) -> (Vec<GroupId>, HashMap<&'a str, Tri>) {
        let scope = &selector.namespaces;
        let labelled = self.fewest(&selector.pods);
        // Where any namespace may be meant, a few pods are asked for theirs.
        let anywhere = names(scope).is_none();
        if let Some(some) = &labelled
            && anywhere
            && some.len() <= self.by_namespace.len()
        {
            let mut surely = HashMap::new();
            let pods = some.iter().filter_map(|id| self.first(*id));
            for endpoint in pods.filter_map(|at| self.cluster.endpoints.get(at)) {
                let name = endpoint.namespace.as_str();
                let known = surely.entry(name);
                known.or_insert_with(|| self.in_scope(scope, name));
            }
            return (some.clone(), surely);
        }
        let scope = self.scope(scope);
        let in_scope = || scope.iter().map(|(name, _)| self.in_namespace(name).len());
        let candidates = match labelled {
            Some(some) if some.len() < in_scope().sum() => some,
            _ => {
                let all = scope.iter().flat_map(|(name, _)| self.in_namespace(name));
                all.copied().collect()
            }
        };
        (candidates, scope.into_iter().collect())
    }

    /// The groups that satisfy the condition that the fewest satisfy, if some condition names
    /// values.
    fn fewest(&self, pods: &Selector) -> Option<Vec<GroupId>> {
        let named = pods.requirements.iter();
        let named = named.filter(|r| r.operator == Operator::In);
        let with = |r: &Requirement| -> Vec<GroupId> {
            let values = r.values.iter();
            let found = values.filter_map(|v| self.by_label.get(&(r.key.as_str(), v.as_str())));
            found.flatten().copied().collect()
        };
        named.map(with).min_by_key(Vec::len)
    }

    /// The groups that any selector picks, or may pick: searched for, so for findings alone.
    pub fn picks(&self, selector: &EndpointSelector) -> Vec<(GroupId, Tri)> {
        self.search(selector)
    }

    /// Is there a namespace in the scope, declared or mentioned, with pods or without?
    pub fn knows(&self, scope: &NamespaceScope) -> bool {
        let known = &self.cluster.namespaces;
        let possible =
            |name: &str| known.contains_key(name) && self.in_scope(scope, name).possible();
        match (scope, names(scope)) {
            (NamespaceScope::Named(name), _) => known.contains_key(name),
            (_, Some(names)) => names.into_iter().any(possible),
            (_, None) => known.keys().any(|name| possible(name)),
        }
    }

    /// The label pairs of namespaces, in order, each once; of very many namespaces not of all.
    pub fn labels_of_namespaces(&self) -> &Pairs<'a> {
        &self.of_namespaces
    }

    /// Has any namespace whose labels are known a label with this key?
    pub fn on_namespaces(&self, key: &str) -> bool {
        self.namespace_keys.contains(key)
    }

    /// Is the Namespace object of this name in the input, so that its labels are known?
    pub fn declares(&self, namespace: &str) -> bool {
        let known = self.cluster.namespaces.get(namespace);
        known.is_some_and(|namespace| !namespace.undeclared)
    }

    /// The label pairs of the pods in a namespace, in order, each once.
    pub fn labels_in(&self, namespace: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self.labels.get_or_init(|| {
            let pairs = |groups: &Vec<GroupId>| {
                let pods = groups.iter();
                let pods = pods.filter_map(|g| self.cluster.endpoints.get(self.first(*g)?));
                let pairs: Pairs<'_> = pods.flat_map(|e| e.labels.iter()).collect();
                let owned = pairs.into_iter();
                owned.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
            };
            let namespaces = self.by_namespace.iter();
            let all = namespaces.map(|(name, groups)| ((*name).to_owned(), pairs(groups)));
            all.collect()
        });
        let pairs = all.get(namespace).into_iter().flatten();
        pairs.map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

/// The names of the namespaces that a scope is about, each once; `None` where it goes by something
/// else. Most go by name: those are looked up, not searched for in thousands.
pub(super) fn names(scope: &NamespaceScope) -> Option<BTreeSet<&str>> {
    let selector = match scope {
        NamespaceScope::Named(name) => return Some(BTreeSet::from([name.as_str()])),
        NamespaceScope::Matching(selector) => selector,
    };
    let mut requirements = selector.requirements.iter();
    let by_name = |r: &&Requirement| r.key == NAMESPACE_NAME && r.operator == Operator::In;
    let values = &requirements.find(by_name)?.values;
    Some(values.iter().map(String::as_str).collect())
}

/// Every selector of every policy, with repetitions.
fn selectors(policies: &PolicySet) -> impl Iterator<Item = &EndpointSelector> {
    policies.policies().iter().flat_map(|policy| {
        let rules = policy.rules.iter();
        let peers = rules.flat_map(|r| r.peers.iter().flatten());
        let pods = peers.filter_map(|peer| match peer {
            Peer::Pods(selector) => Some(selector),
            _ => None,
        });
        policy.subject.endpoints().into_iter().chain(pods)
    })
}
