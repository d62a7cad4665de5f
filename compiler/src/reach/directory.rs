//! From names and addresses to parties.

use super::addresses::{AddressRange, runs};
use super::graph::GroupKind;
use super::question::{Pattern, Who};
use ipnet::IpNet;
use netpol_policy::cidr::Family;
use netpol_policy::{Cluster, Endpoint, Matrix, Node, Party};
use std::collections::HashMap;
use std::net::IpAddr;

/// One party that a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How answers name it.
    pub name: String,
    /// The party by address family, the primary address first; one entry without family for a
    /// party whose address is not known.
    pub parties: Vec<(Option<Family>, Party)>,
}

impl Target {
    /// Its place among the endpoints, when it is one.
    pub fn endpoint(&self) -> Option<usize> {
        match self.parties.first() {
            Some((_, Party::Endpoint(index, _))) => Some(*index),
            _ => None,
        }
    }
}

/// The parties of a cluster by name and by address.
#[derive(Debug)]
pub struct Directory<'a> {
    cluster: &'a Cluster,
    matrix: &'a Matrix<'a>,
    by_name: HashMap<(&'a str, &'a str), Vec<usize>>,
    by_address: HashMap<IpAddr, Party>,
}

impl<'a> Directory<'a> {
    /// Indexes a normalized cluster and the classes that were made of it.
    pub fn new(cluster: &'a Cluster, matrix: &'a Matrix<'a>) -> Self {
        let mut by_name: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        let mut by_address = HashMap::new();
        for (index, endpoint) in cluster.endpoints.iter().enumerate() {
            let name = (endpoint.namespace.as_str(), endpoint.name.as_str());
            by_name.entry(name).or_default().push(index);
            if !endpoint.host_network {
                for address in &endpoint.addresses {
                    let party = Party::Endpoint(index, Some(*address));
                    by_address.entry(*address).or_insert(party);
                }
            }
        }
        for (index, node) in cluster.nodes.iter().enumerate() {
            for address in &node.addresses {
                let party = Party::Node(index, Some(*address));
                by_address.entry(*address).or_insert(party);
            }
        }
        Self {
            cluster,
            matrix,
            by_name,
            by_address,
        }
    }

    /// Who is meant.
    ///
    /// # Errors
    /// One sentence that says who might have been meant.
    pub fn find(&self, who: &Who) -> Result<Vec<Target>, String> {
        match who {
            Who::World => Ok(self.world()),
            Who::ApiServer => self.api_server(),
            Who::Dns => self.dns(),
            Who::Address(address) => Ok(vec![self.address(*address)]),
            Who::Block(block) => Ok(self.block(block)),
            Who::Node(name) => self.nodes(name),
            Who::Endpoint {
                namespace,
                kind,
                name,
                nth,
            } => {
                let mut found = self.named(namespace, name);
                found.retain(|index| {
                    let endpoint = self.cluster.endpoints.get(*index);
                    endpoint.is_some_and(|e| {
                        kind.as_deref()
                            .is_none_or(|kind| e.kind.eq_ignore_ascii_case(kind))
                            && nth.is_none_or(|nth| self.place_among_alike(*index, e) == nth)
                    })
                });
                if found.is_empty() {
                    return Err(self.unknown_endpoint(namespace.as_str(), name.as_str(), who));
                }
                Ok(self.endpoints(&found))
            }
        }
    }

    /// The endpoints whose names fit, by their places.
    fn named(&self, namespace: &Pattern, name: &Pattern) -> Vec<usize> {
        if namespace.is_exact() && name.is_exact() {
            let key = (namespace.as_str(), name.as_str());
            return self.by_name.get(&key).cloned().unwrap_or_default();
        }
        let fits = |e: &Endpoint| namespace.matches(&e.namespace) && name.matches(&e.name);
        let every = self.cluster.endpoints.iter().enumerate();
        every.filter(|(_, e)| fits(e)).map(|(at, _)| at).collect()
    }

    /// Those that have namespace and name in common with an endpoint, itself included.
    fn namesakes<'s>(&'s self, endpoint: &'s Endpoint) -> &'s [usize] {
        let key = (endpoint.namespace.as_str(), endpoint.name.as_str());
        self.by_name.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The place of an endpoint among those that also have its kind, from 1.
    fn place_among_alike(&self, index: usize, endpoint: &Endpoint) -> usize {
        let before = (self.namesakes(endpoint).iter()).take_while(|other| **other < index);
        let alike = before.filter(|other| self.is_kind(**other, &endpoint.kind));
        alike.count() + 1
    }

    fn is_kind(&self, index: usize, kind: &str) -> bool {
        let endpoint = self.cluster.endpoints.get(index);
        endpoint.is_some_and(|e| e.kind == kind)
    }

    fn endpoints(&self, found: &[usize]) -> Vec<Target> {
        let targets = found.iter().filter_map(|&index| {
            let endpoint = self.cluster.endpoints.get(index)?;
            Some(Target {
                name: self.name_of(index, endpoint),
                parties: by_family(&endpoint.addresses, |a| Party::Endpoint(index, a)),
            })
        });
        targets.collect()
    }

    /// `ns/name`; with the kind when another endpoint has the same name, and with the place among
    /// its namesakes when they are of one kind (pods of one owner with different labels).
    fn name_of(&self, index: usize, endpoint: &Endpoint) -> String {
        let (namespace, kind, name) = (&endpoint.namespace, &endpoint.kind, &endpoint.name);
        let namesakes = self.namesakes(endpoint);
        let alike = namesakes.iter().filter(|other| self.is_kind(**other, kind));
        match (namesakes.len(), alike.count()) {
            (0 | 1, _) => format!("{namespace}/{name}"),
            (_, 0 | 1) => format!("{namespace}/{kind}/{name}"),
            _ => {
                let nth = self.place_among_alike(index, endpoint);
                format!("{namespace}/{kind}/{name}#{nth}")
            }
        }
    }

    /// How answers name a party.
    pub fn name(&self, party: Party) -> String {
        match party {
            Party::Endpoint(index, _) => self
                .cluster
                .endpoints
                .get(index)
                .map_or_else(|| format!("#{index}"), |e| self.name_of(index, e)),
            Party::Node(index, _) => self
                .cluster
                .nodes
                .get(index)
                .map_or_else(|| format!("node #{index}"), |n| format!("node/{}", n.name)),
            Party::UnknownPod(address) | Party::External(address) => address.to_string(),
            Party::Unknown => "unknown".to_owned(),
        }
    }

    /// Every endpoint and node, with whether it may stand for several and what it is.
    pub fn everybody(&self) -> Vec<(Target, bool, GroupKind)> {
        let all: Vec<usize> = (0..self.cluster.endpoints.len()).collect();
        let endpoints = self
            .endpoints(&all)
            .into_iter()
            .zip(&self.cluster.endpoints);
        let endpoints = endpoints.map(|(target, endpoint)| {
            let kind = if endpoint.host_network {
                GroupKind::Hosts
            } else {
                GroupKind::Pods
            };
            (target, endpoint.several, kind)
        });
        let nodes = self.cluster.nodes.iter().enumerate();
        let nodes = nodes.map(|(at, node)| (node_target(at, node), false, GroupKind::Hosts));
        endpoints.chain(nodes).collect()
    }

    /// Who carries an address, as [`Cluster::party_of`] has it.
    pub fn party_of(&self, address: IpAddr) -> Party {
        if let Some(party) = self.by_address.get(&address) {
            return *party;
        }
        if self.cluster.pod_cidrs().any(|cidr| cidr.contains(&address)) {
            return Party::UnknownPod(address);
        }
        Party::External(address)
    }

    fn address(&self, address: IpAddr) -> Target {
        let party = self.party_of(address);
        let name = match party {
            Party::Endpoint(..) | Party::Node(..) => format!("{address} ({})", self.name(party)),
            _ => address.to_string(),
        };
        Target {
            name,
            parties: vec![(Some(Family::of(address)), party)],
        }
    }

    fn nodes(&self, name: &Pattern) -> Result<Vec<Target>, String> {
        let fits = self.cluster.nodes.iter().enumerate();
        let found: Vec<Target> = fits
            .filter(|(_, node)| name.matches(&node.name))
            .map(|(index, node)| node_target(index, node))
            .collect();
        if found.is_empty() {
            let known = self
                .cluster
                .nodes
                .iter()
                .map(|n| format!("node/{}", n.name));
            let asked = format!("node/{}", name.as_str());
            return Err(no_such("node", &asked, known));
        }
        Ok(found)
    }

    fn api_server(&self) -> Result<Vec<Target>, String> {
        let addresses = self.cluster.api_server().ok_or(
            "the input does not tell where the API server is; add the EndpointSlice of Service \
             default/kubernetes, or give --cluster-state",
        )?;
        Ok(addresses.into_iter().map(|a| self.address(a)).collect())
    }

    /// The pods of the cluster's DNS: labelled `k8s-app: kube-dns` in `kube-system`, as every
    /// distribution of `CoreDNS` and kube-dns has them.
    fn dns(&self) -> Result<Vec<Target>, String> {
        let is_dns = |e: &Endpoint| {
            e.namespace == "kube-system" && e.labels.get("k8s-app") == Some("kube-dns")
        };
        let every = self.cluster.endpoints.iter().enumerate();
        let found: Vec<usize> = every.filter(|(_, e)| is_dns(e)).map(|(at, _)| at).collect();
        if found.is_empty() {
            return Err(
                "the input has no pod labelled k8s-app=kube-dns in kube-system; add the \
                        manifest of the cluster's DNS, or give --cluster-state"
                    .to_owned(),
            );
        }
        Ok(self.endpoints(&found))
    }

    /// All addresses outside of the cluster, by class.
    fn world(&self) -> Vec<Target> {
        let families = [Family::V4, Family::V6].into_iter();
        families
            .flat_map(|family| self.pieces(AddressRange::whole(family), false))
            .collect()
    }

    /// All addresses of a block: those of endpoints and nodes each, the others by class.
    fn block(&self, block: &IpNet) -> Vec<Target> {
        let mut inside: Vec<IpAddr> = self.by_address.keys().copied().collect();
        inside.retain(|address| block.contains(address));
        inside.sort_unstable();
        let mut targets: Vec<Target> = inside.into_iter().map(|a| self.address(a)).collect();
        targets.extend(self.pieces(AddressRange::of(block), true));
        targets
    }

    /// A run of addresses cut by class, without endpoints and nodes, and without pod CIDRs unless
    /// `unassigned`. Each piece is asked by its first address that nobody known carries.
    fn pieces(&self, within: AddressRange, unassigned: bool) -> Vec<Target> {
        let runs = runs(self.cluster, self.matrix, within.family).into_iter();
        let pieces = runs
            .filter(|run| unassigned || !run.unassigned)
            .filter_map(|run| {
                let range = run.range.intersection(within)?;
                let address = self.nobody_in(range)?;
                Some(Target {
                    name: range.to_string(),
                    parties: vec![(Some(range.family), self.party_of(address))],
                })
            });
        pieces.collect()
    }

    fn nobody_in(&self, range: AddressRange) -> Option<IpAddr> {
        let mut candidate = range.first;
        // Each step passes one known address, so it ends.
        while self
            .by_address
            .contains_key(&range.family.address(candidate))
        {
            candidate = candidate
                .checked_add(1)
                .filter(|next| *next <= range.last)?;
        }
        Some(range.family.address(candidate))
    }

    fn unknown_endpoint(&self, namespace: &str, name: &str, who: &Who) -> String {
        if matches!(who, Who::Endpoint { kind: None, .. })
            && let Some(service) =
                (self.cluster.services.iter()).find(|s| s.namespace == namespace && s.name == name)
        {
            return format!(
                "`{namespace}/{}` is a Service; policies judge the pods behind it, ask for one of them",
                service.name
            );
        }
        let asked = format!("{namespace}/{name}");
        let mut known: Vec<String> = (self.cluster.endpoints.iter())
            .map(|e| format!("{}/{}", e.namespace, e.name))
            .collect();
        known.dedup();
        no_such("pod or workload", &asked, known)
    }
}

fn node_target(index: usize, node: &Node) -> Target {
    Target {
        name: format!("node/{}", node.name),
        parties: by_family(&node.addresses, |a| Party::Node(index, a)),
    }
}

/// The parties of a name by family: the first address of each, in the order given.
fn by_family(
    addresses: &[IpAddr],
    party: impl Fn(Option<IpAddr>) -> Party,
) -> Vec<(Option<Family>, Party)> {
    let mut parties: Vec<(Option<Family>, Party)> = Vec::new();
    for address in addresses {
        let family = Some(Family::of(*address));
        if parties.iter().all(|(f, _)| *f != family) {
            parties.push((family, party(Some(*address))));
        }
    }
    if parties.is_empty() {
        parties.push((None, party(None)));
    }
    parties
}

/// "no … `x`", with the closest known name or with some that exist.
fn no_such(what: &str, asked: &str, known: impl IntoIterator<Item = String>) -> String {
    let mut known: Vec<String> = known.into_iter().collect();
    if known.is_empty() {
        return format!("there is no {what} `{asked}`: the input has none at all");
    }
    let best = known.iter().min_by_key(|name| unlikeness(name, asked));
    if let Some(best) = best.filter(|name| unlikeness(name, asked) <= asked.len() / 4) {
        return format!("there is no {what} `{asked}`; did you mean `{best}`?");
    }
    let total = known.len();
    known.truncate(5);
    let more = if total > 5 { ", …" } else { "" };
    format!(
        "there is no {what} `{asked}`; there is {}{more}",
        known.join(", ")
    )
}

/// How far a name is from what was asked: typing mistakes, or 1 for the same name elsewhere.
fn unlikeness(name: &str, asked: &str) -> usize {
    let last = |text: &str| text.rsplit('/').next().map(str::to_owned);
    let typed = strsim::osa_distance(name, asked);
    if last(name) == last(asked) {
        typed.min(1)
    } else {
        typed
    }
}
