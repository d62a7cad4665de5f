//! Why: what the number of a rule means to people.

use netpol_policy::{Action, Direction, PolicySet, RuleId, RuleRef, Side, Verdict};
use serde::Serialize;
use std::fmt;

/// Where a rule was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path as in reports.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Of a rule that a chart rendered: the values that it shows, then those that decided whether
    /// it is there.
    pub values: Vec<ValuePlace>,
}

/// A value of a chart that a rule was made of, and where it was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValuePlace {
    /// Its path in the values: `networkPolicy.port`.
    pub value: String,
    /// Where it was set, relative as in reports.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// So many values are named behind a place; the machine-readable forms have all of them.
const VALUES: usize = 4;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}{}", self.path, self.line, in_words(&self.values))
    }
}

/// `, by networkPolicy.port at prod.yaml:5`: the values behind a place; empty when there are none.
pub(super) fn in_words(values: &[ValuePlace]) -> String {
    let named = values.iter().take(VALUES).map(|v| {
        let ValuePlace {
            value, file, line, ..
        } = v;
        format!("{value} at {file}:{line}")
    });
    let named: Vec<String> = named.collect();
    match (named.is_empty(), values.len().checked_sub(VALUES)) {
        (true, _) => String::new(),
        (false, Some(more)) if more > 0 => {
            format!(", by {} and {more} more values", named.join(", "))
        }
        _ => format!(", by {}", named.join(", ")),
    }
}

/// Something that knows where rules were written: the sources, or a bundle's source map. Several
/// threads may ask it at the same time.
pub trait Places: Sync {
    /// The place of a rule; `None` when it is not known, and for numbers of no policy.
    fn place(&self, rule: RuleId) -> Option<Place>;

    /// The place of the subject's selector of a policy, by its place in the policy set.
    fn subject(&self, _policy: usize) -> Option<Place> {
        None
    }
}

/// Makes sentences of rule numbers.
#[derive(Clone, Copy)]
pub struct Reasons<'a> {
    policies: &'a PolicySet,
    places: &'a dyn Places,
}

impl fmt::Debug for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reasons").finish_non_exhaustive()
    }
}

/// What one side says, and why (`ingress` and `egress` of `schemas/query.v1.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Allow, deny or unknown.
    pub verdict: Verdict,
    /// One sentence without a period, with the place in parentheses.
    pub reason: String,
    /// The number of the rule; numbers below 16 belong to no policy.
    pub rule: u32,
    /// The policy that the rule belongs to: `NetworkPolicy shop/default-deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Where the rule stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Of a rule that a chart rendered: the values that it was made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValuePlace>,
    /// What keeps an unknown verdict from being decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// Of an allow: what else must hold, while the connection runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<&'static str>,
}

impl<'a> Reasons<'a> {
    /// Reasons for verdicts of this policy set.
    pub fn new(policies: &'a PolicySet, places: &'a dyn Places) -> Self {
        Self { policies, places }
    }

    /// The reason of one side.
    pub fn side(&self, direction: Direction, side: Side) -> Reason {
        let place = self.places.place(side.rule);
        let cause = side.cause.map(netpol_policy::UnknownCause::sentence);
        let (policy, what) = self.what(direction, side.rule, place.as_ref());
        let condition = side.condition.map(netpol_policy::Condition::sentence);
        let reason = match (side.verdict, cause, condition) {
            (Verdict::Unknown, Some(cause), _) => format!("{cause} (it depends on: {what})"),
            (Verdict::Allow, _, Some(condition)) => format!("{what}, on condition: {condition}"),
            _ => what,
        };
        Reason {
            verdict: side.verdict,
            reason,
            rule: side.rule.0,
            policy,
            line: place.as_ref().map(|p| p.line),
            column: place.as_ref().map(|p| p.column),
            values: (place.as_ref()).map_or_else(Vec::new, |p| p.values.clone()),
            file: place.map(|p| p.path),
            cause,
            condition,
        }
    }

    /// The policies that are spoken of.
    pub fn policies(&self) -> &'a PolicySet {
        self.policies
    }

    /// Where rules and policies were written.
    pub fn places(&self) -> &'a dyn Places {
        self.places
    }

    /// A rule without its place: `NetworkPolicy shop/api, ingress rule 1`.
    pub fn name(&self, direction: Direction, rule: RuleId) -> String {
        match self.policies.rule_ref(rule) {
            Some(RuleRef::Rule(policy, rule, before)) => {
                let (side, nth) = (rule.direction.name(), before + 1);
                format!("{}, {side} rule {nth}", policy.key)
            }
            Some(RuleRef::Isolation(policy, _)) => format!("the isolation by {}", policy.key),
            _ => format!("\"{}\"", builtin(direction, rule)),
        }
    }

    /// The policy's name, and what its rule says.
    fn what(
        &self,
        direction: Direction,
        rule: RuleId,
        place: Option<&Place>,
    ) -> (Option<String>, String) {
        let at = place.map_or_else(String::new, |place| format!(" ({place})"));
        match self.policies.rule_ref(rule) {
            Some(RuleRef::Builtin(rule)) => (None, builtin(direction, rule)),
            Some(RuleRef::Isolation(policy, _)) => {
                let key = policy.key.to_string();
                let what = format!("isolated by {key}{at}, nothing allows");
                (Some(key), what)
            }
            Some(RuleRef::Rule(policy, rule, before)) => {
                let key = policy.key.to_string();
                let done = match rule.action {
                    Action::Allow => "allowed",
                    Action::Deny => "denied",
                    Action::Pass => "passed on",
                };
                let (side, nth) = (rule.direction.name(), before + 1);
                let what = format!("{done} by {key}, {side} rule {nth}{at}");
                (Some(key), what)
            }
            None => (None, format!("rule {} of no known policy", rule.0)),
        }
    }
}

/// What the numbers that belong to no policy mean.
pub(super) fn builtin(direction: Direction, rule: RuleId) -> String {
    match rule {
        RuleId::NOT_ISOLATED => format!("no policy isolates it for {}", direction.name()),
        RuleId::SELF => "a pod always reaches itself".to_owned(),
        RuleId::LOCAL_NODE => "a node always reaches the pods that run on it".to_owned(),
        other => netpol_image::reason::of(other).map_or_else(
            || format!("reason {}", other.0),
            |reason| reason.sentence.trim_end_matches('.').to_owned(),
        ),
    }
}
