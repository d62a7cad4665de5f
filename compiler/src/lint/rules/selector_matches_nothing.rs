//! NP401: a policy that selects no pod. Without a closed world the pods may be somewhere else, so
//! it is a note unless the label is surely misspelt, and none at all where no pod of the namespace
//! is in the input, or where parts of the input could not be read. What selects host-network pods is NP407.

use crate::finding::Finding;
use crate::lint::context::Context;
use crate::lint::nearest::Instead;
use crate::lint::{Rule, edits, nearest, words};
use netpol_policy::{EndpointSelector, NamespaceScope};

/// Labels that are named when none is near.
const MOST_VALUES: usize = 5;

/// Finds them.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, policy, origin) in context.written() {
        let Some(subject) = policy.subject.endpoints() else {
            continue;
        };
        if subject.pods.is_everything()
            || !context.groups.matching(subject).is_empty()
            || !context.host.meant(&context.groups, subject).is_empty()
        {
            continue;
        }
        let closed = context.model.closed_world;
        let elsewhere = elsewhere(context, subject);
        let any_pod = !context.groups.scope(&subject.namespaces).is_empty();
        if !closed && !any_pod && elsewhere.is_none() {
            continue;
        }
        let near = nearest::label(&context.groups, subject);
        let sure = closed || near.as_ref().is_some_and(|near| near.slip);
        if !sure && context.is_incomplete() {
            continue;
        }
        let message = format!("`{}` selects no pod", policy.key.name);
        let label = format!(
            "no pod in {} has `{}`",
            words::scope(subject),
            words::selector(&subject.pods)
        );
        let finding = if sure {
            rule.finding(message)
        } else {
            rule.remark(message).note(OPEN_WORLD)
        };
        let mut finding = finding.at(origin.subject, label);
        if let Some(near) = near.as_ref().filter(|near| near.slip) {
            finding
                .edits
                .extend(edits::label(&origin.parts.subject, near));
        }
        let help = near.map(|near| meant(&near));
        let help = help.or_else(|| there(context, subject)).or(elsewhere);
        finding.help = Some(help.unwrap_or_else(|| WRITE.to_owned()));
        finding.object = Some(super::object(&policy.key));
        findings.push(finding);
    }
    findings
}

/// Said of what may be right all the same.
pub(super) const OPEN_WORLD: &str =
    "the pods may be outside of the input; --closed-world rules that out";

const WRITE: &str = "write the labels as the pod template has them, or delete the policy";

/// Another label than the one that was asked for.
pub(super) fn meant(near: &Instead) -> String {
    let (there, asked) = (&near.there, &near.asked);
    format!("there are pods with `{there}`; did you mean that instead of `{asked}`?")
}

/// The values that the pods there have.
pub(super) fn there(context: &Context<'_>, selector: &EndpointSelector) -> Option<String> {
    let (key, values) = nearest::values(&context.groups, selector)?;
    let quoted: Vec<String> = values.iter().map(|v| format!("`{v}`")).collect();
    let some = words::some_of(&quoted, MOST_VALUES);
    Some(format!("`{key}` is {some} on the pods there"))
}

/// Pods with these labels in another namespace than the policy's.
fn elsewhere(context: &Context<'_>, subject: &EndpointSelector) -> Option<String> {
    let NamespaceScope::Named(namespace) = &subject.namespaces else {
        return None;
    };
    let groups = context.groups.with_labels(&subject.pods);
    let pod = context.pod(*groups.first()?)?;
    let there = &pod.namespace;
    Some(format!(
        "{} has these labels; did you mean namespace `{there}` instead of `{namespace}`?",
        context.names(&groups)
    ))
}
