//! `netpolc man`.

use super::{Cli, Exit, Failure, Terminal, files};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::path::PathBuf;

/// Print a manual page, or write all of them into a directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  netpolc man | man --local-file -
  netpolc man check | man --local-file -
  netpolc man --directory /usr/local/share/man/man1")]
pub struct Args {
    /// Of this verb in place of the whole command.
    #[arg(value_name = "VERB", conflicts_with = "directory")]
    verb: Option<String>,
    /// Write netpolc.1 and a page for each verb into this directory.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    // Gives the verbs their full names and the flags that all of them take.
    command.build();
    if let Some(directory) = &args.directory {
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            let name = format!("{}.1", name(command));
            files::write(&directory.join(name), &page(command)?)?;
        }
        return Ok(Exit::Yes);
    }
    let asked = match &args.verb {
        None => &command,
        Some(verb) => command.find_subcommand(verb).ok_or_else(|| {
            let verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            Failure::new(format!(
                "there is no verb `{verb}`; there is {}",
                verbs.join(", ")
            ))
        })?,
    };
    terminal.stdout.write_all(&page(asked)?)?;
    Ok(Exit::Yes)
}

/// `netpolc`, `netpolc-check`.
fn name(command: &Command) -> &str {
    command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
}

/// The page without a date: the same version gives the same bytes.
fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let version = concat!("netpolc ", env!("CARGO_PKG_VERSION"));
    let mut page = Vec::new();
    Man::new(command.clone())
        .title(name(command))
        .source(version)
        .manual("netpolc manual")
        .render(&mut page)?;
    Ok(page)
}
