//! Draws a cluster: namespaces, workloads, who needs whom; then writes its objects.

use super::{Cluster, Connection, Flavour, Isolation, Namespace, Workload};
use super::{cni, policies, tiers, workloads};
use netpol_testgen::Rng;

const NAMESPACES: [&str; 6] = [
    "shop",
    "billing",
    "search",
    "media",
    "accounts",
    "logistics",
];
const KEYS: [&str; 3] = ["app", "app.kubernetes.io/name", "component"];
const WEB: [&str; 4] = ["web", "storefront", "portal", "dashboard"];
const API: [&str; 5] = ["api", "backend", "checkout", "catalog", "inventory"];
const SECOND: [&str; 4] = ["orders", "payments", "profiles", "recommender"];
const WORKERS: [&str; 3] = ["worker", "mailer", "indexer"];
const DATABASES: [(&str, u16); 3] = [("postgres", 5432), ("mysql", 3306), ("mongodb", 27017)];
const CACHES: [(&str, u16); 2] = [("redis", 6379), ("memcached", 11211)];
const PORTS: [u16; 6] = [8080, 8081, 9090, 3000, 8443, 5000];

pub(super) fn cluster(rng: &mut Rng) -> Cluster {
    let flavour = *rng.pick(&[
        Flavour::Plain,
        Flavour::Plain,
        Flavour::Admin,
        Flavour::Cilium,
    ]);
    let mut cluster = Cluster {
        flavour,
        namespaces: Vec::new(),
        workloads: Vec::new(),
        connections: Vec::new(),
        objects: Vec::new(),
        values: None,
        versions: None,
    };
    infrastructure(&mut cluster);
    let count = 2 + rng.below(2);
    let first = rng.below(NAMESPACES.len());
    let mut entries = Vec::new();
    for at in 0..count {
        let name = NAMESPACES.iter().cycle().nth(first + at).copied();
        entries.push(application(&mut cluster, name.unwrap_or("shop"), rng));
    }
    // Each application uses the next one.
    for pair in entries.windows(2) {
        if let [(_, user), (used, _)] = *pair {
            let to = used;
            cluster.connections.push(Connection { from: user, to });
        }
    }
    workloads::write(&mut cluster);
    policies::write(&mut cluster);
    if flavour == Flavour::Admin {
        tiers::write(&mut cluster, rng);
    }
    if flavour == Flavour::Cilium || (flavour == Flavour::Plain && rng.chance(40)) {
        cluster.values = Some(cni::values(rng));
    }
    cluster
}

/// What every cluster has: DNS, a controller of Ingresses, monitoring, and guests without policies.
fn infrastructure(cluster: &mut Cluster) {
    let parts = [
        (
            "kube-system",
            "k8s-app",
            "kube-dns",
            Some(("dns", 53)),
            Some(53),
        ),
        (
            "ingress-nginx",
            "app.kubernetes.io/name",
            "ingress-nginx",
            Some(("http", 80)),
            None,
        ),
        (
            "monitoring",
            "app.kubernetes.io/name",
            "prometheus",
            Some(("web", 9090)),
            Some(9090),
        ),
        ("guests", "app", "notebook", Some(("http", 8888)), None),
    ];
    for (at, (namespace, key, name, port, service)) in parts.into_iter().enumerate() {
        cluster.namespaces.push(Namespace {
            name: namespace,
            key,
            isolation: Isolation::None,
            default_deny: false,
            by_team: false,
        });
        cluster.workloads.push(Workload {
            namespace: at,
            name,
            kind: "Deployment",
            tier: "platform",
            port,
            service,
            by_name: false,
            outside: false,
        });
    }
}

/// The places of [`infrastructure`] in the list of workloads.
const CONTROLLER: usize = 1;
const PROMETHEUS: usize = 2;

/// One application; gives the workload that others use and the one that uses others.
fn application(cluster: &mut Cluster, name: &'static str, rng: &mut Rng) -> (usize, usize) {
    let isolation = *rng.pick(&[Isolation::Both, Isolation::Both, Isolation::Ingress]);
    cluster.namespaces.push(Namespace {
        name,
        key: rng.pick::<&'static str>(&KEYS),
        isolation,
        default_deny: rng.chance(70),
        by_team: rng.chance(50),
    });
    let mut add = |name, kind, tier, port: Option<(&'static str, u16)>, service| {
        cluster.workloads.push(Workload {
            namespace: cluster.namespaces.len() - 1,
            name,
            kind,
            tier,
            port,
            service,
            by_name: rng.chance(30),
            outside: tier == "backend" && rng.chance(30),
        });
        cluster.workloads.len() - 1
    };
    let (web_port, api_port) = (8080, 8081);
    let web = add(
        "",
        "Deployment",
        "frontend",
        Some(("http", web_port)),
        Some(80),
    );
    let api = add(
        "",
        "Deployment",
        "backend",
        Some(("http", api_port)),
        Some(80),
    );
    let second = add("", "Deployment", "backend", Some(("grpc", 0)), Some(0));
    let database = add("", "StatefulSet", "data", Some(("db", 0)), Some(0));
    let cache = add("", "StatefulSet", "data", Some(("cache", 0)), Some(0));
    let worker = add("", "Deployment", "jobs", None, None);
    name_them(cluster, [web, api, second, database, cache, worker], rng);
    let mut uses = vec![
        (web, api),
        (api, second),
        (api, database),
        (worker, database),
    ];
    if rng.chance(70) {
        uses.push((second, cache));
    }
    uses.push((CONTROLLER, web));
    if rng.chance(60) {
        uses.push((PROMETHEUS, api));
    }
    let uses = uses.into_iter().map(|(from, to)| Connection { from, to });
    cluster.connections.extend(uses);
    (api, second)
}

fn name_them(cluster: &mut Cluster, places: [usize; 6], rng: &mut Rng) {
    let [web, api, second, database, cache, worker] = places;
    let (database_name, database_port) = *rng.pick(&DATABASES);
    let (cache_name, cache_port) = *rng.pick(&CACHES);
    let names = [
        (web, *rng.pick(&WEB), None),
        (api, *rng.pick(&API), Some(*rng.pick(&PORTS))),
        (
            second,
            *rng.pick(&SECOND),
            Some(7000 + u16::from(rng.chance(50))),
        ),
        (database, database_name, Some(database_port)),
        (cache, cache_name, Some(cache_port)),
        (worker, *rng.pick(&WORKERS), None),
    ];
    for (place, name, port) in names {
        let Some(workload) = cluster.workloads.get_mut(place) else {
            continue;
        };
        workload.name = name;
        if let (Some(port), Some((_, number))) = (port, workload.port.as_mut()) {
            *number = port;
            // Services of web servers are asked on 80, the others on their own port or another.
            if workload.service == Some(0) {
                workload.service = Some(port);
                if workload.tier == "backend" && rng.chance(60) {
                    workload.service = Some(50051);
                }
            }
        }
    }
}
