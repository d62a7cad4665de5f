//! Bytes of documents and the lines of templates that wrote them.

use netpol_helm::render::{Document, Rendering};

/// Stretches of a document that lead to no line of a template of the chart.
pub(super) fn lost(rendering: &Rendering, document: &Document) -> Vec<String> {
    let length = document.text.len();
    let mut lost = Vec::new();
    let mut say = |start: usize, end: usize, why: &str| {
        let text = document.text.as_str().get(start..end).unwrap_or_default();
        lost.push(format!(
            "{} {start}..{end} {text:?}: {why}",
            document.template
        ));
    };
    let mut at = 0;
    for piece in rendering.provenance(document, 0..length) {
        if at < piece.start {
            say(at, piece.start, "nobody wrote it");
        }
        at = piece.end;
        // A text given to `tpl` is no file; the call stands in one.
        let place = piece
            .trace
            .as_ref()
            .map(|trace| trace.calls.first().unwrap_or(&trace.place));
        match place {
            None => say(piece.start, piece.end, "it has no place"),
            Some(place) if rendering.file_of(&place.file).is_none() => {
                say(piece.start, piece.end, "its place is in no file");
            }
            Some(_) => {}
        }
    }
    if at < length {
        say(at, length, "nobody wrote it");
    }
    lost
}
