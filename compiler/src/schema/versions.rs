//! `apiVersion` and `kind`: which of them the server has.

use super::report::Report;
use crate::finding::{Code, Finding, Severity};
use crate::load::quoted;
use netpol_yaml::NodeRef;

/// What is checked of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// The only version that the server still has.
    pub api_version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The schema in `schemas/kubernetes`.
    pub schema: &'static str,
}

const fn known(api_version: &'static str, kind: &'static str, schema: &'static str) -> Known {
    Known {
        api_version,
        kind,
        schema,
    }
}

/// The kinds that are read.
const KINDS: &[Known] = &[
    known(
        "policy.networking.k8s.io/v1alpha1",
        "AdminNetworkPolicy",
        "adminnetworkpolicy.v1alpha1",
    ),
    known(
        "policy.networking.k8s.io/v1alpha1",
        "BaselineAdminNetworkPolicy",
        "baselineadminnetworkpolicy.v1alpha1",
    ),
    known(
        "policy.networking.k8s.io/v1alpha2",
        "ClusterNetworkPolicy",
        "clusternetworkpolicy.v1alpha2",
    ),
    known("networking.k8s.io/v1", "NetworkPolicy", "networkpolicy.v1"),
    known("cilium.io/v2", "CiliumNetworkPolicy", "ciliumpolicy.v2"),
    known(
        "cilium.io/v2",
        "CiliumClusterwideNetworkPolicy",
        "ciliumpolicy.v2",
    ),
    known("cilium.io/v2", "CiliumCIDRGroup", "ciliumcidrgroup.v2"),
    known(
        "cilium.io/v2alpha1",
        "CiliumCIDRGroup",
        "ciliumcidrgroup.v2",
    ),
    known("v1", "Pod", "pod.v1"),
    known("v1", "Node", "node.v1"),
    known("v1", "Namespace", "namespace.v1"),
    known("v1", "Service", "service.v1"),
    known("v1", "ReplicationController", "replicationcontroller.v1"),
    known("apps/v1", "Deployment", "workload.v1"),
    known("apps/v1", "ReplicaSet", "workload.v1"),
    known("apps/v1", "StatefulSet", "workload.v1"),
    known("apps/v1", "DaemonSet", "workload.v1"),
    known("batch/v1", "Job", "workload.v1"),
    known("batch/v1", "CronJob", "cronjob.v1"),
];

const SLICE: Known = known("discovery.k8s.io/v1", "EndpointSlice", "endpointslice.v1");

/// Groups of which the server knows every kind, so that no extension can live in them.
const BUILT_IN: [&str; 7] = [
    "",
    "apps",
    "batch",
    "extensions",
    "networking.k8s.io",
    "discovery.k8s.io",
    "policy",
];

/// Groups that are added to a server, and the versions that they have had. A version that is not
/// among them may be newer than this program: then the object is not analysed, but not refused.
const ADDED: &[(&str, &[&str])] = &[("policy.networking.k8s.io", &["v1alpha1", "v1alpha2"])];

/// Kinds beside the ones that are read, in the versions of which all kinds are known.
const OTHERS: [(&str, &[&str]); 3] = [
    (
        "networking.k8s.io/v1",
        &["Ingress", "IngressClass", "IPAddress", "ServiceCIDR"],
    ),
    ("apps/v1", &["ControllerRevision"]),
    ("batch/v1", &[]),
];

/// Finds out what the object is. Objects that are nothing of ours give `None` without a word;
/// kinds of ours in a version that the server does not have are reported.
pub(crate) fn check(report: &mut Report<'_>) -> Option<Known> {
    let object = report.object;
    let kind = object.kind.as_str();
    if let Some(known) = all().find(|k| k.kind == kind && k.api_version == object.api_version) {
        let written = object.get("/kind").and_then(NodeRef::as_str);
        if known.kind == "NetworkPolicy" && written.is_none_or(str::is_empty) {
            missing(report, "kind", "NetworkPolicy");
        }
        return Some(known);
    }
    let same_kind = all().find(|k| k.kind == kind);
    if object.api_version.is_empty() {
        match same_kind {
            Some(known) => missing(report, "apiVersion", known.api_version),
            None => wrong_kind(report),
        }
        return same_kind;
    }
    let group = object.group();
    let built_in = BUILT_IN.contains(&group);
    match same_kind {
        Some(_) if may_be_newer(&object.api_version) => {}
        Some(known) if built_in || is_slip(group, known.api_version) => {
            wrong_version(report, known);
        }
        None if built_in => wrong_kind(report),
        _ => {}
    }
    None
}

fn all() -> impl Iterator<Item = Known> {
    KINDS.iter().copied().chain([SLICE])
}

/// Is it a version of an added group that nobody has heard of?
fn may_be_newer(api_version: &str) -> bool {
    let Some((group, version)) = api_version.split_once('/') else {
        return false;
    };
    let added = ADDED.iter().find(|(name, _)| *name == group);
    added.is_some_and(|(_, versions)| !versions.contains(&version))
}

/// Is a group the misspelt one of a version?
fn is_slip(group: &str, api_version: &str) -> bool {
    let meant = api_version.split_once('/').map_or("", |(group, _)| group);
    !meant.is_empty() && strsim::osa_distance(group, meant) <= 3
}

/// Not refused: sent to the address of its kind, the object takes the address's version. kubectl
/// does not know that address, and does refuse it.
fn missing(report: &mut Report<'_>, field: &str, value: &str) {
    let message = format!("`{field}` is missing");
    let at = report.first_line(report.object.root()).start();
    let finding = Finding::new(Code("NP103"), Severity::Warning, message)
        .at(at, "kubectl refuses an object without it")
        .help(format!("add `{field}: {value}`"));
    report.push(finding);
}

fn wrong_version(report: &mut Report<'_>, known: Known) {
    let object = report.object;
    let message = format!(
        "the server has no `{}` in `{}`",
        known.kind,
        quoted(&object.api_version)
    );
    let place = object.get("/apiVersion").unwrap_or(object.root());
    let label = match known.api_version.split_once('/') {
        Some((group, _)) if ADDED.iter().any(|(name, _)| *name == group) => {
            "no release of this API has it"
        }
        _ => "not served by Kubernetes 1.36",
    };
    let finding = Finding::new(Code("NP103"), Severity::Error, message)
        .at(report.first_line(place), label)
        .help(format!("write `apiVersion: {}`", known.api_version));
    report.push(finding);
}

/// A kind that does not exist: any in the versions of which all kinds are known; elsewhere, one
/// that differs from a kind of ours by case or a letter.
fn wrong_kind(report: &mut Report<'_>) {
    let object = report.object;
    let (version, kind) = (object.api_version.as_str(), object.kind.as_str());
    let lower = kind.to_ascii_lowercase();
    let is_close = |name: &str| {
        let name = name.to_ascii_lowercase();
        name == lower || (name.len() > 6 && strsim::osa_distance(&name, &lower) <= 2)
    };
    let meant = all()
        .find(|known| is_close(known.kind) && (version.is_empty() || known.api_version == version));
    let others = OTHERS.iter().find(|(complete, _)| *complete == version);
    let unheard_of = others.is_some_and(|(_, kinds)| !kinds.contains(&kind));
    if meant.is_none() && !unheard_of {
        return;
    }
    let message = if version.is_empty() {
        format!("the server has no kind `{}`", quoted(kind))
    } else {
        format!(
            "the server has no kind `{}` in `{}`",
            quoted(kind),
            quoted(version)
        )
    };
    let mut finding = Finding::new(Code("NP103"), Severity::Error, message)
        .at(object.kind_at, "not a kind of this group");
    finding.help = meant.map(|meant| format!("did you mean `{}`?", meant.kind));
    report.push(finding);
}
