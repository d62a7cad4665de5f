//! Clusters as YAML, of any size: the same size always gives the same bytes.
//!
//! Every workload has a policy with six rules and blocks of addresses of its own; every namespace
//! denies by default; nodes give the pods' addresses a place.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Which policies a cluster has beside those of its workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clusters {
    /// None.
    Plain,
    /// Ten cluster-wide ones: five of the language of 2023, five of its successor.
    Admin,
}

impl Clusters {
    pub(super) const ALL: [Self; 2] = [Self::Plain, Self::Admin];

    /// What measurements are called by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Admin => "admin",
        }
    }
}

/// Workloads of one namespace, and pods of one node.
const PER_NAMESPACE: usize = 20;
const PER_NODE: usize = 100;

/// Writes a cluster into a directory of its own and returns it.
///
/// # Errors
/// The directory or a file cannot be written.
pub(super) fn write(root: &Path, family: Clusters, workloads: usize) -> Result<PathBuf, String> {
    let directory = root.join(format!("{}-{workloads}", family.name()));
    let unwritten = |e: std::io::Error| format!("{}: {e}", directory.display());
    std::fs::create_dir_all(&directory).map_err(unwritten)?;
    let put =
        |name: &str, text: &str| std::fs::write(directory.join(name), text).map_err(unwritten);
    put("cluster.yaml", &base(family, workloads).unwrap_or_default())?;
    for namespace in 0..workloads.div_ceil(PER_NAMESPACE) {
        let text = one_namespace(namespace, workloads).unwrap_or_default();
        put(&format!("ns-{namespace:05}.yaml"), &text)?;
    }
    Ok(directory)
}

/// The name of a workload as questions have it.
pub(super) fn name(workload: usize) -> String {
    format!("ns-{}/app-{workload}", workload / PER_NAMESPACE)
}

/// The port that a workload serves.
pub(super) fn port(workload: usize) -> usize {
    8000 + workload % 100
}

/// Nodes, the name service, and the policies of the whole cluster.
fn base(family: Clusters, workloads: usize) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for node in 0..workloads.div_ceil(PER_NODE) {
        let (high, low) = (node / 256, node % 256);
        write!(
            text,
            "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: node-{node}\nspec:\n  podCIDR: 10.{}.{low}.0/24\n\
             status:\n  addresses:\n  - type: InternalIP\n    address: 192.168.{high}.{low}\n",
            128 + high
        )?;
    }
    text.push_str(
        "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: kube-system\n---\napiVersion: apps/v1\nkind: Deployment\n\
         metadata:\n  name: coredns\n  namespace: kube-system\nspec:\n  selector:\n    matchLabels: {k8s-app: kube-dns}\n\
         \x20 template:\n    metadata:\n      labels: {k8s-app: kube-dns}\n    spec:\n      containers:\n      - name: coredns\n\
         \x20       image: coredns\n        ports:\n        - {name: dns, containerPort: 53, protocol: UDP}\n",
    );
    if family == Clusters::Admin {
        for number in 0..5 {
            admin(&mut text, number)?;
        }
    }
    Ok(text)
}

/// One policy of either language: the admin tiers deny a port to some namespaces, let monitoring
/// in, and leave the rest to the namespaces.
fn admin(text: &mut String, number: usize) -> std::fmt::Result {
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

fn one_namespace(namespace: usize, workloads: usize) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns-{namespace}\n  labels:\n    team: team-{}\n\
         ---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: default-deny\n  namespace: ns-{namespace}\n\
         spec:\n  podSelector: {{}}\n  policyTypes: [Ingress, Egress]\n  egress:\n\
         \x20 - to:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: kube-system\n      podSelector:\n\
         \x20       matchLabels:\n          k8s-app: kube-dns\n    ports:\n    - protocol: UDP\n      port: 53\n    - protocol: TCP\n      port: 53\n",
        namespace % 10
    );
    let first = namespace * PER_NAMESPACE;
    for workload in first..(first + PER_NAMESPACE).min(workloads) {
        deployment(&mut text, namespace, workload)?;
        policy(&mut text, namespace, workload, workloads)?;
    }
    Ok(text)
}

fn deployment(text: &mut String, namespace: usize, workload: usize) -> std::fmt::Result {
    write!(
        text,
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{workload}\n  namespace: ns-{namespace}\n  labels:\n\
         \x20   app.kubernetes.io/name: app-{workload}\nspec:\n  replicas: {}\n  selector:\n    matchLabels:\n      app: app-{workload}\n\
         \x20 template:\n    metadata:\n      labels:\n        app: app-{workload}\n        tier: tier-{}\n        version: \"1.{workload}\"\n\
         \x20   spec:\n      containers:\n      - name: main\n        image: \"registry.example/app:{workload}\"\n\
         \x20       args: [--listen, \":{port}\"]\n        ports:\n        - name: http\n          containerPort: {port}\n\
         \x20       - name: metrics\n          containerPort: 9090\n        env:\n        - name: MODE\n          value: plain\n\
         \x20       resources:\n          limits: {{cpu: 500m, memory: 256Mi}}\n          requests: {{cpu: 100m, memory: 64Mi}}\n",
        1 + workload % 3,
        workload % 5,
        port = port(workload),
    )
}

/// Six rules: from a neighbour, from a workload elsewhere, from its own block; to a neighbour, to
/// its own block, to a workload elsewhere. (The name service is the namespace's to allow.)
fn policy(
    text: &mut String,
    namespace: usize,
    workload: usize,
    workloads: usize,
) -> std::fmt::Result {
    let first = namespace * PER_NAMESPACE;
    let here = PER_NAMESPACE.min(workloads - first);
    let before = first + (workload - first + here - 1) % here;
    let after = first + (workload - first + 1) % here;
    // Who is afar of whom: what the one allows to be sent the other one takes.
    let afar = (workload + workloads / 2) % workloads;
    let beyond = (workload + workloads - workloads / 2) % workloads;
    let (high, low) = (workload / 256, workload % 256);
    write!(
        text,
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: app-{workload}\n  namespace: ns-{namespace}\nspec:\n\
         \x20 podSelector:\n    matchLabels:\n      app: app-{workload}\n  policyTypes:\n  - Ingress\n  - Egress\n  ingress:\n\
         \x20 - from:\n    - podSelector:\n        matchLabels:\n          app: app-{before}\n    ports:\n    - protocol: TCP\n      port: {port}\n\
         \x20 - from:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: ns-{}\n      podSelector:\n\
         \x20       matchLabels:\n          app: app-{afar}\n    ports:\n    - protocol: TCP\n      port: {port}\n\
         \x20 - from:\n    - ipBlock:\n        cidr: 11.{high}.{low}.0/24\n        except:\n        - 11.{high}.{low}.64/26\n\
         \x20   ports:\n    - protocol: TCP\n      port: 443\n  egress:\n\
         \x20 - to:\n    - podSelector:\n        matchLabels:\n          app: app-{after}\n    ports:\n    - protocol: TCP\n      port: {}\n\
         \x20 - to:\n    - ipBlock:\n        cidr: 23.{high}.{low}.0/24\n    ports:\n    - protocol: TCP\n      port: 5432\n\
         \x20     endPort: 5440\n\
         \x20 - to:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: ns-{}\n      podSelector:\n\
         \x20       matchLabels:\n          app: app-{beyond}\n    ports:\n    - protocol: TCP\n      port: {}\n",
        afar / PER_NAMESPACE,
        port(after),
        beyond / PER_NAMESPACE,
        port(beyond),
        port = port(workload),
    )
}
