//! How findings speak of things.

use super::context::Context;
use super::groups::GroupId;
use netpol_policy::labels::NAMESPACE_NAME;
use netpol_policy::{
    Endpoint, EndpointSelector, NamespaceScope, Operator, PolicyKind, PortMatch, Protocol,
    Requirement, Selector,
};
use std::sync::OnceLock;

/// Pods that are named; of more, how many.
const NAMED: usize = 2;

/// The names of pods in the order of reports, so that the first of many are found without writing
/// all of them out.
#[derive(Debug, Default)]
pub struct Names {
    order: OnceLock<Order>,
}

/// Pods in the order of their names.
#[derive(Debug)]
struct Order {
    /// By pod: the place of its name.
    places: Vec<usize>,
    /// By place: the first pod of that name.
    first: Vec<usize>,
}

impl Order {
    fn new(pods: &[Endpoint]) -> Self {
        let names = pods.iter().map(Endpoint::display_name);
        let mut sorted: Vec<(String, usize)> = names.zip(0..).collect();
        sorted.sort_unstable();
        let (mut places, mut first) = (vec![0; pods.len()], Vec::new());
        let mut before: Option<&str> = None;
        for (name, pod) in &sorted {
            if before != Some(name) {
                first.push(*pod);
                before = Some(name);
            }
            if let Some(place) = places.get_mut(*pod) {
                *place = first.len() - 1;
            }
        }
        Self { places, first }
    }
}

impl Context<'_> {
    fn order(&self) -> &Order {
        let pods = &self.cluster().endpoints;
        self.names.order.get_or_init(|| Order::new(pods))
    }

    /// `` `shop/api`, `shop/web` and 3 more``.
    pub fn names(&self, groups: &[GroupId]) -> String {
        let members = groups.iter().flat_map(|g| self.groups.members(*g));
        let order = self.order();
        let places = members.filter_map(|pod| order.places.get(*pod).copied());
        let mut places: Vec<usize> = places.collect();
        places.sort_unstable();
        places.dedup();
        let first = places.iter().take(NAMED + 1);
        let first = first.filter_map(|place| self.endpoint(*order.first.get(*place)?));
        let first: Vec<String> = first.map(|e| format!("`{}`", e.display_name())).collect();
        first_of(&first, places.len(), NAMED)
    }

    /// `` `api` ``: the only pod of the groups by its short name, else what [`Self::names`] says.
    pub fn short_names(&self, groups: &[GroupId]) -> String {
        if let [group] = groups
            && let [index] = self.groups.members(*group)
            && let Some(endpoint) = self.endpoint(*index)
        {
            return format!("`{}`", endpoint.name);
        }
        self.names(groups)
    }
}

/// The first ones, joined with commas and `and`, and how many more there are.
pub fn some_of(items: &[String], most: usize) -> String {
    first_of(items, items.len(), most)
}

/// The same where only the first ones of `all` are given: one more than are shown at most, at least.
fn first_of(items: &[String], all: usize, most: usize) -> String {
    match items {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        _ if all > most + 1 => {
            let shown = items.iter().take(most).cloned().collect::<Vec<_>>();
            format!("{} and {} more", shown.join(", "), all - most)
        }
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// `1 workload`, `3 workloads`.
pub fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        _ => format!("{n} {what}s"),
    }
}

/// `TCP/8443`, `TCP/8000-8010`, `TCP/http`, `every TCP port`, `every port`.
pub fn port(port: Option<&PortMatch>) -> String {
    match port {
        None => "every port".to_owned(),
        Some(PortMatch::Range {
            protocol,
            first: 0,
            last,
        }) if *last == protocol.last_port() && *protocol != Protocol::Other => {
            format!("every {protocol} port")
        }
        Some(PortMatch::Range {
            protocol,
            first,
            last,
        }) if first == last => format!("{protocol}/{first}"),
        Some(PortMatch::Range {
            protocol,
            first,
            last,
        }) => format!("{protocol}/{first}-{last}"),
        Some(PortMatch::Named {
            protocol: Some(protocol),
            name,
        }) => format!("{protocol}/{name}"),
        Some(PortMatch::Named {
            protocol: None,
            name,
        }) => name.clone(),
    }
}

/// `app: api, tier in (a, b)`, as a manifest would have it.
pub fn selector(selector: &Selector) -> String {
    if selector.is_everything() {
        return "{}".to_owned();
    }
    let one = |r: &Requirement| match (r.operator, r.values.as_slice()) {
        (Operator::In, [value]) => format!("{}: {value}", r.key),
        (Operator::In, values) => format!("{} in ({})", r.key, values.join(", ")),
        (Operator::NotIn, values) => format!("{} not in ({})", r.key, values.join(", ")),
        (Operator::Exists, _) => format!("{} exists", r.key),
        (Operator::DoesNotExist, _) => format!("no {}", r.key),
    };
    let parts: Vec<String> = selector.requirements.iter().map(one).collect();
    parts.join(", ")
}

/// Where a selector looks: `` namespace `shop` ``, `every namespace`, or the labels.
pub fn scope(selector: &EndpointSelector) -> String {
    match &selector.namespaces {
        NamespaceScope::Named(name) => format!("namespace `{name}`"),
        NamespaceScope::Matching(all) if all.is_everything() => "any namespace".to_owned(),
        NamespaceScope::Matching(labels) => {
            format!("namespaces with `{}`", self::selector(labels))
        }
    }
}

/// Is it a policy of Cilium, whose selectors name namespaces by labels of their own?
pub fn speaks_cilium(kind: PolicyKind) -> bool {
    matches!(
        kind,
        PolicyKind::CiliumNetworkPolicy | PolicyKind::CiliumClusterwideNetworkPolicy
    )
}

/// A label of a namespace as a policy asks for it: `kubernetes.io/metadata.name: shop`, in policies
/// of Cilium `k8s:io.kubernetes.pod.namespace: shop` (S-CILIUM-PEER).
pub fn namespace_label(kind: PolicyKind, label: &str) -> String {
    match label.split_once(": ") {
        Some((key, value)) => format!("{}: {value}", namespace_key(kind, key)),
        None => label.to_owned(),
    }
}

/// Its key alone.
pub fn namespace_key(kind: PolicyKind, key: &str) -> String {
    match (speaks_cilium(kind), key) {
        (false, _) => key.to_owned(),
        (true, NAMESPACE_NAME) => "k8s:io.kubernetes.pod.namespace".to_owned(),
        (true, _) => format!("k8s:io.cilium.k8s.namespace.labels.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_stay_short() {
        let items = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        assert_eq!(some_of(&items(1), 2), "0");
        assert_eq!(some_of(&items(2), 2), "0 and 1");
        assert_eq!(some_of(&items(3), 2), "0, 1 and 2");
        assert_eq!(some_of(&items(5), 2), "0, 1 and 3 more");
    }

    #[test]
    fn ports_read_as_on_the_command_line() {
        let range = |first, last| PortMatch::Range {
            protocol: Protocol::Tcp,
            first,
            last,
        };
        assert_eq!(port(Some(&range(80, 80))), "TCP/80");
        assert_eq!(port(Some(&range(80, 90))), "TCP/80-90");
        assert_eq!(port(Some(&range(0, 65535))), "every TCP port");
        assert_eq!(port(None), "every port");
    }
}
