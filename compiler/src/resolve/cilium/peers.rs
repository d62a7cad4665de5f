//! The other end of a rule: the lists `from…` and `to…`.

use super::Reader;
use super::ports::Purpose;
use super::selector::{self, Term, by_labels, terms};
use crate::model::AbsentPeer;
use crate::schema::cilium::prefix;
use crate::source::Location;
use ipnet::IpNet;
use netpol_policy::{Direction, Entity, IpBlock, Peer, Selector};
use netpol_yaml::NodeRef;

/// Whom a rule is about.
#[derive(Debug)]
pub(super) enum Who {
    /// The rule names nobody: everybody where it names ports, else nobody (S-CILIUM-EMPTY).
    Unnamed,
    /// Everybody, by name (`entities: [all]`).
    Everybody(Vec<Location>),
    /// These, each with its place; nobody when there is none.
    These(Vec<(Peer, Location)>),
}

/// The lists of one direction, by what stands in them.
struct Lists {
    endpoints: &'static str,
    nodes: &'static str,
    entities: &'static str,
    cidrs: &'static str,
    cidr_sets: &'static str,
    groups: &'static str,
}

const FROM: Lists = Lists {
    endpoints: "fromEndpoints",
    nodes: "fromNodes",
    entities: "fromEntities",
    cidrs: "fromCIDR",
    cidr_sets: "fromCIDRSet",
    groups: "fromGroups",
};

const TO: Lists = Lists {
    endpoints: "toEndpoints",
    nodes: "toNodes",
    entities: "toEntities",
    cidrs: "toCIDR",
    cidr_sets: "toCIDRSet",
    groups: "toGroups",
};

/// Reads the peers of a rule. `required` is what `fromRequires` or `toRequires` ask of every
/// endpoint. `None` when a part has no meaning after all (refused before).
pub(super) fn read(
    reader: &mut Reader<'_>,
    (direction, purpose): (Direction, Purpose),
    rule: NodeRef<'_>,
    required: &[Term],
) -> Option<Who> {
    let lists = match direction {
        Direction::Ingress => FROM,
        Direction::Egress => TO,
    };
    let items = |key: &str| -> Vec<NodeRef<'_>> {
        rule.get(key).into_iter().flat_map(NodeRef::items).collect()
    };
    let given = |key: &str| rule.get(key).is_some_and(|node| !node.is_null());
    let mut out = Peers {
        found: Vec::new(),
        everybody: Vec::new(),
    };
    for node in items(lists.endpoints) {
        let mut all = terms(node)?;
        all.extend(required.iter().cloned());
        let selected = selector::peer(&all, reader.scope());
        let pods = selected.pods.into_iter().map(Peer::Pods);
        let entities = selected.entities.into_iter().map(Peer::Entity);
        if selected.imprecise {
            reader.say("a selector asks for the API server and more, which is not told apart");
        }
        out.add(reader, node, pods.chain(entities));
    }
    for node in items(lists.nodes) {
        let selected = selector::nodes(&terms(node)?, reader.scope().cluster);
        out.add(reader, node, selected.map(Peer::Nodes));
    }
    for node in items(lists.entities) {
        out.entity(reader, node)?;
    }
    for node in items(lists.cidrs) {
        let block = IpBlock::new(prefix(node.as_str()?)?, []);
        out.add(reader, node, [Peer::Outside(block)]);
    }
    for node in items(lists.cidr_sets) {
        let blocks = cidr_rule(reader, node)?;
        out.add(reader, node, blocks.into_iter().map(Peer::Outside));
    }
    for node in items(lists.groups) {
        reader.say(&format!(
            "`{}` names groups of a cloud, whose addresses are not known",
            lists.groups
        ));
        // To deny too much is safe, to allow too much is not.
        let world = (purpose == Purpose::Deny).then_some(Peer::Entity(Entity::World));
        out.add(reader, node, world);
    }
    let mut named = !items(lists.groups).is_empty();
    if direction == Direction::Egress {
        named |= out.egress_only(reader, rule);
    }
    // S-CILIUM-EMPTY: a list without items selects nobody; those of the operator and the proxy
    // are as good as absent.
    let by_list = [
        lists.endpoints,
        lists.nodes,
        lists.entities,
        lists.cidrs,
        lists.cidr_sets,
    ];
    if !named && out.found.is_empty() && by_list.iter().all(|key| items(key).is_empty()) {
        let empty = by_list.into_iter().find(|key| given(key));
        if let Some((key, (place, _))) = empty.and_then(|key| Some((key, rule.entry(key)?))) {
            let ports = ["toPorts", "icmps"].iter().any(|key| given(key));
            let at = reader.locate(place);
            reader.miss(direction, at, AbsentPeer::EmptyList { key, ports }, None);
        }
    }
    named |= by_list.iter().any(|key| given(key));
    Some(match (out.everybody.is_empty(), named) {
        (false, _) => Who::Everybody(out.everybody),
        (true, true) => Who::These(out.found),
        (true, false) => Who::Unnamed,
    })
}

struct Peers {
    found: Vec<(Peer, Location)>,
    everybody: Vec<Location>,
}

impl Peers {
    fn add(
        &mut self,
        reader: &Reader<'_>,
        node: NodeRef<'_>,
        peers: impl IntoIterator<Item = Peer>,
    ) {
        let at = reader.locate(node);
        self.found.extend(peers.into_iter().map(|peer| (peer, at)));
    }

    /// S-CILIUM-ENTITY.
    fn entity(&mut self, reader: &Reader<'_>, node: NodeRef<'_>) -> Option<()> {
        let entity = match node.as_str()? {
            "all" => {
                self.everybody.push(reader.locate(node));
                return Some(());
            }
            // Can be selected and never exists.
            "none" => return Some(()),
            // Pods of other clusters have no place in this model.
            "cluster" | "cluster-mesh" => Entity::Cluster,
            "host" => Entity::Host,
            "remote-node" => Entity::RemoteNode,
            "world" => Entity::World,
            "world-ipv4" => Entity::WorldIpv4,
            "world-ipv6" => Entity::WorldIpv6,
            "kube-apiserver" => Entity::KubeApiserver,
            "ingress" => Entity::Ingress,
            "health" => Entity::Health,
            "init" => Entity::Init,
            "unmanaged" => Entity::Unmanaged,
            _ => return None,
        };
        self.add(reader, node, [Peer::Entity(entity)]);
        Some(())
    }

    /// `toServices` and `toFQDNs`; says whether one of them is given.
    fn egress_only(&mut self, reader: &mut Reader<'_>, rule: NodeRef<'_>) -> bool {
        let items = |key: &str| -> Vec<NodeRef<'_>> {
            rule.get(key).into_iter().flat_map(NodeRef::items).collect()
        };
        let (services, names) = (items("toServices"), items("toFQDNs"));
        for node in &services {
            let peers = reader.around.groups.services(*node).unwrap_or_default();
            let nobody = peers.is_empty();
            if let Some((namespace, name)) = reader.around.groups.unknown(*node) {
                let shown = namespace
                    .as_ref()
                    .map_or(name.clone(), |n| format!("{n}/{name}"));
                let why = format!("`toServices` names `{shown}`, which is not in the input");
                let what = AbsentPeer::Service { namespace, name };
                reader.miss(Direction::Egress, reader.locate(*node), what, Some(&why));
            } else if nobody {
                reader
                    .say("`toServices` names a service that is not in the input or leads nowhere");
            }
            self.add(reader, *node, peers);
        }
        let mut fqdns = Vec::new();
        for node in &names {
            let text = |key: &str| node.get(key).and_then(NodeRef::as_str);
            let name = text("matchName").or_else(|| text("matchPattern"));
            fqdns.extend(name.map(str::to_owned));
        }
        if let Some(first) = names.first() {
            if !reader.around.learns_names {
                let why = "`toFQDNs` needs a rule with `rules.dns`, from which the agent learns \
                           addresses, and no policy has one";
                let at = reader.locate(*first);
                reader.miss(Direction::Egress, at, AbsentPeer::Names, Some(why));
            }
            self.add(reader, *first, [Peer::Names(fqdns)]);
        }
        !services.is_empty() || !names.is_empty()
    }
}

/// S-CILIUM-CIDR: `cidr` or the CIDRs of a group, each without `except`.
fn cidr_rule(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Option<Vec<IpBlock>> {
    let text = |key: &str| {
        let text = node.get(key).and_then(NodeRef::as_str);
        text.filter(|text| !text.is_empty())
    };
    let groups = node.get("cidrGroupSelector").filter(|n| !n.is_null());
    let cidrs: Vec<IpNet> = if let Some(selector) = groups {
        let wanted: Selector = by_labels(&terms(selector)?);
        reader.around.groups.by_labels(&wanted)
    } else if let Some(name) = text("cidrGroupRef") {
        let found = reader.around.groups.by_name(name).map(<[IpNet]>::to_vec);
        if found.is_none() {
            reader.say(&format!(
                "`CiliumCIDRGroup {name}` is not in the input and taken to be empty"
            ));
        }
        found.unwrap_or_default()
    } else {
        vec![prefix(text("cidr")?)?]
    };
    let holes = node.get("except").into_iter().flat_map(NodeRef::items);
    let holes: Option<Vec<IpNet>> = holes.map(|hole| prefix(hole.as_str()?)).collect();
    let holes = holes?;
    let block = |cidr| IpBlock::new(cidr, holes.iter().copied());
    Some(cidrs.into_iter().map(block).collect())
}
