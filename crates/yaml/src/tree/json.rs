//! The tree as the JSON that kubectl sends.

use serde_json::{Map, Number, Value};

use super::Data;
use super::node_ref::NodeRef;
use crate::number;

impl NodeRef<'_> {
    /// The node as JSON, as kubectl would send it: keys as strings, aliases written out.
    ///
    /// Size and depth are bounded by the [`Limits`](crate::Limits) under which the document was
    /// read, aliases included.
    pub fn to_json(self) -> Value {
        match self.data() {
            Data::Null | Data::Alias(_) => Value::Null,
            Data::Bool(value) => Value::Bool(value),
            Data::Int(value) => Value::from(value.i64()),
            Data::Uint(value) => Value::from(value.u64()),
            Data::Float(value) => float(value.f64()),
            Data::Source(_) | Data::Owned(_) => Value::from(self.as_str().unwrap_or_default()),
            Data::Sequence(_) => self.items().map(NodeRef::to_json).collect(),
            Data::Mapping(_) => {
                let mut object = Map::with_capacity(self.len());
                for (key, value) in self.entries() {
                    let key = key.scalar_text().unwrap_or_default();
                    object.insert(key.into_owned(), value.to_json());
                }
                Value::Object(object)
            }
        }
    }
}

/// A float as Go prints it: `8080.0` is the integer 8080.
fn float(value: f64) -> Value {
    let text = number::json(value);
    if let Ok(integer) = text.parse::<i64>() {
        return Value::from(integer);
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Value::from(integer);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
