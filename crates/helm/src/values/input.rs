//! What the user gives: files and arguments, put together as Helm does before it sees the chart.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use netpol_yaml::Span;

use super::source::{Source, SourceKind, Sources};
use super::strvals;
use super::yaml::read_values;
use crate::value::{Map, Origins, SourceId, Value};

/// One `-f` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesFile {
    /// How to name it in messages.
    pub name: String,
    /// Its text.
    pub text: Arc<str>,
}

/// Which flag an argument was given with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetKind {
    /// `--set-json`: `path=JSON`.
    Json,
    /// `--set`: `path=value`, with numbers, booleans, null, lists in braces.
    Plain,
    /// `--set-string`: as `--set`, every value a string.
    String,
    /// `--set-file`: `path=FILE`, the value is the file's text.
    File,
    /// `--set-literal`: `path=text`, the text up to its end.
    Literal,
}

impl SetKind {
    /// The flag.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Json => "--set-json",
            Self::Plain => "--set",
            Self::String => "--set-string",
            Self::File => "--set-file",
            Self::Literal => "--set-literal",
        }
    }
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetValue {
    /// The flag.
    pub kind: SetKind,
    /// The argument.
    pub text: String,
    /// For `--set-file`: the texts of the files it names, by the names it uses. See
    /// [`SetValue::file_names`].
    pub files: Vec<(String, String)>,
}

impl SetValue {
    /// An argument that names no files.
    pub fn new(kind: SetKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            files: Vec::new(),
        }
    }

    /// The files that a `--set-file` argument names, for the caller to read.
    pub fn file_names(text: &str) -> Vec<String> {
        strvals::file_names(text)
    }
}

/// All that the user gives. Files are laid over each other in order; then come the arguments, as
/// in Helm all of one flag before those of the next: `--set-json`, `--set`, `--set-string`,
/// `--set-file`, `--set-literal`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValuesInput {
    /// The `-f` files in their order.
    pub files: Vec<ValuesFile>,
    /// The arguments in their order.
    pub sets: Vec<SetValue>,
}

/// A values file or argument that Helm cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesError {
    /// The text it is in.
    pub source: SourceId,
    /// The place in it.
    pub span: Span,
    /// The sentence.
    pub message: String,
}

impl fmt::Display for ValuesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl ValuesInput {
    /// The values as one map (`Options.MergeValues`).
    pub(crate) fn merge(
        &self,
        sources: &mut Sources,
        origins: &mut Origins,
    ) -> Result<Map, ValuesError> {
        let mut base = Map::new();
        for file in &self.files {
            let source = sources.add(Source {
                kind: SourceKind::File,
                name: file.name.clone(),
                text: Arc::clone(&file.text),
            });
            let values =
                read_values(&file.text, source, &[], origins).map_err(|wrong| ValuesError {
                    source,
                    span: wrong.span,
                    message: format!("failed to parse {}: {}", file.name, wrong.message),
                })?;
            base = merge_maps(&base, &values);
        }
        let mut sets: Vec<&SetValue> = self.sets.iter().collect();
        sets.sort_by_key(|set| set.kind);
        for set in sets {
            let source = sources.add(Source {
                kind: SourceKind::Argument,
                name: set.kind.flag().to_owned(),
                text: set.text.as_str().into(),
            });
            strvals::apply(set, source, &base, origins).map_err(|wrong| ValuesError {
                source,
                span: wrong.span,
                message: format!("failed parsing {} data: {}", set.kind.flag(), wrong.message),
            })?;
        }
        Ok(base)
    }
}

/// Lays `above` over `below`: maps are merged, all else is replaced.
fn merge_maps(below: &Map, above: &Map) -> Map {
    let out = below.shallow();
    for (key, value) in above.entries() {
        let known = out.get(&key);
        let merged = match (value.as_map(), known.as_ref().and_then(Value::as_map)) {
            (Some(above), Some(below)) => {
                Value::from(merge_maps(below, above)).with_origin(value.origin)
            }
            _ => value,
        };
        out.set(Rc::clone(&key), merged);
    }
    out
}
