//! Everything that [`decide()`](super::decide()) considers on the way to one side of its answer.
//!
//! The search itself is [`decide()`](super::decide())'s: it is run once with its ears open. What it
//! heard gives every rule its part; the rules that it did not come to are matched by the functions
//! that it uses.

use super::{Outcomes, Question, is_self};
use crate::verdict::UnknownCause;
use crate::{Cluster, Direction, Flow, PolicySet, RuleId, RuleRef, Side, Tier, Tri};

/// How one side of an answer came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// Which side.
    pub direction: Direction,
    /// What it says: the same as [`decide()`](super::decide()).
    pub side: Side,
    /// What stands outside of all policies and had a part, in the order of the search: the local
    /// node's right of way, "no policy isolates it", a pod's traffic to itself.
    pub builtin: Vec<(RuleId, Role)>,
    /// Every policy, in canonical order. Empty when no policy is asked: traffic of a pod to itself,
    /// a CNI that enforces nothing.
    pub steps: Vec<Step>,
}

/// What one policy has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its place in [`PolicySet::policies`].
    pub policy: usize,
    /// Does it select the subject?
    pub selects: Tri,
    /// Why that may not be decidable.
    pub cause: UnknownCause,
    /// The part that its isolation has; `None` when it does not isolate in this direction, or does
    /// not select the subject.
    pub isolation: Option<Role>,
    /// Its rules in this direction; empty when it does not select the subject.
    pub rules: Vec<RuleStep>,
}

/// What one rule has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleStep {
    /// Its place in [`crate::Policy::rules`].
    pub index: usize,
    /// Its number.
    pub id: RuleId,
    /// Does it cover the protocol and port?
    pub covers_port: bool,
    /// Does it name the peer? [`Tri::Yes`] when it names nobody and means everybody.
    pub peer: Tri,
    /// The first of its peers that matches best; `None` when it names none, or none matches.
    pub which: Option<usize>,
    /// What keeps the rule from being decidable, when it may match.
    pub cause: Option<UnknownCause>,
    /// Its part in the answer.
    pub role: Role,
}

/// The part that a rule, an isolation or a built-in has in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It speaks of another peer, of other ports or of another subject.
    None,
    /// It gives the answer.
    Decides,
    /// It may apply, and the answer would then be another one: the answer is unknown for its sake.
    HoldsBack,
    /// It may apply, and is not what the answer is credited to.
    Possible,
    /// It applies for certain when nothing of what may apply does.
    Otherwise,
    /// It hands the packet on to the next tier.
    Passes,
    /// It may hand the packet on to the next tier.
    MayPass,
    /// It applies or may apply, but this rule has ended the search before.
    NotAsked(RuleId),
}

/// One side of an answer with everything that was considered.
pub fn derive(
    policies: &PolicySet,
    cluster: &Cluster,
    flow: &Flow,
    direction: Direction,
) -> Derivation {
    let own = Side::allow(RuleId::SELF);
    let mut derivation = Derivation {
        direction,
        side: own,
        builtin: vec![(RuleId::SELF, Role::Decides)],
        steps: Vec::new(),
    };
    if is_self(cluster, flow) {
        return derivation;
    }
    let candidates: Vec<usize> = (0..policies.policies().len()).collect();
    let question = Question::new(policies, cluster, flow, direction, &candidates);
    let mut out = Outcomes {
        heard: Some(Vec::new()),
        ..Outcomes::default()
    };
    question.search(&mut out);
    let listener = Listener {
        question: &question,
        side: out.side(),
        out: &out,
    };
    derivation.side = listener.side;
    derivation.builtin = listener.builtin();
    if policies.options().enforced {
        derivation.steps = candidates
            .iter()
            .filter_map(|at| listener.step(*at))
            .collect();
    }
    derivation
}

/// A search that has ended.
struct Listener<'a> {
    question: &'a Question<'a>,
    side: Side,
    out: &'a Outcomes,
}

impl Listener<'_> {
    fn builtin(&self) -> Vec<(RuleId, Role)> {
        if self.out.found.is_empty() {
            return vec![(RuleId::NOT_ISOLATED, Role::Decides)];
        }
        let found = self.out.found.iter().map(|outcome| outcome.rule);
        let builtin = found.filter(|rule| rule.0 < RuleId::FIRST);
        builtin
            .filter_map(|rule| Some((rule, self.heard(rule)?)))
            .collect()
    }

    fn step(&self, at: usize) -> Option<Step> {
        let question = self.question;
        let policy = question.policies.policies().get(at)?;
        let (selects, cause) = question.selected(policy);
        let mut step = Step {
            policy: at,
            selects,
            cause,
            isolation: None,
            rules: Vec::new(),
        };
        if !selects.possible() {
            return Some(step);
        }
        if policy.tier == Tier::Namespace && question.isolates(policy) {
            let id = question.policies.isolation_id(at, question.direction);
            step.isolation = Some(self.role(id, policy.tier));
        }
        let rules = policy.rules.iter().enumerate();
        let rules = rules.filter(|(_, rule)| rule.direction == question.direction);
        step.rules = rules
            .map(|(index, rule)| {
                let id = question.policies.rule_id(at, index);
                let (which, peer) = match question.best_peer(rule) {
                    Some((which, matched)) => (matched.0.possible().then_some(which), matched.0),
                    None => (None, Tri::Yes),
                };
                let (matched, cause) = question.rule_matches((selects, cause), rule);
                RuleStep {
                    index,
                    id,
                    covers_port: question.covers_port(rule),
                    peer,
                    which,
                    cause: (matched == Tri::Unknown).then_some(cause),
                    role: match matched {
                        Tri::No => Role::None,
                        _ => self.role(id, policy.tier),
                    },
                }
            })
            .collect();
        Some(step)
    }

    /// The part of something that applies or may apply.
    fn role(&self, id: RuleId, tier: Tier) -> Role {
        self.heard(id)
            .unwrap_or_else(|| Role::NotAsked(self.ended_by(tier)))
    }

    /// The part of something that the search came to.
    fn heard(&self, id: RuleId) -> Option<Role> {
        if let Some(outcome) = self.out.found.iter().find(|outcome| outcome.rule == id) {
            return Some(
                match (id == self.side.rule, self.side.cause, outcome.cause) {
                    (true, Some(_), _) => Role::HoldsBack,
                    (true, None, _) => Role::Decides,
                    (false, _, Some(_)) => Role::Possible,
                    (false, _, None) => Role::Otherwise,
                },
            );
        }
        let mut heard = self.out.heard.iter().flatten();
        let (_, matched) = heard.find(|(rule, _)| *rule == id)?;
        Some(match matched {
            Tri::Yes => Role::Passes,
            _ => Role::MayPass,
        })
    }

    /// What ended the search in a tier, or before it.
    fn ended_by(&self, tier: Tier) -> RuleId {
        let policies = self.question.policies;
        let in_tier = |id: RuleId| match policies.rule_ref(id) {
            Some(RuleRef::Rule(policy, ..) | RuleRef::Isolation(policy, _)) => {
                std::mem::discriminant(&policy.tier) == std::mem::discriminant(&tier)
            }
            _ => false,
        };
        let heard = self.out.heard.iter().flatten();
        let heard = heard.filter(|(_, matched)| *matched == Tri::Yes);
        let found = self
            .out
            .found
            .iter()
            .filter(|outcome| outcome.cause.is_none());
        let mut found = found.map(|outcome| outcome.rule);
        let mut certain = heard.map(|(rule, _)| *rule).chain(found.clone());
        certain
            .find(|id| in_tier(*id))
            .or_else(|| found.next_back())
            .unwrap_or(RuleId::NOT_ISOLATED)
    }
}
