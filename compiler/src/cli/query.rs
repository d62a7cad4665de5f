//! `netpolc query`.

mod image;
mod json;
mod lines;
mod text;
mod why;

pub(in crate::cli) use json::family_name;

use super::inputs::note_shortcomings;
use super::what_if::Changes;
use super::{Exit, Failure, Inputs, Terminal};
use crate::reach::{
    Answers, Batch, Desk, Directory, Judge, ModelJudge, ModelPlaces, Places, PortQuestion,
    Question, Reasons, Who,
    answer::Overall,
    ask,
    why::{Why, why as why_of},
};
use netpol_policy::{Cluster, Matrix, PolicySet};
use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

/// Ask whether one party reaches another, and why.
#[derive(Debug, Clone, clap::Args)]
#[command(
    override_usage = "netpolc query [OPTIONS] <FROM> <TO> [PATH]...
       netpolc query [OPTIONS] --image <BUNDLE> <FROM> <TO>
       netpolc query [OPTIONS] --batch <FILE> [PATH]...",
    after_help = "FROM and TO: ns/name, ns/Kind/name, node/NAME, an address, a CIDR, `world`,
`kube-apiserver` or `dns`. A `*` stands for any name (shop/*, */*); sets are answered part by part.

Exit codes: 0 allow, 1 deny (or only a part passes), 2 unknown or could not answer. With --expect:
0 when equal, else 1. With --batch: 0 once every line is answered, 2 when a line was bad.

Examples:
  netpolc query edge/web shop/cart --port TCP/http policies/ workloads/
  netpolc query edge/web shop/cart --port TCP/9090 --why policies/ workloads/
  netpolc query world edge/gateway --port TCP/8443 --expect allow .
  netpolc query 'shop/*' data/postgres --port TCP/5432 --cluster-state dump.json .
  netpolc query edge/web shop/cart --port 8080 --remove NetworkPolicy/shop/cart .
  netpolc query edge/web shop/cart --port 8080 --label namespace/edge=team=a .
  netpolc query --image policy.npb 'edge/web-*' 'shop/cart-*' --port 8080
  netpolc query --batch questions.jsonl policies/ workloads/"
)]
pub struct Args {
    /// FROM, TO, then files and directories; with --batch files and directories alone.
    #[arg(value_name = "FROM TO PATH")]
    positionals: Vec<OsString>,
    /// TCP/8443, TCP/8000-8010, TCP/http, ICMP/8; every protocol and port when absent.
    #[arg(short, long, value_name = "PORT", conflicts_with = "batch")]
    port: Option<PortQuestion>,
    /// Show the whole derivation: every policy, whether it selects either end, which of its rules
    /// match, and what each has to do with the answer.
    #[arg(long, conflicts_with = "batch")]
    why: bool,
    /// The verdict that makes the exit code 0.
    #[arg(long, value_enum, value_name = "VERDICT", conflicts_with = "batch")]
    expect: Option<Expected>,
    /// The form of the answer.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text, conflicts_with = "batch")]
    format: Format,
    /// Answer JSON lines {"from","to","protocol","port"} from a file, `-` for standard input.
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
    /// Ask what was compiled instead of the sources. Paths, if any, give another inventory than the
    /// one that the bundle keeps.
    #[arg(long, value_name = "BUNDLE")]
    image: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    inputs: Inputs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Expected {
    Allow,
    Deny,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

impl super::targets::Aimed for Args {
    fn inputs(&mut self) -> &mut Inputs {
        &mut self.inputs
    }

    fn has_paths(&self) -> bool {
        self.image.is_some() || !self.paths().is_empty()
    }

    fn is_for_machines(&self) -> bool {
        self.batch.is_some() || self.format == Format::Json
    }
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let asked = match &args.batch {
        Some(file) => Asked::Lines(file),
        None => Asked::One(args.question()?),
    };
    let paths = args.paths();
    let mut sources_of_stdin = paths.iter().chain(&args.batch).chain(&args.changes.add);
    if sources_of_stdin.by_ref().filter(|p| is_stdin(p)).count() > 1 {
        return Err(Failure::new(
            "`-` is given twice, but there is one standard input",
        ));
    }
    match &args.image {
        Some(bundle) => image::ask(args, bundle, &paths, &asked, terminal),
        None => ask_model(args, &paths, &asked, terminal),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// One question, or lines of them.
enum Asked<'a> {
    One(Question),
    Lines(&'a Path),
}

impl Args {
    /// The question of a call without `--batch`.
    fn question(&self) -> Result<Question, Failure> {
        let party = |at: usize, name: &str| {
            let text = self.positionals.get(at).ok_or_else(|| {
                Failure::new(format!(
                    "{name} is missing; see `netpolc query --help` for the forms of a question"
                ))
            })?;
            let text = text.to_string_lossy();
            text.parse::<Who>()
                .map_err(|error| Failure::new(format!("{name}: {error}")))
        };
        Ok(Question {
            from: party(0, "FROM")?,
            to: party(1, "TO")?,
            ports: self.port.clone().unwrap_or(PortQuestion::All),
        })
    }

    fn paths(&self) -> Vec<PathBuf> {
        let parties = if self.batch.is_some() { 0 } else { 2 };
        let paths = self.positionals.iter().skip(parties);
        paths.map(PathBuf::from).collect()
    }
}

fn ask_model(
    args: &Args,
    paths: &[PathBuf],
    asked: &Asked<'_>,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let inputs = args.inputs.with(args.changes.what_if());
    // The process ends when this is answered: taking it apart first would cost a tenth of the time.
    let analysis = ManuallyDrop::new(inputs.read(paths, terminal)?);
    note_shortcomings(&analysis, terminal);
    let model = &analysis.model;
    let matrix = Matrix::new(&model.policies, &model.cluster);
    let judge = ModelJudge::new(&matrix, &model.cluster);
    let places = ModelPlaces::new(model, &analysis.sources);
    let basis = Basis {
        cluster: &model.cluster,
        policies: &model.policies,
        matrix: &matrix,
        judge: &judge,
        places: &places,
        incomplete: &model.incomplete,
    };
    basis.answer(args, asked, terminal)
}

/// What an answer rests on, read from sources or from a bundle.
struct Basis<'a> {
    cluster: &'a Cluster,
    policies: &'a PolicySet,
    matrix: &'a Matrix<'a>,
    judge: &'a dyn Judge,
    places: &'a dyn Places,
    incomplete: &'a [String],
}

impl Basis<'_> {
    fn answer(
        &self,
        args: &Args,
        asked: &Asked<'_>,
        terminal: &mut Terminal<'_>,
    ) -> Result<Exit, Failure> {
        let directory = Directory::new(self.cluster, self.matrix);
        let desk = Desk {
            cluster: self.cluster,
            matrix: self.matrix,
            directory: &directory,
            judge: self.judge,
        };
        let reasons = Reasons::new(self.policies, self.places);
        match asked {
            Asked::Lines(file) => {
                let batch = || Batch::new(desk, reasons);
                lines::answer(file, batch, terminal)
            }
            Asked::One(question) => {
                let answers = ask(&desk, question).map_err(Failure::new)?;
                let whys = self.whys(args, &answers, &directory, reasons);
                match args.format {
                    Format::Text => text::write(&answers, reasons, &whys, terminal)?,
                    Format::Json => {
                        json::write(&answers, reasons, &whys, self.incomplete, terminal)?;
                    }
                }
                Ok(exit(args.expect, &answers))
            }
        }
    }
}

impl Basis<'_> {
    /// The derivation of each answer, when it is asked for.
    fn whys(
        &self,
        args: &Args,
        answers: &Answers,
        directory: &Directory<'_>,
        reasons: Reasons<'_>,
    ) -> Vec<Why> {
        let asked = answers.answers.iter().filter(|_| args.why);
        asked
            .map(|answer| {
                let flow = &answer.witness;
                let (from, to) = (
                    directory.name(flow.source),
                    directory.name(flow.destination),
                );
                why_of(reasons, self.cluster, flow, (&from, &to))
            })
            .collect()
    }
}

/// 0, 1 or 2 by the verdict, or by whether it is the expected one.
fn exit(expected: Option<Expected>, answers: &Answers) -> Exit {
    let overall = answers.overall();
    let equal = match expected {
        Some(Expected::Allow) => overall == Overall::Allow,
        Some(Expected::Deny) => overall == Overall::Deny,
        Some(Expected::Unknown) => overall == Overall::Unknown,
        None => {
            return match overall {
                Overall::Allow => Exit::Yes,
                Overall::Deny | Overall::Mixed => Exit::No,
                Overall::Unknown => Exit::CouldNot,
            };
        }
    };
    if equal { Exit::Yes } else { Exit::No }
}
