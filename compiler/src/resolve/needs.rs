//! What policies need of the CNI's values beyond enforcement, where the meaning does not show it:
//! a policy that the agent refuses as a whole is in no model.

use super::collect::Item;
use super::kinds::Role;
use crate::model::{Feature, Need};
use netpol_policy::PolicyKind;
use netpol_yaml::NodeRef;

/// What the policy of an object needs, each feature once, where it first stands.
pub(super) fn of(item: &Item<'_>) -> Vec<Need> {
    let mut found = Found {
        item,
        needs: Vec::new(),
    };
    match item.role {
        Role::Policy(PolicyKind::ClusterNetworkPolicy) => {
            found.needs.push(Need {
                feature: Feature::ClusterNetworkPolicy,
                object: item.display(),
                at: item.object.kind_at,
            });
        }
        Role::Policy(
            PolicyKind::CiliumNetworkPolicy | PolicyKind::CiliumClusterwideNetworkPolicy,
        ) => {
            for spec in super::cilium::specs(item) {
                found.spec(spec);
            }
        }
        _ => {}
    }
    found.needs
}

struct Found<'i, 'a> {
    item: &'i Item<'a>,
    needs: Vec<Need>,
}

impl Found<'_, '_> {
    fn add(&mut self, feature: Feature, node: NodeRef<'_>) {
        if !self.needs.iter().any(|need| need.feature == feature) {
            self.needs.push(Need {
                feature,
                object: self.item.display(),
                at: self.item.object.locate(node),
            });
        }
    }

    fn spec(&mut self, spec: NodeRef<'_>) {
        if let Some((key, _)) = spec.entry("nodeSelector").filter(|(_, v)| !v.is_null()) {
            self.add(Feature::NodeSubject, key);
        }
        for direction in ["ingress", "egress"] {
            let pointer = format!("/enableDefaultDeny/{direction}");
            let off = spec.pointer(&pointer);
            if let Some(off) = off.filter(|value| value.as_bool() == Some(false)) {
                self.add(Feature::NoDefaultDeny, off);
            }
        }
        for list in ["ingress", "ingressDeny", "egress", "egressDeny"] {
            for rule in spec.get(list).into_iter().flat_map(NodeRef::items) {
                self.rule(rule);
            }
        }
    }

    fn rule(&mut self, rule: NodeRef<'_>) {
        for (name, feature) in [
            ("icmps", Feature::Icmp),
            ("fromNodes", Feature::NodePeers),
            ("toNodes", Feature::NodePeers),
            ("toFQDNs", Feature::Names),
        ] {
            if let Some((key, _)) = rule.entry(name).filter(|(_, list)| !list.is_empty()) {
                self.add(feature, key);
            }
        }
        let mode = rule.pointer("/authentication/mode");
        if let Some(mode) = mode.filter(|mode| mode.as_str() == Some("required")) {
            self.add(Feature::Authentication, mode);
        }
        for ports in rule.get("toPorts").into_iter().flat_map(NodeRef::items) {
            let requests = ports.entry("rules");
            let some = |rules: NodeRef<'_>| rules.entries().any(|(_, list)| !list.is_empty());
            if let Some((key, _)) = requests.filter(|(_, rules)| some(*rules)) {
                self.add(Feature::L7, key);
            }
        }
    }
}
