//! One document of a file.

use std::fmt;
use std::sync::Arc;

use super::node_ref::NodeRef;
use super::{Data, Node, NodeId, Tree, comment::Comment};
use crate::{Span, Surprise, span::offset};

/// One document: a tree in the lax reading, its comments, and what is surprising in it.
///
/// It owns all it needs and shares the file's text; it may outlive the [`Parsed`](crate::Parsed)
/// it came from.
#[derive(Clone)]
pub struct Document {
    pub(crate) source: Arc<str>,
    pub(crate) index: usize,
    pub(crate) span: Span,
    pub(crate) tree: Tree,
    pub(crate) root: NodeId,
    pub(crate) comments: Vec<Span>,
    pub(crate) surprises: Vec<Surprise>,
}

impl Document {
    /// The node at the top. A document without content has a null there.
    pub fn root(&self) -> NodeRef<'_> {
        NodeRef::new(self, self.root)
    }

    /// Whether the document says nothing, so that kubectl passes over it: no content at all,
    /// only comments, or null.
    pub fn is_empty(&self) -> bool {
        self.root().is_null()
    }

    /// The bytes of the file that belong to the document: from its `---` line, if it begins with
    /// one, to the next separator.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The position in the file, counted from 0, unreadable documents included.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The text of the whole file, into which all spans point.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text of the whole file, to be kept beside the document.
    pub fn shared_source(&self) -> Arc<str> {
        Arc::clone(&self.source)
    }

    /// The comments of the document in the order of the text.
    pub fn comments(&self) -> impl Iterator<Item = Comment<'_>> {
        self.comments
            .iter()
            .map(|span| comment(&self.source, *span))
    }

    /// What kubectl reads as something else than it looks, in the order of the text.
    pub fn surprises(&self) -> &[Surprise] {
        &self.surprises
    }

    /// The number of nodes as written.
    pub fn nodes(&self) -> usize {
        self.tree.nodes.len()
    }

    pub(crate) fn null(source: Arc<str>, index: usize, span: Span) -> Self {
        let at = Span::at(span.end);
        let node = Node {
            span: at,
            style: super::Style::Plain,
            data: Data::Null,
        };
        let tree = Tree {
            nodes: vec![node],
            ..Tree::default()
        };
        Self {
            source,
            index,
            span,
            tree,
            root: 0,
            comments: Vec::new(),
            surprises: Vec::new(),
        }
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Document")
            .field("index", &self.index)
            .field("span", &self.span)
            .field("root", &self.root())
            .finish_non_exhaustive()
    }
}

/// A comment from its span, `#` included.
pub(crate) fn comment(source: &str, span: Span) -> Comment<'_> {
    let text = span.slice(source);
    Comment {
        span: Span::new(span.start, span.start + offset(text.len())),
        text: text.strip_prefix('#').unwrap_or(text),
    }
}
