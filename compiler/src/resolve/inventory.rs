//! The inventory: the form of `schemas/inventory.v1.json`, or what dumps and manifests say about
//! addresses.

use crate::finding::{Code, Finding, Severity};
use crate::source::{Location, Source, Span};
use netpol_policy::Cluster;
use netpol_yaml::Document;

/// Reads the inventory form out of a document.
pub(crate) fn parse(
    source: &Source,
    at: Location,
    document: &Document,
) -> Result<Cluster, Box<Finding>> {
    let refuse = |at: Location, why: &str| {
        let message = format!("this is no inventory: {why}");
        Box::new(
            Finding::new(Code("NP103"), Severity::Error, message)
                .at(at, "expected the form of `schemas/inventory.v1.json`"),
        )
    };
    // JSON is read as it stands, because then the reader knows the line of a mistake.
    if source.text.trim_start().starts_with('{')
        && let Err(error) = serde_json::from_str::<Cluster>(&source.text)
        && error.is_data()
    {
        let here = offset(source, error.line(), error.column()).unwrap_or(at.span.start);
        let span = Span {
            start: here,
            end: here,
        };
        return Err(refuse(Location { span, ..at }, &without_position(&error)));
    }
    serde_json::from_value(document.root().to_json())
        .map_err(|error| refuse(at.start(), &without_position(&error)))
}

/// The message alone; the place is pointed at.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    crate::load::quoted(text.get(..end).unwrap_or(&text))
}

/// The byte of a line and column as serde counts them: lines from 1, columns in bytes from 1.
fn offset(source: &Source, line: usize, column: usize) -> Option<u32> {
    let before = source.text.split_inclusive('\n').take(line.checked_sub(1)?);
    let start: usize = before.map(str::len).sum();
    u32::try_from(start + column.saturating_sub(1)).ok()
}

/// Puts the parts of an inventory into a cluster.
pub(crate) fn merge(into: &mut Cluster, from: Cluster) {
    for (name, namespace) in from.namespaces {
        // A namespace that is only mentioned tells nothing about one that is declared.
        if !namespace.undeclared || !into.namespaces.contains_key(&name) {
            into.namespaces.insert(name, namespace);
        }
    }
    into.nodes.extend(from.nodes);
    into.endpoints.extend(from.endpoints);
    into.services.extend(from.services);
}
