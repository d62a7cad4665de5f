//! NP105: policies of a kind that is recognised but not analysed, so that every answer about the
//! pods they select is incomplete.

use crate::finding::Finding;
use crate::lint::context::Context;
use crate::lint::{Rule, words};
use crate::model::Unanalysed;
use std::collections::BTreeMap;

/// Finds them: one finding per kind.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut kinds: BTreeMap<(&str, &str), Vec<&Unanalysed>> = BTreeMap::new();
    for policy in &context.model.unanalysed {
        let kind = (policy.api_version.as_str(), policy.kind.as_str());
        kinds.entry(kind).or_default().push(policy);
    }
    let told = kinds.into_iter().filter_map(|((version, kind), policies)| {
        let first = policies.first()?;
        let label = match policies.len() {
            1 => "not taken into account".to_owned(),
            n => format!(
                "this and {} are not taken into account",
                words::count(n - 1, "more object")
            ),
        };
        let mut finding = rule
            .finding(format!("`{kind}` of `{version}` is not analysed"))
            .at(first.at, label)
            .note("whatever it allows or denies is missing from every answer")
            .help("say the same with a kind that is analysed, or read the answers as without it");
        let namespace = first.namespace.as_ref();
        let place = namespace.map_or_else(String::new, |n| format!("{n}/"));
        finding.object = Some(format!("{kind}/{place}{}", first.name));
        Some(finding)
    });
    told.collect()
}
