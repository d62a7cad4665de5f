//! Pods, workloads and services: the labels, ports and selectors that are read.

use super::path::Path;
use super::report::Report;
use super::selectors::{labels, selector};
use super::syntax;
use crate::finding::{Code, Finding, Severity};
use crate::load::{Kustomized, quoted};
use netpol_yaml::NodeRef;
use std::collections::BTreeSet;

/// Checks the pod template at the end of a chain of fields (`spec`, `template`).
pub(crate) fn check_template(report: &mut Report<'_>, fields: &[&str]) {
    let root = report.object.root();
    with_path(fields, |path| {
        let Some(template) = fields.iter().try_fold(root, |node, field| node.get(field)) else {
            return;
        };
        let metadata = path.key("metadata");
        if let Some(node) = template.pointer("/metadata/labels") {
            labels(report, node, &metadata.key("labels"));
        }
        if let Some(spec) = template.get("spec") {
            check_containers(report, spec, &path.key("spec"));
        }
    });
}

/// Builds the path of a chain of fields and hands it on.
fn with_path(fields: &[&str], then: impl FnOnce(&Path<'_>)) {
    match fields {
        [a] => then(&Path::root(a)),
        [a, b] => then(&Path::root(a).key(b)),
        [a, b, c, d] => then(&Path::root(a).key(b).key(c).key(d)),
        _ => {}
    }
}

/// The ports of all containers below a pod's `spec`.
pub(crate) fn check_containers(report: &mut Report<'_>, spec: NodeRef<'_>, path: &Path<'_>) {
    for kind in ["containers", "initContainers"] {
        let list = path.key(kind);
        let containers = spec.get(kind).into_iter().flat_map(NodeRef::items);
        for (index, container) in containers.enumerate() {
            let container_path = list.index(index);
            let ports_path = container_path.key("ports");
            let mut names = BTreeSet::new();
            let ports = container.get("ports").into_iter().flat_map(NodeRef::items);
            for (index, port) in ports.enumerate() {
                check_container_port(report, port, &ports_path.index(index), &mut names);
            }
        }
    }
}

/// `validateContainerPorts`.
fn check_container_port<'a>(
    report: &mut Report<'_>,
    port: NodeRef<'a>,
    path: &Path<'_>,
    names: &mut BTreeSet<&'a str>,
) {
    let part = |key: &str| port.get(key).filter(|value| !value.is_null());
    match part("containerPort").map(|node| (node, node.as_i64())) {
        Some((node, Some(number))) => {
            if i32::try_from(number).is_ok() && !(1..=65_535).contains(&number) {
                report.refuse(
                    node,
                    &path.key("containerPort"),
                    "must be between 1 and 65535",
                );
            }
        }
        Some((_, None)) => {}
        None => {
            let path = path.key("containerPort");
            report.refuse_entry(port, "containerPort", &path, "must be given");
        }
    }
    if let Some(node) = part("protocol")
        && let Some(protocol) = node.as_str()
        && !matches!(protocol, "" | "TCP" | "UDP" | "SCTP")
    {
        let why = "must be `TCP`, `UDP` or `SCTP`";
        report.refuse(node, &path.key("protocol"), why);
    }
    if let Some(node) = part("name")
        && let Some(name) = node.as_str().filter(|name| !name.is_empty())
    {
        let path = path.key("name");
        if let Err(why) = syntax::port_name(name) {
            report.refuse(node, &path, format!("a port name {why}"));
        } else if !names.insert(name) {
            report.refuse(node, &path, "is the name of another port of this container");
        }
    }
}

/// `spec.selector` of the workloads of `apps/v1`: needed, and part of the template's labels.
pub(crate) fn check_selector(report: &mut Report<'_>) {
    let Some(spec) = report.object.get("/spec") else {
        return;
    };
    let spec_path = Path::root("spec");
    let path = spec_path.key("selector");
    let Some(node) = spec.get("selector").filter(|node| !node.is_null()) else {
        // Kustomize may add one (`commonLabels`, patches).
        if report.object.kustomized == Kustomized::No {
            report.refuse_entry(spec, "selector", &path, "must be given");
        }
        return;
    };
    selector(report, node, &path);
    if node.is_empty() {
        let why = "must not be empty, because it would match every pod";
        report.refuse_entry(spec, "selector", &path, why);
    }
    let template = spec.pointer("/template/metadata/labels");
    let pairs = node
        .get("matchLabels")
        .into_iter()
        .flat_map(NodeRef::entries);
    for (key, value) in pairs {
        let name = key.scalar_text().unwrap_or_default();
        let wanted = value.as_str().unwrap_or_default();
        let given = template.and_then(|labels| labels.get(&name));
        let fits = given.is_some_and(|label| label.as_str().unwrap_or_default() == wanted);
        if !fits {
            report.push(mismatch(report, spec, key, wanted));
        }
    }
}

fn mismatch(report: &Report<'_>, spec: NodeRef<'_>, key: NodeRef<'_>, wanted: &str) -> Finding {
    let name = key.scalar_text().unwrap_or_default();
    let (place, node) = spec.nearest("/template/metadata/labels");
    let why = "must match `spec.selector`";
    let message = format!("the server refuses `spec.template.metadata.labels`: {why}");
    let lacking = format!("`{}: {}` is not among them", quoted(&name), quoted(wanted));
    Finding::new(Code("NP103"), Severity::Error, message)
        .at(report.first_line(place.unwrap_or(node)), lacking)
        .see(report.object.locate(key), "asked for here")
}
