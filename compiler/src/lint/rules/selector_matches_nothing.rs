//! NP401: a policy that selects no pod. Without a closed world the pods may be somewhere else, so
//! it is a note unless a label or the policy's namespace is surely misspelt, and none at all where no
//! pod of the namespace is in the input, or where workloads or namespaces of the input could not be
//! read. What selects host-network pods is NP407.

use crate::finding::{Edit, Finding};
use crate::lint::context::Context;
use crate::lint::nearest::Instead;
use crate::lint::nobody::{self, Elsewhere, NoNamespace, OPEN_WORLD};
use crate::lint::{Rule, edits, nearest};
use crate::model::PolicyOrigin;
use netpol_policy::{EndpointSelector, Policy};

const WRITE: &str = "write the labels as the pod template has them, or delete the policy";

/// Finds them.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, policy, origin) in context.written() {
        let Some(subject) = policy.subject.endpoints() else {
            continue;
        };
        let why = why(context, policy, subject);
        let sure = |why: &Why| why.is_sure() || context.model.closed_world;
        let why = why.filter(|why| sure(why) || !context.is_incomplete());
        findings.extend(why.map(|why| tell(context, rule, (policy, origin, subject), &why)));
    }
    findings
}

/// Why nothing is selected.
enum Why {
    /// No known namespace has the labels.
    Namespace(Option<Instead>),
    /// No pod of the namespaces has the labels; the label that is nearest.
    Label(Option<Instead>),
    /// Pods of another namespace than the policy's would be selected.
    Elsewhere(Elsewhere),
}

impl Why {
    fn is_sure(&self) -> bool {
        match self {
            Self::Namespace(near) | Self::Label(near) => near.as_ref().is_some_and(|n| n.slip),
            Self::Elsewhere(there) => there.slip,
        }
    }

    fn edit(&self, origin: &PolicyOrigin) -> Option<Edit> {
        match self {
            Self::Label(Some(near)) if near.slip => edits::label(&origin.parts.subject, near),
            _ => None,
        }
    }
}

/// The reason, where there is something to say.
fn why(context: &Context<'_>, policy: &Policy, subject: &EndpointSelector) -> Option<Why> {
    let groups = &context.groups;
    let host = || context.host.meant(groups, subject);
    if !groups.matching(subject).is_empty() || !host().is_empty() {
        return None;
    }
    if let Some(NoNamespace { near }) =
        nobody::no_namespace(context, &policy.key, &subject.namespaces)
    {
        return Some(Why::Namespace(near));
    }
    let closed = context.model.closed_world;
    let any_pod = !groups.scope(&subject.namespaces).is_empty();
    let elsewhere =
        nobody::elsewhere(context, subject).filter(|_| !any_pod || !subject.pods.is_everything());
    match elsewhere {
        Some(there) if there.slip => return Some(Why::Elsewhere(there)),
        _ if subject.pods.is_everything() || (!closed && !any_pod && elsewhere.is_none()) => {
            return None;
        }
        _ => {}
    }
    let near = nearest::label(groups, subject);
    Some(match elsewhere {
        Some(there) if near.is_none() && nobody::there(context, subject).is_none() => {
            Why::Elsewhere(there)
        }
        _ => Why::Label(near),
    })
}

fn tell(
    context: &Context<'_>,
    rule: &Rule,
    (policy, origin, subject): (&Policy, &PolicyOrigin, &EndpointSelector),
    why: &Why,
) -> Finding {
    let message = format!("`{}` selects no pod", policy.key.name);
    let finding = if why.is_sure() || context.model.closed_world {
        rule.finding(message)
    } else {
        rule.remark(message).note(OPEN_WORLD)
    };
    let label = nobody::label(subject, matches!(why, Why::Namespace(_)));
    let mut finding = finding.at(origin.subject, label);
    finding.edits.extend(why.edit(origin));
    let help = match why {
        Why::Namespace(Some(near)) => Some(nobody::namespace_meant(&policy.key, near)),
        Why::Namespace(None) => {
            let scope = &subject.namespaces;
            Some(nobody::namespaces_there(context, &policy.key, scope))
        }
        Why::Label(Some(near)) => Some(nobody::meant(near)),
        Why::Label(None) => nobody::there(context, subject),
        Why::Elsewhere(there) => Some(there.help.clone()),
    };
    finding.help = Some(help.unwrap_or_else(|| WRITE.to_owned()));
    finding.object = Some(super::object(&policy.key));
    finding
}
