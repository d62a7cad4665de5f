//! Findings that somebody asked to be spared, and what asks for nothing.
//!
//! There are three ways: a comment on the line of a finding or above it, an annotation of its
//! object, and `[[ignore]]` in `netpolc.toml` for what cannot be edited. One that matches nothing,
//! has ended or cannot be understood is a finding itself (NP108): it would hide the next mistake.
//! There is no clock here; which day it is, the caller says.

use super::rules::unused_suppression as np108;
use super::{Check, REGISTRY, Rule, Selection};
use crate::finding::{Code, Day, Finding};
use crate::load::Ignore;
use crate::resolve::{Analysis, is_fatal};
use crate::source::{Location, SourceId};
use std::collections::{BTreeMap, BTreeSet};

/// An `[[ignore]]` of `netpolc.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A code or the name of a rule.
    pub code: String,
    /// `Kind/namespace/name` as reports show it; `*` stands for any run of characters.
    pub object: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Day>,
    /// Where it stands.
    pub at: Location,
}

/// How findings are sifted.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Those of the configuration.
    pub entries: Vec<Entry>,
    /// Today; without it nothing ends.
    pub today: Option<Day>,
    /// Every suppression must say why.
    pub reasons: bool,
}

/// How a finding came to be suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A comment or an annotation.
    Text,
    /// `netpolc.toml`.
    Config,
    /// It stands in the baseline.
    Baseline,
    /// It was there at the commit that is compared with.
    Before,
}

impl By {
    /// Is it an old finding rather than one that is not wanted?
    pub fn is_known(self) -> bool {
        matches!(self, Self::Baseline | Self::Before)
    }
}

/// A finding that is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// How.
    pub by: By,
    /// Why, in the words of who wrote it; may be empty.
    pub reason: String,
}

/// Findings after the suppressions have had their say.
#[derive(Debug, Clone, Default)]
pub struct Sifted {
    /// What is to be told, without NP108.
    pub told: Vec<Finding>,
    /// What is not.
    pub suppressed: Vec<Suppressed>,
    /// NP108, with the suppression that each is about.
    pub idle: Vec<Idle>,
    /// The suppressions that matched something, with what they matched.
    pub used: BTreeSet<(Location, Code)>,
}

/// A suppression that is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// NP108.
    pub finding: Finding,
    /// What it matches nothing of, when it would be fine if it did so elsewhere: several targets may
    /// share a text.
    pub unmatched: Option<Code>,
}

/// One suppression, whichever way it is written.
struct Held<'a> {
    at: Location,
    codes: &'a [String],
    reason: &'a str,
    by: By,
    ignore: Option<&'a Ignore>,
    ended: Option<Day>,
}

/// Takes out what is not wanted. Findings that keep the input from being read stay.
pub fn sift(
    findings: Vec<Finding>,
    analysis: &Analysis,
    selection: &Selection,
    wishes: &Wishes,
) -> Sifted {
    let held = held(&analysis.ignores, wishes);
    let index = Index::new(&held, wishes);
    let mut out = Sifted::default();
    let mut used: Vec<BTreeSet<Code>> = vec![BTreeSet::new(); held.len()];
    for finding in findings {
        let matching = if is_fatal(&finding) {
            Vec::new()
        } else {
            index.matching(&finding)
        };
        for at in &matching {
            if let Some(codes) = used.get_mut(*at) {
                codes.insert(finding.code);
            }
        }
        // Comments of templates are rendered with the lines that they speak of, so they are matched
        // there; from here on places are such that people can open them.
        let finding = finding.at_home(&analysis.sources);
        match matching.first().and_then(|at| held.get(*at)) {
            Some(first) => out.suppressed.push(Suppressed {
                finding,
                by: first.by,
                reason: first.reason.to_owned(),
            }),
            None => out.told.push(finding),
        }
    }
    for (one, used) in held.iter().zip(&used) {
        out.used.extend(used.iter().map(|code| (one.at, *code)));
        if selection.wants(np108::CODE) {
            judge(one, used, selection, wishes, &mut out.idle);
        }
    }
    for idle in &mut out.idle {
        idle.finding = idle.finding.clone().at_home(&analysis.sources);
    }
    out
}

fn held<'a>(ignores: &'a [Ignore], wishes: &'a Wishes) -> Vec<Held<'a>> {
    let written = ignores.iter().map(|ignore| Held {
        at: ignore.at,
        codes: &ignore.codes,
        reason: &ignore.reason,
        by: By::Text,
        ignore: Some(ignore),
        ended: None,
    });
    let listed = wishes.entries.iter().map(|entry| Held {
        at: entry.at,
        codes: std::slice::from_ref(&entry.code),
        reason: &entry.reason,
        by: By::Config,
        ignore: None,
        ended: entry
            .until
            .filter(|last| wishes.today.is_some_and(|today| today > *last)),
    });
    written.chain(listed).collect()
}

/// A rule by its code or its name.
pub fn rule(named: &str) -> Option<&'static Rule> {
    REGISTRY
        .iter()
        .find(|rule| rule.code.0.eq_ignore_ascii_case(named) || rule.name == named)
}

/// Code, source, whether a line is meant, and the first byte of what is meant.
type ScopeKey = (Code, SourceId, bool, u32);

/// The last byte of what is meant, and the suppressions by their place in the list.
type Scope = (u32, Vec<usize>);

/// Finds the suppressions of a finding without looking at all of them.
struct Index<'a> {
    scopes: BTreeMap<ScopeKey, Scope>,
    entries: Vec<(Code, &'a str, usize)>,
}

impl<'a> Index<'a> {
    fn new(held: &[Held<'_>], wishes: &'a Wishes) -> Self {
        let mut scopes = BTreeMap::new();
        for (at, one) in held.iter().enumerate() {
            let Some(ignore) = one.ignore else { continue };
            for rule in ignore.codes.iter().filter_map(|code| rule(code)) {
                let scope = ignore.scope;
                let of_line = ignore.whole.is_some();
                let key = (rule.code, scope.source, of_line, scope.span.start);
                let (_, places): &mut Scope =
                    scopes.entry(key).or_insert((scope.span.end, Vec::new()));
                places.push(at);
            }
        }
        let first = held.len() - wishes.entries.len();
        let live = held.iter().skip(first).map(|one| one.ended.is_none());
        let entries = (first..).zip(wishes.entries.iter().zip(live));
        let entries = entries
            .filter(|(_, (_, live))| *live)
            .filter_map(|(at, (entry, _))| {
                Some((rule(&entry.code)?.code, entry.object.as_str(), at))
            });
        Self {
            scopes,
            entries: entries.collect(),
        }
    }

    /// Lines first, then objects, then the configuration.
    fn matching(&self, finding: &Finding) -> Vec<usize> {
        let mut found = Vec::new();
        for of_line in [true, false] {
            for label in finding.labels.iter().filter(|label| label.primary) {
                let (source, byte) = (label.at.source, label.at.span.start);
                let before =
                    (finding.code, source, of_line, 0)..=(finding.code, source, of_line, byte);
                if let Some((_, (end, places))) = self.scopes.range(before).next_back()
                    && *end >= byte
                {
                    found.extend(places);
                }
            }
        }
        let object = finding.object.as_deref().unwrap_or_default();
        let fitting = self
            .entries
            .iter()
            .filter(|(code, pattern, _)| *code == finding.code && matches(pattern, object));
        found.extend(fitting.map(|(_, _, at)| *at));
        found
    }
}

/// Does the text fit the pattern, in which `*` stands for any run of characters?
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What is wrong with a suppression, in the light of the codes that it matched.
fn judge(
    one: &Held<'_>,
    used: &BTreeSet<Code>,
    selection: &Selection,
    wishes: &Wishes,
    idle: &mut Vec<Idle>,
) {
    let mut say = |finding, unmatched| idle.push(Idle { finding, unmatched });
    if let Some(form) = one.ignore.and_then(|ignore| ignore.fault) {
        return say(np108::not_understood(one.at, form), None);
    }
    if one.codes.is_empty() {
        return say(np108::no_code(one.at), None);
    }
    if let Some(last) = one.ended {
        return say(np108::ended(one.at, one.codes, last), None);
    }
    let mut unmatched = Vec::new();
    for code in one.codes {
        match rule(code) {
            None => say(np108::no_such_code(one.at, code), None),
            Some(rule) if !may_be_spared(rule) => say(np108::never_spared(one.at, rule), None),
            Some(rule) if is_asked(rule, selection) && !used.contains(&rule.code) => {
                unmatched.push((rule.code, code));
            }
            Some(_) => {}
        }
    }
    // A dump is what was applied once; its texts are mended where they were written.
    if one.ignore.is_some_and(|ignore| ignore.given_out) {
        return;
    }
    let whole = one.ignore.and_then(|ignore| ignore.whole);
    let whole = whole.filter(|_| unmatched.len() == one.codes.len());
    let idle_as_a_whole = !unmatched.is_empty();
    for (code, written) in unmatched {
        let finding = np108::matches_nothing(one.at, written, whole);
        say(finding, Some(code));
    }
    if wishes.reasons && one.reason.is_empty() && !idle_as_a_whole {
        say(np108::no_reason(one.at, one.codes), None);
    }
}

/// Without the text there is no answer, and a suppression of suppressions has no end.
fn may_be_spared(rule: &Rule) -> bool {
    !matches!(rule.check, Check::Suppression) && rule.code != Code("NP101")
}

/// Has the rule been asked at all? Those of `build` have not.
fn is_asked(rule: &Rule, selection: &Selection) -> bool {
    selection.wants(rule.code) && !matches!(rule.check, Check::Lowering(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*", "NetworkPolicy/a/b", true),
            ("NetworkPolicy/a/b", "NetworkPolicy/a/b", true),
            ("NetworkPolicy/a/b", "NetworkPolicy/a/bc", false),
            ("*/a/*", "NetworkPolicy/a/b", true),
            ("*/a/*", "NetworkPolicy/ba/b", false),
            ("Net*/a/b*d", "NetworkPolicy/a/bccd", true),
            ("ab*ba", "aba", false),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
