//! NP201: values that somebody set and nothing reads.

use super::{dotted, origin::Texts};
use crate::finding::{Code, Edit, Finding, Severity};
use crate::source::Location;
use netpol_helm::render::{Rendering, Unread, WhyUnread};
use std::collections::BTreeMap;
use std::rc::Rc;

const CODE: Code = Code("NP201");

type Path = Vec<Rc<str>>;

/// One finding for each unknown key, each subchart that takes no part, and each table of which
/// nothing is read under these values.
pub(super) fn findings(rendering: &Rendering, texts: &mut Texts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut unknown: BTreeMap<&[Rc<str>], Vec<&Unread>> = BTreeMap::new();
    let mut off: BTreeMap<&Path, Vec<&Unread>> = BTreeMap::new();
    let mut inert: BTreeMap<&[Rc<str>], Vec<&Unread>> = BTreeMap::new();
    for unread in &rendering.unread {
        match &unread.why {
            WhyUnread::Unknown { part, .. } => {
                let head = unread.path.get(..=*part).unwrap_or(&unread.path);
                unknown.entry(head).or_default().push(unread);
            }
            WhyUnread::Disabled { subchart, .. } | WhyUnread::Missing { subchart } => {
                off.entry(subchart).or_default().push(unread);
            }
            WhyUnread::Inert => {
                let above = unread.path.len().saturating_sub(1);
                let table = unread.path.get(..above).unwrap_or_default();
                inert.entry(table).or_default().push(unread);
            }
        }
    }
    for (head, of) in unknown {
        found.extend(of_unknown(rendering, texts, head, &of));
    }
    for (subchart, of) in off {
        found.extend(of_subchart(rendering, texts, subchart, &of));
    }
    for (table, of) in inert {
        found.extend(of_inert(rendering, texts, table, &of));
    }
    found
}

fn place(rendering: &Rendering, texts: &mut Texts<'_>, unread: &Unread) -> Option<Location> {
    let leaf = rendering.origins().leaf(unread.origin)?.clone();
    texts.leaf(rendering, &leaf)
}

/// The chart knows no such key.
fn of_unknown(
    rendering: &Rendering,
    texts: &mut Texts<'_>,
    head: &[Rc<str>],
    of: &[&Unread],
) -> Option<Finding> {
    let first = of.first()?;
    let WhyUnread::Unknown {
        known, elsewhere, ..
    } = &first.why
    else {
        return None;
    };
    let key = head.last()?;
    let at = place(rendering, texts, first)?;
    let name = dotted(head);
    let near = nearest(key, known);
    let mut finding = Finding::new(
        CODE,
        Severity::Warning,
        format!("the chart never reads `{name}`"),
    )
    .at(
        texts.key_of(at, key, first.path.len() - head.len()),
        "nothing reads this value",
    );
    finding = match (near, elsewhere.first()) {
        (Some(near), _) => {
            let above = head.len().saturating_sub(1);
            let mut meant: Path = head.get(..above).unwrap_or_default().to_vec();
            meant.push(Rc::clone(near));
            let leaf = rendering.origins().leaf(first.origin).cloned();
            let there = leaf.and_then(|leaf| texts.entry(rendering, &leaf, &meant));
            if let Some((at, line)) = there {
                // Renamed it would be given twice, and one of the two lost.
                finding.see(at, "the right name stands here").help(format!(
                    "did you mean `{}`? merge it into line {line}, where that stands",
                    dotted(&meant)
                ))
            } else {
                finding.edits = edit(&finding, key, near, texts).into_iter().collect();
                finding.help(format!("did you mean `{}`?", dotted(&meant)))
            }
        }
        (None, Some(_)) => {
            let paths: Vec<String> = (elsewhere.iter())
                .map(|path| format!("`{}`", dotted(path)))
                .collect();
            finding.help(format!("the chart reads {}", paths.join(", ")))
        }
        (None, None) => finding.help(
            "take it out, or look for its name in the chart's values.yaml; \
             the value changes nothing now",
        ),
    };
    if of.len() > 1 {
        finding = finding.note(format!("{} values below it are lost", of.len()));
    }
    Some(finding)
}

/// The edit that gives a key its right name, when the key stands there as written.
fn edit(finding: &Finding, key: &str, near: &str, texts: &Texts<'_>) -> Option<Edit> {
    let at = finding.location()?;
    (texts.slice(at)? == key).then(|| Edit {
        at,
        replacement: near.to_owned(),
    })
}

/// The key that was probably meant: another case, or a slip or two.
fn nearest<'k>(key: &str, known: &'k [Rc<str>]) -> Option<&'k Rc<str>> {
    let folded = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    if let Some(same) = known.iter().find(|k| folded(k) == folded(key)) {
        return Some(same);
    }
    let allowed = 1 + key.chars().count() / 4;
    let distance = |known: &Rc<str>| strsim::osa_distance(&folded(known), &folded(key));
    let near = known.iter().min_by_key(|known| distance(known))?;
    (distance(near) <= allowed).then_some(near)
}

/// The subchart takes no part, or is not there.
fn of_subchart(
    rendering: &Rendering,
    texts: &mut Texts<'_>,
    subchart: &[Rc<str>],
    of: &[&Unread],
) -> Option<Finding> {
    let first = of.first()?;
    let at = place(rendering, texts, first)?;
    let name = dotted(subchart);
    let why = match &first.why {
        WhyUnread::Disabled { why, .. } => why.clone(),
        _ => "it is not in `charts/`".to_owned(),
    };
    let message = match of.len() {
        1 => format!(
            "`{}` is for the subchart `{name}`, which takes no part",
            dotted(&first.path)
        ),
        n => format!("{n} values are for the subchart `{name}`, which takes no part"),
    };
    let finding = Finding::new(CODE, Severity::Note, message)
        .at(at, "has no effect under these values")
        .note(why);
    let off = rendering.disabled.iter().find(|d| *d.path == *subchart);
    let leaf = off.and_then(|off| rendering.origins().leaf(off.origin).cloned());
    Some(match leaf.and_then(|leaf| texts.leaf(rendering, &leaf)) {
        Some(switch) => finding.see(switch, "switched off here"),
        None => finding,
    })
}

/// The chart knows the keys, and reads none of them under these values.
fn of_inert(
    rendering: &Rendering,
    texts: &mut Texts<'_>,
    table: &[Rc<str>],
    of: &[&Unread],
) -> Option<Finding> {
    let first = of.first()?;
    let at = place(rendering, texts, first)?;
    let message = match (of.len(), table) {
        (1, _) | (_, []) => format!("`{}` has no effect under these values", dotted(&first.path)),
        (n, table) => format!(
            "{n} values of `{}` have no effect under these values",
            dotted(table)
        ),
    };
    let label = "the chart knows this value and does not ask for it now";
    let help = "another value switches off what it is for; set that, or take this one out";
    Some(
        Finding::new(CODE, Severity::Note, message)
            .at(at, label)
            .help(help),
    )
}
