//! Kubernetes-flavoured YAML: every node with its byte span and its comments, read as kubectl
//! reads it.
//!
//! # The promise
//!
//! * **What kubectl reads, this crate reads, and to the same value.** kubectl and the API server
//!   use `sigs.k8s.io/yaml`, which is go-yaml v2, a YAML 1.1 reader: `yes` is a boolean, `0120`
//!   is 80, `y:` is the key `"true"`, a `<<` that follows a key overrides it, and everything
//!   after `...` is dropped. Documents are split as kubectl splits them, at lines that begin with
//!   `---`, before any YAML is read.
//! * **Every node knows its place.** Spans are byte offsets into the whole file, also in the
//!   fifth document of it; [`LineIndex`] turns them into lines and columns. Comments are kept.
//! * **Two readings.** The strict one refuses duplicate keys, as the API server does under
//!   `fieldValidation: Strict`; the lax one lets the last key win, as kubectl does without a
//!   word. The tree is the lax reading; the [`Diagnostic`]s say where the strict one refuses.
//!   What is read as something else than it looks is listed by [`Document::surprises`].
//! * **null, absent and empty stay distinct**: `podSelector:` is null, a missing one is absent,
//!   and `{}` is empty. The three mean different things in a `NetworkPolicy`.
//! * **One bad document does not lose the others.** It gives a diagnostic, its neighbours a tree.
//! * **Bounded**: [`Limits`] on bytes, depth, nodes, aliases and documents; no input panics, and
//!   none takes more than linear time.
//!
//! # Example
//!
//! ```
//! use netpol_yaml::{Limits, parse};
//!
//! let parsed = parse("kind: NetworkPolicy\nspec:\n  ingress: []\n", &Limits::default());
//! let root = parsed.documents[0].root();
//! assert_eq!(root.get("kind").and_then(|kind| kind.as_str()), Some("NetworkPolicy"));
//!
//! let ingress = root.pointer("/spec/ingress").expect("written above");
//! assert_eq!(ingress.span().range(), 37..39);
//! assert!(root.pointer("/spec/egress").is_none());
//! ```
#![forbid(unsafe_code)]

mod decode;
mod diagnostic;
mod event;
mod limits;
mod line_index;
mod load;
mod number;
mod parse;
mod resolve;
mod span;
mod split;
mod surprise;
mod template;
mod tree;

pub use decode::decode;
pub use diagnostic::{Diagnostic, DiagnosticKind};
pub use limits::Limits;
pub use line_index::LineIndex;
pub use parse::{Parsed, parse, parse_shared};
pub use span::Span;
pub use surprise::{Surprise, SurpriseKind};
pub use tree::comment::Comment;
pub use tree::document::Document;
pub use tree::node_ref::{Entries, Items, Kind, NodeRef, Style};
