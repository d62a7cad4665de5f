//! What becomes of reachability between two states of a cluster, and which edits do it.
//!
//! Parties of both states are paired by name and grouped by their classes on both sides, so that a
//! pair of groups is compared once for all of its members; only pairs that an edit can touch are
//! looked at. Causes are found by asking again with single edits made and left out.

mod canonical;
mod cause;
mod compare;
mod groups;
mod lens;
mod partners;
mod rows;
mod services;
mod state;
mod touch;

pub use canonical::Canonical;
pub use cause::{Because, Cause, Proof};
pub use groups::{Group, Presence};
pub use rows::{Change, Ends, Scope};
pub use state::{Assembly, State};

use crate::reach::Places;
use netpol_policy::Matrix;
use serde::Serialize;

/// What becomes of packets, from nothing to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nothing passes, or one of the ends does not exist.
    Deny,
    /// The input does not decide it.
    Unknown,
    /// Of a service: some of its backends are reached.
    Partly,
    /// It passes when something else holds as well (L7 rules, authentication).
    Conditional,
    /// It passes.
    Allow,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Tell connections too that pass as before for another reason.
    pub reasons: bool,
}

/// The changes between two states.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The groups that changes speak of.
    pub groups: Vec<Group>,
    /// What opens the cluster to the world first, then what reaches through all of it.
    pub changes: Vec<Change>,
    /// Names of workloads that are there after only.
    pub added: Vec<String>,
    /// Names of workloads that are there before only.
    pub removed: Vec<String>,
}

/// One side of a comparison: the state, and where its rules were written.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Who is there and what was written.
    pub state: &'a State,
    /// Where.
    pub places: &'a dyn Places,
}

impl std::fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").finish_non_exhaustive()
    }
}

/// Compares two states; `assembly` knows the edits that lead from the first to the second.
pub fn compare(sides: [Side<'_>; 2], assembly: &dyn Assembly, options: Options) -> Comparison {
    let [before, after] = sides.map(|side| side.state);
    let matrices = [before, after].map(|s| Matrix::new(&s.policies, &s.cluster));
    let [first, second] = &matrices;
    let lenses = [
        lens::Lens::new(before, first),
        lens::Lens::new(after, second),
    ];
    let partners = partners::pair([before, after]);
    let touch = touch::Touch::new([before, after], assembly.edits(), &partners);
    let groups = groups::group(&lenses, &partners, &touch);
    let mut found = compare::pairs(&lenses, &groups, touch.everything, options);
    found.extend(services::changes(&lenses, &groups, &touch));
    let mut changes = rows::merge(found, &groups);
    rows::explain(&mut changes, &groups, sides, &lenses);
    // What matters most is proved first.
    rows::sort(&mut changes, &groups);
    cause::find(&mut changes, &groups, assembly);
    let named = |presence| {
        let of_side = partners.iter().filter(|p| p.presence() == presence);
        of_side.map(|p| p.name.clone()).collect()
    };
    let (added, removed) = (named(Presence::After), named(Presence::Before));
    Comparison {
        groups,
        changes,
        added,
        removed,
    }
}
