//! Why a template failed, in text/template's words.

use std::fmt;

use super::{Exec, Executor, Place};
use crate::func::FuncError;

/// A failure with its place. Its text is Go's: `template: web/templates/x.yaml:3:5: executing
/// "web/templates/x.yaml" at <include "a" .>: error calling include: template: …`.
#[derive(Clone, Debug)]
pub struct ExecError {
    /// Where the failing node stands; none when there is no template to stand in.
    pub place: Option<Place>,
    /// The `include`, `tpl` and `template` calls that led there, the outermost first; only the
    /// innermost failure, which has no cause, tells them.
    pub calls: Vec<Place>,
    /// The template that was executed.
    pub template: String,
    /// The node as Go writes it.
    pub node: String,
    /// What is wrong, up to the text of the cause.
    pub message: String,
    /// The failure inside the template that was called.
    pub cause: Option<Box<ExecError>>,
    /// The number of causes below.
    levels: usize,
}

/// How many causes an error keeps. Helm's recursion ends at 1,000 `include`s; of deeper chains
/// the innermost causes and the outermost error are kept.
const LEVELS: usize = 1100;

impl ExecError {
    /// A failure outside of any template.
    pub(super) fn plain(message: String) -> Box<Self> {
        Box::new(Self {
            place: None,
            calls: Vec::new(),
            template: String::new(),
            node: String::new(),
            message,
            cause: None,
            levels: 0,
        })
    }

    /// The innermost failure, where the reason lies.
    pub fn innermost(&self) -> &Self {
        let mut error = self;
        while let Some(cause) = &error.cause {
            error = cause;
        }
        error
    }

    /// What the chart's author says through `fail` or `required`, if it is that.
    pub fn refusal(&self) -> Option<&str> {
        let message = &self.innermost().message;
        let (_, rest) = message.split_once(crate::func::WARN_START)?;
        let (message, _) = rest.rsplit_once(crate::func::WARN_END)?;
        Some(message)
    }

    /// The message as `helm template` prints it: a refusal without all that led there.
    pub fn helm_message(&self) -> String {
        match (self.refusal(), &self.place) {
            (Some(refusal), Some(place)) => format!(
                "execution error at ({}:{}:{}): {refusal}",
                place.file,
                place.line,
                place.column - 1
            ),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut error = Some(self);
        while let Some(this) = error {
            if let Some(place) = &this.place {
                write!(
                    out,
                    "template: {}:{}:{}: executing {} at <{}>: ",
                    place.file,
                    place.line,
                    place.column.saturating_sub(1),
                    crate::value::quote(&this.template),
                    this.node,
                )?;
            }
            out.write_str(&this.message)?;
            error = this.cause.as_deref();
        }
        Ok(())
    }
}

impl std::error::Error for ExecError {}

impl Executor {
    /// A failure at the node that messages name now.
    pub(super) fn error<T>(&self, message: impl Into<String>) -> Exec<T> {
        Err(self.failure(message.into(), None))
    }

    pub(super) fn failure(&self, message: String, cause: Option<Box<ExecError>>) -> Box<ExecError> {
        let Some(running) = &self.running else {
            return ExecError::plain(message);
        };
        let node = running.bound.template.show(running.at.id);
        let cause = match cause {
            Some(cause) if cause.levels >= LEVELS => cause.cause,
            cause => cause,
        };
        let calls = match &cause {
            Some(_) => Vec::new(),
            None => self.frames.calls(running.frame, &self.files),
        };
        let levels = cause.as_ref().map_or(0, |cause| cause.levels + 1);
        Box::new(ExecError {
            place: self.here(),
            calls,
            template: running.bound.template.name.to_string(),
            node: node.unwrap_or_default(),
            message,
            cause,
            levels,
        })
    }

    /// The place of the node that messages name now.
    pub(super) fn here(&self) -> Option<Place> {
        let running = self.running.as_ref()?;
        super::place::place(&self.files, running.bound.file, running.at.offset)
    }

    /// A function's or method's refusal at the node that messages name now.
    pub(super) fn refused(&self, name: &str, error: FuncError) -> Box<ExecError> {
        let message = format!("error calling {name}: {}", error.message);
        self.failure(message, error.cause)
    }
}
