//! The whole way to an answer: every policy, whether it selects the subject, which of its rules
//! match, and what each had to do with the verdict.
//!
//! What is told is [`derive()`]'s, which listens to `decide`; here it is put into words and places.

use super::reason::{Place, Reasons, ValuePlace, builtin};
use netpol_policy::decide::{Derivation, Role, RuleStep, Step};
use netpol_policy::{
    Action, Cluster, Direction, Flow, Policy, RuleId, RuleRef, Tier, Tri, UnknownCause, Verdict,
    derive,
};
use serde::Serialize;

/// How an answer came about, shown for one of its packets (`why` of `schemas/query.v1.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The packet's port: `TCP/8443`.
    pub port: String,
    /// What the source's policies say.
    pub egress: WhySide,
    /// What the destination's policies say.
    pub ingress: WhySide,
}

impl Why {
    /// The side of a direction.
    pub fn side(&self, direction: Direction) -> &WhySide {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// How one side came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhySide {
    /// Allow, deny or unknown.
    pub verdict: Verdict,
    /// Whose policies are asked.
    pub subject: String,
    /// The other end.
    pub peer: String,
    /// The reason, as in the answer.
    pub conclusion: String,
    /// What stands outside of policies and has a part, in the order of the search.
    pub builtin: Vec<WhyBuiltin>,
    /// Every policy in canonical order; empty when none is asked.
    pub policies: Vec<WhyPolicy>,
}

/// What stands outside of policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyBuiltin {
    /// Its number.
    pub rule: u32,
    /// What it has to do with the answer.
    pub part: Part,
    /// One sentence.
    pub because: String,
}

/// What one policy has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WhyPolicy {
    /// `NetworkPolicy shop/default-deny`.
    pub policy: String,
    /// `admin`, `namespace` or `baseline`.
    pub tier: &'static str,
    /// Of ordered tiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// Where it says whom it selects.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<WhyPlace>,
    /// Does it select the subject?
    pub selects: Truth,
    /// What its isolation has to do with the answer; absent when it does not isolate the subject
    /// in this direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<WhyIsolation>,
    /// One sentence on the policy as a whole.
    pub because: String,
    /// Its rules in this direction, in the order of the manifest; empty when it does not select
    /// the subject.
    pub rules: Vec<WhyRule>,
}

/// What an isolation has to do with the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyIsolation {
    /// Its number.
    pub rule: u32,
    /// What makes the policy isolate.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<WhyPlace>,
    /// What it has to do with the answer.
    pub part: Part,
    /// One sentence.
    pub because: String,
}

/// What one rule has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyRule {
    /// Its number.
    pub rule: u32,
    /// Its place among the rules of this direction, from 1.
    pub nth: usize,
    /// What it does with packets that it matches.
    pub action: Action,
    /// Where it is written.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<WhyPlace>,
    /// Does it cover the port?
    pub port: bool,
    /// Does it name the peer?
    pub peer: Truth,
    /// What it has to do with the answer.
    pub part: Part,
    /// One sentence.
    pub because: String,
}

/// A place, as its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyPlace {
    /// Relative to where the command was started.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// Of what a chart rendered: the values that it was made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValuePlace>,
}

impl std::fmt::Display for WhyPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let values = super::reason::in_words(&self.values);
        write!(f, "{}:{}:{}{values}", self.file, self.line, self.column)
    }
}

impl From<Place> for WhyPlace {
    fn from(place: Place) -> Self {
        Self {
            file: place.path,
            line: place.line,
            column: place.column,
            values: place.values,
        }
    }
}

/// Yes, no, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// Certainly.
    Yes,
    /// Certainly not.
    No,
    /// The input does not tell.
    Unknown,
}

impl From<Tri> for Truth {
    fn from(tri: Tri) -> Self {
        match tri {
            Tri::Yes => Self::Yes,
            Tri::No => Self::No,
            Tri::Unknown => Self::Unknown,
        }
    }
}

/// [`Role`] for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Speaks of something else.
    None,
    /// Gives the answer.
    Decides,
    /// The answer is unknown for its sake.
    HoldsBack,
    /// May apply, without being what the answer is credited to.
    Possible,
    /// Applies when nothing of what may apply does.
    Otherwise,
    /// Hands the packet on to the next tier.
    Passes,
    /// May hand it on.
    MayPass,
    /// The search had ended before.
    NotAsked,
}

impl From<Role> for Part {
    fn from(role: Role) -> Self {
        match role {
            Role::None => Self::None,
            Role::Decides => Self::Decides,
            Role::HoldsBack => Self::HoldsBack,
            Role::Possible => Self::Possible,
            Role::Otherwise => Self::Otherwise,
            Role::Passes => Self::Passes,
            Role::MayPass => Self::MayPass,
            Role::NotAsked(_) => Self::NotAsked,
        }
    }
}

/// `admin`, `namespace` or `baseline`, and the priority within.
pub fn tier_name(tier: Tier) -> (&'static str, Option<u16>) {
    match tier {
        Tier::Admin { priority } => ("admin", Some(priority)),
        Tier::Namespace => ("namespace", None),
        Tier::Baseline { priority } => ("baseline", Some(priority)),
    }
}

/// Both sides of the answer to a packet, whose ends have these names.
pub fn why(reasons: Reasons<'_>, cluster: &Cluster, flow: &Flow, ends: (&str, &str)) -> Why {
    let (from, to) = ends;
    let port = super::PortRange::new(flow.protocol, flow.port, flow.port).to_string();
    let side = |direction, subject: &str, peer: &str| {
        let derivation = derive(reasons.policies(), cluster, flow, direction);
        let teller = Teller {
            reasons,
            derivation: &derivation,
            port: &port,
            peer,
        };
        teller.side(subject)
    };
    Why {
        egress: side(Direction::Egress, from, to),
        ingress: side(Direction::Ingress, to, from),
        port: port.clone(),
    }
}

/// Puts one derivation into words.
struct Teller<'a> {
    reasons: Reasons<'a>,
    derivation: &'a Derivation,
    port: &'a str,
    peer: &'a str,
}

impl Teller<'_> {
    fn side(&self, subject: &str) -> WhySide {
        let Derivation {
            direction, side, ..
        } = *self.derivation;
        let builtin = self.derivation.builtin.iter();
        let builtin = builtin.map(|&(rule, role)| WhyBuiltin {
            rule: rule.0,
            part: role.into(),
            because: self.builtin(rule, role),
        });
        let steps = self.derivation.steps.iter();
        WhySide {
            verdict: side.verdict,
            subject: subject.to_owned(),
            peer: self.peer.to_owned(),
            conclusion: self.reasons.side(direction, side).reason,
            builtin: builtin.collect(),
            policies: steps
                .filter_map(|step| self.policy(step, subject))
                .collect(),
        }
    }

    fn builtin(&self, rule: RuleId, role: Role) -> String {
        let what = builtin(self.derivation.direction, rule);
        match role {
            Role::HoldsBack | Role::Possible => {
                format!("perhaps: {what}; {}", UnknownCause::NoNode.sentence())
            }
            Role::Otherwise => format!("when nothing of that applies: {what}"),
            _ => what,
        }
    }

    fn policy(&self, step: &Step, subject: &str) -> Option<WhyPolicy> {
        let policy = self.reasons.policies().policies().get(step.policy)?;
        let (tier, priority) = tier_name(policy.tier);
        let rules = step.rules.iter().enumerate();
        Some(WhyPolicy {
            policy: policy.key.to_string(),
            tier,
            priority,
            place: self.subject_place(step.policy),
            selects: step.selects.into(),
            isolation: step.isolation.map(|role| self.isolation(step, role)),
            because: self.about(policy, step, subject),
            rules: rules
                .filter_map(|(before, rule)| self.rule(policy, rule, before + 1))
                .collect(),
        })
    }

    fn subject_place(&self, policy: usize) -> Option<WhyPlace> {
        let places = self.reasons.places();
        let isolation = self
            .reasons
            .policies()
            .isolation_id(policy, self.derivation.direction);
        let place = places.subject(policy).or_else(|| places.place(isolation));
        place.map(WhyPlace::from)
    }

    /// One sentence on the policy as a whole.
    fn about(&self, policy: &Policy, step: &Step, subject: &str) -> String {
        let direction = self.derivation.direction.name();
        let selects = match step.selects {
            Tri::No => return format!("does not select {subject}"),
            Tri::Yes => format!("selects {subject}"),
            Tri::Unknown => format!("may select {subject}: {}", step.cause.sentence()),
        };
        match (step.isolation.is_some(), step.rules.is_empty()) {
            (true, true) => format!("{selects} and isolates it for {direction}, without a rule"),
            (true, false) => format!("{selects} and isolates it for {direction}"),
            (false, true) => format!("{selects} and says nothing about {direction}"),
            (false, false) if policy.tier == Tier::Namespace => {
                format!("{selects} without isolating it for {direction}")
            }
            (false, false) => selects,
        }
    }

    fn isolation(&self, step: &Step, role: Role) -> WhyIsolation {
        let direction = self.derivation.direction;
        let rule = self.reasons.policies().isolation_id(step.policy, direction);
        WhyIsolation {
            rule: rule.0,
            place: self.reasons.places().place(rule).map(WhyPlace::from),
            part: role.into(),
            because: match role {
                Role::Decides => "isolated, and nothing allows: denied".to_owned(),
                Role::HoldsBack | Role::Possible => {
                    format!(
                        "would be isolated if it is selected; {}",
                        step.cause.sentence()
                    )
                }
                Role::Otherwise => "isolated, and nothing else allows for certain".to_owned(),
                Role::NotAsked(by) => self.not_asked_isolation(by),
                Role::None | Role::Passes | Role::MayPass => String::new(),
            },
        }
    }

    fn not_asked_isolation(&self, by: RuleId) -> String {
        let name = self.reasons.name(self.derivation.direction, by);
        match self.reasons.policies().rule_ref(by) {
            Some(RuleRef::Isolation(..)) => format!("isolated as well; credit goes to {name}"),
            Some(RuleRef::Rule(policy, rule, _)) if policy.tier == Tier::Namespace => {
                match rule.action {
                    Action::Allow => format!("isolated, but {name} allows"),
                    _ => format!("isolated, and {name} denies in any case"),
                }
            }
            _ => format!("not asked: {name} has decided before"),
        }
    }

    fn rule(&self, policy: &Policy, step: &RuleStep, nth: usize) -> Option<WhyRule> {
        let rule = policy.rules.get(step.index)?;
        let matched = self.matched(step);
        let done = match rule.action {
            Action::Allow => "allowed",
            Action::Deny => "denied",
            Action::Pass => "handed on to the next tier",
        };
        let cause = step.cause.map_or("", UnknownCause::sentence);
        let mut because = match step.role {
            Role::None => matched,
            Role::Decides if step.cause.is_some() => {
                format!("may match, and whatever else applies has the same end: {done}")
            }
            Role::Decides | Role::Passes => format!("{matched}: {done}"),
            Role::HoldsBack => format!("may match, and it matters: {cause}"),
            Role::Possible | Role::MayPass => format!("may match: {cause}"),
            Role::Otherwise => format!("{matched}: {done} when nothing of what may apply does"),
            Role::NotAsked(by) => format!("{matched}, but {}", self.not_asked(policy, by)),
        };
        if let (Some(condition), true) = (rule.condition, step.role != Role::None) {
            because = format!("{because}, on condition: {}", condition.sentence());
        }
        Some(WhyRule {
            rule: step.id.0,
            nth,
            action: rule.action,
            place: self.reasons.places().place(step.id).map(WhyPlace::from),
            port: step.covers_port,
            peer: step.peer.into(),
            part: step.role.into(),
            because,
        })
    }

    /// What the rule matches, in words.
    fn matched(&self, step: &RuleStep) -> String {
        let (port, peer) = (self.port, self.peer);
        match (step.covers_port, step.peer) {
            (false, Tri::No) => format!("names neither {peer} nor {port}"),
            (false, _) => format!("does not cover {port}"),
            (true, Tri::No) => format!("does not name {peer}"),
            (true, Tri::Unknown) => "may match".to_owned(),
            (true, Tri::Yes) => match step.which {
                Some(at) => format!("matches by its peer {}", at + 1),
                None => "matches everybody".to_owned(),
            },
        }
    }

    /// Why a rule that matches was not asked.
    fn not_asked(&self, policy: &Policy, by: RuleId) -> String {
        let name = self.reasons.name(self.derivation.direction, by);
        let same_tier = |other: &Policy| tier_name(other.tier).0 == tier_name(policy.tier).0;
        match self.reasons.policies().rule_ref(by) {
            Some(RuleRef::Rule(other, rule, _)) if same_tier(other) => {
                match (policy.tier, rule.action) {
                    (Tier::Namespace, Action::Deny) => {
                        format!("a deny beats every allow: {name}")
                    }
                    (Tier::Namespace, _) => format!("credit goes to {name}"),
                    (_, Action::Pass) => format!("{name} left the tier before"),
                    _ => format!("{name} comes first"),
                }
            }
            Some(RuleRef::Isolation(..)) => {
                format!("the namespace tier is final for who is isolated: {name}")
            }
            _ => format!("{name} has decided before"),
        }
    }
}
