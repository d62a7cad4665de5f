//! NP606: policies that the CNI values keep from being enforced. Everything looks applied, and
//! every packet passes.

use crate::finding::Finding;
use crate::lint::cni::{self, Merged, Off};
use crate::lint::context::Context;
use crate::lint::{Rule, words};
use crate::source::Location;

/// Finds them: one finding per value.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let rows = cni::table().off.iter();
    let Some(values) = Merged::of(context) else {
        return Vec::new();
    };
    rows.filter_map(|row| tell(context, &values, rule, row))
        .collect()
}

fn tell(context: &Context<'_>, values: &Merged<'_>, rule: &Rule, row: &Off) -> Option<Finding> {
    let set = values.given(&row.key)?;
    let overridden = row.overridden_by.as_ref();
    let overridden = overridden.and_then(|key| values.given(key));
    // The chart writes modes in lower case.
    let written = cni::text(&set.value)?.to_lowercase();
    if written != row.value || overridden.is_some() {
        return None;
    }
    let policies = policies(context, row);
    let (first, at) = policies.first()?;
    let which = match policies.len() {
        1 => format!("policy `{first}`"),
        n => words::count(n, "policy").replace("policys", "policies"),
    };
    let label = match policies.len() {
        1 => "this policy is not enforced".to_owned(),
        n => format!("this policy and {} more are not enforced", n - 1),
    };
    let (key, value) = (&row.key, &row.value);
    let mut finding = rule
        .finding(format!("`{key}: {value}` switches off {which}"))
        .at(set.at, row.effect.clone())
        .see(*at, label)
        .note(format!("source: {}", row.source))
        .help(row.instead.clone());
    finding.object = Some(format!("values/{key}"));
    Some(finding)
}

/// The policies of the kinds that the row concerns, with the places of their names.
fn policies<'a>(context: &Context<'a>, row: &Off) -> Vec<(&'a str, Location)> {
    let concerns = |kind: &str| row.kinds.is_empty() || row.kinds.iter().any(|k| k == kind);
    let analysed = context.written();
    let analysed = analysed.filter(|(_, policy, _)| concerns(policy.key.kind.name()));
    let analysed = analysed.map(|(_, policy, origin)| (policy.key.name.as_str(), origin.name));
    let others = context.model.unanalysed.iter();
    let others = others.filter(|p| concerns(&p.kind));
    let others = others.map(|p| (p.name.as_str(), p.at));
    analysed.chain(others).collect()
}
