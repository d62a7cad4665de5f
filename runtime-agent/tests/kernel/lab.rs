//! Where tests work: a node of namespaces, a BPF file system, a state directory.

use netpol_image::Bundle;
use netpol_policy::{
    Action, Cluster, Dialect, Direction, Endpoint, EndpointSelector, NamespaceScope, Operator,
    Peer, Policy, PolicyKey, PolicyKind, PolicySet, PortMatch, Protocol, Requirement, Rule,
    Selector, Subject, Tier,
};
use netpold::kernel::bpffs;
use netpold::netns::{NODE_V4, NODE_V6, Node, Pod};
use netpold::{Agent, Error, Loaded, Options, View};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Says loudly that a test is skipped; in CI that is a failure. `true` when it is to be skipped.
pub fn skip() -> bool {
    let root = rustix::process::geteuid().is_root() && Node::new().is_ok();
    if root {
        return false;
    }
    let ci = std::env::var("CI").is_ok_and(|v| v == "true");
    assert!(!ci, "the kernel tests need root, and CI=true");
    eprintln!("skipping: needs root");
    true
}

/// A directory that goes away with the value, a BPF file system mounted in it.
pub struct Place {
    path: PathBuf,
}

impl Place {
    /// A fresh one.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("netpold-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        bpffs::prepare(Some(&path.join("bpf")), &path).unwrap();
        Self { path }
    }

    /// The folder of the BPF file system.
    pub fn bpffs(&self) -> PathBuf {
        self.path.join("bpf")
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        self.path.join("state")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let flags = rustix::mount::UnmountFlags::DETACH;
        let _ = rustix::mount::unmount(self.bpffs(), flags);
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A node with pods, and the inventory that says so.
pub struct Town {
    /// Where the agent runs.
    pub node: Node,
    /// The pods in the order of the inventory.
    pub pods: Vec<Pod>,
    /// What the agent is told.
    pub cluster: Cluster,
    /// State and pins.
    pub place: Place,
}

impl Town {
    /// One node called `node`, and one pod for each `namespace/name`, which is also its labels
    /// `app: name`; every pod has an IPv4 and an IPv6 address.
    pub fn new(pods: &[&str]) -> Self {
        let node = Node::new().unwrap();
        let mut cluster = Cluster {
            nodes: vec![netpol_policy::Node {
                name: "node".to_owned(),
                addresses: vec![NODE_V4.into(), NODE_V6.into()],
                pod_cidrs: vec![
                    "10.244.0.0/24".parse().unwrap(),
                    "fd00:244::/64".parse().unwrap(),
                ],
                ..netpol_policy::Node::default()
            }],
            ..Cluster::default()
        };
        for (at, pod) in pods.iter().enumerate() {
            let (namespace, name) = pod.split_once('/').unwrap();
            let number = u8::try_from(at + 10).unwrap();
            let mut labels = netpol_policy::Labels::default();
            labels.insert("app", name.to_owned());
            cluster.endpoints.push(Endpoint {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                labels,
                addresses: vec![
                    Ipv4Addr::new(10, 244, 0, number).into(),
                    format!("fd00:244::{number}").parse().unwrap(),
                ],
                node: Some("node".to_owned()),
                interface: Some(format!("veth{at}")),
                kind: "Pod".to_owned(),
                ..Endpoint::default()
            });
        }
        cluster.normalize();
        cluster.close();
        let pods = (cluster.endpoints.iter())
            .map(|e| {
                node.add_pod(e.interface.as_deref().unwrap(), &e.addresses)
                    .unwrap()
            })
            .collect();
        Self {
            node,
            pods,
            cluster,
            place: Place::new(),
        }
    }

    /// The options of this town's agent.
    pub fn options(&self) -> Options {
        Options {
            bpffs: Some(self.place.bpffs().join("netpold")),
            ..Options::new(self.place.state())
        }
    }

    /// Does something with an agent, inside of the node.
    pub fn agent<R: Send>(&self, work: impl FnOnce(&mut Agent) -> R + Send) -> R {
        self.agent_with(self.options(), work)
    }

    /// The same with other options.
    pub fn agent_with<R: Send>(
        &self,
        options: Options,
        work: impl FnOnce(&mut Agent) -> R + Send,
    ) -> R {
        let run = || work(&mut Agent::open(options).unwrap());
        self.node.namespace.run(run).unwrap()
    }

    /// Looks at what is in force, inside of the node.
    pub fn view<R: Send>(&self, work: impl FnOnce(&View) -> R + Send) -> R {
        let options = self.options();
        let run = || work(&View::open(&options).unwrap());
        self.node.namespace.run(run).unwrap()
    }

    /// Puts policies in force.
    pub fn load(&self, policies: &PolicySet) -> Loaded {
        let loaded = self.try_load(policies).unwrap();
        assert!(loaded.faults.is_empty(), "{:?}", loaded.faults);
        loaded
    }

    /// Tries to.
    pub fn try_load(&self, policies: &PolicySet) -> Result<Loaded, Error> {
        let bytes = bundle(policies);
        self.agent(|agent| agent.load(bytes, None, &self.cluster))
    }

    /// The place of a pod.
    pub fn at(&self, name: &str) -> usize {
        let found = |e: &Endpoint| format!("{}/{}", e.namespace, e.name) == name;
        self.cluster.endpoints.iter().position(found).unwrap()
    }

    /// A pod's address of a family.
    pub fn address(&self, name: &str, v6: bool) -> IpAddr {
        let endpoint = &self.cluster.endpoints[self.at(name)];
        *(endpoint.addresses.iter().find(|a| a.is_ipv6() == v6)).unwrap()
    }

    /// A pod.
    pub fn pod(&self, name: &str) -> &Pod {
        &self.pods[self.at(name)]
    }

    /// A TCP server in a pod, for as long as the listener lives.
    pub fn listen(&self, name: &str, port: u16) -> TcpListener {
        let run = || TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).unwrap();
        self.pod(name).namespace.run(run).unwrap()
    }

    /// Does a TCP connection from one pod to an address come about?
    pub fn connects(&self, from: &str, to: IpAddr, port: u16) -> bool {
        let run = || connects(to, port);
        self.pod(from).namespace.run(run).unwrap()
    }
}

/// Does a TCP connection come about, in the caller's network namespace?
pub fn connects(to: IpAddr, port: u16) -> bool {
    let to = (to, port).into();
    PATIENCE
        .iter()
        .any(|time| TcpStream::connect_timeout(&to, *time).is_ok())
}

/// How long is waited for a packet that may have been dropped: the second time for longer, so that
/// a busy machine is not mistaken for a policy.
const PATIENCE: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(1500)];

/// The bytes of a bundle of these policies.
pub fn bundle(policies: &PolicySet) -> Vec<u8> {
    let bundle = Bundle {
        policies: policies.clone(),
        ..Bundle::default()
    };
    bundle.encode("test").unwrap()
}

/// A policy that isolates the pods `app: name` of a namespace for ingress and lets those of
/// `from` in on a TCP port.
pub fn ingress(namespace: &str, name: &str, from: &[&str], port: u16) -> Policy {
    let rules = from
        .iter()
        .map(|peer| Rule {
            direction: Direction::Ingress,
            action: Action::Allow,
            peers: Some(vec![Peer::Pods(selector(namespace, peer))]),
            ports: Some(vec![PortMatch::Range {
                protocol: Protocol::Tcp,
                first: port,
                last: port,
            }]),
            condition: None,
        })
        .collect();
    Policy {
        tier: Tier::Namespace,
        key: PolicyKey {
            kind: PolicyKind::NetworkPolicy,
            namespace: Some(namespace.to_owned()),
            name: format!("{name}-ingress"),
            part: 0,
        },
        subject: Subject::Endpoints(selector(namespace, name)),
        isolates: [true, false],
        rules,
    }
}

/// A policy that isolates the pods `app: name` for egress and lets nothing out.
pub fn no_egress(namespace: &str, name: &str) -> Policy {
    let mut policy = ingress(namespace, name, &[], 1);
    policy.key.name = format!("{name}-egress");
    policy.isolates = [false, true];
    policy
}

fn selector(namespace: &str, app: &str) -> EndpointSelector {
    EndpointSelector::new(
        NamespaceScope::Named(namespace.to_owned()),
        Selector {
            requirements: vec![Requirement {
                key: "app".to_owned(),
                operator: Operator::In,
                values: vec![app.to_owned()],
            }],
        },
    )
}

/// Policies in the kubernetes dialect.
pub fn set(policies: Vec<Policy>) -> PolicySet {
    PolicySet::new(Dialect::Kubernetes, policies)
}
