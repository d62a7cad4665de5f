//! `cargo xtask helm-compare DIR…`: our rendering against the real `helm template`.
//!
//! Every chart below the directories is rendered by both, with its own values and with each
//! `ci/*values.yaml` it brings. Documents are compared after parsing, in Helm's order; a leaf is
//! left out only when two renderings by the real helm differ in it. Dependencies that a chart
//! declares and does not hold are taken from charts of that name below the directories.

pub(crate) mod charts;
mod documents;
mod helm;
pub(crate) mod report;
pub(crate) mod vendor;

use crate::root;
use charts::{Found, ci_files};
use documents::Verdict;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The Kubernetes version that both are told.
pub(crate) const KUBE_VERSION: &str = "1.32.0";

/// Compares our rendering with the real helm's.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directories that hold charts, at any depth, and chart archives.
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
    /// Only charts whose path holds this text.
    #[arg(long)]
    only: Option<String>,
    /// Where to write all results as JSON.
    #[arg(long, default_value = "target/helm-compare.json")]
    json: PathBuf,
    /// Where to write the table as Markdown.
    #[arg(long)]
    markdown: Option<PathBuf>,
    /// How many charts are compared at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// How often each is run for the time; the median counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

/// One chart, compared.
struct Outcome {
    found: Found,
    /// What keeps it from being compared: a dependency that is nowhere, or a chart that both
    /// refuse.
    skipped: Option<String>,
    /// The chart with its dependencies in place.
    assembled: Option<PathBuf>,
    /// One verdict for the chart's own values and one for each file of `ci/`.
    verdicts: BTreeMap<String, Verdict>,
    /// Median times of the whole process, ours and helm's.
    times: Option<(Duration, Duration)>,
}

/// Compares all charts below the directories.
///
/// # Errors
/// The real helm is not there and cannot be had, nothing is found, or a chart differs.
pub fn run(args: &Args) -> Result<(), String> {
    let helm = helm::find()?;
    let ours = build()?;
    let index = charts::find(&args.dirs)?;
    let wanted = |found: &&Found| {
        let only = args.only.as_ref();
        only.is_none_or(|only| found.shown().contains(only))
    };
    let charts: Vec<&Found> = index.renderable().filter(wanted).collect();
    let work = Work {
        index: &index,
        helm: &helm,
        ours: &ours,
    };
    let mut outcomes = work.all(&charts, args.jobs.max(1))?;
    // Times are taken when nothing else of this runs.
    for outcome in &mut outcomes {
        work.measure(outcome, args.runs)?;
    }
    if outcomes.is_empty() {
        return Err("no charts below these directories".to_owned());
    }
    report::json(&outcomes, &args.json)?;
    let table = report::markdown(&outcomes, args);
    if let Some(path) = &args.markdown {
        let page = report::page(path, "helm-compare", &table)?;
        std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    write!(std::io::stdout(), "{table}").map_err(|error| error.to_string())?;
    match outcomes.iter().filter(|outcome| outcome.differs()).count() {
        0 => Ok(()),
        differ => Err(format!("{differ} charts differ")),
    }
}

impl Outcome {
    fn differs(&self) -> bool {
        self.verdicts.values().any(|verdict| !verdict.is_equal())
    }
}

/// Builds our side in release mode.
fn build() -> Result<PathBuf, String> {
    let words = ["build", "--quiet", "--release", "-p", "netpol-helm"];
    let status = Command::new(env!("CARGO"))
        .args(words)
        .args(["--example", "template"])
        .current_dir(root())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return Err("netpol-helm does not build".to_owned());
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/examples/template"))
}

/// What every comparison needs.
#[derive(Clone, Copy)]
struct Work<'a> {
    index: &'a charts::Index,
    helm: &'a Path,
    ours: &'a Path,
}

impl Work<'_> {
    /// Compares the charts, some at the same time; the outcomes are in their order.
    fn all(self, charts: &[&Found], jobs: usize) -> Result<Vec<Outcome>, String> {
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(BTreeMap::new());
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(found) = charts.get(at) else { break };
                let outcome = self.compare(found);
                if let Ok(outcome) = &outcome {
                    writeln!(std::io::stderr(), "{}", report::line(outcome)).unwrap_or_default();
                }
                if let Ok(mut outcomes) = outcomes.lock() {
                    outcomes.insert(at, outcome);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(work);
            }
        });
        let outcomes = outcomes.into_inner().map_err(|error| error.to_string())?;
        outcomes.into_values().collect()
    }

    fn compare(self, found: &Found) -> Result<Outcome, String> {
        let mut outcome = Outcome {
            found: found.clone(),
            skipped: None,
            assembled: None,
            verdicts: BTreeMap::new(),
            times: None,
        };
        let chart = match vendor::assemble(found, self.index, "helm-compare")? {
            Ok(chart) => chart,
            Err(missing) => {
                outcome.skipped = Some(format!("needs {missing}, which lies nowhere"));
                return Ok(outcome);
            }
        };
        for (name, values) in variants(&chart) {
            match self.variant(&chart, values.as_deref())? {
                Ok(verdict) => {
                    outcome.verdicts.insert(name, verdict);
                }
                Err(refused) if outcome.skipped.is_none() => outcome.skipped = Some(refused),
                Err(_) => {}
            }
        }
        if !outcome.verdicts.is_empty() {
            outcome.skipped = None;
            outcome.assembled = Some(chart);
        }
        Ok(outcome)
    }

    /// One rendering; `Err` inside when both refuse it.
    fn variant(
        self,
        chart: &Path,
        values: Option<&Path>,
    ) -> Result<Result<Verdict, String>, String> {
        let helm = || render(self.helm, &["template"], chart, values);
        let (one, two) = (helm()?, helm()?);
        let own = render(self.ours, &[], chart, values)?;
        let mut verdict = documents::compare(&one, &two, &own);
        if verdict.as_ref().is_ok_and(|verdict| !verdict.is_equal()) {
            // The time shows only in renderings of different seconds.
            std::thread::sleep(Duration::from_millis(1100));
            verdict = documents::compare(&one, &helm()?, &own);
        }
        Ok(verdict)
    }

    fn measure(self, outcome: &mut Outcome, runs: usize) -> Result<(), String> {
        let Some(chart) = &outcome.assembled else {
            return Ok(());
        };
        let (mut ours, mut helm) = (Vec::new(), Vec::new());
        for _ in 0..runs.max(1) {
            helm.push(render(self.helm, &["template"], chart, None)?.took);
            ours.push(render(self.ours, &[], chart, None)?.took);
        }
        outcome.times = Some((median(ours), median(helm)));
        Ok(())
    }
}

/// The chart's own values, then each values file that it brings for tests.
fn variants(chart: &Path) -> Vec<(String, Option<PathBuf>)> {
    let files = ci_files(chart).into_iter();
    let files = files.map(|(name, path)| (name, Some(path)));
    std::iter::once(("default".to_owned(), None))
        .chain(files)
        .collect()
}

/// What a process wrote, and how long it took from start to end.
struct Rendered {
    /// `Err` holds what it said when it refused.
    output: Result<String, String>,
    took: Duration,
}

fn render(
    program: &Path,
    verb: &[&str],
    chart: &Path,
    values: Option<&Path>,
) -> Result<Rendered, String> {
    let mut command = Command::new(program);
    command
        .args(verb)
        .arg(chart)
        .args(["--kube-version", KUBE_VERSION]);
    if let Some(values) = values {
        command.arg("-f").arg(values);
    }
    let start = Instant::now();
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let took = start.elapsed();
    let output = if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        let error = said.lines().find(|line| line.starts_with("Error"));
        Err(error.unwrap_or("it ended without a word").to_owned())
    };
    Ok(Rendered { output, took })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
