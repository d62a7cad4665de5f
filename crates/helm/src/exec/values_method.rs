//! The methods of `chartutil.Values`, the type of `.Values` and `.`.

use super::Executor;
use crate::func::{FuncError, yaml_of};
use crate::value::{Map, MapType, Text, Value};
use crate::values::{path_value, table};

/// Whether `chartutil.Values` has a method of this name; methods come before keys.
pub(super) fn is_method(name: &str) -> bool {
    matches!(name, "AsMap" | "YAML" | "Table" | "PathValue")
}

impl Executor {
    /// Calls a method on values.
    pub(super) fn values_method(
        &mut self,
        map: &Map,
        receiver: &Value,
        name: &str,
        args: &[Value],
    ) -> Result<Value, FuncError> {
        let wanted = usize::from(matches!(name, "Table" | "PathValue"));
        if args.len() != wanted {
            return Err(FuncError::new(format!(
                "wrong number of args for {name}: want {wanted} got {}",
                args.len()
            )));
        }
        let path = args.first().and_then(Value::as_str).unwrap_or_default();
        match name {
            "AsMap" => Ok(Value::from(map.typed(MapType::Any)).with_origin(receiver.origin)),
            "YAML" => {
                self.read_all(receiver)
                    .map_err(|error| FuncError::new(error.message.clone()))?;
                let yaml = yaml_of(receiver);
                Ok(Value::from(Text::from(format!("{}\n", yaml.as_str()))))
            }
            "Table" => match table(map, path) {
                Some(table) => Ok(Value::from(table.typed(MapType::Values))),
                None => Err(FuncError::new(format!("{path:?} is not a table"))),
            },
            _ => {
                let value = path_value(map, path);
                let value =
                    value.ok_or_else(|| FuncError::new(format!("{path:?} is not a value")))?;
                self.reads.mark(value.origin);
                Ok(value)
            }
        }
    }
}
