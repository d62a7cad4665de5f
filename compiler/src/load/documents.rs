//! From a text to its objects.

use super::object::{location, place};
use super::{Loaded, Object, Surprise, charts, ignores, lists, names, pointers};
use crate::finding::{Code, Finding, Severity};
use crate::source::{SourceId, Span};
use netpol_yaml::{Diagnostic, DiagnosticKind, Document, Kind, Limits};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text that is read.
pub(super) struct Text<'a> {
    /// Its number.
    pub source: SourceId,
    /// How it is shown.
    pub shown: &'a str,
    /// Named by the user: then every document must be an object.
    pub named: bool,
    /// The namespace of objects that name none, when the text says so: of a release, or of the
    /// destination of an Application.
    pub namespace: Option<Arc<str>>,
    /// All of it.
    pub content: Arc<str>,
}

/// Reads all documents of a text into `loaded`.
pub(super) fn read(text: &Text<'_>, limits: &Limits, loaded: &mut Loaded) {
    let parsed = netpol_yaml::parse_shared(&text.content, limits);
    let before = loaded.objects.len();
    let (strict, others): (Vec<_>, Vec<_>) =
        (parsed.diagnostics.iter()).partition(|diagnostic| diagnostic.kind.is_strict_only());
    for diagnostic in others {
        if !is_manifest(text, diagnostic) {
            let sentence = format!("`{}` is no YAML, and looks like no manifest", text.shown);
            if loaded.incomplete.last() != Some(&sentence) {
                loaded.incomplete.push(sentence);
            }
            continue;
        }
        loaded.findings.push(finding_of(text, diagnostic));
        if diagnostic.kind == DiagnosticKind::Template {
            let sentence = format!("a template in `{}` was not rendered", text.shown);
            if loaded.incomplete.last() != Some(&sentence) {
                loaded.incomplete.push(sentence);
            }
        }
    }
    let (merged, strict): (Vec<_>, Vec<_>) =
        (strict.into_iter()).partition(|d| d.kind == DiagnosticKind::MergeOverride);
    let mut refused: Vec<Span> = (strict.iter())
        .map(|d| place(text.source, d.span).span)
        .collect();
    refused.sort_unstable();
    let speaks = ignores::may_hold(&text.content);
    for document in parsed.documents {
        let first = loaded.objects.len();
        let document = Arc::new(document);
        if !document.is_empty() {
            take(text, &document, loaded);
            for object in loaded.objects.iter_mut().skip(first) {
                object.home.clone_from(&text.namespace);
                let whole = object.at.span;
                let from = refused.partition_point(|span| span.start < whole.start);
                object.refused = refused.get(from).is_some_and(|span| within(*span, whole));
            }
            surprises(text, &document, first, &refused, loaded);
        }
        if speaks {
            let objects = loaded.objects.get(first..).unwrap_or_default();
            ignores::read(text.source, &document, objects, &mut loaded.ignores);
        }
    }
    // What no server is sent is refused by none: a playbook or the values of something may give a
    // key twice.
    let objects = loaded.objects.get(before..).unwrap_or_default();
    let owner = |diagnostic: &Diagnostic| {
        let at = place(text.source, diagnostic.span).span;
        let after = objects.partition_point(|object| object.at.span.start <= at.start);
        let owner = after.checked_sub(1)?;
        let owns = objects.get(owner).is_some_and(|o| within(at, o.at.span));
        owns.then_some(before + owner)
    };
    let told = strict.iter().filter(|d| text.named || owner(d).is_some());
    let told: Vec<Finding> = told.map(|d| finding_of(text, d)).collect();
    let merged = merged.iter().filter_map(|d| {
        let object = owner(d);
        let told = text.named || object.is_some();
        told.then(|| (finding_of(text, d), object))
    });
    let merged: Vec<_> = merged.collect();
    loaded.findings.extend(told);
    loaded.merged.extend(merged);
}

/// Is what cannot be read a manifest? In a tree there are playbooks and settings of other programs,
/// too, of no concern to a server, many of them templates.
fn is_manifest(text: &Text<'_>, diagnostic: &Diagnostic) -> bool {
    let at = usize::try_from(diagnostic.span.start).unwrap_or(usize::MAX);
    let (before, after) = text
        .content
        .split_at_checked(at)
        .unwrap_or((&text.content, ""));
    let start = before.rfind("\n---").unwrap_or(0);
    let end = at.saturating_add(after.find("\n---").unwrap_or(after.len()));
    let document = text.content.get(start..end).unwrap_or_default();
    let says = |key: &str| document.lines().any(|line| line.starts_with(key));
    let is_clear = says("kind:") && says("apiVersion:");
    // Where it is torn, one of the two may be torn as well.
    let is_torn = document.contains("kind") && document.contains("apiVersion");
    text.named || is_clear || is_torn && diagnostic.kind != DiagnosticKind::Template
}

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.start < outer.end
}

/// What the YAML reader has to say, as a finding.
fn finding_of(text: &Text<'_>, diagnostic: &Diagnostic) -> Finding {
    let at = place(text.source, diagnostic.span);
    let related = diagnostic.related.map(|span| place(text.source, span));
    let message = names::quoted(&diagnostic.message);
    match diagnostic.kind {
        DiagnosticKind::Template => charts::template(at, text.shown),
        DiagnosticKind::DuplicateKey => {
            let finding = Finding::new(Code("NP104"), Severity::Error, message).at(
                at,
                "the API server refuses the second one; without strict checks it wins",
            );
            match related {
                Some(first) => finding.see(first, "given here first, and lost"),
                None => finding,
            }
            .help("keep one of them")
        }
        DiagnosticKind::MergeOverride => {
            let finding = Finding::new(Code("NP104"), Severity::Error, message)
                .at(at, "the API server refuses a key that `<<` gives as well");
            match related {
                Some(other) => finding.see(other, "the same key"),
                None => finding,
            }
            .help("take the key out of one of the two")
        }
        kind => {
            let finding =
                Finding::new(Code("NP101"), Severity::Error, message).at(at, label_of(kind));
            match related {
                Some(other) => finding.see(other, "this belongs to it"),
                None => finding,
            }
        }
    }
}

fn label_of(kind: DiagnosticKind) -> &'static str {
    match kind {
        DiagnosticKind::Encoding => "Kubernetes does not read this character",
        DiagnosticKind::Limit => "more than is read",
        DiagnosticKind::Alias => "an alias needs an anchor before it in the same document",
        DiagnosticKind::Key | DiagnosticKind::Value | DiagnosticKind::Merge => {
            "JSON cannot hold this, and the API server takes nothing else"
        }
        _ => "not YAML from here on",
    }
}

/// Takes the objects of one document: itself, or the items of a list.
fn take(text: &Text<'_>, document: &Arc<Document>, loaded: &mut Loaded) {
    let root = document.root();
    match root.kind() {
        Kind::Mapping => match lists::shape(root, text.named) {
            lists::Shape::List => lists::unroll(text.source, document, loaded),
            lists::Shape::Object => {
                loaded
                    .objects
                    .extend(Object::new(text.source, document, Vec::new(), None));
            }
            lists::Shape::Inventory => {
                let at = location(text.source, root);
                loaded.inventories.push((at, Arc::clone(document)));
            }
            lists::Shape::Nothing => {}
            lists::Shape::Refused(why, node) => {
                let at = location(text.source, node);
                loaded.findings.push(not_an_object(why, at));
            }
        },
        // In a tree, a list at the top of a file is a patch or a playbook, and a text is a secret of
        // another program.
        _ if !text.named => {}
        kind => {
            let at = location(text.source, root);
            let message = format!("this is {}, not a Kubernetes object", noun(kind));
            let finding = Finding::new(Code("NP101"), Severity::Error, message)
                .at(at, "an object begins with `apiVersion` and `kind`");
            loaded.findings.push(finding);
        }
    }
}

fn not_an_object(why: &str, at: crate::source::Location) -> Finding {
    Finding::new(Code("NP103"), Severity::Error, why)
        .at(at, "the API server cannot tell what this is")
        .help("every object needs `apiVersion` and `kind`")
}

/// A kind of node with its article, for messages.
pub(crate) fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "nothing",
        Kind::Bool => "a boolean",
        Kind::Integer | Kind::Float => "a number",
        Kind::String => "a text",
        Kind::Sequence => "a list",
        Kind::Mapping => "a mapping",
    }
}

/// Keeps the surprises of a document with the object that each belongs to. Secrets are passed
/// over: none of their values may reach a finding. So is what is no object, in files that nobody
/// named: kubectl never reads it.
fn surprises(
    text: &Text<'_>,
    document: &Document,
    first: usize,
    refused: &[Span],
    loaded: &mut Loaded,
) {
    let mut by_object: BTreeMap<Option<usize>, Vec<&netpol_yaml::Surprise>> = BTreeMap::new();
    for surprise in document.surprises() {
        let at = place(text.source, surprise.span).span;
        if refused.binary_search(&at).is_ok() {
            continue;
        }
        let inside = loaded.objects.get(first..).unwrap_or_default();
        let after = inside.partition_point(|object| object.at.span.start <= at.start);
        let owner = after.checked_sub(1).and_then(|index| inside.get(index));
        let owns = owner.is_some_and(|object| within(at, object.at.span));
        if owns && owner.is_some_and(|object| object.kind == "Secret") || !owns && !text.named {
            continue;
        }
        let object = owns.then_some(first + after).and_then(|n| n.checked_sub(1));
        by_object.entry(object).or_default().push(surprise);
    }
    for (object, list) in by_object {
        let wanted = list.iter().map(|surprise| surprise.span).collect();
        let owner = object.and_then(|index| loaded.objects.get(index));
        let pointers = owner.map_or_else(BTreeMap::new, |o| pointers::find(o.root(), &wanted));
        for surprise in list {
            loaded.surprises.push(Surprise {
                at: place(text.source, surprise.span),
                kind: surprise.kind,
                looks_like: surprise.looks_like.clone(),
                read_as: surprise.read_as.clone(),
                is_key: surprise.is_key,
                object,
                pointer: pointers.get(&surprise.span).cloned().unwrap_or_default(),
            });
        }
    }
}
