//! Templates called by name: `include`, `tpl`, and what all calls share.

use std::rc::Rc;

use super::walk::Flow;
use super::{Bound, Exec, Executor, Place, Running, Scope, Var, bind, without_no_value};
use crate::ast::At;
use crate::func::FuncError;
use crate::value::{Origin, Text, Value, quote};

/// How often a template may include itself, directly or not (Helm's `recursionMaxNums`).
const RECURSION: usize = 1000;

/// The name of a text given to `tpl`, after the name of Helm's root template.
const TPL: &str = "gotpl";

impl Executor {
    /// Runs a template with variables of its own; it writes to the output.
    pub(super) fn enter(
        &mut self,
        bound: Bound,
        frame: u32,
        dot: &Value,
        origin: Origin,
    ) -> Exec<Flow> {
        let template = Rc::clone(&bound.template);
        let running = Running {
            bound,
            frame,
            at: At { id: 0, offset: 0 },
            base: self.vars.len(),
            item: false,
            origin,
        };
        let caller = self.running.replace(running);
        let base = self.vars.len();
        self.declare(&self.root.clone(), dot.clone());
        let result = self.walk(dot, &template.body);
        self.vars.truncate(base);
        self.running = caller;
        result
    }

    /// Runs a template and gives what it wrote.
    pub(super) fn capture(
        &mut self,
        bound: Bound,
        frame: u32,
        dot: &Value,
        origin: Origin,
    ) -> Exec<Text> {
        let out = std::mem::take(&mut self.out);
        let result = self.deeper(|executor| executor.enter(bound, frame, dot, origin));
        let written = std::mem::replace(&mut self.out, out);
        result?;
        Ok(written.finish())
    }

    fn call_site(&self) -> (u32, u32) {
        match &self.running {
            Some(running) => (running.frame, running.at.offset),
            None => (0, 0),
        }
    }

    /// Helm's `include`.
    pub(crate) fn include(&mut self, name: &str, dot: &Value) -> Result<Text, FuncError> {
        let Some(bound) = self.scope.find(name).cloned() else {
            return Err(FuncError::new(format!(
                "template: no template {} associated with template {}",
                quote(name),
                quote(TPL)
            )));
        };
        let key = Rc::clone(&bound.template.name);
        let count = self.included.entry(Rc::clone(&key)).or_insert(0);
        if *count > RECURSION {
            return Err(FuncError::new(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            )));
        }
        *count += 1;
        let (caller, offset) = self.call_site();
        let frame = self.frames.enter(bound.file, caller, offset);
        let origin = self
            .running
            .as_ref()
            .map_or(Origin::NONE, |running| running.origin);
        let result = self.capture(bound, frame, dot, origin);
        if let Some(count) = self.included.get_mut(&key) {
            *count -= 1;
        }
        Ok(result.map_err(|error| *error)?)
    }

    /// Helm's `tpl`.
    pub(crate) fn tpl(&mut self, text: &Text, dot: &Value) -> Result<Text, FuncError> {
        let number = if let Some(number) = self.parsed.get(text.as_str()) {
            *number
        } else {
            let file = crate::parse::parse(TPL, text).map_err(|error| {
                FuncError::new(format!("cannot parse template {}: {error}", quote(text)))
            })?;
            let number = self.add_file(file);
            self.parsed.insert(text.shared(), number);
            number
        };
        let Some(file) = self.file(number) else {
            return Ok(Text::default());
        };
        let Some(template) = file
            .templates
            .iter()
            .find(|template| &*template.name == TPL)
        else {
            return Ok(Text::default());
        };
        let bound = Bound {
            template: Rc::clone(template),
            file: number,
        };
        let origins: Vec<Origin> = text.origins().collect();
        let origin = self.origins.union_all(origins);
        let (caller, offset) = self.call_site();
        let frame = self.frames.enter(number, caller, offset);
        let outer = Rc::clone(&self.scope);
        if file.templates.len() > 1 {
            let mut scope = Scope {
                outer: Some(Rc::clone(&outer)),
                ..Scope::default()
            };
            bind(&mut scope, &file, number);
            self.scope = Rc::new(scope);
        }
        let result = self.capture(bound, frame, dot, origin);
        self.scope = outer;
        let written = result.map_err(|error| FuncError {
            message: format!("error during tpl function execution for {}: ", quote(text)),
            cause: Some(error),
        })?;
        Ok(without_no_value(&written))
    }

    pub(crate) fn note_not_reproducible(&mut self, name: &str) {
        let place = self.here_or_nowhere();
        self.notes.not_reproducible.insert((name.to_owned(), place));
    }

    pub(crate) fn note_lookup(&mut self, what: &str) {
        let place = self.here_or_nowhere();
        self.notes.lookups.insert((what.to_owned(), place));
    }

    pub(super) fn here_or_nowhere(&self) -> Place {
        self.here().unwrap_or(Place {
            file: "".into(),
            offset: 0,
            line: 1,
            column: 1,
        })
    }

    /// The next number of the seeded sequence (`SplitMix64`).
    pub(crate) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Takes bytes from the budget for a function.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), FuncError> {
        self.spend_bytes(bytes)
            .map_err(|error| FuncError::new(error.message.clone()))
    }

    /// Declares a variable.
    pub(super) fn declare(&mut self, name: &Rc<str>, value: Value) {
        self.vars.push(Var {
            name: Rc::clone(name),
            value,
            item: false,
        });
    }

    fn base(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.base)
    }

    /// Gives the innermost variable of this name another value.
    pub(super) fn assign(&mut self, name: &Rc<str>, value: Value) -> Exec<()> {
        let base = self.base();
        let own = self.vars.get_mut(base..).unwrap_or_default();
        match own.iter_mut().rev().find(|own| own.name == *name) {
            Some(slot) => {
                slot.value = value;
                slot.item = false;
                Ok(())
            }
            None => self.error(format!("undefined variable: {name}")),
        }
    }

    /// The value of a variable, and whether it is an item of a `range`.
    pub(super) fn variable(&self, name: &Rc<str>) -> Exec<(Value, bool)> {
        let own = self.vars.get(self.base()..).unwrap_or_default();
        match own.iter().rev().find(|own| own.name == *name) {
            Some(own) => Ok((own.value.clone(), own.item)),
            None => self.error(format!("undefined variable: {name}")),
        }
    }
}
