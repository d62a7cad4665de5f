//! Ports: exactly one of several forms.

use super::peers::exactly_one;
use super::{Form, given};
use crate::finding::{Code, Finding, Severity};
use crate::schema::path::Path;
use crate::schema::report::Report;
use netpol_yaml::{Kind, NodeRef};

/// Checks one item of `ports` or `protocols`.
pub(super) fn check(report: &mut Report<'_>, form: &Form, node: NodeRef<'_>, path: &Path<'_>) {
    if node.kind() != Kind::Mapping {
        return;
    }
    exactly_one(report, node, form.port_kinds, path);
    for kind in form.port_kinds {
        let Some(value) = given(node, kind) else {
            continue;
        };
        let path = path.key(kind);
        match *kind {
            "portNumber" => {
                check_protocol(report, value, &path);
                number(report, value, "port", &path);
            }
            "portRange" => {
                check_protocol(report, value, &path);
                if let Some((start, end)) = range(report, value, &path)
                    && end < start
                {
                    let why = "the range is empty: `end` is smaller than `start`";
                    warn(report, value, why, "covers no port");
                }
            }
            "tcp" | "udp" | "sctp" => check_transport(report, value, &path),
            _ => {}
        }
    }
}

/// `ClusterNetworkPolicyProtocolTCP` and its siblings.
fn check_transport(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    if node.kind() != Kind::Mapping {
        return;
    }
    let Some(port) = given(node, "destinationPort") else {
        if node.is_empty() || node.get("destinationPort").is_some() {
            let why = "must say which `destinationPort`; leave out `protocols` for every port";
            report.refuse(node, path, why);
        }
        return;
    };
    let path = path.key("destinationPort");
    if port.kind() != Kind::Mapping {
        return;
    }
    exactly_one(report, port, &["number", "range"], &path);
    if given(port, "number").is_some() {
        number(report, port, "number", &path);
    }
    if let Some(value) = given(port, "range") {
        let path = path.key("range");
        if let Some((start, end)) = range(report, value, &path)
            && start >= end
        {
            let why = "must have a `start` that is less than its `end`";
            report.refuse(value, &path, why);
        }
    }
}

/// `start` and `end`, when both are ports.
fn range(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) -> Option<(i64, i64)> {
    let start = number(report, node, "start", path);
    let end = number(report, node, "end", path);
    start.zip(end)
}

/// A port that must be given.
fn number(report: &mut Report<'_>, node: NodeRef<'_>, key: &str, path: &Path<'_>) -> Option<i64> {
    if node.kind() != Kind::Mapping {
        return None;
    }
    let path = path.key(key);
    let Some(value) = given(node, key) else {
        report.refuse_entry(node, key, &path, "must be given");
        return None;
    };
    let number = value.as_i64()?;
    if (1..=65_535).contains(&number) {
        return Some(number);
    }
    // Numbers beyond 32 bits are reported by their type.
    if i32::try_from(number).is_ok() {
        report.refuse(value, &path, "must be between 1 and 65535");
    }
    None
}

/// The server takes every text for a protocol of v1alpha1; none, and the empty one, is TCP.
fn check_protocol(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    if let Some(protocol) = given(node, "protocol")
        && let Some(name) = protocol.as_str()
        && !matches!(name, "" | "TCP" | "UDP" | "SCTP")
    {
        let why = format!("`{}` is not `TCP`, `UDP` or `SCTP`", path.key("protocol"));
        warn(report, protocol, &why, "nothing has this protocol");
    }
}

/// NP103 for what the server takes and nobody can mean.
fn warn(report: &mut Report<'_>, node: NodeRef<'_>, message: &str, label: &str) {
    let at = report.first_line(node);
    report.push(Finding::new(Code("NP103"), Severity::Warning, message).at(at, label));
}
