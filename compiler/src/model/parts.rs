//! Places inside of the parts of a policy, for findings about a single word and for edits. A
//! language whose parts nobody needs leaves them empty, and so does text that is used more than
//! once (anchors): an edit there would change what nobody looked at.

use crate::source::Location;
use netpol_policy::Direction;

/// Places inside of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyParts {
    /// The conditions of the subject's selector, in the order of its requirements.
    pub subject: Vec<ConditionParts>,
    /// What is written and empty, so that everybody or every port is meant.
    pub widened: Vec<Widened>,
}

/// Places inside of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleParts {
    /// In the order of the rule's peers.
    pub peers: Vec<PeerParts>,
    /// In the order of the rule's ports.
    pub ports: Vec<PortParts>,
}

/// Places inside of a peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerParts {
    /// The conditions on pods, in the order of the selector's requirements.
    pub pods: Vec<ConditionParts>,
    /// The conditions on namespaces, in the order of the selector's requirements.
    pub namespaces: Vec<ConditionParts>,
    /// What makes one item of this one and the one before it.
    pub join: Option<Replacement>,
}

/// Places inside of a condition on labels; `None` where an edit could reach further than the
/// condition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConditionParts {
    /// The label's key.
    pub key: Option<Location>,
    /// The label's value, when there is exactly one.
    pub value: Option<Location>,
}

/// Places inside of a port of a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PortParts {
    /// The number or name.
    pub port: Option<Location>,
    /// The protocol.
    pub protocol: Option<Location>,
}

/// Bytes, and what may stand there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// What is replaced; empty where something is only added.
    pub at: Location,
    /// By what.
    pub text: String,
}

/// Something empty that means everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widened {
    /// What is wide.
    pub what: Wide,
    /// How it came to be empty.
    pub how: Emptiness,
    /// The key, or the place where one is missing.
    pub at: Location,
    /// The same, written so that everybody sees it.
    pub plainly: Option<Replacement>,
}

/// What an empty part makes wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wide {
    /// The policy selects every pod of its namespace.
    Subject,
    /// The rule speaks of every party.
    Peers(Direction),
    /// The rule speaks of every port.
    Ports(Direction),
    /// The peer is every pod of its namespaces.
    PeerPods(Direction),
    /// The peer is in every namespace.
    PeerNamespaces(Direction),
}

/// How something is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emptiness {
    /// The key is not there.
    Missing,
    /// The key is there, with nothing or `null` behind it.
    Null,
    /// A list without items.
    EmptyList,
}
