//! Places inside of the parts of a NetworkPolicy, and how each empty part would be written plainly.
//!
//! A part that is written somewhere else (an alias, a merge key) has no place here: an edit there
//! would reach further than the part. It shows by standing outside of what it belongs to.

mod joined;
mod widened;

pub(crate) use joined::join;
pub(crate) use widened::{of_peer, of_rule, of_subject};

use crate::load::Object;
use crate::model::{ConditionParts, PeerParts, PortParts};
use crate::source::Location;
use netpol_yaml::{NodeRef, Style};

/// Does the inner node stand within the outer one?
pub(crate) fn within(outer: NodeRef<'_>, inner: NodeRef<'_>) -> bool {
    let (outer, inner) = (outer.span(), inner.span());
    outer.start <= inner.start && inner.end <= outer.end && outer.start < outer.end
}

/// The place of a scalar that an edit may replace.
fn scalar(object: &Object, outer: NodeRef<'_>, node: NodeRef<'_>) -> Option<Location> {
    let style = node.style();
    let plain = matches!(
        style,
        Style::Plain | Style::SingleQuoted | Style::DoubleQuoted
    );
    (plain && within(outer, node)).then(|| object.locate(node))
}

/// The places of a selector's conditions, in the order in which `selector` reads them.
pub(crate) fn conditions(object: &Object, selector: NodeRef<'_>) -> Vec<ConditionParts> {
    let mut found = Vec::new();
    let labels = selector.get("matchLabels");
    for (key, value) in labels.into_iter().flat_map(NodeRef::entries) {
        let outer = labels.filter(|labels| within(selector, *labels));
        found.push(ConditionParts {
            key: outer.and_then(|outer| scalar(object, outer, key)),
            value: outer.and_then(|outer| scalar(object, outer, value)),
        });
    }
    let expressions = selector.get("matchExpressions").into_iter();
    for expression in expressions.flat_map(NodeRef::items) {
        let outer = Some(expression).filter(|node| within(selector, *node));
        let key = expression.get("key");
        let mut values = expression
            .get("values")
            .into_iter()
            .flat_map(NodeRef::items);
        let only = values.next().filter(|_| values.next().is_none());
        let place = |node: Option<NodeRef<'_>>| scalar(object, outer?, node?);
        found.push(ConditionParts {
            key: place(key),
            value: place(only),
        });
    }
    found
}

/// The places inside of a peer, which is an item of `list`.
pub(crate) fn peer(object: &Object, list: NodeRef<'_>, node: NodeRef<'_>) -> PeerParts {
    let part = |key: &str| {
        let part = node.get(key).filter(|part| within(node, *part));
        part.map_or_else(Vec::new, |selector| conditions(object, selector))
    };
    if !within(list, node) {
        return PeerParts::default();
    }
    PeerParts {
        pods: part("podSelector"),
        namespaces: part("namespaceSelector"),
        join: None,
    }
}

/// The places inside of a port, which is an item of `list`.
pub(crate) fn port(object: &Object, list: NodeRef<'_>, node: NodeRef<'_>) -> PortParts {
    let part = |key: &str| {
        let inside = within(list, node);
        let value = node.get(key).filter(|_| inside)?;
        scalar(object, node, value)
    };
    PortParts {
        port: part("port"),
        protocol: part("protocol"),
    }
}
