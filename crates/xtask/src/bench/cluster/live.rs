//! A cluster as a dump shows it: Pods on nodes with addresses, Services, Ingresses.

use super::{PER_NODE, Workload, port};
use std::fmt::Write as _;

/// A pod with an address of its node's range.
pub(super) fn pod(text: &mut String, of: Workload) -> std::fmt::Result {
    let Workload {
        number, namespace, ..
    } = of;
    let node = number / PER_NODE;
    let (high, low) = (node / 256, node % 256);
    write!(
        text,
        "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: app-{number}\n  namespace: ns-{namespace}\n  labels:\n    app: app-{number}\n\
         \x20   tier: tier-{}\n    version: \"1.{number}\"\nspec:\n  nodeName: node-{node}\n  serviceAccountName: default\n  containers:\n\
         \x20 - name: main\n    image: \"registry.example/app:{number}\"\n    args: [--listen, \":{port}\"]\n    ports:\n    - name: http\n\
         \x20     containerPort: {port}\n    - name: metrics\n      containerPort: 9090\n    resources:\n\
         \x20     limits: {{cpu: 500m, memory: 256Mi}}\n      requests: {{cpu: 100m, memory: 64Mi}}\n\
         status:\n  phase: Running\n  podIP: 10.{}.{low}.{host}\n  podIPs:\n  - ip: 10.{}.{low}.{host}\n",
        number % 5,
        128 + high,
        128 + high,
        port = port(number),
        host = 1 + number % PER_NODE,
    )
}

/// The Service in front of a pod, on another port than the pod's.
pub(super) fn service(text: &mut String, of: Workload) -> std::fmt::Result {
    let Workload {
        number, namespace, ..
    } = of;
    let (high, low) = of.bytes();
    write!(
        text,
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: app-{number}\n  namespace: ns-{namespace}\nspec:\n  clusterIP: 10.96.{high}.{low}\n\
         \x20 selector:\n    app: app-{number}\n  ports:\n  - name: web\n    port: 80\n    targetPort: {}\n",
        port(number),
    )
}

/// The way into a namespace, through a policy for the controller's pods: an Ingress for its first
/// workload.
pub(super) fn ingress(text: &mut String, namespace: usize, first: usize) -> std::fmt::Result {
    write!(
        text,
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: ns-{namespace}\nspec:\n  rules:\n\
         \x20 - host: ns-{namespace}.example\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        backend:\n          service:\n\
         \x20           name: app-{first}\n            port:\n              number: 80\n\
         ---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: web\n  namespace: ns-{namespace}\nspec:\n  podSelector:\n\
         \x20   matchLabels:\n      app: app-{first}\n  policyTypes: [Ingress]\n  ingress:\n  - from:\n    - namespaceSelector:\n        matchLabels:\n\
         \x20         kubernetes.io/metadata.name: ingress-nginx\n    ports:\n    - protocol: TCP\n      port: {}\n",
        port(first),
    )
}
