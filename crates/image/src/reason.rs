//! Why a packet was let through or dropped when no rule of a policy says so.
//!
//! Rule numbers below [`RuleId::FIRST`] belong to no policy. The first three are the model's own
//! (`netpol-policy`), the others are the dataplane's; all of them are counted and reported like
//! rules, so that every packet has a reason.

use netpol_policy::RuleId;

/// The packet answers a flow that was allowed the other way.
pub const REPLY: RuleId = RuleId(3);
/// There is no image in force, or it is damaged where this packet looked.
pub const NO_IMAGE: RuleId = RuleId(4);
/// The address on the pod's side is not one of the pod behind this interface.
pub const NOT_OURS: RuleId = RuleId(5);
/// The packet leaves a pod with a source address that is not the pod's.
pub const SPOOFED: RuleId = RuleId(6);
/// A fragment without ports of which nothing is known.
pub const FRAGMENT: RuleId = RuleId(7);
/// Headers that contradict themselves or end too early.
pub const MALFORMED: RuleId = RuleId(8);
/// IPv4 options or IPv6 extension headers that are not followed.
pub const EXT_HEADER: RuleId = RuleId(9);
/// An ICMP error; it is judged by the packet that it quotes.
pub const ICMP_ERROR: RuleId = RuleId(10);
/// Neither IPv4 nor IPv6 nor a neighbour lookup, or packed into something else.
pub const NON_IP: RuleId = RuleId(11);
/// The endpoint's share of the flow table is used up.
pub const QUOTA: RuleId = RuleId(12);
/// Address configuration and neighbour lookup bound to the pod's own addresses.
pub const LINK_CONTROL: RuleId = RuleId(13);
/// A segment of a connection that was open before the dataplane watched it.
pub const MIDSTREAM: RuleId = RuleId(14);
/// Neighbour lookup or router messages that speak for somebody else.
pub const ROGUE_NEIGHBOUR: RuleId = RuleId(15);

/// A number below [`RuleId::FIRST`] and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The number.
    pub id: RuleId,
    /// Upper-case name; the C constant is `NP_RULE_` and this name.
    pub name: &'static str,
    /// One sentence for people.
    pub sentence: &'static str,
}

const fn reason(id: RuleId, name: &'static str, sentence: &'static str) -> Reason {
    Reason { id, name, sentence }
}

/// All of them, by number: the place in the table is the number.
pub const REASONS: [Reason; 16] = [
    reason(
        RuleId::NOT_ISOLATED,
        "NOT_ISOLATED",
        "No policy isolates the endpoint in this direction.",
    ),
    reason(RuleId::SELF, "SELF", "A pod always reaches itself."),
    reason(
        RuleId::LOCAL_NODE,
        "LOCAL_NODE",
        "A node always reaches the pods that run on it.",
    ),
    reason(
        REPLY,
        "REPLY",
        "The packet answers a flow that was allowed the other way.",
    ),
    reason(
        NO_IMAGE,
        "NO_IMAGE",
        "No policy image is in force, or it is damaged.",
    ),
    reason(
        NOT_OURS,
        "NOT_OURS",
        "The address on the pod's side is not known to belong to the pod behind this interface.",
    ),
    reason(
        SPOOFED,
        "SPOOFED",
        "The packet left a pod with a source address that is not the pod's.",
    ),
    reason(
        FRAGMENT,
        "FRAGMENT",
        "A fragment without ports arrived and nothing is known of its first part.",
    ),
    reason(
        MALFORMED,
        "MALFORMED",
        "The packet's headers contradict themselves or end too early.",
    ),
    reason(
        EXT_HEADER,
        "EXT_HEADER",
        "The packet carries IPv4 options or IPv6 extension headers that are not followed.",
    ),
    reason(
        ICMP_ERROR,
        "ICMP_ERROR",
        "An ICMP error quotes a packet that no allowed flow sent.",
    ),
    reason(
        NON_IP,
        "NON_IP",
        "The frame is neither IPv4 nor IPv6 nor a neighbour lookup, or it is packed into another protocol.",
    ),
    reason(
        QUOTA,
        "QUOTA",
        "The endpoint's share of the flow table is used up, so no further flow is remembered.",
    ),
    reason(
        LINK_CONTROL,
        "LINK_CONTROL",
        "Address configuration or neighbour lookup for the pod's own addresses.",
    ),
    reason(
        MIDSTREAM,
        "MIDSTREAM",
        "A segment of a connection that was open before the policy was put in force.",
    ),
    reason(
        ROGUE_NEIGHBOUR,
        "ROGUE_NEIGHBOUR",
        "A neighbour or router message from a pod speaks for somebody else.",
    ),
];

/// What a number below [`RuleId::FIRST`] means; `None` for rules of policies.
pub fn of(id: RuleId) -> Option<&'static Reason> {
    REASONS.get(usize::try_from(id.0).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_in_the_table_is_the_number() {
        for (place, reason) in REASONS.iter().enumerate() {
            assert_eq!(usize::try_from(reason.id.0).unwrap(), place);
        }
        assert_eq!(REASONS.len(), usize::try_from(RuleId::FIRST).unwrap());
        assert_eq!(of(RuleId(RuleId::FIRST)), None);
    }
}
