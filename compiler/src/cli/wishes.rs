//! The suppressions of `netpolc.toml`, as `check` and `build` hold findings against them.

use super::targets::Found;
use super::today;
use crate::finding::Day;
use crate::lint::suppress::{Entry, Wishes};
use crate::source::{Location, Sources, Span};

/// Them, judged as on a day, or today. When there are any, the text of the configuration becomes
/// one of the sources, so that findings can point at them.
pub(super) fn of(found: Option<&Found>, day: Option<Day>, sources: &mut Sources) -> Wishes {
    let mut wishes = Wishes {
        today: day,
        ..Wishes::default()
    };
    let Some(found) = found else {
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
