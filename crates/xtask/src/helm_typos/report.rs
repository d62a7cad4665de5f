//! What came of the study: a line for each chart, JSON, and the numbers.

use super::study::{Code, File, Missed, Tried};
use super::typo::Kind;
use super::{Args, Outcome};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

/// How many paths of one file are shown.
const SHOWN: usize = 4;

/// One line for the terminal.
pub(super) fn line(shown: &str, files: &Result<Vec<File>, String>) -> String {
    match files {
        Err(why) => format!("{shown}: {why}"),
        Ok(files) => {
            let tried = || files.iter().flat_map(|file| &file.tried);
            let caught = tried().filter(|tried| tried.noticed.is_ok()).count();
            let alarms: usize = files.iter().map(|file| file.alarms.len()).sum();
            format!("{shown}: {caught} of {}, {alarms} alarms", tried().count())
        }
    }
}

fn code(code: Code) -> &'static str {
    match code {
        Code::Unknown => "NP201",
        Code::Schema => "NP202",
        Code::Refused => "NP203",
    }
}

fn missed(missed: Missed) -> &'static str {
    match missed {
        Missed::Taken => "the value is read in its new place too: the chart takes any key there",
        Missed::Inert => "not read, but the chart knows a key of this name: taken for inert",
        Missed::Off => "the subchart does not take part",
    }
}

/// Writes every typo and every file.
pub(super) fn json(outcomes: &[Outcome], path: &Path) -> Result<(), String> {
    let tried = |tried: &Tried| {
        json!({
            "kind": format!("{:?}", tried.kind).to_lowercase(),
            "before": tried.before,
            "after": tried.after,
            "caught": tried.noticed.ok().map(code),
            "missed": tried.noticed.err().map(|why| format!("{why:?}").to_lowercase()),
        })
    };
    let file = |file: &File| {
        json!({
            "file": file.name,
            "refused": file.refused,
            "alarms": file.alarms.iter().map(|alarm| &alarm.path).collect::<Vec<_>>(),
            "certain": file.alarms.iter().filter(|alarm| alarm.certain).count(),
            "typos": file.tried.iter().map(tried).collect::<Vec<_>>(),
        })
    };
    let charts: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            let files = outcome.files.as_ref();
            json!({
                "chart": outcome.shown,
                "skipped": files.err(),
                "files": files.ok().map(|files| files.iter().map(file).collect::<Vec<_>>()),
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({ "charts": charts }));
    let text = text.map_err(|error| error.to_string())?;
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|error| error.to_string())?;
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The numbers and the false alarms.
pub(super) fn markdown(outcomes: &[Outcome], args: &Args) -> String {
    let studied: Vec<(&str, &File)> = { outcomes.iter() }
        .filter_map(|outcome| Some((outcome.shown.as_str(), outcome.files.as_ref().ok()?)))
        .flat_map(|(shown, files)| files.iter().map(move |file| (shown, file)))
        .filter(|(_, file)| file.refused.is_none())
        .collect();
    let mut out = String::new();
    head(&mut out, &studied, outcomes, args);
    kinds(&mut out, &studied);
    reasons(&mut out, &studied);
    alarms(&mut out, &studied);
    out
}

fn head(out: &mut String, studied: &[(&str, &File)], outcomes: &[Outcome], args: &Args) {
    let ci = studied.iter().filter(|(_, file)| !file.own).count();
    let charts = outcomes.iter().filter(|outcome| outcome.files.is_ok());
    let refused = { outcomes.iter() }
        .filter_map(|outcome| outcome.files.as_ref().ok())
        .flatten()
        .filter(|file| file.refused.is_some())
        .count();
    let (caught, all) = count(studied, |_, _| true);
    let lines = [
        format!(
            "{} charts, {ci} `ci/` values files and the own values of {} charts; {refused} files \
             that their chart refuses as they are take no part. Up to {} typos of each kind in \
             each file, seed {}.",
            charts.count(),
            studied.len() - ci,
            args.each,
            args.seed
        ),
        format!(
            "**{caught} of {all} typos noticed, {}.**",
            share(caught, all)
        ),
    ];
    for line in lines {
        writeln!(out, "{line}\n").unwrap_or_default();
    }
}

fn share(part: usize, all: usize) -> String {
    let tenths = (part * 1000 + all / 2).checked_div(all).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// How many typos that fit were noticed, and how many there were.
fn count(studied: &[(&str, &File)], fits: impl Fn(&File, &Tried) -> bool) -> (usize, usize) {
    let all = studied
        .iter()
        .flat_map(|(_, file)| file.tried.iter().map(move |tried| (*file, tried)))
        .filter(|(file, tried)| fits(file, tried));
    all.fold((0, 0), |(caught, all), (_, tried)| {
        (caught + usize::from(tried.noticed.is_ok()), all + 1)
    })
}

fn kinds(out: &mut String, studied: &[(&str, &File)]) {
    let mut say = |line: String| writeln!(out, "{line}").unwrap_or_default();
    say("| typo | noticed in `ci/` files | in charts' own values | together |".to_owned());
    say("|---|--:|--:|--:|".to_owned());
    let row = |name: &str, kind: Option<Kind>| {
        let fits = |tried: &Tried| kind.is_none_or(|kind| kind == tried.kind);
        let cell = |(caught, all)| format!("{caught} of {all}, {}", share(caught, all));
        let ci = cell(count(studied, |file, tried| !file.own && fits(tried)));
        let own = cell(count(studied, |file, tried| file.own && fits(tried)));
        let both = cell(count(studied, |_, tried| fits(tried)));
        format!("| {name} | {ci} | {own} | {both} |")
    };
    for kind in Kind::ALL {
        say(row(kind.words(), Some(kind)));
    }
    say(row("all", None));
    say(String::new());
}

fn reasons(out: &mut String, studied: &[(&str, &File)]) {
    let mut say = |line: String| writeln!(out, "{line}").unwrap_or_default();
    let number =
        |noticed: Result<Code, Missed>| count(studied, |_, tried| tried.noticed == noticed).1;
    say("| what became of a typo | typos |".to_owned());
    say("|---|--:|".to_owned());
    for one in [Code::Schema, Code::Refused, Code::Unknown] {
        say(format!("| noticed, {} | {} |", code(one), number(Ok(one))));
    }
    for one in [Missed::Taken, Missed::Inert, Missed::Off] {
        say(format!(
            "| missed: {} | {} |",
            missed(one),
            number(Err(one))
        ));
    }
    say(String::new());
}

fn alarms(out: &mut String, studied: &[(&str, &File)]) {
    let mut say = |line: String| writeln!(out, "{line}").unwrap_or_default();
    let ci: Vec<_> = studied.iter().filter(|(_, file)| !file.own).collect();
    let alarmed = { ci.iter() }
        .filter(|(_, file)| !file.alarms.is_empty())
        .count();
    say(format!(
        "Unmodified `ci/` files with a value that is reported as unknown: {alarmed} of {}, {}. Of \
         these:\n",
        ci.len(),
        share(alarmed, ci.len())
    ));
    let mut list = |certain: bool, what: &str| {
        let fits = |file: &File| file.alarms.iter().any(|alarm| !alarm.certain) != certain;
        let files = { ci.iter() }.filter(|(_, file)| !file.alarms.is_empty() && fits(file));
        let files: Vec<_> = files.collect();
        say(format!(
            "**{what}: {} files, {}.**\n",
            files.len(),
            share(files.len(), ci.len())
        ));
        for (shown, file) in files {
            let shows = |alarm: &&super::study::Alarm| alarm.certain == certain;
            let mut paths: Vec<String> = { file.alarms.iter() }
                .filter(shows)
                .map(|alarm| format!("`{}`", alarm.path))
                .collect();
            let more = paths.len().saturating_sub(SHOWN);
            paths.truncate(SHOWN);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            say(format!(
                "- {shown}, {}: {}{more}",
                file.name,
                paths.join(", ")
            ));
        }
        say(String::new());
    };
    list(
        false,
        "The key stands in some action of the chart, so that it may be a false alarm",
    );
    list(true, "The key stands in no action of the chart");
}
