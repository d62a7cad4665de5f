//! One state of a cluster, and how states are put together of edits.

use crate::model::{Edit, Model, OwnerKey, Route, RoutePort};
use crate::resolve::edits::Difference;
use netpol_policy::{Cluster, Party, PolicySet};
use std::collections::BTreeMap;

/// Who is there, what was written, and what stands behind services.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Who is there, normalized.
    pub cluster: Cluster,
    /// What was written.
    pub policies: PolicySet,
    /// What stands behind services, sorted by namespace and name.
    pub routes: Vec<Route>,
    /// As in [`Model::owners`].
    pub owners: BTreeMap<OwnerKey, Vec<usize>>,
}

impl From<Model> for State {
    fn from(model: Model) -> Self {
        Self {
            cluster: model.cluster,
            policies: model.policies,
            routes: model.routes,
            owners: model.owners,
        }
    }
}

impl State {
    /// A state of which only the compiled form is known: services lead to the addresses of their
    /// backends.
    pub fn compiled(cluster: Cluster, policies: PolicySet) -> Self {
        let endpoint_at = |address| match cluster.party_of(address) {
            Party::Endpoint(index, _) => Some(index),
            _ => None,
        };
        let routes = cluster.services.iter().map(|service| Route {
            namespace: service.namespace.clone(),
            name: service.name.clone(),
            from_outside: false,
            at: None,
            ports: (service.ports.iter())
                .map(|port| RoutePort {
                    name: String::new(),
                    protocol: port.protocol,
                    port: port.port,
                    at: None,
                    backends: (port.backends.iter())
                        .filter_map(|(address, target)| Some((endpoint_at(*address)?, *target)))
                        .collect(),
                })
                .collect(),
        });
        Self {
            routes: routes.collect(),
            owners: BTreeMap::new(),
            policies,
            cluster,
        }
    }
}

/// Knows the edits between two states, and every state in between.
pub trait Assembly {
    /// What differs.
    fn edits(&self) -> &[Edit];

    /// The first state with the chosen edits made.
    fn assemble(&self, chosen: &dyn Fn(usize) -> bool) -> State;
}

impl Assembly for Difference<'_> {
    fn edits(&self) -> &[Edit] {
        Difference::edits(self)
    }

    fn assemble(&self, chosen: &dyn Fn(usize) -> bool) -> State {
        self.mixture(chosen).into()
    }
}
