//! What selectors prove about each other (S-SELECTOR).

use crate::{Operator, Requirement, Selector};
use std::collections::BTreeSet;

/// What a selector asks of one label.
#[derive(Debug, Default)]
struct Demand<'a> {
    /// Its value is one of these; `None`: no requirement says so.
    allowed: Option<BTreeSet<&'a str>>,
    /// Its value, if there is one, is none of these.
    refused: BTreeSet<&'a str>,
    /// It must be there.
    present: bool,
    /// It must not be there.
    absent: bool,
}

impl<'a> Demand<'a> {
    /// What all the requirements about a key come to together.
    fn of(key: &str, requirements: impl IntoIterator<Item = &'a Requirement>) -> Self {
        let mut demand = Self::default();
        for requirement in requirements.into_iter().filter(|r| r.key == key) {
            let values = || requirement.values.iter().map(String::as_str);
            match requirement.operator {
                Operator::In => {
                    demand.present = true;
                    let before = demand.allowed.take();
                    let both = |v: &&str| before.as_ref().is_none_or(|known| known.contains(v));
                    demand.allowed = Some(values().filter(both).collect());
                }
                Operator::NotIn => demand.refused.extend(values()),
                Operator::Exists => demand.present = true,
                Operator::DoesNotExist => demand.absent = true,
            }
        }
        if let Some(allowed) = &mut demand.allowed {
            allowed.retain(|value| !demand.refused.contains(value));
        }
        demand
    }

    /// Does no label satisfy it?
    fn is_impossible(&self) -> bool {
        let no_value = self.allowed.as_ref().is_some_and(BTreeSet::is_empty);
        (self.present && self.absent) || no_value
    }

    /// Does whatever satisfies it satisfy the requirement about the same key?
    fn implies(&self, requirement: &Requirement) -> bool {
        let listed = |value: &&str| requirement.values.iter().any(|v| v == value);
        let allowed = self.allowed.as_ref();
        match requirement.operator {
            Operator::In => allowed.is_some_and(|values| values.iter().all(listed)),
            Operator::NotIn => {
                let mut values = requirement.values.iter();
                self.absent
                    || allowed.is_some_and(|allowed| !allowed.iter().any(listed))
                    || values.all(|value| self.refused.contains(value.as_str()))
            }
            Operator::Exists => self.present,
            Operator::DoesNotExist => self.absent,
        }
    }
}

/// Does every set of labels that satisfies the first one satisfy the second one?
pub(super) fn is_within(narrow: &Selector, wide: &Selector) -> bool {
    let ours = &narrow.requirements;
    let proved =
        |asked: &Requirement| ours.contains(asked) || Demand::of(&asked.key, ours).implies(asked);
    wide.requirements.iter().all(proved) || is_impossible(&ours.iter())
}

/// Does no set of labels satisfy both?
pub(super) fn is_apart(a: &Selector, b: &Selector) -> bool {
    is_impossible(&a.requirements.iter().chain(&b.requirements))
}

fn is_impossible<'a>(all: &(impl Iterator<Item = &'a Requirement> + Clone)) -> bool {
    let mut keys = all.clone().map(|requirement| requirement.key.as_str());
    keys.any(|key| Demand::of(key, all.clone()).is_impossible())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(text: &str) -> Requirement {
        let (operator, values): (Operator, &str) = match text.split_once(['=', '!']) {
            Some((_, values)) if text.contains('!') => (Operator::NotIn, values),
            Some((_, values)) => (Operator::In, values),
            None if text.starts_with('-') => (Operator::DoesNotExist, ""),
            None => (Operator::Exists, ""),
        };
        let key = text.trim_start_matches('-').split(['=', '!']).next();
        Requirement {
            key: key.unwrap_or_default().to_owned(),
            operator,
            values: values.split_terminator('|').map(str::to_owned).collect(),
        }
    }

    /// `a=1|2 b!3 c -d`.
    fn selector(text: &str) -> Selector {
        Selector {
            requirements: text.split_whitespace().map(requirement).collect(),
        }
    }

    #[test]
    fn containment_is_proved_where_it_holds() {
        for (narrow, wide, expected) in [
            ("a=1", "", true),
            ("", "a=1", false),
            ("a=1 b=2", "a=1", true),
            ("a=1", "a=1|2", true),
            ("a=1|2", "a=1", false),
            ("a=1", "a", true),
            ("a", "a=1", false),
            ("a=1", "a!2", true),
            ("a=1", "a!1", false),
            ("a!1|2", "a!1", true),
            ("a!1", "a!1|2", false),
            ("-a", "a!1", true),
            ("-a", "a", false),
            ("a!1", "a", false),
            ("a=1|2 a!2", "a=1", true),
            ("a=1 -a", "b=7", true),
        ] {
            let found = is_within(&selector(narrow), &selector(wide));
            assert_eq!(found, expected, "{narrow:?} in {wide:?}");
        }
    }

    #[test]
    fn what_excludes_each_other_is_apart() {
        for (a, b, expected) in [
            ("a=1", "a=2", true),
            ("a=1|2", "a=2|3", false),
            ("a=1", "b=1", false),
            ("a", "-a", true),
            ("a=1", "-a", true),
            ("a=1", "a!1", true),
            ("a!1", "a!2", false),
            ("", "", false),
        ] {
            assert_eq!(
                is_apart(&selector(a), &selector(b)),
                expected,
                "{a:?} {b:?}"
            );
            assert_eq!(
                is_apart(&selector(b), &selector(a)),
                expected,
                "{b:?} {a:?}"
            );
        }
    }
}
