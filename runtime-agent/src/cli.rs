//! The command line: one verb per file. A verb writes its answer to the stream that it is given,
//! as text or as one JSON document, and errors go to the caller.

pub mod counters;
pub mod detach;
pub mod events;
pub mod load;
pub mod rollback;
pub mod status;

use crate::agent::Options;
use crate::error::Error;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is as it should be.
    Good,
    /// Done or answered, but something is not as it should be; the output says what.
    Faults,
    /// Not done: what was in force before is in force still.
    Failed,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Faults => 1,
            Self::Failed => 2,
        }
    }

    fn of(faults: &[String]) -> Self {
        if faults.is_empty() {
            Self::Good
        } else {
            Self::Faults
        }
    }
}

const EXIT_CODES: &str = "Exit codes:
  0  done, as it should be
  1  done, but an endpoint is not protected or something else is not as it should be
  2  not done: what was in force before is in force still";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "netpold",
    version,
    about = "Puts compiled network policy in force on one node",
    long_about = "Takes a policy bundle, links it with the pods that run on this node, and puts it \
                  in force in the kernel with one store, or not at all. What is in force stays in \
                  force when netpold ends.",
    after_help = EXIT_CODES,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Load(load::Verb),
    Status(status::Verb),
    Rollback(rollback::Verb),
    Events(events::Verb),
    Counters(counters::Verb),
    Detach(detach::Verb),
}

/// Text for people, or JSON for programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Sentences and tables.
    #[default]
    Text,
    /// One JSON document; for `events` one a line.
    Json,
}

/// Where the agent keeps its things.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Where the journal and the bundles are kept
    #[arg(long, value_name = "DIR", default_value = "/var/lib/netpold")]
    state_dir: PathBuf,
    /// Where maps, programs and links are pinned [default: `netpold` below /sys/fs/bpf, or a BPF
    /// file system that is mounted below the state directory]
    #[arg(long, value_name = "DIR")]
    bpffs: Option<PathBuf>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Common {
    fn options(&self) -> Options {
        Options {
            bpffs: self.bpffs.clone(),
            ..Options::new(self.state_dir.clone())
        }
    }
}

/// Runs one command line, the program's name included.
pub fn run(
    args: impl IntoIterator<Item = std::ffi::OsString>,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string();
            // Nobody is left to be told when a stream is gone.
            if error.use_stderr() {
                errors.write_all(text.as_bytes()).unwrap_or_default();
                return Exit::Failed;
            }
            out.write_all(text.as_bytes()).unwrap_or_default();
            return Exit::Good;
        }
    };
    let ended = match &cli.verb {
        Verb::Load(verb) => verb.run(out),
        Verb::Status(verb) => verb.run(out),
        Verb::Rollback(verb) => verb.run(out),
        Verb::Events(verb) => verb.run(out),
        Verb::Counters(verb) => verb.run(out),
        Verb::Detach(verb) => verb.run(out),
    };
    match ended.and_then(|exit| out.flush().map(|()| exit).map_err(|e| written(&e))) {
        Ok(exit) => exit,
        Err(Error::Closed) => Exit::Good,
        Err(error) => {
            writeln!(errors, "error: {error}").unwrap_or_default();
            Exit::Failed
        }
    }
}

/// A reader that has gone away (`| head`) is no failure.
fn written(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Error::Closed;
    }
    Error::message(format!("could not write the answer: {error}"))
}

/// One line of text.
fn line(out: &mut dyn Write, text: &str) -> Result<(), Error> {
    writeln!(out, "{text}").map_err(|e| written(&e))
}

/// One JSON document on one line.
fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string(value)
        .map_err(|e| Error::message(format!("could not write the answer: {e}")))?;
    line(out, &text)
}

/// Reads a regular file of at most `limit` bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let fail = |e: &io::Error| Error::file("read", path, e);
    let known = fs::metadata(path).map_err(|e| fail(&e))?;
    if !known.is_file() {
        return Err(fail(&io::Error::other("it is not a regular file")));
    }
    if known.len() > limit {
        let sentence = format!("it has {} bytes, more than {limit}", known.len());
        return Err(fail(&io::Error::other(sentence)));
    }
    fs::read(path).map_err(|e| fail(&e))
}
