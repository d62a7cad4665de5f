//! `cargo xtask lint-study` and `cargo xtask lint-survey`: how well the findings find.
//!
//! The study plants mistakes in generated clusters and counts what is caught. The survey runs
//! `check` over repositories as they are. Both write their part of `docs/lints/evaluation.md`.
#![forbid(unsafe_code)]

mod cluster;
mod input;
mod mutation;
mod page;
mod plant;
mod repository;
mod slips;
mod survey;
mod written;
mod yaml;

use clap::{Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "netpol-study")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Plants mistakes in clean clusters and counts what is caught.
    Mutation {
        /// Other seeds give other clusters.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Mistakes for each rule.
        #[arg(long, default_value_t = 200)]
        runs: usize,
        /// Only codes that begin like this; prints, and writes no page.
        #[arg(long)]
        only: Option<String>,
        /// Prints the texts of one run of this code (--only) and what is said about them.
        #[arg(long, requires = "only")]
        show: Option<u64>,
    },
    /// Runs `check` over every directory below these.
    Survey {
        /// Directories of repositories; DIR/NAME.commit holds the commit of DIR/NAME.
        #[arg(required = true)]
        directories: Vec<PathBuf>,
        /// Chooses the sample.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many findings are sampled.
        #[arg(long, default_value_t = 50)]
        sample: usize,
        /// Prints the sample with its lines, and writes no page.
        #[arg(long)]
        print: bool,
    },
}

fn main() -> ExitCode {
    match run(&Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // Nobody is left to be told when standard error is gone.
            writeln!(std::io::stderr(), "error: {sentence}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

fn run(verb: &Verb) -> Result<(), String> {
    let mut out = std::io::stdout();
    let mut say = |text: &str| write!(out, "{text}").map_err(|e| e.to_string());
    match verb {
        Verb::Mutation {
            seed,
            runs,
            only: Some(only),
            show: Some(show),
        } => say(&mutation::Study::new(*seed, *runs)?.show(only, *show)?),
        Verb::Mutation {
            seed,
            runs,
            only,
            show: _,
        } => {
            let told = mutation::Study::new(*seed, *runs)?.run(only.as_deref())?;
            say(&page::table(&told))?;
            match only {
                Some(_) => say(&page::seeds(&told)),
                None => page::write("study", &page::study(*seed, *runs, &told)),
            }
        }
        Verb::Survey {
            directories,
            seed,
            sample,
            print,
        } => {
            let survey = survey::Survey::of(directories)?;
            let sampled = survey.sample(*seed, *sample);
            if *print {
                return say(&survey.printed(&sampled));
            }
            page::write("survey", &survey.page(*seed, &sampled))
        }
    }
}
