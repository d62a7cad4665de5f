//! Which objects are looked at, and which of them live in a namespace.

use crate::load::Object;
use netpol_policy::PolicyKind;

/// What an object is to the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// `core/v1 Pod`.
    Pod,
    /// Something that makes pods; the JSON pointer of its pod template.
    Workload(&'static str),
    /// `core/v1 Namespace`.
    Namespace,
    /// `core/v1 Node`.
    Node,
    /// `core/v1 Service`.
    Service,
    /// `discovery.k8s.io/v1 EndpointSlice`.
    EndpointSlice,
    /// `cilium.io CiliumCIDRGroup`.
    CidrGroup,
    /// A policy of a language that is analysed; [`super::policies`] knows who reads it.
    Policy(PolicyKind),
    /// A policy of a language, or of a version of one, that is not analysed.
    OtherPolicy,
    /// No part of the analysis.
    Other,
}

const TEMPLATE: &str = "/spec/template";
const CRONJOB_TEMPLATE: &str = "/spec/jobTemplate/spec/template";

/// What the object is, by group and kind.
pub(crate) fn role(object: &Object) -> Role {
    let written = object.group();
    // Without a version the kind alone tells (`schema` reports that kubectl refuses it).
    let anything = object.api_version.is_empty();
    let is = |group: &str| anything || written == group;
    // Versions of an extension may mean different things by the same words.
    let in_version = |version: &str| anything || object.api_version == version;
    match object.kind.as_str() {
        "Pod" if is("") => Role::Pod,
        "Namespace" if is("") => Role::Namespace,
        "Node" if is("") => Role::Node,
        "Service" if is("") => Role::Service,
        "ReplicationController" if is("") => Role::Workload(TEMPLATE),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" if is("apps") => {
            Role::Workload(TEMPLATE)
        }
        "Job" if is("batch") => Role::Workload(TEMPLATE),
        "CronJob" if is("batch") => Role::Workload(CRONJOB_TEMPLATE),
        "EndpointSlice" if is("discovery.k8s.io") => Role::EndpointSlice,
        "NetworkPolicy" if is("networking.k8s.io") => Role::Policy(PolicyKind::NetworkPolicy),
        "AdminNetworkPolicy" if in_version("policy.networking.k8s.io/v1alpha1") => {
            Role::Policy(PolicyKind::AdminNetworkPolicy)
        }
        "BaselineAdminNetworkPolicy" if in_version("policy.networking.k8s.io/v1alpha1") => {
            Role::Policy(PolicyKind::BaselineAdminNetworkPolicy)
        }
        "ClusterNetworkPolicy" if in_version("policy.networking.k8s.io/v1alpha2") => {
            Role::Policy(PolicyKind::ClusterNetworkPolicy)
        }
        "CiliumNetworkPolicy" if in_version("cilium.io/v2") => {
            Role::Policy(PolicyKind::CiliumNetworkPolicy)
        }
        "CiliumClusterwideNetworkPolicy" if in_version("cilium.io/v2") => {
            Role::Policy(PolicyKind::CiliumClusterwideNetworkPolicy)
        }
        "CiliumCIDRGroup" if is("cilium.io") => Role::CidrGroup,
        kind if OTHER_POLICIES.contains(&(written, kind)) => Role::OtherPolicy,
        _ => Role::Other,
    }
}

/// Policies that change who reaches whom, by group and kind.
const OTHER_POLICIES: [(&str, &str); 22] = [
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
    ("cilium.io", "CiliumNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("projectcalico.org", "NetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"),
    ("crd.projectcalico.org", "NetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("security.istio.io", "AuthorizationPolicy"),
    ("crd.antrea.io", "NetworkPolicy"),
    ("crd.antrea.io", "ClusterNetworkPolicy"),
    ("k8s.cni.cncf.io", "MultiNetworkPolicy"),
    ("policy.linkerd.io", "AuthorizationPolicy"),
    ("policy.linkerd.io", "ServerAuthorization"),
    ("networking.k8s.aws", "ApplicationNetworkPolicy"),
    ("networking.k8s.aws", "ClusterNetworkPolicy"),
    ("k8s.ovn.org", "EgressFirewall"),
    ("network.openshift.io", "EgressNetworkPolicy"),
    ("kuma.io", "MeshTrafficPermission"),
    ("consul.hashicorp.com", "ServiceIntentions"),
    ("networking.gke.io", "FQDNNetworkPolicy"),
];

/// Kinds of the objects that the analysis knows and that live in no namespace.
const CLUSTER_SCOPED: [(&str, &str); 10] = [
    ("cilium.io", "CiliumCIDRGroup"),
    ("", "Namespace"),
    ("", "Node"),
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("crd.antrea.io", "ClusterNetworkPolicy"),
];

fn is_cluster_scoped(role: Role) -> bool {
    matches!(
        role,
        Role::Policy(
            PolicyKind::AdminNetworkPolicy
                | PolicyKind::BaselineAdminNetworkPolicy
                | PolicyKind::ClusterNetworkPolicy
                | PolicyKind::CiliumClusterwideNetworkPolicy
        )
    )
}

/// The namespace that an object is in: the one it names, else `default` if its kind is known to
/// live in one. Kinds that are not known keep what they say.
pub(crate) fn namespace_of(object: &Object, role: Role, default: &str) -> Option<String> {
    if is_cluster_scoped(role) || CLUSTER_SCOPED.contains(&(object.group(), object.kind.as_str())) {
        return None;
    }
    match role {
        Role::Other => object.namespace.clone(),
        _ => Some(
            object
                .namespace
                .clone()
                .or_else(|| object.home.as_deref().map(str::to_owned))
                .unwrap_or_else(|| default.to_owned()),
        ),
    }
}

/// Is this a policy of Cilium, so that the cluster speaks its dialect?
pub(crate) fn is_cilium_policy(object: &Object) -> bool {
    object.group() == "cilium.io" && object.kind.ends_with("NetworkPolicy")
}
