//! Field paths as the API server writes them: `spec.ingress[0].ports[1].port`.

use netpol_yaml::{Kind, NodeRef};
use std::fmt::{self, Write as _};

/// A path that costs nothing until it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// A field of the object itself.
    pub fn root(field: &'a str) -> Self {
        Self {
            parent: None,
            step: Step::Key(field),
        }
    }

    /// A field of this one.
    pub fn key<'b>(&'b self, field: &'b str) -> Path<'b> {
        Path {
            parent: Some(self),
            step: Step::Key(field),
        }
    }

    /// An item of this list.
    pub fn index(&self, index: usize) -> Path<'_> {
        Path {
            parent: Some(self),
            step: Step::Index(index),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Key(key) if self.parent.is_some() => write!(f, ".{key}"),
            Step::Key(key) => f.write_str(key),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// The same spelling for a JSON pointer into a tree.
pub(crate) fn of_pointer(root: NodeRef<'_>, pointer: &str) -> String {
    let mut out = String::new();
    let mut node = Some(root);
    for step in pointer.split('/').skip(1) {
        let is_item = node.is_some_and(|node| node.kind() == Kind::Sequence);
        node = node.and_then(|node| node.pointer(&format!("/{step}")));
        let name = step.replace("~1", "/").replace("~0", "~");
        if is_item {
            let _ = write!(out, "[{name}]");
        } else {
            push_key(&mut out, &name);
        }
    }
    out
}

/// Adds a field; names with dots in them (labels) stand in brackets.
pub(crate) fn push_key(path: &mut String, name: &str) {
    let name = crate::load::quoted(name);
    if name.contains(['.', '/']) {
        let _ = write!(path, "[{name}]");
    } else {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&name);
    }
}
