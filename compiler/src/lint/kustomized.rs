//! Findings in a tree with Kustomize that is read and not built.

use crate::finding::{Code, Finding, Severity};
use crate::load::{Kustomized, Object};
use crate::resolve::Analysis;
use crate::source::{Location, SourceId};
use std::collections::{HashMap, HashSet};

/// Makes notes of the findings about patched objects: the patch may be what puts it right.
pub fn soften(findings: &mut [Finding], analysis: &Analysis) {
    let patched = (analysis.objects.iter()).filter(|o| o.kustomized == Kustomized::Patched);
    let Some(patched) = Places::of(patched) else {
        return;
    };
    let about_policies = |finding: &Finding| {
        let code = finding.code.0;
        code.starts_with("NP3") || code.starts_with("NP4")
    };
    for finding in findings
        .iter_mut()
        .filter(|finding| about_policies(finding))
    {
        if patched.hold_one_of(finding) {
            finding.severity = Severity::Note;
            let note =
                "Kustomize patches one of these objects, and its patches are not applied here";
            finding.notes.push(note.to_owned());
        }
    }
}

/// Tells once, and as the worst that it is, what is wrong in a text that stands for an object in each
/// of several namespaces.
pub fn once_for_copies(findings: &mut Vec<Finding>, analysis: &Analysis) {
    let mut seen = HashSet::new();
    let copies = (analysis.objects.iter()).filter(|object| !seen.insert(object.at));
    let Some(copies) = Places::of(copies) else {
        return;
    };
    let mut worst: HashMap<(Code, Vec<Location>), Severity> = HashMap::new();
    for finding in findings
        .iter()
        .filter(|finding| copies.hold_one_of(finding))
    {
        let told = worst.entry(key(finding)).or_insert(finding.severity);
        *told = finding.severity.max(*told);
    }
    findings.retain(|finding| {
        if !copies.hold_one_of(finding) {
            return true;
        }
        let key = key(finding);
        worst.get(&key) == Some(&finding.severity) && worst.remove(&key).is_some()
    });
}

fn key(finding: &Finding) -> (Code, Vec<Location>) {
    let places = finding.labels.iter().map(|label| label.at).collect();
    (finding.code, places)
}

/// The spans of some objects, in order.
struct Places(Vec<(SourceId, u32, u32)>);

impl Places {
    /// `None` when there are none, as nearly always.
    fn of<'o>(objects: impl Iterator<Item = &'o Object>) -> Option<Self> {
        let mut all: Vec<_> = objects
            .map(|o| (o.at.source, o.at.span.start, o.at.span.end))
            .collect();
        all.sort_unstable();
        (!all.is_empty()).then_some(Self(all))
    }

    fn hold_one_of(&self, finding: &Finding) -> bool {
        finding.labels.iter().any(|label| self.hold(label.at))
    }

    fn hold(&self, at: Location) -> bool {
        let key = (at.source, at.span.start, u32::MAX);
        let before = self.0.partition_point(|place| *place <= key).checked_sub(1);
        let place = before.and_then(|at| self.0.get(at));
        place.is_some_and(|(source, _, end)| *source == at.source && at.span.start < *end)
    }
}
