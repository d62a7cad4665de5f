//! Labels that are to be judged as if they had been changed.

use super::workloads::Placed;
use super::{LabelChange, LabelTarget};
use crate::finding::{Code, Finding, Severity};
use netpol_policy::{Cluster, Labels, Namespace};

/// Changes labels in place; a finding for each target that does not exist.
pub(crate) fn relabel(
    changes: &[LabelChange],
    endpoints: &mut [Placed],
    cluster: &mut Cluster,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in changes {
        match &change.of {
            LabelTarget::Node(name) => {
                let mut nodes = cluster.nodes.iter_mut();
                if let Some(node) = nodes.find(|node| node.name == *name) {
                    apply(change, &mut node.labels);
                } else {
                    let known = cluster.nodes.iter().map(|n| format!("node/{}", n.name));
                    findings.push(missing(&format!("node/{name}"), known));
                }
            }
            LabelTarget::Namespace(name) => {
                let namespaces = &mut cluster.namespaces;
                let lived_in = endpoints.iter().any(|p| p.endpoint.namespace == *name);
                if !namespaces.contains_key(name) && lived_in {
                    let undeclared = Namespace {
                        undeclared: true,
                        ..Namespace::default()
                    };
                    namespaces.insert(name.clone(), undeclared);
                }
                if let Some(namespace) = namespaces.get_mut(name) {
                    apply(change, &mut namespace.labels);
                } else {
                    let known = namespaces.keys().map(|name| format!("namespace/{name}"));
                    findings.push(missing(&format!("namespace/{name}"), known));
                }
            }
            LabelTarget::Endpoint { namespace, name } => {
                let mut found = false;
                for placed in endpoints
                    .iter_mut()
                    .filter(|p| is_named(p, namespace, name))
                {
                    apply(change, &mut placed.endpoint.labels);
                    found = true;
                }
                if !found {
                    let known = endpoints.iter().map(|p| p.endpoint.display_name());
                    findings.push(missing(&format!("{namespace}/{name}"), known));
                }
            }
        }
    }
    findings
}

/// NP101 for something that is to be changed and does not exist; `known` are those that do.
pub(crate) fn missing(what: &str, known: impl Iterator<Item = String>) -> Finding {
    let near = known
        .map(|name| {
            (
                strsim::osa_distance(&name.to_lowercase(), &what.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, _)| *distance <= 1 + what.len() / 6)
        .min();
    let hint = near.map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"));
    let message =
        format!("`{what}` is to be changed, but there is no such object in the input{hint}");
    Finding::new(Code("NP101"), Severity::Error, message)
}

fn is_named(placed: &Placed, namespace: &str, name: &str) -> bool {
    placed.endpoint.namespace == namespace
        && (placed.endpoint.name == name || placed.owners.iter().any(|owner| owner.name == name))
}

fn apply(change: &LabelChange, labels: &mut Labels) {
    match &change.value {
        Some(value) => {
            labels.insert(change.key.clone(), value.clone());
        }
        None => {
            labels.remove(&change.key);
        }
    }
}
