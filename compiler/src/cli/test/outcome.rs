//! Whether assertions hold, and which rules they rest on.

use crate::reach::answer::Answer;
use crate::reach::reason::{Place, Reason};
use crate::reach::{Desk, ModelPlaces, Places, PortQuestion, Question, Reasons, ask, ports};
use crate::source::Sources;
use crate::suite::Assertion;
use netpol_policy::{Direction, PolicySet, RuleId, RuleRef, Verdict};
use std::collections::BTreeSet;

/// What became of one assertion.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub title: String,
    pub expect: Verdict,
    pub any: bool,
    pub because: Option<String>,
    pub file: String,
    pub line: u32,
    pub column: u32,
    /// Answers that are as expected, and all of them.
    pub right: usize,
    pub all: usize,
    /// The first answer that is not as expected.
    pub wrong: Option<Wrong>,
    /// Why it could not be asked.
    pub fault: Option<String>,
    /// The rules that decided the answers.
    rules: BTreeSet<RuleId>,
}

/// An answer that is not as expected.
#[derive(Debug, Clone)]
pub(super) struct Wrong {
    pub from: String,
    pub to: String,
    pub ports: String,
    pub verdict: Verdict,
    pub ingress: Reason,
    pub egress: Reason,
}

impl Wrong {
    /// The sides that made the verdict, ingress first.
    pub fn deciding(&self) -> Vec<(&'static str, &Reason)> {
        let sides = [("ingress", &self.ingress), ("egress", &self.egress)];
        sides
            .into_iter()
            .filter(|(_, reason)| reason.verdict == self.verdict)
            .collect()
    }
}

impl Outcome {
    pub fn holds(&self) -> bool {
        self.fault.is_none()
            && if self.any {
                self.right > 0
            } else {
                self.right == self.all
            }
    }
}

/// Asks what an assertion is about.
pub(super) fn of(
    assertion: &Assertion,
    desk: &Desk<'_>,
    reasons: Reasons<'_>,
    sources: &Sources,
) -> Outcome {
    let source = sources.get(assertion.at.source);
    let position = source.map(|s| s.line_column(assertion.at.span.start));
    let mut outcome = Outcome {
        title: assertion.title(),
        expect: assertion.expect,
        any: assertion.any,
        because: assertion.because.clone(),
        file: source.map_or_else(String::new, |s| s.path.clone()),
        line: position.map_or(1, |p| p.line),
        column: position.map_or(1, |p| p.column),
        right: 0,
        all: 0,
        wrong: None,
        fault: None,
        rules: BTreeSet::new(),
    };
    for (_, from) in &assertion.from {
        for (_, to) in &assertion.to {
            for ports in ports_of(assertion) {
                let question = Question {
                    from: from.clone(),
                    to: to.clone(),
                    ports,
                };
                match ask(desk, &question) {
                    Ok(answers) => {
                        for answer in &answers.answers {
                            outcome.take(answer, reasons);
                        }
                    }
                    Err(sentence) => outcome.fault = outcome.fault.or(Some(sentence)),
                }
            }
        }
    }
    outcome
}

fn ports_of(assertion: &Assertion) -> Vec<PortQuestion> {
    if assertion.ports.is_empty() {
        return vec![PortQuestion::All];
    }
    assertion
        .ports
        .iter()
        .map(|(_, port)| port.clone())
        .collect()
}

impl Outcome {
    fn take(&mut self, answer: &Answer, reasons: Reasons<'_>) {
        let decision = &answer.decision;
        self.all += 1;
        // A side that says yes has no part in a deny.
        let sides = Direction::BOTH.map(|direction| decision.side(direction));
        let deciding = sides.iter().filter(|side| side.verdict == decision.verdict);
        self.rules.extend(deciding.map(|side| side.rule));
        if decision.verdict == self.expect {
            self.right += 1;
        } else if self.wrong.is_none() {
            self.wrong = Some(Wrong {
                from: answer.from.clone(),
                to: answer.to.clone(),
                ports: ports::in_words(&answer.ports),
                verdict: decision.verdict,
                ingress: reasons.side(Direction::Ingress, decision.ingress),
                egress: reasons.side(Direction::Egress, decision.egress),
            });
        }
    }
}

/// Which rules some assertion rests on.
#[derive(Debug, Clone, Default)]
pub(super) struct Coverage {
    pub covered: usize,
    pub all: usize,
    /// Rules that no assertion rests on: in words, and where.
    pub uncovered: Vec<(String, Option<Place>)>,
}

impl Coverage {
    /// Of two clusters together.
    pub fn and(mut self, other: Self) -> Self {
        self.covered += other.covered;
        self.all += other.all;
        self.uncovered.extend(other.uncovered);
        self
    }

    /// From 0 to 100, rounded down; 100 when there is no rule.
    pub fn percent(&self) -> usize {
        (self.covered * 100).checked_div(self.all).unwrap_or(100)
    }
}

/// The rules and isolations of the policies, and which of them decided an answer.
pub(super) fn coverage(
    outcomes: &[Outcome],
    policies: &PolicySet,
    places: &ModelPlaces<'_>,
) -> Coverage {
    let rests: BTreeSet<RuleId> = outcomes
        .iter()
        .flat_map(|o| o.rules.iter().copied())
        .collect();
    let mut found = Coverage::default();
    for rule in (RuleId::FIRST..policies.id_bound()).map(RuleId) {
        let words = match policies.rule_ref(rule) {
            Some(RuleRef::Isolation(policy, direction))
                if policy.isolates.get(direction.index()) == Some(&true) =>
            {
                format!("{} isolates for {}", policy.key, direction.name())
            }
            Some(RuleRef::Rule(policy, rule, before)) => {
                let (side, nth) = (rule.direction.name(), before + 1);
                format!("{}, {side} rule {nth}", policy.key)
            }
            _ => continue,
        };
        found.all += 1;
        if rests.contains(&rule) {
            found.covered += 1;
        } else {
            found.uncovered.push((words, places.place(rule)));
        }
    }
    found
}
