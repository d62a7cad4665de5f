//! What the flags and `netpolc.toml` say together: a flag wins.

use super::Args;
use crate::cli::targets::{self, Found};
use crate::cli::{Failure, Terminal, wishes};
use crate::finding::Severity;
use crate::lint::suppress::Wishes;
use crate::lint::{REGISTRY, Selection, nearest};
use crate::source::Sources;
use std::path::PathBuf;

/// How findings are judged in this run.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) selection: Selection,
    pub(super) fail_on: Severity,
    pub(super) baseline: Option<PathBuf>,
    args_today: Option<crate::finding::Day>,
    pub(super) found: Option<Found>,
}

impl Settings {
    pub(super) fn of(args: &Args) -> Result<Self, Failure> {
        let found = targets::find(args.inputs.config.as_deref())?;
        let config = found.as_ref().map(|found| found.config.check.clone());
        let config = config.unwrap_or_default();
        let or = |given: &[String], own: Vec<String>| {
            if given.is_empty() {
                own
            } else {
                given.to_vec()
            }
        };
        let selection = Selection {
            select: or(&args.select, config.select),
            ignore: or(&args.ignore, config.ignore),
        };
        known_codes(&selection)?;
        let directory = found.as_ref().map(|found| found.directory.clone());
        let own = config.baseline.zip(directory);
        let own = own.map(|(file, directory)| directory.join(file));
        Ok(Self {
            selection,
            fail_on: match args.fail_on {
                Some(level) => level.into(),
                None => config.fail_on.unwrap_or(Severity::Error),
            },
            baseline: args.baseline.clone().or(own),
            args_today: args.today,
            found,
        })
    }

    /// Says which codes the configuration leaves out without a flag that says so.
    pub(super) fn note_left_out(&self, args: &Args, terminal: &mut Terminal<'_>) {
        let Some(found) = &self.found else { return };
        let (check, shown) = (&found.config.check, found.path.display());
        if args.select.is_empty() && !check.select.is_empty() {
            let codes = check.select.join(", ");
            terminal.note(&format!("{shown} looks for {codes} alone ([check] select)"));
        }
        if args.ignore.is_empty() && !check.ignore.is_empty() {
            let codes = check.ignore.join(", ");
            terminal.note(&format!("{shown} leaves out {codes} ([check] ignore)"));
        }
    }

    /// The suppressions of the configuration.
    pub(super) fn wishes(&self, sources: &mut Sources) -> Wishes {
        wishes::of(self.found.as_ref(), self.args_today, sources)
    }
}

/// A prefix that fits no code is a slip of the keys, and would hide or lose findings.
fn known_codes(selection: &Selection) -> Result<(), Failure> {
    for prefix in selection.select.iter().chain(&selection.ignore) {
        let fits = |code: &str| !prefix.is_empty() && code.starts_with(prefix.as_str());
        // A whole family may be named before it has a rule of its own.
        let family = prefix.len() == 3 && prefix.starts_with("NP");
        if !family && !REGISTRY.iter().any(|rule| fits(rule.code.0)) {
            let codes = REGISTRY.iter().map(|rule| rule.code.0);
            let near = nearest::word(prefix, codes);
            let hint = near.map_or_else(String::new, |c| format!("; did you mean {c}?"));
            return Err(Failure::new(format!(
                "no code begins with `{prefix}`{hint}"
            )));
        }
    }
    Ok(())
}
