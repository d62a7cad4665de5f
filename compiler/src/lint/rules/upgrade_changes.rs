//! NP608: what an upgrade of the CNI's chart changes without a word: a default that matters, a key
//! that is no longer read, a combination that the new version takes otherwise. Asked for with
//! `--cni-upgrade-to`.

use crate::finding::{Finding, Severity};
use crate::lint::Rule;
use crate::lint::cni::chart::{Standing, Tree};
use crate::lint::cni::contradiction::{self, Class};
use crate::lint::cni::{Merged, text, upgrades};
use crate::lint::context::Context;
use crate::source::Location;

/// Finds them: one finding per key or combination.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let Some(values) = Merged::of(context) else {
        return Vec::new();
    };
    let Some(to) = values.written.upgrade_to else {
        return Vec::new();
    };
    let after = values.under(Tree { version: to });
    let step = format!("{} to {to}", values.tree.version);
    let rows = upgrades::between(values.tree.version, to);
    let mut found: Vec<Finding> = rows
        .filter_map(|row| default(context, &values, row, rule))
        .collect();
    found.extend(combinations(&values, &after, rule));
    found.extend(no_longer_read(&values, &after, rule));
    let found = found
        .into_iter()
        .map(|finding| finding.note(format!("from chart {step}")));
    found.collect()
}

/// A default that becomes another one, where nothing else is written and it matters.
fn default(
    context: &Context<'_>,
    values: &Merged<'_>,
    row: &upgrades::Row,
    rule: &Rule,
) -> Option<Finding> {
    let holds = row
        .condition
        .as_ref()
        .is_none_or(|condition| condition.holds(values));
    if !holds || values.place(&row.key).is_some() {
        return None;
    }
    let key = &row.key;
    let shown = |value| text(value).unwrap_or_default();
    let message = format!(
        "`{key}` becomes `{}`, which was `{}`",
        shown(&row.after),
        shown(&row.before)
    );
    let at = place(context, values, row)?;
    let mut finding = rule
        .finding(message)
        .at(at, row.changes.clone())
        .note(format!("source: {}", row.source))
        .help(row.help.clone());
    finding.object = Some(format!("values/{key}"));
    Some(finding)
}

/// The policy that it matters to, else the value.
fn place(context: &Context<'_>, values: &Merged<'_>, row: &upgrades::Row) -> Option<Location> {
    match row.feature {
        Some(feature) => {
            let mut needs = context.model.needs.iter();
            needs
                .find(|need| need.feature == feature)
                .map(|need| need.at)
        }
        None => row.keys.iter().find_map(|key| values.place(key)),
    }
}

/// Combinations that the new version takes otherwise, without refusing them.
fn combinations(values: &Merged<'_>, after: &Merged<'_>, rule: &Rule) -> Vec<Finding> {
    let rows = contradiction::table().rows.iter();
    let rows = rows.filter(|row| row.class != Class::Chart);
    let new = rows.filter(|row| row.holds(after) && !row.holds(values));
    let told = new.filter_map(|row| {
        let at = row.keys.iter().find_map(|key| after.place(key))?;
        let mut finding = rule
            .finding(row.message(after))
            .at(at, row.why.clone())
            .note(format!("source: {}", row.source))
            .help(row.help.clone());
        let surely = row.agents.is_empty() || row.agents.contains(&after.tree.version);
        if !surely {
            finding.severity = Severity::Warning;
        }
        finding.object = row.keys.first().map(|key| format!("values/{key}"));
        Some(finding)
    });
    told.collect()
}

/// Keys that the new version does not have any more, and does not refuse either.
fn no_longer_read(values: &Merged<'_>, after: &Merged<'_>, rule: &Rule) -> Vec<Finding> {
    let told = contradiction::spoken_of(after);
    let read = |values: &Merged<'_>, leaf: &str| {
        !matches!(values.tree.standing(leaf), Standing::Unknown(_))
    };
    let lost = values.leaves().filter(|(leaf, value)| {
        let there = !value.value.is_null();
        there && read(values, leaf) && !read(after, leaf) && !told.contains(leaf)
    });
    let finding = |(leaf, value): (&str, &crate::model::CniValue)| {
        let version = after.tree.version;
        let mut finding = rule
            .finding(format!("`{leaf}` is no longer read by chart {version}"))
            .at(value.key, "nothing refuses it, and nothing is done with it")
            .note("source: values.yaml and templates of both charts")
            .help("look its successor up in the upgrade guide, or delete it");
        finding.severity = Severity::Warning;
        finding.object = Some(format!("values/{leaf}"));
        finding
    };
    lost.map(finding).collect()
}
