//! `cargo xtask lint-study` and `lint-survey`: how well the findings find.
//!
//! The work is done by the package netpol-study, which uses netpolc's library: xtask itself must
//! build while a rule does not.

use crate::root;
use std::path::PathBuf;
use std::process::Command;

/// Plants mistakes in generated clusters; writes its part of docs/lints/evaluation.md.
#[derive(Debug, clap::Args)]
pub struct Study {
    /// Other seeds give other clusters.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Mistakes for each rule.
    #[arg(long, default_value_t = 200)]
    runs: usize,
    /// Only codes that begin like this; prints, and writes no page.
    #[arg(long)]
    only: Option<String>,
    /// Prints one run of this code (--only) by its seed.
    #[arg(long, requires = "only")]
    show: Option<u64>,
}

/// Checks repositories; writes its part of docs/lints/evaluation.md.
#[derive(Debug, clap::Args)]
pub struct Survey {
    /// Directories of repositories; DIR/NAME.commit holds the commit of DIR/NAME.
    #[arg(required = true)]
    directories: Vec<PathBuf>,
    /// Chooses the sample.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Prints the sample with its lines, and writes no page.
    #[arg(long)]
    print: bool,
}

/// Runs the study.
///
/// # Errors
/// A clean cluster is not silent, or the page cannot be written.
pub fn run(args: &Study) -> Result<(), String> {
    let mut words = vec![
        "mutation".to_owned(),
        format!("--seed={}", args.seed),
        format!("--runs={}", args.runs),
    ];
    words.extend(args.only.iter().map(|only| format!("--only={only}")));
    words.extend(args.show.iter().map(|seed| format!("--show={seed}")));
    cargo(&words)
}

/// Runs the survey.
///
/// # Errors
/// A directory cannot be read, or the page cannot be written.
pub fn survey(args: &Survey) -> Result<(), String> {
    let mut words = vec!["survey".to_owned(), format!("--seed={}", args.seed)];
    words.extend(args.print.then(|| "--print".to_owned()));
    for directory in &args.directories {
        // Relative to where the command was given.
        let full = std::path::absolute(directory).map_err(|e| e.to_string())?;
        words.push(full.display().to_string());
    }
    cargo(&words)
}

fn cargo(words: &[String]) -> Result<(), String> {
    let status = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["run", "--quiet", "-p", "netpol-study", "--"])
        .args(words)
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("the study did not end well".to_owned())
    }
}
