//! The tree of a document: nodes in one array, children in another, spans on all.

pub(crate) mod comment;
pub(crate) mod document;
mod json;
pub(crate) mod node_ref;

use std::borrow::Cow;

use crate::tree::node_ref::Style;
use crate::{Span, number};

/// The index of a node in [`Tree::nodes`].
pub(crate) type NodeId = u32;

/// One document's nodes. Children come before their parents.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// The children of all collections: items of sequences, keys and values in turn of mappings.
    pub(crate) children: Vec<NodeId>,
    /// The texts that do not stand in the source as they are: unescaped, folded, unindented.
    pub(crate) texts: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) style: Style,
    pub(crate) data: Data,
}

/// What a node is. A `Text` is a range of bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Int(Wide),
    /// Above `i64::MAX`.
    Uint(Wide),
    Float(Wide),
    /// A string that stands in the source as it is.
    Source(Span),
    /// A string in [`Tree::texts`].
    Owned(Span),
    /// Items: a range of [`Tree::children`].
    Sequence(Span),
    /// Keys and values in turn: a range of [`Tree::children`].
    Mapping(Span),
    /// Another node of the tree, which was complete before this one.
    Alias(NodeId),
}

/// Eight bytes that need no alignment to eight, so that a node takes 24 bytes and not 32.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wide([u32; 2]);

impl Wide {
    pub(crate) fn from_u64(value: u64) -> Self {
        // Both halves fit by construction, so that the fallback is never taken.
        let half = |half: u64| u32::try_from(half).unwrap_or_default();
        Self([half(value >> 32), half(value & u64::from(u32::MAX))])
    }

    pub(crate) fn u64(self) -> u64 {
        let [high, low] = self.0.map(u64::from);
        high << 32 | low
    }

    pub(crate) fn from_i64(value: i64) -> Self {
        Self::from_u64(value.cast_unsigned())
    }

    pub(crate) fn i64(self) -> i64 {
        self.u64().cast_signed()
    }

    pub(crate) fn from_f64(value: f64) -> Self {
        Self::from_u64(value.to_bits())
    }

    pub(crate) fn f64(self) -> f64 {
        f64::from_bits(self.u64())
    }
}

impl Tree {
    /// A node with aliases followed.
    pub(crate) fn resolved(&self, id: NodeId) -> Option<(&Node, NodeId)> {
        let node = self.nodes.get(id as usize)?;
        match node.data {
            // An alias never leads to an alias: anchors stand on what is written out.
            Data::Alias(target) => Some((self.nodes.get(target as usize)?, target)),
            _ => Some((node, id)),
        }
    }

    /// The text of a string node.
    pub(crate) fn text<'a>(&'a self, source: &'a str, data: Data) -> Option<&'a str> {
        match data {
            Data::Source(span) => source.get(span.range()),
            Data::Owned(span) => self.texts.get(span.range()),
            _ => None,
        }
    }

    /// A scalar as the text that kubectl makes of it when it is a key; none for null and for
    /// collections.
    pub(crate) fn scalar_text<'a>(&'a self, source: &'a str, id: NodeId) -> Option<Cow<'a, str>> {
        match self.resolved(id)?.0.data {
            Data::Bool(true) => Some(Cow::Borrowed("true")),
            Data::Bool(false) => Some(Cow::Borrowed("false")),
            Data::Int(value) => Some(Cow::Owned(value.i64().to_string())),
            Data::Uint(value) => Some(Cow::Owned(value.u64().to_string())),
            Data::Float(value) => Some(Cow::Owned(number::key(value.f64()))),
            data => self.text(source, data).map(Cow::Borrowed),
        }
    }

    pub(crate) fn children(&self, range: Span) -> &[NodeId] {
        self.children.get(range.range()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Wide};

    #[test]
    fn a_node_is_small() {
        assert_eq!(size_of::<Node>(), 24);
    }

    #[test]
    fn eight_bytes_come_back() {
        assert_eq!(Wide::from_i64(i64::MIN).i64(), i64::MIN);
        assert_eq!(Wide::from_u64(u64::MAX - 1).u64(), u64::MAX - 1);
        assert_eq!(Wide::from_f64(-0.1).f64().to_bits(), (-0.1_f64).to_bits());
    }
}
