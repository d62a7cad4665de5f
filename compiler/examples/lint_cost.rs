//! What the rules of `check` cost beside reading the same files, in one process: `cargo xtask bench
//! lints` runs it over generated clusters.
//!
//! `cargo run --release -p netpolc --example lint_cost -- [--runs N] [--cni-values FILE] PATH`
//!
//! Time is what this thread was given of a processor, so that others on the machine matter less; of
//! several runs each figure is the least. The answer is one JSON object.
#![expect(clippy::print_stdout, reason = "the example prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "a measurement reads its arguments and files, and the clock"
)]

use netpol_yaml::{Limits, parse_shared};
use netpolc::finding::{Code, Finding};
use netpolc::lint::{self, Check, Context, REGISTRY, Selection};
use netpolc::load::{self, LoadOptions};
use netpolc::resolve::{Analysis, Inputs, read};
use netpolc::schema;
use netpolc::source::Sources;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Seconds by what they were spent on.
type Costs = BTreeMap<&'static str, f64>;

struct Args {
    runs: usize,
    cni_values: Vec<PathBuf>,
    path: PathBuf,
}

fn main() -> ExitCode {
    let Some(args) = args() else {
        println!("lint_cost [--runs N] [--cni-values FILE] PATH");
        return ExitCode::from(2);
    };
    match measure(&args) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::from(2)
        }
    }
}

fn args() -> Option<Args> {
    let mut given = std::env::args_os().skip(1);
    let (mut runs, mut cni_values, mut path) = (1, Vec::new(), None);
    while let Some(argument) = given.next() {
        match argument.to_str() {
            Some("--runs") => runs = given.next()?.to_str()?.parse().ok()?,
            Some("--cni-values") => cni_values.push(given.next()?.into()),
            _ => path = Some(argument.into()),
        }
    }
    Some(Args {
        runs,
        cni_values,
        path: path?,
    })
}

fn measure(args: &Args) -> std::io::Result<Value> {
    let (mut costs, mut rules) = (Costs::new(), Costs::new());
    let mut analysis = Analysis::default();
    let mut findings = Vec::new();
    for _ in 0..args.runs.max(1) {
        let mut run = Costs::new();
        // What was read is kept until the clock has been read, as an analysis keeps it.
        let texts = timed(&mut run, "yaml", || yaml(&args.path))?;
        drop(texts);
        let mut sources = Sources::default();
        let paths = [args.path.clone()];
        let loaded = timed(&mut run, "load", || {
            load::load(&paths, &LoadOptions::default(), &mut sources)
        });
        let refused = timed(&mut run, "schema", || {
            let objects = loaded.objects.iter();
            objects.flat_map(schema::check).collect::<Vec<Finding>>()
        });
        drop((loaded, sources, refused));
        let inputs = Inputs {
            paths: paths.to_vec(),
            cni_values: args.cni_values.clone(),
            ..Inputs::default()
        };
        analysis = timed(&mut run, "read", || read(&inputs));
        findings = timed(&mut run, "lints", || {
            lint::check(&analysis, &Selection::default())
        });
        least(&mut costs, run);
        least(&mut rules, each(&analysis));
    }
    let mut found: BTreeMap<Code, usize> = BTreeMap::new();
    for finding in &findings {
        *found.entry(finding.code).or_default() += 1;
    }
    let found = found.iter().map(|(code, n)| (code.0.to_owned(), json!(n)));
    let bytes = analysis.sources.iter().map(|(_, source)| source.text.len());
    Ok(json!({
        "bytes": bytes.sum::<usize>(),
        "objects": analysis.objects.len(),
        "policies": analysis.model.policies.policies().len(),
        "seconds": costs,
        "rules": rules,
        "findings": found.collect::<serde_json::Map<_, _>>(),
    }))
}

/// Every rule by itself. What the first one that asks for it works out for all of them is counted
/// with that one.
fn each(analysis: &Analysis) -> Costs {
    let mut costs = Costs::new();
    let context = timed(&mut costs, "context", || Context::new(analysis));
    for rule in REGISTRY {
        if let Check::Analysis(run) = rule.check {
            let _ = timed(&mut costs, rule.code.0, || run(&context, rule));
        }
    }
    costs
}

/// The YAML reader alone over every file of a directory.
fn yaml(directory: &Path) -> std::io::Result<Vec<netpol_yaml::Parsed>> {
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let text: Arc<str> = std::fs::read_to_string(entry?.path())?.into();
        kept.push(parse_shared(&text, &Limits::default()));
    }
    Ok(kept)
}

fn timed<T>(costs: &mut Costs, name: &'static str, run: impl FnOnce() -> T) -> T {
    let start = now();
    let out = run();
    costs.insert(name, now() - start);
    out
}

/// What this thread has been given of a processor, in seconds.
fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    let seconds = u32::try_from(time.tv_sec).unwrap_or_default();
    f64::from(seconds) + f64::from(nanoseconds) * 1e-9
}

fn least(costs: &mut Costs, run: Costs) {
    for (name, seconds) in run {
        let known = costs.entry(name).or_insert(seconds);
        *known = known.min(seconds);
    }
}
