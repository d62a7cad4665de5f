//! NP104: keys that values give twice. Helm takes the later one without a word.

use super::Request;
use super::origin::Texts;
use crate::finding::{Code, Finding, Severity};
use crate::source::names::quoted;
use crate::source::{Location, Span};
use netpol_yaml::{Diagnostic, DiagnosticKind, Limits};

/// The file of a chart's own values.
const OWN: &str = "values.yaml";

/// One finding for each key that is given again, in the values of the user and of the chart.
pub(super) fn findings(request: &Request, texts: &mut Texts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for values in &request.values {
        for diagnostic in &twice(&values.text) {
            found.extend(tell(diagnostic, |span| values.places.of(span)));
        }
    }
    if let Some(text) = texts.text_of(OWN) {
        for diagnostic in &twice(&text) {
            found.extend(tell(diagnostic, |span| {
                let at = texts.file(OWN, None);
                Some(Location { span, ..at })
            }));
        }
    }
    found
}

fn twice(text: &str) -> Vec<Diagnostic> {
    let parsed = netpol_yaml::parse(text, &Limits::default());
    let all = parsed.diagnostics.into_iter();
    all.filter(|d| d.kind == DiagnosticKind::DuplicateKey)
        .collect()
}

fn tell(
    diagnostic: &Diagnostic,
    mut place: impl FnMut(Span) -> Option<Location>,
) -> Option<Finding> {
    let mut of = |span: netpol_yaml::Span| {
        place(Span {
            start: span.start,
            end: span.end,
        })
    };
    let message = quoted(&diagnostic.message);
    let finding = Finding::new(Code("NP104"), Severity::Warning, message)
        .at(of(diagnostic.span)?, "Helm takes this one without a word");
    let finding = match diagnostic.related.and_then(of) {
        Some(first) => finding.see(
            first,
            "given here first, and lost with all that stands below",
        ),
        None => finding,
    };
    Some(finding.help("merge the two into one"))
}
