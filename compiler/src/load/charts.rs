//! Helm charts in the tree: their templates are no manifests yet (NP107).
#![expect(
    clippy::disallowed_methods,
    reason = "this is where files are looked for and read"
)]

use super::Report;
use super::names::shown;
use crate::finding::{Code, Finding, Severity};
use crate::source::{Location, Sources, Span};
use std::path::{Path, PathBuf};

/// A chart that was met while looking for manifests.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chart {
    /// Its directory.
    pub directory: PathBuf,
}

impl Chart {
    /// The chart whose directory this is, if there is one.
    pub fn at(directory: &Path) -> Option<Self> {
        let is_chart = directory.join("Chart.yaml").is_file();
        is_chart.then(|| Self {
            directory: directory.to_path_buf(),
        })
    }
}

/// The chart that a directory is, or whose templates it lies in.
pub(super) fn around(directory: &Path) -> Option<Chart> {
    Chart::at(directory).or_else(|| of_template(directory))
}

/// The chart among whose templates a path lies.
pub(super) fn of_template(path: &Path) -> Option<Chart> {
    path.ancestors()
        .filter(|part| part.file_name().is_some_and(|name| name == "templates"))
        .find_map(|templates| {
            let parent = templates.parent()?;
            let here = parent.as_os_str().is_empty();
            Chart::at(if here { Path::new(".") } else { parent })
        })
}

/// NP107 for a chart as a whole: once, not once per template.
pub(super) fn report(chart: &Chart, sources: &mut Sources, report: &mut Report) {
    let name = shown(&chart.directory);
    let known = report.charts.contains(&chart.directory);
    if known {
        return;
    }
    report.charts.push(chart.directory.clone());
    let text = std::fs::metadata(chart.directory.join("Chart.yaml"))
        .ok()
        .filter(|about| about.is_file() && about.len() < 1 << 20)
        .and_then(|_| std::fs::read_to_string(chart.directory.join("Chart.yaml")).ok())
        .unwrap_or_default();
    let source = sources.add(shown(&chart.directory.join("Chart.yaml")), text);
    let at = Location {
        source,
        span: Span { start: 0, end: 0 },
    };
    let finding = Finding::new(
        Code("NP107"),
        Severity::Warning,
        format!("`{name}` is a Helm chart that was not rendered"),
    )
    .at(at, "its templates are left out of the analysis")
    .help(hint(&name));
    report.findings.push(finding);
    report
        .incomplete
        .push(format!("the Helm chart `{name}` was not rendered"));
}

/// NP107 for a document that is a template.
pub(super) fn template(at: Location, shown: &str) -> Finding {
    Finding::new(
        Code("NP107"),
        Severity::Error,
        "this is a Helm template that was not rendered",
    )
    .at(at, "no YAML yet: the value is filled in by `helm template`")
    .help(hint(shown))
}

fn hint(what: &str) -> String {
    format!("render it first: `helm template RELEASE CHART | netpolc check -` instead of `{what}`")
}
