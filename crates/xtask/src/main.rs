//! Project tasks: `cargo xtask gen` keeps generated files true to their sources.
//!
//! Each verb is a file with `Args` and `run(&Args) -> Result<(), String>`; the error is a sentence
//! for people, and a verb that fails ends with exit code 1.
#![forbid(unsafe_code)]

// `gen` is a keyword, the file is plain gen.rs.
mod bench;
mod cni_keys;
mod demo;
mod r#gen;
mod helm_compare;
mod helm_provenance;
mod helm_typos;
mod new_lint;
mod study;

use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// Project tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Measures, each with a yardstick in the same run; writes target/bench.json.
    Bench(bench::Args),
    /// The keys of Cilium's chart with their defaults, from unpacked charts.
    CniKeys(cni_keys::Args),
    /// The whole way on the shop example: check, build, load, real packets, swap, rollback.
    Demo(demo::Args),
    /// Writes every generated file, or says with --check which one is stale.
    Gen(r#gen::Args),
    /// Renders every chart below directories with ours and with the real helm, and compares.
    HelmCompare(helm_compare::Args),
    /// Looks for rendered bytes and scalars that do not lead back to templates and values.
    HelmProvenance(helm_provenance::Args),
    /// Makes typos in values files and counts those that are noticed.
    HelmTypos(helm_typos::Args),
    /// Plants mistakes in generated clusters and counts what the rules catch.
    LintStudy(study::Args),
    /// Runs every rule over the repositories below directories.
    LintSurvey(study::Args),
    /// Makes the files of a new rule of netpolc: code, page, examples, registry line.
    NewLint(new_lint::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Bench(args) => bench::run(&args),
        Verb::CniKeys(args) => cni_keys::run(&args),
        Verb::Demo(args) => demo::run(&args),
        Verb::Gen(args) => r#gen::run(&args),
        Verb::HelmCompare(args) => helm_compare::run(&args),
        Verb::HelmProvenance(args) => helm_provenance::run(&args),
        Verb::HelmTypos(args) => helm_typos::run(&args),
        Verb::LintStudy(args) => study::run(&args),
        Verb::LintSurvey(args) => study::survey(&args),
        Verb::NewLint(args) => new_lint::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // Nobody is left to be told when standard error is gone.
            writeln!(std::io::stderr(), "error: {sentence}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace.
fn root() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
