//! Services: their addresses, and what stands behind each port.

use super::collect::Item;
use super::kinds::Role;
use super::selector::labels;
use netpol_policy::{Endpoint, Labels, Protocol, Service, cluster::ServicePort};
use netpol_yaml::NodeRef;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// All services among the items. `endpoints` are the cluster's; pods without an address are no
/// backends.
pub(crate) fn lower(items: &[Item<'_>], endpoints: &[Endpoint]) -> Vec<Service> {
    let index = Index::new(endpoints);
    let slices = slices_by_service(items);
    let present = || items.iter().filter(|item| !item.removed);
    present()
        .filter(|item| item.role == Role::Service)
        .map(|item| {
            let key = (item.namespace().to_owned(), item.object.name.clone());
            let slices = slices.get(&key).map_or(&[][..], Vec::as_slice);
            service(item, &index, slices)
        })
        .collect()
}

/// Each `EndpointSlice` by the service that they name.
fn slices_by_service<'a>(items: &'a [Item<'a>]) -> BTreeMap<(String, String), Vec<&'a Item<'a>>> {
    let mut out: BTreeMap<(String, String), Vec<&Item<'_>>> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.removed) {
        if item.role != Role::EndpointSlice {
            continue;
        }
        let labels = item.object.get("/metadata/labels");
        let service = labels.and_then(|l| l.get("kubernetes.io/service-name"));
        if let Some(name) = service.and_then(NodeRef::as_str) {
            let key = (item.namespace().to_owned(), name.to_owned());
            out.entry(key).or_default().push(item);
        }
    }
    out
}

fn service(item: &Item<'_>, index: &Index<'_>, slices: &[&Item<'_>]) -> Service {
    let spec = item.object.get("/spec");
    let selector = spec.and_then(|spec| spec.get("selector"));
    let wanted = labels(selector);
    let external_name = spec
        .and_then(|spec| spec.get("type"))
        .and_then(NodeRef::as_str)
        == Some("ExternalName");
    let pods = if external_name || wanted.is_empty() {
        Vec::new()
    } else {
        index.matching(item.namespace(), &wanted)
    };
    let listed = spec.and_then(|spec| spec.get("ports")).into_iter();
    let ports = listed.flat_map(NodeRef::items).filter_map(|node| {
        let port = Port::read(node)?;
        let mut backends = if wanted.is_empty() {
            from_slices(&port, slices)
        } else {
            from_pods(&port, &pods)
        };
        backends.sort_unstable();
        backends.dedup();
        Some(ServicePort {
            protocol: port.protocol,
            port: port.number,
            backends,
        })
    });
    Service {
        namespace: item.namespace().to_owned(),
        name: item.object.name.clone(),
        addresses: addresses(item),
        ports: ports.collect(),
    }
}

/// Cluster addresses, external ones and those of the load balancer; none for headless services.
fn addresses(item: &Item<'_>) -> Vec<IpAddr> {
    let object = item.object;
    let list = |pointer: &str| object.get(pointer).into_iter().flat_map(NodeRef::items);
    let balancer = list("/status/loadBalancer/ingress").filter_map(|entry| entry.get("ip"));
    let texts = (object.get("/spec/clusterIP").into_iter())
        .chain(list("/spec/clusterIPs"))
        .chain(list("/spec/externalIPs"))
        .chain(balancer);
    let mut out: Vec<IpAddr> = Vec::new();
    for address in texts.filter_map(|node| node.as_str()?.parse().ok()) {
        if !out.contains(&address) {
            out.push(address);
        }
    }
    out
}

/// One port of a service as written.
pub(super) struct Port<'a> {
    pub(super) name: &'a str,
    pub(super) protocol: Protocol,
    pub(super) number: u16,
    pub(super) target: Target<'a>,
}

/// The port behind a service's port.
pub(super) enum Target<'a> {
    Number(u16),
    Name(&'a str),
}

impl<'a> Port<'a> {
    /// Reads an item of `spec.ports`.
    pub(super) fn read(node: NodeRef<'a>) -> Option<Self> {
        let text = |key: &str| node.get(key).and_then(NodeRef::as_str);
        let protocol = match text("protocol").filter(|name| !name.is_empty()) {
            Some(name) => name.parse().ok()?,
            None => Protocol::Tcp,
        };
        let number = u16::try_from(node.get("port")?.as_i64()?).ok()?;
        let target = match node.get("targetPort").filter(|target| !target.is_null()) {
            None => Target::Number(number),
            Some(target) => match target.as_str() {
                Some(name) => Target::Name(name),
                // 0 means "the same", as an absent one does.
                None => match u16::try_from(target.as_i64()?).ok()? {
                    0 => Target::Number(number),
                    target => Target::Number(target),
                },
            },
        };
        Some(Self {
            name: text("name").unwrap_or_default(),
            protocol,
            number,
            target,
        })
    }
}

fn from_pods(port: &Port<'_>, pods: &[&Endpoint]) -> Vec<(IpAddr, u16)> {
    let mut out = Vec::new();
    for pod in pods {
        let number = match port.target {
            Target::Number(number) => Some(number),
            Target::Name(name) => pod
                .ports
                .iter()
                .find(|p| p.name.as_deref() == Some(name) && p.protocol == port.protocol)
                .map(|p| p.port),
        };
        if let Some(number) = number {
            out.extend(pod.addresses.iter().map(|address| (*address, number)));
        }
    }
    out
}

/// For services without a selector: the ready endpoints that somebody else wrote down.
fn from_slices(port: &Port<'_>, slices: &[&Item<'_>]) -> Vec<(IpAddr, u16)> {
    let mut out = Vec::new();
    for slice in slices {
        let list = |pointer: &str| {
            slice
                .object
                .get(pointer)
                .into_iter()
                .flat_map(NodeRef::items)
        };
        let number = list("/ports").find_map(|node| {
            let name = node
                .get("name")
                .and_then(NodeRef::as_str)
                .unwrap_or_default();
            let number = node.get("port")?.as_i64()?;
            (name == port.name)
                .then(|| u16::try_from(number).ok())
                .flatten()
        });
        let Some(number) = number else { continue };
        for endpoint in list("/endpoints") {
            let ready = endpoint
                .pointer("/conditions/ready")
                .and_then(NodeRef::as_bool);
            if ready == Some(false) {
                continue;
            }
            let addresses = endpoint
                .get("addresses")
                .into_iter()
                .flat_map(NodeRef::items);
            let parsed = addresses.filter_map(|node| node.as_str()?.parse().ok());
            out.extend(parsed.map(|address| (address, number)));
        }
    }
    out
}

/// Endpoints by namespace and label, so that a selector looks at few of them.
struct Index<'a> {
    by_label: HashMap<(&'a str, &'a str, &'a str), Vec<&'a Endpoint>>,
}

impl<'a> Index<'a> {
    fn new(endpoints: &'a [Endpoint]) -> Self {
        let mut by_label: HashMap<_, Vec<&Endpoint>> = HashMap::new();
        for endpoint in endpoints.iter().filter(|e| !e.addresses.is_empty()) {
            for (key, value) in endpoint.labels.iter() {
                let place = (endpoint.namespace.as_str(), key, value);
                by_label.entry(place).or_default().push(endpoint);
            }
        }
        Self { by_label }
    }

    fn matching(&self, namespace: &str, wanted: &Labels) -> Vec<&'a Endpoint> {
        let rarest = wanted
            .iter()
            .map(|(key, value)| self.by_label.get(&(namespace, key, value)))
            .min_by_key(|list| list.map_or(0, Vec::len))
            .flatten();
        let carries = |e: &&&Endpoint| wanted.iter().all(|(k, v)| e.labels.get(k) == Some(v));
        rarest
            .into_iter()
            .flatten()
            .filter(carries)
            .copied()
            .collect()
    }
}
