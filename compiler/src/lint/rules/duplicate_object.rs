//! NP106: two objects of one kind, namespace and name. Applied one after the other, the second
//! replaces the first: what the first one said is gone without a word.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::context::Context;

/// Finds them: one finding per object that is lost.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let duplicates = context.model.duplicates.iter();
    let told = duplicates.map(|two| {
        let called = match &two.namespace {
            Some(namespace) => format!("{} `{namespace}/{}`", two.kind, two.name),
            None => format!("{} `{}`", two.kind, two.name),
        };
        let message = format!("{called} is given twice");
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
                    "rename one of them, or check one overlay at a time if they are for \
                     different clusters",
                )
        };
        let namespace = two.namespace.as_ref();
        let place = namespace.map_or_else(String::new, |n| format!("{n}/"));
        finding.object = Some(format!("{}/{place}{}", two.kind, two.name));
        finding
    });
    told.collect()
}
