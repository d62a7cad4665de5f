//! What a verb reads from and writes to, and how it ends.

use super::Global;
use std::fmt;
use std::io::{self, Read, Write};

/// When output is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a command ended; the number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Yes, clean, the same.
    Yes,
    /// No, findings, changed.
    No,
    /// It could not answer: usage, unreadable input, a limit.
    CouldNot,
    /// A mistake of the program itself.
    Internal,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::CouldNot => 2,
            Self::Internal => 3,
        }
    }
}

/// Why a verb could not answer.
#[derive(Debug)]
pub enum Failure {
    /// One sentence for people, without `error:` in front.
    Sentence(String),
    /// Everything has been said already, as findings or per line.
    Said,
    /// The answer could not be written.
    Output(io::Error),
}

impl Failure {
    /// A failure that is one sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self::Sentence(sentence.into())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

/// The streams of a command and what is known about them.
pub struct Terminal<'a> {
    /// Read when a path is `-`.
    pub stdin: &'a mut dyn Read,
    /// Findings and answers.
    pub stdout: &'a mut dyn Write,
    /// Progress, notes and errors.
    pub stderr: &'a mut dyn Write,
    /// Is standard output a terminal?
    pub is_terminal: bool,
    /// Is `NO_COLOR` set to something?
    pub no_color: bool,
    color: Color,
    quiet: bool,
    verbose: u8,
}

impl fmt::Debug for Terminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal")
            .field("is_terminal", &self.is_terminal)
            .field("color", &self.color)
            .finish_non_exhaustive()
    }
}

impl<'a> Terminal<'a> {
    /// Streams that are no terminal, as in tests and pipes.
    pub fn new(
        stdin: &'a mut dyn Read,
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
    ) -> Self {
        Self {
            stdin,
            stdout,
            stderr,
            is_terminal: false,
            no_color: false,
            color: Color::Auto,
            quiet: false,
            verbose: 0,
        }
    }

    pub(super) fn configure(&mut self, global: Global) {
        self.color = global.color;
        self.quiet = global.quiet;
        self.verbose = global.verbose;
    }

    /// Are answers to be coloured?
    pub fn colored(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => self.is_terminal && !self.no_color,
        }
    }

    /// How often `-v` was given.
    pub fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// Tells something on standard error that is not an error, unless `-q`.
    pub fn note(&mut self, sentence: &str) {
        if !self.quiet {
            self.tell("note", sentence);
        }
    }

    /// Tells on standard error what went wrong.
    pub fn error(&mut self, sentence: &str) {
        self.tell("error", sentence);
    }

    fn tell(&mut self, what: &str, sentence: &str) {
        // Standard error is the last resort: when it is gone, nobody is left to be told.
        writeln!(self.stderr, "{what}: {sentence}").unwrap_or_default();
    }

    /// Prints what clap says: help and version are answers, everything else is wrong usage.
    pub(super) fn usage(&mut self, error: &clap::Error) -> Exit {
        let text = error.render();
        if error.use_stderr() {
            write!(self.stderr, "{text}").unwrap_or_default();
            return Exit::CouldNot;
        }
        let written = write!(self.stdout, "{text}");
        let ended = written.map(|()| Exit::Yes).map_err(Failure::from);
        self.finish(ended)
    }

    /// Flushes the answer and turns a failure into its sentence.
    ///
    /// An answer that nobody reads to its end (`| head`) is not a success: a gate must not pass
    /// because a pipe was closed. It is quiet, though.
    pub(super) fn finish(&mut self, ended: Result<Exit, Failure>) -> Exit {
        let flushed = ended.and_then(|exit| Ok(self.stdout.flush().map(|()| exit)?));
        match flushed {
            Ok(exit) => exit,
            Err(Failure::Said) => Exit::CouldNot,
            Err(Failure::Sentence(sentence)) => {
                self.stdout.flush().unwrap_or_default();
                self.error(&sentence);
                Exit::CouldNot
            }
            Err(Failure::Output(error)) => {
                if error.kind() != io::ErrorKind::BrokenPipe {
                    self.error(&format!("the answer cannot be written: {error}"));
                }
                Exit::CouldNot
            }
        }
    }
}
