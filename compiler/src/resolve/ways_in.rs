//! Ways into the cluster that lead to services: `networking.k8s.io/v1 Ingress` and the routes of
//! the Gateway API. A route counts whether or not its Gateway is in the input, because Gateways
//! often live in another repository.

use super::collect::Item;
use super::kinds::Role;
use super::services::Port;
use crate::model::WayIn;
use netpol_yaml::NodeRef;
use std::collections::BTreeMap;

/// The group of the Gateway API.
const GATEWAY: &str = "gateway.networking.k8s.io";

/// Its routes that lead to services.
const ROUTES: [&str; 5] = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];

/// All ways in, sorted. Objects without a namespace are in `default`.
pub(super) fn lower(items: &[Item<'_>], default: &str) -> Vec<WayIn> {
    let present: Vec<&Item<'_>> = items.iter().filter(|item| !item.removed).collect();
    let reader = Reader {
        services: services(&present),
        grants: grants(&present, default),
        default,
    };
    let mut found: Vec<WayIn> = present
        .iter()
        .flat_map(|item| match item.object.kind.as_str() {
            "Ingress" if item.object.group() == "networking.k8s.io" => reader.ingress(item),
            kind if item.object.group() == GATEWAY && ROUTES.contains(&kind) => reader.route(item),
            _ => Vec::new(),
        })
        .collect();
    found.sort();
    found.dedup_by(|a, b| a.object == b.object && a.service == b.service && a.port == b.port);
    found
}

/// The names and numbers of the ports of each service.
type Services<'a> = BTreeMap<(&'a str, &'a str), Vec<(&'a str, u16)>>;

fn services<'a>(items: &[&'a Item<'a>]) -> Services<'a> {
    let services = items.iter().filter(|item| item.role == Role::Service);
    let ports = |item: &&&'a Item<'a>| {
        let listed = item.object.get("/spec/ports").into_iter();
        let listed = listed.flat_map(NodeRef::items).filter_map(Port::read);
        listed.map(|port| (port.name, port.number)).collect()
    };
    services
        .map(|item| ((item.namespace(), item.object.name.as_str()), ports(&item)))
        .collect()
}

/// What a `ReferenceGrant` allows: routes of a kind and namespace may name services of its own
/// namespace, all of them or one.
struct Grant<'a> {
    from: (&'a str, &'a str),
    to: (&'a str, Option<&'a str>),
}

fn grants<'a>(items: &[&'a Item<'a>], default: &'a str) -> Vec<Grant<'a>> {
    let mut out = Vec::new();
    for item in items {
        let object = item.object;
        if object.group() != GATEWAY || object.kind != "ReferenceGrant" {
            continue;
        }
        let list = |pointer: &str| object.get(pointer).into_iter().flat_map(NodeRef::items);
        let own = item.namespace.as_deref().unwrap_or(default);
        for from in list("/spec/from").filter(|from| text(*from, "group") == Some(GATEWAY)) {
            let (Some(kind), Some(namespace)) = (text(from, "kind"), text(from, "namespace"))
            else {
                continue;
            };
            for to in list("/spec/to").filter(|to| text(*to, "kind") == Some("Service")) {
                out.push(Grant {
                    from: (kind, namespace),
                    to: (own, text(to, "name")),
                });
            }
        }
    }
    out
}

/// A text that is there and not empty.
fn text<'a>(node: NodeRef<'a>, key: &str) -> Option<&'a str> {
    node.get(key)
        .and_then(NodeRef::as_str)
        .filter(|text| !text.is_empty())
}

struct Reader<'a> {
    services: Services<'a>,
    grants: Vec<Grant<'a>>,
    default: &'a str,
}

impl Reader<'_> {
    /// `spec.defaultBackend`, and the backend of each path.
    fn ingress(&self, item: &Item<'_>) -> Vec<WayIn> {
        let Some(spec) = item.object.get("/spec") else {
            return Vec::new();
        };
        let mut found = Vec::new();
        found.extend(
            spec.get("defaultBackend")
                .and_then(|backend| self.of_ingress(item, backend, None)),
        );
        for rule in spec.get("rules").into_iter().flat_map(NodeRef::items) {
            let host = text(rule, "host");
            let paths = rule.pointer("/http/paths").into_iter();
            let backends = paths
                .flat_map(NodeRef::items)
                .filter_map(|path| path.get("backend"));
            found.extend(backends.filter_map(|backend| self.of_ingress(item, backend, host)));
        }
        found
    }

    fn of_ingress(
        &self,
        item: &Item<'_>,
        backend: NodeRef<'_>,
        host: Option<&str>,
    ) -> Option<WayIn> {
        let service = backend.get("service")?;
        let name = text(service, "name")?;
        let namespace = item.namespace.as_deref().unwrap_or(self.default);
        let port = service.get("port")?;
        let number = match text(port, "name") {
            Some(wanted) => {
                let ports = self.services.get(&(namespace, name))?;
                ports.iter().find(|(name, _)| *name == wanted)?.1
            }
            None => u16::try_from(port.get("number")?.as_i64()?).ok()?,
        };
        let hosts = host.into_iter().map(str::to_owned).collect();
        Some(self.way(item, backend, (namespace, name), number, hosts))
    }

    /// The backends of a route that hangs on a Gateway; on a Service it speaks of traffic inside.
    fn route(&self, item: &Item<'_>) -> Vec<WayIn> {
        let list = |pointer: &str| {
            item.object
                .get(pointer)
                .into_iter()
                .flat_map(NodeRef::items)
        };
        let hangs = list("/spec/parentRefs")
            .any(|parent| text(parent, "kind").is_none_or(|kind| kind == "Gateway"));
        if !hangs {
            return Vec::new();
        }
        let hosts: Vec<String> = list("/spec/hostnames")
            .filter_map(|host| Some(host.as_str()?.to_owned()))
            .collect();
        let rules = list("/spec/rules");
        let backends = rules.flat_map(|rule| {
            let list = rule.get("backendRefs").into_iter();
            list.flat_map(NodeRef::items)
        });
        backends
            .filter_map(|backend| self.of_route(item, backend, hosts.clone()))
            .collect()
    }

    fn of_route(&self, item: &Item<'_>, backend: NodeRef<'_>, hosts: Vec<String>) -> Option<WayIn> {
        let is_service = text(backend, "group").is_none()
            && text(backend, "kind").is_none_or(|kind| kind == "Service");
        let weight = backend.get("weight").and_then(NodeRef::as_i64);
        if !is_service || weight == Some(0) {
            return None;
        }
        let name = text(backend, "name")?;
        let own = item.namespace.as_deref().unwrap_or(self.default);
        let namespace = text(backend, "namespace").unwrap_or(own);
        if namespace != own && !self.granted(item.object.kind.as_str(), own, (namespace, name)) {
            return None;
        }
        let number = u16::try_from(backend.get("port")?.as_i64()?).ok()?;
        Some(self.way(item, backend, (namespace, name), number, hosts))
    }

    fn granted(&self, kind: &str, from: &str, (namespace, name): (&str, &str)) -> bool {
        self.grants.iter().any(|grant| {
            grant.from == (kind, from)
                && grant.to.0 == namespace
                && grant.to.1.is_none_or(|only| only == name)
        })
    }

    fn way(
        &self,
        item: &Item<'_>,
        backend: NodeRef<'_>,
        (namespace, name): (&str, &str),
        port: u16,
        hosts: Vec<String>,
    ) -> WayIn {
        let own = item.namespace.as_deref().unwrap_or(self.default);
        WayIn {
            object: format!("{} {own}/{}", item.object.kind, item.object.name),
            service: (namespace.to_owned(), name.to_owned()),
            port,
            hosts,
            at: item.object.locate(backend),
        }
    }
}
