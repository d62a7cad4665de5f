//! Peers of Cilium's policies that are nobody: lists without items, services that are not there, and
//! names whose addresses the agent does not learn. Told as NP402.

use super::context::{Context, Written};
use super::groups::GroupId;
use super::{Rule, nearest, rules, words};
use crate::finding::Finding;
use crate::model::{Absent, AbsentPeer, Model};
use netpol_policy::{Action, Direction, Peer};

/// Words in names of policies whose rule for nobody is meant to isolate.
const DENYING: [&str; 4] = ["deny", "block", "isolate", "drop"];

/// Finds them, in the order of reading.
pub fn findings(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let absent = context.model.absent.iter();
    let told = absent.filter_map(|absent| match &absent.what {
        AbsentPeer::EmptyList { key, ports } => empty_list(rule, absent, key, *ports),
        AbsentPeer::Service { namespace, name } => {
            service(context, rule, absent, (namespace.as_deref(), name))
        }
        AbsentPeer::Names => None,
    });
    let mut findings: Vec<Finding> = told.collect();
    findings.extend(unlearned(context, rule));
    findings
}

/// The sentences about what answers leave out of account that no finding says at its place.
pub fn unsaid(model: &Model, told: &[Finding]) -> Vec<String> {
    let is_told = |absent: &Absent| {
        let mut told = told.iter().filter(|finding| finding.code.0 == "NP402");
        told.any(|finding| finding.location() == Some(absent.at))
    };
    let sentences = model.incomplete.iter().filter(|sentence| {
        let same = |absent: &&Absent| absent.sentence.as_ref() == Some(*sentence);
        let mut all = model.absent.iter().filter(same).peekable();
        all.peek().is_none() || !all.all(is_told)
    });
    sentences.cloned().collect()
}

/// What a rule for nobody is called.
pub fn message(name: &str, direction: Direction) -> String {
    match direction {
        Direction::Ingress => format!("`{name}` has a rule for connections from nobody"),
        Direction::Egress => format!("`{name}` has a rule for connections to nobody"),
    }
}

fn empty_list(rule: &Rule, absent: &Absent, key: &str, ports: bool) -> Option<Finding> {
    let name = &absent.policy.name;
    let mut words = name.split(['-', '.']);
    if !ports && words.any(|word| DENYING.contains(&word)) {
        return None;
    }
    let (endpoints, entities, network) = match absent.direction {
        Direction::Ingress => ("fromEndpoints", "fromEntities", "from"),
        Direction::Egress => ("toEndpoints", "toEntities", "to"),
    };
    let mut finding = rule
        .finding(message(name, absent.direction))
        .at(absent.at, format!("`{key}` without items selects nobody"))
        .help(format!(
            "for all pods of the namespace write `{endpoints}: [{{}}]`, for everybody \
             `{entities}: [all]`"
        ))
        .note(format!(
            "in a NetworkPolicy `{network}: []` means everybody"
        ));
    finding.object = Some(rules::object(&absent.policy));
    Some(finding)
}

/// A warning where a service of nearly this name is known, or others of its namespace are.
fn service(
    context: &Context<'_>,
    rule: &Rule,
    absent: &Absent,
    (namespace, name): (Option<&str>, &str),
) -> Option<Finding> {
    let services = &context.cluster().services;
    let there = || (services.iter()).filter(|s| namespace.is_none_or(|n| n == s.namespace));
    let elsewhere = services.iter().find(|s| s.name == name);
    let near = nearest::word(name, there().map(|s| s.name.as_str()));
    let slip = elsewhere.is_some() || near.is_some_and(|near| nearest::is_slip(name, near));
    let sure = slip || context.model.closed_world;
    if !sure && context.is_incomplete() {
        return None;
    }
    let shown = namespace.map_or_else(|| name.to_owned(), |n| format!("{n}/{name}"));
    let message = message(&absent.policy.name, absent.direction);
    let mut finding = if sure || there().next().is_some() {
        rule.finding(message)
    } else {
        rule.remark(message)
            .note("the Service may be outside of the input; --closed-world rules that out")
    };
    finding = finding.at(absent.at, format!("there is no Service `{shown}`"));
    finding.help = Some(match (elsewhere, near) {
        (Some(there), _) => format!(
            "there is a Service `{name}` in namespace `{}`; did you mean that?",
            there.namespace
        ),
        (None, Some(near)) => {
            format!("there is a Service `{near}`; did you mean that instead of `{name}`?")
        }
        (None, None) => "write the Service's namespace and name, or delete the item".to_owned(),
    });
    finding.object = Some(rules::object(&absent.policy));
    Some(finding)
}

/// S-NAMES: the agent learns addresses from the queries that a rule with `rules.dns` lets out.
fn unlearned(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let named = |w: &Written<'_>| {
        let mut peers = w.rule.peers.iter().flatten();
        w.rule.action == Action::Allow
            && words::speaks_cilium(w.policy.key.kind)
            && peers.any(|peer| matches!(peer, Peer::Names(_)))
    };
    let rules: Vec<Written<'_>> = context.rules().filter(named).collect();
    if rules.is_empty() {
        return Vec::new();
    }
    let policies = context.written();
    let learning: Vec<bool> = policies
        .map(|(_, policy, _)| context.model.learning.contains(&policy.key))
        .collect();
    // Per group once: many rules may name the same pods.
    let learned: Vec<bool> = (0..context.groups.len())
        .map(|group| {
            let mut selecting = context.selecting(group).iter();
            selecting.any(|at| learning.get(*at) == Some(&true))
        })
        .collect();
    let told = rules.iter().filter_map(|w| {
        let subject = w.policy.subject.endpoints()?;
        let pods: Vec<GroupId> = context.groups.certain(subject).collect();
        let without = |group: &GroupId| learned.get(*group) == Some(&false);
        let without: Vec<GroupId> = pods.iter().copied().filter(without).collect();
        let silent = if pods.is_empty() {
            !context.model.learning.is_empty()
        } else {
            without.is_empty()
        };
        (!silent).then(|| tell_unlearned(context, rule, *w, &without))
    });
    told.collect()
}

fn tell_unlearned(context: &Context<'_>, rule: &Rule, w: Written<'_>, pods: &[GroupId]) -> Finding {
    let mut peers = w.rule.peers.iter().flatten();
    let at = peers.position(|peer| matches!(peer, Peer::Names(_)));
    let place = at.and_then(|at| w.place.peers.get(at));
    let label = match pods {
        [] => "no policy has `rules.dns`, from which the agent learns addresses".to_owned(),
        some => format!(
            "no policy has `rules.dns` for {}, from which the agent learns addresses",
            context.names(some)
        ),
    };
    let name = &w.policy.key.name;
    let mut finding = rule
        .finding(format!(
            "`{name}` names hosts whose addresses nobody learns"
        ))
        .at(*place.unwrap_or(&w.place.rule), label)
        .help(
            "let the pods' DNS queries out through the agent's proxy: port 53 of the cluster's DNS \
             with `rules: {dns: [{matchPattern: \"*\"}]}`",
        );
    finding.object = Some(rules::object(&w.policy.key));
    finding
}
