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
    /// The `include`, `tpl` and `template` calls that led there, the outermost first.
    pub calls: Vec<Place>,
    /// The template that was executed.
    pub template: String,
    /// The node as Go writes it.
    pub node: String,
    /// What is wrong, with the text of the cause.
    pub message: String,
    /// The failure inside the template that was called.
    pub cause: Option<Box<ExecError>>,
}

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
        let (_, rest) = self.message.split_once(crate::func::WARN_START)?;
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
        let Some(place) = &self.place else {
            return out.write_str(&self.message);
        };
        write!(
            out,
            "template: {}:{}:{}: executing {} at <{}>: {}",
            place.file,
            place.line,
            place.column.saturating_sub(1),
            crate::value::quote(&self.template),
            self.node,
            self.message
        )
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
        Box::new(ExecError {
            place: self.here(),
            calls: self.frames.calls(running.frame, &self.files),
            template: running.bound.template.name.to_string(),
            node: node.unwrap_or_default(),
            message,
            cause,
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
