//! How the tables below `schemas/cni` are read.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A table with rows of one kind and nothing else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table<R> {
    /// What the file is.
    #[serde(rename = "comment")]
    _comment: String,
    /// Its rows.
    pub rows: Vec<R>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self {
            _comment: String::new(),
            rows: Vec::new(),
        }
    }
}

/// A file that is part of the program. Beside each there is a test that reads it strictly, so that
/// it is never empty here.
pub fn built_in<T: DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}
