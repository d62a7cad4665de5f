//! The tree of a document: nodes in one array, children in another, spans on all.

pub(crate) mod comment;
pub(crate) mod document;
mod json;
pub(crate) mod node_ref;

use crate::Span;
use crate::tree::node_ref::Style;

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
    Int(i64),
    /// Above `i64::MAX`.
    Uint(u64),
    Float(f64),
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

    pub(crate) fn children(&self, range: Span) -> &[NodeId] {
        self.children.get(range.range()).unwrap_or_default()
    }
}
