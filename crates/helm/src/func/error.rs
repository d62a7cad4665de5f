//! Why a function gave no value.

use std::fmt;

use crate::exec::ExecError;

/// A function's refusal.
#[derive(Clone, Debug)]
pub struct FuncError {
    /// The message, as the Go function's error has it, up to the text of the cause.
    pub message: String,
    /// The failure inside `include` or `tpl`, whose text follows the message.
    pub cause: Option<Box<ExecError>>,
}

impl FuncError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            cause: None,
        }
    }
}

impl From<ExecError> for FuncError {
    fn from(error: ExecError) -> Self {
        Self {
            message: String::new(),
            cause: Some(Box::new(error)),
        }
    }
}

impl fmt::Display for FuncError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.cause {
            Some(cause) => cause.fmt(formatter),
            None => Ok(()),
        }
    }
}

impl From<String> for FuncError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl From<&str> for FuncError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}
