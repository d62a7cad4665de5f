//! Subjects and peers: exactly one of several fields.

use super::{Form, given};
use crate::schema::cidr;
use crate::schema::path::Path;
use crate::schema::report::Report;
use crate::schema::selectors::selector;
use netpol_yaml::{Kind, NodeRef};
use std::collections::BTreeSet;

/// The most items of `networks` and `domainNames`.
const LIMIT: usize = 25;

/// The longest text of a network.
const CIDR_LENGTH: usize = 43;

/// Checks a subject or a peer, which must have exactly one of `parts`.
pub(super) fn check_one(
    report: &mut Report<'_>,
    form: &Form,
    node: NodeRef<'_>,
    parts: &[&str],
    path: &Path<'_>,
) {
    if node.kind() != Kind::Mapping {
        return;
    }
    exactly_one(report, node, parts, path);
    for part in parts {
        let Some(value) = given(node, part) else {
            continue;
        };
        let path = path.key(part);
        match *part {
            "pods" => check_pods(report, form, value, &path),
            "networks" => {
                super::check_count(report, node, part, &path, (LIMIT, true));
                check_networks(report, value, &path);
            }
            "domainNames" => {
                super::check_count(report, node, part, &path, (LIMIT, true));
                check_domains(report, value, &path);
            }
            _ => check_selector(report, value, &path),
        }
    }
}

/// `minProperties: 1`, `maxProperties: 1`. A misspelt part is an unknown field, which says it
/// better.
pub(super) fn exactly_one(
    report: &mut Report<'_>,
    node: NodeRef<'_>,
    parts: &[&str],
    path: &Path<'_>,
) {
    let written = |part: &&&str| given(node, part).is_some();
    let there: Vec<&str> = parts.iter().filter(written).copied().collect();
    let unknown = node
        .entries()
        .any(|(key, _)| key.as_str().is_none_or(|key| !parts.contains(&key)));
    match there.as_slice() {
        [] if !unknown => {
            let why = format!("must have one of {}", listed(parts));
            report.refuse(node, path, why);
        }
        [_, second, ..] => {
            let why = format!("may have only one of {}", listed(&there));
            report.refuse_entry(node, second, path, why);
        }
        _ => {}
    }
}

fn listed(parts: &[&str]) -> String {
    let quoted: Vec<String> = parts.iter().map(|part| format!("`{part}`")).collect();
    quoted.join(", ")
}

/// `NamespacedPod`: both selectors, of which v1alpha2 takes a missing `namespaceSelector` for the
/// empty one.
fn check_pods(report: &mut Report<'_>, form: &Form, node: NodeRef<'_>, path: &Path<'_>) {
    if node.kind() != Kind::Mapping {
        return;
    }
    for (key, needed) in [
        ("namespaceSelector", form.needs_namespaces),
        ("podSelector", true),
    ] {
        match given(node, key) {
            Some(value) => check_selector(report, value, &path.key(key)),
            None if needed => {
                let why = "must be given; `{}` selects all";
                report.refuse_entry(node, key, &path.key(key), why);
            }
            None => {}
        }
    }
}

fn check_selector(report: &mut Report<'_>, node: NodeRef<'_>, path: &Path<'_>) {
    let first = report.findings.len();
    selector(report, node, path);
    super::by_implementations(report, first);
}

/// `isCIDR(self)`, which lets host bits pass, as the API's authors meant it.
fn check_networks(report: &mut Report<'_>, list: NodeRef<'_>, path: &Path<'_>) {
    let mut seen = BTreeSet::new();
    for (index, item) in list.items().enumerate() {
        let Some(text) = item.as_str() else { continue };
        let path = path.index(index);
        match cidr::parse(text) {
            Ok(_) | Err(cidr::Refusal::HostBits(_)) if text.len() <= CIDR_LENGTH => {}
            Ok(_) => {
                let why = format!("must be no more than {CIDR_LENGTH} characters");
                report.refuse(item, &path, why);
            }
            Err(why) => report.refuse(item, &path, why.message()),
        }
        if !seen.insert(text) {
            report.refuse(item, &path, "is in the list twice");
        }
    }
}

fn check_domains(report: &mut Report<'_>, list: NodeRef<'_>, path: &Path<'_>) {
    let mut seen = BTreeSet::new();
    for (index, item) in list.items().enumerate() {
        let Some(text) = item.as_str() else { continue };
        let path = path.index(index);
        if !is_domain(text) {
            let why = "must be a domain name of two labels or more, such as `example.com`; \
                       a `*.` may stand in front";
            report.refuse(item, &path, why);
        }
        if !seen.insert(text) {
            report.refuse(item, &path, "is in the list twice");
        }
    }
}

/// `^(\*\.)?([a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$`
/// with its slip: `A-z` holds six signs more than letters.
fn is_domain(text: &str) -> bool {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut labels = 0;
    let fine = text.split('.').all(|label| {
        labels += 1;
        is_label(label.as_bytes())
    });
    fine && labels > 1
}

fn is_label(label: &[u8]) -> bool {
    let first = |b: &u8| matches!(b, b'a'..=b'z' | b'A'..=b'z' | b'0'..=b'9');
    match label {
        [] => false,
        [only] => first(only),
        [front, middle @ .., last] => {
            first(front)
                && last.is_ascii_alphanumeric()
                && middle
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_domain;

    #[test]
    fn domain_names_of_the_pattern() {
        for name in ["example.com", "*.example.com", "a.b.", "A-1.b_c.d", "[.com"] {
            assert!(is_domain(name), "{name}");
        }
        for name in [
            "",
            "com",
            "*",
            "*.com",
            "a*.example.com",
            "**.example.com",
            "example..com",
            "-a.com",
            "a-.com",
            "example.com..",
            "b].com",
        ] {
            assert!(!is_domain(name), "{name}");
        }
    }
}
