//! `.Files`: what a chart holds beside its templates.

use std::collections::BTreeMap;
use std::rc::Rc;

use data_encoding::BASE64;

use super::glob;
use crate::chart::ChartFile;
use crate::func::{FuncError, yaml_of};
use crate::value::{Data, Map, MapType, Object, Value};

/// `.Files` of one chart, or a part of it after `Glob`.
#[derive(Clone, Debug, Default)]
pub(super) struct FilesObject(Rc<BTreeMap<String, Rc<[u8]>>>);

impl FilesObject {
    pub(super) fn new(files: &[ChartFile]) -> Self {
        let files = files
            .iter()
            .map(|file| (file.path.clone(), Rc::clone(&file.data)));
        Self(Rc::new(files.collect()))
    }

    fn get(&self, name: &str) -> Rc<[u8]> {
        self.0.get(name).cloned().unwrap_or_default()
    }

    fn glob(&self, pattern: &str) -> Self {
        let Some(pattern) = glob::compile(pattern) else {
            return self.clone();
        };
        let files = self.0.iter().filter(|(name, _)| pattern.is_match(name));
        Self(Rc::new(
            files
                .map(|(name, data)| (name.clone(), Rc::clone(data)))
                .collect(),
        ))
    }

    fn lines(&self, name: &str) -> Value {
        let data = self.get(name);
        if data.is_empty() {
            return Value::strings::<&str>([]);
        }
        let text = String::from_utf8_lossy(&data);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        Value::strings(text.split('\n'))
    }

    fn by_base_name(&self, write: impl Fn(&[u8]) -> Value) -> Value {
        let map = Map::of(MapType::Str);
        for (name, data) in self.0.iter() {
            let base = name.rsplit('/').next().unwrap_or(name);
            map.set(base, write(data));
        }
        Value::from(yaml_of(&Value::from(map)))
    }
}

/// Text as long as it is UTF-8. Templates cannot hold other strings; the bytes then stay bytes.
fn text(data: &Rc<[u8]>) -> Value {
    match std::str::from_utf8(data) {
        Ok(text) => Value::str(text),
        Err(_) => Value::from(Data::Bytes(Rc::clone(data))),
    }
}

impl Object for FilesObject {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }

    fn kind(&self) -> &'static str {
        "map"
    }

    fn field(&self, name: &str) -> Option<Value> {
        let data = self.0.get(name)?;
        Some(Value::from(Data::Bytes(Rc::clone(data))))
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, FuncError>> {
        if !matches!(
            name,
            "Get" | "GetBytes" | "Glob" | "Lines" | "AsConfig" | "AsSecrets"
        ) {
            return None;
        }
        let wanted = usize::from(!name.starts_with("As"));
        if args.len() != wanted {
            let message = format!(
                "wrong number of args for {name}: want {wanted} got {}",
                args.len()
            );
            return Some(Err(FuncError::new(message)));
        }
        let argument = match args.first().map(Value::as_str) {
            Some(None) => {
                let message = "wrong type for value; expected string";
                return Some(Err(FuncError::new(message)));
            }
            Some(Some(argument)) => argument,
            None => "",
        };
        Some(Ok(match name {
            "Get" => text(&self.get(argument)),
            "GetBytes" => Value::from(Data::Bytes(self.get(argument))),
            "Glob" => Value::object(self.glob(argument)),
            "Lines" => self.lines(argument),
            "AsConfig" => self.by_base_name(|data| String::from_utf8_lossy(data).as_ref().into()),
            _ => self.by_base_name(|data| BASE64.encode(data).into()),
        }))
    }

    fn print(&self) -> String {
        let entries: Vec<String> = self
            .0
            .iter()
            .map(|(name, data)| {
                let bytes: Vec<String> = data.iter().map(u8::to_string).collect();
                format!("{name}:[{}]", bytes.join(" "))
            })
            .collect();
        format!("map[{}]", entries.join(" "))
    }

    fn to_value(&self) -> Value {
        let files = self.0.iter();
        let map: Map = files
            .map(|(name, data)| (name.as_str(), Value::from(BASE64.encode(data))))
            .collect();
        Value::from(map)
    }

    fn truth(&self) -> bool {
        !self.0.is_empty()
    }

    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        let files = self.0.iter();
        Some(
            files
                .map(|(name, data)| {
                    let data = Value::from(Data::Bytes(Rc::clone(data)));
                    (Value::str(name), data)
                })
                .collect(),
        )
    }
}
