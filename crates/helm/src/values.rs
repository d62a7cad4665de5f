//! Values: what the user gives, what charts bring, and how Helm puts them together.

mod coalesce;
mod input;
mod json;
mod path;
mod schema;
mod source;
mod strvals;
mod yaml;

pub(crate) use coalesce::{Coalescer, Unit, deep_copy, merge_tables};
pub use input::{SetKind, SetValue, ValuesError, ValuesFile, ValuesInput};
pub(crate) use path::{path_value, table};
pub(crate) use schema::Schemas;
pub use schema::{SchemaProblem, SchemaViolation, type_of};
pub use source::{Source, SourceKind, Sources};
pub(crate) use yaml::read_values;
