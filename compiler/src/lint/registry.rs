//! Every rule, one line each. Codes are never reused.

use super::rules::{
    agent_exits, cut_off_backend, dead_allow, dead_direction, duplicate_object, egress_without_dns,
    empty_means_all, enforcement_off, host_network_subject, idle_baseline, image_too_large,
    lost_value, mixed_backends, no_common_port, odd_block, one_sided_allow, peer_matches_nothing,
    policy_map_overflow, policy_needs_value, reach_differs, redundant_rule, refused_by_chart,
    rule_without_effect, selector_matches_nothing, service_port, split_peer, unaccepted_value,
    unanalysed_policy, undecidable_verdict, undefined_order, unintended_default_deny,
    unisolated_workload, unknown_value, unserved_port, upgrade_changes, world_open, yaml_surprise,
};
use super::{Check, Family, Rule};
use crate::finding::{Code, Severity};

macro_rules! registry {
    ($($code:ident $name:literal $severity:ident $family:ident $check:expr => $summary:literal;)*) => {
        /// All rules in the order of their codes.
        pub const REGISTRY: &[Rule] = &[$(Rule {
            code: Code(stringify!($code)),
            name: $name,
            severity: Severity::$severity,
            family: Family::$family,
            summary: $summary,
            page: include_str!(concat!("../../../docs/lints/", stringify!($code), ".md")),
            check: $check,
        }),*];
    };
}

registry! {
    NP101 "syntax-error" Error Reading Check::Reading => "the text is no YAML, or more than the limits allow";
    NP102 "unknown-field" Error Reading Check::Reading => "a field that its kind does not have";
    NP103 "schema-violation" Error Reading Check::Reading => "a value that the API server refuses";
    NP104 "yaml-surprise" Error Reading Check::Analysis(yaml_surprise::check) => "kubectl reads this as something else than it looks";
    NP105 "unanalysed-policy" Warning Reading Check::Analysis(unanalysed_policy::check) => "a policy of a kind that is not analysed";
    NP106 "duplicate-object" Warning Reading Check::Analysis(duplicate_object::check) => "two objects of one kind, namespace and name";
    NP107 "unrendered-template" Error Reading Check::Reading => "a template that was not rendered";
    NP108 "unused-suppression" Warning Reading Check::Suppression => "a suppression that matches nothing, has ended, or cannot be understood";
    NP201 "unread-value" Warning Charts Check::Reading => "a value that the chart never reads";
    NP202 "values-schema" Error Charts Check::Reading => "a value that the schema of the chart refuses";
    NP203 "chart-refuses" Error Charts Check::Reading => "a chart that Helm does not render with these values";
    NP204 "unresolved-reference" Warning Charts Check::Reading => "a chart or values that are named and not there";
    NP205 "not-reproducible" Note Charts Check::Reading => "a template that renders something else each time";
    NP301 "one-sided-allow" Error Policies Check::Analysis(one_sided_allow::check) => "one side allows a connection that the other side drops";
    NP302 "dead-allow" Error Policies Check::Analysis(dead_allow::check) => "an allow that a deny or a higher tier makes dead";
    NP303 "redundant-rule" Warning Policies Check::Analysis(redundant_rule::check) => "a rule that says nothing that another one does not say";
    NP304 "undefined-order" Error Policies Check::Analysis(undefined_order::check) => "admin policies of one priority that contradict each other";
    NP305 "idle-baseline" Warning Policies Check::Analysis(idle_baseline::check) => "a baseline policy of which no pod is left to ask";
    NP306 "egress-without-dns" Warning Policies Check::Analysis(egress_without_dns::check) => "egress is limited and names cannot be resolved";
    NP307 "rule-without-effect" Warning Policies Check::Analysis(rule_without_effect::check) => "a rule that an earlier or wider one leaves nothing to do";
    NP308 "no-common-port" Error Policies Check::Analysis(no_common_port::check) => "both sides allow a connection, on different ports";
    NP309 "dead-direction" Warning Policies Check::Analysis(dead_direction::check) => "rules in a direction that `policyTypes` leaves out";
    NP310 "unintended-default-deny" Error Policies Check::Analysis(unintended_default_deny::check) => "a policy of Cilium that isolates pods and allows nothing";
    NP311 "reach-differs" Warning Policies Check::Analysis(reach_differs::check) => "text that reaches others under the configured CNI than it reads";
    NP401 "selector-matches-nothing" Warning Workloads Check::Analysis(selector_matches_nothing::check) => "a policy that selects no pod";
    NP402 "peer-matches-nothing" Warning Workloads Check::Analysis(peer_matches_nothing::check) => "a peer that matches no pod";
    NP403 "unserved-port" Error Workloads Check::Analysis(unserved_port::check) => "a rule for a port that none of its pods serves";
    NP404 "service-port" Error Workloads Check::Analysis(service_port::check) => "the port of a Service where policies see the port of the pod";
    NP405 "odd-block" Error Workloads Check::Analysis(odd_block::check) => "an ipBlock that cannot be meant";
    NP406 "unisolated-workload" Warning Workloads Check::OptIn(unisolated_workload::check) => "a workload that no policy isolates; only when its code is selected";
    NP407 "host-network-subject" Warning Workloads Check::Analysis(host_network_subject::check) => "pods on the host's network, to which no policy applies";
    NP408 "empty-means-all" Warning Workloads Check::Analysis(empty_means_all::check) => "an empty part of a policy that means everybody";
    NP409 "split-peer" Error Workloads Check::Analysis(split_peer::check) => "two peers that were meant to be one";
    NP410 "cut-off-backend" Error Workloads Check::Analysis(cut_off_backend::check) => "a backend of an Ingress, Gateway or Service that policies cut off";
    NP411 "world-open" Warning Workloads Check::Analysis(world_open::check) => "pods that a rule opens to the whole world";
    NP501 "policy-map-overflow" Error Lowering Check::Analysis(policy_map_overflow::check) => "more entries than a pod's policy map in Cilium holds";
    NP502 "image-too-large" Error Lowering Check::Analysis(image_too_large::check) => "a compiled image that is larger than a node can load";
    NP503 "undecidable-verdict" Warning Lowering Check::Lowering(undecidable_verdict::check) => "a verdict that the input does not decide, lowered to deny";
    NP504 "mixed-backends" Warning Lowering Check::Lowering(mixed_backends::check) => "a Service whose backends have different verdicts, lowered to deny";
    NP601 "unknown-value" Error Cni Check::Analysis(unknown_value::check) => "a CNI value under a key that the chart does not have";
    NP602 "unaccepted-value" Error Cni Check::Analysis(unaccepted_value::check) => "a CNI value outside of what is accepted";
    NP603 "refused-by-chart" Error Cni Check::Analysis(refused_by_chart::check) => "CNI values with which the chart does not render";
    NP604 "agent-exits" Error Cni Check::Analysis(agent_exits::check) => "CNI values with which the agent ends at its start";
    NP605 "lost-value" Error Cni Check::Analysis(lost_value::check) => "CNI values that do nothing, or something else than they say";
    NP606 "enforcement-off" Error Cni Check::Analysis(enforcement_off::check) => "policies that the CNI values keep from being enforced";
    NP607 "policy-needs-value" Error Cni Check::Analysis(policy_needs_value::check) => "a policy that needs what the CNI values leave off";
    NP608 "upgrade-changes" Error Cni Check::Analysis(upgrade_changes::check) => "what an upgrade of the CNI's chart changes without a word";
}

/// The rule of a code.
pub fn find(code: &str) -> Option<&'static Rule> {
    REGISTRY.iter().find(|rule| rule.code.0 == code)
}
