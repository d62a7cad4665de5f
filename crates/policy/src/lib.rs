//! What network policies mean.
//!
//! The promise of this crate: given a [`Cluster`] (who is there) and a [`PolicySet`] (what was
//! written, in canonical form), it says for every source, destination, protocol and port whether
//! the packet passes, and which rule says so. It does no input or output, reads no YAML and knows
//! no clock; the same input gives the same answer on every machine.
//!
//! Two evaluators live here and must agree:
//! * [`decide`](decide::decide) follows the specification line by line for one packet,
//! * [`Matrix`] groups parties into identity classes and ports into atoms and
//!   decides whole classes.
//!
//! The numbered rules that both implement stand in `docs/semantics.md`.
#![forbid(unsafe_code)]

pub mod cidr;
pub mod cluster;
pub mod contain;
pub mod decide;
pub mod labels;
pub mod matrix;
pub mod policy;
pub mod port;
pub mod selector;
pub mod tri;
pub mod verdict;

pub use cidr::IpBlock;
pub use cluster::{Addresses, Cluster, Endpoint, Namespace, Node, Party, Phase, Service};
pub use decide::{decide, decide_side, derive, from_local_node, is_self, on_local_node, speaks_of};
pub use labels::Labels;
pub use matrix::Matrix;
pub use policy::{
    Action, Condition, Dialect, Direction, EndpointSelector, Entity, NamespaceScope, Options, Peer,
    Policy, PolicyKey, PolicyKind, PolicySet, Rule, RuleId, RuleRef, Subject, Tier,
};
pub use port::{ContainerPort, PortMatch, Protocol};
pub use selector::{Operator, Requirement, Selector};
pub use tri::Tri;
pub use verdict::{Decision, Flow, Side, UnknownCause, Verdict};
