//! Policies of the admin tier, in both of its languages.

use std::fmt::Write as _;

/// One policy of either language: the admin tiers deny a port to some namespaces, let monitoring
/// in, and leave the rest to the namespaces.
pub(super) fn admin(text: &mut String, number: usize) -> std::fmt::Result {
    let rules = format!(
        "  ingress:\n  - name: scrape\n    action: @ALLOW@\n    from:\n    - namespaces: {{matchLabels: {{kubernetes.io/metadata.name: kube-system}}}}\n\
         \x20   @PORT@\n\
         \x20 - name: own\n    action: Pass\n    from:\n    - namespaces: {{matchLabels: {{team: team-{number}}}}}\n\
         \x20 egress:\n  - name: metadata\n    action: Deny\n    to:\n    - networks: [169.254.169.254/32]\n"
    );
    let subject = format!("  subject:\n    namespaces: {{matchLabels: {{team: team-{number}}}}}\n");
    let old = rules.replace("@ALLOW@", "Allow").replace(
        "@PORT@",
        &format!(
            "ports: [{{portNumber: {{protocol: TCP, port: {}}}}}]",
            9100 + number
        ),
    );
    let new = rules.replace("@ALLOW@", "Accept").replace(
        "@PORT@",
        &format!(
            "protocols: [{{tcp: {{destinationPort: {{number: {}}}}}}}]",
            9200 + number
        ),
    );
    write!(
        text,
        "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata:\n  name: old-{number}\nspec:\n\
         \x20 priority: {}\n{subject}{old}\
         ---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata:\n  name: new-{number}\nspec:\n\
         \x20 tier: Admin\n  priority: {}\n{subject}{new}",
        10 + number,
        20 + number
    )
}

/// Two policies for one namespace, as a platform team makes them from a template: monitoring is let
/// in, one neighbouring namespace is kept out, the cloud's metadata is denied; what is the
/// namespace's own is left to it, with an exception for credentials.
pub(super) fn of_namespace(text: &mut String, namespace: usize) -> std::fmt::Result {
    let name = |namespace: usize| {
        format!("{{matchLabels: {{kubernetes.io/metadata.name: ns-{namespace}}}}}")
    };
    let (own, other) = (name(namespace), name(namespace ^ 1));
    write!(
        text,
        "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata:\n  name: old-{namespace}\nspec:\n\
         \x20 priority: {}\n  subject:\n    namespaces: {own}\n  ingress:\n  - name: scrape\n    action: Allow\n    from:\n\
         \x20   - namespaces: {{matchLabels: {{kubernetes.io/metadata.name: kube-system}}}}\n\
         \x20   ports: [{{portNumber: {{protocol: TCP, port: 9090}}}}]\n\
         \x20 - name: neighbour\n    action: Deny\n    from:\n    - namespaces: {other}\n\
         \x20 egress:\n  - name: metadata\n    action: Deny\n    to:\n    - networks: [169.254.169.254/32]\n\
         ---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata:\n  name: new-{namespace}\nspec:\n\
         \x20 tier: Admin\n  priority: {}\n  subject:\n    namespaces: {own}\n  ingress:\n  - name: own\n    action: Pass\n    from:\n\
         \x20   - namespaces: {own}\n  - name: others\n    action: Deny\n    from:\n    - namespaces: {{matchLabels: {{quarantine: \"true\"}}}}\n\
         \x20 egress:\n  - name: credentials\n    action: Deny\n    to:\n    - networks: [169.254.170.2/32]\n",
        namespace % 500,
        500 + namespace % 500,
    )
}
