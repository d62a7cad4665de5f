//! `--fix`: edits of findings, tried in memory before a byte is written.
//!
//! What an edit does is found out, not declared. The texts are changed in memory and analysed again:
//! an edit counts only when its finding is gone and no error is new, and it is safe only when it is
//! proved that nobody reaches anything else than before. Everything else needs `--unsafe-fixes`, and
//! what it changes is told first.

mod apply;
mod files;
mod patch;
mod proof;
mod same;

use super::Args;
use super::judge::{Judge, Judged};
use crate::cli::{Exit, Failure, Terminal};
use crate::resolve::{self, Analysis};
use apply::{Apart, Change};
use files::Files;
use proof::{About, Candidate, Outcome, Texts};
use std::collections::{BTreeMap, BTreeSet};

/// Edits that overlap wait for each other; this often is looked again.
const ROUNDS: usize = 100;

/// What is left after fixing.
pub(super) enum Left {
    /// The reading after the edits, to be reported.
    Reading(Box<Analysis>),
    /// Everything has been said.
    Done(Exit),
}

/// Mends what can be mended, or prints how (`--diff`).
pub(super) fn run(
    args: &Args,
    judge: &Judge<'_>,
    analysis: Analysis,
    terminal: &mut Terminal<'_>,
) -> Result<Left, Failure> {
    if analysis.is_fatal() {
        terminal.note("nothing is fixed, because not all of the input can be read");
        return Ok(Left::Reading(Box::new(analysis)));
    }
    let mut fixer = Fixer {
        args,
        judge,
        files: Files::new(args.diff),
        given_up: BTreeSet::new(),
        reported: BTreeMap::new(),
        fixed: 0,
        risky: 0,
        told_incomplete: false,
    };
    let mut judged = judge.judged(analysis);
    fixer.reported = proof::abouts(&judged);
    for _ in 0..ROUNDS {
        let all = fixer.candidates(&judged, terminal);
        let apart = without_overlaps(&all);
        let Some(next) = fixer.pick(&judged, &apart, terminal)? else {
            break;
        };
        judged = next;
    }
    fixer.finish(terminal)
}

/// Of candidates that overlap the first one; the others wait for the next round.
fn without_overlaps(all: &[Candidate]) -> Vec<&Candidate> {
    let mut taken: BTreeMap<&str, Apart> = BTreeMap::new();
    let mut apart = Vec::new();
    for candidate in all {
        let changes = || {
            let of_text = candidate.changes.iter();
            of_text.flat_map(|(path, list)| list.iter().map(move |change| (path.as_str(), change)))
        };
        let meets = |(path, change): (&str, &Change)| {
            taken.get(path).is_some_and(|taken| taken.meets(change))
        };
        if changes().any(meets) {
            continue;
        }
        for (path, change) in changes() {
            taken.entry(path).or_default().insert(change);
        }
        apart.push(candidate);
    }
    apart
}

struct Fixer<'a> {
    args: &'a Args,
    judge: &'a Judge<'a>,
    files: Files,
    /// Edits that are not made, by what they are.
    given_up: BTreeSet<String>,
    /// What the report before the first edit held and is not fixed yet. What an edit brings up is
    /// for the next report: nobody has read it.
    reported: BTreeMap<About, usize>,
    fixed: usize,
    /// How many would need `--unsafe-fixes`.
    risky: usize,
    /// It has been said what the comparisons leave out.
    told_incomplete: bool,
}

impl Fixer<'_> {
    /// The findings with edits that may still be made, in the order of reports.
    fn candidates(&mut self, judged: &Judged, terminal: &mut Terminal<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let mut taken: BTreeMap<About, usize> = BTreeMap::new();
        for finding in judged.sifted.told.iter().filter(|f| !f.edits.is_empty()) {
            let Some(candidate) = Candidate::new(finding, &judged.analysis.sources) else {
                continue;
            };
            let about = candidate.about();
            let left = self.reported.get(&about).copied().unwrap_or_default();
            let waiting = taken.entry(about).or_default();
            if self.given_up.contains(&candidate.key) || *waiting >= left {
                continue;
            }
            match self.files.may_edit(&candidate, &judged.analysis) {
                Ok(()) => {
                    *waiting += 1;
                    candidates.push(candidate);
                }
                Err(sentence) => {
                    self.given_up.insert(candidate.key);
                    terminal.note(&format!("{} is not fixed: {sentence}", candidate.shown));
                }
            }
        }
        candidates
    }

    /// Makes as many of these edits as go together, and says what is read then; `None` when none
    /// of them can be made.
    fn pick(
        &mut self,
        judged: &Judged,
        candidates: &[&Candidate],
        terminal: &mut Terminal<'_>,
    ) -> Result<Option<Judged>, Failure> {
        if candidates.is_empty() {
            return Ok(None);
        }
        let texts = self.files.with(judged, candidates);
        let (outcome, after) = proof::prove(
            self.judge,
            judged,
            candidates,
            [self.files.overlay(), &texts],
        )?;
        let [one] = candidates else {
            if let Outcome::Safe = outcome {
                self.take(texts, candidates, judged);
                return Ok(Some(after));
            }
            // Which of them it is, is found by asking for fewer.
            let (first, second) = candidates.split_at(candidates.len() / 2);
            return match self.pick(judged, first, terminal)? {
                Some(after) => Ok(Some(after)),
                None => self.pick(judged, second, terminal),
            };
        };
        match outcome {
            Outcome::Safe => {}
            Outcome::Changes(told) if self.args.unsafe_fixes => {
                let at = &one.shown;
                self.tell_incomplete(judged, terminal);
                write!(terminal.stderr, "fixing {at} changes this:\n{told}\n").unwrap_or_default();
            }
            Outcome::Changes(_) => {
                self.risky += 1;
                self.given_up.insert(one.key.clone());
                return Ok(None);
            }
            Outcome::Useless(why) => {
                terminal.note(&format!("{} is not fixed: {why}", one.shown));
                self.given_up.insert(one.key.clone());
                return Ok(None);
            }
        }
        self.take(texts, candidates, judged);
        Ok(Some(after))
    }

    /// Keeps the edits of these candidates.
    fn take(&mut self, texts: Texts, candidates: &[&Candidate], judged: &Judged) {
        self.fixed += candidates.len();
        for candidate in candidates {
            if let Some(left) = self.reported.get_mut(&candidate.about()) {
                *left = left.saturating_sub(1);
            }
        }
        self.files.take(texts, &judged.analysis);
    }

    /// Says once what the comparisons cannot take into account.
    fn tell_incomplete(&mut self, judged: &Judged, terminal: &mut Terminal<'_>) {
        if !std::mem::replace(&mut self.told_incomplete, true) {
            for sentence in &judged.analysis.model.incomplete {
                terminal.note(&format!("incomplete: {sentence}"));
            }
        }
    }

    fn finish(self, terminal: &mut Terminal<'_>) -> Result<Left, Failure> {
        let many = |n: usize, what: &str| match n {
            1 => format!("1 {what}"),
            n => format!("{n} {what}s"),
        };
        if self.risky > 0 {
            terminal.note(&format!(
                "{} may change who reaches whom; --unsafe-fixes makes them and says what changes",
                many(self.risky, "fix").replace("fixs", "fixes")
            ));
        }
        let changed = self.files.changed().count();
        if self.args.diff {
            for change in self.files.changed() {
                patch::write(&change, terminal.stdout)?;
            }
            let same = changed == 0;
            return Ok(Left::Done(if same { Exit::Yes } else { Exit::No }));
        }
        self.files.save()?;
        if changed > 0 {
            terminal.note(&format!(
                "fixed {} in {}",
                many(self.fixed, "finding"),
                many(changed, "file")
            ));
        }
        // Read again from the start, so that nothing of the tries is in the report.
        let mut asked = self.judge.asked.clone();
        asked.load.overlay = self.files.overlay().clone();
        Ok(Left::Reading(Box::new(resolve::read(&asked))))
    }
}
