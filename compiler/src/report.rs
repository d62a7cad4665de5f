//! How findings leave: one file per format.
//!
//! Every format gets the same [`Report`] and is deterministic: the order of the findings is the
//! caller's, and neither the clock nor the machine has a say.

mod concise;
mod frame;
mod full;
mod json;
mod text;

pub use full::Style;

use crate::finding::{Finding, Severity};
use crate::source::Sources;
use std::io::{self, Write};
use std::str::FromStr;

/// What is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The texts that findings point into.
    pub sources: &'a Sources,
    /// In the order in which they are told.
    pub findings: &'a [Finding],
    /// What the findings do not take into account, one sentence each.
    pub incomplete: &'a [String],
}

/// How many findings there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity note.
    pub notes: usize,
    /// Texts that were read.
    pub files: usize,
}

impl Report<'_> {
    /// Counts by severity.
    pub fn counts(&self) -> Counts {
        let of = |severity| {
            let same = |f: &&Finding| f.severity == severity;
            self.findings.iter().filter(same).count()
        };
        Counts {
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            notes: of(Severity::Note),
            files: self.sources.iter().count(),
        }
    }
}

/// The form of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// With the lines of the files, for people.
    #[default]
    Full,
    /// One line per finding, for editors and `grep`.
    Concise,
    /// `schemas/check.v1.json`, for programs.
    Json,
}

/// A word that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format; use full, concise or json")]
pub struct NoFormat(pub String);

impl FromStr for Format {
    type Err = NoFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "full" => Ok(Self::Full),
            "concise" => Ok(Self::Concise),
            "json" => Ok(Self::Json),
            _ => Err(NoFormat(name.to_owned())),
        }
    }
}

impl Report<'_> {
    /// Writes the report. `style` matters to [`Format::Full`] alone.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Full => full::write(self, style, out),
            Format::Concise => concise::write(self, out),
            Format::Json => json::write(self, out),
        }
    }
}
