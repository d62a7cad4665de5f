//! What several targets know together. They may share texts: a suppression that one of them has no
//! use for may be what another one needs, so nothing is said before all have been asked.

use super::baseline::{Baseline, Seen};
use crate::finding::{Code, Finding};
use crate::lint::suppress::Idle;
use crate::source::{Location, SourceId, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A code and a place, by the path of its text, which is the same in every target.
type Key = (String, u32, Code);

/// Kept from target to target.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    used: BTreeSet<Key>,
    waiting: BTreeMap<Key, Waiting>,
    /// The findings of all targets, for `--write-baseline`.
    pub(super) baseline: Baseline,
    /// What `--baseline` was held against.
    pub(super) seen: Seen,
}

#[derive(Debug)]
struct Waiting {
    finding: Finding,
    path: String,
    text: Arc<str>,
}

impl Ledger {
    /// What is to be said about suppressions now: what no other target can make right, and after
    /// the last one everything that none of them had a use for.
    pub(super) fn settle(
        &mut self,
        idle: Vec<Idle>,
        used: &BTreeSet<(Location, Code)>,
        sources: &mut Sources,
        more: bool,
    ) -> Vec<Finding> {
        let keys = used
            .iter()
            .filter_map(|(at, code)| key(sources, *at, *code));
        self.used.extend(keys);
        let mut said = Vec::new();
        for Idle { finding, unmatched } in idle {
            let at = finding.location();
            let source = at.and_then(|at| sources.get(at.source));
            let key = at
                .zip(unmatched)
                .and_then(|(at, code)| key(sources, at, code));
            match (source, key) {
                (Some(source), Some(key)) => {
                    let (path, text) = (source.path.clone(), Arc::clone(&source.text));
                    let waiting = Waiting {
                        finding,
                        path,
                        text,
                    };
                    self.waiting.insert(key, waiting);
                }
                _ => said.push(finding),
            }
        }
        if !more {
            for (key, waiting) in std::mem::take(&mut self.waiting) {
                if !self.used.contains(&key) {
                    said.push(settled(waiting, sources));
                }
            }
        }
        said
    }
}

fn key(sources: &Sources, at: Location, code: Code) -> Option<Key> {
    Some((sources.get(at.source)?.path.clone(), at.span.start, code))
}

/// The finding with its places in these sources, which an earlier target may have numbered
/// otherwise.
fn settled(waiting: Waiting, sources: &mut Sources) -> Finding {
    let known = sources
        .iter()
        .find(|(_, source)| source.path == waiting.path);
    let known = known.map(|(id, _)| id);
    let id: SourceId = known.unwrap_or_else(|| sources.add(waiting.path, waiting.text));
    let mut finding = waiting.finding;
    let labels = finding.labels.iter_mut().map(|label| &mut label.at);
    let edits = finding.edits.iter_mut().map(|edit| &mut edit.at);
    for at in labels.chain(edits) {
        at.source = id;
    }
    finding
}
