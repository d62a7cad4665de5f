//! NP202: what a schema refuses. NP203: what the chart or Helm refuses. NP204: dependencies and
//! schemas that are not there.

use super::{Request, dotted, origin::Texts};
use crate::finding::{Code, Finding, Severity};
use crate::source::names::quoted;
use netpol_helm::render::{Failure, FailureKind, MissingDependency, Rendering};
use netpol_helm::values::{SchemaProblem, SchemaViolation};
use std::collections::BTreeSet;

pub(super) fn findings(
    rendering: &Rendering,
    request: &Request,
    texts: &mut Texts<'_>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for violation in &rendering.schema {
        found.push(of_schema(rendering, request, texts, violation));
    }
    for problem in &rendering.schema_problems {
        found.push(of_problem(request, texts, problem));
    }
    for enabled in [true, false] {
        let missing = rendering.missing.iter().filter(|m| m.enabled == enabled);
        // A chart that several depend on is missed once.
        let mut told = BTreeSet::new();
        let missing = missing.filter(|m| {
            let of = &m.dependency;
            told.insert((&of.name, &of.version, &of.repository, of.known_as()))
        });
        found.extend(of_dependencies(
            request,
            texts,
            &missing.collect::<Vec<_>>(),
        ));
    }
    if let Some(failure) = &rendering.failure
        && !(lacks_its_library(rendering) && is_an_error(failure))
    {
        found.push(of_failure(rendering, request, texts, failure));
    }
    found.into_iter().map(|f| request.asked_by(f)).collect()
}

fn of_schema(
    rendering: &Rendering,
    request: &Request,
    texts: &mut Texts<'_>,
    violation: &SchemaViolation,
) -> Finding {
    let leaf = rendering.origins().leaf(violation.origin).cloned();
    let at = leaf.and_then(|leaf| texts.leaf(rendering, &leaf));
    let at = at.unwrap_or_else(|| texts.file(&violation.file, None));
    let about = match violation.path.as_slice() {
        [] => "the values".to_owned(),
        path => format!("`{}`", dotted(path)),
    };
    let message = format!(
        "the schema of the chart refuses {about}: {}",
        quoted(&violation.message)
    );
    let (file, pointer) = (&violation.file, &violation.schema_pointer);
    Finding::new(Code("NP202"), request.severity(), message)
        .at(at, "Helm renders nothing with this value")
        .note(format!("demanded by `{file}#{pointer}`"))
        .help("give the value the form that the schema asks for")
}

fn of_problem(request: &Request, texts: &mut Texts<'_>, problem: &SchemaProblem) -> Finding {
    let at = texts.file(&problem.file, None);
    let message = quoted(&problem.message);
    if problem.remote {
        let message = format!("the schema of the chart refers to the network: {message}");
        return Finding::new(Code("NP204"), Severity::Warning, message)
            .at(
                at,
                "nothing is fetched, so the values are not checked by it",
            )
            .help("bring the schema into the chart and refer to it by `#/…`");
    }
    let message = format!("the schema of the chart cannot be used: {message}");
    Finding::new(Code("NP203"), request.severity(), message)
        .at(at, "Helm refuses the chart because of it")
}

/// Helm renders no chart whose dependencies are not there, so that its templates fail for nothing else.
fn lacks_its_library(rendering: &Rendering) -> bool {
    rendering.missing.iter().any(|missing| missing.enabled)
}

/// Is it neither the chart that refuses values by its own words, nor a values file?
fn is_an_error(failure: &Failure) -> bool {
    failure.refusal.is_none() && failure.kind != FailureKind::Values
}

/// One finding for all that a chart lacks: one command brings all of it.
fn of_dependencies(
    request: &Request,
    texts: &mut Texts<'_>,
    missing: &[&MissingDependency],
) -> Option<Finding> {
    let (first, others) = missing.split_first()?;
    let chart = &request.shown;
    let severity = if first.enabled {
        Severity::Warning
    } else {
        Severity::Note
    };
    let names: Vec<String> = (missing.iter())
        .map(|m| format!("`{}`", m.dependency.known_as()))
        .collect();
    let (what, is) = match others.len() {
        0 => ("dependency", "is"),
        _ => ("dependencies", "are"),
    };
    let names = names.join(", ");
    let message = format!("the {what} {names} of the chart `{chart}` {is} not there");
    let mut finding = Finding::new(Code("NP204"), severity, message).at(
        texts.dependency(&first.file, &first.dependency.name),
        "what it renders is left out of the analysis",
    );
    for other in others {
        let at = texts.dependency(&other.file, &other.dependency.name);
        finding = finding.see(at, "and this one");
    }
    for dependency in missing.iter().map(|missing| &missing.dependency) {
        let (repository, version) = (quoted(&dependency.repository), quoted(&dependency.version));
        finding = finding.note(format!(
            "version `{version}` of `{}` in `{repository}` is asked for",
            quoted(&dependency.name)
        ));
    }
    Some(finding.help(format!(
        "`helm dependency build {chart}` puts {} into `charts/`; or name a directory with \
         `{}-….tgz` by --chart-dir",
        if others.is_empty() { "it" } else { "them" },
        first.dependency.name
    )))
}

fn of_failure(
    rendering: &Rendering,
    request: &Request,
    texts: &mut Texts<'_>,
    failure: &Failure,
) -> Finding {
    let chart = &request.shown;
    let message = match (&failure.refusal, failure.kind) {
        (Some(words), _) => format!("the chart refuses these values: {}", quoted(words.trim())),
        (None, FailureKind::Values) => format!("the values cannot be read: {}", said(failure)),
        _ => format!("Helm refuses the chart `{chart}`: {}", said(failure)),
    };
    let finding = Finding::new(Code("NP203"), request.severity(), message);
    let place = failure.place.as_ref();
    let at = place.and_then(|place| texts.place(rendering, place));
    let values = failure.source;
    let at = at.or_else(|| values.and_then(|source| texts.unreadable(rendering, source)));
    let file = failure.file.as_ref();
    let at = at.or_else(|| file.map(|(file, span)| texts.file(file, *span)));
    let at = at.unwrap_or_else(|| texts.file("Chart.yaml", None));
    let mut finding = finding.at(at, "`helm template` stops here");
    if let Some(call) = failure.calls.first()
        && let Some(at) = texts.place(rendering, call)
    {
        finding = finding.see(at, "called from here");
    }
    if request.wanted {
        finding
    } else {
        finding.help(format!(
            "if the chart needs values, give them: `netpolc check {chart} --values FILE`, or name \
             chart and values in netpolc.toml"
        ))
    }
}

/// What Helm says, without the chain of templates that led there: the places tell of it.
fn said(failure: &Failure) -> String {
    let message = failure.message.trim();
    let last = message.rsplit_once(">: ").map_or(message, |(_, last)| last);
    quoted(last)
}
