//! `cargo xtask helm-typos DIR…`: how many typos in values files the engine notices.
//!
//! Every chart below the directories is rendered with each values file of its `ci/`, and with
//! those of its own values that users override. Then one key at a time is misspelt or misplaced,
//! above a leaf that the chart read, and the rendering is asked what is wrong: an unknown value
//! (NP201), a schema that refuses (NP202), a chart that refuses (NP203), or nothing.

pub(crate) mod files;
mod report;
mod study;
pub(crate) mod typo;

use crate::helm_compare::charts::{self, Found, Index};
use crate::helm_compare::{report::page, vendor};
use files::Names;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use study::File;

/// Makes typos in values files and counts those that are noticed. Run it in release mode:
/// `cargo run --release -p xtask -- helm-typos`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directories that hold charts, at any depth, and chart archives.
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
    /// Only charts whose path holds this text.
    #[arg(long)]
    only: Option<String>,
    /// How many typos of each kind are made in one values file.
    #[arg(long, default_value_t = 2)]
    each: u64,
    /// The seed: the same seed makes the same typos.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write every typo as JSON.
    #[arg(long, default_value = "target/helm-typos.json")]
    json: PathBuf,
    /// Where to write the numbers as Markdown.
    #[arg(long)]
    markdown: Option<PathBuf>,
    /// How many charts are studied at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

/// A chart and what came of its values files; `Err` says why it takes no part.
struct Outcome {
    shown: String,
    files: Result<Vec<File>, String>,
}

/// Studies all charts below the directories.
///
/// # Errors
/// Nothing is found, or a result cannot be written.
pub fn run(args: &Args) -> Result<(), String> {
    let index = charts::find(&args.dirs)?;
    let wanted = |found: &&Found| {
        let only = args.only.as_ref();
        only.is_none_or(|only| found.shown().contains(only))
    };
    let found: Vec<&Found> = index.renderable().filter(wanted).collect();
    if found.is_empty() {
        return Err("no charts below these directories".to_owned());
    }
    let names = Names::of(&found);
    let outcomes = all(args, &index, &found, &names)?;
    report::json(&outcomes, &args.json)?;
    let text = report::markdown(&outcomes, args);
    if let Some(path) = &args.markdown {
        let page = page(path, "helm-typos", &text)?;
        std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    write!(std::io::stdout(), "{text}").map_err(|error| error.to_string())
}

/// The outcomes in the order of the charts, some worked out at the same time.
fn all(
    args: &Args,
    index: &Index,
    charts: &[&Found],
    names: &Names,
) -> Result<Vec<Outcome>, String> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(found) = charts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let files = chart(args, index, found, names);
            let shown = found.shown();
            writeln!(std::io::stderr(), "{}", report::line(&shown, &files)).unwrap_or_default();
            if let Ok(mut outcomes) = outcomes.lock() {
                let outcome = Outcome { shown, files };
                outcomes.insert(found.path.clone(), outcome);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..args.jobs.max(1) {
            scope.spawn(work);
        }
    });
    let outcomes = outcomes.into_inner().map_err(|error| error.to_string())?;
    Ok(outcomes.into_values().collect())
}

fn chart(args: &Args, index: &Index, found: &Found, names: &Names) -> Result<Vec<File>, String> {
    let path = vendor::assemble(found, index, "helm-typos")?
        .map_err(|missing| format!("needs {missing}, which lies nowhere"))?;
    let texts = files::of_ci(&path);
    let work = || study::chart(&path, &texts, names, args, &found.shown());
    netpol_helm::exec::on_large_stack(work).map_err(|error| error.to_string())?
}
