//! `cilium.io/v2` policies: what the schema cannot say. Some of it the API server refuses, the rest
//! the agent (`pkg/policy/api/rule_validation.go` of Cilium 1.20); either way the whole object has
//! no effect.

mod peers;
mod ports;
mod texts;

pub(crate) use texts::{Port, icmp_type, port_number, prefix};

use super::path::Path;
use super::report::Report;
use super::syntax;
use crate::finding::{Code, Finding, Severity};
use crate::load::{Object, quoted};
use netpol_yaml::{Kind, NodeRef};
use std::fmt::Display;

/// The lists of rules: their key, whether they are about ingress, whether they deny.
const LISTS: [(&str, Side); 4] = [
    ("ingress", Side::new(true, false)),
    ("ingressDeny", Side::new(true, true)),
    ("egress", Side::new(false, false)),
    ("egressDeny", Side::new(false, true)),
];

/// What kind of rule it is.
#[derive(Debug, Clone, Copy)]
struct Side {
    ingress: bool,
    denies: bool,
    /// The policy is about nodes.
    host: bool,
}

impl Side {
    const fn new(ingress: bool, denies: bool) -> Self {
        Self {
            ingress,
            denies,
            host: false,
        }
    }
}

/// Checks a `CiliumNetworkPolicy` or a `CiliumClusterwideNetworkPolicy`.
pub(crate) fn check(report: &mut Report<'_>) {
    let root = report.object.root();
    let part = |key: &str| root.get(key).filter(|node| !node.is_null());
    let (spec, specs) = (part("spec"), part("specs"));
    if spec.is_none() && specs.is_none() {
        let why = "a policy needs `spec` or `specs`";
        refuse_entry(report, root, "spec", &Path::root("spec"), why);
    }
    if let Some(spec) = spec {
        check_spec(report, spec, &Path::root("spec"));
    }
    let list = Path::root("specs");
    let specs = specs.into_iter().flat_map(NodeRef::items);
    for (index, spec) in specs.enumerate() {
        check_spec(report, spec, &list.index(index));
    }
}

/// Checks a `CiliumCIDRGroup`.
pub(crate) fn check_group(report: &mut Report<'_>) {
    let path = Path::root("spec");
    let list = path.key("externalCIDRs");
    let cidrs = report.object.get("/spec/externalCIDRs");
    let Some(cidrs) = cidrs.filter(|node| !node.is_null()) else {
        let root = report.object.root();
        let parent = root.get("spec").unwrap_or(root);
        refuse_entry(report, parent, "externalCIDRs", &list, "must be given");
        return;
    };
    for (index, node) in cidrs.items().enumerate() {
        peers::cidr(report, node, &list.index(index));
    }
}

/// Why Cilium refuses an object that some server has taken; `None` when it does not.
pub(crate) fn refusal(object: &Object) -> Option<String> {
    let mut report = Report::new(object);
    check(&mut report);
    let first = report.findings.into_iter().next()?;
    Some(first.message)
}

/// `Rule.Sanitize`.
fn check_spec(report: &mut Report<'_>, spec: NodeRef<'_>, path: &Path<'_>) {
    if spec.kind() != Kind::Mapping {
        return;
    }
    let part = |key: &str| spec.get(key).filter(|node| !node.is_null());
    // A misspelt list is an unknown field, which says it better.
    let empty = |key: &str| part(key).is_none_or(NodeRef::is_empty);
    let misspelt = spec.entries().any(|(key, _)| {
        let key = key.as_str().unwrap_or_default();
        !FIELDS.contains(&key)
    });
    if !misspelt && LISTS.iter().all(|(key, _)| empty(key)) {
        let why = "a rule must have at least one of ingress, ingressDeny, egress, egressDeny, \
                   and that not empty";
        let node = ["ingress", "egress", "enableDefaultDeny"]
            .iter()
            .find_map(|key| spec.entry(key))
            .map_or(spec, |(key, _)| key);
        refuse(report, node, path, why);
    }
    let (pods, nodes) = (part("endpointSelector"), part("nodeSelector"));
    match (pods, nodes) {
        (None, None) if misspelt => {}
        (None, None) => {
            let why = "must have an endpointSelector or a nodeSelector";
            refuse(report, spec, path, why);
        }
        (Some(_), Some(node)) => {
            let why = "may not stand beside endpointSelector";
            refuse(report, node, &path.key("nodeSelector"), why);
        }
        (None, Some(node)) if report.object.kind == "CiliumNetworkPolicy" => {
            let why = "is for CiliumClusterwideNetworkPolicy alone";
            refuse(report, node, &path.key("nodeSelector"), why);
        }
        _ => {}
    }
    for (key, node) in [("endpointSelector", pods), ("nodeSelector", nodes)] {
        if let Some(node) = node {
            selector(report, node, &path.key(key));
        }
    }
    for (key, mut side) in LISTS {
        side.host = nodes.is_some();
        let list = path.key(key);
        let rules = spec.get(key).into_iter().flat_map(NodeRef::items);
        for (index, rule) in rules.enumerate() {
            check_rule(report, rule, side, &list.index(index));
        }
    }
}

/// The fields of a specification (`api.Rule`).
const FIELDS: [&str; 10] = [
    "endpointSelector",
    "nodeSelector",
    "ingress",
    "ingressDeny",
    "egress",
    "egressDeny",
    "labels",
    "enableDefaultDeny",
    "description",
    "log",
];

fn check_rule(report: &mut Report<'_>, rule: NodeRef<'_>, side: Side, path: &Path<'_>) {
    peers::check(report, rule, side, path);
    ports::check(report, rule, side, path);
    let mode = rule.pointer("/authentication/mode");
    if let Some(node) = mode
        && let Some(text) = node.as_str()
        && !matches!(text, "disabled" | "required" | "test-always-fail")
    {
        let path = path.key("authentication");
        let why = "must be `disabled`, `required` or `test-always-fail`";
        refuse(report, node, &path.key("mode"), why);
    }
}

/// `labels.ValidateLabelSelector`: as in Kubernetes, but keys may name a source before a colon.
fn selector(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let pairs = node.get("matchLabels").into_iter();
    let list = path.key("matchLabels");
    for (key, value) in pairs.flat_map(NodeRef::entries) {
        label_key(report, key, &list);
        if let Some(text) = value.as_str()
            && let Err(why) = syntax::label_value(text)
        {
            refuse(report, value, &list, format!("a label value {why}"));
        }
    }
    let list = path.key("matchExpressions");
    let expressions = node.get("matchExpressions").into_iter();
    for (index, item) in expressions.flat_map(NodeRef::items).enumerate() {
        requirement(report, item, &list.index(index));
    }
}

fn requirement(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let given = |key: &str| node.get(key).filter(|value| !value.is_null());
    let count = given("values").map_or(0, NodeRef::len);
    match given("operator").map(|o| (o, o.as_str())) {
        Some((_, Some("In" | "NotIn"))) if count == 0 => {
            let why = "must be given when `operator` is `In` or `NotIn`";
            refuse_entry(report, node, "values", &path.key("values"), why);
        }
        Some((_, Some("Exists" | "DoesNotExist"))) if count > 0 => {
            let why = "may not be given when `operator` is `Exists` or `DoesNotExist`";
            refuse_entry(report, node, "values", &path.key("values"), why);
        }
        Some((_, Some("In" | "NotIn" | "Exists" | "DoesNotExist") | None)) => {}
        Some((operator, Some(_))) => {
            let why = "must be one of `In`, `NotIn`, `Exists`, `DoesNotExist`";
            refuse(report, operator, &path.key("operator"), why);
        }
        None => refuse_entry(
            report,
            node,
            "operator",
            &path.key("operator"),
            "must be given",
        ),
    }
    match given("key") {
        Some(key) => label_key(report, key, &path.key("key")),
        None => refuse_entry(report, node, "key", &path.key("key"), "must be given"),
    }
    let values = given("values").into_iter().flat_map(NodeRef::items);
    let list = path.key("values");
    for (index, value) in values.enumerate() {
        if let Some(text) = value.as_str()
            && let Err(why) = syntax::label_value(text)
        {
            refuse(
                report,
                value,
                &list.index(index),
                format!("a label value {why}"),
            );
        }
    }
}

/// `IsValidCiliumLabelKey`.
fn label_key(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let text = node.scalar_text().unwrap_or_default();
    let why = match text.split_once(':') {
        Some((_, key)) if key.contains(':') => Err("may have one source before one `:`"),
        Some((source, _)) if !is_source(source) => {
            Err("must have letters and digits before the `:`")
        }
        Some((_, key)) => syntax::qualified_name(key),
        None => syntax::qualified_name(&text),
    };
    if let Err(why) = why {
        refuse(report, node, path, format!("a label key {why}"));
    }
}

fn is_source(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// NP103 at a value that the CRD or the agent refuses.
fn refuse(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>, why: impl Display) {
    let said = match node.scalar_text() {
        Some(text) => format!("`{}` {why}", quoted(&text)),
        None => why.to_string(),
    };
    let at = report.first_line(node);
    let message = format!("Cilium refuses `{path}`: {why}");
    let finding = Finding::new(Code("NP103"), Severity::Error, message).at(at, said);
    report.push(finding.note(
        "the whole policy is without effect then; `kubectl get` shows it as not valid, if the API \
         server takes it at all",
    ));
}

/// The same at a field's key, for what is wrong with a field as a whole.
fn refuse_entry(
    report: &mut Report<'_>,
    parent: NodeRef<'_>,
    key: &str,
    path: &Path<'_>,
    why: impl Display,
) {
    let node = parent.entry(key).map_or(parent, |(key, _)| key);
    let at = report.first_line(node);
    let message = format!("Cilium refuses `{path}`: {why}");
    let finding = Finding::new(Code("NP103"), Severity::Error, message).at(at, why.to_string());
    report.push(finding);
}
