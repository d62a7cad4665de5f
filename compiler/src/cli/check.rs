//! `netpolc check`.

mod baseline;
mod fix;
mod judge;
mod known;
mod ledger;
mod settings;

use super::inputs::refuse_unread;
use super::{Exit, Failure, Inputs, Terminal, files};
use crate::finding::{Day, Finding, Severity};
use crate::lint;
use crate::lint::suppress::By;
use crate::model::{ChartVersion, ImageBudget};
use crate::report::{Format, Report, Style};
use crate::resolve;
use baseline::Baseline;
use fix::Left;
use judge::Judge;
use ledger::Ledger;
use settings::Settings;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::str::FromStr;

/// Read manifests, and say what is wrong with them and where they contradict each other.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 input that cannot be read (beats 1).

Examples:
  netpolc check policies/ workloads/
  netpolc check --cni-values cilium.yaml --fail-on warning .
  netpolc check --cni-values cilium.yaml --cni-version 1.19 --cni-upgrade-to 1.20
  netpolc check --select NP3 --format concise .
  netpolc check --format full --format json=findings.json .
  netpolc check --format github --format sarif=netpolc.sarif .
  netpolc check --since origin/main k8s/
  netpolc check --write-baseline netpolc-baseline.json k8s/
  netpolc check --fix k8s/
  netpolc check --diff k8s/ | git apply
  helm template shop ./chart | netpolc check -"
)]
pub struct Args {
    /// Files, directories, `-` for standard input.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// full, concise, json, sarif, junit, github, gitlab or markdown; with =FILE into a file. May be
    /// given several times.
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Destination>,
    /// Only codes that begin like this: NP3, NP301. May be given several times. NP406 is opt-in and
    /// wants its whole code: NP,NP406.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    select: Vec<String>,
    /// No codes that begin like this. The longer of two fitting prefixes wins.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The lowest severity that makes the exit code 1 [default: error].
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<Level>,
    /// Only findings that were not there at this commit; git reads it.
    #[arg(long, value_name = "GITREF")]
    since: Option<String>,
    /// Only findings that do not stand in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// Write the findings of today into this file, for --baseline.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// List what is suppressed or known, and why; SARIF and JSON hold it as well.
    #[arg(long)]
    show_suppressed: bool,
    /// Make the edits that findings propose and that change nobody's reachability.
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
    /// With --fix or --diff: also those that change who reaches whom; what changes is told first.
    #[arg(long)]
    unsafe_fixes: bool,
    /// Print the edits of --fix as a patch, and write nothing.
    #[arg(long, conflicts_with = "write_baseline")]
    diff: bool,
    /// Judge as on this day whether suppressions have ended [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Day>,
    /// How many findings of each code there are, in place of the findings.
    #[arg(long)]
    statistics: bool,
    /// Say what an upgrade of the CNI's chart to this version changes without a word (NP608).
    #[arg(long, value_name = "VERSION")]
    cni_upgrade_to: Option<ChartVersion>,
    /// What the image of a node may take, as 8MiB: a larger one is NP502 [default: what fits, 64MiB].
    #[arg(long, value_name = "SIZE")]
    image_budget: Option<ImageBudget>,
    #[command(flatten)]
    inputs: Inputs,
    /// More targets follow this one.
    #[arg(skip)]
    more: bool,
}

/// A severity on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Level {
    Error,
    Warning,
    Note,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::Error,
            Level::Warning => Self::Warning,
            Level::Note => Self::Note,
        }
    }
}

/// A format and where it goes: standard output when no file is named.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Destination {
    format: Format,
    file: Option<PathBuf>,
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("there is no file behind `=`".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = format.parse().map_err(|e| format!("{e}"))?;
        Ok(Self { format, file })
    }
}

impl super::targets::Aimed for Args {
    fn inputs(&mut self) -> &mut Inputs {
        &mut self.inputs
    }

    /// A report for a file is one target's.
    fn has_paths(&self) -> bool {
        !self.paths.is_empty() || self.format.iter().any(|d| d.file.is_some())
    }

    fn turn(&mut self, more: bool) {
        self.more = more;
    }

    fn is_for_machines(&self) -> bool {
        let for_people = |d: &Destination| matches!(d.format, Format::Full | Format::Concise);
        !self.format.iter().all(for_people)
    }
}

/// Checks what the flags name, else every target apart.
pub(super) fn all(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let inputs = Inputs {
        cni_upgrade_to: args.cni_upgrade_to,
        image_budget: args.image_budget,
        ..args.inputs.clone()
    };
    let args = Args {
        inputs,
        ..args.clone()
    };
    let ledger = RefCell::new(Ledger::default());
    let run = |args: &Args, terminal: &mut Terminal<'_>| run(args, &ledger, terminal);
    super::targets::each(&args, terminal, run)
}

fn run(
    args: &Args,
    ledger: &RefCell<Ledger>,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    args.one_on_stdout()?;
    if args.unsafe_fixes && !args.fix && !args.diff {
        return Err(Failure::new(
            "--unsafe-fixes makes nothing by itself; give --fix, or --diff to see what it would make",
        ));
    }
    let settings = Settings::of(args)?;
    // Whoever reads the report learns what is not looked for, though no flag says so.
    if !args.more {
        settings.note_left_out(args, terminal);
    }
    let judge = args.judge(&settings, terminal)?;
    let mut analysis = resolve::read(&judge.asked);
    args.inputs.hint(&analysis, terminal);
    if args.fix || args.diff {
        analysis = match fix::run(args, &judge, analysis, terminal)? {
            Left::Reading(analysis) => *analysis,
            Left::Done(exit) => return Ok(exit),
        };
    }
    // The process ends when this is told: taking it apart first would cost a tenth of the time.
    let mut analysis = ManuallyDrop::new(analysis);
    let mut sifted = judge.sift(&mut analysis);
    let mut ledger = ledger.borrow_mut();
    let idle = std::mem::take(&mut sifted.idle);
    let idle = ledger.settle(idle, &sifted.used, &mut analysis.sources, args.more);
    sifted.told.extend(idle);
    if let Some(baseline) = &judge.baseline {
        lint::sort(&mut sifted.told);
        ledger.seen.take(&sifted.told, &analysis);
        if !args.more && !analysis.is_fatal() {
            // Of single files, as a hook gives them, nothing follows about all others.
            let everything = args.paths.iter().all(|path| path.is_dir());
            baseline.note_stale(&ledger.seen, &settings, everything, terminal);
        }
    }
    judge.without_known(&mut sifted, &analysis.sources);
    if let Some(file) = &args.write_baseline {
        refuse_unread(&analysis.findings, &analysis.sources, terminal)?;
        ledger.baseline.take(&sifted.told, &analysis.sources);
        if !args.more {
            files::write(file, ledger.baseline.to_json()?.as_bytes())?;
        }
        let marks = ledger.baseline.marks();
        known::take_out(&mut sifted, &analysis.sources, &marks, By::Baseline);
    }
    let incomplete = lint::absent::unsaid(&analysis.model, &sifted.told);
    let report = Report {
        suppressed: &sifted.suppressed,
        show_suppressed: args.show_suppressed,
        ..Report::new(&analysis.sources, &sifted.told, &incomplete)
    };
    args.write(&report, terminal)?;
    let fails = |f: &Finding| f.severity >= settings.fail_on;
    Ok(if analysis.is_fatal() {
        Exit::CouldNot
    } else if sifted.told.iter().any(fails) {
        Exit::No
    } else {
        Exit::Yes
    })
}

impl Args {
    /// How readings are judged: what is known is asked for once.
    fn judge<'s>(
        &self,
        settings: &'s Settings,
        terminal: &mut Terminal<'_>,
    ) -> Result<Judge<'s>, Failure> {
        let (mut known, mut baseline) = (Vec::new(), None);
        if let Some(reference) = &self.since {
            known.push((
                known::at_commit(reference, self, settings, terminal)?,
                By::Before,
            ));
        }
        if let Some(file) = settings
            .baseline
            .as_ref()
            .filter(|_| self.write_baseline.is_none())
        {
            let read = Baseline::read(file)?;
            known.push((read.marks(), By::Baseline));
            baseline = Some(read);
        }
        Ok(Judge {
            settings,
            asked: self.inputs.asked(&self.paths, terminal)?,
            known,
            baseline,
            alone: self.inputs.target.is_none(),
            others: self.others(settings, terminal)?,
        })
    }

    /// An edit for one target is an edit for all that share the text.
    fn others(
        &self,
        settings: &Settings,
        terminal: &mut Terminal<'_>,
    ) -> Result<Vec<(String, resolve::Inputs)>, Failure> {
        let (true, Some(own)) = (self.fix || self.diff, &self.inputs.target) else {
            return Ok(Vec::new());
        };
        let targets = settings.found.iter().flat_map(|f| &f.config.targets);
        let mut others = Vec::new();
        for target in targets.filter(|target| target.name != *own) {
            let inputs = Inputs {
                target: Some(target.name.clone()),
                ..self.inputs.clone()
            };
            others.push((target.name.clone(), inputs.asked(&[], terminal)?));
        }
        Ok(others)
    }

    fn one_on_stdout(&self) -> Result<(), Failure> {
        let on_stdout = self.format.iter().filter(|d| d.file.is_none());
        if on_stdout.count() > 1 {
            return Err(Failure::new(
                "two formats cannot both go to standard output; name a file, as in json=report.json",
            ));
        }
        Ok(())
    }

    fn write(&self, report: &Report<'_>, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        let mut on_stdout = None;
        for to in &self.format {
            let Some(file) = &to.file else {
                on_stdout = Some(to.format);
                continue;
            };
            let mut text = Vec::new();
            report.write(to.format, Style::PLAIN, &mut text)?;
            files::write(file, &text)?;
        }
        if self.statistics {
            return statistics(report, terminal.stdout);
        }
        // With files alone nothing is left for standard output.
        let format = match (on_stdout, self.format.is_empty()) {
            (Some(format), _) => format,
            (None, true) => Format::Full,
            (None, false) => return Ok(()),
        };
        let style = Style {
            color: terminal.colored(),
            ..Style::PLAIN
        };
        Ok(report.write(format, style, terminal.stdout)?)
    }
}

/// How many findings there are of each code, the most first.
fn statistics(report: &Report<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in report.findings {
        *counts.entry(finding.code.0).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
    for (code, n) in counts {
        let name = lint::find(code).map_or("", |rule| rule.name);
        writeln!(out, "{n:>6}  {code}  {name}")?;
    }
    Ok(())
}
