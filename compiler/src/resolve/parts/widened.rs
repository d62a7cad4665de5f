//! Parts that are empty, so that they ask for nothing and everybody is meant (`from: []`,
//! `podSelector:`), and the same written plainly.

use super::within;
use crate::load::Object;
use crate::model::{Emptiness, Replacement, Wide, Widened};
use crate::source::{Location, Span};
use netpol_policy::Direction;
use netpol_yaml::{NodeRef, Style};

/// The fields of `NetworkPolicySpec`: beside another one the selector may be misspelt, which is
/// reported as what it is.
const FIELDS: [&str; 4] = ["podSelector", "policyTypes", "ingress", "egress"];

/// What is empty about the selector of the subject; `at` is where a missing one is missed.
pub(crate) fn of_subject(object: &Object, at: Location) -> Option<Widened> {
    let spec = object.get("/spec").filter(|spec| !spec.is_null());
    let Some(spec) = spec else {
        return Some(widened(Wide::Subject, Emptiness::Missing, at, None));
    };
    if spec.get("podSelector").is_some() {
        return of_selector(object, spec, "podSelector", Wide::Subject);
    }
    let known = |key: NodeRef<'_>| key.as_str().is_some_and(|key| FIELDS.contains(&key));
    let misspelt = spec.entries().any(|(key, _)| !known(key));
    (!misspelt).then(|| {
        let plainly = first_entry(object, spec, "podSelector: {}");
        widened(Wide::Subject, Emptiness::Missing, at, plainly)
    })
}

/// What is empty about the peers and ports of a rule.
pub(crate) fn of_rule(object: &Object, rule: NodeRef<'_>, direction: Direction) -> Vec<Widened> {
    let side = match direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let lists = [
        (side, Wide::Peers(direction)),
        ("ports", Wide::Ports(direction)),
    ];
    let found = lists.into_iter().filter_map(|(key, what)| {
        let (name, list) = rule.entry(key)?;
        let how = match list.style() {
            Style::Flow if list.is_empty() => Emptiness::EmptyList,
            _ if list.is_null() => Emptiness::Null,
            _ => return None,
        };
        let plainly = without(object, rule, (name, list));
        Some(widened(what, how, object.locate(name), plainly))
    });
    found.collect()
}

/// What is empty about the selectors of a peer.
pub(crate) fn of_peer(object: &Object, peer: NodeRef<'_>, direction: Direction) -> Vec<Widened> {
    let part = |key: &str| peer.get(key).filter(|part| !part.is_null());
    let mut found = Vec::new();
    if part("podSelector").is_some() || part("namespaceSelector").is_some() {
        found.extend(of_selector(
            object,
            peer,
            "podSelector",
            Wide::PeerPods(direction),
        ));
    }
    if part("namespaceSelector").is_some() {
        let what = Wide::PeerNamespaces(direction);
        found.extend(of_selector(object, peer, "namespaceSelector", what));
    }
    found
}

/// A selector that is null, or that has nothing but conditions that are null.
fn of_selector(object: &Object, outer: NodeRef<'_>, key: &str, what: Wide) -> Option<Widened> {
    let (name, selector) = outer.entry(key)?;
    let null = |outer: NodeRef<'_>, name: NodeRef<'_>, node: NodeRef<'_>| {
        let plainly = empty_mapping(object, outer, name, node);
        widened(what, Emptiness::Null, object.locate(name), plainly)
    };
    if selector.is_null() {
        return Some(null(outer, name, selector));
    }
    let mut entries = selector.entries();
    let (name, node) = entries.next()?;
    let asks = entries.next().is_some() || !node.is_null();
    let conditions = name.as_str() == Some("matchLabels");
    (!asks && conditions).then(|| null(selector, name, node))
}

fn widened(what: Wide, how: Emptiness, at: Location, plainly: Option<Replacement>) -> Widened {
    Widened {
        what,
        how,
        at,
        plainly,
    }
}

/// `{}` in place of null.
fn empty_mapping(
    object: &Object,
    outer: NodeRef<'_>,
    name: NodeRef<'_>,
    null: NodeRef<'_>,
) -> Option<Replacement> {
    if !within(outer, name) {
        return None;
    }
    match null.style() {
        Style::Plain if within(outer, null) => {
            let span = null.span();
            Some(replacement(object, (span.start, span.end), "{}"))
        }
        Style::Absent => {
            let end = colon(outer, name)?;
            Some(replacement(object, (end, end), " {}"))
        }
        _ => None,
    }
}

/// The byte behind the colon of a key.
fn colon(outer: NodeRef<'_>, name: NodeRef<'_>) -> Option<u32> {
    let text = outer.document().source();
    let end = usize::try_from(name.span().end).ok()?;
    let rest = text.get(end..)?;
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    rest.trim_start_matches(' ').strip_prefix(':')?;
    u32::try_from(end + spaces + 1).ok()
}

/// A mapping with one more entry before all others.
fn first_entry(object: &Object, mapping: NodeRef<'_>, entry: &str) -> Option<Replacement> {
    let (name, _) = mapping.entries().next()?;
    let start = name.span().start;
    let text = mapping.document().source();
    let before = text.get(..usize::try_from(start).ok()?)?;
    let indent = before.rsplit('\n').next()?;
    let text = match mapping.style() {
        Style::Block if indent.bytes().all(|b| b == b' ') => format!("{entry}\n{indent}"),
        Style::Flow => format!("{entry}, "),
        _ => return None,
    };
    within(mapping, name).then(|| replacement(object, (start, start), &text))
}

/// A rule without one of its entries; `{}` when it has no other.
fn without(
    object: &Object,
    rule: NodeRef<'_>,
    (name, value): (NodeRef<'_>, NodeRef<'_>),
) -> Option<Replacement> {
    if !within(rule, name) {
        return None;
    }
    let start = name.span().start;
    let end = match value.style() {
        Style::Absent => colon(rule, name)?,
        _ => value.span().end,
    };
    if rule.len() == 1 {
        let whole = match rule.style() {
            Style::Flow => (rule.span().start, rule.span().end),
            _ => (start, end),
        };
        return Some(replacement(object, whole, "{}"));
    }
    let text = rule.document().source();
    let mut later = rule.entries().map(|(key, _)| key.span().start);
    if let Some(next) = later.find(|next| *next > start) {
        let between = text.get(usize::try_from(end).ok()?..usize::try_from(next).ok()?)?;
        let blank = between.chars().all(|c| c.is_whitespace() || c == ',');
        return blank.then(|| replacement(object, (start, next), ""));
    }
    let before = text.get(..usize::try_from(start).ok()?)?;
    let mark = match rule.style() {
        Style::Flow => ',',
        _ => '\n',
    };
    let kept = before.trim_end_matches([' ', '\n']);
    let kept = match mark {
        ',' => kept.strip_suffix(',')?,
        _ => before.trim_end_matches(' ').strip_suffix('\n')?,
    };
    Some(replacement(
        object,
        (u32::try_from(kept.len()).ok()?, end),
        "",
    ))
}

fn replacement(object: &Object, (start, end): (u32, u32), text: &str) -> Replacement {
    let at = Location {
        source: object.source,
        span: Span { start, end },
    };
    Replacement {
        at,
        text: text.to_owned(),
    }
}
