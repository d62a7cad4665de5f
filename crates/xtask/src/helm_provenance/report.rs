//! What came of it, as lines and as JSON.

use super::Outcome;
use serde_json::json;
use std::path::Path;

/// One line for the terminal.
pub(super) fn line(outcome: &Outcome) -> String {
    let sums = &outcome.perturbed;
    format!(
        "{}: {} policies, {} stretches lost; {} leaves, {} scalars led, {} decided, {} elsewhere",
        outcome.shown,
        outcome.policies,
        outcome.lost_bytes.len(),
        sums.leaves,
        sums.led,
        sums.decided,
        sums.elsewhere.len()
    )
}

/// The sums.
pub(super) fn text(outcomes: &[Outcome]) -> String {
    let sum = |of: &dyn Fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>();
    format!(
        "{} charts, {} network policies; {} stretches of them lead to no template\n\
         {} leaves changed one at a time; with {} the chart refuses to render, {} change what is \
         there\n\
         {} scalars changed and name their leaf, {} were written by another place, {} neither\n",
        outcomes.len(),
        sum(&|one| one.policies),
        sum(&|one| one.lost_bytes.len()),
        sum(&|one| one.perturbed.leaves),
        sum(&|one| one.perturbed.refused),
        sum(&|one| one.perturbed.shapes),
        sum(&|one| one.perturbed.led),
        sum(&|one| one.perturbed.decided),
        sum(&|one| one.perturbed.elsewhere.len()),
    )
}

/// Writes what leads nowhere.
pub(super) fn json(outcomes: &[Outcome], path: &Path) -> Result<(), String> {
    let charts: Vec<_> = { outcomes.iter() }
        .map(|outcome| {
            json!({
                "chart": outcome.shown,
                "lost": outcome.lost_bytes,
                "elsewhere": outcome.perturbed.elsewhere,
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
