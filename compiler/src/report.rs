//! How findings leave: one file per format.
//!
//! Every format gets the same [`Report`] and is deterministic: the order of the findings is the
//! caller's, and neither the clock nor the machine has a say.

mod concise;
mod frame;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod place;
mod sarif;
mod text;

pub use full::Style;
pub use place::fingerprints;

use crate::finding::{Finding, Severity};
use crate::lint::suppress::Suppressed;
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
    /// Findings that are not told, but counted.
    pub suppressed: &'a [Suppressed],
    /// Are they listed as well, by the formats that know such a thing?
    pub show_suppressed: bool,
}

impl<'a> Report<'a> {
    /// A report in which nothing is suppressed.
    pub fn new(sources: &'a Sources, findings: &'a [Finding], incomplete: &'a [String]) -> Self {
        Self {
            sources,
            findings,
            incomplete,
            suppressed: &[],
            show_suppressed: false,
        }
    }

    /// What is listed of the suppressed findings.
    fn listed(&self) -> &'a [Suppressed] {
        if self.show_suppressed {
            self.suppressed
        } else {
            &[]
        }
    }
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
    /// Findings that a comment, an annotation or the configuration suppresses.
    pub suppressed: usize,
    /// Findings that are in the baseline, or were there at the commit that is compared with.
    pub known: usize,
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
            suppressed: self.suppressed.iter().filter(|s| !s.by.is_known()).count(),
            known: self.suppressed.iter().filter(|s| s.by.is_known()).count(),
            files: self.sources.files().count(),
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
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// `JUnit` XML, for CI services.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// A table for a pull request.
    Markdown,
}

impl Format {
    /// All of them, by the names that users write.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("full", Self::Full),
        ("concise", Self::Concise),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
        ("markdown", Self::Markdown),
    ];
}

/// A word that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format; use full, concise, json, sarif, junit, github, gitlab or markdown")]
pub struct NoFormat(pub String);

impl FromStr for Format {
    type Err = NoFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::NAMES.into_iter().find(|(known, _)| *known == name);
        known
            .map(|(_, format)| format)
            .ok_or_else(|| NoFormat(name.to_owned()))
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
            Format::Sarif => sarif::write(self, out),
            Format::Junit => junit::write(self, out),
            Format::Github => github::write(self, out),
            Format::Gitlab => gitlab::write(self, out),
            Format::Markdown => markdown::write(self, out),
        }
    }
}
