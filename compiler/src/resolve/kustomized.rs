//! Policies that Kustomize changes or leaves out, in a tree that is read and not built.

use super::kinds::{Role, role};
use crate::finding::{Code, Finding, Severity};
use crate::load::{Kustomized, Loaded, Object};
use crate::source::names;
use std::collections::BTreeMap;

/// So many of the others are pointed at.
const NAMED: usize = 3;

/// NP105 for policies that no kustomization takes up; a sentence for those whose patches are not
/// applied.
pub(super) fn tell(loaded: &mut Loaded) {
    let of = |kustomized: Kustomized| {
        let all = loaded.objects.iter();
        all.filter(move |object| object.kustomized == kustomized && is_policy(object))
    };
    let mut by_source: BTreeMap<_, Vec<&Object>> = BTreeMap::new();
    for object in of(Kustomized::LeftOut) {
        by_source.entry(object.source).or_default().push(object);
    }
    let findings: Vec<Finding> = by_source.values().filter_map(|all| left_out(all)).collect();
    let patched: Vec<String> = of(Kustomized::Patched).map(Object::display_name).collect();
    loaded.findings.extend(findings);
    if !patched.is_empty() {
        let are = if patched.len() == 1 {
            "policy is"
        } else {
            "policies are"
        };
        loaded.incomplete.push(format!(
            "{} {are} read without the patches of Kustomize: {}",
            patched.len(),
            names::some(&patched)
        ));
    }
}

fn is_policy(object: &Object) -> bool {
    matches!(role(object), Role::Policy(_) | Role::OtherPolicy)
}

/// One finding for a file.
fn left_out(all: &[&Object]) -> Option<Finding> {
    let (object, more) = all.split_first()?;
    let name = object.display_name();
    let takes = match more.len() {
        0 => format!("`{name}` is in no kustomization"),
        n => format!("`{name}` and {n} more of its file are in no kustomization"),
    };
    let message = format!("{takes}: the one beside it does not take it up");
    let mut finding = Finding::new(Code("NP105"), Severity::Warning, message)
        .at(object.name_at, "left out of every answer")
        .help(
            "add the file to the `resources` of the kustomization; or name the file, if it is applied \
             by itself",
        );
    for other in more.iter().take(NAMED) {
        finding = finding.see(other.name_at, "also left out");
    }
    finding.object = Some(name);
    Some(finding)
}
