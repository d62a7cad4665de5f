//! Fields that differ between two texts of one object.

use super::Role;
use crate::load::Object;
use crate::model::{CniValues, EditDetail};
use crate::source::Location;
use netpol_yaml::{Kind, NodeRef};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// No value is told at greater length, in characters.
const LONGEST: usize = 60;
/// So many fields are told of one object.
const MOST: usize = 24;

/// The fields that differ, by JSON pointer.
#[derive(Debug, Default)]
pub(super) struct Details(Vec<(String, EditDetail)>);

impl Details {
    /// Every field that differs between two objects of one name.
    pub(super) fn between(before: &Object, after: &Object) -> Self {
        let mut out = Self::default();
        let walk = Walk { before, after };
        walk.node(
            String::new(),
            Some(before.root()),
            Some(after.root()),
            &mut out.0,
        );
        out
    }

    /// Leaves the fields by which an object of this role can change who reaches whom.
    pub(super) fn keep_relevant(&mut self, role: Role) {
        let of_pods = [
            "/metadata/labels",
            "/ports",
            "/hostNetwork",
            "/nodeName",
            "/serviceAccountName",
            "/status/",
            "/spec/replicas",
            "/spec/parallelism",
            "/concurrencyPolicy",
            "/restartPolicy",
            "/metadata/ownerReferences",
        ];
        self.0.retain(|(pointer, _)| match role {
            _ if super::makes_pods(role) => of_pods.iter().any(|part| pointer.contains(part)),
            Role::Namespace => pointer.starts_with("/metadata/labels"),
            Role::Node => ["/metadata/labels", "/spec", "/status/addresses"]
                .iter()
                .any(|part| pointer.starts_with(part)),
            Role::EndpointSlice => !pointer.starts_with("/metadata"),
            Role::Service => {
                pointer.starts_with("/spec") || pointer.starts_with("/status/loadBalancer")
            }
            _ => !pointer.starts_with("/metadata") && !pointer.starts_with("/status"),
        });
    }

    /// Takes out what stands at or below a pointer.
    pub(super) fn drop_below(&mut self, above: &str) {
        self.0.retain(|(pointer, _)| {
            pointer
                .strip_prefix(above)
                .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
        });
    }

    /// Is there none?
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of them.
    pub(super) fn into_list(self) -> Vec<EditDetail> {
        self.0.into_iter().take(MOST).map(|(_, d)| d).collect()
    }
}

struct Walk<'a> {
    before: &'a Object,
    after: &'a Object,
}

impl Walk<'_> {
    fn node(
        &self,
        pointer: String,
        before: Option<NodeRef<'_>>,
        after: Option<NodeRef<'_>>,
        out: &mut Vec<(String, EditDetail)>,
    ) {
        let kinds = [before, after].map(|node| node.map(NodeRef::kind));
        match (kinds, before, after) {
            ([Some(Kind::Mapping), Some(Kind::Mapping)], Some(a), Some(b)) => {
                let names = |node: NodeRef<'_>| -> BTreeSet<String> {
                    let keys = node.entries().filter_map(|(key, _)| key.scalar_text());
                    keys.map(std::borrow::Cow::into_owned).collect()
                };
                for name in names(a).union(&names(b)) {
                    let step = name.replace('~', "~0").replace('/', "~1");
                    self.node(format!("{pointer}/{step}"), a.get(name), b.get(name), out);
                }
            }
            ([Some(Kind::Sequence), Some(Kind::Sequence)], Some(a), Some(b)) => {
                self.lists(&pointer, a, b, out);
            }
            (_, Some(a), Some(b)) if a.to_json() == b.to_json() => {}
            (_, None, None) => {}
            (_, a, b) => {
                let place = |object: &Object, node: Option<NodeRef<'_>>| -> Option<Location> {
                    let node = node?;
                    let written = !node.span().is_empty();
                    Some(if written {
                        object.locate(node)
                    } else {
                        object.name_at
                    })
                };
                let detail = EditDetail {
                    field: in_words(&pointer),
                    before: a.map(shown),
                    after: b.map(shown),
                    before_at: place(self.before, a),
                    after_at: place(self.after, b),
                };
                out.push((pointer, detail));
            }
        }
    }

    /// Lists without their common beginning and end, so that an item that was put in is one
    /// difference.
    fn lists(
        &self,
        pointer: &str,
        a: NodeRef<'_>,
        b: NodeRef<'_>,
        out: &mut Vec<(String, EditDetail)>,
    ) {
        let texts = |node: NodeRef<'_>| -> Vec<serde_json::Value> {
            node.items().map(NodeRef::to_json).collect()
        };
        let (left, right) = (texts(a), texts(b));
        let same = |pairs: &mut dyn Iterator<Item = (&serde_json::Value, &serde_json::Value)>| {
            pairs.take_while(|(x, y)| x == y).count()
        };
        let shorter = left.len().min(right.len());
        let head = same(&mut left.iter().zip(&right));
        let tail = same(&mut left.iter().rev().zip(right.iter().rev())).min(shorter - head);
        let longest = left.len().max(right.len());
        for at in head..longest - tail {
            let old = (at < left.len() - tail).then(|| a.item(at)).flatten();
            let new = (at < right.len() - tail).then(|| b.item(at)).flatten();
            self.node(format!("{pointer}/{at}"), old, new, out);
        }
    }
}

/// `spec.ingress[0].ports[0].port`.
fn in_words(pointer: &str) -> String {
    let mut words = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if step.bytes().all(|b| b.is_ascii_digit()) && !step.is_empty() {
            let _ = write!(words, "[{step}]");
        } else {
            if !words.is_empty() {
                words.push('.');
            }
            words.push_str(&crate::load::quoted(&step));
        }
    }
    words
}

fn shown(node: NodeRef<'_>) -> String {
    short(&node.to_json())
}

/// A value in one short line.
fn short(value: &serde_json::Value) -> String {
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut text = crate::load::quoted(&text);
    if text.chars().count() > LONGEST {
        text = text.chars().take(LONGEST).chain(['…']).collect();
    }
    text
}

/// The leaves that differ between two sets of values.
pub(super) fn of_values(before: Option<&CniValues>, after: Option<&CniValues>) -> Vec<EditDetail> {
    let leaf = |values: Option<&CniValues>, path: &str| {
        values.and_then(|values| values.leaves.get(path)).cloned()
    };
    let paths: BTreeSet<&String> = [before, after]
        .into_iter()
        .flatten()
        .flat_map(|values| values.leaves.keys())
        .collect();
    let differs = paths.into_iter().filter_map(|path| {
        let (old, new) = (leaf(before, path), leaf(after, path));
        let same = old.as_ref().map(|v| &v.value) == new.as_ref().map(|v| &v.value);
        (!same).then(|| EditDetail {
            field: path.clone(),
            before: old.as_ref().map(|v| short(&v.value)),
            after: new.as_ref().map(|v| short(&v.value)),
            before_at: old.map(|v| v.key),
            after_at: new.map(|v| v.key),
        })
    });
    differs.take(MOST).collect()
}
