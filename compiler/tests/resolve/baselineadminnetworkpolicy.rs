//! `policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy`.

use crate::admins::{NAMESPACED, admin, all, ask, object, reason, verdict, world};
use crate::support::inputs;
use netpol_policy::Tier;
use netpol_policy::Verdict::{Allow, Deny};
use netpolc::resolve::read;

const DENY: &str = "ingress: [{action: Deny, from: [{namespaces: {}}]}]";

fn baseline(name: &str, rules: &str) -> String {
    let spec = format!("subject: {{namespaces: {{}}}}\n{rules}");
    object("v1alpha1", "BaselineAdminNetworkPolicy", name, &spec)
}

#[test]
fn asked_last() {
    let analysis = world(&baseline("default", DENY));
    assert_eq!(
        analysis.model.policies.policies()[0].tier,
        Tier::Baseline { priority: 0 }
    );
    let decision = ask(&analysis, "a/web", "b/api", "TCP/80");
    assert_eq!(decision.verdict, Deny);
    assert_eq!(
        reason(&analysis.model.policies, decision.ingress),
        "BaselineAdminNetworkPolicy default ingress[0]"
    );
    // A pass of the admin tier leads here when no NetworkPolicy selects the pod.
    let pass = admin(
        "p",
        1,
        "ingress: [{action: Pass, from: [{namespaces: {}}]}]",
    );
    let analysis = world(&all(&[pass, baseline("default", DENY)]));
    assert_eq!(verdict(&analysis, "TCP/80"), Deny);
}

#[test]
fn not_asked_for_pods_that_a_network_policy_selects() {
    let analysis = world(&all(&[baseline("default", DENY), NAMESPACED.to_owned()]));
    assert_eq!(verdict(&analysis, "TCP/80"), Allow);
    let allow = DENY.replace("Deny", "Allow");
    let analysis = world(&all(&[baseline("default", &allow), NAMESPACED.to_owned()]));
    assert_eq!(verdict(&analysis, "TCP/81"), Deny);
    // In the other direction nothing isolates, so that it is.
    let egress = "egress: [{action: Deny, to: [{namespaces: {}}]}]";
    let analysis = world(&all(&[baseline("default", egress), NAMESPACED.to_owned()]));
    assert_eq!(ask(&analysis, "b/api", "a/web", "TCP/1").verdict, Deny);
}

#[test]
fn one_in_a_cluster_without_pass_and_names() {
    let names = "egress: [{action: Allow, to: [{domainNames: [example.com]}]}]";
    let cases = [
        (
            baseline("other", DENY),
            "`metadata.name`: must be `default`",
        ),
        (
            baseline("default", &DENY.replace("Deny", "Pass")),
            "`spec.ingress[0].action`: must be `Allow` or `Deny`",
        ),
        (
            baseline("default", &format!("priority: 1\n{DENY}")),
            "unknown field `spec.priority`",
        ),
        (
            baseline("default", names),
            "unknown field `spec.egress[0].to[0].domainNames`",
        ),
    ];
    for (text, message) in cases {
        let analysis = read(&inputs(&text));
        let [finding] = analysis.findings.as_slice() else {
            panic!("{text}: {:#?}", analysis.findings);
        };
        assert!(finding.message.contains(message), "{}", finding.message);
        assert!(analysis.model.policies.policies().is_empty());
    }
}
