//! Every permission that is lost on the other side, found once for the rules that tell of it (NP301,
//! NP308).

use super::context::Context;
use super::counterpart::counterpart;
use super::permission::{Lost, lost};
use netpol_policy::RuleId;

/// A permission of one rule that another rule or an isolation drops.
#[derive(Debug)]
pub struct Loss {
    /// The granting rule, by its place ([`Context::rule_at`]).
    pub granted: (usize, usize),
    /// What drops it.
    pub by: RuleId,
    /// What is lost.
    pub lost: Lost,
    /// The rule of the refusing side that allows something else, by its place: both sides allow, and
    /// the ports are the mistake.
    pub counterpart: Option<(usize, usize)>,
}

/// All of them, in the order of the rules and of what drops them.
pub fn losses(context: &Context<'_>) -> Vec<Loss> {
    let mut all = Vec::new();
    for written in context.rules() {
        for (by, lost) in lost(context, written) {
            let other = counterpart(context, written, by, &lost);
            all.push(Loss {
                granted: (written.at, written.index),
                by,
                lost,
                counterpart: other.map(|other| (other.at, other.index)),
            });
        }
    }
    all
}
