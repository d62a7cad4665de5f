//! Declared namespaces.

use super::collect::Item;
use super::pods::origin;
use super::selector::labels;
use crate::model::Origin;
use netpol_policy::Namespace;

/// A namespace with its labels. The label of its name is added by `Cluster::normalize`, also to
/// namespaces that nobody declares.
pub(crate) fn lower(item: &Item<'_>) -> (String, Namespace, Origin) {
    let node = item.object.get("/metadata/labels");
    let namespace = Namespace {
        labels: labels(node),
        undeclared: false,
    };
    let place = origin(item.object, node, None);
    (item.object.name.clone(), namespace, place)
}
