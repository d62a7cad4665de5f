//! Which of two rules is asked first (S-TIERS, S-TIER-ORDERED, S-DENY).

use super::context::{Context, Written};
use super::edit;
use crate::finding::Edit;
use netpol_policy::{Action, Tier};

/// Is the tier one in which the first matching rule decides?
pub fn is_ordered(tier: Tier) -> bool {
    tier != Tier::Namespace
}

/// Do both stand in the admin, in the namespace or in the baseline tier?
pub fn same_tier(a: Tier, b: Tier) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

/// Two policies of one tier and priority: which one is asked first is not defined (NP304).
pub fn is_undefined(a: Written<'_>, b: Written<'_>) -> bool {
    a.at != b.at && is_ordered(a.policy.tier) && a.policy.tier == b.policy.tier
}

/// Is the first rule asked before the second one wherever both speak, whatever their namespaces
/// and names are? Of a tier where the first match decides, the tier before it included; in the
/// namespace tier denies come before allows.
pub fn is_before(first: Written<'_>, second: Written<'_>) -> bool {
    let tiers = (first.policy.tier, second.policy.tier);
    match tiers {
        (Tier::Namespace, Tier::Namespace) => {
            first.rule.action == Action::Deny && second.rule.action == Action::Allow
        }
        // Policies of the namespace tier are final for those whom they isolate alone.
        (Tier::Namespace, Tier::Baseline { .. }) => false,
        (a, b) if same_tier(a, b) => {
            !is_undefined(first, second) && (first.at, first.index) < (second.at, second.index)
        }
        (a, b) => a < b,
    }
}

impl<'a> Context<'a> {
    /// The rules of the admin and baseline tiers that may speak of a subject of a rule's policy, in
    /// the order in which they are asked.
    pub fn ordered_near(&self, w: Written<'_>) -> impl Iterator<Item = Written<'a>> {
        let near = self.ordered.near(w.policy).into_iter();
        near.flat_map(|at| self.rules_of(at))
    }

    /// May both rules speak of one packet in some cluster?
    pub fn may_meet(&self, a: Written<'_>, b: Written<'_>) -> bool {
        let options = self.policies().options();
        !a.policy.subject.is_apart(&b.policy.subject) && !a.rule.is_apart(b.rule, options)
    }

    /// Does the second rule say all that the first one says, to everybody whom it is for, in every
    /// cluster? The answer of [`Context::wider`] is taken for granted.
    pub fn says_all(&self, narrow: Written<'_>, wide: Written<'_>) -> bool {
        let somebody = narrow.rule.peers.as_ref().is_none_or(|p| !p.is_empty());
        somebody && narrow.rule.is_within(wide.rule, self.policies().options())
    }

    /// Of a rule of an ordered tier: the first rule of that tier that decides all of its packets
    /// before it is asked.
    pub fn overtaken_by(&self, w: Written<'a>) -> Option<Written<'a>> {
        if !is_ordered(w.policy.tier) {
            return None;
        }
        let earlier = self.wider(w).filter(|o| {
            same_tier(o.policy.tier, w.policy.tier) && is_before(*o, w) && self.says_all(w, *o)
        });
        earlier.min_by_key(|o| (o.at, o.index))
    }

    /// Is another item left in the list of the text that the rule stands in? One list holds a
    /// direction; of Cilium's policies, what allows or denies in it.
    fn has_neighbour(&self, w: Written<'a>) -> bool {
        let mut others = self.rules_of(w.at);
        others.any(|o| {
            let one_list = is_ordered(w.policy.tier) || o.rule.action == w.rule.action;
            o.rule.direction == w.rule.direction && one_list && o.place.rule != w.place.rule
        })
    }

    /// The edit that takes a rule out of its list, where something is left in it: an empty list would
    /// say something else.
    pub fn deletion(&self, w: Written<'a>) -> Vec<Edit> {
        if !self.has_neighbour(w) {
            return Vec::new();
        }
        let deleted = edit::delete_item(self.sources, w.place.rule);
        deleted.into_iter().collect()
    }

    /// Do all packets of `rule` that come to it, or would come to it, come to `decider` too? Not
    /// where a rule of an ordered tier before `decider`, for which `disturbs` holds, may take some
    /// of them; what stands before `rule` itself in the same tier takes them from both.
    pub fn is_undisturbed(
        &self,
        rule: Written<'a>,
        decider: Written<'a>,
        disturbs: impl Fn(Written<'a>) -> bool,
    ) -> bool {
        let place = |w: Written<'_>| (w.at, w.index);
        let from = same_tier(rule.policy.tier, decider.policy.tier).then(|| place(rule));
        let between = self.ordered_near(rule).filter(|other| {
            let at = place(*other);
            let before = at < place(decider) || is_undefined(*other, decider);
            before && from.is_none_or(|from| at > from)
        });
        let mut between = between.filter(|other| same_tier(other.policy.tier, decider.policy.tier));
        between.all(|other| !disturbs(other) || !self.may_meet(rule, other))
    }
}
