//! Handles on nodes.

use std::borrow::Cow;
use std::fmt;

use super::{Data, NodeId, document::Document};
use crate::{Span, number};

/// What a node is, as kubectl reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `null`, `~`, or nothing written where a value may stand.
    Null,
    /// A boolean, `yes` and `off` included.
    Bool,
    /// A number without a fraction part, as far as it fits 64 bits.
    Integer,
    /// Any other finite number. Kubernetes still takes `8080.0` where it wants an integer.
    Float,
    /// A string.
    String,
    /// A list.
    Sequence,
    /// An object.
    Mapping,
}

/// How a node was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Nothing was written: the value of `key:`.
    Absent,
    /// A bare scalar.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// A block scalar, `|`.
    Literal,
    /// A block scalar, `>`.
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets or braces.
    Flow,
    /// An alias, `*name`, to a node that was written elsewhere.
    Alias,
}

/// A handle on a node of a document. It is a pair of a reference and a number, and is copied.
///
/// Aliases are followed: all but [`span`](Self::span) and [`style`](Self::style) speak of the
/// node that the alias means.
#[derive(Clone, Copy)]
pub struct NodeRef<'a> {
    document: &'a Document,
    id: NodeId,
}

impl<'a> NodeRef<'a> {
    pub(crate) fn new(document: &'a Document, id: NodeId) -> Self {
        Self { document, id }
    }

    pub(crate) fn data(self) -> Data {
        self.document
            .tree
            .resolved(self.id)
            .map_or(Data::Null, |(node, _)| node.data)
    }

    /// The document of the node.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// Where the node is used, in the whole file. An alias gives the place of the alias; what was
    /// not written, the empty span where it could have been.
    pub fn span(self) -> Span {
        self.document
            .tree
            .nodes
            .get(self.id as usize)
            .map_or(Span::default(), |node| node.span)
    }

    /// Where the node is written out: the same as [`span`](Self::span), but for an alias the
    /// place of what the alias means.
    pub fn definition_span(self) -> Span {
        self.document
            .tree
            .resolved(self.id)
            .map_or(Span::default(), |(node, _)| node.span)
    }

    /// How the node was written.
    pub fn style(self) -> Style {
        self.document
            .tree
            .nodes
            .get(self.id as usize)
            .map_or(Style::Absent, |node| node.style)
    }

    /// The source text under [`span`](Self::span), quotes and escapes as written.
    pub fn raw(self) -> &'a str {
        self.span().slice(&self.document.source)
    }

    /// What the node is.
    pub fn kind(self) -> Kind {
        match self.data() {
            Data::Null | Data::Alias(_) => Kind::Null,
            Data::Bool(_) => Kind::Bool,
            Data::Int(_) | Data::Uint(_) => Kind::Integer,
            Data::Float(_) => Kind::Float,
            Data::Source(_) | Data::Owned(_) => Kind::String,
            Data::Sequence(_) => Kind::Sequence,
            Data::Mapping(_) => Kind::Mapping,
        }
    }

    /// Whether the node is null. An absent key gives no node at all.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The text of a string; other scalars are none.
    pub fn as_str(self) -> Option<&'a str> {
        self.document.tree.text(&self.document.source, self.data())
    }

    /// The value of a boolean.
    pub fn as_bool(self) -> Option<bool> {
        match self.data() {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a number that Kubernetes takes for an integer of 64 bits. `8080.0` is one:
    /// the JSON that kubectl makes of it says `8080`.
    pub fn as_i64(self) -> Option<i64> {
        match self.data() {
            Data::Int(value) => Some(value.i64()),
            Data::Float(value) => number::json(value.f64()).parse().ok(),
            _ => None,
        }
    }

    /// The value of any number, rounded where 64 bits of float do not hold it.
    pub fn as_f64(self) -> Option<f64> {
        match self.data() {
            Data::Int(_) | Data::Uint(_) => self.scalar_text()?.parse().ok(),
            Data::Float(value) => Some(value.f64()),
            _ => None,
        }
    }

    /// A scalar as the text that kubectl makes of it when it is a key: `"true"` for `yes`, `"80"`
    /// for `0120`. Collections and null have none.
    pub fn scalar_text(self) -> Option<Cow<'a, str>> {
        self.document
            .tree
            .scalar_text(&self.document.source, self.id)
    }

    /// The items of a sequence; nothing for other nodes.
    pub fn items(self) -> Items<'a> {
        let ids = match self.data() {
            Data::Sequence(range) => self.document.tree.children(range),
            _ => &[],
        };
        Items {
            document: self.document,
            ids: ids.iter(),
        }
    }

    /// The keys and values of a mapping, merge keys resolved and the last of equal keys only;
    /// nothing for other nodes.
    pub fn entries(self) -> Entries<'a> {
        let ids = match self.data() {
            Data::Mapping(range) => self.document.tree.children(range),
            _ => &[],
        };
        Entries {
            document: self.document,
            ids: ids.iter(),
        }
    }

    /// The number of items or entries; 0 for scalars.
    pub fn len(self) -> usize {
        match self.data() {
            Data::Sequence(range) => range.len(),
            Data::Mapping(range) => range.len() / 2,
            _ => 0,
        }
    }

    /// Whether there are no items or entries; scalars have none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value of a key of a mapping. An absent key is `None`, one that is null is a null node.
    pub fn get(self, key: &str) -> Option<NodeRef<'a>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value of an entry of a mapping. Should two keys give the same text (`1` and
    /// `"1"`), the last one is meant.
    pub fn entry(self, key: &str) -> Option<(NodeRef<'a>, NodeRef<'a>)> {
        self.entries().rev().find(|(name, _)| match name.as_str() {
            Some(text) => text == key,
            None => name.scalar_text().as_deref() == Some(key),
        })
    }

    /// An item of a sequence.
    pub fn item(self, index: usize) -> Option<NodeRef<'a>> {
        self.items().nth(index)
    }

    /// The node at a JSON pointer (RFC 6901) from here, such as `/spec/ingress/0`. The empty
    /// pointer is the node itself.
    pub fn pointer(self, pointer: &str) -> Option<NodeRef<'a>> {
        self.pointer_entry(pointer).map(|(_, value)| value)
    }

    /// As [`pointer`](Self::pointer), with the key under which the last step was found. Items of
    /// sequences and the node itself have none.
    pub fn pointer_entry(self, pointer: &str) -> Option<(Option<NodeRef<'a>>, NodeRef<'a>)> {
        let mut found = (None, self);
        for step in steps(pointer) {
            found = found.1.step(&step)?;
        }
        Some(found)
    }

    /// As [`pointer_entry`](Self::pointer_entry), but goes only as far as the tree does: the
    /// deepest node on the way, for pointing at the place where something is missing.
    pub fn nearest(self, pointer: &str) -> (Option<NodeRef<'a>>, NodeRef<'a>) {
        let mut found = (None, self);
        for step in steps(pointer) {
            match found.1.step(&step) {
                Some(next) => found = next,
                None => break,
            }
        }
        found
    }

    fn step(self, step: &str) -> Option<(Option<NodeRef<'a>>, NodeRef<'a>)> {
        if self.kind() == Kind::Sequence {
            return Some((None, self.item(step.parse().ok()?)?));
        }
        self.entry(step).map(|(key, value)| (Some(key), value))
    }
}

/// The steps of a JSON pointer, `~1` and `~0` resolved.
fn steps(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    pointer.split('/').skip(1).map(|step| {
        if step.contains('~') {
            Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
        } else {
            Cow::Borrowed(step)
        }
    })
}

impl fmt::Debug for NodeRef<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:?} at {:?}: {:?}",
            self.kind(),
            self.span(),
            self.raw()
        )
    }
}

/// The items of a sequence.
#[derive(Clone)]
pub struct Items<'a> {
    document: &'a Document,
    ids: std::slice::Iter<'a, NodeId>,
}

impl<'a> Iterator for Items<'a> {
    type Item = NodeRef<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.ids.next().map(|id| NodeRef::new(self.document, *id))
    }

    /// Items lie in an array, so that the last one is as near as the first.
    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.ids.nth(n).map(|id| NodeRef::new(self.document, *id))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ids.size_hint()
    }
}

impl DoubleEndedIterator for Items<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.ids
            .next_back()
            .map(|id| NodeRef::new(self.document, *id))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The keys and values of a mapping.
#[derive(Clone)]
pub struct Entries<'a> {
    document: &'a Document,
    ids: std::slice::Iter<'a, NodeId>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (NodeRef<'a>, NodeRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = (self.ids.next()?, self.ids.next()?);
        Some((
            NodeRef::new(self.document, *key),
            NodeRef::new(self.document, *value),
        ))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.ids.len() / 2;
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Entries<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let (value, key) = (self.ids.next_back()?, self.ids.next_back()?);
        Some((
            NodeRef::new(self.document, *key),
            NodeRef::new(self.document, *value),
        ))
    }
}

impl ExactSizeIterator for Entries<'_> {}
