//! One rule per file.

pub mod dead_allow;
pub mod dead_direction;
pub mod duplicate_object;
pub mod egress_without_dns;
pub mod enforcement_off;
pub mod mixed_backends;
pub mod one_sided_allow;
pub mod redundant_rule;
pub mod rule_without_effect;
pub mod selector_matches_nothing;
pub mod unaccepted_value;
pub mod unanalysed_policy;
pub mod undecidable_verdict;
pub mod undefined_order;
pub mod unserved_port;
pub mod unused_suppression;
pub mod yaml_surprise;

use netpol_policy::{Action, PolicyKey};

/// `Kind/namespace/name` of a policy.
fn object(key: &PolicyKey) -> String {
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
