//! One chart: what the engine says of its values files, as they are and with typos.

use super::Args;
use super::files::{self, Names};
use super::typo::{self, Kind, Path, Random, Typo};
use netpol_helm::chart::{Chart, ChartFile, ChartFiles, ChartLimits};
use netpol_helm::render::{Options, Rendering, WhyUnread, render};
use netpol_helm::values::{ValuesFile, ValuesInput};
use serde_json::Value;
use std::collections::BTreeSet;
use std::rc::Rc;

/// How many of a chart's own values are overridden at the same time.
const OVERRIDDEN: usize = 12;
/// How often a typo is drawn again when the key has no letters for it.
const DRAWS: usize = 20;

/// What came of one values file.
pub(super) struct File {
    /// The file in `ci/`, or `values.yaml`.
    pub(super) name: String,
    /// Whether these are values of the chart itself.
    pub(super) own: bool,
    /// What the chart says of the file as it is, when it refuses it.
    pub(super) refused: Option<String>,
    /// Values of the file as it is that are reported as unknown.
    pub(super) alarms: Vec<Alarm>,
    pub(super) tried: Vec<Tried>,
}

/// A value that is reported as unknown in an unmodified file.
pub(super) struct Alarm {
    pub(super) path: String,
    /// The key stands in no action of any template. Only a key that is put together while a
    /// template runs could still be it.
    pub(super) certain: bool,
}

/// A typo and what was noticed.
pub(super) struct Tried {
    pub(super) kind: Kind,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) noticed: Result<Code, Missed>,
}

/// The finding that a typo gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Code {
    Unknown,
    Schema,
    Refused,
}

/// Why a typo gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Missed {
    /// The chart takes any key in that place and writes it.
    Taken,
    /// Templates name the key, though not for this place.
    Inert,
    /// The subchart does not take part.
    Off,
}

/// Studies the `ci/` files of a chart and its own values.
pub(super) fn chart(
    path: &std::path::Path,
    ci: &[(String, String)],
    names: &Names,
    args: &Args,
    shown: &str,
) -> Result<Vec<File>, String> {
    let limits = ChartLimits::default();
    let chart = ChartFiles::from_disk(path, std::path::Path::new("/"), &limits)
        .and_then(|files| Chart::load(files, &limits))
        .map_err(|error| error.to_string())?;
    let chart = Rc::new(chart);
    let mut out = Vec::new();
    for (name, text) in ci {
        let mut random = Random::new(args.seed, &format!("{shown}/{name}"));
        let Some(values) = files::values(text) else {
            continue;
        };
        out.push(file(&chart, name, (text, &values), args.each, &mut random));
    }
    let own = chart.values.as_ref().map(ChartFile::text);
    let own = own.as_deref().and_then(files::values);
    let mut random = Random::new(args.seed, &format!("{shown}/values.yaml"));
    if let Some(values) = own.and_then(|all| overridden(&chart, &all, names, &mut random)) {
        let name = "values.yaml";
        let mut own = file(
            &chart,
            name,
            (&values.to_string(), &values),
            args.each,
            &mut random,
        );
        own.own = true;
        out.push(own);
    }
    Ok(out)
}

/// Some of the chart's own values that users override and the chart reads.
fn overridden(chart: &Rc<Chart>, all: &Value, names: &Names, random: &mut Random) -> Option<Value> {
    let rendering = with(chart, &all.to_string());
    if rendering.is_refused() {
        return None;
    }
    let unread = unread(&rendering);
    let mut leaves: Vec<Path> = typo::leaves(all)
        .into_iter()
        .filter(|leaf| names.overrides(leaf) && !unread.contains(leaf))
        .filter(|leaf| leaf.iter().all(|key| key.parse::<usize>().is_err()))
        .collect();
    let mut chosen = Vec::new();
    while let Some(leaf) = random.pick(&leaves).filter(|_| chosen.len() < OVERRIDDEN) {
        let leaf = leaf.clone();
        leaves.retain(|other| *other != leaf);
        chosen.push(leaf);
    }
    (!chosen.is_empty()).then(|| files::only(all, &chosen))
}

fn file(
    chart: &Rc<Chart>,
    name: &str,
    (text, values): (&str, &Value),
    each: u64,
    random: &mut Random,
) -> File {
    let rendering = with(chart, text);
    let mut out = File {
        name: name.to_owned(),
        own: false,
        refused: refusal(&rendering),
        alarms: alarms(chart, &rendering),
        tried: Vec::new(),
    };
    if out.refused.is_some() {
        return out;
    }
    let before = unknown(&rendering);
    let unread = unread(&rendering);
    let mut leaves = typo::leaves(values);
    leaves.retain(|leaf| !unread.contains(leaf));
    for kind in Kind::ALL {
        for _ in 0..each {
            let mut draw = || {
                let leaf = random.pick(&leaves)?.clone();
                typo::make(kind, values, &leaf, random)
            };
            if let Some(typo) = (0..DRAWS).find_map(|_| draw()) {
                out.tried.push(Tried {
                    kind,
                    before: typo.before.join("."),
                    after: typo.after.join("."),
                    noticed: notice(chart, &typo, &before),
                });
            }
        }
    }
    out
}

fn alarms(chart: &Chart, rendering: &Rendering) -> Vec<Alarm> {
    let mut words = BTreeSet::new();
    let mut alarms = Vec::new();
    for unread in &rendering.unread {
        let WhyUnread::Unknown { part, .. } = &unread.why else {
            continue;
        };
        if words.is_empty() {
            collect_words(chart, &mut words);
        }
        let key = unread.path.get(*part).map(ToString::to_string);
        alarms.push(Alarm {
            path: unread.path.join("."),
            certain: key.is_some_and(|key| !words.contains(&key)),
        });
    }
    alarms
}

/// All words in the actions of a chart's templates and values, and of its subcharts'.
fn collect_words(chart: &Chart, words: &mut BTreeSet<String>) {
    for file in chart
        .templates
        .iter()
        .chain(&chart.files)
        .chain(&chart.values)
    {
        let text = file.text();
        let actions = text.split("{{").skip(1);
        for action in actions.map(|action| action.split("}}").next().unwrap_or_default()) {
            let inside = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
            let found = action.split(|letter| !inside(letter));
            words.extend(found.map(str::to_owned));
        }
    }
    for subchart in &chart.subcharts {
        collect_words(subchart, words);
    }
}

/// What the engine says of values with a typo, beside what it said before.
fn notice(chart: &Rc<Chart>, typo: &Typo, before: &BTreeSet<Path>) -> Result<Code, Missed> {
    let rendering = with(chart, &typo.values.to_string());
    if !rendering.schema.is_empty() {
        return Ok(Code::Schema);
    }
    if rendering.is_refused() {
        return Ok(Code::Refused);
    }
    if !unknown(&rendering).is_subset(before) {
        return Ok(Code::Unknown);
    }
    let here = { &rendering.unread }
        .iter()
        .find(|unread| starts_with(&unread.path, &typo.after));
    Err(match here.map(|unread| &unread.why) {
        None => Missed::Taken,
        Some(WhyUnread::Disabled { .. } | WhyUnread::Missing { .. }) => Missed::Off,
        Some(_) => Missed::Inert,
    })
}

fn starts_with(path: &[Rc<str>], start: &Path) -> bool {
    path.len() >= start.len() && path.iter().zip(start).all(|(one, other)| **one == **other)
}

fn with(chart: &Rc<Chart>, values: &str) -> Rendering {
    let values = ValuesInput {
        files: vec![ValuesFile {
            name: "values".to_owned(),
            text: values.into(),
        }],
        sets: Vec::new(),
    };
    let options = Options {
        kube_version: Some(crate::helm_compare::KUBE_VERSION.to_owned()),
        ..Options::default()
    };
    render(chart, &values, &options)
}

fn refusal(rendering: &Rendering) -> Option<String> {
    if let Some(failure) = &rendering.failure {
        return Some(failure.message.clone());
    }
    let violation = rendering.schema.first().map(|violation| &violation.message);
    let problem = rendering
        .schema_problems
        .first()
        .map(|problem| &problem.message);
    let said = violation.or(problem).cloned();
    said.or_else(|| {
        rendering
            .is_refused()
            .then(|| "a dependency is missing".to_owned())
    })
}

fn paths<'a>(
    rendering: &'a Rendering,
    which: impl Fn(&WhyUnread) -> bool + 'a,
) -> impl Iterator<Item = Path> + 'a {
    let unread = rendering
        .unread
        .iter()
        .filter(move |unread| which(&unread.why));
    unread.map(|unread| unread.path.iter().map(ToString::to_string).collect())
}

fn unknown(rendering: &Rendering) -> BTreeSet<Path> {
    paths(rendering, |why| matches!(why, WhyUnread::Unknown { .. })).collect()
}

fn unread(rendering: &Rendering) -> BTreeSet<Path> {
    paths(rendering, |_| true).collect()
}
