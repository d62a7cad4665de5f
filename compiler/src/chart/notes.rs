//! NP205: what differs from run to run.

use super::origin::Texts;
use crate::finding::{Code, Finding, Severity};
use netpol_helm::render::Rendering;
use std::collections::BTreeMap;

/// One finding for each function at each place.
pub(super) fn findings(rendering: &Rendering, texts: &mut Texts<'_>) -> Vec<Finding> {
    let notes = rendering.notes();
    let mut asked = BTreeMap::new();
    let random = notes.not_reproducible.iter().map(|call| (call, false));
    let lookups = notes.lookups.iter().map(|call| (call, true));
    for ((function, place), lookup) in random.chain(lookups) {
        if let Some(at) = texts.place(rendering, place) {
            asked.insert((at, function.as_str()), lookup);
        }
    }
    let found = asked.into_iter().map(|((at, function), lookup)| {
        let (message, label) = if lookup {
            (
                format!("`{function}` asks the cluster, which is not there"),
                "empty here; with a cluster the chart may render something else",
            )
        } else {
            (
                format!("`{function}` gives something else each time the chart is rendered"),
                "a fixed text stands here for the analysis",
            )
        };
        Finding::new(Code("NP205"), Severity::Note, message).at(at, label)
    });
    found.collect()
}
