//! `JUnit` XML, as servers that run tests read it.

use super::text::{in_words, name};
use super::{Told, outcome::Outcome};
use crate::cli::Failure;
use std::io::Write;

pub(super) fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let all = told.outcomes.len();
    let errors = told.outcomes.iter().filter(|o| o.fault.is_some()).count();
    let failed = told.outcomes.iter().filter(|o| !o.holds()).count() - errors;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites tests=\"{all}\" failures=\"{failed}\" errors=\"{errors}\">"
    )?;
    let mut files: Vec<&str> = told.outcomes.iter().map(|o| o.file.as_str()).collect();
    files.dedup();
    for file in files {
        let own: Vec<&Outcome> = told.outcomes.iter().filter(|o| o.file == file).collect();
        let errors = own.iter().filter(|o| o.fault.is_some()).count();
        let failed = own.iter().filter(|o| !o.holds()).count() - errors;
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"{errors}\">",
            escaped(file),
            own.len()
        )?;
        for outcome in own {
            case(outcome, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")?;
    Ok(())
}

fn case(outcome: &Outcome, out: &mut dyn Write) -> Result<(), Failure> {
    let title = escaped(&format!("{}  {}", outcome.title, name(outcome.expect)));
    let (file, line) = (escaped(&outcome.file), outcome.line);
    write!(
        out,
        "    <testcase classname=\"{file}\" name=\"{title}\" file=\"{file}\" line=\"{line}\""
    )?;
    if outcome.holds() {
        writeln!(out, "/>")?;
        return Ok(());
    }
    writeln!(out, ">")?;
    let mut lines = vec![format!("{}:{line}", outcome.file)];
    lines.extend(outcome.because.iter().map(|b| format!("because: {b}")));
    let (tag, message) = if let Some(fault) = &outcome.fault {
        ("error", fault.clone())
    } else {
        let wrong = outcome.wrong.as_ref();
        for (side, reason) in wrong.into_iter().flat_map(super::outcome::Wrong::deciding) {
            lines.push(format!("{side}: {}", reason.reason));
        }
        ("failure", wrong.map(in_words).unwrap_or_default())
    };
    let (message, text) = (escaped(&message), escaped(&lines.join("\n")));
    writeln!(out, "      <{tag} message=\"{message}\">{text}</{tag}>")?;
    writeln!(out, "    </testcase>")?;
    Ok(())
}

/// Text that XML 1.0 takes, in an attribute too.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
