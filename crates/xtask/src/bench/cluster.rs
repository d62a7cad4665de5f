//! Clusters as YAML, of any size: the same size always gives the same bytes.
//!
//! Every workload has a policy with six rules and blocks of addresses of its own; every namespace
//! denies by default; nodes give the pods' addresses a place.

mod cilium;
mod live;
mod slips;
mod tiers;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What clusters are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clusters {
    /// Deployments, and policies of their namespaces alone.
    Plain,
    /// Ten cluster-wide ones beside them: five of the language of 2023, five of its successor.
    Admin,
    /// Two cluster-wide ones for every namespace: one of each language.
    Tiers,
    /// Policies of Cilium with cluster-wide denies, Services, and values of its chart.
    Cilium,
    /// As a dump shows a cluster: Pods with addresses, Services, Ingresses.
    Live,
    /// As `Live`, and every hundredth policy is wrong in some way.
    Slips,
    /// As `Live`, and every policy is wrong in some way.
    Wrong,
}

impl Clusters {
    /// Those that every verb is measured on.
    pub(super) const ALL: [Self; 2] = [Self::Plain, Self::Admin];
    /// Those that the rules of `check` are measured on.
    pub(super) const LINTED: [Self; 7] = [
        Self::Plain,
        Self::Admin,
        Self::Tiers,
        Self::Cilium,
        Self::Live,
        Self::Slips,
        Self::Wrong,
    ];

    /// What measurements are called by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Admin => "admin",
            Self::Tiers => "tiers",
            Self::Cilium => "cilium",
            Self::Live => "live",
            Self::Slips => "slips",
            Self::Wrong => "wrong",
        }
    }

    /// Of how many policies one is wrong.
    fn wrong(self) -> Option<usize> {
        match self {
            Self::Slips => Some(100),
            Self::Wrong => Some(1),
            _ => None,
        }
    }

    /// Are there Pods with addresses, and Services?
    fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::Slips | Self::Wrong)
    }
}

/// A workload of a cluster and those whom it speaks with.
#[derive(Debug, Clone, Copy)]
struct Workload {
    number: usize,
    namespace: usize,
    /// Whom it lets in and whom it asks, of its namespace.
    before: usize,
    after: usize,
    /// The same elsewhere: what the one allows to be sent the other one takes.
    afar: usize,
    beyond: usize,
}

impl Workload {
    fn of(number: usize, workloads: usize) -> Self {
        let namespace = number / PER_NAMESPACE;
        let first = namespace * PER_NAMESPACE;
        let here = PER_NAMESPACE.min(workloads - first);
        Self {
            number,
            namespace,
            before: first + (number - first + here - 1) % here,
            after: first + (number - first + 1) % here,
            afar: (number + workloads / 2) % workloads,
            beyond: (number + workloads - workloads / 2) % workloads,
        }
    }

    /// The two numbers that its addresses are made of.
    fn bytes(self) -> (usize, usize) {
        (self.number / 256, self.number % 256)
    }
}

/// Workloads of one namespace, and pods of one node.
const PER_NAMESPACE: usize = 20;
const PER_NODE: usize = 100;

/// Writes a cluster into a directory of its own and returns it; values of the CNI's chart stand
/// beside it ([`values`]).
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
    if let Some(path) = values(root, family) {
        std::fs::write(&path, cilium::VALUES).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    for namespace in 0..workloads.div_ceil(PER_NAMESPACE) {
        let text = one_namespace(family, namespace, workloads).unwrap_or_default();
        put(&format!("ns-{namespace:05}.yaml"), &text)?;
    }
    Ok(directory)
}

/// The file with the values of the CNI's chart, where the family has any.
pub(super) fn values(root: &Path, family: Clusters) -> Option<PathBuf> {
    (family == Clusters::Cilium).then(|| root.join("cilium-values.yaml"))
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
         \x20       image: coredns\n        ports:\n        - {name: dns, containerPort: 53, protocol: UDP}\n\
         \x20       - {name: dns-tcp, containerPort: 53}\n",
    );
    match family {
        Clusters::Admin => {
            for number in 0..5 {
                tiers::admin(&mut text, number)?;
            }
        }
        Clusters::Tiers => {
            for namespace in 0..workloads.div_ceil(PER_NAMESPACE) {
                tiers::of_namespace(&mut text, namespace)?;
            }
        }
        Clusters::Cilium => text.push_str(cilium::CLUSTERWIDE),
        Clusters::Plain | Clusters::Live | Clusters::Slips | Clusters::Wrong => {}
    }
    Ok(text)
}

fn one_namespace(
    family: Clusters,
    namespace: usize,
    workloads: usize,
) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns-{namespace}\n  labels:\n    team: team-{}\n",
        namespace % 10
    );
    if family == Clusters::Cilium {
        cilium::default_deny(&mut text, namespace)?;
    } else {
        default_deny(&mut text, namespace)?;
    }
    let first = namespace * PER_NAMESPACE;
    for number in first..(first + PER_NAMESPACE).min(workloads) {
        let workload = Workload::of(number, workloads);
        if family.is_live() {
            live::pod(&mut text, workload)?;
            live::service(&mut text, workload)?;
        } else {
            deployment(&mut text, namespace, number)?;
        }
        let mut own = String::new();
        if family == Clusters::Cilium {
            cilium::service(&mut text, workload)?;
            cilium::policy(&mut own, workload)?;
        } else {
            policy(&mut own, workload)?;
        }
        if let Some(every) = family.wrong()
            && number % every == 0
        {
            own = slips::slip(&own, workload, number / every);
        }
        text.push_str(&own);
    }
    if family.is_live() {
        live::ingress(&mut text, namespace, first)?;
    }
    Ok(text)
}

fn default_deny(text: &mut String, namespace: usize) -> std::fmt::Result {
    write!(
        text,
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: default-deny\n  namespace: ns-{namespace}\n\
         spec:\n  podSelector: {{}}\n  policyTypes: [Ingress, Egress]\n  egress:\n\
         \x20 - to:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: kube-system\n      podSelector:\n\
         \x20       matchLabels:\n          k8s-app: kube-dns\n    ports:\n    - protocol: UDP\n      port: 53\n    - protocol: TCP\n      port: 53\n",
    )
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
fn policy(text: &mut String, of: Workload) -> std::fmt::Result {
    let Workload {
        number: workload,
        namespace,
        before,
        after,
        afar,
        beyond,
    } = of;
    let (high, low) = of.bytes();
    write!(
        text,
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: app-{workload}\n  namespace: ns-{namespace}\nspec:\n\
         \x20 podSelector:\n    matchLabels:\n      app: app-{workload}\n  policyTypes:\n  - Ingress\n  - Egress\n  ingress:\n\
         \x20 - from:\n    - podSelector:\n        matchLabels:\n          app: app-{before}\n    ports:\n    - protocol: TCP\n      port: {port}\n\
         \x20 - from:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: ns-{}\n      podSelector:\n\
         \x20       matchLabels:\n          app: app-{afar}\n    ports:\n    - protocol: TCP\n      port: {port}\n\
         \x20 - from:\n    - ipBlock:\n        cidr: 11.{high}.{low}.0/24\n        except:\n        - 11.{high}.{low}.64/26\n\
         \x20   ports:\n    - protocol: TCP\n      port: {port}\n  egress:\n\
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
