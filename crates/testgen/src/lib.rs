//! Seeded clusters, policies and packets for property tests and benchmarks.
//!
//! The promise of this crate: the same seed gives the same world on every machine, and the worlds
//! hold everything that the policy model can say: all operators, undeclared namespaces, blocks of
//! both families with holes, ranges and named ports, every protocol, every tier and action, both
//! dialects, entities, nodes and DNS names as peers, policies on nodes, conditional allows, host-network pods, pods with several addresses or none, and services. Flows lean
//! towards places where verdicts change: edges of port ranges and of address blocks.
//!
//! For tests and benchmarks only; nothing that ships depends on it.
#![forbid(unsafe_code)]

mod cilium;
mod cluster;
mod flows;
mod policies;
mod rng;

pub use rng::Rng;

use netpol_policy::{Cluster, Dialect, Flow, PolicySet};

/// How large a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Declared namespaces, at least 1.
    pub namespaces: usize,
    /// Nodes, at least 1.
    pub nodes: usize,
    /// Endpoints.
    pub endpoints: usize,
    /// Endpoints are replicas of this many workloads: those of one have the same namespace, labels
    /// and ports.
    pub workloads: usize,
    /// Services.
    pub services: usize,
    /// Policies of namespaces.
    pub policies: usize,
    /// Policies of the whole cluster, Admin and Baseline.
    pub cluster_policies: usize,
}

impl Size {
    /// A few of everything: for property tests, many worlds of this size.
    pub const SMALL: Self = Self {
        namespaces: 3,
        nodes: 2,
        endpoints: 10,
        workloads: 9,
        services: 3,
        policies: 11,
        cluster_policies: 5,
    };

    /// Six pods on one node: for tests with real packets.
    pub const TINY: Self = Self {
        namespaces: 2,
        nodes: 1,
        endpoints: 6,
        workloads: 6,
        services: 1,
        policies: 5,
        cluster_policies: 2,
    };

    /// A cluster of this many endpoints with 100 to a node, 25 to a workload and a policy or two
    /// for every workload.
    pub fn of_endpoints(endpoints: usize) -> Self {
        Self {
            namespaces: 20 + endpoints / 500,
            nodes: 1 + endpoints / 100,
            endpoints,
            workloads: 10 + endpoints / 25,
            services: endpoints / 25,
            policies: 20 + endpoints / 20,
            cluster_policies: 5,
        }
    }
}

/// A cluster and the policies in force there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// Who is there, normalised.
    pub cluster: Cluster,
    /// What was written.
    pub policies: PolicySet,
}

/// Makes worlds and flows out of one seed.
#[derive(Debug, Clone)]
pub struct Gen {
    rng: Rng,
}

impl Gen {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
        }
    }

    /// A cluster for itself.
    pub fn cluster(seed: u64, size: Size) -> Cluster {
        Self::new(seed).next_cluster(size)
    }

    /// A world; odd seeds speak the cilium dialect.
    pub fn world(seed: u64, size: Size) -> World {
        let mut generator = Self::new(seed);
        let cluster = generator.next_cluster(size);
        let dialect = if seed.is_multiple_of(2) {
            Dialect::Kubernetes
        } else {
            Dialect::Cilium
        };
        let policies = generator.next_policies(&cluster, size, dialect);
        World { cluster, policies }
    }

    /// Flows of a world. Parties are those that [`Cluster::party_of`] finds for an address, apart
    /// from endpoints and nodes without address and from unknown senders.
    pub fn flows(seed: u64, world: &World, count: usize) -> Vec<Flow> {
        Self::new(seed ^ 0x5eed).next_flows(world, count)
    }
}
