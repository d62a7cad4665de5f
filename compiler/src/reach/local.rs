//! Who reaches whom where policies tell nodes apart from one another: by being a pod's own node or
//! another one (`host`, `remote-node`), or by standing under policies themselves.
//!
//! Identity classes do not know which node a party is on, so groups are cut by node first, and
//! everything that begins or ends at a node is asked anew.

use super::graph::{Group, GroupKind, Reachability};
use super::judge::ModelJudge;
use super::ports::{self, PortRange};
use super::view::{How, Node, Row, View};
use netpol_policy::cidr::Family;
use netpol_policy::matrix::ClassId;
use netpol_policy::{
    Cluster, Entity, Matrix, Party, Peer, PolicySet, Subject, Tri, Verdict, on_local_node,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Do any policies tell nodes apart?
pub fn tells_nodes_apart(policies: &PolicySet) -> bool {
    let own_node = |peer: &Peer| matches!(peer, Peer::Entity(Entity::Host | Entity::RemoteNode));
    policies.policies().iter().any(|policy| {
        let mut peers = policy
            .rules
            .iter()
            .flat_map(|rule| rule.peers.iter().flatten());
        matches!(policy.subject, Subject::Nodes(_)) || peers.any(own_node)
    })
}

/// The view with everything that begins or ends at a node asked anew, also what nodes send to the
/// pods that run on them, to each other and outside. `parties` are endpoints and nodes by name.
pub fn with_nodes_apart<'a>(
    view: &View<'a>,
    reach: &Reachability,
    parties: &BTreeMap<String, Party>,
    cluster: &Cluster,
    matrix: &Matrix<'_>,
) -> View<'a> {
    let home = |name: &str| match parties.get(name) {
        Some(Party::Node(at, _)) => cluster.nodes.get(*at).map(|node| node.name.as_str()),
        Some(Party::Endpoint(at, _)) => cluster.endpoints.get(*at)?.node.as_deref(),
        _ => None,
    };
    let (mut cut, _) = view.split(|_, member| {
        let home = member.and_then(|member| home(&member.name));
        home.unwrap_or_default().to_owned()
    });
    let is_host = |node: &Node| node.kind == GroupKind::Hosts;
    let hosts: Vec<bool> = cut.nodes.iter().map(is_host).collect();
    let host = |at: usize| hosts.get(at) == Some(&true);
    cut.rows.retain(|row| !host(row.from) && !host(row.to));
    let mut asking = Asking {
        groups: places(reach),
        parties,
        cluster,
        matrix,
        judge: ModelJudge::new(matrix, cluster),
        known: HashMap::new(),
    };
    let mut rows = Vec::new();
    for from in 0..cut.nodes.len() {
        for to in 0..cut.nodes.len() {
            let ends = (cut.nodes.get(from), cut.nodes.get(to));
            let (Some(source), Some(destination)) = ends else {
                continue;
            };
            let alone = from == to && !source.reaches_itself();
            if !alone && (host(from) || host(to)) {
                rows.extend(asking.rows((from, source), (to, destination)));
            }
        }
    }
    cut.rows.extend(rows);
    cut.sort();
    cut
}

/// The groups by the name of each member, or by their first address.
fn places(reach: &Reachability) -> HashMap<String, &Group> {
    let mut places = HashMap::new();
    for (_, group) in reach.groups() {
        for member in &group.members {
            places.insert(member.clone(), group);
        }
        if let Some(first) = group.addresses.first() {
            places.insert(first.to_string(), group);
        }
    }
    places
}

struct Asking<'a> {
    groups: HashMap<String, &'a Group>,
    parties: &'a BTreeMap<String, Party>,
    cluster: &'a Cluster,
    matrix: &'a Matrix<'a>,
    judge: ModelJudge<'a>,
    known: HashMap<(ClassId, ClassId, [Tri; 2]), Passes>,
}

/// Ports that pass and ports that may.
type Passes = (Vec<PortRange>, Vec<PortRange>);

impl Asking<'_> {
    fn rows<'r>(&mut self, from: (usize, &Node), to: (usize, &Node)) -> Vec<Row<'r>> {
        let first = |node: &Node| node.names().first().cloned().unwrap_or_default();
        let (source, destination) = (first(from.1), first(to.1));
        let (Some(a), Some(b)) = (self.groups.get(&source), self.groups.get(&destination)) else {
            return Vec::new();
        };
        let here =
            |subject: &str, peer: &str| match (self.parties.get(subject), self.parties.get(peer)) {
                (Some(subject), Some(peer)) => on_local_node(self.cluster, *subject, *peer),
                _ => Tri::No,
            };
        let here = [here(&destination, &source), here(&source, &destination)];
        let (a, b) = (a.classes.clone(), b.classes.clone());
        let mut by_family: Vec<(Option<Family>, Passes)> = Vec::new();
        for (of_source, one) in &a {
            for (of_destination, other) in &b {
                match (of_source, of_destination) {
                    (Some(x), Some(y)) if x != y => {}
                    (x, y) => by_family.push((x.or(*y), self.passes(*one, *other, here))),
                }
            }
        }
        let alike = |w: &[(Option<Family>, Passes)]| matches!(w, [x, y] if x.1 == y.1);
        if by_family.windows(2).all(alike) {
            by_family.truncate(1);
            for (family, _) in &mut by_family {
                *family = None;
            }
        }
        let mut rows = Vec::new();
        for (family, (allowed, unknown)) in by_family {
            for (how, ports) in [(How::Certain, allowed), (How::Unknown, unknown)] {
                if !ports.is_empty() {
                    rows.push(Row {
                        from: from.0,
                        to: to.0,
                        family,
                        ports: Cow::Owned(ports),
                        how,
                    });
                }
            }
        }
        rows
    }

    fn passes(&mut self, source: ClassId, destination: ClassId, here: [Tri; 2]) -> Passes {
        if let Some(known) = self.known.get(&(source, destination, here)) {
            return known.clone();
        }
        let mut passes = Passes::default();
        for judged in self.judge.between(source, destination, here) {
            let into = match judged.decision.verdict {
                Verdict::Allow => &mut passes.0,
                Verdict::Unknown => &mut passes.1,
                Verdict::Deny => continue,
            };
            let (first, last) = judged.atoms;
            let atoms = self.matrix.atoms().iter();
            for atom in atoms.skip(first).take(last - first + 1) {
                ports::push(into, PortRange::new(atom.protocol, atom.first, atom.last));
            }
        }
        self.known
            .insert((source, destination, here), passes.clone());
        passes
    }
}
