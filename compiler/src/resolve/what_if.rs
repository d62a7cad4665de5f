//! Labels that are to be judged as if they had been changed.

use super::workloads::Placed;
use super::{LabelChange, LabelTarget};
use crate::finding::{Code, Finding, Severity};
use netpol_policy::{Labels, Namespace};
use std::collections::BTreeMap;

/// Changes labels in place; a finding for each target that does not exist.
pub(crate) fn relabel(
    changes: &[LabelChange],
    endpoints: &mut [Placed],
    namespaces: &mut BTreeMap<String, Namespace>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in changes {
        match &change.of {
            LabelTarget::Namespace(name) => {
                let lived_in = endpoints.iter().any(|p| p.endpoint.namespace == *name);
                if !namespaces.contains_key(name) && lived_in {
                    let undeclared = Namespace {
                        undeclared: true,
                        ..Namespace::default()
                    };
                    namespaces.insert(name.clone(), undeclared);
                }
                match namespaces.get_mut(name) {
                    Some(namespace) => apply(change, &mut namespace.labels),
                    None => findings.push(missing(&format!("namespace {name}"))),
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
                    findings.push(missing(&format!("{namespace}/{name}")));
                }
            }
        }
    }
    findings
}

/// NP101 for something that is to be changed and does not exist.
pub(crate) fn missing(what: &str) -> Finding {
    let message = format!("`{what}` is to be changed, but there is no such object in the input");
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
