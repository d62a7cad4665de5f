//! `netpolc explain`.

use super::{Exit, Failure, Terminal};
use crate::lint::{self, REGISTRY, Rule, nearest};
use std::io::Write;

/// Print what a code means, why it is bad and how to fix it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  netpolc explain NP301
  netpolc explain one-sided-allow
  netpolc explain --list")]
pub struct Args {
    /// A code or its name.
    #[arg(value_name = "CODE", required_unless_present = "list")]
    code: Option<String>,
    /// All codes, one per line.
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let Some(asked) = &args.code else {
        return list(terminal.stdout);
    };
    let code = asked.to_ascii_uppercase();
    let named = || REGISTRY.iter().find(|rule| rule.name == asked);
    let Some(rule) = lint::find(&code).or_else(named) else {
        return Err(unknown(asked, &code));
    };
    terminal.stdout.write_all(rule.page.as_bytes())?;
    Ok(Exit::Yes)
}

fn list(out: &mut dyn Write) -> Result<Exit, Failure> {
    let widest = |width: usize, rule: &Rule| width.max(rule.name.len());
    let width = REGISTRY.iter().fold(0, widest);
    for rule in REGISTRY {
        writeln!(out, "{}  {:width$}  {}", rule.code, rule.name, rule.summary)?;
    }
    Ok(Exit::Yes)
}

fn unknown(asked: &str, code: &str) -> Failure {
    let codes = REGISTRY.iter().map(|rule| rule.code.0);
    let names = REGISTRY.iter().map(|rule| rule.name);
    let near = nearest::word(code, codes).or_else(|| nearest::word(asked, names));
    let hint = match near {
        Some(near) => format!("did you mean {near}?"),
        None => "`netpolc explain --list` prints all codes".to_owned(),
    };
    Failure::new(format!("there is no code `{asked}`; {hint}"))
}
