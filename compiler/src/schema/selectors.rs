//! Labels and label selectors (`meta/v1 validation`).

use super::path::Path;
use super::report::Report;
use super::syntax;
use netpol_yaml::{Kind, NodeRef};

/// `ValidateLabels`: the keys and values of a map of labels.
pub(crate) fn labels(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    for (key, value) in node.entries() {
        let name = key.scalar_text().unwrap_or_default();
        if let Err(why) = syntax::qualified_name(&name) {
            report.refuse(key, path, format!("a label key {why}"));
        }
        if let Some(text) = value.as_str()
            && let Err(why) = syntax::label_value(text)
        {
            report.refuse(value, path, format!("a label value {why}"));
        }
    }
}

/// `ValidateLabelSelector`: `matchLabels` and `matchExpressions`.
pub(crate) fn selector(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    if let Some(pairs) = node.get("matchLabels") {
        labels(report, pairs, &path.key("matchLabels"));
    }
    let expressions = node.get("matchExpressions").into_iter();
    let list = path.key("matchExpressions");
    for (index, item) in expressions.flat_map(NodeRef::items).enumerate() {
        requirement(report, item, &list.index(index));
    }
}

/// `ValidateLabelSelectorRequirement`.
fn requirement(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    if !matches!(node.kind(), Kind::Mapping | Kind::Null) {
        return;
    }
    let values = node.get("values");
    let count = values.map_or(0, NodeRef::len);
    let operator = node.get("operator").filter(|operator| !operator.is_null());
    match operator.map(NodeRef::as_str) {
        Some(Some("In" | "NotIn")) if count == 0 => {
            let why = "must be given when `operator` is `In` or `NotIn`";
            report.refuse_entry(node, "values", &path.key("values"), why);
        }
        Some(Some("Exists" | "DoesNotExist")) if count > 0 => {
            let why = "may not be given when `operator` is `Exists` or `DoesNotExist`";
            report.refuse_entry(node, "values", &path.key("values"), why);
        }
        Some(Some("In" | "NotIn" | "Exists" | "DoesNotExist") | None) => {}
        Some(Some(_)) | None => {
            let why = "must be one of `In`, `NotIn`, `Exists`, `DoesNotExist`";
            match operator {
                Some(operator) => report.refuse(operator, &path.key("operator"), why),
                None => report.refuse_entry(node, "operator", &path.key("operator"), why),
            }
        }
    }
    let key = node.get("key").filter(|key| !key.is_null());
    match key.map(|key| (key, key.as_str())) {
        Some((key, Some(name))) => {
            if let Err(why) = syntax::qualified_name(name) {
                report.refuse(key, &path.key("key"), format!("a label key {why}"));
            }
        }
        Some((_, None)) => {}
        None => report.refuse_entry(node, "key", &path.key("key"), "must be given"),
    }
    let list = path.key("values");
    for (index, value) in values.into_iter().flat_map(NodeRef::items).enumerate() {
        if let Some(text) = value.as_str()
            && let Err(why) = syntax::label_value(text)
        {
            report.refuse(value, &list.index(index), format!("a label value {why}"));
        }
    }
}
