//! NP106: two objects of one kind, namespace and name. Applied one after the other, the second
//! replaces the first: what the first one said is gone without a word.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::context::Context;
use crate::model::Duplicate;
use std::collections::BTreeMap;

/// So many objects are shown of two files that hold the same ones.
const SHOWN: usize = 3;

/// Finds them: one finding per object that is lost; one for all of them where two files hold the
/// same objects, as two ways of installing something do.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut pairs: BTreeMap<_, Vec<&Duplicate>> = BTreeMap::new();
    for (at, two) in context.model.duplicates.iter().enumerate() {
        let alone = (two.lost.source == two.kept.source).then_some(at);
        let files = (two.lost.source, two.kept.source, two.identical, alone);
        pairs.entry(files).or_default().push(two);
    }
    let told = pairs.values().filter_map(|all| tell(rule, all));
    told.collect()
}

fn tell(rule: &Rule, all: &[&Duplicate]) -> Option<Finding> {
    let (two, more) = all.split_first()?;
    let message = match more.len() {
        0 => format!("{} is given twice", called(two)),
        n => format!("{} and {n} more are given in two files", called(two)),
    };
    let mut finding = if two.identical {
        rule.remark(message)
            .at(two.lost, "the same object …")
            .see(two.kept, "… as here, word for word")
            .help("delete one of them")
    } else {
        rule.finding(message)
            .at(two.lost, "what this one says is lost …")
            .see(two.kept, "… because this one replaces it")
            .help(
                "rename one of them, or check one overlay at a time if they are for different \
                 clusters",
            )
    };
    for other in more.iter().take(SHOWN) {
        finding = finding.see(other.lost, format!("also {}", called(other)));
    }
    let namespace = two.namespace.as_ref();
    let place = namespace.map_or_else(String::new, |n| format!("{n}/"));
    finding.object = Some(format!("{}/{place}{}", two.kind, two.name));
    Some(finding)
}

fn called(two: &Duplicate) -> String {
    match &two.namespace {
        Some(namespace) => format!("{} `{namespace}/{}`", two.kind, two.name),
        None => format!("{} `{}`", two.kind, two.name),
    }
}
