//! What the text alone proves: one rule says no more than another one, or two can never speak of
//! the same packet.
//!
//! Everything here holds in every cluster, whoever runs in it, and is one-sided: `true` is a proof,
//! `false` only means that there is none. Selectors, ports and blocks are compared as
//! `docs/semantics.md` reads them (S-SELECTOR, S-NS-NAME, S-PORT, S-IPBLOCK).

mod labels;
mod ports;

pub use ports::{ports_apart, ports_within};

use crate::labels::NAMESPACE_NAME;
use crate::{
    Dialect, EndpointSelector, Entity, IpBlock, NamespaceScope, Options, Peer, Rule, Selector,
    Subject,
};
use std::borrow::Cow;

impl Selector {
    /// Does every set of labels that satisfies this selector satisfy the other one?
    pub fn is_within(&self, other: &Self) -> bool {
        labels::is_within(self, other)
    }

    /// Does no set of labels satisfy both?
    pub fn is_apart(&self, other: &Self) -> bool {
        labels::is_apart(self, other)
    }
}

impl NamespaceScope {
    /// As a selector: every namespace carries its name as a label (S-NS-NAME).
    fn selector(&self) -> Cow<'_, Selector> {
        match self {
            Self::Named(name) => {
                Cow::Owned(Selector::match_labels([(NAMESPACE_NAME, name.as_str())]))
            }
            Self::Matching(selector) => Cow::Borrowed(selector),
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        self == other || self.selector().is_within(&other.selector())
    }

    fn is_apart(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Named(a), Self::Named(b)) => a != b,
            _ => self.selector().is_apart(&other.selector()),
        }
    }
}

impl EndpointSelector {
    /// Is every pod that this one picks picked by the other one?
    pub fn is_within(&self, other: &Self) -> bool {
        self.namespaces.is_within(&other.namespaces)
            && self.pods.is_within(&other.pods)
            && self.identity.is_within(&other.identity)
    }

    /// Is no pod picked by both?
    pub fn is_apart(&self, other: &Self) -> bool {
        self.namespaces.is_apart(&other.namespaces)
            || self.pods.is_apart(&other.pods)
            || self.identity.is_apart(&other.identity)
    }
}

impl Subject {
    /// Is everybody whom this one selects selected by the other one?
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Endpoints(a), Self::Endpoints(b)) => a.is_within(b),
            (Self::Nodes(a), Self::Nodes(b)) => a.is_within(b),
            _ => false,
        }
    }

    /// Is nobody selected by both? Pods are no nodes (S-HOSTNET).
    pub fn is_apart(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Endpoints(a), Self::Endpoints(b)) => a.is_apart(b),
            (Self::Nodes(a), Self::Nodes(b)) => a.is_apart(b),
            _ => true,
        }
    }
}

impl IpBlock {
    /// Is every address of this block one of the other block's?
    pub fn is_within(&self, other: &Self) -> bool {
        let hole_is_ours = |hole: &ipnet::IpNet| self.except.iter().any(|e| e.contains(hole));
        let mut holes = other.except.iter();
        other.cidr.contains(&self.cidr)
            && holes.all(|hole| !overlap(hole, &self.cidr) || hole_is_ours(hole))
    }

    /// Have the blocks no address in common?
    pub fn is_apart(&self, other: &Self) -> bool {
        let swallowed =
            |inner: &Self, outer: &Self| outer.except.iter().any(|e| e.contains(&inner.cidr));
        !overlap(&self.cidr, &other.cidr) || swallowed(self, other) || swallowed(other, self)
    }
}

fn overlap(a: &ipnet::IpNet, b: &ipnet::IpNet) -> bool {
    a.contains(b) || b.contains(a)
}

impl Peer {
    /// Is every party that this peer speaks of one that the other peer speaks of?
    pub fn is_within(&self, other: &Self, options: Options) -> bool {
        match (self, other) {
            (Self::Pods(a), Self::Pods(b)) => a.is_within(b),
            (Self::Pods(_), Self::Entity(Entity::Cluster))
            | (Self::Names(_), Self::Entity(Entity::World)) => true,
            // S-OUTSIDE: what is seen of an ipBlock is never less.
            (Self::IpBlock(a), Self::IpBlock(b))
            | (Self::Outside(a), Self::Outside(b) | Self::IpBlock(b)) => a.is_within(b),
            (Self::IpBlock(a), Self::Outside(b)) if options.dialect == Dialect::Cilium => {
                a.is_within(b)
            }
            (Self::Nodes(a), Self::Nodes(b)) => a.is_within(b),
            (Self::Outside(_), Self::Entity(Entity::World)) => !options.blocks_cover_nodes,
            (Self::Names(a), Self::Names(b)) => a.iter().all(|name| b.contains(name)),
            (Self::Entity(a), Self::Entity(b)) => a == b || is_part(*a, *b),
            _ => false,
        }
    }

    /// Is there no party that both speak of?
    pub fn is_apart(&self, other: &Self, options: Options) -> bool {
        let cilium = options.dialect == Dialect::Cilium;
        match (self, other) {
            (Self::Pods(a), Self::Pods(b)) => a.is_apart(b),
            (Self::IpBlock(a) | Self::Outside(a), Self::IpBlock(b) | Self::Outside(b)) => {
                a.is_apart(b)
            }
            (Self::Pods(_), Self::IpBlock(_)) | (Self::IpBlock(_), Self::Pods(_)) => cilium,
            // Pods with an address of their own are neither outside nor nodes.
            (Self::Pods(_), Self::Entity(entity)) | (Self::Entity(entity), Self::Pods(_)) => {
                *entity != Entity::Cluster
            }
            (Self::Pods(_), _) | (_, Self::Pods(_)) => true,
            _ => false,
        }
    }
}

/// S-ENTITY: is the first one a part of the second one?
fn is_part(part: Entity, whole: Entity) -> bool {
    matches!(
        (part, whole),
        (Entity::WorldIpv4 | Entity::WorldIpv6, Entity::World)
            | (Entity::Host | Entity::RemoteNode, Entity::Cluster)
    )
}

impl Rule {
    /// Does this rule speak of no packet that the other rule, for the same subject, does not speak
    /// of? What either does with it is not looked at.
    pub fn is_within(&self, other: &Self, options: Options) -> bool {
        let peers = match (&self.peers, &other.peers) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(some), Some(all)) => {
                let covered = |peer: &Peer| all.iter().any(|wide| peer.is_within(wide, options));
                some.iter().all(covered)
            }
        };
        let ports = || ports_within(self.ports.as_deref(), other.ports.as_deref());
        self.direction == other.direction && peers && ports()
    }

    /// Is there no packet that both rules, for the same subject, speak of?
    pub fn is_apart(&self, other: &Self, options: Options) -> bool {
        let peers = match (&self.peers, &other.peers) {
            (Some(some), Some(others)) => {
                let apart = |peer: &Peer| others.iter().all(|o| peer.is_apart(o, options));
                some.iter().all(apart)
            }
            (Some(none), _) | (_, Some(none)) => none.is_empty(),
            (None, None) => false,
        };
        self.direction != other.direction
            || peers
            || ports_apart(self.ports.as_deref(), other.ports.as_deref())
    }
}
