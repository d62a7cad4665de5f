//! From paths to objects: files, directories, standard input, lists and dumps; charts, rendered; and
//! objects that name charts (Argo CD, Flux) with the charts that they name.
//!
//! Nothing here fails as a whole. A file or document that cannot be read gives a finding with a
//! sentence, and all others are read.

mod beside;
mod chart_values;
mod charts;
pub(crate) mod documents;
mod files;
mod gitops;
pub(crate) mod ignores;
mod kustomize;
mod lists;
mod object;
mod pointers;
mod text;

use crate::source::names;
pub(crate) use crate::source::names::quoted;
pub use charts::{ChartInput, HelmOptions, ValuesArg};
pub use ignores::Ignore;
pub use object::{Kustomized, Layer, NoObjectKey, Object, ObjectKey};
pub(crate) use object::{as_written, location, place};

use crate::chart::Rendered;
use crate::finding::{Code, Finding, Severity};
use crate::source::{Location, SourceId, Sources, Span};
use netpol_yaml::{Document, Limits, SurpriseKind};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How inputs are read.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Bounds on each text.
    pub limits: Limits,
    /// What `-` reads instead of the process's standard input; for tests and embedders.
    pub stdin: Option<Vec<u8>>,
    /// Texts that are read in place of what stands in the files, by the path that reports show: to
    /// try an edit before it is written.
    pub overlay: BTreeMap<String, Arc<str>>,
    /// What charts are rendered with.
    pub helm: HelmOptions,
    /// Charts with values of their own, beside those that the paths lead to.
    pub charts: Vec<ChartInput>,
}

impl LoadOptions {
    /// The same for objects beside the input (a dump, what is added): no chart of the options is
    /// among them.
    #[must_use]
    pub fn without_charts(&self) -> Self {
        Self {
            helm: HelmOptions {
                values: Vec::new(),
                arguments: Vec::new(),
                ..self.helm.clone()
            },
            charts: Vec::new(),
            ..self.clone()
        }
    }
}

/// Everything that was read from the paths.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The Kubernetes objects in the order of reading, lists unrolled.
    pub objects: Vec<Object>,
    /// Documents in the form of `schemas/inventory.v1.json`, not looked into yet.
    pub inventories: Vec<(Location, Arc<Document>)>,
    /// Scalars that kubectl reads as something else than they look; raw material of NP104.
    /// Duplicate keys are no part of it: they are refused by the server and stand in `findings`.
    pub surprises: Vec<Surprise>,
    /// Findings that the texts ask to be spared, in the order of the texts.
    pub ignores: Vec<Ignore>,
    /// What could not be read (NP101), what the server's strict reader refuses (NP104 errors:
    /// duplicate keys), what is no object (NP103), and templates that were not rendered (NP107).
    pub findings: Vec<Finding>,
    /// What is missing from the analysis because it could not be read, one sentence each.
    pub incomplete: Vec<String>,
    /// What charts became, in the order of reading.
    pub rendered: Vec<Release>,
    /// Keys beside a `<<` that gives them as well, each with the object that it stands in: findings
    /// where a server reads the text, and none where Kustomize or Helm does.
    merged: Vec<(Finding, Option<usize>)>,
}

impl Loaded {
    /// Tells of the merges that the server's strict reader refuses.
    fn say_merged(&mut self, sources: &Sources) {
        for (finding, object) in std::mem::take(&mut self.merged) {
            let object = object.and_then(|at| self.objects.get_mut(at));
            let built = [Kustomized::TakenUp, Kustomized::Patched];
            let is_built = object
                .as_ref()
                .is_some_and(|o| built.contains(&o.kustomized));
            let source = finding.location().and_then(|at| sources.get(at.source));
            let is_rendered = source.is_some_and(|source| source.provenance().is_some());
            if is_built || is_rendered {
                continue;
            }
            if let Some(object) = object {
                object.refused = true;
            }
            self.findings.push(finding);
        }
    }
}

/// What a chart became.
#[derive(Debug, Clone)]
pub struct Release {
    /// How people are told of the chart.
    pub shown: String,
    /// Its documents.
    pub documents: Vec<Rendered>,
    /// What `helm template` prints; `None` where Helm refuses it.
    pub printed: Option<String>,
}

/// A place that kubectl reads as something else than it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surprise {
    /// Where.
    pub at: Location,
    /// In which way it surprises.
    pub kind: SurpriseKind,
    /// The text as written.
    pub looks_like: String,
    /// What kubectl reads, as JSON; nothing for text that is dropped.
    pub read_as: String,
    /// A key of a mapping, which is read as a string in the end.
    pub is_key: bool,
    /// The object that it stands in, by place in [`Loaded::objects`]; `None` outside of objects.
    pub object: Option<usize>,
    /// The JSON pointer of the value within that object (`/spec/ingress/0/ports/0/port`), empty
    /// when it is not known.
    pub pointer: String,
}

/// Reads every path, in the order given. Never fails as a whole: one bad file or document loses
/// none of the others. A file that is reached twice is read once.
pub fn load(paths: &[PathBuf], options: &LoadOptions, sources: &mut Sources) -> Loaded {
    let mut report = Report::default();
    let mut files = files::Files::default();
    for path in paths {
        files.add(path, &options.limits, sources, &mut report);
    }
    let mut loaded = Loaded::default();
    let kustomizations = files.kustomizations.iter().map(|k| k.directory.as_path());
    let kustomizations = kustomizations.chain(files.plain.iter().map(PathBuf::as_path));
    let layout = kustomize::Layout::read(kustomizations, &options.limits);
    let mut read = Vec::new();
    for file in &files.list {
        if !file.named && layout.is_part(&file.path) {
            continue;
        }
        if let Some((source, text)) = text::read(file, options, sources, &mut report) {
            let text = documents::Text {
                source,
                shown: &file.shown,
                named: file.named,
                namespace: None,
                content: text,
            };
            let first = loaded.objects.len();
            documents::read(&text, &options.limits, &mut loaded);
            read.push((file.path.clone(), first..loaded.objects.len()));
        }
    }
    layout.settle(&read, paths, sources, &mut loaded);
    loaded.incomplete.extend(files.passed_over.iter().cloned());
    kustomize::read(&files, options, sources, &mut loaded);
    let mut renderer = charts::Renderer::new(options, sources, &mut report, &mut loaded);
    gitops::render(paths, &mut renderer);
    renderer.given(&files.charts);
    loaded.say_merged(sources);
    loaded.findings.extend(report.findings);
    loaded.incomplete.extend(report.incomplete);
    loaded
        .findings
        .sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    loaded
}

/// Reads one text as a whole: for values files and inventories, which are no objects. The finding
/// says why it could not be read.
pub(crate) fn read_text(
    path: &std::path::Path,
    options: &LoadOptions,
    sources: &mut Sources,
) -> (Option<(SourceId, Arc<str>)>, Vec<Finding>) {
    let mut report = Report::default();
    let mut files = files::Files::default();
    files.add(path, &options.limits, sources, &mut report);
    let text = match files.list.as_slice() {
        [file] => text::read(file, options, sources, &mut report),
        _ if report.findings.is_empty() => {
            let name = names::shown(path);
            let message = format!("`{name}` is a directory; a single file is expected");
            report.unreadable(sources, &name, message);
            None
        }
        _ => None,
    };
    (text, report.findings)
}

/// What is found while files are looked for.
#[derive(Debug, Default)]
struct Report {
    findings: Vec<Finding>,
    incomplete: Vec<String>,
    /// Templates that were reported already, by their charts.
    charts: Vec<PathBuf>,
}

impl Report {
    /// NP101 for a file without text. An empty source stands for it, so that every format can
    /// name the file.
    fn unreadable(&mut self, sources: &mut Sources, shown: &str, message: String) {
        let source = sources.add(shown, "");
        let span = Span { start: 0, end: 0 };
        let finding = Finding::new(Code("NP101"), Severity::Error, message)
            .at(Location { source, span }, "not read");
        self.findings.push(finding);
    }
}
