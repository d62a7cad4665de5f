//! The matrix of expected against seen.

use super::ask::{Party, Try, parties};
use super::say;
use netpol_policy::Cluster;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What became of the attempts of one pair.
#[derive(Debug, Default, Clone, Copy)]
struct Cell {
    tried: usize,
    passed: usize,
    wrong: usize,
}

/// Prints the matrix, rows from, columns to; an error when anything differs. `others` are parties
/// that stand in no inventory.
pub(super) fn print(
    inventory: &Cluster,
    others: &[Party],
    tries: &[Try],
    expected: &[bool],
    seen: &[bool],
) -> Result<(), String> {
    let parties = parties(inventory, others);
    let mut cells: BTreeMap<(usize, usize), Cell> = BTreeMap::new();
    let mut differences = Vec::new();
    for ((attempt, want), got) in tries.iter().zip(expected).zip(seen) {
        let cell = cells.entry((attempt.from, attempt.to)).or_default();
        cell.tried += 1;
        cell.passed += usize::from(*got);
        if want != got {
            cell.wrong += 1;
            differences.push((attempt, *want));
        }
    }
    say(&draw(&parties, &cells));
    let allowed = seen.iter().filter(|passed| **passed).count();
    say(&format!(
        "{} attempts, {} passed, {} did not; {} differ from what was expected.",
        tries.len(),
        allowed,
        tries.len() - allowed,
        differences.len()
    ));
    if differences.is_empty() {
        return Ok(());
    }
    for (attempt, want) in differences.iter().take(10) {
        say(&format!(
            "  {} -> {} {}/{}: expected to {}",
            attempt.source,
            attempt.destination,
            attempt.protocol,
            attempt.port,
            if *want { "pass" } else { "be dropped" }
        ));
    }
    Err(format!("{} attempts went another way", differences.len()))
}

fn draw(parties: &[Party], cells: &BTreeMap<(usize, usize), Cell>) -> String {
    let width = parties.iter().map(|p| p.name.len()).max().unwrap_or(0);
    let mut text = String::from(
        "\nPassed of tried, all ports in IPv4 and IPv6; `.` nothing passed, `!` not as expected\n\n",
    );
    let _fits = write!(text, "{:width$} ", "from \\ to");
    for column in 1..=parties.len() {
        let _fits = write!(text, "{:>6}", format!("({column})"));
    }
    text.push('\n');
    for (row, party) in parties.iter().enumerate() {
        let _fits = write!(text, "{:width$} ", party.name);
        for column in 0..parties.len() {
            let cell = cells.get(&(row, column)).copied().unwrap_or_default();
            let shown = match cell {
                Cell { tried: 0, .. } => "-".to_owned(),
                Cell { wrong: 1.., .. } => format!("!{}", cell.wrong),
                Cell { passed: 0, .. } => ".".to_owned(),
                _ => format!("{}/{}", cell.passed, cell.tried),
            };
            let _fits = write!(text, "{shown:>6}");
        }
        let _fits = writeln!(text, "  ({})", row + 1);
    }
    text
}
