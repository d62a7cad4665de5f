//! The page `docs/lints/evaluation.md`: each part between its marks is written by a command.

use crate::mutation::Tally;
use crate::plant::{NOT_PLANTED, Planter};
use netpolc::lint;
use std::fmt::Write as _;
use std::path::Path;

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/lints/evaluation.md"
);

/// Puts a text between the marks of its part.
pub(crate) fn write(part: &str, text: &str) -> Result<(), String> {
    let path = Path::new(PAGE);
    let page = std::fs::read_to_string(path).map_err(|e| format!("{PAGE}: {e}"))?;
    let (begin, end) = (
        format!("<!-- begin {part} -->\n"),
        format!("<!-- end {part} -->\n"),
    );
    let parts = page.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some(format!("{before}{begin}{text}{end}{after}"))
    });
    let page = parts.ok_or_else(|| format!("{PAGE} has no marks for `{part}`"))?;
    std::fs::write(path, page).map_err(|e| format!("{PAGE}: {e}"))
}

/// What is known about findings of another code beside the planted one.
const WHY: &[(&str, &str, &str)] = &include!("page/why.in");

fn why(planted: &str, extra: &str) -> &'static str {
    let found = WHY.iter().find(|(p, e, _)| *p == planted && *e == extra);
    found.map_or("not explained", |(_, _, why)| why)
}

/// The counts, one line for each code.
pub(crate) fn table(told: &[(Planter, Tally)]) -> String {
    let mut text = String::from(
        "| code | planted | caught | of these notes | missed | with other findings | share |\n|---|---|---|---|---|---|---|\n",
    );
    for (planter, tally) in told {
        let extra: usize = tally.extra.values().sum::<usize>() + tally.elsewhere;
        // Writing to a String does not fail.
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            planter.code,
            tally.planted,
            tally.caught,
            tally.notes,
            tally.planted - tally.caught,
            extra,
            share(tally.caught, tally.planted),
        )
        .unwrap_or_default();
    }
    text
}

/// `99.5 %`, rounded down: a miss never reads as 100 %.
pub(crate) fn share(part: usize, whole: usize) -> String {
    let permille = (part * 1000).checked_div(whole).unwrap_or(0);
    format!("{}.{} %", permille / 10, permille % 10)
}

/// What was missed, by seed, to be looked at with `--show`.
pub(crate) fn seeds(told: &[(Planter, Tally)]) -> String {
    let mut text = String::new();
    for (planter, tally) in told {
        writeln!(
            text,
            "{}: unfit {}, missed {:?}, elsewhere {}, extra {:?}",
            planter.code, tally.unfit, tally.missed, tally.elsewhere, tally.extra
        )
        .unwrap_or_default();
    }
    text
}

/// The whole part.
pub(crate) fn study(seed: u64, runs: usize, told: &[(Planter, Tally)]) -> String {
    let planted: usize = told.iter().map(|(_, t)| t.planted).sum();
    let caught: usize = told.iter().map(|(_, t)| t.caught).sum();
    let mut text = format!(
        "`cargo xtask lint-study --seed {seed} --runs {runs}`: {planted} mistakes, {caught} caught ({}). Every cluster was silent before.\n\n",
        share(caught, planted)
    );
    text.push_str(&table(told));
    text.push_str("\n### What was planted\n\n| code | mistake |\n|---|---|\n");
    for (planter, _) in told {
        writeln!(text, "| {} | {} |", planter.code, planter.mistake).unwrap_or_default();
    }
    let excused = NOT_PLANTED
        .iter()
        .filter(|(code, _)| lint::find(code).is_some());
    for (code, reason) in excused {
        writeln!(text, "| {code} | none: {reason} |").unwrap_or_default();
    }
    text.push_str(
        "\n### Other findings\n\n| planted | told as well | in runs | why |\n|---|---|---|---|\n",
    );
    for (planter, tally) in told {
        if tally.elsewhere > 0 {
            let (code, n) = (planter.code, tally.elsewhere);
            writeln!(
                text,
                "| {code} | {code} elsewhere | {n} | {} |",
                why(code, code)
            )
            .unwrap_or_default();
        }
        for (extra, n) in &tally.extra {
            let reason = why(planter.code, extra);
            writeln!(text, "| {} | {extra} | {n} | {reason} |", planter.code).unwrap_or_default();
        }
    }
    text
}
