//! `cargo xtask lint-study` and `lint-survey`: how well the findings find.
//!
//! The work is done by the package netpol-study, which uses netpolc's library: xtask itself must
//! build while a rule does not.

use crate::root;
use std::process::Command;

/// How well the findings find. The arguments are those of the package netpol-study; --help shows
/// them.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    #[arg(
        value_name = "ARGUMENT",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<String>,
}

/// Plants mistakes in generated clusters; writes its part of docs/lints/evaluation.md.
///
/// # Errors
/// A clean cluster is not silent, or the page cannot be written.
pub fn run(args: &Args) -> Result<(), String> {
    cargo("mutation", args)
}

/// Checks repositories; writes its part of docs/lints/evaluation.md.
///
/// # Errors
/// A directory cannot be read, or the page cannot be written.
pub fn survey(args: &Args) -> Result<(), String> {
    cargo("survey", args)
}

/// Runs a verb of the package where the command was given, so that paths mean what they say.
fn cargo(verb: &str, args: &Args) -> Result<(), String> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "-p", "netpol-study", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .args(["--", verb])
        .args(&args.arguments)
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("the study did not end well".to_owned())
    }
}
