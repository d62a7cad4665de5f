//! `netpolc check`.

use super::{Exit, Failure, Inputs, Terminal};
use crate::finding::{Finding, Severity};
use crate::lint::{self, REGISTRY, Selection, nearest};
use crate::report::{Format, Report, Style};
use std::collections::BTreeMap;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Read manifests, and say what is wrong with them and where they contradict each other.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 input that cannot be read (beats 1).

Examples:
  netpolc check policies/ workloads/
  netpolc check --cni-values cilium.yaml --fail-on warning .
  netpolc check --select NP3 --format concise .
  netpolc check --format full --format json=findings.json .
  netpolc check --format github --format sarif=netpolc.sarif .
  helm template shop ./chart | netpolc check -"
)]
pub struct Args {
    /// Files, directories, `-` for standard input.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// full, concise, json, sarif, junit, github, gitlab or markdown; with =FILE into a file. May be
    /// given several times.
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Destination>,
    /// Only codes that begin like this: NP3, NP301. May be given several times.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    select: Vec<String>,
    /// No codes that begin like this. The longer of two fitting prefixes wins.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The lowest severity that makes the exit code 1.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Level::Error)]
    fail_on: Level,
    /// How many findings of each code there are, in place of the findings.
    #[arg(long)]
    statistics: bool,
    #[command(flatten)]
    inputs: Inputs,
}

/// A severity on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Level {
    Error,
    Warning,
    Note,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::Error,
            Level::Warning => Self::Warning,
            Level::Note => Self::Note,
        }
    }
}

/// A format and where it goes: standard output when no file is named.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Destination {
    format: Format,
    file: Option<PathBuf>,
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("there is no file behind `=`".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = format.parse().map_err(|e| format!("{e}"))?;
        Ok(Self { format, file })
    }
}

impl super::targets::Aimed for Args {
    fn inputs(&mut self) -> &mut Inputs {
        &mut self.inputs
    }

    /// A report for a file is one target's.
    fn has_paths(&self) -> bool {
        !self.paths.is_empty() || self.format.iter().any(|d| d.file.is_some())
    }

    fn is_for_machines(&self) -> bool {
        let for_people = |d: &Destination| matches!(d.format, Format::Full | Format::Concise);
        !self.format.iter().all(for_people)
    }
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let selection = args.selection()?;
    args.one_on_stdout()?;
    // The process ends when this is told: taking it apart first would cost a tenth of the time.
    let analysis = ManuallyDrop::new(args.inputs.analyse(&args.paths, terminal)?);
    let findings = lint::check(&analysis, &selection);
    let report = Report {
        sources: &analysis.sources,
        findings: &findings,
        incomplete: &analysis.model.incomplete,
    };
    args.write(&report, terminal)?;
    let fails = |f: &Finding| f.severity >= Severity::from(args.fail_on);
    Ok(if analysis.is_fatal() {
        Exit::CouldNot
    } else if findings.iter().any(fails) {
        Exit::No
    } else {
        Exit::Yes
    })
}

impl Args {
    /// A prefix that fits no code is a slip of the keys, and would hide or lose findings.
    fn selection(&self) -> Result<Selection, Failure> {
        for prefix in self.select.iter().chain(&self.ignore) {
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
        Ok(Selection {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
        })
    }

    fn one_on_stdout(&self) -> Result<(), Failure> {
        let on_stdout = self.format.iter().filter(|d| d.file.is_none());
        if on_stdout.count() > 1 {
            return Err(Failure::new(
                "two formats cannot both go to standard output; name a file, as in json=report.json",
            ));
        }
        Ok(())
    }

    fn write(&self, report: &Report<'_>, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        let mut on_stdout = None;
        for to in &self.format {
            let Some(file) = &to.file else {
                on_stdout = Some(to.format);
                continue;
            };
            let mut text = Vec::new();
            report.write(to.format, Style::PLAIN, &mut text)?;
            save(file, &text)?;
        }
        if self.statistics {
            return statistics(report, terminal.stdout);
        }
        // With files alone nothing is left for standard output.
        let format = match (on_stdout, self.format.is_empty()) {
            (Some(format), _) => format,
            (None, true) => Format::Full,
            (None, false) => return Ok(()),
        };
        let style = Style {
            color: terminal.colored(),
            ..Style::PLAIN
        };
        Ok(report.write(format, style, terminal.stdout)?)
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line writes files")]
fn save(file: &Path, text: &[u8]) -> Result<(), Failure> {
    std::fs::write(file, text)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", file.display())))
}

/// How many findings there are of each code, the most first.
fn statistics(report: &Report<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in report.findings {
        *counts.entry(finding.code.0).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
    for (code, n) in counts {
        let name = lint::find(code).map_or("", |rule| rule.name);
        writeln!(out, "{n:>6}  {code}  {name}")?;
    }
    Ok(())
}
