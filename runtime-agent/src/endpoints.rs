//! From an inventory to the interfaces of this node.

use crate::error::Error;
use crate::kernel::interface::Interface;
use crate::selftest::Subject;
use netpol_image::LocalRow;
use netpol_policy::{Cluster, Party};
use serde::Serialize;
use std::collections::BTreeMap;

/// Reads an inventory (`schemas/inventory.v1.json`) and brings it into canonical form. It is live,
/// so what it does not say is not there.
///
/// # Errors
/// The text is not an inventory; the sentence says where.
pub fn read(text: &[u8]) -> Result<Cluster, Error> {
    let mut cluster: Cluster = serde_json::from_slice(text).map_err(|e| {
        Error::message(format!(
            "the endpoints are not an inventory (schemas/inventory.v1.json): {e}"
        ))
    })?;
    cluster.normalize();
    cluster.close();
    Ok(cluster)
}

/// The node's name: the one given, else the only one there is.
///
/// # Errors
/// There are several nodes, or none.
pub fn node_name(given: Option<&str>, cluster: &Cluster) -> Result<String, Error> {
    match (given, cluster.nodes.as_slice()) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, [only]) => Ok(only.name.clone()),
        (None, nodes) => Err(Error::message(format!(
            "the inventory has {} nodes; say which one this is with --node NAME",
            nodes.len()
        ))),
    }
}

/// A local endpoint at its interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalEndpoint {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub name: String,
    /// The host side of its veth pair.
    pub interface: String,
    /// That interface's index.
    pub ifindex: u32,
    /// The endpoint's row in the image.
    #[serde(skip)]
    pub row: u16,
}

/// The local endpoints, and those that cannot be protected yet with the reason why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Endpoints at living interfaces, by row.
    pub endpoints: Vec<LocalEndpoint>,
    /// What is to be said about the others.
    pub notes: Vec<String>,
}

impl Resolved {
    /// The endpoints as the self-test asks about them.
    pub fn subjects(&self, cluster: &Cluster, rows: &[LocalRow]) -> Vec<Subject> {
        let place = |row: u16| {
            let row = rows.iter().find(|r| r.row == row)?;
            match cluster.party_of(*row.addresses.first()?) {
                Party::Endpoint(place, _) => Some(place),
                _ => None,
            }
        };
        (self.endpoints.iter())
            .filter_map(|local| {
                Some(Subject {
                    endpoint: place(local.row)?,
                    ifindex: local.ifindex,
                })
            })
            .collect()
    }
}

/// Finds the interface of every local endpoint. An interface that is gone is no fault of the
/// others; one of a kind that would skip the programs is refused unless `beside`.
///
/// # Errors
/// An endpoint sits behind a netkit device, or two endpoints claim one interface.
pub fn resolve(
    rows: &[LocalRow],
    interfaces: &BTreeMap<String, Interface>,
    beside: bool,
) -> Result<Resolved, Error> {
    let mut resolved = Resolved::default();
    let mut owners: BTreeMap<u32, String> = BTreeMap::new();
    for row in rows {
        let pod = format!("{}/{}", row.namespace, row.name);
        let Some(name) = &row.interface else {
            let note = format!("{pod} is not protected: the inventory names no interface for it");
            resolved.notes.push(note);
            continue;
        };
        let Some(found) = interfaces.get(name) else {
            let note = format!("{pod} is not protected: there is no interface `{name}` here");
            resolved.notes.push(note);
            continue;
        };
        if found.kind.as_deref() == Some("netkit") && !beside {
            return Err(Error::message(format!(
                "`{name}` of {pod} is a netkit device, whose packets skip TCX programs; use veth pairs, or --beside to load all the same"
            )));
        }
        if let Some(other) = owners.insert(found.index, pod.clone()) {
            return Err(Error::message(format!(
                "{other} and {pod} both claim the interface `{name}`; list every pod once, with its own interface"
            )));
        }
        resolved.endpoints.push(LocalEndpoint {
            namespace: row.namespace.clone(),
            name: row.name.clone(),
            interface: name.clone(),
            ifindex: found.index,
            row: row.row,
        });
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u16, name: &str, interface: Option<&str>) -> LocalRow {
        LocalRow {
            row: number,
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            interface: interface.map(str::to_owned),
            addresses: Vec::new(),
        }
    }

    fn interfaces(kind: &str) -> BTreeMap<String, Interface> {
        let veth = Interface {
            index: 7,
            name: "veth7".to_owned(),
            kind: Some(kind.to_owned()),
        };
        [(veth.name.clone(), veth)].into()
    }

    #[test]
    fn endpoints_without_interface_are_noted_and_the_others_stay() {
        let rows = [
            row(0, "web", Some("veth7")),
            row(1, "gone", Some("veth8")),
            row(2, "unnamed", None),
        ];
        let resolved = resolve(&rows, &interfaces("veth"), false).unwrap();
        assert_eq!(resolved.endpoints.len(), 1);
        assert_eq!(resolved.endpoints[0].ifindex, 7);
        assert_eq!(resolved.notes.len(), 2);
    }

    #[test]
    fn netkit_is_refused_unless_beside() {
        let rows = [row(0, "web", Some("veth7"))];
        let error = resolve(&rows, &interfaces("netkit"), false).unwrap_err();
        assert!(error.to_string().contains("--beside"), "{error}");
        assert!(resolve(&rows, &interfaces("netkit"), true).is_ok());
    }

    #[test]
    fn one_interface_has_one_endpoint() {
        let rows = [row(0, "a", Some("veth7")), row(1, "b", Some("veth7"))];
        assert!(resolve(&rows, &interfaces("veth"), false).is_err());
    }
}
