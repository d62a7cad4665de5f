//! NP401: a policy that selects no pod. Without a closed world the pods may be somewhere else, so
//! it is a note, and none at all where no pod of the namespace is in the input.

use crate::finding::Finding;
use crate::lint::context::Context;
use crate::lint::{Rule, nearest, words};
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
        if subject.pods.is_everything() || !context.groups.matching(subject).is_empty() {
            continue;
        }
        let closed = context.model.closed_world;
        let elsewhere = elsewhere(context, subject);
        let any_pod = !context.groups.scope(&subject.namespaces).is_empty();
        if !closed && !any_pod && elsewhere.is_none() {
            continue;
        }
        let message = format!("`{}` selects no pod", policy.key.name);
        let label = format!(
            "no pod in {} has `{}`",
            words::scope(subject),
            words::selector(&subject.pods)
        );
        let finding = if closed {
            rule.finding(message)
        } else {
            let why = "the pods may be outside of the input; --closed-world rules that out";
            rule.remark(message).note(why)
        };
        let mut finding = finding.at(origin.subject, label);
        finding.help = help(context, subject).or(elsewhere);
        finding.object = Some(super::object(&policy.key));
        findings.push(finding);
    }
    findings
}

fn help(context: &Context<'_>, subject: &EndpointSelector) -> Option<String> {
    if let Some(near) = nearest::label(&context.groups, subject) {
        let (there, asked) = (near.there, near.asked);
        return Some(format!(
            "there are pods with `{there}`; did you mean that instead of `{asked}`?"
        ));
    }
    let (key, values) = nearest::values(&context.groups, subject)?;
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
