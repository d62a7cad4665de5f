//! What came of the comparison: a line each, JSON, and a table.

use super::{Args, KUBE_VERSION, Outcome};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

struct Sums {
    documents: usize,
    equal: usize,
    decisive: (usize, usize),
    masked: usize,
}

fn sums(outcome: &Outcome) -> Sums {
    let mut sums = Sums {
        documents: 0,
        equal: 0,
        decisive: (0, 0),
        masked: 0,
    };
    for verdict in outcome.verdicts.values() {
        sums.documents += verdict.documents;
        sums.equal += verdict.equal;
        sums.decisive.0 += verdict.decisive.0;
        sums.decisive.1 += verdict.decisive.1;
        sums.masked += verdict.masked;
    }
    sums
}

fn first(outcome: &Outcome) -> Option<String> {
    let (name, difference) = outcome
        .verdicts
        .iter()
        .find_map(|(name, verdict)| Some((name, verdict.first.as_ref()?)))?;
    Some(format!("{name}: {difference}"))
}

/// One line for the terminal.
pub(super) fn line(outcome: &Outcome) -> String {
    let path = outcome.found.shown();
    if let Some(why) = &outcome.skipped {
        return format!("skipped    {path}: {why}");
    }
    let sums = sums(outcome);
    let verdict = if outcome.differs() {
        "DIFFERENT "
    } else {
        "equal     "
    };
    let first = first(outcome)
        .map(|first| format!(" | {first}"))
        .unwrap_or_default();
    let times = times(outcome);
    format!(
        "{verdict} {path} {}/{} {times}{first}",
        sums.equal, sums.documents
    )
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

fn times(outcome: &Outcome) -> String {
    match outcome.times {
        Some((ours, helm)) => format!("{} / {}", milliseconds(ours), milliseconds(helm)),
        None => String::new(),
    }
}

/// Writes all results.
pub(super) fn json(outcomes: &[Outcome], path: &Path) -> Result<(), String> {
    let charts: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            let renderings: Vec<Value> = outcome
                .verdicts
                .iter()
                .map(|(name, verdict)| {
                    json!({
                        "values": name,
                        "documents": verdict.documents,
                        "equal": verdict.equal,
                        "policies_and_workloads": verdict.decisive.0,
                        "policies_and_workloads_equal": verdict.decisive.1,
                        "masked_leaves": verdict.masked,
                        "same_text": verdict.same_text,
                        "first_difference": verdict.first,
                    })
                })
                .collect();
            json!({
                "path": outcome.found.shown(),
                "chart": outcome.found.name,
                "version": outcome.found.version,
                "skipped": outcome.skipped,
                "renderings": renderings,
                "ms_ours": outcome.times.map(|(ours, _)| milliseconds(ours)),
                "ms_helm": outcome.times.map(|(_, helm)| milliseconds(helm)),
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({ "charts": charts }));
    let text = text.map_err(|error| error.to_string())?;
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|error| error.to_string())?;
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The table and its sums.
pub(super) fn markdown(outcomes: &[Outcome], args: &Args) -> String {
    let compared: Vec<&Outcome> = outcomes
        .iter()
        .filter(|outcome| outcome.skipped.is_none())
        .collect();
    let equal = compared.iter().filter(|outcome| !outcome.differs()).count();
    let renderings: usize = compared.iter().map(|outcome| outcome.verdicts.len()).sum();
    let mut all = Sums {
        documents: 0,
        equal: 0,
        decisive: (0, 0),
        masked: 0,
    };
    let mut ratios: Vec<(f64, f64)> = Vec::new();
    for outcome in &compared {
        let sums = sums(outcome);
        all.documents += sums.documents;
        all.equal += sums.equal;
        all.decisive.0 += sums.decisive.0;
        all.decisive.1 += sums.decisive.1;
        all.masked += sums.masked;
        if let Some((ours, helm)) = outcome.times {
            ratios.push((milliseconds(ours), milliseconds(helm)));
        }
    }
    let mut out = String::new();
    let mut say = |line: std::fmt::Arguments<'_>| writeln!(out, "{line}").unwrap_or_default();
    say(format_args!(
        "{} charts compared in {renderings} renderings (Kubernetes {KUBE_VERSION}): {equal} with all documents equal.",
        compared.len(),
    ));
    say(format_args!(
        "Documents: {} of {} equal; network policies and workloads: {} of {}. Masked leaves: {}.",
        all.equal, all.documents, all.decisive.1, all.decisive.0, all.masked
    ));
    say(format_args!(
        "Whole process, median chart, median of {} runs: {} ms ours, {} ms helm.\n",
        args.runs,
        median(ratios.iter().map(|(ours, _)| *ours).collect()),
        median(ratios.iter().map(|(_, helm)| *helm).collect()),
    ));
    say(format_args!(
        "| chart | version | where | renderings | documents equal | first difference | ms ours / helm |"
    ));
    say(format_args!("|---|---|---|--:|--:|---|--:|"));
    for outcome in &compared {
        let sums = sums(outcome);
        let found = &outcome.found;
        say(format_args!(
            "| {} | {} | {} | {} | {} of {} | {} | {} |",
            found.name,
            found.version,
            found.shown(),
            outcome.verdicts.len(),
            sums.equal,
            sums.documents,
            first(outcome).unwrap_or_default().replace('|', "\\|"),
            times(outcome)
        ));
    }
    let skipped: Vec<&Outcome> = outcomes
        .iter()
        .filter(|outcome| outcome.skipped.is_some())
        .collect();
    if !skipped.is_empty() {
        say(format_args!("\nNot compared:\n"));
    }
    for outcome in skipped {
        // What helm says names files by their whole paths.
        let base = format!("{}/", outcome.found.base.display());
        let why = outcome.skipped.as_deref().unwrap_or_default();
        let why = why.replace(&base, "");
        say(format_args!("- {}: {why}", outcome.found.shown()));
    }
    out
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// A page with the part replaced that a verb writes; what people wrote around it stays.
pub(crate) fn page(path: &Path, verb: &str, part: &str) -> Result<String, String> {
    let begin = format!("<!-- {verb}: begin -->\n");
    let end = format!("<!-- {verb}: end -->\n");
    let old =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let place = old.split_once(&begin).zip(old.rsplit_once(&end));
    let Some(((before, _), (_, after))) = place else {
        return Err(format!(
            "{} has no place for what {verb} writes",
            path.display()
        ));
    };
    Ok(format!("{before}{begin}{part}{end}{after}"))
}
