//! `netpolc reach`.

mod csv;
mod dot;
mod json;
mod markdown;
mod mermaid;
mod rows;
mod text;

use super::inputs::note_shortcomings;
use super::what_if::Changes;
use super::{Exit, Failure, Inputs, Terminal};
use crate::reach::{Directory, Reachability};
use netpol_policy::Matrix;
use std::path::PathBuf;

/// Show who reaches whom.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Parties that no policy tells apart stand together. Only what passes is listed; a connection
that the input does not decide is marked `unknown`. Replies follow their connection.

Exit codes: 0 once it is shown, 2 could not answer.

Examples:
  netpolc reach policies/ workloads/
  netpolc reach --cluster-state dump.json --format json > reach.json
  netpolc reach --format dot . | dot -Tsvg > reach.svg"
)]
pub struct Args {
    /// Files, directories, `-` for standard input.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The form of the answer.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    inputs: Inputs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// `schemas/reach.v1.json`.
    Json,
    /// One line per pair of groups and run of ports.
    Csv,
    /// A table.
    Markdown,
    /// For Graphviz.
    Dot,
    /// For pages that draw Mermaid.
    Mermaid,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let inputs = args.inputs.with(args.changes.what_if());
    let analysis = inputs.read(&args.paths, terminal)?;
    note_shortcomings(&analysis, terminal);
    let model = &analysis.model;
    let matrix = Matrix::new(&model.policies, &model.cluster);
    let directory = Directory::new(&model.cluster, &matrix);
    let reach = Reachability::new(&model.cluster, &matrix, &directory);
    let out = &mut *terminal.stdout;
    match args.format {
        Format::Text => text::write(&reach, model, out)?,
        Format::Json => json::write(&reach, model, out)?,
        Format::Csv => csv::write(&reach, out)?,
        Format::Markdown => markdown::write(&reach, out)?,
        Format::Dot => dot::write(&reach, out)?,
        Format::Mermaid => mermaid::write(&reach, out)?,
    }
    Ok(Exit::Yes)
}
