//! Where the rules of a model were written.

use super::reason::{Place, Places, ValuePlace};
use crate::model::Model;
use crate::source::{Location, Sources};
use netpol_policy::{Direction, RuleId};

/// The places of a model's rules.
#[derive(Debug)]
pub struct ModelPlaces<'a> {
    model: &'a Model,
    sources: &'a Sources,
    /// The first number of each policy, rising.
    first_ids: Vec<u32>,
}

impl<'a> ModelPlaces<'a> {
    /// Places in these sources.
    pub fn new(model: &'a Model, sources: &'a Sources) -> Self {
        let policies = 0..model.policies.policies().len();
        let first = |at| model.policies.isolation_id(at, Direction::Ingress).0;
        Self {
            model,
            sources,
            first_ids: policies.map(first).collect(),
        }
    }

    /// Where a rule was written: the rule itself, or what makes its policy isolate.
    pub fn location(&self, rule: RuleId) -> Option<Location> {
        let after = self.first_ids.partition_point(|first| *first <= rule.0);
        let at = after.checked_sub(1)?;
        let origin = self.model.policy_origins.get(at)?;
        let offset = rule.0.checked_sub(*self.first_ids.get(at)?)?;
        match usize::try_from(offset).ok()? {
            isolation @ 0..=1 => origin.isolation.get(isolation).copied(),
            later => origin.rules.get(later - 2).map(|r| r.rule),
        }
    }
}

impl ModelPlaces<'_> {
    fn shown(&self, at: Location) -> Option<Place> {
        let home = self.sources.home(at);
        let (source, position) = self.sources.position(home.at)?;
        let values = home.leaves.iter().chain(&home.guards).filter_map(|leaf| {
            let (source, position) = self.sources.position(leaf.at)?;
            Some(ValuePlace {
                value: leaf.path.to_string(),
                file: source.path.clone(),
                line: position.line,
                column: position.column,
            })
        });
        Some(Place {
            path: source.path.clone(),
            line: position.line,
            column: position.column,
            values: values.collect(),
        })
    }
}

impl Places for ModelPlaces<'_> {
    fn place(&self, rule: RuleId) -> Option<Place> {
        self.shown(self.location(rule)?)
    }

    fn subject(&self, policy: usize) -> Option<Place> {
        self.shown(self.model.policy_origins.get(policy)?.subject)
    }
}
