//! `metadata` (`ValidateObjectMeta`).

use super::path::Path;
use super::report::Report;
use super::{selectors, syntax};
use crate::load::Kustomized;
use netpol_yaml::NodeRef;
use std::borrow::Cow;

/// `TotalAnnotationSizeLimitB`: keys and values together, in bytes.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// The form of an object's name, by its kind.
pub(crate) type NameRule = fn(&str) -> Result<(), &'static str>;

/// Checks `metadata` of an object; `name` is the form that its name must have.
pub(crate) fn check(report: &mut Report<'_>, name: NameRule) {
    let root = report.object.root();
    let path = Path::root("metadata");
    let Some(node) = root.get("metadata") else {
        let why = "a name or generateName is required";
        report.refuse_entry(root, "metadata", &path.key("name"), why);
        return;
    };
    names(report, node, &path, name);
    if let Some(labels) = node.get("labels") {
        selectors::labels(report, labels, &path.key("labels"));
    }
    if let Some(annotations) = node.get("annotations") {
        check_annotations(report, node, annotations, &path.key("annotations"));
    }
    let owners = node.get("ownerReferences").into_iter();
    let list = path.key("ownerReferences");
    let mut controllers = 0;
    for (index, owner) in owners.flat_map(NodeRef::items).enumerate() {
        check_owner(report, owner, &list.index(index));
        controllers +=
            usize::from(owner.get("controller").and_then(NodeRef::as_bool) == Some(true));
    }
    if controllers > 1 {
        let why = "only one owner may be the controller";
        report.refuse_entry(node, "ownerReferences", &list, why);
    }
    let finalizers = node.get("finalizers").into_iter();
    let list = path.key("finalizers");
    for (index, finalizer) in finalizers.flat_map(NodeRef::items).enumerate() {
        if let Some(text) = finalizer.as_str()
            && let Err(why) = syntax::qualified_name(text)
        {
            report.refuse(finalizer, &list.index(index), format!("a finalizer {why}"));
        }
    }
    if let Some(generation) = node.get("generation")
        && generation.as_i64().is_some_and(|n| n < 0)
    {
        report.refuse(generation, &path.key("generation"), "must not be negative");
    }
}

fn names(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>, rule: NameRule) {
    // A patch may change the name.
    if report.object.kustomized == Kustomized::Patched {
        return;
    }
    let text = |key: &str| node.get(key).and_then(NodeRef::as_str).unwrap_or_default();
    let (name, generate) = (text("name"), text("generateName"));
    if let Some(field) = node.get("generateName")
        && !generate.is_empty()
        && let Err(why) = rule(&as_prefix(generate))
    {
        report.refuse(field, &path.key("generateName"), why);
    }
    match node.get("name") {
        Some(field) if !name.is_empty() => {
            // Kustomize may have given it another name.
            let own = report.object.name.as_str();
            let name = if own.is_empty() { name } else { own };
            if let Err(why) = rule(name) {
                report.refuse(field, &path.key("name"), why);
            }
        }
        // A name of another type is reported by its type.
        Some(field) if !field.is_null() && field.as_str().is_none() => {}
        _ if generate.is_empty() => {
            let key = if node.get("name").is_some() {
                (node, "name")
            } else {
                (report.object.root(), "metadata")
            };
            let why = "a name or generateName is required";
            report.refuse_entry(key.0, key.1, &path.key("name"), why);
        }
        _ => {}
    }
    if let Some(field) = node.get("namespace")
        && let Some(namespace) = report.object.namespace.as_deref()
        && let Err(why) = syntax::label(namespace)
    {
        report.refuse(field, &path.key("namespace"), why);
    }
}

/// `maskTrailingDash`: something is put behind a prefix, so it may end with a hyphen.
fn as_prefix(text: &str) -> Cow<'_, str> {
    match text.strip_suffix('-') {
        Some(front) if !front.is_empty() => Cow::Owned(format!("{front}a")),
        _ => Cow::Borrowed(text),
    }
}

/// `ValidateAnnotations`: keys are checked in lower case, values only by their size.
fn check_annotations(
    report: &mut Report<'_>,
    metadata: NodeRef<'_>,
    node: NodeRef<'_>,
    path: &Path<'_>,
) {
    let mut size = 0usize;
    for (key, value) in node.entries() {
        let name = key.scalar_text().unwrap_or_default();
        size = size.saturating_add(name.len() + value.as_str().map_or(0, str::len));
        if let Err(why) = syntax::qualified_name(&name.to_lowercase()) {
            report.refuse(key, path, format!("an annotation key {why}"));
        }
    }
    if size > ANNOTATIONS_LIMIT {
        let why = format!("may not be more than {ANNOTATIONS_LIMIT} bytes in all");
        report.refuse_entry(metadata, "annotations", path, why);
    }
}

/// `validateOwnerReference`: all four names are needed.
fn check_owner(report: &mut Report<'_>, owner: NodeRef<'_>, path: &Path<'_>) {
    for field in ["apiVersion", "kind", "name", "uid"] {
        let value = owner.get(field).filter(|value| !value.is_null());
        let missing = value.is_none_or(|value| value.as_str() == Some(""));
        if missing {
            report.refuse_entry(owner, field, &path.key(field), "must not be empty");
        }
    }
}
