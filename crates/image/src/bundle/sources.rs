//! From rule numbers back to the files.

use super::BundleError;
use netpol_policy::{PolicyKey, PolicySet, RuleId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A place in a file that a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceRef {
    /// The policy.
    pub policy: PolicyKey,
    /// The rule in one line, such as `ingress rule 2: TCP/8443 from app=web`.
    pub text: String,
    /// The file, below the root, with `/` between its parts.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The first byte, from 0.
    pub start: u64,
    /// The byte after the last one.
    pub end: u64,
}

/// The places of every rule, isolations included. A rule may have several: a line of a template
/// and the leaf of the values that it reads. The first one is the most telling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceMap(BTreeMap<RuleId, Vec<SourceRef>>);

impl SourceMap {
    /// Adds a place to a rule, after those that it has.
    pub fn add(&mut self, rule: RuleId, place: SourceRef) {
        self.0.entry(rule).or_default().push(place);
    }

    /// The places of a rule; none for the numbers that are built in.
    pub fn get(&self, rule: RuleId) -> &[SourceRef] {
        self.0.get(&rule).map(Vec::as_slice).unwrap_or_default()
    }

    /// All rules in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, &[SourceRef])> {
        self.0
            .iter()
            .map(|(rule, places)| (*rule, places.as_slice()))
    }

    /// How many rules have a place.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is no rule's place known?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Only rules of these policies, and only files below the root.
    pub(super) fn check(&self, policies: &PolicySet) -> Result<(), BundleError> {
        let known = RuleId::FIRST..policies.id_bound();
        for (rule, places) in &self.0 {
            if !known.contains(&rule.0) {
                let fault = "speaks of a rule that does not exist";
                return Err(BundleError::section("sources", fault));
            }
            for place in places {
                if !is_below_root(&place.file) {
                    return Err(BundleError::Path(place.file.clone()));
                }
            }
        }
        Ok(())
    }
}

fn is_below_root(file: &str) -> bool {
    let parts = || file.split(['/', '\\']);
    let drive = parts().next().is_some_and(|first| first.ends_with(':'));
    !drive && parts().all(|part| !part.is_empty() && part != "..")
}

#[cfg(test)]
mod tests {
    use super::is_below_root;

    #[test]
    fn only_paths_below_the_root_are_good() {
        for good in ["a.yaml", "dir/b.yaml", "-", "odd name\n.yaml", "./a.yaml"] {
            assert!(is_below_root(good), "{good}");
        }
        for bad in [
            "/etc/a",
            "../a",
            "a/../b",
            "",
            "a//b",
            "C:\\a",
            "\\\\host\\a",
            "a/",
        ] {
            assert!(!is_below_root(bad), "{bad}");
        }
    }
}
