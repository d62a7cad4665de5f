//! Fields, entries and methods.

use std::rc::Rc;

use super::{Exec, Executor, values_method};
use crate::ast::Expr;
use crate::func::FuncError;
use crate::value::{Data, MapType, Value};

/// What a chain of fields begins with, and whether it came out of an interface.
pub(super) type Receiver = (Value, bool);

impl Executor {
    /// `.A.B.C args`: fields one behind the other; the last one may be a method with arguments.
    /// With the receiver goes whether it came out of an interface.
    pub(super) fn fields(
        &mut self,
        dot: &Value,
        receiver: Receiver,
        names: &[Rc<str>],
        args: &[Expr],
        last: Option<Value>,
    ) -> Exec<Value> {
        let Some((name, before)) = names.split_last() else {
            return Ok(receiver.0);
        };
        let (mut receiver, mut interface) = receiver;
        for name in before {
            (receiver, interface) = self.field(dot, &receiver, interface, name, &[], None)?;
        }
        let (value, _) = self.field(dot, &receiver, interface, name, args, last)?;
        Ok(value)
    }

    /// One field, and whether it came out of an interface: nil then has no fields, while an
    /// untyped nil has none but nil ones.
    fn field(
        &mut self,
        dot: &Value,
        receiver: &Value,
        interface: bool,
        name: &Rc<str>,
        args: &[Expr],
        last: Option<Value>,
    ) -> Exec<(Value, bool)> {
        let has_args = !args.is_empty() || last.is_some();
        match &receiver.data {
            Data::Null if interface => {
                self.error(format!("nil pointer evaluating interface {{}}.{name}"))
            }
            Data::Null => Ok((Value::NULL, false)),
            Data::Map(map)
                if map.map_type() == MapType::Values && values_method::is_method(name) =>
            {
                let map = map.clone();
                let args = self.method_args(dot, args, last)?;
                match self.values_method(&map, receiver, name, &args) {
                    Ok(value) => Ok((value, false)),
                    Err(error) => self.method_failed(name, error),
                }
            }
            Data::Map(_) if has_args => {
                self.error(format!("{name} is not a method but has arguments"))
            }
            Data::Map(map) => {
                let typed = map.map_type() == MapType::Str;
                if let Some(value) = map.get(name) {
                    self.reads.mark(value.origin);
                    return Ok((value, !typed));
                }
                self.reads.mark_missing(receiver.origin, name);
                let zero = if typed { Value::str("") } else { Value::NULL };
                Ok((zero, !typed))
            }
            Data::Object(object) => {
                let object = object.clone();
                if !has_args && let Some(value) = object.field(name) {
                    self.reads.mark(value.origin);
                    return Ok((value, true));
                }
                let args = self.method_args(dot, args, last)?;
                match object.call(name, &args) {
                    Some(Ok(value)) => Ok((value, false)),
                    Some(Err(error)) => self.method_failed(name, error),
                    None if has_args && object.field(name).is_some() => self.error(format!(
                        "{name} has arguments but cannot be invoked as function"
                    )),
                    None => self.no_field(receiver, interface, name),
                }
            }
            _ => self.no_field(receiver, interface, name),
        }
    }

    fn method_args(&mut self, dot: &Value, args: &[Expr], last: Option<Value>) -> Exec<Vec<Value>> {
        let at = self.running.as_ref().map(|running| running.at);
        let mut values = Vec::with_capacity(args.len() + 1);
        for arg in args {
            values.push(self.argument(dot, arg, None)?);
        }
        values.extend(last);
        if let Some(at) = at {
            self.at(at);
        }
        Ok(values)
    }

    fn method_failed<T>(&self, name: &str, error: FuncError) -> Exec<T> {
        // Go checks the arguments of methods before the call: such messages stand alone.
        if error.message.starts_with("wrong number of args")
            || error.message.starts_with("wrong type for value")
        {
            return self.error(error.message);
        }
        Err(self.refused(name, error))
    }

    fn no_field<T>(&self, receiver: &Value, interface: bool, name: &str) -> Exec<T> {
        let of = if interface {
            "interface {}".to_owned()
        } else {
            receiver.type_name()
        };
        self.error(format!("can't evaluate field {name} in type {of}"))
    }
}
