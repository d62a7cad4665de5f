//! The other end of a rule of Cilium.

use super::texts::prefix;
use super::{Side, refuse, refuse_entry, selector};
use crate::schema::path::Path;
use crate::schema::report::Report;
use netpol_yaml::NodeRef;

/// Of these lists a rule has one at most.
const INGRESS: [&str; 6] = [
    "fromEndpoints",
    "fromCIDR",
    "fromCIDRSet",
    "fromEntities",
    "fromNodes",
    "fromGroups",
];
const EGRESS: [&str; 8] = [
    "toEndpoints",
    "toCIDR",
    "toCIDRSet",
    "toEntities",
    "toServices",
    "toFQDNs",
    "toGroups",
    "toNodes",
];

/// `EntitySelectorMapping`.
const ENTITIES: [&str; 14] = [
    "all",
    "world",
    "world-ipv4",
    "world-ipv6",
    "cluster",
    "cluster-mesh",
    "host",
    "init",
    "ingress",
    "unmanaged",
    "remote-node",
    "health",
    "none",
    "kube-apiserver",
];

/// `IngressCommonRule.sanitize`, `EgressCommonRule.sanitize`.
pub(super) fn check(report: &mut Report<'_>, rule: NodeRef<'_>, side: Side, path: &Path<'_>) {
    let lists: &[&str] = if side.ingress { &INGRESS } else { &EGRESS };
    let given = |key: &&&str| rule.get(key).is_some_and(|list| !list.is_empty());
    let mut filled = lists.iter().filter(given);
    if let (Some(first), Some(second)) = (filled.next(), filled.next()) {
        let why = format!("`{first}` and `{second}` may not stand in one rule; make two rules");
        refuse_entry(report, rule, second, path, why);
    }
    let direction = if side.ingress { "from" } else { "to" };
    for kind in ["Endpoints", "Nodes", "Requires"] {
        each(report, rule, &format!("{direction}{kind}"), path, selector);
    }
    each(report, rule, &format!("{direction}Entities"), path, entity);
    each(report, rule, &format!("{direction}CIDR"), path, cidr);
    each(
        report,
        rule,
        &format!("{direction}CIDRSet"),
        path,
        cidr_rule,
    );
    if !side.ingress {
        each(report, rule, "toServices", path, service);
        each(report, rule, "toFQDNs", path, name);
    }
}

/// Checks every item of a list.
pub(super) fn each(
    report: &mut Report<'_>,
    parent: NodeRef<'_>,
    key: &str,
    path: &Path<'_>,
    check: impl Fn(&mut Report<'_>, NodeRef<'_>, &Path<'_>),
) {
    let list = path.key(key);
    let items = parent.get(key).into_iter().flat_map(NodeRef::items);
    for (index, item) in items.enumerate() {
        check(report, item, &list.index(index));
    }
}

fn entity(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let Some(text) = node.as_str() else { return };
    if !ENTITIES.contains(&text) {
        let meant = ENTITIES
            .iter()
            .min_by_key(|known| strsim::osa_distance(known, &text.to_ascii_lowercase()))
            .filter(|known| strsim::osa_distance(known, &text.to_ascii_lowercase()) <= 2);
        refuse(report, node, path, "is no entity that Cilium knows");
        if let (Some(meant), Some(finding)) = (meant, report.findings.last_mut()) {
            finding.help = Some(format!("did you mean `{meant}`?"));
        }
    }
}

/// `CIDR.sanitize`.
pub(super) fn cidr(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let Some(text) = node.as_str() else { return };
    if prefix(text).is_none() {
        let why = "must be a valid CIDR value, such as 10.9.8.0/24 or 2001:db8::/64";
        refuse(report, node, path, why);
    }
}

/// `CIDRRule.sanitize`.
fn cidr_rule(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let part = |key: &str| {
        let node = node.get(key).filter(|value| !value.is_null());
        node.filter(|value| value.as_str() != Some(""))
    };
    let kinds = ["cidr", "cidrGroupRef", "cidrGroupSelector"];
    let given = kinds.iter().filter(|key| part(key).is_some()).count();
    if given != 1 {
        let why = "must have exactly one of cidr, cidrGroupRef, cidrGroupSelector";
        refuse(report, node, path, why);
        return;
    }
    if let Some(wanted) = part("cidrGroupSelector") {
        selector(report, wanted, &path.key("cidrGroupSelector"));
    }
    let Some(whole) = part("cidr") else {
        each(report, node, "except", path, cidr);
        return;
    };
    cidr(report, whole, &path.key("cidr"));
    let net = whole.as_str().and_then(prefix);
    each(report, node, "except", path, |report, hole, path| {
        let before = report.findings.len();
        cidr(report, hole, path);
        let inside = net.zip(hole.as_str().and_then(prefix));
        if report.findings.len() == before && inside.is_some_and(|(net, hole)| !net.contains(&hole))
        {
            refuse(report, hole, path, "must lie inside of `cidr`");
        }
    });
}

fn service(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let wanted = node.get("k8sServiceSelector").filter(|n| !n.is_null());
    if let Some(wanted) = wanted {
        let path = path.key("k8sServiceSelector");
        match wanted.get("selector").filter(|n| !n.is_null()) {
            Some(node) => selector(report, node, &path.key("selector")),
            None => refuse_entry(
                report,
                wanted,
                "selector",
                &path.key("selector"),
                "must be given",
            ),
        }
    }
}

/// `FQDNSelector.sanitize`.
fn name(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let text = |key: &str| {
        node.get(key)
            .and_then(NodeRef::as_str)
            .filter(|t| !t.is_empty())
    };
    let (name, pattern) = (text("matchName"), text("matchPattern"));
    if name.is_some() && pattern.is_some() {
        let why = "may have matchName or matchPattern, not both";
        refuse(report, node, path, why);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some((key, value)) = node
        .entry("matchName")
        .filter(|_| name.is_some_and(|n| !n.chars().all(plain)))
    {
        let why =
            "may have letters, digits, `-`, `_` and `.` alone; wildcards belong into matchPattern";
        let _ = key;
        refuse(report, value, &path.key("matchName"), why);
    }
    let wild = |c: char| plain(c) || c == '*';
    if let Some((_, value)) = node
        .entry("matchPattern")
        .filter(|_| pattern.is_some_and(|p| !p.chars().all(wild)))
    {
        let why = "may have letters, digits, `-`, `_`, `.` and `*` alone";
        refuse(report, value, &path.key("matchPattern"), why);
    }
}
