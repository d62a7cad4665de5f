//! NP402: a peer that matches no pod.
//!
//! Peers often live in other repositories or are made by operators, so nothing is said unless
//! something speaks against the peer: a label that is there and is written almost like it (a note,
//! and a warning when it is surely a slip), pods of another namespace with exactly these labels, a
//! known namespace that is written almost like the peer's, or a closed world.

use crate::finding::{Edit, Finding};
use crate::lint::context::{Context, Written};
use crate::lint::nearest::Instead;
use crate::lint::nobody::{self, NoNamespace, OPEN_WORLD};
use crate::lint::{Rule, absent, edits, nearest, split};
use netpol_policy::{EndpointSelector, NamespaceScope, Peer, PolicyKey};

/// Finds them: one finding per peer of a rule.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = absent::findings(context, rule);
    for written in context.rules() {
        for (at, peer) in written.rule.peers.iter().flatten().enumerate() {
            let Peer::Pods(selector) = peer else { continue };
            if !is_empty(context, selector) || split::is_part(context, written, at) {
                continue;
            }
            let certain = |why: &Why| why.is_sure() || context.model.closed_world;
            let why = why(context, &written.policy.key, selector);
            let why = why.filter(|why| certain(why) || !context.is_incomplete());
            findings.extend(why.map(|why| tell(context, rule, written, (at, selector), &why)));
        }
    }
    findings
}

/// Does it match no pod at all, though it might match some?
fn is_empty(context: &Context<'_>, selector: &EndpointSelector) -> bool {
    context.groups.matching(selector).is_empty()
        && selector.identity.is_everything()
        && context.host.meant(&context.groups, selector).is_empty()
}

/// Why nothing matches.
enum Why {
    /// No known namespace has the labels; the label that is nearest.
    Namespace(Option<Instead>),
    /// No pod of the namespaces has the labels; the label that is nearest.
    Label(Option<Instead>),
    /// Pods of other namespaces have the labels: who, and one such namespace.
    Elsewhere(String, String),
}

impl Why {
    fn is_sure(&self) -> bool {
        match self {
            Self::Namespace(near) | Self::Label(near) => near.as_ref().is_some_and(|n| n.slip),
            Self::Elsewhere(..) => true,
        }
    }

    fn edit(&self, written: Written<'_>, at: usize) -> Option<Edit> {
        let parts = written.place.parts.peers.get(at)?;
        let (parts, near) = match self {
            Self::Namespace(near) => (&parts.namespaces, near),
            Self::Label(near) => (&parts.pods, near),
            Self::Elsewhere(..) => return None,
        };
        let near = near.as_ref().filter(|near| near.slip)?;
        edits::label(parts, near)
    }
}

/// The reason, where there is something to say.
fn why(context: &Context<'_>, policy: &PolicyKey, selector: &EndpointSelector) -> Option<Why> {
    let closed = context.model.closed_world;
    let scope = &selector.namespaces;
    if let Some(NoNamespace { near }) = nobody::no_namespace(context, policy, scope) {
        return Some(Why::Namespace(near));
    }
    let any_pod = !context.groups.scope(scope).is_empty();
    if selector.pods.is_everything() || (!any_pod && !closed) {
        // A namespace without pods in the input.
        return None;
    }
    let near = nearest::label(&context.groups, selector);
    if near.as_ref().is_some_and(|near| near.slip) {
        return Some(Why::Label(near));
    }
    match elsewhere(context, selector) {
        Some((who, namespace)) => Some(Why::Elsewhere(who, namespace)),
        None => (closed || near.is_some()).then_some(Why::Label(near)),
    }
}

/// Pods with these labels in another namespace than the policy's, when the peer names none.
fn elsewhere(context: &Context<'_>, selector: &EndpointSelector) -> Option<(String, String)> {
    let NamespaceScope::Named(_) = &selector.namespaces else {
        return None;
    };
    let groups = context.groups.with_labels(&selector.pods);
    let pod = context.pod(*groups.first()?)?;
    Some((context.names(&groups), pod.namespace.clone()))
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    written: Written<'_>,
    (at, selector): (usize, &EndpointSelector),
    why: &Why,
) -> Finding {
    let name = &written.policy.key.name;
    let message = absent::message(name, written.rule.direction);
    let label = nobody::label(selector, matches!(why, Why::Namespace(_)));
    let mut finding = if why.is_sure() || context.model.closed_world {
        rule.finding(message)
    } else {
        rule.remark(message).note(OPEN_WORLD)
    };
    let place = written.place.peers.get(at).unwrap_or(&written.place.rule);
    finding = finding.at(*place, label);
    let policy = &written.policy.key;
    let help = match why {
        Why::Namespace(Some(near)) => Some(nobody::namespace_meant(policy, near)),
        Why::Label(Some(near)) => Some(nobody::meant(near)),
        Why::Label(None) => nobody::there(context, selector),
        Why::Elsewhere(who, namespace) => Some(nobody::named(policy, selector, (who, namespace))),
        Why::Namespace(None) => {
            let scope = &selector.namespaces;
            Some(nobody::namespaces_there(context, policy, scope))
        }
    };
    let otherwise = || "write the labels as the pods have them, or delete the peer".to_owned();
    finding.help = Some(help.unwrap_or_else(otherwise));
    finding.edits.extend(why.edit(written, at));
    finding.object = Some(super::object(&written.policy.key));
    finding
}
