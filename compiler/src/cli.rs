//! The command line: what is asked, and how the answers leave.
//!
//! Every verb has a file of its own with `Args` (its flags) and `run(&Args, &mut Terminal)`. A verb
//! writes only through [`Terminal`], never to the process's own streams, and ends with an [`Exit`];
//! what keeps it from answering is a [`Failure`]. Tests drive [`run`] as the binary does.

pub mod build;
pub mod check;
pub mod completions;
pub mod diff;
pub mod explain;
mod files;
mod git;
pub mod helm;
pub mod init;
pub mod inputs;
pub mod inspect;
pub mod keygen;
pub mod man;
mod overlays;
pub mod query;
pub mod reach;
pub mod render;
pub mod sign;
pub mod targets;
pub mod terminal;
pub mod test;
pub mod verify;
pub mod what_if;
mod wishes;

pub use inputs::Inputs;
pub use terminal::{Color, Exit, Failure, Terminal};

use crate::finding::Day;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::time::SystemTime;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "netpolc",
    version,
    about = "The compiler for Kubernetes network policy",
    long_about = "Reads charts, policies and workloads, works out who reaches whom, says where the \
                  inputs contradict each other, and compiles everything into one bundle.",
    after_help = EXIT_CODES,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "Exit codes:
  0  yes, clean, the same
  1  no, findings, changed
  2  could not answer: usage, unreadable input, a limit
  3  internal error";

/// Flags that every verb takes.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Global {
    /// When to use colours.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, value_name = "WHEN",
          help = "When to use colours; NO_COLOR is obeyed")]
    pub color: Color,
    /// Say less: no notes, no progress.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(check::Args),
    Explain(explain::Args),
    Query(query::Args),
    Reach(reach::Args),
    Diff(diff::Args),
    Test(test::Args),
    Build(build::Args),
    Render(render::Args),
    Inspect(inspect::Args),
    Keygen(keygen::Args),
    Sign(sign::Args),
    Verify(verify::Args),
    Init(init::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Which day it is, in UTC. Analyses know no clock: only suppressions that end ask for the day.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the clock is read; --today says otherwise"
)]
fn today() -> Day {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let days = since.map_or(0, |since| since.as_secs() / (24 * 60 * 60));
    Day::after_epoch(u32::try_from(days).unwrap_or(u32::MAX))
}

/// Runs one command line, the program's name included, and says how it ended. Panics are the
/// caller's to catch.
pub fn run(args: impl IntoIterator<Item = OsString>, terminal: &mut Terminal<'_>) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return terminal.usage(&error),
    };
    terminal.configure(cli.global);
    let ended = match &cli.verb {
        Verb::Check(args) => check::all(args, terminal),
        Verb::Explain(args) => explain::run(args, terminal),
        Verb::Query(args) => targets::each(args, terminal, query::run),
        Verb::Reach(args) => targets::each(args, terminal, reach::run),
        Verb::Diff(args) => targets::each(args, terminal, diff::run),
        Verb::Test(args) => test::run(args, terminal),
        Verb::Build(args) => build::run(args, terminal),
        Verb::Render(args) => targets::each(args, terminal, render::run),
        Verb::Inspect(args) => inspect::run(args, terminal),
        Verb::Keygen(args) => keygen::run(args, terminal),
        Verb::Sign(args) => sign::run(args, terminal),
        Verb::Verify(args) => verify::run(args, terminal),
        Verb::Init(args) => init::run(args, terminal),
        Verb::Completions(args) => completions::run(args, terminal),
        Verb::Man(args) => man::run(args, terminal),
    };
    terminal.finish(ended)
}
