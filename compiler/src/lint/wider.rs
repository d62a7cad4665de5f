//! Policies by whom they select, to find those that select everybody whom another one selects.
//!
//! One that does asks for no label that the other one does not ask for. So it stands either among
//! those that ask for nothing, or among those that ask for a label that the other one asks for.

use super::groups::names;
use netpol_policy::{Operator, Policy, Requirement, Selector, Subject};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Policies that are compared with one. Where more select alike, the last ones are left out, so
/// that the cost stays in proportion to the text.
const MOST: usize = 200;

/// Places of policies by their subject.
#[derive(Debug)]
pub struct Wider<'a> {
    by_subject: HashMap<Shelf<'a>, Vec<usize>>,
    /// By policy, once it was asked for.
    found: Vec<OnceLock<Vec<usize>>>,
}

/// Where a policy is put: a namespace that it names, `None` for those that name none, and one of the
/// labels that it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shelf<'a> {
    Pods(Option<&'a str>, Option<Asked<'a>>),
    Nodes,
}

/// A key, and the value where only one will do.
type Asked<'a> = (&'a str, Option<&'a str>);

impl<'a> Wider<'a> {
    /// Sorts the policies in.
    pub fn new(policies: &'a [Policy]) -> Self {
        let mut by_subject: HashMap<Shelf<'a>, Vec<usize>> = HashMap::new();
        for (at, policy) in policies.iter().enumerate() {
            for shelf in stands_on(policy) {
                by_subject.entry(shelf).or_default().push(at);
            }
        }
        Self {
            by_subject,
            found: policies.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// The policy itself, then those that select everybody whom it selects, in any cluster, by place.
    pub fn of(&self, at: usize, policies: &[Policy]) -> &[usize] {
        let (Some(found), Some(policy)) = (self.found.get(at), policies.get(at)) else {
            return &[];
        };
        found.get_or_init(|| {
            let mut found = self.candidates(at, policy);
            found.retain(|other| {
                let subject = policies.get(*other).map(|other| &other.subject);
                *other == at || subject.is_some_and(|wide| policy.subject.is_within(wide))
            });
            found
        })
    }

    /// The policy itself, then those that may select everybody whom it selects, by place.
    fn candidates(&self, at: usize, policy: &Policy) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for shelf in shelves(policy) {
            found.extend(self.by_subject.get(&shelf).into_iter().flatten());
        }
        found.retain(|other| *other != at);
        found.sort_unstable();
        found.dedup();
        found.truncate(MOST);
        found.insert(0, at);
        found
    }
}

/// One shelf for each namespace that a policy names.
fn stands_on(policy: &Policy) -> Vec<Shelf<'_>> {
    let Subject::Endpoints(selector) = &policy.subject else {
        return vec![Shelf::Nodes];
    };
    // A single value tells more policies apart than a key does.
    let mut asked: Vec<Asked<'_>> = selector.pods.requirements.iter().map(one).collect();
    asked.sort_by_key(|(_, value)| value.is_none());
    let asked = asked.first().copied();
    match names(&selector.namespaces) {
        None => vec![Shelf::Pods(None, asked)],
        Some(names) => names
            .into_iter()
            .map(|name| Shelf::Pods(Some(name), asked))
            .collect(),
    }
}

fn one(requirement: &Requirement) -> Asked<'_> {
    let value = match (requirement.operator, requirement.values.as_slice()) {
        (Operator::In, [value]) => Some(value.as_str()),
        _ => None,
    };
    (&requirement.key, value)
}

/// Where those stand that may select all that this one selects.
fn shelves(policy: &Policy) -> Vec<Shelf<'_>> {
    let Subject::Endpoints(selector) = &policy.subject else {
        return vec![Shelf::Nodes];
    };
    // Who selects all of it names all of its namespaces, so also the first one.
    let first = names(&selector.namespaces).and_then(|names| names.into_iter().next());
    let mut scopes = vec![None];
    scopes.extend(first.map(Some));
    let asked = asked(&selector.pods);
    let of_scope = |scope| asked.iter().map(move |asked| Shelf::Pods(scope, *asked));
    scopes.into_iter().flat_map(of_scope).collect()
}

fn asked(pods: &Selector) -> Vec<Option<Asked<'_>>> {
    let mut all = vec![None];
    for requirement in &pods.requirements {
        let key = requirement.key.as_str();
        all.push(Some((key, None)));
        if requirement.operator == Operator::In {
            let values = requirement.values.iter();
            all.extend(values.map(|value| Some((key, Some(value.as_str())))));
        }
    }
    all
}
