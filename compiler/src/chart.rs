//! Charts and values → documents, each byte of which leads to its template line and to the leaf of
//! the values that decided it; and what is wrong with the values on the way (NP201 to NP205).
//!
//! Nothing here fails as a whole: what Helm refuses is a finding, and what could be rendered in
//! spite of it is there.

mod dependencies;
mod given;
mod notes;
mod origin;
mod refused;
mod twice;
mod unread;

pub(crate) use dependencies::in_directory;
pub use given::{Argument, Request, ValuesPlaces, ValuesText};
pub use netpol_helm::render::{DEFAULT_API_VERSIONS, DEFAULT_KUBE_VERSION};
pub use netpol_helm::values::{SetKind, SetValue};

use crate::finding::{Code, Finding, Severity};
use crate::source::{Location, SourceId, Sources, Span};
use netpol_helm::chart::{Chart, ChartError, ChartFiles, ChartLimits};
use netpol_helm::render::{self, Rendering};
use netpol_helm::value::Leaf;
use origin::Texts;
use std::rc::Rc;
use std::sync::Arc;

/// One document of a chart.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Its text and where that comes from.
    pub source: SourceId,
    /// The same text.
    pub text: Arc<str>,
    /// What `helm template` writes behind `# Source:`.
    pub template: String,
    /// A file of `crds/`, which is no template.
    pub is_crd: bool,
    /// What Helm runs it for, if it is a hook: `pre-install`, `test`.
    pub hook: Vec<String>,
}

/// What came of a chart and its values.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The documents in the order in which Helm prints them.
    pub documents: Vec<Rendered>,
    /// What is wrong with the values and the chart.
    pub findings: Vec<Finding>,
    /// What is missing from the analysis, one sentence each.
    pub incomplete: Vec<String>,
    /// The text of `helm template`; `None` when Helm would print nothing.
    pub printed: Option<String>,
}

/// Renders a chart.
pub fn render(request: &Request, sources: &mut Sources) -> Outcome {
    // Templates may call each other a thousand deep, as Helm lets them.
    let outcome = netpol_helm::exec::on_large_stack(|| work(request, sources));
    outcome.unwrap_or_else(|error| {
        let mut outcome = Outcome::default();
        let message = format!("the chart `{}` was not rendered: {error}", request.shown);
        outcome.incomplete.push(message.clone());
        outcome
            .findings
            .push(Finding::new(Code("NP203"), Severity::Error, message));
        outcome
    })
}

fn work(request: &Request, sources: &mut Sources) -> Outcome {
    let limits = ChartLimits::default();
    let loaded = ChartFiles::from_disk(&request.path, &request.root, &limits)
        .and_then(|files| dependencies::vendored(files, request, &limits));
    let mut left_out = false;
    let loaded = loaded.map(|(files, more)| {
        left_out = more;
        files
    });
    let (files, chart) = match loaded.and_then(|files| {
        let chart = Chart::load(files.clone(), &limits)?;
        Ok((files, chart))
    }) {
        Ok(loaded) => loaded,
        Err(error) => return unloadable(request, &error, sources),
    };
    let rendering = render::render(&Rc::new(chart), &request.input(), &request.options());
    let mut texts = Texts::new(request, &files, sources);
    let mut outcome = Outcome {
        findings: findings(&rendering, request, &mut texts),
        ..Outcome::default()
    };
    if left_out {
        outcome
            .findings
            .push(dependencies::too_many(request, &mut texts));
        let sentence = format!(
            "the chart `{}` depends on too many charts, so it is not all there",
            request.shown
        );
        outcome.incomplete.push(sentence);
    }
    for document in &rendering.documents {
        outcome.documents.push(texts.document(&rendering, document));
    }
    if rendering.is_refused() {
        let name = &request.shown;
        outcome.incomplete.push(format!(
            "the chart `{name}` is refused by Helm under these values, so it is not all there"
        ));
    } else {
        outcome.printed = Some(rendering.print());
    }
    let missing = rendering.missing.iter().filter(|m| m.enabled);
    let mut missing: Vec<&str> = missing.map(|m| m.dependency.known_as()).collect();
    missing.sort_unstable();
    missing.dedup();
    outcome.incomplete.extend(missing.into_iter().map(|name| {
        let chart = &request.shown;
        format!("the dependency `{name}` of the chart `{chart}` is not there")
    }));
    outcome
}

fn findings(rendering: &Rendering, request: &Request, texts: &mut Texts<'_>) -> Vec<Finding> {
    let mut found = unread::findings(rendering, texts);
    found.extend(refused::findings(rendering, request, texts));
    found.extend(notes::findings(rendering, texts));
    found.extend(twice::findings(request, texts));
    found
}

/// A chart that cannot be read: there is nothing to render.
fn unloadable(request: &Request, error: &ChartError, sources: &mut Sources) -> Outcome {
    let shown = &request.shown;
    let path = match error.path.as_str() {
        "" => shown.clone(),
        inside => format!("{shown}/{inside}"),
    };
    // The place is in a file of the chart; its text may be what cannot be read.
    let text = request.text_of(&error.path).unwrap_or_default();
    let (start, end) = error.span.map_or((0, 0), |span| (span.start, span.end));
    let source = sources.add_once(&path, text);
    let at = Location {
        source,
        span: Span { start, end },
    };
    let finding = Finding::new(
        Code("NP203"),
        request.severity(),
        format!("the chart `{shown}` cannot be read: {error}"),
    )
    .at(at, "Helm would not load it");
    Outcome {
        findings: vec![request.asked_by(finding)],
        incomplete: vec![format!("the Helm chart `{shown}` was not rendered")],
        ..Outcome::default()
    }
}

/// `a.b.0`, as `--set` would name it.
fn dotted<S: AsRef<str>>(path: &[S]) -> String {
    let parts: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
    parts.join(".")
}

/// Did the user set the leaf, rather than the author of the chart?
fn is_given(rendering: &Rendering, leaf: &Leaf) -> bool {
    let source = rendering.sources.get(leaf.source);
    source.is_some_and(netpol_helm::values::Source::is_user)
}
