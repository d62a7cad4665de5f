//! How two neighbouring items of a list of peers become one.

use super::within;
use crate::load::Object;
use crate::model::Replacement;
use crate::source::{Location, Span};
use netpol_yaml::{NodeRef, Style};

/// What makes one mapping of an item and the one before it: in block style the dash goes, in flow
/// style the braces between them. `None` where the result would not line up, and where both have
/// the same key.
pub(crate) fn join(
    object: &Object,
    list: NodeRef<'_>,
    before: NodeRef<'_>,
    after: NodeRef<'_>,
) -> Option<Replacement> {
    let twice = before.entries().any(|(key, _)| {
        let same = key.as_str().and_then(|key| after.entry(key));
        same.is_some()
    });
    if twice || !within(list, before) || !within(list, after) {
        return None;
    }
    let text = list.document().source();
    match (before.style(), after.style()) {
        (Style::Block, Style::Block) => {
            let (first, second) = (dash(text, before)?, dash(text, after)?);
            let width = |dash: u32, item: NodeRef<'_>| item.span().start.checked_sub(dash);
            let alike = width(first, before)? == width(second, after)?;
            alike.then(|| replacement(object, second, second.saturating_add(1), " "))
        }
        (Style::Flow, Style::Flow) => {
            let (from, to) = (before.span().end.checked_sub(1)?, after.span().start + 1);
            let between = Span {
                start: from,
                end: to,
            };
            let between = text.get(between.start as usize..between.end as usize)?;
            let bare: String = between.chars().filter(|c| !c.is_whitespace()).collect();
            (bare == "},{").then(|| replacement(object, from, to, ", "))
        }
        _ => None,
    }
}

/// The place of the `-` in front of an item of a block list, when nothing but spaces lies between.
fn dash(text: &str, item: NodeRef<'_>) -> Option<u32> {
    let start = usize::try_from(item.span().start).ok()?;
    let before = text.get(..start)?.trim_end_matches(' ');
    let bare = before.strip_suffix('-')?;
    let on_its_line = bare.trim_end_matches(' ');
    let opens = on_its_line.is_empty() || on_its_line.ends_with(['\n', '-']);
    opens.then(|| u32::try_from(bare.len()).ok()).flatten()
}

fn replacement(object: &Object, start: u32, end: u32, text: &str) -> Replacement {
    let at = Location {
        source: object.source,
        span: Span { start, end },
    };
    Replacement {
        at,
        text: text.to_owned(),
    }
}
