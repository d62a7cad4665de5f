//! NP607: a policy that needs what the CNI's values leave off. Cilium refuses it, ignores it, or
//! takes it and matches nothing.

use crate::finding::{Finding, Severity};
use crate::lint::Rule;
use crate::lint::cni::{Merged, needs, text};
use crate::lint::context::Context;
use crate::lint::{needing, words};
use crate::model::{Feature, Need};
use netpol_policy::Dialect;

/// Policies that are labelled beside the first one.
const MORE: usize = 3;

/// Finds them: one finding per feature, with the policies that need it.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let Some(values) = Merged::of(context) else {
        return Vec::new();
    };
    if context.policies().options().dialect != Dialect::Cilium {
        return Vec::new();
    }
    let rows = needs::rows().iter().filter(|row| !row.is_on(&values));
    let told = rows.filter_map(|row| {
        let needing = needing::of(context, row.feature);
        tell(&values, row, &needing, rule)
    });
    told.collect()
}

fn tell(values: &Merged<'_>, row: &needs::Row, needing: &[Need], rule: &Rule) -> Option<Finding> {
    let (first, others) = needing.split_first()?;
    let given = row.given(values);
    // NP606 tells of kinds of policies that are switched off by hand.
    if row.feature == Feature::ClusterNetworkPolicy && given.is_some() {
        return None;
    }
    let decides = row.decides(values);
    let mut finding = rule
        .finding(format!("{}, which is off", row.says))
        .at(first.at, row.effect.clone());
    finding.object = Some(first.object.replace(' ', "/"));
    if let Some(given) = given {
        let value = text(&given.value);
        let label = value.map_or_else(
            || format!("`{decides}` is here"),
            |value| format!("`{decides}` is `{value}`"),
        );
        finding = finding.see(given.at, label);
    } else {
        // Another version may have another default.
        if values.assumed {
            finding.severity = Severity::Warning;
        }
        let default = text(&values.value(&decides)).unwrap_or_else(|| "not set".to_owned());
        finding = finding
            .note(format!("`{decides}` is {default} by default"))
            .note(values.judged_by());
    }
    for other in others.iter().take(MORE) {
        finding = finding.see(other.at, "needs it as well");
    }
    if others.len() > MORE {
        let more = words::count(others.len() - MORE, "more place");
        finding = finding.note(format!("and {more}"));
    }
    let source = format!("source: {}", row.source);
    Some(finding.note(source).help(row.help.clone()))
}
