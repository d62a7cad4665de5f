//! Helm charts in the input: which there are, what they are rendered with, and their documents as
//! objects.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where files are looked for and read"
)]

use super::files::File;
use super::{LoadOptions, Loaded, Release, Report, documents, ignores, text};
use crate::chart::{self, Argument, Request, SetKind, SetValue, ValuesPlaces, ValuesText};
use crate::finding::{Code, Finding, Severity};
use crate::source::names::shown;
use crate::source::{Location, Sources, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What charts are rendered with (`-f`, `--set` and their relatives).
#[derive(Debug, Clone, Default)]
pub struct HelmOptions {
    /// Values, the later over the earlier.
    pub values: Vec<ValuesArg>,
    /// `--set` and its relatives; the files of `--set-file` are read when a chart is rendered.
    pub arguments: Vec<SetValue>,
    /// `.Release.Name`.
    pub release_name: Option<String>,
    /// `.Release.Namespace`; `default` otherwise.
    pub namespace: Option<String>,
    /// The version of Kubernetes.
    pub kube_version: Option<String>,
    /// API versions beside Helm's own.
    pub api_versions: Vec<String>,
    /// Files of `crds/` are among the documents.
    pub include_crds: bool,
    /// `.Release.IsUpgrade`.
    pub is_upgrade: bool,
    /// Where charts are looked for that are named and not there.
    pub chart_dirs: Vec<PathBuf>,
}

/// One `-f`.
#[derive(Debug, Clone)]
pub enum ValuesArg {
    /// A file.
    File(PathBuf),
    /// A text that stands for one, and its name.
    Text(String, Arc<str>),
}

/// A chart with values of its own (`netpolc.toml`).
#[derive(Debug, Clone, Default)]
pub struct ChartInput {
    /// Its directory or archive.
    pub path: PathBuf,
    /// Values files, the later over the earlier.
    pub values: Vec<PathBuf>,
    /// `.Release.Name`.
    pub release_name: Option<String>,
    /// `.Release.Namespace`.
    pub namespace: Option<String>,
}

/// A chart that was met while looking for manifests.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chart {
    /// Its directory or archive.
    pub path: PathBuf,
    /// Named by the user rather than found in a directory.
    pub named: bool,
}

/// Is this the directory of a chart?
pub(super) fn is_chart(directory: &Path) -> bool {
    directory.join("Chart.yaml").is_file()
}

/// Is it one that Helm makes something of? A `Chart.yaml` alone makes no chart of a directory with
/// manifests.
pub(super) fn renders(directory: &Path) -> bool {
    let has = |name: &str| directory.join(name).exists();
    is_chart(directory)
        && (["templates", "charts", "requirements.yaml"]
            .iter()
            .any(|name| has(name))
            || depends(directory))
}

fn depends(directory: &Path) -> bool {
    let limits = netpol_yaml::Limits::default();
    let text = super::kustomize::text_of(&directory.join("Chart.yaml"), &limits);
    let text = text.unwrap_or_default();
    text.lines().any(|line| line.starts_with("dependencies:"))
}

/// Is an entry of a chart's directory a part of the chart, rather than a manifest beside it?
pub(super) fn is_part(entry: &walkdir::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    if entry.file_type().is_dir() {
        return matches!(name.as_ref(), "templates" | "charts" | "crds");
    }
    let own = ["values", "Chart.", "requirements.", "questions."];
    own.iter().any(|own| name.starts_with(own))
}

/// Does the name say that it is a packed chart?
pub(super) fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "tgz")
}

/// The chart among whose templates a path lies.
pub(super) fn of_template(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .filter(|part| part.file_name().is_some_and(|name| name == "templates"))
        .find_map(|templates| {
            let parent = templates.parent()?;
            let here = parent.as_os_str().is_empty();
            let chart = if here { Path::new(".") } else { parent };
            is_chart(chart).then(|| chart.to_path_buf())
        })
}

/// NP107 for templates that are named without their chart: once for a chart.
pub(super) fn report(chart: &Path, sources: &mut Sources, report: &mut Report) {
    if report.charts.iter().any(|known| known == chart) {
        return;
    }
    report.charts.push(chart.to_path_buf());
    let name = shown(chart);
    let source = sources.add(shown(&chart.join("Chart.yaml")), "");
    let span = Span { start: 0, end: 0 };
    let message = format!("templates of the chart `{name}` are no manifests by themselves");
    let finding = Finding::new(Code("NP107"), Severity::Warning, message)
        .at(
            Location { source, span },
            "they are left out of the analysis",
        )
        .help(format!("name the chart: `netpolc check {name}`"));
    report.findings.push(finding);
    report
        .incomplete
        .push(format!("templates of the chart `{name}` were not rendered"));
}

/// NP107 for a document that is a template.
pub(super) fn template(at: Location, shown: &str) -> Finding {
    Finding::new(
        Code("NP107"),
        Severity::Error,
        "this is a template that was not rendered",
    )
    .at(at, "no YAML yet: a value is filled in when it is rendered")
    .help(format!(
        "name the chart that it belongs to: `netpolc check CHART`; or pipe what was rendered \
         elsewhere into `netpolc check -` instead of `{shown}`"
    ))
}

/// Renders charts, and takes in what they become.
pub(super) struct Renderer<'a> {
    pub options: &'a LoadOptions,
    pub sources: &'a mut Sources,
    pub report: &'a mut Report,
    pub loaded: &'a mut Loaded,
    /// Charts that some object asks for, by their real paths: they are not rendered once more by
    /// themselves.
    pub asked_for: BTreeSet<PathBuf>,
    /// Charts that objects deploy and that lie nowhere, by name.
    pub absent: BTreeMap<String, Vec<super::gitops::Absent>>,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(
        options: &'a LoadOptions,
        sources: &'a mut Sources,
        report: &'a mut Report,
        loaded: &'a mut Loaded,
    ) -> Self {
        Self {
            options,
            sources,
            report,
            loaded,
            asked_for: BTreeSet::new(),
            absent: BTreeMap::new(),
        }
    }

    /// The charts of the paths and of the configuration.
    pub(super) fn given(&mut self, charts: &[Chart]) {
        let options = self.options;
        for chart in &options.charts {
            let mut request = self.request(&chart.path, true);
            request.release_name = chart.release_name.clone().or(request.release_name);
            request.namespace = chart.namespace.clone().unwrap_or(request.namespace);
            let files = chart.values.iter().cloned().map(ValuesArg::File);
            self.values(
                &mut request,
                files.chain(options.helm.values.iter().cloned()),
            );
            self.take(&request);
        }
        // Overlays of the configuration name a chart that lies among the paths, too.
        let own: BTreeSet<PathBuf> = options.charts.iter().map(|c| real(&c.path)).collect();
        let mut found: Vec<&Chart> = charts
            .iter()
            .filter(|c| !own.contains(&real(&c.path)))
            .collect();
        found.retain(|c| c.named || !self.asked_for.contains(&real(&c.path)));
        let meant = self.meant(&found);
        for (chart, with_values) in found.iter().zip(meant) {
            let mut request = self.request(&chart.path, chart.named || with_values);
            if with_values {
                self.values(&mut request, options.helm.values.iter().cloned());
            } else {
                request.arguments.clear();
            }
            // Nobody installs a library by itself; those that use it bring it along.
            if chart.named || !is_library(&chart.path) {
                self.take(&request);
            }
        }
    }

    /// Which of the charts the values of the command line are for.
    fn meant(&mut self, found: &[&Chart]) -> Vec<bool> {
        let helm = &self.options.helm;
        if helm.values.is_empty() && helm.arguments.is_empty() {
            return vec![false; found.len()];
        }
        let named = found.iter().any(|chart| chart.named);
        if !named && found.len() != 1 && self.options.charts.is_empty() {
            let message = match found.len() {
                0 => "values are given, and there is no chart that they could be for".to_owned(),
                n => format!(
                    "values are given, and {n} charts lie in these directories; name the one that \
                     they are for"
                ),
            };
            let finding = Finding::new(Code("NP101"), Severity::Error, message);
            self.report.findings.push(finding);
        }
        let wanted = |chart: &&Chart| chart.named || (!named && found.len() == 1);
        found.iter().map(wanted).collect()
    }

    /// A request without values.
    pub(super) fn request(&self, path: &Path, wanted: bool) -> Request {
        let helm = &self.options.helm;
        let arguments = helm.arguments.iter().map(|set| Argument {
            set: set.clone(),
            at: None,
        });
        Request {
            path: path.to_path_buf(),
            root: repository(path),
            shown: shown(path),
            values: Vec::new(),
            arguments: arguments.collect(),
            release_name: helm.release_name.clone(),
            namespace: helm
                .namespace
                .clone()
                .unwrap_or_else(|| "default".to_owned()),
            kube_version: helm.kube_version.clone(),
            api_versions: helm.api_versions.clone(),
            include_crds: helm.include_crds,
            is_upgrade: helm.is_upgrade,
            chart_dirs: helm.chart_dirs.clone(),
            wanted,
            asked_at: None,
        }
    }

    /// Reads values files; what cannot be read is a finding.
    pub(super) fn values(
        &mut self,
        request: &mut Request,
        values: impl IntoIterator<Item = ValuesArg>,
    ) {
        for value in values {
            match value {
                ValuesArg::File(path) => request.values.extend(self.file(path)),
                ValuesArg::Text(name, text) => {
                    let source = self.sources.add_aside(&name, Arc::clone(&text));
                    request.values.push(ValuesText {
                        name,
                        text,
                        places: ValuesPlaces::Source(source),
                    });
                }
            }
        }
        for argument in &mut request.arguments {
            self.files_of(&mut argument.set);
        }
    }

    /// A values file.
    pub(super) fn file(&mut self, path: PathBuf) -> Option<ValuesText> {
        let name = shown(&path);
        let file = File {
            path,
            shown: name.clone(),
            named: true,
        };
        let (source, text) = text::read(&file, self.options, self.sources, self.report)?;
        if ignores::may_hold(&text) {
            let parsed = netpol_yaml::parse_shared(&text, &self.options.limits);
            for document in &parsed.documents {
                ignores::read(source, document, &[], &mut self.loaded.ignores);
            }
        }
        Some(ValuesText {
            name,
            text,
            places: ValuesPlaces::Source(source),
        })
    }

    /// The files that a `--set-file` names.
    fn files_of(&mut self, set: &mut SetValue) {
        if set.kind != SetKind::File || !set.files.is_empty() {
            return;
        }
        for name in SetValue::file_names(&set.text) {
            match std::fs::read_to_string(&name) {
                Ok(text) => set.files.push((name, text)),
                Err(error) => {
                    let path = Path::new(&name);
                    super::files::unreadable(path, &error, self.sources, self.report);
                }
            }
        }
    }

    /// Renders a chart and takes in its documents.
    pub(super) fn take(&mut self, request: &Request) {
        let outcome = chart::render(request, self.sources);
        self.loaded.findings.extend(outcome.findings);
        self.loaded.incomplete.extend(outcome.incomplete);
        let namespace: Arc<str> = request.namespace.as_str().into();
        for document in outcome.documents.iter().filter(|d| !d.is_crd) {
            let text = documents::Text {
                source: document.source,
                shown: &document.template,
                named: false,
                namespace: Some(Arc::clone(&namespace)),
                content: Arc::clone(&document.text),
            };
            documents::read(&text, &self.options.limits, self.loaded);
        }
        self.loaded.rendered.push(Release {
            shown: request.shown.clone(),
            documents: outcome.documents,
            printed: outcome.printed,
        });
    }
}

/// A path by which a chart is known again.
pub(super) fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The repository that a path lies in, by its `.git`; without one the directory above it. A chart may
/// refer to what lies below, and to nothing else.
pub(super) fn repository(path: &Path) -> PathBuf {
    let real = real(path);
    let git = real.ancestors().find(|dir| dir.join(".git").exists());
    let root = git.or(real.parent()).unwrap_or(&real);
    root.to_path_buf()
}

/// Is it a library, which renders nothing by itself?
fn is_library(path: &Path) -> bool {
    let limits = netpol_yaml::Limits::default();
    let text = super::kustomize::text_of(&path.join("Chart.yaml"), &limits).unwrap_or_default();
    let parsed = netpol_yaml::parse(&text, &limits);
    let document = parsed.documents.first();
    let kind = document.and_then(|d| d.root().get("type"));
    kind.and_then(netpol_yaml::NodeRef::as_str) == Some("library")
}
