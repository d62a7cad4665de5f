//! One Kubernetes object and the places of its parts.

use crate::source::{Location, SourceId, Span};
use netpol_yaml::{Document, Kind, NodeRef};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Where an object comes from; later ones replace earlier ones of the same name without a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// From the dump of a cluster (`--cluster-state`).
    State,
    /// From the paths of the command line.
    #[default]
    Given,
    /// To be judged as if it were there (`--add`).
    Added,
}

/// What Kustomize does with the file that an object stands in, where a tree is read and not built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kustomized {
    /// Nothing: there is no kustomization around it.
    #[default]
    No,
    /// A kustomization takes it up, and may add what it lacks.
    TakenUp,
    /// A kustomization takes it up and patches it: what it says may be changed.
    Patched,
    /// There are kustomizations around it, and none takes it up: a patch that is commented out, or a
    /// manifest that is applied in another way.
    PassedOver,
    /// A kustomization stands beside it and does not take it up, or leaves it out by its annotation
    /// `config.kubernetes.io/local-config`: nothing applies it.
    LeftOut,
}

/// One object: a document, or an item of a list. Cheap to clone; it keeps the document alive.
#[derive(Debug, Clone)]
pub struct Object {
    /// The text that it stands in.
    pub source: SourceId,
    document: Arc<Document>,
    /// The way from the document's root through the `items` of lists.
    items: Vec<usize>,
    /// `apiVersion`, empty when missing or no string.
    pub api_version: String,
    /// `kind`, as written.
    pub kind: String,
    /// `metadata.namespace` as written, if it is a non-empty string.
    pub namespace: Option<String>,
    /// The namespace that it is in when none is written, where that is known: of the release that
    /// rendered it, or of the destination of an Application.
    pub home: Option<Arc<str>>,
    /// `metadata.name`; for objects that have none, `metadata.generateName` with a `*` behind it.
    /// Empty when both are missing.
    pub name: String,
    /// Where it comes from.
    pub layer: Layer,
    /// What Kustomize does with it.
    pub kustomized: Kustomized,
    /// The server refuses it: duplicate keys, or an error of `schema`.
    pub refused: bool,
    /// It is not all there: a variable in it (`${NAME}`) is not filled in, or it is a patch.
    pub unfilled: bool,
    /// The whole object.
    pub at: Location,
    /// The value of `kind`, or the object.
    pub kind_at: Location,
    /// The value of `metadata.name`, or the object.
    pub name_at: Location,
}

impl Object {
    /// Takes the object at the end of `items`; `None` when there is no mapping. `inherited` are
    /// the `apiVersion` and `kind` that the list around it gives to items without them.
    pub(super) fn new(
        source: SourceId,
        document: &Arc<Document>,
        items: Vec<usize>,
        inherited: Option<&(String, String)>,
    ) -> Option<Self> {
        let root = walk(document, &items)?;
        if root.kind() != Kind::Mapping {
            return None;
        }
        let text = |pointer: &str| root.pointer(pointer).and_then(as_written);
        let whole = location(source, root);
        let place = |pointer: &str| root.pointer(pointer).map_or(whole, |n| location(source, n));
        let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let name = match text("/metadata/name").filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => text("/metadata/generateName").map_or_else(String::new, |n| format!("{n}*")),
        };
        let (version, kind) = inherited.map_or(("", ""), |(version, kind)| (version, kind));
        let kind = match text("/kind").filter(|kind| !kind.is_empty()) {
            // `load::lists` lets only NetworkPolicies pass without a kind.
            None if kind.is_empty() => "NetworkPolicy",
            written => written.unwrap_or(kind),
        };
        Some(Self {
            source,
            api_version: own(text("/apiVersion").or(Some(version))),
            kind: kind.to_owned(),
            layer: Layer::default(),
            kustomized: Kustomized::default(),
            home: None,
            refused: false,
            unfilled: false,
            namespace: text("/metadata/namespace")
                .filter(|namespace| !namespace.is_empty())
                .map(str::to_owned),
            name,
            at: whole,
            kind_at: place("/kind"),
            name_at: place("/metadata/name"),
            document: Arc::clone(document),
            items,
        })
    }

    /// Is it a document, rather than an item of a list?
    pub fn is_whole_document(&self) -> bool {
        self.items.is_empty()
    }

    /// The object's mapping.
    pub fn root(&self) -> NodeRef<'_> {
        walk(&self.document, &self.items).unwrap_or_else(|| self.document.root())
    }

    /// The node at a JSON pointer from the object's root.
    pub fn get(&self, pointer: &str) -> Option<NodeRef<'_>> {
        self.root().pointer(pointer)
    }

    /// Where a node of this object stands.
    pub fn locate(&self, node: NodeRef<'_>) -> Location {
        location(self.source, node)
    }

    /// The API group of `apiVersion`, empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// `Kind/namespace/name`, or `Kind/name` when no namespace is written.
    pub fn display_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{}/{namespace}/{}", self.kind, self.name),
            None => format!("{}/{}", self.kind, self.name),
        }
    }
}

fn walk<'a>(document: &'a Document, items: &[usize]) -> Option<NodeRef<'a>> {
    items.iter().try_fold(document.root(), |node, index| {
        node.get("items").and_then(|list| list.item(*index))
    })
}

/// The text of a scalar where a text is wanted. What kubectl reads as a boolean or a number (`y`,
/// `1.10`) is refused by the server, which is reported; answers take it as it is written, because
/// that is what was meant. Null and collections have none.
pub(crate) fn as_written(node: NodeRef<'_>) -> Option<&str> {
    match node.kind() {
        Kind::Bool | Kind::Integer | Kind::Float => Some(node.raw()),
        _ => node.as_str(),
    }
}

/// The place of a node in a source.
pub(crate) fn location(source: SourceId, node: NodeRef<'_>) -> Location {
    place(source, node.span())
}

/// A span of the YAML reader as a place in a source.
pub(crate) fn place(source: SourceId, span: netpol_yaml::Span) -> Location {
    Location {
        source,
        span: Span {
            start: span.start,
            end: span.end,
        },
    }
}

/// What names an object on the command line: `Kind/namespace/name`, or `Kind/name` for kinds
/// without a namespace and objects of the default one. Kinds are compared without case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// `NetworkPolicy`, `Deployment` …
    pub kind: String,
    /// `None` when it is not given.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

/// Text that names no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no object; write KIND/NAMESPACE/NAME or KIND/NAME")]
pub struct NoObjectKey(pub String);

impl FromStr for ObjectKey {
    type Err = NoObjectKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/');
        let key = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(kind), Some(namespace), Some(name), None) => Self {
                kind: kind.to_owned(),
                namespace: Some(namespace.to_owned()),
                name: name.to_owned(),
            },
            (Some(kind), Some(name), None, None) => Self {
                kind: kind.to_owned(),
                namespace: None,
                name: name.to_owned(),
            },
            _ => return Err(NoObjectKey(text.to_owned())),
        };
        let filled =
            !key.kind.is_empty() && !key.name.is_empty() && key.namespace.as_deref() != Some("");
        filled
            .then_some(key)
            .ok_or_else(|| NoObjectKey(text.to_owned()))
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}
