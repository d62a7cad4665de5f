//! The Helm values of the CNI, flattened to leaves with their places.

use crate::finding::{Code, Finding, Severity};
use crate::load::{self, Ignore, LoadOptions};
use crate::model::{ChartVersion, CniValue, CniValues};
use crate::source::{Location, SourceId, Sources};
use netpol_yaml::{DiagnosticKind, Kind, NodeRef, Parsed};
use std::path::PathBuf;

/// Reads values files; what a later one says replaces what an earlier one said, as `helm -f` does. A
/// file with the object that deploys the chart stands for the values in it, and its version.
/// `None` when no file is given.
pub(crate) fn read(
    paths: &[PathBuf],
    options: &LoadOptions,
    sources: &mut Sources,
    ignores: &mut Vec<Ignore>,
) -> (Option<CniValues>, Vec<Finding>) {
    let mut values = CniValues::default();
    let mut findings = Vec::new();
    for path in paths {
        let (text, found) = load::read_text(path, options, sources);
        findings.extend(found);
        if let Some((source, text)) = text {
            let parsed = netpol_yaml::parse_shared(&text, &options.limits);
            for document in &parsed.documents {
                load::ignores::read(source, document, &[], ignores);
            }
            read_one(source, &parsed, &mut values, &mut findings);
        }
    }
    let given = (!paths.is_empty()).then_some(values);
    (given, findings)
}

fn read_one(
    source: SourceId,
    parsed: &Parsed,
    values: &mut CniValues,
    findings: &mut Vec<Finding>,
) {
    for diagnostic in &parsed.diagnostics {
        let at = load::place(source, diagnostic.span);
        let message = load::quoted(&diagnostic.message);
        let finding = if diagnostic.kind == DiagnosticKind::DuplicateKey {
            Finding::new(Code("NP104"), Severity::Warning, message)
                .at(at, "Helm takes this one without a word")
        } else if diagnostic.kind.is_strict_only() {
            continue;
        } else {
            Finding::new(Code("NP101"), Severity::Error, message).at(at, "Helm cannot read this")
        };
        findings.push(match diagnostic.related {
            Some(first) => finding.see(load::place(source, first), "given here as well"),
            None => finding,
        });
    }
    let release = parsed.documents.iter().find_map(|d| Release::of(d.root()));
    if let Some(release) = release {
        values.version = release.version.or(values.version);
        if let Some(root) = release.values {
            let whole = load::location(source, root);
            flatten(source, root, (String::new(), whole), values);
        }
        return;
    }
    let mut documents = parsed.documents.iter().filter(|d| !d.is_empty());
    let Some(document) = documents.next() else {
        return;
    };
    let root = document.root();
    if root.kind() != Kind::Mapping {
        let finding = Finding::new(Code("NP101"), Severity::Error, "these are no Helm values")
            .at(load::location(source, root), "a mapping is expected");
        findings.push(finding);
        return;
    }
    let whole = load::location(source, root);
    flatten(source, root, (String::new(), whole), values);
    if let Some(second) = documents.next() {
        let at = load::location(source, second.root()).start();
        let finding = Finding::new(
            Code("NP101"),
            Severity::Error,
            "a second document of values",
        )
        .at(at, "Helm reads one document and drops this one");
        findings.push(finding);
    }
}

/// An object that deploys the chart: its values stand in it.
struct Release<'a> {
    values: Option<NodeRef<'a>>,
    version: Option<ChartVersion>,
}

impl<'a> Release<'a> {
    /// HelmRelease of Flux, Application of Argo CD with `valuesObject`.
    fn of(root: NodeRef<'a>) -> Option<Self> {
        let text = |pointer: &str| root.pointer(pointer).and_then(NodeRef::as_str);
        let group = text("/apiVersion")?.split('/').next()?;
        let (values, version) = match (group, text("/kind")?) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") => {
                ("/spec/values", "/spec/chart/spec/version")
            }
            ("argoproj.io", "Application") => (
                "/spec/source/helm/valuesObject",
                "/spec/source/targetRevision",
            ),
            _ => return None,
        };
        Some(Self {
            values: root
                .pointer(values)
                .filter(|node| node.kind() == Kind::Mapping),
            version: text(version).and_then(|version| version.parse().ok()),
        })
    }
}

/// Takes the leaves below a node. An empty mapping is a leaf, and so is every list.
fn flatten(
    source: SourceId,
    node: NodeRef<'_>,
    (path, key): (String, Location),
    values: &mut CniValues,
) {
    if node.kind() == Kind::Mapping && (!node.is_empty() || path.is_empty()) {
        // A scalar of an earlier file gives way to a mapping.
        values.leaves.remove(&path);
        if !path.is_empty() {
            values.branches.insert(path.clone(), key);
        }
        for (name, value) in node.entries() {
            let step = name.scalar_text().unwrap_or_default().replace('.', "\\.");
            let below = if path.is_empty() {
                step
            } else {
                format!("{path}.{step}")
            };
            flatten(source, value, (below, load::location(source, name)), values);
        }
        return;
    }
    // A leaf replaces a whole branch of an earlier file, except an empty mapping, which adds
    // nothing to it.
    let branch = format!("{path}.");
    let has_branch = values
        .leaves
        .range(branch.clone()..)
        .next()
        .is_some_and(|(below, _)| below.starts_with(&branch));
    if has_branch {
        if node.kind() == Kind::Mapping {
            return;
        }
        values.leaves.retain(|below, _| !below.starts_with(&branch));
        values
            .branches
            .retain(|below, _| *below != path && !below.starts_with(&branch));
    }
    let place = load::location(source, node);
    let at = if node.span().is_empty() { key } else { place };
    let value = CniValue {
        value: node.to_json(),
        key,
        at,
    };
    values.leaves.insert(path, value);
}
