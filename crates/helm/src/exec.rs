//! Runs templates.
use std::fmt;

use crate::func::FuncError;
use crate::value::{Origins, Reads, Text, Value};

/// Why a template failed.
#[derive(Clone, Debug)]
pub struct ExecError {
    /// The message.
    pub message: String,
}

impl fmt::Display for ExecError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Runs templates.
#[derive(Debug, Default)]
pub struct Executor {
    pub(crate) reads: Reads,
    pub(crate) origins: Origins,
    pub(crate) now: i64,
}

impl Executor {
    pub(crate) fn include(&mut self, name: &str, _dot: Value) -> Result<Text, FuncError> {
        Err(FuncError::new(name))
    }
    pub(crate) fn tpl(&mut self, text: &Text, _dot: Value) -> Result<Text, FuncError> {
        Err(FuncError::new(text.as_str()))
    }
    pub(crate) fn read_all(&mut self, value: &Value) {
        self.reads.mark(value.origin);
    }
    pub(crate) fn note_not_reproducible(&mut self, _name: &str) {}
    pub(crate) fn note_lookup(&mut self, _what: &str) {}
    pub(crate) fn random(&mut self) -> u64 {
        0
    }
    pub(crate) fn spend(&mut self, _bytes: usize) -> Result<(), FuncError> {
        Ok(())
    }
}
