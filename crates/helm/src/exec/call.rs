//! Calls of functions.

use super::{Exec, Executor};
use crate::ast::{At, Expr};
use crate::func::{Call, Func, Param};
use crate::value::Value;

impl Executor {
    /// Calls a function: the number of arguments is checked, then each is evaluated and checked
    /// against its parameter. `node` is what messages name when the function itself fails.
    pub(super) fn call(
        &mut self,
        dot: &Value,
        function: &'static Func,
        node: At,
        args: &[Expr],
        last: Option<Value>,
    ) -> Exec<Value> {
        let name = function.name;
        let given = args.len() + usize::from(last.is_some());
        let fixed = function.params.len();
        if function.variadic.is_some() {
            if given < fixed {
                return self.error(format!(
                    "wrong number of args for {name}: want at least {fixed} got {}",
                    args.len()
                ));
            }
        } else if given != fixed {
            return self.error(format!(
                "wrong number of args for {name}: want {fixed} got {given}"
            ));
        }
        if name == "and" || name == "or" {
            return self.short_circuit(dot, name == "or", args, last);
        }
        let param = |index: usize| {
            let fixed = function.params.get(index).copied();
            fixed.or(function.variadic).unwrap_or(Param::Any)
        };
        let mut values = Vec::with_capacity(given);
        for (index, arg) in args.iter().enumerate() {
            values.push(self.argument(dot, arg, Some(param(index)))?);
        }
        if let Some(last) = last {
            values.push(self.checked(last, param(given - 1), false)?);
        }
        if name == "call"
            && let (Some(arg), Some(value)) = (args.first(), values.first())
            && !value.is_null()
        {
            self.at(node);
            let message = format!("non-function {arg} of type {}", value.type_name());
            return Err(self.refused(name, message.into()));
        }
        self.read_args(name, &values)?;
        if let Some(running) = &mut self.running
            && (name == "include" || name == "tpl")
        {
            // The chain of calls names the call, not its last argument.
            running.at = node;
        }
        let mut call = Call {
            executor: self,
            name,
        };
        match (function.run)(&mut call, &values) {
            Ok(mut value) => {
                self.mark_result(&values, &mut value);
                Ok(value)
            }
            Err(error) => {
                self.at(node);
                Err(self.refused(name, error))
            }
        }
    }

    /// `and` and `or` evaluate no more arguments than they need.
    fn short_circuit(
        &mut self,
        dot: &Value,
        wanted: bool,
        args: &[Expr],
        last: Option<Value>,
    ) -> Exec<Value> {
        let mut value = Value::NULL;
        for arg in args {
            value = self.argument(dot, arg, Some(Param::Any))?;
            if value.truth() == wanted {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }
}
