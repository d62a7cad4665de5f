//! What the flags and `netpolc.toml` say together: a flag wins.

use super::Args;
use crate::cli::targets::{self, Found};
use crate::cli::{Failure, today};
use crate::finding::Severity;
use crate::lint::suppress::{Entry, Wishes};
use crate::lint::{REGISTRY, Selection, nearest};
use crate::source::{Location, Sources, Span};
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

    /// The suppressions of the configuration. When it has any, its text becomes one of the sources,
    /// so that findings can point at them.
    pub(super) fn wishes(&self, sources: &mut Sources) -> Wishes {
        let mut wishes = Wishes {
            today: self.args_today,
            ..Wishes::default()
        };
        let Some(found) = &self.found else {
            return wishes;
        };
        wishes.reasons = found.config.check.require_reason;
        if found.config.ignored.is_empty() {
            return wishes;
        }
        // The only reading of the clock: nothing else that is analysed knows what day it is.
        wishes.today = wishes.today.or_else(|| Some(today()));
        let source = sources.add(found.path.display().to_string(), found.text.as_str());
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let entries = found.config.ignored.iter().map(|ignored| Entry {
            code: ignored.code.clone(),
            object: ignored.object.clone(),
            reason: ignored.reason.clone(),
            until: ignored.until,
            at: Location {
                source,
                span: Span {
                    start: byte(ignored.at.start),
                    end: byte(ignored.at.end),
                },
            },
        });
        wishes.entries = entries.collect();
        wishes
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
