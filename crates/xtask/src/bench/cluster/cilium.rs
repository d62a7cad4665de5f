//! The same in Cilium's language, with what it alone has: entities, denies, policies of the whole
//! cluster.

use super::{PER_NAMESPACE, Workload, port};
use std::fmt::Write as _;

/// Values of the chart, as a cluster with tunnels has them.
pub(super) const VALUES: &str = "kubeProxyReplacement: true\npolicyEnforcementMode: default\nroutingMode: tunnel\n\
     tunnelProtocol: vxlan\nl7Proxy: true\nipam:\n  mode: cluster-pool\n  operator:\n    clusterPoolIPv4PodCIDRList: [10.128.0.0/9]\n\
     hubble:\n  enabled: true\n  relay:\n    enabled: true\n";

/// What a platform team denies everybody.
pub(super) const CLUSTERWIDE: &str = "---\napiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata:\n  name: guards\n\
     spec:\n  endpointSelector: {}\n  enableDefaultDeny: {ingress: false, egress: false}\n  egressDeny:\n  - toCIDR: [169.254.169.254/32]\n\
     \x20 ingressDeny:\n  - fromEndpoints:\n    - matchLabels: {quarantine: \"true\"}\n\
     ---\napiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata:\n  name: databases\nspec:\n\
     \x20 endpointSelector: {matchLabels: {tier: tier-4}}\n  enableDefaultDeny: {ingress: false, egress: false}\n  ingressDeny:\n\
     \x20 - fromEntities: [world]\n";

pub(super) fn default_deny(text: &mut String, namespace: usize) -> std::fmt::Result {
    write!(
        text,
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: default-deny\n  namespace: ns-{namespace}\nspec:\n\
         \x20 endpointSelector: {{}}\n  ingress: [{{}}]\n  egress:\n  - toEndpoints:\n    - matchLabels:\n\
         \x20       k8s:io.kubernetes.pod.namespace: kube-system\n        k8s-app: kube-dns\n    toPorts:\n    - ports:\n\
         \x20     - {{port: \"53\", protocol: UDP}}\n      - {{port: \"53\", protocol: TCP}}\n"
    )
}

pub(super) fn service(text: &mut String, of: Workload) -> std::fmt::Result {
    let Workload {
        number, namespace, ..
    } = of;
    write!(
        text,
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: app-{number}\n  namespace: ns-{namespace}\nspec:\n  selector:\n    app: app-{number}\n\
         \x20 ports:\n  - name: web\n    port: 80\n    targetPort: {}\n",
        port(number),
    )
}

/// Seven rules: from a neighbour, from a workload elsewhere, from the node; to a neighbour, to its
/// own block, to the world, to a workload elsewhere.
pub(super) fn policy(text: &mut String, of: Workload) -> std::fmt::Result {
    let Workload {
        number,
        namespace,
        before,
        after,
        afar,
        beyond,
    } = of;
    let (high, low) = of.bytes();
    let ports = |number: usize| {
        format!("    toPorts:\n    - ports:\n      - port: \"{number}\"\n        protocol: TCP\n")
    };
    let home = |number: usize| {
        format!(
            "k8s:io.kubernetes.pod.namespace: ns-{}",
            number / PER_NAMESPACE
        )
    };
    let (own, to_after, to_beyond) = (ports(port(number)), ports(port(after)), ports(port(beyond)));
    write!(
        text,
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: app-{number}\n  namespace: ns-{namespace}\nspec:\n\
         \x20 endpointSelector:\n    matchLabels:\n      app: app-{number}\n  ingress:\n\
         \x20 - fromEndpoints:\n    - matchLabels:\n        app: app-{before}\n{own}\
         \x20 - fromEndpoints:\n    - matchLabels:\n        app: app-{afar}\n        {}\n{own}\
         \x20 - fromEntities: [host]\n{own}\
         \x20 egress:\n  - toEndpoints:\n    - matchLabels:\n        app: app-{after}\n{to_after}\
         \x20 - toCIDRSet:\n    - cidr: 23.{high}.{low}.0/24\n      except:\n      - 23.{high}.{low}.64/26\n{}\
         \x20 - toEntities: [world]\n{}\
         \x20 - toEndpoints:\n    - matchLabels:\n        app: app-{beyond}\n        {}\n{to_beyond}",
        home(afar),
        ports(5432),
        ports(443),
        home(beyond),
    )
}
