//! What the API server would refuse: unknown fields (NP102) and everything else (NP103).
//!
//! A NetworkPolicy is checked in full, as kube-apiserver 1.36 does under
//! `fieldValidation=Strict`. Of other kinds only what is read is checked, and fields are called
//! unknown only where the schema lists all of them. Kinds that are not read are passed over.

mod adminpolicy;
pub(crate) mod cidr;
pub(crate) mod cilium;
mod fields;
mod metadata;
mod networkpolicy;
mod path;
mod report;
mod selectors;
mod structure;
mod syntax;
mod versions;
mod workloads;

use crate::finding::Finding;
use crate::load::{Kustomized, Object};
use netpol_yaml::NodeRef;
use path::Path;
use report::Report;

/// What the server takes as a request, in bytes of JSON (`MaxRequestBodyBytes`).
const LARGEST: usize = 3 * 1024 * 1024;

/// Checks one object. An error means that the server refuses it; a warning, that the server takes
/// it and kubectl does not.
pub fn check(object: &Object) -> Vec<Finding> {
    let mut report = Report::new(object);
    let Some(known) = versions::check(&mut report) else {
        return report.findings;
    };
    structure::check(&mut report, known.schema);
    metadata::check(&mut report, name_rule(known.kind));
    match known.kind {
        "NetworkPolicy" => networkpolicy::check(&mut report),
        "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy" => cilium::check(&mut report),
        "CiliumCIDRGroup" => cilium::check_group(&mut report),
        "AdminNetworkPolicy" => adminpolicy::check(&mut report, &adminpolicy::ADMIN),
        "BaselineAdminNetworkPolicy" => {
            adminpolicy::check_singleton(&mut report);
            adminpolicy::check(&mut report, &adminpolicy::BASELINE);
        }
        "ClusterNetworkPolicy" => adminpolicy::check(&mut report, &adminpolicy::CLUSTER),
        "Pod" => {
            if let Some(spec) = object.get("/spec") {
                workloads::check_containers(&mut report, spec, &Path::root("spec"));
            }
        }
        "ReplicationController" | "Job" => {
            workloads::check_template(&mut report, &["spec", "template"]);
        }
        "CronJob" => {
            let fields = ["spec", "jobTemplate", "spec", "template"];
            workloads::check_template(&mut report, &fields);
        }
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => {
            workloads::check_selector(&mut report);
            workloads::check_template(&mut report, &["spec", "template"]);
        }
        _ => {}
    }
    check_size(&mut report);
    report.say_variable();
    report.findings
}

/// Is the object a patch of Kustomize that no kustomization applies? No workload is without a
/// selector.
pub(crate) fn is_unused_patch(object: &Object) -> bool {
    let kinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"];
    let selector = object.get("/spec/selector").filter(|node| !node.is_null());
    let unused = [Kustomized::PassedOver, Kustomized::LeftOut];
    unused.contains(&object.kustomized)
        && kinds.contains(&object.kind.as_str())
        && selector.is_none()
}

/// Is the object left out for a variable that nothing here fills in?
pub(crate) fn is_unfilled(finding: &Finding) -> bool {
    finding.code.0 == "NP107"
}

/// Does the server refuse the object for no more than a boolean or a number where a text is wanted,
/// which answers take as it is written?
pub(crate) fn is_read_as_written(finding: &Finding) -> bool {
    finding
        .notes
        .iter()
        .any(|note| note == structure::READ_AS_WRITTEN)
}

/// The form of names, by kind.
fn name_rule(kind: &str) -> metadata::NameRule {
    match kind {
        "Namespace" | "Service" => syntax::label,
        _ => syntax::subdomain,
    }
}

/// The text is looked at first, because writing it out as JSON takes time.
fn check_size(report: &mut Report<'_>) {
    let object = report.object;
    let written = object.at.span.end.saturating_sub(object.at.span.start);
    if usize::try_from(written).is_ok_and(|length| length > LARGEST / 2) {
        let length = object.root().to_json().to_string().len();
        if length > LARGEST {
            let root: NodeRef<'_> = object.root();
            let why =
                format!("the object has {length} bytes, more than the {LARGEST} of a request");
            report.refuse_entry(root, "metadata", &Path::root("metadata"), why);
        }
    }
}
