//! Selectors that match nothing: why, and how that is said.

use super::context::Context;
use super::nearest::{self, Instead};
use super::words;
use netpol_policy::labels::NAMESPACE_NAME;
use netpol_policy::{EndpointSelector, NamespaceScope, PolicyKey};

/// Labels that are named when none is near.
const MOST_VALUES: usize = 5;

/// Said of what may be right all the same.
pub const OPEN_WORLD: &str = "the pods may be outside of the input; --closed-world rules that out";

/// No known namespace is meant.
#[derive(Debug)]
pub struct NoNamespace {
    /// The label that was probably meant.
    pub near: Option<Instead>,
}

/// Is no known namespace meant, and is there something to say about it? In an open world only where
/// the label is surely another one. The policy's own namespace is never the selector's mistake.
pub fn no_namespace(
    context: &Context<'_>,
    policy: &PolicyKey,
    scope: &NamespaceScope,
) -> Option<NoNamespace> {
    let closed = context.model.closed_world;
    if let Some(near) = nearest::by_name(&context.groups, scope) {
        return Some(NoNamespace { near: Some(near) });
    }
    if is_own(policy, scope) || context.groups.knows(scope) {
        return None;
    }
    let near = nearest::namespace(&context.groups, scope);
    let near = near.filter(|near| near.slip || closed);
    (closed || near.is_some()).then_some(NoNamespace { near })
}

/// Is the scope the policy's own namespace, which nobody has written into the selector?
pub fn is_own(policy: &PolicyKey, scope: &NamespaceScope) -> bool {
    match scope {
        NamespaceScope::Named(name) => policy.namespace.as_ref() == Some(name),
        NamespaceScope::Matching(_) => false,
    }
}

/// What is not there.
pub fn label(selector: &EndpointSelector, namespaces: bool) -> String {
    let scope = words::scope(selector);
    match (&selector.namespaces, namespaces) {
        (NamespaceScope::Named(_), true) => format!("there is no {scope}"),
        (NamespaceScope::Matching(_), true) => format!("there are no {scope}"),
        _ if selector.pods.is_everything() => format!("there is no pod in {scope}"),
        _ => {
            let pods = words::selector(&selector.pods);
            format!("no pod in {scope} has `{pods}`")
        }
    }
}

/// Another label of namespaces than the one that was asked for, as the policy would write it.
pub fn namespace_meant(policy: &PolicyKey, near: &Instead) -> String {
    let label = |label: &str| words::namespace_label(policy.kind, label);
    let (there, asked) = (label(&near.there), label(&near.asked));
    format!("there is a namespace with `{there}`; did you mean that instead of `{asked}`?")
}

/// The values that namespaces have for the first key that is asked for, else nothing better than to
/// write another label.
pub fn namespaces_there(
    context: &Context<'_>,
    policy: &PolicyKey,
    scope: &NamespaceScope,
) -> String {
    let pairs = context.groups.labels_of_namespaces();
    let key = match scope {
        NamespaceScope::Matching(labels) => labels.requirements.first().map(|r| r.key.as_str()),
        NamespaceScope::Named(_) => Some(NAMESPACE_NAME),
    };
    let values = pairs.iter().filter(|(k, _)| Some(*k) == key);
    let values: Vec<String> = values.map(|(_, v)| format!("`{v}`")).collect();
    match key.filter(|_| !values.is_empty()) {
        Some(key) => {
            let some = words::some_of(&values, MOST_VALUES);
            let key = words::namespace_key(policy.kind, key);
            format!("`{key}` is {some} on the namespaces there")
        }
        None => "write labels that a namespace has".to_owned(),
    }
}

/// Another label of pods than the one that was asked for.
pub fn meant(near: &Instead) -> String {
    let (there, asked) = (&near.there, &near.asked);
    format!("there are pods with `{there}`; did you mean that instead of `{asked}`?")
}

/// The values that the pods there have.
pub fn there(context: &Context<'_>, selector: &EndpointSelector) -> Option<String> {
    let (key, values) = nearest::values(&context.groups, selector)?;
    let quoted: Vec<String> = values.iter().map(|v| format!("`{v}`")).collect();
    let some = words::some_of(&quoted, MOST_VALUES);
    Some(format!("`{key}` is {some} on the pods there"))
}

/// Where pods are that a policy would select.
#[derive(Debug)]
pub struct Elsewhere {
    /// Which namespace was probably meant.
    pub help: String,
    /// The policy's namespace is surely that one, misspelt.
    pub slip: bool,
}

/// Pods with these labels in another namespace than the policy's: in one of almost the same name,
/// if there is one.
pub fn elsewhere(context: &Context<'_>, subject: &EndpointSelector) -> Option<Elsewhere> {
    let NamespaceScope::Named(namespace) = &subject.namespaces else {
        return None;
    };
    let groups = context.groups.with_labels(&subject.pods);
    let home = |group| Some(context.pod(group)?.namespace.as_str());
    let unknown =
        !context.groups.declares(namespace) && context.groups.in_namespace(namespace).is_empty();
    let is_slip = |there: &str| unknown && nearest::is_slip(namespace, there);
    let mut homes = groups.iter().filter_map(|group| home(*group));
    let slip = homes.find(|there| is_slip(there));
    let there = slip.or_else(|| home(*groups.first()?))?;
    let groups: Vec<_> = match slip {
        Some(there) => groups
            .into_iter()
            .filter(|g| home(*g) == Some(there))
            .collect(),
        None => groups,
    };
    let who = context.names(&groups);
    let what = if subject.pods.is_everything() {
        format!("there are pods in namespace `{there}`; did you mean that instead of")
    } else {
        format!("{who} has these labels; did you mean namespace `{there}` instead of")
    };
    Some(Elsewhere {
        help: format!("{what} `{namespace}`?"),
        slip: slip.is_some(),
    })
}

/// How a namespace is named in which the pods are.
pub fn named(
    policy: &PolicyKey,
    selector: &EndpointSelector,
    (who, namespace): (&str, &str),
) -> String {
    let label = format!("kubernetes.io/metadata.name: {namespace}");
    let label = words::namespace_label(policy.kind, &label);
    let how = match (words::speaks_cilium(policy.kind), &selector.namespaces) {
        (true, scope) if !is_own(policy, scope) => {
            return format!("{who} has these labels; did you mean `{label}`?");
        }
        (true, _) => format!(
            "a selector without a namespace is for the policy's own: add `{label}` to matchLabels"
        ),
        (false, _) => format!(
            "a peer without namespaceSelector is in the policy's own namespace: add \
             namespaceSelector `{label}`"
        ),
    };
    format!("{who} has these labels; {how}")
}
