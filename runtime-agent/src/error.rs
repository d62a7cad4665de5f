//! What can go wrong, in sentences that say a way out.

use crate::privileges::{self, Missing};
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

/// Why the agent could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A capability is missing.
    #[error(transparent)]
    Privilege(#[from] Missing),
    /// The kernel refused a step.
    #[error("could not {step}: {reason}")]
    Kernel {
        /// The step.
        step: String,
        /// What the kernel said.
        reason: String,
    },
    /// The kernel refused the program itself.
    #[error("the kernel refuses the dataplane program: {0}")]
    Program(String),
    /// A file could not be read or written.
    #[error("could not {verb} {path}: {reason}")]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A pin is there that this version did not make.
    #[error(
        "{0} was not made by this version of netpold; run `netpold detach` of the version that made it, or choose another --bpffs"
    )]
    ForeignPin(PathBuf),
    /// Another agent works on the same state.
    #[error("another netpold works on {0}; wait for it or choose another --state-dir")]
    Locked(PathBuf),
    /// The bundle is refused.
    #[error("the bundle is refused: {0}")]
    Bundle(String),
    /// The candidate did not answer as it should.
    #[error("the self-test failed and nothing was put in force: {0}")]
    SelfTest(String),
    /// Whoever read the answer has gone away.
    #[error("nobody reads the answer any more")]
    Closed,
    /// Anything else that one sentence tells.
    #[error("{0}")]
    Message(String),
}

impl Error {
    /// A sentence of its own.
    pub fn message(sentence: impl Into<String>) -> Self {
        Self::Message(sentence.into())
    }

    /// A step that the kernel refused; lacking privileges are named.
    pub fn kernel(step: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::PermissionDenied
            && let Err(missing) = privileges::check()
        {
            return missing.into();
        }
        Self::Kernel {
            step: step.to_owned(),
            reason: error.to_string(),
        }
    }

    /// The program was refused.
    pub fn program(error: &dyn Display) -> Self {
        if let Err(missing) = privileges::check() {
            return missing.into();
        }
        Self::Program(error.to_string())
    }

    /// A file could not be read or written.
    pub fn file(verb: &'static str, path: &Path, error: &io::Error) -> Self {
        Self::File {
            verb,
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }

    /// A pin of somebody else.
    pub fn foreign_pin(path: &Path) -> Self {
        Self::ForeignPin(path.to_owned())
    }
}
