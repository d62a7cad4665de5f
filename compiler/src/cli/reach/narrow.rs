//! `--focus`, `--group` and `--blast`: from what was written to parties.

use crate::cli::Failure;
use crate::model::Model;
use crate::reach::aggregate::aggregated;
use crate::reach::graph::GroupKind;
use crate::reach::view::View;
use crate::reach::{Directory, Who};
use netpol_policy::{Cluster, Party};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// What `--focus` names.
#[derive(Debug, Clone)]
pub(super) enum Focus {
    /// A namespace.
    Namespace(String),
    /// Anything else.
    Party(Who, String),
}

impl FromStr for Focus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let simple = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if text != "world" && !text.is_empty() && text.chars().all(simple) {
            return Ok(Self::Namespace(text.to_owned()));
        }
        match text.parse() {
            Ok(who) => Ok(Self::Party(who, text.to_owned())),
            Err(_) => Err("use ns/name, a namespace, node/NAME or `world`".to_owned()),
        }
    }
}

impl fmt::Display for Focus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace(name) => f.write_str(name),
            Self::Party(_, text) => f.write_str(text),
        }
    }
}

/// Names of parties, and whether the world is meant.
type Names = (BTreeSet<String>, bool);

impl Focus {
    pub(super) fn names(
        &self,
        cluster: &Cluster,
        directory: &Directory<'_>,
    ) -> Result<Names, Failure> {
        match self {
            Self::Party(who, _) => names(who, directory),
            Self::Namespace(name) => {
                let who: Who = format!("{name}/*").parse().map_err(
                    |e: crate::reach::question::BadQuestion| Failure::new(e.to_string()),
                )?;
                let lived_in = |e: &netpol_policy::Endpoint| e.namespace == *name;
                if cluster.endpoints.iter().any(lived_in) {
                    return names(&who, directory);
                }
                Err(Failure::new(no_namespace(cluster, name)))
            }
        }
    }
}

fn no_namespace(cluster: &Cluster, name: &str) -> String {
    let lived_in: BTreeSet<&str> = (cluster.endpoints.iter())
        .map(|e| e.namespace.as_str())
        .collect();
    let near = lived_in
        .iter()
        .min_by_key(|n| strsim::osa_distance(n, name));
    match near.filter(|near| strsim::osa_distance(near, name) <= 1 + name.len() / 4) {
        Some(near) => {
            format!("there is no pod in a namespace `{name}`; did you mean `{near}`?")
        }
        None => format!("there is no pod in a namespace `{name}`"),
    }
}

/// The parties that are meant, by name.
pub(super) fn names(who: &Who, directory: &Directory<'_>) -> Result<Names, Failure> {
    match who {
        Who::World => return Ok((BTreeSet::new(), true)),
        Who::Block(_) => {
            return Err(Failure::new(
                "blocks of addresses are `netpolc query`'s to answer; use a name, an address of the \
                 cluster or `world` here",
            ));
        }
        _ => {}
    }
    let mut found = BTreeSet::new();
    for target in directory.find(who).map_err(Failure::new)? {
        match target.parties.first() {
            Some((_, party @ (Party::Endpoint(..) | Party::Node(..)))) => {
                found.insert(directory.name(*party));
            }
            _ => {
                return Err(Failure::new(format!(
                    "`{}` is nobody of the cluster; ask `netpolc query` about it, or use `world`",
                    target.name
                )));
            }
        }
    }
    Ok((found, false))
}

/// On which node a party is, by name; a node is on itself.
pub(super) fn homes(cluster: &Cluster, directory: &Directory<'_>) -> BTreeMap<String, String> {
    let mut homes = BTreeMap::new();
    for (target, ..) in directory.everybody() {
        let home = match target.parties.first() {
            Some((_, Party::Endpoint(at, _))) => {
                cluster.endpoints.get(*at).and_then(|e| e.node.clone())
            }
            Some((_, Party::Node(at, _))) => cluster.nodes.get(*at).map(|n| n.name.clone()),
            _ => None,
        };
        if let Some(home) = home {
            homes.insert(target.name, home);
        }
    }
    homes
}

/// What `--group` puts together.
#[derive(Debug, Clone)]
pub(super) enum Grouping {
    Workload,
    Namespace,
    Label(String),
}

impl FromStr for Grouping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("label:")) {
            ("workload", _) => Ok(Self::Workload),
            ("namespace", _) => Ok(Self::Namespace),
            (_, Some(key)) if !key.is_empty() => Ok(Self::Label(key.to_owned())),
            _ => Err("use workload, namespace or label:KEY".to_owned()),
        }
    }
}

impl Grouping {
    pub(super) fn apply<'a>(
        &self,
        view: &View<'_>,
        model: &Model,
        directory: &Directory<'_>,
    ) -> View<'a> {
        let heaps = self.heaps(model, directory);
        aggregated(view, |node, member| {
            let known = heaps.get(&member.name).cloned();
            match (known, node.kind) {
                (Some(name), GroupKind::Hosts) if !name.starts_with("node") => {
                    format!("{name} (host network)")
                }
                (Some(name), _) => name,
                (None, _) => member.name.clone(),
            }
        })
    }

    /// The heap of each party, by its name.
    fn heaps(&self, model: &Model, directory: &Directory<'_>) -> BTreeMap<String, String> {
        let owners = self.owners(model);
        let mut heaps = BTreeMap::new();
        for (target, ..) in directory.everybody() {
            let heap = match target.parties.first() {
                Some((_, Party::Endpoint(at, _))) => {
                    let Some(endpoint) = model.cluster.endpoints.get(*at) else {
                        continue;
                    };
                    match self {
                        Self::Workload => owners.get(at).cloned(),
                        Self::Namespace => Some(endpoint.namespace.clone()),
                        Self::Label(key) => Some(match endpoint.labels.get(key) {
                            Some(value) => format!("{key}={value}"),
                            None => format!("without {key}"),
                        }),
                    }
                }
                Some((_, Party::Node(..))) if !matches!(self, Self::Workload) => {
                    Some("nodes".to_owned())
                }
                _ => None,
            };
            if let Some(heap) = heap {
                heaps.insert(target.name, heap);
            }
        }
        heaps
    }

    /// The topmost workload of each endpoint: the one with the fewest characters in its name, since
    /// controllers lengthen the names of what they make.
    fn owners(&self, model: &Model) -> BTreeMap<usize, String> {
        let mut owners: BTreeMap<usize, String> = BTreeMap::new();
        if !matches!(self, Self::Workload) {
            return owners;
        }
        for (owner, endpoints) in &model.owners {
            let name = format!("{}/{}", owner.namespace, owner.name);
            for at in endpoints {
                match owners.get(at) {
                    Some(before) if before.len() <= name.len() => {}
                    _ => {
                        owners.insert(*at, name.clone());
                    }
                }
            }
        }
        owners
    }
}
