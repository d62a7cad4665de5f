//! What a document is: an object, a list of objects, an inventory, or none of our business.

use super::{Loaded, Object};
use crate::finding::{Code, Finding, Severity};
use crate::load::object::location;
use crate::source::SourceId;
use netpol_yaml::{Document, Kind, NodeRef};
use std::sync::Arc;

/// How deep lists may lie in lists.
const DEEPEST: usize = 4;

/// What a mapping at the top of a document is.
pub(super) enum Shape<'a> {
    /// An object of its own.
    Object,
    /// `kind: List`, or the list of one kind.
    List,
    /// The inventory form of `schemas/inventory.v1.json`.
    Inventory,
    /// Something else, passed over.
    Nothing,
    /// Something else where an object was promised: why, and where.
    Refused(&'static str, NodeRef<'a>),
}

/// Tells the shapes apart. In files that were found in a directory, mappings that are no objects
/// (values, kustomizations' patches, workflows) are passed over.
pub(super) fn shape(root: NodeRef<'_>, named: bool) -> Shape<'_> {
    match (said(root, "kind"), said(root, "apiVersion")) {
        (Some(kind), Some(version)) => {
            if kind.kind() != Kind::String {
                return Shape::Refused("`kind` is no text", kind);
            }
            if version.kind() != Kind::String {
                return Shape::Refused("`apiVersion` is no text", version);
            }
            let is_list = kind.as_str().is_some_and(|name| name.ends_with("List"))
                && (root.get("items").is_some() || kind.as_str() == Some("List"));
            if is_list { Shape::List } else { Shape::Object }
        }
        _ if is_networkpolicy(root) => Shape::Object,
        (Some(kind), None) => match (kind.kind(), root.get("metadata")) {
            (Kind::String, Some(_)) => Shape::Object,
            (Kind::String, None) if !named => Shape::Nothing,
            _ => Shape::Refused("`apiVersion` is missing", root),
        },
        (None, Some(_)) if root.get("metadata").is_some() || named => {
            Shape::Refused("`kind` is missing", root)
        }
        _ if named && is_inventory(root) => Shape::Inventory,
        _ if named => Shape::Refused("`apiVersion` and `kind` are missing", root),
        _ => Shape::Nothing,
    }
}

/// A field that says something: null and the empty text say as much as an absent one.
fn said<'a>(root: NodeRef<'a>, key: &str) -> Option<NodeRef<'a>> {
    root.get(key)
        .filter(|node| !node.is_null() && node.as_str() != Some(""))
}

/// A NetworkPolicy that does not say so: sent to the server's address of these policies, it is
/// taken for one.
fn is_networkpolicy(root: NodeRef<'_>) -> bool {
    let (version, kind) = (said(root, "apiVersion"), said(root, "kind"));
    let is =
        |node: Option<NodeRef<'_>>, text: &str| node.is_none_or(|node| node.as_str() == Some(text));
    let telling = ["podSelector", "policyTypes"];
    let speaks = kind.is_some()
        || telling
            .iter()
            .any(|field| root.get("spec").and_then(|spec| spec.get(field)).is_some());
    is(version, "networking.k8s.io/v1") && is(kind, "NetworkPolicy") && speaks
}

/// Has it a part of an inventory, in its shape? Mistakes in the rest are the reader's to tell.
fn is_inventory(root: NodeRef<'_>) -> bool {
    let is = |key: &str, kind: Kind| root.get(key).is_some_and(|part| part.kind() == kind);
    is("namespaces", Kind::Mapping)
        || ["nodes", "endpoints", "services"]
            .iter()
            .any(|key| is(key, Kind::Sequence))
}

/// Takes the items of a list, lists in it included.
pub(super) fn unroll(source: SourceId, document: &Arc<Document>, loaded: &mut Loaded) {
    let mut path = Vec::new();
    unroll_at(source, document, document.root(), &mut path, loaded);
}

fn unroll_at(
    source: SourceId,
    document: &Arc<Document>,
    list: NodeRef<'_>,
    path: &mut Vec<usize>,
    loaded: &mut Loaded,
) {
    let Some(items) = list.get("items") else {
        return;
    };
    if !matches!(items.kind(), Kind::Sequence | Kind::Null) {
        let finding = Finding::new(Code("NP103"), Severity::Error, "`items` is not a list").at(
            location(source, items),
            "a list of objects is expected here",
        );
        loaded.findings.push(finding);
        return;
    }
    let inherited = inherited(list);
    for (index, item) in items.items().enumerate() {
        path.push(index);
        let kind = item.get("kind").and_then(NodeRef::as_str);
        let is_list =
            kind.is_some_and(|kind| kind.ends_with("List")) && item.get("items").is_some();
        if is_list && path.len() < DEEPEST {
            unroll_at(source, document, item, path, loaded);
        } else if kind.is_none() && inherited.is_none() || item.kind() != Kind::Mapping {
            let finding = Finding::new(
                Code("NP103"),
                Severity::Error,
                "an item of the list is no object",
            )
            .at(
                location(source, item),
                "every object needs `apiVersion` and `kind`",
            );
            loaded.findings.push(finding);
        } else {
            let object = Object::new(source, document, path.clone(), inherited.as_ref());
            loaded.objects.extend(object);
        }
        path.pop();
    }
}

/// The `apiVersion` and `kind` of a typed list's items (`PodList`), which the API leaves out.
fn inherited(list: NodeRef<'_>) -> Option<(String, String)> {
    let kind = list.get("kind")?.as_str()?.strip_suffix("List")?;
    let version = list.get("apiVersion")?.as_str()?;
    (!kind.is_empty()).then(|| (version.to_owned(), kind.to_owned()))
}
