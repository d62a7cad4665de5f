//! `netpolc test`.

mod json;
mod junit;
mod outcome;
mod text;

use super::inputs::note_shortcomings;
use super::{Exit, Failure, Inputs, Terminal};
use crate::reach::{Desk, Directory, ModelJudge, ModelPlaces, Reasons};
use crate::source::Sources;
use crate::suite::{self, Suite};
use netpol_policy::Matrix;
use outcome::{Coverage, Outcome};
use std::path::PathBuf;

/// Check what somebody asserts about who reaches whom.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "A FILE is YAML: a list of assertions, or a mapping with `tests` and the `paths` of the manifests,
relative to the file (schemas/test.v1.json):

  paths: [policies, workloads]
  tests:
  - from: shop/web
    to: shop/api
    port: TCP/8443
    expect: allow
    because: the shop asks its API

`from`, `to` and `ports` may be lists and have wildcards; all of what is written must have the
verdict, with `match: any` a part of it is enough.

Exit codes: 0 every assertion holds, 1 one does not, 2 could not answer.

Examples:
  netpolc test policies-examples/shop/netpolc-test.yaml
  netpolc test policies-examples/shop/netpolc-test.yaml --coverage
  netpolc test netpolc-test.yaml --input policies --input workloads --format junit > junit.xml"
)]
pub struct Args {
    /// Files of assertions.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Manifests, instead of the paths that the files name.
    #[arg(short, long, value_name = "PATH")]
    input: Vec<PathBuf>,
    /// Tell which rules no assertion rests on.
    #[arg(long)]
    coverage: bool,
    /// The form of the answer.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    inputs: Inputs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// `schemas/test.v1.json`, `$defs/results`.
    Json,
    /// For servers that run tests.
    Junit,
}

/// Everything that is told.
struct Told<'a> {
    outcomes: &'a [Outcome],
    coverage: Option<&'a Coverage>,
    incomplete: &'a [String],
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut sources = Sources::default();
    let options = super::inputs::load_options(&args.files, terminal)?;
    let mut suites: Vec<Suite> = Vec::new();
    for file in &args.files {
        suites.push(suite::read(file, &options, &mut sources));
    }
    refuse_faults(&suites, &sources, terminal)?;
    let mut outcomes = Vec::new();
    let mut coverage: Option<Coverage> = None;
    let mut incomplete: Vec<String> = Vec::new();
    // Files that name different manifests speak of different clusters.
    for (paths, group) in by_paths(args, &suites)? {
        let analysis = args.inputs.read(&paths, terminal)?;
        note_shortcomings(&analysis, terminal);
        incomplete.extend(analysis.model.incomplete.iter().cloned());
        let model = &analysis.model;
        let matrix = Matrix::new(&model.policies, &model.cluster);
        let judge = ModelJudge::new(&matrix, &model.cluster);
        let places = ModelPlaces::new(model, &analysis.sources);
        let directory = Directory::new(&model.cluster, &matrix);
        let desk = Desk {
            cluster: &model.cluster,
            matrix: &matrix,
            directory: &directory,
            judge: &judge,
        };
        let reasons = Reasons::new(&model.policies, &places);
        let asked: Vec<Outcome> = (group.iter())
            .flat_map(|suite| &suite.assertions)
            .map(|assertion| outcome::of(assertion, &desk, reasons, &sources))
            .collect();
        if args.coverage {
            let found = outcome::coverage(&asked, &model.policies, &places);
            coverage = Some(match coverage {
                Some(before) => before.and(found),
                None => found,
            });
        }
        outcomes.extend(asked);
    }
    let told = Told {
        outcomes: &outcomes,
        coverage: coverage.as_ref(),
        incomplete: &incomplete,
    };
    match args.format {
        Format::Text => text::write(&told, terminal.stdout)?,
        Format::Json => json::write(&told, terminal.stdout)?,
        Format::Junit => junit::write(&told, terminal.stdout)?,
    }
    let failed = outcomes.iter().any(|outcome| !outcome.holds());
    let unasked = outcomes.iter().any(|outcome| outcome.fault.is_some());
    Ok(match (unasked, failed) {
        (true, _) => Exit::CouldNot,
        (_, true) => Exit::No,
        _ => Exit::Yes,
    })
}

fn refuse_faults(
    suites: &[Suite],
    sources: &Sources,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let mut refused = false;
    for fault in suites.iter().flat_map(|suite| &suite.faults) {
        refused = true;
        let place = fault
            .at
            .map_or_else(String::new, |at| format!("{}: ", sources.display(at)));
        terminal.error(&format!("{place}{}", fault.sentence));
    }
    if refused { Err(Failure::Said) } else { Ok(()) }
}

/// Manifests, and the suites that speak of them.
type Group<'s> = (Vec<PathBuf>, Vec<&'s Suite>);

/// The suites by the manifests that they speak of.
fn by_paths<'s>(args: &Args, suites: &'s [Suite]) -> Result<Vec<Group<'s>>, Failure> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for suite in suites {
        let paths = if args.input.is_empty() && !args.inputs.names_input() {
            suite.paths.clone()
        } else {
            args.input.clone()
        };
        if paths.is_empty() && !args.inputs.names_input() {
            return Err(Failure::new(
                "nothing says which manifests the assertions are about: write `paths` into the \
                 file, or give --input, --target or --cluster-state",
            ));
        }
        match groups.iter_mut().find(|(known, _)| *known == paths) {
            Some((_, group)) => group.push(suite),
            None => groups.push((paths, vec![suite])),
        }
    }
    Ok(groups)
}
