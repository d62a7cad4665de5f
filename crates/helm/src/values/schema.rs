//! `values.schema.json`: what a chart demands of its values.
//!
//! Helm reads these schemas as draft 4 to 7 and refuses the values when one fails, a subchart's
//! as well as the root's. Here newer drafts are read by their own rules too. Nothing is ever
//! fetched: a schema that refers to another one on the network says so instead.

use std::rc::Rc;

use jsonschema::{Draft, PatternOptions, Retrieve, Uri, Validator};
use serde_json::Value as Json;

use super::json::to_json;
use crate::chart::ChartFile;
use crate::value::{Data, Map, Origin, Value};

/// The type of a value in the words of JSON Schema; the narrowest one that it has.
pub fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// Values that a schema refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaViolation {
    /// The chart whose schema it is, as Helm names it.
    pub chart: String,
    /// The schema's file in the root chart.
    pub file: String,
    /// The path in the root chart's values.
    pub path: Vec<Rc<str>>,
    /// The leaf or branch it is about, or the nearest one above that exists.
    pub origin: Origin,
    /// The place in the schema, as a JSON pointer.
    pub schema_pointer: String,
    /// What is wrong, in a sentence that never shows the value.
    pub message: String,
}

/// A schema that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaProblem {
    /// The schema's file in the root chart.
    pub file: String,
    /// It refers to a schema on the network, which is not fetched.
    pub remote: bool,
    /// The sentence.
    pub message: String,
}

/// Collects what the schemas of a chart tree say.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) violations: Vec<SchemaViolation>,
    pub(crate) problems: Vec<SchemaProblem>,
}

/// The most violations of one schema that are kept.
const MOST: usize = 50;

impl Schemas {
    /// Checks the values of one chart. `prefix` is the path of its values in the root's.
    pub(crate) fn check(
        &mut self,
        chart: &str,
        directory: &str,
        schema: &ChartFile,
        values: &Map,
        prefix: &[Rc<str>],
    ) {
        let file = if directory.is_empty() {
            schema.path.clone()
        } else {
            format!("{directory}/{}", schema.path)
        };
        let validator = match compile(&schema.data) {
            Ok(validator) => validator,
            Err((remote, message)) => {
                self.problems.push(SchemaProblem {
                    file,
                    remote,
                    message,
                });
                return;
            }
        };
        let root = Value::from(values.clone());
        for error in validator.iter_errors(&to_json(&root)).take(MOST) {
            let below: Vec<Rc<str>> = error
                .instance_path()
                .as_str()
                .split('/')
                .skip(1)
                .map(|part| part.replace("~1", "/").replace("~0", "~").into())
                .collect();
            let origin = nearest(&root, &below);
            self.violations.push(SchemaViolation {
                chart: chart.to_owned(),
                file: file.clone(),
                path: prefix.iter().cloned().chain(below).collect(),
                origin,
                schema_pointer: error.schema_path().to_string(),
                message: error.masked().to_string(),
            });
        }
    }
}

/// Refuses to fetch anything.
struct Offline;

/// How the refusal is recognised in what the validator says.
const REMOTE: &str = "it lies on the network, and nothing is fetched";

impl Retrieve for Offline {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("the schema refers to `{uri}`: {REMOTE}").into())
    }
}

fn compile(bytes: &[u8]) -> Result<Validator, (bool, String)> {
    let schema: Json = serde_json::from_slice(bytes).map_err(|error| (false, error.to_string()))?;
    let named = schema
        .get("$schema")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let draft = [
        ("draft-04", Draft::Draft4),
        ("draft-06", Draft::Draft6),
        ("draft-07", Draft::Draft7),
        ("2019-09", Draft::Draft201909),
        ("2020-12", Draft::Draft202012),
    ]
    .into_iter()
    .find(|(name, _)| named.contains(name))
    .map_or(Draft::Draft7, |(_, draft)| draft);
    jsonschema::options()
        .with_draft(draft)
        .with_retriever(Offline)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| {
            let message = error.to_string();
            (message.contains(REMOTE), message)
        })
}

/// The origin of the value at a path, or of the last one on the way that has one.
pub(crate) fn nearest(root: &Value, path: &[Rc<str>]) -> Origin {
    let mut origin = root.origin;
    let mut value = root.clone();
    for part in path {
        let next = match &value.data {
            Data::Map(map) => map.get(part),
            Data::List(list) => part.parse().ok().and_then(|index| list.get(index)),
            _ => None,
        };
        let Some(next) = next else { break };
        origin = next.origin.or(origin);
        value = next;
    }
    origin
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Origins, SourceId};

    fn check(schema: &str, values: &str) -> Schemas {
        let mut origins = Origins::new();
        let map =
            crate::values::read_values(&values.into(), SourceId(0), &[], &mut origins).unwrap();
        let mut schemas = Schemas::default();
        let file = ChartFile::new("values.schema.json", schema.as_bytes());
        schemas.check("x", "", &file, &map, &[]);
        for violation in &schemas.violations {
            assert!(!violation.origin.is_none() || violation.path.is_empty());
        }
        schemas
    }

    #[test]
    fn every_draft_is_read_by_its_own_rules() {
        // exclusiveMinimum is a boolean in draft 4 and a number since draft 6.
        for (draft, schema) in [
            (
                "http://json-schema.org/draft-04/schema#",
                r#""minimum": 3, "exclusiveMinimum": true"#,
            ),
            (
                "http://json-schema.org/draft-06/schema#",
                r#""exclusiveMinimum": 3"#,
            ),
            (
                "http://json-schema.org/draft-07/schema#",
                r#""exclusiveMinimum": 3"#,
            ),
            (
                "https://json-schema.org/draft/2019-09/schema",
                r#""exclusiveMinimum": 3"#,
            ),
            (
                "https://json-schema.org/draft/2020-12/schema",
                r#""exclusiveMinimum": 3"#,
            ),
        ] {
            let schema =
                format!(r#"{{"$schema": "{draft}", "properties": {{"a": {{{schema}}}}}}}"#);
            assert_eq!(check(&schema, "a: 4").violations.len(), 0, "{draft}");
            let refused = check(&schema, "a: 3");
            assert_eq!(refused.violations.len(), 1, "{draft}");
            assert_eq!(refused.violations[0].path.join("."), "a");
        }
    }

    #[test]
    fn a_reference_to_the_network_is_a_problem_and_not_a_request() {
        let schema = r#"{"properties": {"a": {"$ref": "https://example.com/a.json"}}}"#;
        let schemas = check(schema, "a: 3");
        assert!(schemas.problems[0].remote, "{schemas:?}");
        assert!(schemas.violations.is_empty());
    }

    #[test]
    fn values_are_not_shown() {
        let schema = r#"{"properties": {"password": {"type": "integer"}}}"#;
        let schemas = check(schema, "password: s3cret");
        assert!(
            !schemas.violations[0].message.contains("s3cret"),
            "{schemas:?}"
        );
    }
}
