//! `netpolc init`.

mod look;

use super::files::{exists, write};
use super::{Exit, Failure, Terminal};
use crate::config::FILE_NAME;
use std::path::PathBuf;

/// Write a netpolc.toml that names the clusters of this repository.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Looks for Kustomize overlays, directories beside each other that define the same objects, charts
and values of the CNI's chart. Each cluster becomes a target; read the file before you keep it.

Exit codes: 0 written, 2 could not: the file is there already (see --force), or there is nothing.

Examples:
  netpolc init
  netpolc init deploy --dry-run
  netpolc init --force"
)]
pub struct Args {
    /// Where to look, and where the file is written.
    #[arg(value_name = "DIRECTORY", default_value = ".")]
    directory: PathBuf,
    /// Write over a netpolc.toml that is there.
    #[arg(long)]
    force: bool,
    /// Print it, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let file = args.directory.join(FILE_NAME);
    if !args.dry_run && !args.force && exists(&file) {
        return Err(Failure::new(format!(
            "{} is there already; --force writes over it, --dry-run shows what would be written",
            file.display()
        )));
    }
    let found = look::targets(&args.directory)?;
    if found.is_empty() {
        return Err(Failure::new(format!(
            "there is no Kubernetes object and no chart in {}",
            args.directory.display()
        )));
    }
    let text = look::written(&found);
    if args.dry_run {
        write!(terminal.stdout, "{text}")?;
        return Ok(Exit::Yes);
    }
    write(&file, text.as_bytes())?;
    let names: Vec<&str> = found.iter().map(|t| t.name.as_str()).collect();
    writeln!(
        terminal.stdout,
        "{} names {}: {}",
        file.display(),
        if names.len() == 1 {
            "one target"
        } else {
            "these targets"
        },
        names.join(", ")
    )?;
    Ok(Exit::Yes)
}
