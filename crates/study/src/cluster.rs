//! Clean clusters: workloads that talk to each other, Services, policies that allow exactly that,
//! values of the CNI. Nothing is wrong in them, and `check` has to be silent.

mod build;
mod cni;
mod dump;
mod policies;
mod tiers;
mod workloads;

pub(crate) use policies::peer;
pub(crate) use workloads::deployment;

use netpol_testgen::Rng;
use serde_json::Value;

/// In which language the policies of a cluster are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// NetworkPolicy.
    Plain,
    /// NetworkPolicy below ClusterNetworkPolicy.
    Admin,
    /// Cilium's policies, with values of Cilium's chart.
    Cilium,
}

/// Which directions of a namespace's pods are closed but for what policies allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// No policies.
    None,
    /// Ingress.
    Ingress,
    /// Both.
    Both,
}

/// A namespace.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    pub(crate) name: &'static str,
    /// The label that names the workload of a pod.
    pub(crate) key: &'static str,
    pub(crate) isolation: Isolation,
    /// Is there a policy for all pods that allows nothing?
    pub(crate) default_deny: bool,
    /// Do others name it by `team`, in place of its name?
    pub(crate) by_team: bool,
}

/// A workload with its Service.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    /// Place in [`Cluster::namespaces`].
    pub(crate) namespace: usize,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) tier: &'static str,
    /// Name and number.
    pub(crate) port: Option<(&'static str, u16)>,
    /// The port of its Service.
    pub(crate) service: Option<u16>,
    /// Do rules name its port, in place of the number?
    pub(crate) by_name: bool,
    /// May it use something outside of the cluster?
    pub(crate) outside: bool,
}

/// Who needs whom, by places in [`Cluster::workloads`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// A cluster as its owners wrote it.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub(crate) flavour: Flavour,
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) connections: Vec<Connection>,
    /// Every manifest.
    pub(crate) objects: Vec<Value>,
    /// `--cni-values`.
    pub(crate) values: Option<Value>,
    /// `--cni-version` and `--cni-upgrade-to`.
    pub(crate) versions: Option<(&'static str, &'static str)>,
}

/// What the image of a node may take (`--image-budget`): that of a node at the edge.
pub(crate) const BUDGET: &str = "256KiB";

/// How findings name an object: `Kind/namespace/name`.
pub(crate) fn key(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let kind = text("/kind").unwrap_or_default();
    let name = text("/metadata/name").unwrap_or_default();
    match text("/metadata/namespace") {
        Some(namespace) => format!("{kind}/{namespace}/{name}"),
        None => format!("{kind}/{name}"),
    }
}

impl Cluster {
    /// The cluster of this seed.
    pub(crate) fn clean(seed: u64) -> Self {
        build::cluster(&mut Rng::new(seed))
    }

    /// Where a workload lives.
    pub(crate) fn home(&self, workload: usize) -> Option<&Namespace> {
        self.namespaces.get(self.workloads.get(workload)?.namespace)
    }

    /// The kind of the policies of namespaces.
    pub(crate) fn policy_kind(&self) -> &'static str {
        match self.flavour {
            Flavour::Cilium => "CiliumNetworkPolicy",
            Flavour::Plain | Flavour::Admin => "NetworkPolicy",
        }
    }

    /// The field of a policy that says which pods it is for, as a pointer.
    pub(crate) fn subject(&self) -> &'static str {
        match self.flavour {
            Flavour::Cilium => "/spec/endpointSelector",
            Flavour::Plain | Flavour::Admin => "/spec/podSelector",
        }
    }

    /// The name of an object as findings have it.
    pub(crate) fn policy_key(&self, workload: usize) -> Option<String> {
        let name = self.workloads.get(workload)?.name;
        let namespace = self.home(workload)?.name;
        Some(format!("{}/{namespace}/{name}", self.policy_kind()))
    }

    /// The policy of a workload.
    pub(crate) fn policy(&mut self, workload: usize) -> Option<&mut Value> {
        let wanted = self.policy_key(workload)?;
        self.object(&wanted)
    }

    /// An object by its name.
    pub(crate) fn object(&mut self, wanted: &str) -> Option<&mut Value> {
        self.objects.iter_mut().find(|object| key(object) == wanted)
    }

    /// The manifest of a workload.
    pub(crate) fn manifest(&mut self, workload: usize) -> Option<&mut Value> {
        let wanted = self.workload_key(workload)?;
        self.object(&wanted)
    }

    /// The name of a workload's manifest as findings have it.
    pub(crate) fn workload_key(&self, workload: usize) -> Option<String> {
        let found = self.workloads.get(workload)?;
        let namespace = self.home(workload)?.name;
        Some(format!("{}/{namespace}/{}", found.kind, found.name))
    }

    /// Has the connection a rule at the side that answers?
    pub(crate) fn is_let_in(&self, connection: Connection) -> bool {
        let home = self.home(connection.to);
        home.is_some_and(|home| home.isolation != Isolation::None)
    }

    /// Has the connection a rule at the side that asks?
    pub(crate) fn is_let_out(&self, connection: Connection) -> bool {
        let home = self.home(connection.from);
        home.is_some_and(|home| home.isolation == Isolation::Both)
    }

    /// The place of a connection's rule in the `ingress` list of the one who answers.
    pub(crate) fn ingress_index(&self, connection: Connection) -> Option<usize> {
        let mut to_same = self.connections.iter().filter(|c| c.to == connection.to);
        to_same.position(|c| *c == connection)
    }

    /// The place of a connection's rule in the `egress` list of the one who asks.
    pub(crate) fn egress_index(&self, connection: Connection) -> Option<usize> {
        let mut same = self
            .connections
            .iter()
            .filter(|c| c.from == connection.from);
        same.position(|c| *c == connection)
    }

    /// One of the connections that fit.
    pub(crate) fn any_connection(
        &self,
        rng: &mut Rng,
        fits: impl Fn(&Self, Connection) -> bool,
    ) -> Option<Connection> {
        let fitting: Vec<Connection> = (self.connections.iter().copied())
            .filter(|c| fits(self, *c))
            .collect();
        (!fitting.is_empty()).then(|| *rng.pick(&fitting))
    }

    /// One of the workloads that fit, by place.
    pub(crate) fn any_workload(
        &self,
        rng: &mut Rng,
        fits: impl Fn(&Self, usize, &Workload) -> bool,
    ) -> Option<usize> {
        let fitting: Vec<usize> = (self.workloads.iter().enumerate())
            .filter(|(at, w)| fits(self, *at, w))
            .map(|(at, _)| at)
            .collect();
        (!fitting.is_empty()).then(|| *rng.pick(&fitting))
    }

    /// Has the workload a policy of its own?
    pub(crate) fn has_policy(&self, workload: usize) -> bool {
        let home = self.home(workload);
        home.is_some_and(|home| home.isolation != Isolation::None)
    }
}
