//! The policies of the tiers in which the first match decides, by the namespaces that they speak of.
//!
//! Where two policies name their namespaces and have no name in common, nobody is a subject of both
//! (S-NS-NAME): none of them is asked about the other, so that one policy for each namespace costs
//! what the text does and not what its pairs do.

use super::groups::names;
use super::order::is_ordered;
use netpol_policy::Policy;
use std::collections::{BTreeSet, HashMap};

/// Places of policies, ascending.
#[derive(Debug)]
pub struct Ordered<'a> {
    all: Vec<usize>,
    /// Those that name their namespaces, once for each name.
    by_name: HashMap<&'a str, Vec<usize>>,
    /// All others.
    anywhere: Vec<usize>,
}

impl<'a> Ordered<'a> {
    /// Sorts them in.
    pub fn new(policies: &'a [Policy]) -> Self {
        let mut found = Self {
            all: Vec::new(),
            by_name: HashMap::new(),
            anywhere: Vec::new(),
        };
        let ordered = policies.iter().enumerate();
        for (at, policy) in ordered.filter(|(_, policy)| is_ordered(policy.tier)) {
            found.all.push(at);
            match names_of(policy) {
                None => found.anywhere.push(at),
                Some(names) => {
                    for name in names {
                        found.by_name.entry(name).or_default().push(at);
                    }
                }
            }
        }
        found
    }

    /// Those that may have a subject in common with a policy, ascending.
    pub fn near(&self, policy: &Policy) -> Vec<usize> {
        let Some(names) = names_of(policy) else {
            return self.all.clone();
        };
        let named = names.into_iter().filter_map(|name| self.by_name.get(name));
        let mut found: Vec<usize> = named.flatten().chain(&self.anywhere).copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The namespaces that all subjects of a policy are in; `None` where they may be anywhere.
fn names_of(policy: &Policy) -> Option<BTreeSet<&str>> {
    names(&policy.subject.endpoints()?.namespaces)
}
