//! From places to JSON pointers.

use netpol_yaml::{Kind, NodeRef, Span, Style};
use std::collections::{BTreeMap, BTreeSet};

/// The JSON pointers of the keys and values that stand at the wanted places. One walk over the
/// branches that hold any; places of merge keys and dropped text are not found.
pub(super) fn find(root: NodeRef<'_>, wanted: &BTreeSet<Span>) -> BTreeMap<Span, String> {
    let mut found = BTreeMap::new();
    walk(root, &mut String::new(), wanted, &mut found);
    found
}

fn walk(
    node: NodeRef<'_>,
    pointer: &mut String,
    wanted: &BTreeSet<Span>,
    found: &mut BTreeMap<Span, String>,
) {
    let length = pointer.len();
    let mut child = |key: Option<Span>, value: NodeRef<'_>, step: &str, pointer: &mut String| {
        pointer.push('/');
        pointer.push_str(step);
        for place in key.into_iter().chain([value.span()]) {
            if wanted.contains(&place) {
                found.insert(place, pointer.clone());
            }
        }
        // What an alias means stands elsewhere and is met there.
        if value.style() != Style::Alias && holds_any(value.span(), wanted) {
            walk(value, pointer, wanted, found);
        }
        pointer.truncate(length);
    };
    match node.kind() {
        Kind::Mapping => {
            for (key, value) in node.entries() {
                let name = key.scalar_text().unwrap_or_default();
                let step = name.replace('~', "~0").replace('/', "~1");
                child(Some(key.span()), value, &step, pointer);
            }
        }
        Kind::Sequence => {
            for (index, value) in node.items().enumerate() {
                child(None, value, &index.to_string(), pointer);
            }
        }
        _ => {}
    }
}

fn holds_any(span: Span, wanted: &BTreeSet<Span>) -> bool {
    wanted
        .range(Span::at(span.start)..=Span::at(span.end))
        .next()
        .is_some()
}
