//! Policies of administrators (`policy.networking.k8s.io`): `AdminNetworkPolicy`,
//! `BaselineAdminNetworkPolicy` and ClusterNetworkPolicy, which differ in names and limits. What the
//! server refuses is what their CRDs say (experimental channel, bundles v0.1.7 and v0.2.0).

mod form;
mod peers;
mod ports;

pub(super) use form::{ADMIN, BASELINE, CLUSTER, Form};

use super::path::Path;
use super::report::Report;
use netpol_yaml::{Kind, NodeRef};

/// The longest `name` of a rule, in characters.
const NAME_LIMIT: usize = 100;

/// Checks `spec`. Fields of a wrong type are passed over; their type is reported elsewhere.
pub(super) fn check(report: &mut Report<'_>, form: &Form) {
    let root = report.object.root();
    let path = Path::root("spec");
    let Some(spec) = given(root, "spec") else {
        report.refuse_entry(root, "spec", &path, "must be given");
        return;
    };
    if spec.kind() != Kind::Mapping {
        return;
    }
    if form.has_priority {
        check_priority(report, spec, &path);
    }
    if form.has_tier {
        let words = "must be `Admin` or `Baseline`";
        check_word(report, (spec, "tier"), &path, &["Admin", "Baseline"], words);
    }
    match given(spec, "subject") {
        Some(subject) => {
            peers::check_one(report, form, subject, &form::SUBJECTS, &path.key("subject"));
        }
        None => report.refuse_entry(spec, "subject", &path.key("subject"), "must be given"),
    }
    for (direction, side) in [("ingress", "from"), ("egress", "to")] {
        let list = path.key(direction);
        let rules = given(spec, direction);
        if rules.map_or(0, NodeRef::len) > form.limit {
            let why = format!("may not have more than {} rules", form.limit);
            report.refuse_entry(spec, direction, &list, why);
        }
        let rules = rules.into_iter().flat_map(NodeRef::items);
        for (index, rule) in rules.enumerate() {
            if rule.kind() == Kind::Mapping {
                check_rule(report, form, rule, side, &list.index(index));
            }
        }
    }
}

/// `BaselineAdminNetworkPolicy` is a singleton: "Only one baseline admin network policy with
/// metadata.name="default" can be created in the cluster".
pub(super) fn check_singleton(report: &mut Report<'_>) {
    let Some(metadata) = report.object.get("/metadata") else {
        return;
    };
    match metadata.get("name") {
        Some(name) if name.as_str().is_some_and(|name| name != "default") => {
            let path = Path::root("metadata");
            let why = "must be `default`, because there is one such policy in a cluster";
            report.refuse(name, &path.key("name"), why);
        }
        _ => {}
    }
}

fn check_priority(report: &mut Report<'_>, spec: NodeRef<'_>, path: &Path<'_>) {
    let path = path.key("priority");
    match given(spec, "priority") {
        Some(priority) => {
            if priority.as_i64().is_some_and(|n| !(0..=1000).contains(&n)) {
                report.refuse(priority, &path, "must be between 0 and 1000");
            }
        }
        None => report.refuse_entry(spec, "priority", &path, "must be given"),
    }
}

fn check_rule(
    report: &mut Report<'_>,
    form: &Form,
    rule: NodeRef<'_>,
    side: &str,
    path: &Path<'_>,
) {
    check_action(report, form, rule, path);
    let name = given(rule, "name");
    if let Some(name) = name
        && name
            .as_str()
            .is_some_and(|n| n.chars().count() > NAME_LIMIT)
    {
        let why = format!("must be no more than {NAME_LIMIT} characters");
        report.refuse(name, &path.key("name"), why);
    }
    let list = path.key(side);
    check_count(report, rule, side, &list, (form.limit, true));
    let of_side = if side == "to" {
        form.egress_peers
    } else {
        &form::SUBJECTS
    };
    let items = given(rule, side).into_iter().flat_map(NodeRef::items);
    for (index, peer) in items.enumerate() {
        peers::check_one(report, form, peer, of_side, &list.index(index));
    }
    let list = path.key(form.ports);
    check_count(report, rule, form.ports, &list, (form.limit, false));
    let items = given(rule, form.ports).into_iter().flat_map(NodeRef::items);
    for (index, port) in items.enumerate() {
        ports::check(report, form, port, &list.index(index));
    }
    if side == "to" {
        check_names_of_ports(report, form, rule, path);
        check_domains(report, form, rule, path);
    }
}

/// The action; the two versions have different words for the same thing.
fn check_action(report: &mut Report<'_>, form: &Form, rule: NodeRef<'_>, path: &Path<'_>) {
    let before = report.findings.len();
    check_word(
        report,
        (rule, "action"),
        path,
        form.actions,
        form.actions_in_words,
    );
    let text = rule.get("action").and_then(NodeRef::as_str);
    let slip = text.filter(|text| {
        let meant = ["allow", "accept"].contains(&text.to_ascii_lowercase().as_str());
        meant && *text != form.accept()
    });
    if slip.is_some()
        && let Some(finding) = report.findings.get_mut(before)
    {
        finding.help = Some(format!("write `action: {}`", form.accept()));
    }
}

/// "networks/nodes/domainNames peer cannot be set with namedPorts since there are no namedPorts for
/// networks/nodes/domainNames".
fn check_names_of_ports(report: &mut Report<'_>, form: &Form, rule: NodeRef<'_>, path: &Path<'_>) {
    let nameless = |peer: NodeRef<'_>| {
        let parts = ["networks", "nodes", "domainNames"];
        parts.into_iter().find(|part| given(peer, part).is_some())
    };
    let mut peers = rule.get("to").into_iter().flat_map(NodeRef::items);
    let Some(part) = peers.find_map(nameless) else {
        return;
    };
    let list = path.key(form.ports);
    let items = rule.get(form.ports).into_iter().flat_map(NodeRef::items);
    for (index, port) in items.enumerate() {
        if let Some(name) = given(port, form.named_port) {
            let why =
                format!("may not be a name in a rule with `{part}`, which have no named ports");
            report.refuse(name, &list.index(index).key(form.named_port), why);
        }
    }
}

/// The server does not look at what a CRD cannot say (label syntax, operators, domain names of
/// rules that deny); implementations do, and take no part of the policy. Findings from `first` on
/// are put into these words.
fn by_implementations(report: &mut Report<'_>, first: usize) {
    for finding in report.findings.iter_mut().skip(first) {
        if let Some(rest) = finding.message.strip_prefix("the server refuses ") {
            finding.message = format!("no implementation takes {rest}");
            let note = "the server may take it; the whole policy is without effect then";
            finding.notes.push(note.to_owned());
        }
    }
}

/// "`DomainNames` is only supported for Accept rules": the server does not look, implementations
/// refuse.
fn check_domains(report: &mut Report<'_>, form: &Form, rule: NodeRef<'_>, path: &Path<'_>) {
    let action = rule.get("action").and_then(NodeRef::as_str);
    if !form.egress_peers.contains(&"domainNames") || action == Some(form.accept()) {
        return;
    }
    let first = report.findings.len();
    let list = path.key("to");
    let peers = rule.get("to").into_iter().flat_map(NodeRef::items);
    for (index, peer) in peers.enumerate() {
        if given(peer, "domainNames").is_some() {
            let why = format!("may only be given in `{}` rules", form.accept());
            let item = list.index(index);
            report.refuse_entry(peer, "domainNames", &item.key("domainNames"), why);
        }
    }
    by_implementations(report, first);
}

/// A field that must have one of a few words.
fn check_word(
    report: &mut Report<'_>,
    (parent, key): (NodeRef<'_>, &str),
    path: &Path<'_>,
    words: &[&str],
    why: &str,
) {
    let path = path.key(key);
    match given(parent, key) {
        Some(node) => {
            if node.as_str().is_some_and(|text| !words.contains(&text)) {
                report.refuse(node, &path, why);
            }
        }
        None => report.refuse_entry(parent, key, &path, why),
    }
}

/// How many items a list may have, and whether it may be absent. An empty one may not be written.
fn check_count(
    report: &mut Report<'_>,
    parent: NodeRef<'_>,
    key: &str,
    path: &Path<'_>,
    (most, required): (usize, bool),
) {
    match given(parent, key) {
        Some(list) if list.kind() == Kind::Sequence => {
            if list.is_empty() {
                report.refuse_entry(parent, key, path, "must have at least one item");
            } else if list.len() > most {
                let why = format!("may not have more than {most} items");
                report.refuse_entry(parent, key, path, why);
            }
        }
        None if required => report.refuse_entry(parent, key, path, "must be given"),
        _ => {}
    }
}

/// A field that is there; null is taken away before the server looks (a structural schema without
/// `nullable`).
fn given<'a>(node: NodeRef<'a>, key: &str) -> Option<NodeRef<'a>> {
    node.get(key).filter(|value| !value.is_null())
}
