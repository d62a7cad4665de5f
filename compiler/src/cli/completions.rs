//! `netpolc completions`.

use super::{Cli, Exit, Failure, Terminal};
use clap::CommandFactory;
use clap_complete::Shell;

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  netpolc completions bash > /etc/bash_completion.d/netpolc
  netpolc completions zsh > \"${fpath[1]}/_netpolc\"
  netpolc completions fish > ~/.config/fish/completions/netpolc.fish")]
pub struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    // The generator panics when its writer fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "netpolc", &mut script);
    terminal.stdout.write_all(&script)?;
    Ok(Exit::Yes)
}
