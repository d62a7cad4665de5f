//! `netpolc reach`.

mod csv;
mod dot;
mod json;
mod markdown;
mod mermaid;
mod narrow;
mod rows;
mod text;

use super::inputs::note_shortcomings;
use super::what_if::Changes;
use super::{Exit, Failure, Inputs, Terminal};
use crate::model::Model;
use crate::reach::blast::{Reached, blast};
use crate::reach::exposure::{Exposed, exposure, with_any_pod};
use crate::reach::graph::GroupKind;
use crate::reach::view::View;
use crate::reach::{Directory, Reachability, Who};
use narrow::{Focus, Grouping};
use netpol_policy::Matrix;
use std::mem::ManuallyDrop;
use std::path::PathBuf;

/// Show who reaches whom.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Parties that no policy tells apart stand together. Only what passes is listed; a connection
that the input does not decide is marked `unknown`. Replies follow their connection.

Exit codes: 0 once it is shown, 2 could not answer.

Examples:
  netpolc reach policies/ workloads/
  netpolc reach --focus shop/cart policies/ workloads/
  netpolc reach --group namespace policies/ workloads/
  netpolc reach --exposure policies/ workloads/
  netpolc reach --blast edge/gateway --hops 3 policies/ workloads/
  netpolc reach --add new-policy.yaml policies/ workloads/
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
    /// Only what touches this party, in either direction: ns/name, a namespace, node/NAME, `world`.
    #[arg(long, value_name = "PARTY")]
    focus: Option<Focus>,
    /// Put parties together; where they differ, `some` says for how many pairs.
    #[arg(long, value_name = "workload|namespace|label:KEY")]
    group: Option<Grouping>,
    /// Who is open to the world or to any pod, whom no policy isolates, and the ways in.
    #[arg(long, conflicts_with_all = ["focus", "group", "blast"])]
    exposure: bool,
    /// Who is within reach of this party over others, in how many hops and by which ports.
    #[arg(long, value_name = "FROM", conflicts_with_all = ["focus", "group"])]
    blast: Option<Who>,
    /// No more hops than this.
    #[arg(long, value_name = "N", requires = "blast")]
    hops: Option<usize>,
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

/// What is shown beside groups and connections.
enum Extra {
    None,
    Grouped,
    Exposure(Vec<Exposed>),
    Blast {
        from: Vec<usize>,
        reached: Vec<Reached>,
    },
}

/// Everything that the formats need.
struct Shown<'a> {
    view: View<'a>,
    extra: Extra,
    model: &'a Model,
    has_hosts: bool,
    /// As it was asked for.
    focus: Option<String>,
}

impl super::targets::Aimed for Args {
    fn inputs(&mut self) -> &mut Inputs {
        &mut self.inputs
    }

    fn has_paths(&self) -> bool {
        !self.paths.is_empty()
    }

    fn is_for_machines(&self) -> bool {
        !matches!(self.format, Format::Text | Format::Markdown)
    }
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let inputs = args.inputs.with(args.changes.what_if());
    // The process ends when this is shown: taking it apart first would cost a tenth of the time.
    let analysis = ManuallyDrop::new(inputs.read(&args.paths, terminal)?);
    note_shortcomings(&analysis, terminal);
    let model = &analysis.model;
    let with_stranger = args.exposure.then(|| with_any_pod(&model.cluster));
    let cluster = with_stranger.as_ref().unwrap_or(&model.cluster);
    let matrix = Matrix::new(&model.policies, cluster);
    let directory = Directory::new(cluster, &matrix);
    let reach = Reachability::new(cluster, &matrix, &directory);
    let mut shown = Shown {
        view: View::new(&reach, &directory, cluster, &matrix, &model.policies),
        extra: Extra::None,
        model,
        has_hosts: reach.has_hosts,
        focus: args.focus.as_ref().map(ToString::to_string),
    };
    if args.exposure {
        let (mut view, exposed) = exposure(&shown.view, cluster, &directory, model);
        let ends = |row: &crate::reach::view::Row<'_>| {
            let ends = [view.nodes.get(row.from), view.nodes.get(row.to)];
            ends.into_iter()
                .flatten()
                .any(|n| n.kind == GroupKind::External || n.name.is_some())
        };
        let rows = view.rows.iter().filter(|row| ends(row)).cloned().collect();
        view.rows = rows;
        (shown.view, shown.extra) = (view, Extra::Exposure(exposed));
    }
    if let Some(from) = &args.blast {
        let (names, world) = narrow::names(from, &directory)?;
        let home = narrow::homes(&model.cluster, &directory);
        let blast = blast(&shown.view, &names, world, args.hops, &home);
        shown.view = blast.view;
        shown.extra = Extra::Blast {
            from: blast.from,
            reached: blast.reached,
        };
    }
    if let Some(focus) = &args.focus {
        let (names, world) = focus.names(&model.cluster, &directory)?;
        shown.view = shown.view.focused(&names, world).without_idle_groups();
    }
    if let Some(grouping) = &args.group {
        shown.view = grouping.apply(&shown.view, model, &directory);
        shown.extra = Extra::Grouped;
    }
    let (view, extra, out) = (&shown.view, &shown.extra, &mut *terminal.stdout);
    match args.format {
        Format::Text => text::write(&shown, out)?,
        Format::Json => json::write(view, extra, model, out)?,
        Format::Csv => csv::write(view, extra, out)?,
        Format::Markdown => markdown::write(view, extra, out)?,
        Format::Dot => dot::write(view, out)?,
        Format::Mermaid => mermaid::write(view, out)?,
    }
    Ok(Exit::Yes)
}
