//! `netpolc diff`.

mod given;
mod json;
mod markdown;
mod text;
mod values;
mod words;

use super::inputs::note_shortcomings;
use super::{Exit, Failure, Inputs, Terminal};
use crate::change::{self, Canonical, Comparison, Options, Side, State};
use crate::lower::BundlePlaces;
use crate::model::Edit;
use crate::reach::{ModelPlaces, Places};
use crate::resolve::Analysis;
use crate::resolve::edits::Difference;
use crate::source::Sources;
use given::{Given, Read};
use std::path::PathBuf;

/// Show what changes in who reaches whom, and which edit does it.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "A and B: a file or directory, git:REF or git:REF:PATH (read by calling git; REF alone means the
working directory at REF), a dump of a cluster (dump:FILE), or a bundle (FILE.npb). What opens the
cluster to the world is told first. Every change names its cause: the edits that make it when they
are made alone, or that only together make it.

Exit codes: 0 the same, 1 changed, 2 could not answer.

Examples:
  netpolc diff policies-examples/diff/namespace-label/a policies-examples/diff/namespace-label/b
  netpolc diff git:main .
  netpolc diff git:main:policies policies --with workloads --format markdown > comment.md
  netpolc diff git:main . --target production
  netpolc diff staging.yaml prod.yaml --chart ./chart --with workloads
  netpolc diff before.npb after.npb --format json"
)]
pub struct Args {
    /// What was there before.
    #[arg(value_name = "A")]
    before: String,
    /// What is there after.
    #[arg(value_name = "B")]
    after: String,
    /// The chart that A and B are values files of: what they make of it is compared, and the value
    /// that makes each change is named. Values of -f are below both.
    #[arg(long, value_name = "CHART")]
    chart: Option<PathBuf>,
    /// Read on both sides as well, such as workloads that lie elsewhere.
    #[arg(long, value_name = "PATH")]
    with: Vec<PathBuf>,
    /// Tell connections too that pass as before for another reason.
    #[arg(long)]
    reasons: bool,
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
    /// `schemas/diff.v1.json`.
    Json,
    /// For the comment on a pull request.
    Markdown,
}

/// A comparison and what is needed to tell of it.
struct Told<'a> {
    comparison: &'a Comparison,
    edits: &'a [Edit],
    sources: &'a Sources,
    /// What could not be taken into account, before and after.
    incomplete: [&'a [String]; 2],
}

impl super::targets::Aimed for Args {
    fn inputs(&mut self) -> &mut Inputs {
        &mut self.inputs
    }

    /// Files, dumps and bundles are what they are; the targets of a configuration lie in trees.
    fn has_paths(&self) -> bool {
        let is_tree = |text: &str| match Given::parse(text) {
            Ok(Given::Git(place)) => place.path.is_none(),
            Ok(Given::Path(path)) => path == std::path::Path::new("."),
            _ => false,
        };
        self.chart.is_some()
            || !self.with.is_empty()
            || ![&self.before, &self.after].iter().all(|side| is_tree(side))
    }

    fn is_for_machines(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let sides = [Given::parse(&args.before)?, Given::parse(&args.after)?];
    let options = Options {
        reasons: args.reasons,
    };
    if let Some(chart) = &args.chart {
        return values::run(args, chart, &sides, terminal);
    }
    let [before, after] = given::read(&sides, &args.with, &args.inputs, terminal)?;
    match (before, after) {
        (Read::Sources(before), Read::Sources(after)) => {
            of_sources(args, options, (&before, &after), terminal)
        }
        (before, after) => of_compiled(args, options, (&before, &after), terminal),
    }
}

fn of_sources(
    args: &Args,
    options: Options,
    (before, after): (&Analysis, &Analysis),
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    for analysis in [before, after] {
        note_shortcomings(analysis, terminal);
    }
    let difference = Difference::new(before, after);
    let comparison = compare((before, after), &difference, options);
    tell(
        args,
        &told(before, after, &difference, &comparison),
        terminal,
    )
}

fn compare(
    (before, after): (&Analysis, &Analysis),
    difference: &Difference<'_>,
    options: Options,
) -> Comparison {
    // The second reading holds the texts of both.
    let sources = &after.sources;
    let states = [before, after].map(|analysis| State::from(analysis.model.clone()));
    let places = [before, after].map(|analysis| ModelPlaces::new(&analysis.model, sources));
    let [a, b] = &states;
    let [of_a, of_b] = &places;
    let sides = [side(a, of_a), side(b, of_b)];
    change::compare(sides, difference, options)
}

fn told<'a>(
    before: &'a Analysis,
    after: &'a Analysis,
    difference: &'a Difference<'_>,
    comparison: &'a Comparison,
) -> Told<'a> {
    Told {
        comparison,
        edits: difference.edits(),
        sources: &after.sources,
        incomplete: [&before.model.incomplete, &after.model.incomplete],
    }
}

/// What becomes of reachability from one reading to the next, for people; `None` when nothing does.
/// The second reading must hold the texts of both.
pub(super) fn between(before: &Analysis, after: &Analysis) -> Result<Option<String>, Failure> {
    let difference = Difference::new(before, after);
    let comparison = compare((before, after), &difference, Options::default());
    let same = comparison.changes.is_empty()
        && comparison.added.is_empty()
        && comparison.removed.is_empty();
    if same {
        return Ok(None);
    }
    let mut text = Vec::new();
    // What could not be taken into account is said once, by whoever asks.
    let told = Told {
        incomplete: [&[], &[]],
        ..told(before, after, &difference, &comparison)
    };
    text::write(&told, &mut text)?;
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}

fn side<'a>(state: &'a State, places: &'a dyn Places) -> Side<'a> {
    Side { state, places }
}

/// Bundles, or a bundle and what it may be made from: by policies and parties alone.
fn of_compiled(
    args: &Args,
    options: Options,
    (before, after): (&Read, &Read),
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let clusters = [before, after].map(Read::cluster);
    let [Some(of_a), Some(of_b)] = [clusters[0].or(clusters[1]), clusters[1].or(clusters[0])]
    else {
        return Err(Failure::new(
            "neither bundle keeps an inventory, so there is nobody to compare; build them with \
             --inventory, or compare a bundle with manifests",
        ));
    };
    let states = [(before, of_a), (after, of_b)]
        .map(|(read, cluster)| State::compiled(cluster.clone(), read.policies().clone()));
    let [a, b] = &states;
    let sources = Sources::default();
    let texts = match after {
        Read::Sources(analysis) => &analysis.sources,
        Read::Bundle(_) => match before {
            Read::Sources(analysis) => &analysis.sources,
            Read::Bundle(_) => &sources,
        },
    };
    let (places_a, places_b) = (places(before, texts), places(after, texts));
    let sides = [side(a, places_a.as_ref()), side(b, places_b.as_ref())];
    let assembly = Canonical::new(a, b);
    let comparison = change::compare(sides, &assembly, options);
    let edits = change::Assembly::edits(&assembly).to_vec();
    let told = Told {
        comparison: &comparison,
        edits: &edits,
        sources: texts,
        incomplete: [before.incomplete(), after.incomplete()],
    };
    tell(args, &told, terminal)
}

/// Where the rules of one side stand.
fn places<'a>(read: &'a Read, texts: &'a Sources) -> Box<dyn Places + 'a> {
    match read {
        Read::Sources(analysis) => Box::new(ModelPlaces::new(&analysis.model, texts)),
        Read::Bundle(artefact) => Box::new(BundlePlaces::new(artefact.bundle())),
    }
}

fn tell(args: &Args, told: &Told<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let out = &mut *terminal.stdout;
    match args.format {
        Format::Text => text::write(told, out)?,
        Format::Json => json::write(told, out)?,
        Format::Markdown => markdown::write(told, out)?,
    }
    let same = told.comparison.changes.is_empty();
    Ok(if same { Exit::Yes } else { Exit::No })
}
