//! One rule per file.

pub mod agent_exits;
pub mod cut_off_backend;
pub mod dead_allow;
pub mod dead_direction;
pub mod duplicate_object;
pub mod egress_without_dns;
pub mod empty_means_all;
pub mod enforcement_off;
pub mod host_network_subject;
pub mod idle_baseline;
pub mod image_too_large;
pub mod lost_value;
pub mod mixed_backends;
pub mod no_common_port;
pub mod odd_block;
pub mod one_sided_allow;
pub mod peer_matches_nothing;
pub mod policy_map_overflow;
pub mod policy_needs_value;
pub mod reach_differs;
pub mod redundant_rule;
pub mod refused_by_chart;
pub mod rule_without_effect;
pub mod selector_matches_nothing;
pub mod service_port;
pub mod split_peer;
pub mod unaccepted_value;
pub mod unanalysed_policy;
pub mod undecidable_verdict;
pub mod undefined_order;
pub mod unintended_default_deny;
pub mod unisolated_workload;
pub mod unknown_value;
pub mod unserved_port;
pub mod unused_suppression;
pub mod upgrade_changes;
pub mod world_open;
pub mod yaml_surprise;

use netpol_policy::{Action, PolicyKey};

/// `Kind/namespace/name` of a policy.
pub(super) fn object(key: &PolicyKey) -> String {
    let kind = key.kind.name();
    match &key.namespace {
        Some(namespace) => format!("{kind}/{namespace}/{}", key.name),
        None => format!("{kind}/{}", key.name),
    }
}

/// What a rule does with a packet.
fn done(action: Action) -> &'static str {
    match action {
        Action::Allow => "accepts",
        Action::Deny => "denies",
        Action::Pass => "passes on",
    }
}
