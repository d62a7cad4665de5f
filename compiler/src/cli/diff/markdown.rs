//! For the comment on a pull request: the gist as heading, tables, the rest folded away, and never
//! longer than platforms take.

use super::{Told, words};
use crate::change::Change;
use crate::cli::Failure;
use std::fmt::Write as _;
use std::io::Write;

/// GitHub takes 65,536 characters; some are left for what a workflow puts around it.
const LONGEST: usize = 60_000;
/// So many changes stand in sight, the others are folded.
const IN_SIGHT: usize = 20;

const HEADER: &str = "| | from | to | ports | because |\n|---|---|---|---|---|\n";

pub(super) fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let changes = &told.comparison.changes;
    // A workflow finds its own comment again by this mark.
    let mut page = format!(
        "<!-- netpolc:diff -->\n### netpolc: {}\n",
        words::summary(told)
    );
    let rows: Vec<String> = changes.iter().map(|change| row(told, change)).collect();
    let mut left_out = 0;
    let mut length = page.chars().count();
    let tail = tail(told);
    let room = LONGEST.saturating_sub(tail.chars().count().min(LONGEST / 2));
    for (at, row) in rows.iter().enumerate() {
        if at == 0 {
            page.push('\n');
            page.push_str(HEADER);
        } else if at == IN_SIGHT {
            let more = rows.len() - IN_SIGHT;
            let _ = write!(
                page,
                "\n<details><summary>and {more} more</summary>\n\n{HEADER}"
            );
        }
        length += row.chars().count();
        if length > room {
            left_out = rows.len() - at;
            break;
        }
        page.push_str(row);
    }
    if rows.len() > IN_SIGHT && page.contains("<details>") {
        page.push_str("\n</details>\n");
    }
    if left_out > 0 {
        let _ = write!(
            page,
            "\n{left_out} more changes do not fit here; `netpolc diff` shows them all.\n"
        );
    }
    if page.chars().count() + tail.chars().count() <= LONGEST {
        page.push_str(&tail);
    }
    out.write_all(page.as_bytes())?;
    Ok(())
}

fn row(told: &Told<'_>, change: &Change) -> String {
    let because: Vec<String> = (change.because.causes.iter().take(3))
        .filter_map(|cause| told.edits.get(cause.edit))
        .map(|edit| {
            let at = words::where_is(told, edit);
            let at = if at.is_empty() {
                at
            } else {
                format!(" ({at})")
            };
            format!("{}{at}", words::edit(edit))
        })
        .collect();
    let because = match (
        change.because.causes.len().checked_sub(3),
        words::proof(change),
    ) {
        (Some(more), _) if more > 0 => format!("{} and {more} more", because.join("; ")),
        (_, "because") => because.join("; "),
        (_, how) => format!(
            "{}: {}",
            how.trim_start_matches("because, "),
            because.join("; ")
        ),
    };
    let cells = [
        words::kind(change).to_owned(),
        words::end(told, &change.ends.sources),
        words::destination(told, change),
        words::ports_of(change),
        because,
    ];
    format!("| {} |\n", cells.map(|text| cell(&text)).join(" | "))
}

/// The edits, the workloads that came and went, and what is missing.
fn tail(told: &Told<'_>) -> String {
    let mut tail = String::new();
    let comparison = told.comparison;
    if !told.edits.is_empty() {
        let count = told.edits.len();
        let _ = write!(tail, "\n<details><summary>{count} edits</summary>\n\n");
        for edit in told.edits.iter().take(100) {
            let at = words::where_is(told, edit);
            let at = if at.is_empty() {
                at
            } else {
                format!(" ({at})")
            };
            let _ = writeln!(tail, "- {}", cell(&format!("{}{at}", words::edit(edit))));
        }
        tail.push_str("\n</details>\n");
    }
    for (names, what) in [(&comparison.added, "New"), (&comparison.removed, "Gone")] {
        if !names.is_empty() {
            let shown: Vec<String> = names.iter().take(20).map(|n| cell(n)).collect();
            let _ = write!(tail, "\n{what} workloads: {}\n", shown.join(", "));
        }
    }
    let missing: Vec<&String> = told.incomplete.into_iter().flatten().take(20).collect();
    if !missing.is_empty() {
        tail.push_str("\n> The answer is incomplete:\n");
        for sentence in missing {
            let _ = writeln!(tail, "> - {}", cell(sentence));
        }
    }
    tail
}

/// Text that cannot end a cell or begin markup.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '|' => out.push_str("\\|"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
