//! NP604: CNI values with which the agent ends at its start. The chart renders, the rollout
//! begins, and node after node stays without an agent.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::cni::Merged;
use crate::lint::cni::contradiction::{self, Class};
use crate::lint::context::Context;

/// Finds them: one finding per combination of values.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let values = Merged::of(context);
    values.map_or_else(Vec::new, |values| {
        contradiction::tell(&values, Class::Agent, rule)
    })
}
