//! What edits do, found out by making them in memory.

use super::apply::Change;
use super::same::{only_repeated, same_routes};
use crate::cli::check::judge::{Judge, Judged};
use crate::cli::{Failure, diff};
use crate::finding::{Finding, Severity};
use crate::resolve::{self, Analysis};
use crate::source::Sources;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Texts by the path that reports show.
pub(super) type Texts = BTreeMap<String, Arc<str>>;

/// A finding that has edits.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// What it is, whatever line it stands in: code, object, message and what is written instead.
    pub(super) key: String,
    /// `path:line:column: NP301`.
    pub(super) shown: String,
    /// What the finding says, by which it is looked for afterwards.
    said: Said,
    /// By the path that reports show.
    pub(super) changes: BTreeMap<String, Vec<Change>>,
}

/// Code, object or path, message.
type Said = (String, String, String);

impl Candidate {
    /// `None` when an edit points to no text, or edits of the finding contradict each other.
    pub(super) fn new(finding: &Finding, sources: &Sources) -> Option<Self> {
        let mut changes: BTreeMap<String, Vec<Change>> = BTreeMap::new();
        for edit in &finding.edits {
            let source = sources.get(edit.at.source)?;
            source.slice(edit.at.span)?;
            let change = Change {
                start: usize::try_from(edit.at.span.start).ok()?,
                end: usize::try_from(edit.at.span.end).ok()?,
                with: edit.replacement.clone(),
            };
            let of_text = changes.entry(source.path.clone()).or_default();
            if of_text.iter().any(|other| change.overlaps(other)) {
                return None;
            }
            of_text.push(change);
        }
        let said = said(finding, sources);
        let with: Vec<&str> = finding
            .edits
            .iter()
            .map(|e| e.replacement.as_str())
            .collect();
        let place = finding
            .location()
            .map_or_else(String::new, |at| sources.display(at));
        Some(Self {
            key: format!("{said:?} {with:?}"),
            shown: format!("{place}: {}", finding.code),
            said,
            changes,
        })
    }
}

/// Code, and object or path.
pub(super) type About = (String, String);

impl Candidate {
    /// What it is about, which an edit of something else does not change.
    pub(super) fn about(&self) -> About {
        (self.said.0.clone(), self.said.1.clone())
    }
}

/// How many findings there are of each code about each object.
pub(super) fn abouts(judged: &Judged) -> BTreeMap<About, usize> {
    let mut abouts = BTreeMap::new();
    for finding in &judged.sifted.told {
        let (code, about, _) = said(finding, &judged.analysis.sources);
        *abouts.entry((code, about)).or_default() += 1;
    }
    abouts
}

fn said(finding: &Finding, sources: &Sources) -> Said {
    let source = finding.location().and_then(|at| sources.get(at.source));
    let path = source.map_or("", |source| source.path.as_str());
    let about = finding.object.as_deref().unwrap_or(path);
    (
        finding.code.0.to_owned(),
        about.to_owned(),
        finding.message.clone(),
    )
}

/// What comes of edits.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The findings are gone, and it is proved that nobody reaches anything else.
    Safe,
    /// The findings are gone, and this changes, or may change.
    Changes(String),
    /// They must not be made.
    Useless(String),
}

/// Reads and judges what stands in `texts`, and compares with what was read before; so for every
/// other target that shares one of the texts.
pub(super) fn prove(
    judge: &Judge<'_>,
    before: &Judged,
    candidates: &[&Candidate],
    [old, texts]: [&Texts; 2],
) -> Result<(Outcome, Judged), Failure> {
    let mut asked = judge.asked.clone();
    asked.load.overlay.clone_from(texts);
    let after = resolve::read_after(&asked, before.analysis.sources.clone());
    let after = judge.judged(after);
    let mut outcome = compared(before, candidates, &after)?;
    for (name, asked) in &judge.others {
        if let Outcome::Useless(_) = outcome {
            break;
        }
        let mut asked = asked.clone();
        asked.load.overlay.clone_from(old);
        let before = judge.judged(resolve::read(&asked));
        let shares = |path: &String| before.analysis.sources.iter().any(|(_, s)| s.path == *path);
        if !candidates.iter().flat_map(|c| c.changes.keys()).any(shares) {
            continue;
        }
        asked.load.overlay.clone_from(texts);
        let after = resolve::read_after(&asked, before.analysis.sources.clone());
        // Whether the finding goes matters where it was told.
        match compared(&before, &[], &judge.judged(after))? {
            Outcome::Safe => {}
            Outcome::Changes(told) => {
                let said = format!("target {name}:\n{told}");
                outcome = match outcome {
                    Outcome::Changes(first) => Outcome::Changes(format!("{first}{said}")),
                    _ => Outcome::Changes(said),
                };
            }
            Outcome::Useless(why) => {
                outcome = Outcome::Useless(format!("in target {name}, {why}"));
            }
        }
    }
    Ok((outcome, after))
}

fn compared(
    before: &Judged,
    candidates: &[&Candidate],
    after: &Judged,
) -> Result<Outcome, Failure> {
    let torn = torn(before, candidates, after);
    match torn.or_else(|| useless(before, candidates, after)) {
        Some(why) => Ok(Outcome::Useless(why)),
        None => reachability(&before.analysis, &after.analysis),
    }
}

fn useless(before: &Judged, candidates: &[&Candidate], after: &Judged) -> Option<String> {
    let [were, are] = [before, after].map(counted);
    let mut mended: BTreeMap<&Said, usize> = BTreeMap::new();
    for candidate in candidates {
        *mended.entry(&candidate.said).or_default() += 1;
    }
    let count = |of: &BTreeMap<Said, (Severity, usize)>, said: &Said| {
        of.get(said).map_or(0, |(_, count)| *count)
    };
    for (said, made) in mended {
        if count(&are, said) + made > count(&were, said) {
            return Some("the finding is still there after the edit".to_owned());
        }
    }
    let new = are.iter().find(|(said, (severity, count_now))| {
        *severity == Severity::Error && *count_now > count(&were, said)
    });
    new.map(|((code, _, message), _)| format!("the edit brings up {code}: {message}"))
}

/// What is told and what reading found: an error that is suppressed is not new either.
fn counted(judged: &Judged) -> BTreeMap<Said, (Severity, usize)> {
    let mut counted = BTreeMap::new();
    for finding in &judged.sifted.told {
        let said = said(finding, &judged.analysis.sources);
        counted.entry(said).or_insert((finding.severity, 0)).1 += 1;
    }
    counted
}

/// Why a text is worse YAML than before: it must never be left with a key given twice, or with less
/// of it that can be read, whatever findings are asked for.
fn torn(before: &Judged, candidates: &[&Candidate], after: &Judged) -> Option<String> {
    let paths: BTreeSet<&String> = candidates.iter().flat_map(|c| c.changes.keys()).collect();
    let yaml = |path: &&String| Path::new(path).extension().is_none_or(|e| e != "toml");
    paths.into_iter().filter(yaml).find_map(|path| {
        let [was, is] = [before, after].map(|judged| faults(&judged.analysis.sources, path));
        let mut kinds = is.iter();
        let new = kinds.find(|(said, n)| was.get(*said).is_none_or(|before| before < n));
        new.map(|(said, _)| format!("in `{path}` {said} after the edit"))
    })
}

/// What the newest text of a path has against it as YAML, and how often.
fn faults(sources: &Sources, path: &str) -> BTreeMap<&'static str, usize> {
    let mut faults = BTreeMap::new();
    let source = sources.iter().filter(|(_, s)| s.path == path).last();
    let Some((_, source)) = source else {
        return faults;
    };
    let parsed = netpol_yaml::parse_shared(&source.text, &netpol_yaml::Limits::default());
    for diagnostic in &parsed.diagnostics {
        let said = if diagnostic.kind.is_strict_only() {
            "a key is given twice"
        } else {
            "something is no YAML"
        };
        *faults.entry(said).or_default() += 1;
    }
    faults
}

fn reachability(before: &Analysis, after: &Analysis) -> Result<Outcome, Failure> {
    let [a, b] = [&before.model, &after.model];
    let same_parties = a.cluster == b.cluster && same_routes(&a.routes, &b.routes);
    if same_parties && (a.policies == b.policies || only_repeated(&a.policies, &b.policies)) {
        return Ok(Outcome::Safe);
    }
    if let Some(told) = diff::between(before, after)? {
        return Ok(Outcome::Changes(told));
    }
    // Nobody who is known reaches anything else. Only where everybody is known is that a proof.
    let everybody = b.closed_world && a.incomplete.is_empty() && b.incomplete.is_empty();
    Ok(if everybody {
        Outcome::Safe
    } else {
        let told = "nobody in the input reaches anything else; pods that it does not show may \
                    (--closed-world says that there are none)\n";
        Outcome::Changes(told.to_owned())
    })
}
