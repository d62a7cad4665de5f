//! What the CNI values say about the meaning of policies (`schemas/cni`, Cilium's chart).

use crate::model::{CniValue, CniValues};
use crate::source::Location;
use netpol_policy::{Dialect, Options};
use serde_json::Value;

/// How much is enforced (`policyEnforcementMode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Policies isolate whom they select. What any other text means.
    #[default]
    Default,
    /// Everybody is isolated, selected or not; where that is written.
    Always(Location),
    /// Nothing is enforced.
    Never,
}

/// The values that matter here. `None` where nothing is said and versions or clusters differ.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// How much is enforced.
    pub mode: Mode,
    /// Every drop is only logged (`policyAuditMode`).
    pub audit: bool,
    /// CIDRs cover nodes (`policyCIDRMatchMode: nodes`).
    pub cidrs_cover_nodes: bool,
    /// `enableDefaultDeny: false` is overruled (`enableNonDefaultDenyPolicies: false`).
    pub always_isolates: bool,
    /// `NetworkPolicy` is not read (`k8sNetworkPolicy.enabled: false`).
    pub no_network_policies: bool,
    /// `CiliumNetworkPolicy` is not read.
    pub no_namespaced: bool,
    /// `CiliumClusterwideNetworkPolicy` is not read.
    pub no_clusterwide: bool,
    /// Rules for requests are refused (`l7Proxy: false`).
    pub no_l7: bool,
    /// Rules for ICMP are refused.
    pub no_icmp: bool,
    /// Does a node's own policy count (`hostFirewall.enabled`)? Off unless switched on.
    pub host_firewall: Option<bool>,
    /// May peers be nodes by labels (`nodeSelectorLabels`)? Off unless switched on.
    pub node_selectors: Option<bool>,
    /// Can two ends authenticate (`authentication.enabled`)?
    pub authentication: Option<bool>,
    /// The name of the cluster (`cluster.name`).
    pub cluster: Option<String>,
    /// The node of a pod needs a rule, too (`allow-localhost: policy`).
    pub localhost_needs_rule: bool,
}

impl Settings {
    /// Reads them; the values stand at the top or under `cilium:`. Without any values nothing is
    /// said about what differs from cluster to cluster.
    pub fn read(values: Option<&CniValues>) -> Self {
        let Some(values) = values else {
            return Self::default();
        };
        // What `extraConfig` says of a flag of the agent comes last and wins.
        let found = |key: &str, flag: &str| {
            let flag = (!flag.is_empty()).then(|| format!("extraConfig.{flag}"));
            let direct = flag.and_then(|flag| find(values, &flag));
            direct.or_else(|| find(values, key))
        };
        let text = |key: &str, flag: &str| text(found(key, flag)?);
        let on = |key: &str, flag: &str| text(key, flag).map(|text| text == "true");
        let off = |key: &str, flag: &str| on(key, flag) == Some(false);
        // The chart writes it in lower case.
        let mode = text("policyEnforcementMode", "enable-policy");
        let mode = mode.map(|mode| mode.to_lowercase());
        let mode = match mode.as_deref() {
            Some("always") => found("policyEnforcementMode", "enable-policy")
                .map_or(Mode::Default, |value| Mode::Always(value.at)),
            Some("never") => Mode::Never,
            _ => Mode::Default,
        };
        let cidrs = found("policyCIDRMatchMode", "policy-cidr-match-mode");
        let cluster = text("cluster.name", "cluster-name");
        let localhost = text("", "allow-localhost");
        Self {
            mode,
            audit: on("policyAuditMode", "policy-audit-mode") == Some(true),
            cidrs_cover_nodes: cidrs.is_some_and(names_nodes),
            always_isolates: off(
                "enableNonDefaultDenyPolicies",
                "enable-non-default-deny-policies",
            ),
            no_network_policies: off("k8sNetworkPolicy.enabled", "enable-k8s-networkpolicy"),
            no_namespaced: off("", "enable-cilium-network-policy"),
            no_clusterwide: off("", "enable-cilium-clusterwide-network-policy"),
            no_l7: off("l7Proxy", "enable-l7-proxy"),
            no_icmp: off("", "enable-icmp-rules"),
            host_firewall: Some(on("hostFirewall.enabled", "enable-host-firewall") == Some(true)),
            node_selectors: Some(
                on("nodeSelectorLabels", "enable-node-selector-labels") == Some(true),
            ),
            authentication: on("authentication.enabled", "mesh-auth-enabled"),
            cluster: Some(cluster.unwrap_or_else(|| "default".to_owned())),
            localhost_needs_rule: localhost.as_deref() == Some("policy"),
        }
    }

    /// Where it is written that everybody is isolated.
    pub fn always_at(&self) -> Option<Location> {
        match self.mode {
            Mode::Always(at) => Some(at),
            Mode::Default | Mode::Never => None,
        }
    }

    /// What holds for all policies.
    pub fn options(&self, dialect: Dialect) -> Options {
        Options {
            dialect,
            enforced: self.mode != Mode::Never && !self.audit,
            blocks_cover_nodes: self.cidrs_cover_nodes,
        }
    }
}

/// A value at the top or under `cilium:`.
fn find<'v>(values: &'v CniValues, key: &str) -> Option<&'v CniValue> {
    let nested = || values.leaves.get(&format!("cilium.{key}"));
    let found = values.leaves.get(key).or_else(nested);
    // What a variable stands for is not known: nothing is said.
    found.filter(|found| found.value.as_str().is_none_or(|text| !text.contains("${")))
}

fn text(value: &CniValue) -> Option<String> {
    match &value.value {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Bool(_) | Value::Number(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// A list or a single text, separated by commas or blanks as the agent's flag is.
fn names_nodes(value: &CniValue) -> bool {
    let in_text = |text: &str| text.split([',', ' ']).any(|word| word == "nodes");
    match &value.value {
        Value::String(text) => in_text(text),
        Value::Array(items) => items.iter().filter_map(Value::as_str).any(in_text),
        _ => false,
    }
}
