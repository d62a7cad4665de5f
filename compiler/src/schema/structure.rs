//! Types and unknown fields, by the JSON schemas in `schemas/kubernetes`.

use super::fields;
use super::path::{of_pointer, push_key};
use super::report::Report;
use crate::finding::{Code, Edit, Finding, Severity};
use crate::load::documents::noun;
use crate::load::quoted;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Registry, ValidationError, Validator};
use netpol_yaml::{NodeRef, Style};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The schemas by the name at the end of their `$id`. They are part of the program: nothing is
/// ever fetched.
static TEXTS: &[(&str, &str)] = &[
    (
        "meta.v1",
        include_str!("../../../schemas/kubernetes/meta.v1.json"),
    ),
    (
        "core.v1",
        include_str!("../../../schemas/kubernetes/core.v1.json"),
    ),
    (
        "networkpolicy.v1",
        include_str!("../../../schemas/kubernetes/networkpolicy.v1.json"),
    ),
    (
        "adminnetworkpolicy.v1alpha1",
        include_str!("../../../schemas/kubernetes/adminnetworkpolicy.v1alpha1.json"),
    ),
    (
        "baselineadminnetworkpolicy.v1alpha1",
        include_str!("../../../schemas/kubernetes/baselineadminnetworkpolicy.v1alpha1.json"),
    ),
    (
        "clusternetworkpolicy.v1alpha2",
        include_str!("../../../schemas/kubernetes/clusternetworkpolicy.v1alpha2.json"),
    ),
    (
        "ciliumpolicy.v2",
        include_str!("../../../schemas/kubernetes/ciliumpolicy.v2.json"),
    ),
    (
        "ciliumcidrgroup.v2",
        include_str!("../../../schemas/kubernetes/ciliumcidrgroup.v2.json"),
    ),
    (
        "pod.v1",
        include_str!("../../../schemas/kubernetes/pod.v1.json"),
    ),
    (
        "node.v1",
        include_str!("../../../schemas/kubernetes/node.v1.json"),
    ),
    (
        "namespace.v1",
        include_str!("../../../schemas/kubernetes/namespace.v1.json"),
    ),
    (
        "service.v1",
        include_str!("../../../schemas/kubernetes/service.v1.json"),
    ),
    (
        "replicationcontroller.v1",
        include_str!("../../../schemas/kubernetes/replicationcontroller.v1.json"),
    ),
    (
        "workload.v1",
        include_str!("../../../schemas/kubernetes/workload.v1.json"),
    ),
    (
        "cronjob.v1",
        include_str!("../../../schemas/kubernetes/cronjob.v1.json"),
    ),
    (
        "endpointslice.v1",
        include_str!("../../../schemas/kubernetes/endpointslice.v1.json"),
    ),
];

/// What the names of the schemas begin with.
const URN: &str = "urn:netpolc:kubernetes:";

/// All schemas, read.
pub(crate) struct Schemas {
    documents: BTreeMap<&'static str, Value>,
    validators: BTreeMap<&'static str, Validator>,
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(Schemas::load);

impl Schemas {
    /// A schema that cannot be read is left out; a test sees to it that there is none.
    fn load() -> Self {
        let documents: BTreeMap<&'static str, Value> = TEXTS
            .iter()
            .filter_map(|(name, text)| Some((*name, serde_json::from_str(text).ok()?)))
            .collect();
        let mut builder = Registry::new();
        for (name, document) in &documents {
            match builder.add(format!("{URN}{name}"), document.clone()) {
                Ok(more) => builder = more,
                Err(_) => return Self::empty(),
            }
        }
        let Ok(registry) = builder.prepare() else {
            return Self::empty();
        };
        let validators = documents
            .iter()
            .filter_map(|(name, document)| {
                let options = jsonschema::options().with_registry(&registry);
                Some((*name, options.build(document).ok()?))
            })
            .collect();
        Self {
            documents,
            validators,
        }
    }

    fn empty() -> Self {
        Self {
            documents: BTreeMap::new(),
            validators: BTreeMap::new(),
        }
    }

    /// The schema behind a `$ref`, which is looked up from the document it stands in.
    pub fn resolve<'a>(
        &'a self,
        document: &'a str,
        reference: &'a str,
    ) -> Option<(&'a str, &'a Value)> {
        let (name, pointer) = reference.split_once('#')?;
        let name = name.strip_prefix(URN).unwrap_or(document);
        Some((name, self.documents.get(name)?.pointer(pointer)?))
    }

    /// A schema document.
    pub fn document(&self, name: &str) -> Option<&Value> {
        self.documents.get(name)
    }
}

/// Checks an object against the schema of this name.
pub(crate) fn check(report: &mut Report<'_>, name: &str) {
    let root = report.object.root();
    if let Some(validator) = SCHEMAS.validators.get(name) {
        let value = root.to_json();
        if !validator.is_valid(&value) {
            for error in validator.iter_errors(&value) {
                explain(report, root, name, &error);
            }
        }
    }
    slips(report, root, name);
}

/// Turns an error of the validator into findings.
fn explain(report: &mut Report<'_>, root: NodeRef<'_>, schema: &str, error: &ValidationError<'_>) {
    let pointer = error.instance_path().as_str();
    let path = of_pointer(root, pointer);
    let why = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for field in unexpected {
                unknown_field(report, root, schema, pointer, field);
            }
            return;
        }
        ValidationErrorKind::Type { kind } => {
            let node = root.pointer(pointer).unwrap_or(root);
            format!("must be {}, not {}", wanted(kind), noun(node.kind()))
        }
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
            "does not fit into the bits that the server has for it".to_owned()
        }
        ValidationErrorKind::Pattern { .. } => {
            "must be a time such as 2006-01-02T15:04:05Z".to_owned()
        }
        _ => error.to_string(),
    };
    let (key, node) = root.nearest(pointer);
    let scalar = node.scalar_text().is_some();
    let place = if scalar { node } else { key.unwrap_or(node) };
    let said = match node.scalar_text() {
        Some(text) if node.as_str().is_none() && node.raw() != text => {
            let raw = quoted(node.raw());
            format!("`{raw}` is read as `{}`: {why}", quoted(&text))
        }
        Some(text) => format!("`{}` {why}", quoted(&text)),
        None => why.clone(),
    };
    let message = format!("the server refuses `{path}`: {why}");
    let at = report.first_line(place);
    let mut finding = Finding::new(Code("NP103"), Severity::Error, message).at(at, said);
    if scalar && wants_text(error.kind()) {
        let raw = node.raw();
        finding = finding.help(format!("write it in quotes: `\"{}\"`", quoted(raw)));
        if node.style() == Style::Plain {
            finding.edits.push(Edit {
                at,
                replacement: format!("\"{raw}\""),
            });
        }
        if is_taken_as_written(pointer) {
            finding = finding.note(READ_AS_WRITTEN);
        }
    }
    report.push(finding);
}

/// What is done about a boolean or a number where a text is wanted (`load::as_written`). The object
/// is kept: what is meant is plain, and so is what to mend.
pub(crate) const READ_AS_WRITTEN: &str = "answers take it as the text that is written";

/// Names and labels are taken as written; a boolean in any other place has no meaning.
fn is_taken_as_written(pointer: &str) -> bool {
    let inside = ["/labels/", "/annotations/", "/matchLabels/", "/values/"];
    let at_end = ["/metadata/name", "/metadata/namespace", "/key"];
    inside.iter().any(|part| pointer.contains(part)) || at_end.iter().any(|e| pointer.ends_with(e))
}

fn wants_text(kind: &ValidationErrorKind) -> bool {
    matches!(kind, ValidationErrorKind::Type { kind } if wanted(kind) == "a text")
}

/// The types that a field may have, in words; null stands for "absent" and is not mentioned.
fn wanted(kind: &TypeKind) -> String {
    let word = |name: &str| match name {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "a text",
        "integer" => "a whole number",
        "boolean" => "a boolean",
        _ => "another type",
    };
    let names: Vec<String> = match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(many) => many.iter().map(|t| t.to_string()).collect(),
    };
    let words: Vec<&str> = names
        .iter()
        .filter(|n| *n != "null")
        .map(|n| word(n))
        .collect();
    words.join(" or ")
}

/// NP102 for one field, with what was probably meant.
fn unknown_field(
    report: &mut Report<'_>,
    root: NodeRef<'_>,
    schema: &str,
    pointer: &str,
    field: &str,
) {
    let Some(parent) = root.pointer(pointer) else {
        return;
    };
    let mut path = of_pointer(root, pointer);
    push_key(&mut path, field);
    let key = parent.entry(field).map_or(parent, |(key, _)| key);
    let known = fields::known(&SCHEMAS, schema, pointer);
    let hint = fields::hint(schema, pointer, field, &known);
    let finding = Finding::new(
        Code("NP102"),
        Severity::Error,
        format!("unknown field `{path}`"),
    )
    .at(report.first_line(key), hint.label);
    let finding = match hint.help {
        Some(help) => finding.help(help),
        None => finding,
    };
    report.push(match hint.note {
        Some(note) => finding.note(note),
        None => finding,
    });
}

/// NP102 for fields that differ from a known one by case only, where the schema does not list
/// every field: there is no such pair in the Kubernetes API.
fn slips(report: &mut Report<'_>, root: NodeRef<'_>, schema: &str) {
    let mut found = Vec::new();
    if let Some(document) = SCHEMAS.document(schema) {
        fields::slips(
            &SCHEMAS,
            (schema, document),
            root,
            &mut String::new(),
            &mut found,
        );
    }
    for (pointer, field) in found {
        unknown_field(report, root, schema, &pointer, &field);
    }
}

#[cfg(test)]
mod tests {
    use super::{SCHEMAS, TEXTS};

    #[test]
    fn every_schema_can_be_read() {
        for (name, _) in TEXTS {
            assert!(SCHEMAS.documents.contains_key(name), "{name}");
            assert!(SCHEMAS.validators.contains_key(name), "{name}");
        }
    }

    #[test]
    fn schemas_say_what_they_are_for() {
        for (name, document) in &SCHEMAS.documents {
            assert_eq!(document["$id"], format!("{}{name}", super::URN));
            assert!(document["title"].is_string(), "{name}");
        }
    }
}
