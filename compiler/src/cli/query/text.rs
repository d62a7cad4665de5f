//! Answers for people.

use super::why;
use crate::cli::Terminal;
use crate::reach::batch::word;
use crate::reach::why::Why;
use crate::reach::{Answer, Answers, Reasons, ports};
use netpol_policy::{Direction, Verdict};
use std::io;

/// More answers than this are told without their reasons, unless `-v`.
const WITH_REASONS: usize = 24;

pub(super) fn write(
    answers: &Answers,
    reasons: Reasons<'_>,
    whys: &[Why],
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let reasoned = answers.answers.len() <= WITH_REASONS || terminal.verbosity() > 0;
    let width = |name: fn(&Answer) -> &String| {
        let widths = answers.answers.iter().map(|a| name(a).chars().count());
        widths.max().unwrap_or(0).min(40)
    };
    let (from_width, to_width) = (width(|a| &a.from), width(|a| &a.to));
    for (at, answer) in answers.answers.iter().enumerate() {
        let family = answer
            .family
            .map_or_else(String::new, |f| format!("  IP{f:?}").to_lowercase());
        let verdict = painted(answer.decision.verdict, terminal.colored());
        writeln!(
            terminal.stdout,
            "{verdict}  {:from_width$} → {:to_width$}  {}{family}",
            answer.from,
            answer.to,
            ports::in_words(&answer.ports)
        )?;
        if reasoned {
            for direction in [Direction::Egress, Direction::Ingress] {
                let reason = reasons.side(direction, answer.decision.side(direction));
                let verdict = painted(reason.verdict, terminal.colored());
                let name = direction.name();
                writeln!(terminal.stdout, "  {name:7}  {verdict}  {}", reason.reason)?;
                if let Some(why) = whys.get(at) {
                    why::write_side(why.side(direction), terminal)?;
                }
            }
        }
    }
    if !reasoned {
        terminal.note("the reasons are left out because there are many answers; -v shows them");
    }
    for note in &answers.notes {
        terminal.note(note);
    }
    Ok(())
}

/// The verdict, padded to the longest one.
fn painted(verdict: Verdict, colored: bool) -> String {
    let word = word(verdict);
    let color = match verdict {
        Verdict::Allow => 32,
        Verdict::Deny => 31,
        Verdict::Unknown => 33,
    };
    if colored {
        format!("\u{1b}[{color}m{word:7}\u{1b}[0m")
    } else {
        format!("{word:7}")
    }
}
