//! One rendered document.

use crate::value::Text;

/// A document as `helm template` prints it.
#[derive(Clone, Debug)]
pub struct Document {
    /// What stands in its `# Source:` line: the template's name.
    pub template: String,
    /// Its text, without separators, trimmed; its marks lead to templates and values.
    pub text: Text,
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its `kind`; empty for one that is nothing but comments.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// What Helm runs it for, if it is a hook.
    pub hook: Option<Hook>,
    /// Whether it is a file of `crds/`, which may hold several documents and is no template.
    pub is_crd: bool,
}

/// `helm.sh/hook` and its relatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hook {
    /// The events: `pre-install`, `test`, ….
    pub events: Vec<String>,
    /// `helm.sh/hook-weight`.
    pub weight: i64,
    /// `helm.sh/hook-delete-policy`.
    pub delete_policies: Vec<String>,
}

/// The events that Helm knows.
const EVENTS: [&str; 10] = [
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
    "test-success",
];

/// What the annotations of a document make of it.
pub(super) enum Annotated {
    /// An ordinary document.
    Plain,
    /// A hook.
    Hook(Hook),
    /// A hook for an event that Helm does not know: it is left out.
    Unknown(String),
}

/// Reads the annotations of hooks.
pub(super) fn annotated(get: impl Fn(&str) -> Option<String>) -> Annotated {
    let Some(named) = get("helm.sh/hook") else {
        return Annotated::Plain;
    };
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split(',');
        parts.map(|part| part.trim().to_lowercase()).collect()
    };
    let events = parts(&named);
    if !events.iter().all(|event| EVENTS.contains(&event.as_str())) {
        return Annotated::Unknown(named);
    }
    let weight = get("helm.sh/hook-weight").and_then(|weight| weight.parse().ok());
    let policies = get("helm.sh/hook-delete-policy");
    Annotated::Hook(Hook {
        events,
        weight: weight.unwrap_or(0),
        delete_policies: policies.as_deref().map(parts).unwrap_or_default(),
    })
}
