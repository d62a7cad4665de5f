//! Pipelines, commands and operands.

use std::rc::Rc;

use super::field::Receiver;
use super::{Exec, Executor};
use crate::ast::{Command, Expr, Number, Pipe};
use crate::func::Param;
use crate::value::{Data, IntKind, Value};

impl Executor {
    /// The value of a pipeline; its variables are declared or assigned.
    pub(super) fn pipeline(&mut self, dot: &Value, pipe: &Pipe) -> Exec<Value> {
        self.at(pipe.at);
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value)?);
        }
        let value = value.unwrap_or_default();
        for name in &pipe.declares {
            if pipe.assigns {
                self.assign(name, value.clone())?;
            } else {
                self.declare(name, value.clone());
            }
        }
        Ok(value)
    }

    fn nested(&mut self, dot: &Value, pipe: &Pipe) -> Exec<Value> {
        self.deeper(|executor| executor.pipeline(dot, pipe))
    }

    /// The value of a command; `last` is the value of the command before it in the pipeline.
    fn command(&mut self, dot: &Value, command: &Command, last: Option<Value>) -> Exec<Value> {
        self.step()?;
        let Some((word, args)) = command.args.split_first() else {
            return Ok(Value::NULL);
        };
        match word {
            Expr::Field(at, names) => {
                self.at(*at);
                self.fields(dot, self.dot_item(dot), names, args, last)
            }
            Expr::Chain(at, inner, names) => {
                self.at(*at);
                let receiver = self.chain_head(dot, inner)?;
                self.fields(dot, (receiver, false), names, args, last)
            }
            Expr::Identifier(at, name, function) => {
                self.at(*at);
                let Some(function) = function else {
                    return self.unknown_function(name);
                };
                self.call(dot, function, command.at, args, last)
            }
            Expr::Pipe(pipe) => {
                self.no_arguments(word, args, last.as_ref())?;
                self.nested(dot, pipe)
            }
            Expr::Variable(at, names) => {
                self.at(*at);
                let (receiver, names) = self.head(names)?;
                if names.is_empty() {
                    self.no_arguments(word, args, last.as_ref())?;
                    return Ok(receiver.0);
                }
                self.fields(dot, receiver, names, args, last)
            }
            _ => {
                self.at(word.at());
                self.no_arguments(word, args, last.as_ref())?;
                match word {
                    Expr::Nil(_) => self.error("nil is not a command"),
                    _ => self.constant(dot, word),
                }
            }
        }
    }

    fn unknown_function<T>(&mut self, name: &Rc<str>) -> Exec<T> {
        let place = self.here_or_nowhere();
        self.missing_functions
            .entry(Rc::clone(name))
            .or_insert(place);
        self.error(format!(
            "function {} not defined",
            crate::value::quote(name)
        ))
    }

    /// The variable at the head of a chain, and the fields behind it.
    fn head<'n>(&self, names: &'n [Rc<str>]) -> Exec<(Receiver, &'n [Rc<str>])> {
        match names.split_first() {
            Some((name, names)) => Ok((self.variable(name)?, names)),
            None => Ok(((Value::NULL, false), names)),
        }
    }

    /// The dot as the head of a chain.
    fn dot_item(&self, dot: &Value) -> Receiver {
        let item = self.running.as_ref().is_some_and(|running| running.item);
        (dot.clone(), item)
    }

    fn chain_head(&mut self, dot: &Value, inner: &Expr) -> Exec<Value> {
        match inner {
            Expr::Nil(_) => self.error(format!("indirection through explicit nil in {inner}")),
            _ => self.argument(dot, inner, None),
        }
    }

    fn no_arguments(&self, word: &Expr, args: &[Expr], last: Option<&Value>) -> Exec<()> {
        if args.is_empty() && last.is_none() {
            return Ok(());
        }
        let word = match word {
            Expr::Pipe(pipe) => pipe.to_string(),
            word => word.to_string(),
        };
        self.error(format!("can't give argument to non-function {word}"))
    }

    /// A constant, or the dot.
    fn constant(&self, dot: &Value, expr: &Expr) -> Exec<Value> {
        Ok(match expr {
            Expr::Dot(_) => dot.clone(),
            Expr::Bool(_, flag) => (*flag).into(),
            Expr::Str(_, text, _) => text.clone().into(),
            Expr::Number(_, number) => return self.ideal(number),
            _ => {
                return self.error(format!(
                    "can't evaluate command {}",
                    crate::value::quote(&expr.to_string())
                ));
            }
        })
    }

    /// A number where nothing says which type is wanted.
    fn ideal(&self, number: &Number) -> Exec<Value> {
        match (number.is_float, number.int, number.float) {
            (true, _, Some(float)) | (_, None, Some(float)) => Ok(float.into()),
            (_, Some(int), _) => Ok(Value::int(int)),
            _ => self.error(format!("{} overflows int", number.text)),
        }
    }

    /// An argument of a call, checked against the parameter's type; without a type everything
    /// goes.
    pub(super) fn argument(
        &mut self,
        dot: &Value,
        expr: &Expr,
        param: Option<Param>,
    ) -> Exec<Value> {
        if !matches!(expr, Expr::Pipe(_)) {
            self.at(expr.at());
        }
        let (value, interface) = match expr {
            Expr::Dot(_) => (dot.clone(), false),
            Expr::Field(_, names) => (
                self.fields(dot, self.dot_item(dot), names, &[], None)?,
                true,
            ),
            Expr::Variable(_, names) => {
                let (receiver, names) = self.head(names)?;
                if names.is_empty() {
                    (receiver.0, false)
                } else {
                    (self.fields(dot, receiver, names, &[], None)?, true)
                }
            }
            Expr::Chain(_, inner, names) => {
                let receiver = self.chain_head(dot, inner)?;
                (self.fields(dot, (receiver, false), names, &[], None)?, true)
            }
            Expr::Pipe(pipe) => (self.nested(dot, pipe)?, false),
            Expr::Identifier(at, name, function) => {
                let Some(function) = function else {
                    return self.unknown_function(name);
                };
                (self.call(dot, function, *at, &[], None)?, false)
            }
            Expr::Nil(_) => {
                return match param {
                    Some(param) if !param.takes_nil() => {
                        self.error(format!("cannot assign nil to {}", param.name()))
                    }
                    _ => Ok(Value::NULL),
                };
            }
            Expr::Bool(..) | Expr::Number(..) | Expr::Str(..) => {
                return self.typed_constant(dot, expr, param.unwrap_or(Param::Any));
            }
        };
        match param {
            Some(param) => self.checked(value, param, interface),
            None => Ok(value),
        }
    }

    /// A constant where a type is wanted.
    fn typed_constant(&self, dot: &Value, expr: &Expr, param: Param) -> Exec<Value> {
        let expected = |what: &str| self.error(format!("expected {what}; found {expr}"));
        match (param, expr) {
            (Param::Any, _) => self.constant(dot, expr),
            (Param::Str, Expr::Str(_, text, _)) => Ok(text.clone().into()),
            (Param::Str, _) => expected("string"),
            (Param::Bool, Expr::Bool(_, flag)) => Ok((*flag).into()),
            (Param::Bool, _) => expected("bool"),
            (Param::Float, Expr::Number(_, number)) if number.float.is_some() => {
                Ok(number.float.unwrap_or_default().into())
            }
            (Param::Float, _) => expected("float"),
            (Param::Int | Param::Int64, Expr::Number(_, number)) if number.int.is_some() => {
                let kind = if param == Param::Int {
                    IntKind::Int
                } else {
                    IntKind::Int64
                };
                Ok(Data::Int(number.int.unwrap_or_default(), kind).into())
            }
            (Param::Int | Param::Int64, _) => expected("integer"),
            (Param::Uint64, Expr::Number(_, number)) if number.int.is_some_and(|int| int >= 0) => {
                Ok(Data::Int(number.int.unwrap_or_default(), IntKind::Uint64).into())
            }
            (Param::Uint64, _) => expected("unsigned integer"),
            _ => self.error(format!(
                "can't handle {expr} for arg of type {}",
                param.name()
            )),
        }
    }

    /// Go's assignability of a value to a parameter. `interface` says that a nil here is a nil
    /// interface (an entry that a map does not have), which is worse than an untyped nil.
    pub(super) fn checked(&self, value: Value, param: Param, interface: bool) -> Exec<Value> {
        if value.is_null() {
            return if param == Param::Any || (param.takes_nil() && !interface) {
                Ok(value)
            } else if interface {
                self.error(format!(
                    "wrong type for value; expected {}; got interface {{}}",
                    param.name()
                ))
            } else {
                self.error(format!("invalid value; expected {}", param.name()))
            };
        }
        if param.takes(&value) {
            return Ok(value);
        }
        self.error(format!(
            "wrong type for value; expected {}; got {}",
            param.name(),
            value.type_name()
        ))
    }
}
